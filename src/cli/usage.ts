import type { Command, Option } from 'commander';
import { UserError } from '../errors.ts';
import { usageText } from './help.ts';
import { oneLine } from './printable.ts';

/** A message of commander in the style of all others. `command` is the command that was to run, if there is one. */
export function usageMessage(message: string, command: Command | undefined): string {
  const text = oneLine(message.replace(/^error: /, ''));
  const help = `\`seqtag ${command ? `${command.name()} ` : ''}--help\``;
  for (const [pattern, rewrite] of rewritings) {
    const found = pattern.exec(text);
    if (found) return rewrite(found.slice(1), { command, help });
  }
  return `${text}${/[.?)]$/.test(text) ? '' : '.'} See ${help}.`;
}

type Rewrite = (
  parts: readonly string[],
  context: { command: Command | undefined; help: string },
) => string;

const rewritings: readonly (readonly [RegExp, Rewrite])[] = [
  [
    /^option '(?:-\w, )?(--[\w-]+)[^']*' argument '(.*)' is invalid\. (.*)$/,
    ([flag, value, expected]) => `${flag} ${value}: ${expectedText(expected!)}`,
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*)'\. (.*)$/,
    ([value, name, expected]) => `${name} ${value}: ${expectedText(expected!)}`,
  ],
  [
    /^option '(?:-\w, )?(--[\w-]+) ([^']*)' argument missing$/,
    ([flag, value]) => `${flag}: the value is missing. Give ${flag} ${value}.`,
  ],
  [
    /^unknown (option|command) '(.*?)'(?: \(Did you mean (.*)\?\))?$/,
    ([what, name, other], { help }) =>
      `unknown ${what} ${name}. ${other ? `Did you mean ${other}?` : `See ${help}.`}`,
  ],
  [
    /^missing required argument '(.*)'$/,
    ([name], { command }) => `${command?.name()}: no ${name}. ${usageText(command)}`,
  ],
  [
    /^too many arguments for .*\. Expected (.*) but got (.*)\.$/,
    ([expected, given], { command }) =>
      `${command?.name()}: expected ${expected}, not ${given}. ${usageText(command)}`,
  ],
];

/** `expected one of a, b.` */
const expectedText = (text: string): string =>
  text.replace(/^Allowed choices are /, 'expected one of ').replace(/^Expected/, 'expected');

/** The flags that were given on the command line. */
export const givenFlags = (command: Command): ReadonlySet<string> =>
  new Set(
    command.options
      .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
      .map(({ long }) => long ?? ''),
  );

/**
 * Checks the values of flags for slips that commander takes as they are.
 * @throws UserError for a value that is a flag of the command, as in `--dev --test FILE`; for a list with nothing after its
 * last comma, as in `--tag-column upos, xpos`
 */
export function checkValues(command: Command): void {
  const names = new Set(command.options.flatMap(({ long, short }) => [long, short]));
  for (const option of command.options) {
    if (command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    const given: unknown = command.getOptionValue(option.attributeName());
    for (const value of [given].flat()) {
      if (typeof value !== 'string') continue;
      if (names.has(value))
        throw wrong(`${option.long}: the value is missing, as ${value} comes next.`);
      if (isList(option) && /^\s*,|,\s*(?:,|$)/.test(value))
        throw wrong(
          `${option.long} ${value}: a name is missing at a comma. Write lists without spaces, as in ${option.long} a,b.`,
        );
    }
  }
}

const isList = ({ flags }: Option): boolean => flags.includes('<column>');

const wrong = (message: string): UserError => new UserError(message, { code: 'SEQTAG_OPTION' });
