import type { Argument, Command, Option } from 'commander';
import { schemes } from '../corpus/tags/scheme.ts';
import { bundledModels } from '../model/bundled.ts';
import { flagOf } from '../option-values.ts';
import { hyperparameterNames } from '../training/hyperparameters.ts';
import type { Context } from './context.ts';
import { filesBeside } from './suggestions.ts';

interface Completion {
  readonly value: string;
  readonly about: string;
}

/** What a shell may offer for the last word of a command line. */
export interface Completions {
  readonly offers: readonly Completion[];
  /** Whether the word may be the name of a file. */
  readonly isFile: boolean;
  /** Whether the word goes on after an offer, so that no space follows. */
  readonly goesOn?: boolean;
}

/** The answer's last line, after a colon: the sum of these, as in the scripts of Cobra. */
const NO_SPACE = 2;
const NO_FILES = 4;

/** `seqtag complete -- WORDS`: what the scripts of `seqtag completion` ask while someone types. */
export function defineComplete(command: Command, { out }: Context): void {
  command.description('Completes a command line.').argument('[words...]', 'the words so far');
  command.action(async (words: string[]) => {
    const { offers, isFile, goesOn = false } = completions(command.parent!, words);
    const lines = offers.map(({ value, about }) => `${value}\t${about}\n`);
    const directive = (isFile ? 0 : NO_FILES) + (goesOn ? NO_SPACE : 0);
    await out.write(`${lines.join('')}:${directive}\n`);
  });
}

/** The completions of the last word. The command that it belongs to must have its options. */
export function completions(program: Command, words: readonly string[]): Completions {
  const { before, current, flag } = parts(words);
  const of = (all: readonly Completion[]): Completion[] =>
    all.filter(({ value }) => value.startsWith(current));
  const operands = before.filter((word) => !word.startsWith('-'));
  const command = program.commands.find((one) => one.name() === operands[0]);
  const options = program.createHelp().visibleOptions(command ?? program);
  const option = flag === undefined ? undefined : options.find((one) => isCalled(one, flag));
  if (command && option && takesValue(option)) {
    const { offers, ...rest } = valuesOf(option, current);
    return { ...rest, offers: of(offers) };
  }
  if (current.startsWith('-')) {
    const given = new Set(before);
    const free = options.filter(
      (one) => one.long !== undefined && (!given.has(one.long) || isRepeatable(one)),
    );
    return { offers: of(free.map((one) => described(one.long!, one.description))), isFile: false };
  }
  if (command) {
    const { offers, isFile } = operandsOf(command, current);
    return { offers: of(offers), isFile };
  }
  const isNew = operands.length === 0 || operands[0] === 'help';
  const commands = isNew ? program.createHelp().visibleCommands(program) : [];
  return { offers: of(commands.map((one) => described(one.name(), one.summary()))), isFile: false };
}

/**
 * The word to complete, the words before it, and the flag whose value it may be. Bash makes three words of `--flag=value`,
 * the other shells one.
 */
function parts(words: readonly string[]): {
  before: readonly string[];
  current: string;
  flag: string | undefined;
} {
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(words.at(-1) ?? '') ?? [];
  if (name !== undefined) return { before: words.slice(0, -1), current: value!, flag: name };
  const split = words.at(-1) === '=' ? [...words, ''] : words;
  const before = split.slice(0, -1);
  return { before, current: split.at(-1) ?? '', flag: before.findLast((word) => word !== '=') };
}

const isCalled = ({ long, short }: Option, flag: string): boolean =>
  flag.startsWith('-') && (long === flag || short === flag);
const takesValue = ({ required, optional }: Option): boolean => required || optional;
const isRepeatable = ({ long, variadic }: Option): boolean =>
  variadic || ['--model', '--sweep', '--raw', '--gazetteer'].includes(long ?? '');

/** The value, and the first part of its help text. */
const described = (value: string, about: string): Completion => ({
  value,
  about: about.split(/[:;(,]/)[0]!.trim(),
});

const plainly = (values: readonly string[]): Completion[] =>
  values.map((value) => ({ value, about: '' }));

const columns = ['form', 'lemma', 'upos', 'xpos', 'feats', 'deprel'];

/** The values of a flag: its choices, or what the name of its value stands for. */
function valuesOf({ flags, argChoices }: Option, current: string): Completions {
  if (argChoices) return { offers: plainly(argChoices), isFile: false };
  const [, kind = ''] = /[<[]([^.>\]]+)/.exec(flags) ?? [];
  switch (kind) {
    case 'file':
    case 'vectors':
      return { offers: [], isFile: true };
    case 'model':
      return { offers: models(current), isFile: true };
    case 'column':
      return { offers: plainly(columns), isFile: false };
    case 'scheme':
      return { offers: plainly(schemes.filter((scheme) => scheme !== 'none')), isFile: false };
    case 'name=values': {
      const names = hyperparameterNames.map((name) => `${flagOf(name)}=`);
      return { offers: plainly(names), isFile: false, goesOn: true };
    }
    default:
      return { offers: [], isFile: false };
  }
}

const models = (current: string): Completion[] =>
  plainly([...bundledModels, ...filesBeside(current)]);

/** Words that are no option: the choices of an argument, or files. A model may have the name of a bundled one. */
function operandsOf({ registeredArguments }: Command, current: string): Completions {
  const [argument] = registeredArguments as [Argument?];
  if (argument?.argChoices) return { offers: plainly(argument.argChoices), isFile: false };
  // offers would hide the files
  const isModel = current !== '' && argument?.description.includes('bundled model') === true;
  return { offers: isModel ? models(current) : [], isFile: argument !== undefined };
}
