import type { Context } from './context.ts';
import { type Io, isScreen } from './io.ts';

type Paint = (text: string) => string;

/** How text is highlighted: by the sixteen colours of the terminal's theme. */
export interface Style {
  readonly isColored: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly accent: Paint;
  /** Distinct colours, for tags. */
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

/** Whether a stream is coloured: the flag decides, then FORCE_COLOR and NO_COLOR, then whether it is a terminal of known width. */
export function wantsColor(
  stream: 'stdout' | 'stderr',
  { io, color }: { io: Pick<Io, 'env' | 'isTerminal' | 'columns'>; color: boolean | undefined },
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = io.env;
  if (color !== undefined) return color;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no) return false;
  return isScreen(stream, io);
}

/** The style of a stream. Chalk is loaded only for a coloured one. */
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

/**
 * Colours tags by their type. Types get distinct colours in the order given, so pass frequent ones first.
 * Returns undefined without colour.
 */
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
