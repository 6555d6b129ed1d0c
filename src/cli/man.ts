import type { Command } from 'commander';
import { version } from '../files/package.ts';
import type { Context } from './context.ts';
import { foldCommand, notesOf } from './help.ts';
import { createProgram } from './program.ts';

/** A manual page: the name of its file, and its text in the macros of man(7). */
export interface ManPage {
  readonly name: string;
  readonly text: string;
}

const WIDTH = 76;

/** The manual pages of the program and of each command that its help lists, from the same definitions as the help. */
export async function manPages(): Promise<ManPage[]> {
  const loaded = await namesOfCommands();
  const program = await createProgram(silent, { loaded, writeHelp: () => undefined });
  const commands = program.commands.filter((one) => loaded.includes(one.name()));
  return [
    pageOf(program, { name: 'seqtag', more: commandList(commands) }),
    ...commands.map((command) => pageOf(command, { name: `seqtag-${command.name()}`, more: [] })),
  ];
}

async function namesOfCommands(): Promise<string[]> {
  const program = await createProgram(silent, { loaded: [], writeHelp: () => undefined });
  const visible = program.createHelp().visibleCommands(program);
  return visible.map((one) => one.name()).filter((name) => name !== 'help');
}

/** Definitions use of the context only the width of the terminal; here there is none. */
const silent = { io: { columns: { stdout: 0, stderr: 0 } } } as Context;

const commandList = (commands: readonly Command[]): string[] => [
  '.SH COMMANDS',
  ...commands.flatMap((one) => item(`\\fBseqtag ${plain(one.name())}\\fR`, one.summary())),
];

function pageOf(
  command: Command,
  { name, more }: { name: string; more: readonly string[] },
): ManPage {
  const help = command.createHelp();
  const { examples, notes = [] } = notesOf(command);
  const groups = new Map<string, string[]>();
  for (const option of help.visibleOptions(command)) {
    const title = (option.helpGroupHeading ?? 'Options:').replace(/:$/, '').toUpperCase();
    const lines = groups.get(title) ?? [];
    groups.set(title, lines);
    lines.push(...item(flagsText(help.optionTerm(option)), option.description));
  }
  const lines = [
    `.TH ${name.toUpperCase().replace('-', '\\-')} 1 "" "seqtag ${version}" "seqtag"`,
    '.SH NAME',
    `${plain(name)} \\- ${plain(command.summary() || 'train, run and evaluate BiLSTM sequence taggers')}`,
    '.SH SYNOPSIS',
    `\\fB${plain(name.replace('-', ' '))}\\fR ${plain(command.usage())}`,
    '.SH DESCRIPTION',
    plain(command.description()),
    ...notes.flatMap((note) => ['.PP', plain(note)]),
    ...more,
    ...section(
      'ARGUMENTS',
      help.visibleArguments(command).flatMap((one) => item(plain(one.name()), one.description)),
    ),
    ...[...groups].flatMap(([title, items]) => section(title, items)),
    ...section(
      'EXAMPLES',
      examples.flatMap((example) => ['.PP', '.nf', plain(foldCommand(example, WIDTH)), '.fi']),
    ),
    ...(name === 'seqtag' ? [] : ['.SH SEE ALSO', '\\fBseqtag\\fR(1)']),
  ];
  return { name: `${name}.1`, text: `${lines.join('\n')}\n` };
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`.SH ${title}`, ...lines];

const item = (term: string, about: string): string[] => ['.TP', term, plain(about)];

/** `--format <format>` with the flag in bold and the value in italics. */
const flagsText = (flags: string): string =>
  plain(flags)
    .replace(/(?<!\w)(\\-(?:\\-)?[[\w][\w\\[\]-]*)/g, '\\fB$1\\fR')
    .replace(/<([^>]*)>/g, '\\fI$1\\fR');

/** Text without meaning to roff. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^\./gm, '\\&.');
