import type { Command } from 'commander';
import { type Io, textWidth } from './io.ts';

/** The width of help texts: that of the terminal, but lines of over 100 characters are hard to read. */
export const helpWidth = (io: Pick<Io, 'columns'>): number =>
  Math.min(100, Math.max(40, textWidth(io)));

/** What follows the options in a help text. */
export interface Notes {
  readonly examples: readonly string[];
  /** Paragraphs. */
  readonly notes?: readonly string[];
}

const notesByCommand = new WeakMap<Command, Notes>();

/** The examples and paragraphs that were added to a command. */
export const notesOf = (command: Command): Notes => notesByCommand.get(command) ?? { examples: [] };

/** Adds examples and paragraphs of notes after the options, folded to the terminal's width. */
export function addNotes(command: Command, { io, examples, notes = [] }: Notes & { io: Io }): void {
  notesByCommand.set(command, { examples, notes });
  const width = helpWidth(io);
  const lines = [
    'Examples:',
    ...examples.map((example) => foldCommand(example, width)),
    ...notes.flatMap((note) => ['', fold(note, width)]),
  ];
  command.addHelpText('after', () => `\n${lines.join('\n')}`);
}

/** Breaks text between words into lines of at most `width` characters. */
export function fold(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** Breaks a shell command before flags and operators, with a backslash at each line end. Quoted words stay whole. */
export function foldCommand(example: string, width: number): string {
  const words = example.match(/(?:'[^']*'|\S)+/g) ?? [];
  const units: string[] = [];
  for (const word of words) {
    const last = units.at(-1);
    const isStart = /^(-.|\||&&|<|2?>)/.test(word);
    if (last === undefined || isStart || last.length + word.length > width - 9) units.push(word);
    else units[units.length - 1] = `${last} ${word}`;
  }
  const lines: string[] = [];
  for (const unit of units) {
    const last = lines.at(-1);
    if (last === undefined) lines.push(`  $ ${unit}`);
    // Two characters stay free for the backslash.
    else if (last.length + 1 + unit.length <= width - 2)
      lines[lines.length - 1] = `${last} ${unit}`;
    else lines.push(`      ${unit}`);
  }
  return lines.join(' \\\n');
}

export const usageText = (command: Command | undefined): string =>
  `Usage: seqtag ${command?.name()} ${command?.usage()}`;
