import { printable } from './printable.ts';

/** A cell: its text, and perhaps a function that colours it, so that colour codes never count as width. */
export type Cell = string | readonly [text: string, paint: (text: string) => string];

/** The width of a text on a terminal: East Asian wide characters and emoji count as two. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  // In pieces, because Intl.Segmenter takes time quadratic in the length of a text.
  for (let from = 0; from < text.length; from += PIECE)
    for (const { segment } of segmenter().segment(text.slice(from, from + PIECE)))
      width += isWide.test(segment) ? 2 : 1;
  return width;
}

const PIECE = 512;
const isWide =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\uff01-\uff60\u3000-\u303f]|^\p{Emoji_Presentation}/u;

let segments: Intl.Segmenter | undefined;
const segmenter = (): Intl.Segmenter => {
  segments ??= new Intl.Segmenter('en');
  return segments;
};

/**
 * Lines of aligned columns, two spaces apart. Control characters in cells are shown as escapes.
 * @param align `l` or `r` for each column; the last letter counts for all that follow
 */
export function table(
  rows: readonly (readonly Cell[])[],
  { align, indent = '' }: { align: string; indent?: string },
): string {
  const cells = rows.map((row) =>
    row.map((cell) => {
      const text = printable(typeof cell === 'string' ? cell : cell[0]);
      const painted = typeof cell === 'string' ? text : cell[1](text);
      return { painted, width: widthOf(text) };
    }),
  );
  const widths: number[] = [];
  for (const row of cells)
    for (const [c, { width }] of row.entries()) widths[c] = Math.max(widths[c] ?? 0, width);
  return cells
    .map((row) => {
      const padded = row.map(({ painted, width }, c) => {
        const gap = ' '.repeat(widths[c]! - width);
        return (align[c] ?? align.at(-1)) === 'r' ? gap + painted : painted + gap;
      });
      return `${(indent + padded.join('  ')).trimEnd()}\n`;
    })
    .join('');
}

const grouping = new Intl.NumberFormat('en');
/** 12,249 */
export const number = (n: number): string => grouping.format(Math.round(n));

/** 1 sentence, 2 sentences */
export const counted = (n: number, noun: string): string =>
  `${number(n)} ${noun}${n === 1 ? '' : 's'}`;

/** A fraction as a percentage with two decimals; a dash where there is none. */
export const percent = (fraction: number | null | undefined): string =>
  fraction === null || fraction === undefined ? '–' : (fraction * 100).toFixed(2);

/** 1.7 MB */
export function bytes(n: number): string {
  if (n < 1000) return `${n} bytes`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)} kB`;
  return n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
}

/** 0.04 s, 1.4 s, 12 s, 3 min 05 s, 2 h 07 min */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const two = (n: number): string => String(n).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
}
