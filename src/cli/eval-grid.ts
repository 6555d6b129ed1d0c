import type { CorporaReport, Report } from '../evaluation/report.ts';
import type { tableFormats } from './eval-flags.ts';
import { printable } from './printable.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, percent, table } from './table.ts';

/** The scores of a model on each corpus, and on all. */
export interface GridRow extends CorporaReport {
  readonly model: string;
  readonly column?: string;
  readonly scheme: string;
}

/** The object that `--json` prints for several models. */
export const gridFacts = (rows: readonly GridRow[]): object => ({ models: rows });

/** A table of models and corpora. In csv each score has a line of its own, for other programs. */
export function gridText(
  rows: readonly GridRow[],
  { format, style }: { format: (typeof tableFormats)[number]; style: Style },
): string {
  if (format === 'csv') return csv(rows);
  const cells = grid(rows);
  if (format === 'markdown') return markdown(cells);
  if (format === 'latex') return latex(cells);
  const [head, ...body] = cells as [string[], ...string[][]];
  const painted = body.map((line): Cell[] => line.map((cell) => cell));
  return table([dimmed(head, style), ...painted], { align: 'lr' });
}

const scoreOf = ({ spans, accuracy }: Report): number | null => (spans ? spans.f1 : accuracy);
const scoreName = ({ scheme }: GridRow): string => (scheme === 'none' ? 'accuracy' : 'F1');

/** A line for each corpus and a column for each model. The first cell names the score, if it is the same for all. */
function grid(rows: readonly GridRow[]): string[][] {
  const names = new Set(rows.map(scoreName));
  const isMixed = names.size > 1;
  const models = rows.map((row) => (isMixed ? `${row.model} (${scoreName(row)})` : row.model));
  const { corpora } = rows[0]!;
  const lines = corpora.map(({ name }, c) => [
    name,
    ...rows.map((row) => percent(scoreOf(row.corpora[c]!.report))),
  ]);
  const total = ['total', ...rows.map((row) => percent(scoreOf(row.total)))];
  const head = [isMixed ? '' : [...names][0]!, ...models];
  return [head, ...lines, ...(corpora.length > 1 ? [total] : [])];
}

function markdown(cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell) => printable(cell).replace(/[\\|]/g, '\\$&')).join(' | ')} |\n`;
  const [head, ...body] = cells as [string[], ...string[][]];
  const rule = `|---|${'---:|'.repeat(head.length - 1)}\n`;
  return line(head) + rule + body.map(line).join('');
}

const latexNames: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

/** A tabular with the rules of the package booktabs. */
function latex(cells: readonly (readonly string[])[]): string {
  const escaped = (cell: string): string =>
    printable(cell).replace(/[\\~^&%$#_{}]/g, (one) => latexNames[one] ?? `\\${one}`);
  const line = (row: readonly string[]): string => `${row.map(escaped).join(' & ')} \\\\\n`;
  const [head, ...body] = cells as [string[], ...string[][]];
  return [
    `\\begin{tabular}{l${'r'.repeat(head.length - 1)}}\n\\toprule\n`,
    line(head),
    '\\midrule\n',
    ...body.map(line),
    '\\bottomrule\n\\end{tabular}\n',
  ].join('');
}

/** A header, and a line for each model and corpus. Scores are fractions, and empty where there is none. */
function csv(rows: readonly GridRow[]): string {
  const lines = rows.flatMap(({ model, column, scheme, corpora }) =>
    corpora.map(({ name, report }) => [
      model,
      column ?? '',
      name,
      scheme,
      report.sentences,
      report.tokens,
      report.accuracy,
      report.spans?.precision,
      report.spans?.recall,
      report.spans?.f1,
    ]),
  );
  const head = 'model,column,corpus,scheme,sentences,tokens,accuracy,precision,recall,f1'.split(
    ',',
  );
  const quoted = (cell: unknown): string => {
    const text = String(cell ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...lines].map((line) => `${line.map(quoted).join(',')}\n`).join('');
}
