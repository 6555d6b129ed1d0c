import type { Context } from './context.ts';
import type { Io } from './io.ts';

type Paint = (text: string) => string;

/** How text is set off. Only the sixteen colours of the terminal's own theme are used. */
export interface Style {
  readonly isColored: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly accent: Paint;
  /** For tags: colours that differ from each other. */
  readonly palette: readonly Paint[];
}

const same: Paint = (text) => text;

export const plain: Style = {
  isColored: false,
  bold: same,
  dim: same,
  good: same,
  bad: same,
  accent: same,
  palette: [],
};

/** Whether a stream is coloured: a flag decides, then FORCE_COLOR, NO_COLOR and TERM, then whether it is a terminal. */
export function wantsColor(
  stream: 'stdout' | 'stderr',
  { io, color }: { io: Pick<Io, 'env' | 'isTerminal'>; color: boolean | undefined },
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = io.env;
  if (color !== undefined) return color;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no) return false;
  return io.isTerminal[stream] && term !== 'dumb';
}

/** The style for a stream; chalk is loaded only where there is colour. */
export async function styleOf(stream: 'stdout' | 'stderr', context: Context): Promise<Style> {
  if (!wantsColor(stream, context)) return plain;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    isColored: true,
    bold: chalk.bold,
    dim: chalk.dim,
    good: chalk.green,
    bad: chalk.red,
    accent: chalk.cyan,
    palette: [
      chalk.cyan,
      chalk.green,
      chalk.yellow,
      chalk.magenta,
      chalk.blue,
      chalk.red,
      chalk.cyanBright,
      chalk.greenBright,
      chalk.yellowBright,
      chalk.magentaBright,
      chalk.blueBright,
      chalk.redBright,
    ],
  };
}

const QUIET = new Set(['O', 'PUNCT', 'SYM', 'X', '_']);

/** Colours tags: each type has its own colour, in the order given, so the most frequent are the most different. */
export function tagPainter(
  style: Style,
  types: Iterable<string>,
): ((text: string, type: string) => string) | undefined {
  if (!style.isColored) return undefined;
  const paints = new Map<string, Paint>();
  let next = 0;
  const paintOf = (type: string): Paint => {
    const known = paints.get(type);
    if (known) return known;
    const isQuiet = QUIET.has(type) || !/\p{L}/u.test(type);
    const paint = isQuiet ? style.dim : style.palette[next++ % style.palette.length]!;
    paints.set(type, paint);
    return paint;
  };
  for (const type of types) paintOf(type);
  return (text, type) => paintOf(type)(text);
}
