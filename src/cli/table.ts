/** A cell: its text, or its text and what colours it, so that colours never count as width. */
export type Cell = string | readonly [text: string, paint: (text: string) => string];

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell[0]);

/** Characters as a terminal counts them, East Asian wide ones as two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segmenter().segment(text))
    width +=
      /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\uff01-\uff60\u3000-\u303f]|^\p{Emoji_Presentation}/u.test(
        segment,
      )
        ? 2
        : 1;
  return width;
}

let segments: Intl.Segmenter | undefined;
const segmenter = (): Intl.Segmenter => {
  segments ??= new Intl.Segmenter('en');
  return segments;
};
const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
const cellWidth = (cell: Cell): number => {
  const text = textOf(cell);
  return isAscii(text) ? text.length : widthOf(text);
};

/**
 * Lines of aligned columns, two spaces apart.
 * @param align a letter a column, `l` or `r`; the last one counts for all that follow
 */
export function table(
  rows: readonly (readonly Cell[])[],
  { align, indent = '' }: { align: string; indent?: string },
): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(0, ...rows.map((row) => (row[c] === undefined ? 0 : cellWidth(row[c])))),
  );
  return rows
    .map((row) => {
      const cells = row.map((cell, c) => {
        const gap = ' '.repeat(widths[c]! - cellWidth(cell));
        const painted = typeof cell === 'string' ? cell : cell[1](cell[0]);
        return (align[c] ?? align.at(-1)) === 'r' ? gap + painted : painted + gap;
      });
      return `${(indent + cells.join('  ')).trimEnd()}\n`;
    })
    .join('');
}

const grouping = new Intl.NumberFormat('en');
/** 12,249 */
export const number = (n: number): string => grouping.format(Math.round(n));

/** 1 sentence, 2 sentences */
export const counted = (n: number, noun: string): string =>
  `${number(n)} ${noun}${n === 1 ? '' : 's'}`;

/** A share as percent with two decimals; a dash where there is none. */
export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '–' : (share * 100).toFixed(2);

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
