import { isOutsideForm } from '../corpus/tags/scheme.ts';
import type { Report, Score } from '../evaluation/report.ts';
import { excerpt, printable } from './printable.ts';
import type { Style } from './style.ts';
import { type Cell, counted, number, percent, table } from './table.ts';

export interface NamedReport {
  readonly name: string;
  readonly report: Report;
}

/** A table with a row of scores for each report. */
export function scoreRows(reports: readonly NamedReport[], style: Style, indent = ''): string {
  const hasSpans = reports.some(({ report }) => report.spans);
  const hasKnown = reports.some(({ report }) => report.unknownTokens !== null);
  const head = [
    '',
    'sentences',
    'tokens',
    ...(hasSpans ? ['precision', 'recall', 'F1'] : []),
    'accuracy',
    ...(hasKnown ? ['known words', 'unknown words'] : []),
  ];
  const rows = reports.map(({ name, report }): Cell[] => [
    name,
    number(report.sentences),
    number(report.tokens),
    ...(hasSpans
      ? [
          percent(report.spans?.precision),
          percent(report.spans?.recall),
          [percent(report.spans?.f1), style.bold] as const,
        ]
      : []),
    hasSpans ? percent(report.accuracy) : ([percent(report.accuracy), style.bold] as const),
    ...(hasKnown ? [percent(report.knownAccuracy), percent(report.unknownAccuracy)] : []),
  ]);
  return table([dimmed(head, style), ...rows], { align: 'lr', indent });
}

/** Precision, recall and F1 of each span type, and of all. */
export function typeRows({ spans }: Report, style: Style, indent = ''): string {
  if (!spans) return '';
  const rows = Object.entries(spans.types).map(([type, score]) =>
    scoreCells(type === '' ? '(no type)' : excerpt(type), score),
  );
  const all = scoreCells('all', spans).map((cell): Cell => [cell as string, style.bold]);
  return table([dimmed(['', ...SCORE_HEAD], style), ...rows, all], { align: 'lr', indent });
}

/** Precision, recall and F1 of each tag, the most frequent first. */
export function tagRows({ tags }: Report, style: Style): string {
  if (!tags) return '';
  const rows = Object.entries(tags.byTag)
    .sort(([, a], [, b]) => b.gold - a.gold)
    .map(([tag, score]) => scoreCells(excerpt(tag), score));
  return table([dimmed(['', ...SCORE_HEAD], style), ...rows], { align: 'lr' });
}

/** The same for plain labels beside an outside tag such as `O`, without it. Empty if there is no such tag. */
export function labelRows({ tags }: Report, style: Style): string {
  const labels = Object.entries(tags?.byTag ?? {});
  const outside = labels.find(([tag]) => isOutsideForm(tag));
  const all = labels.reduce((sum, [, { gold }]) => sum + gold, 0);
  if (!outside || outside[1].gold * 2 < all || labels.length < 2) return '';
  const others = labels.filter(([tag]) => !isOutsideForm(tag));
  const rows = others
    .sort(([, a], [, b]) => b.gold - a.gold)
    .map(([tag, score]) => scoreCells(excerpt(tag), score));
  return table([dimmed(['', ...SCORE_HEAD], style), ...rows], { align: 'lr' });
}

/** Confusions of a gold tag with another, the most frequent first. */
export function confusionRows({ confusions }: Report, style: Style): string {
  if (confusions.length === 0) return '';
  const rows = confusions.map(({ gold, predicted, count }) => [
    number(count),
    excerpt(gold),
    excerpt(predicted),
  ]);
  return table([dimmed(['tokens', 'gold', 'predicted'], style), ...rows], { align: 'rll' });
}

/** The scores of one corpus, each on its own line. */
export function singleReport({ name, report }: NamedReport, style: Style): string {
  const { spans, unknownTokens } = report;
  const parts = [counted(report.sentences, 'sentence'), counted(report.tokens, 'token')];
  if (spans) parts.push(counted(spans.gold, 'span'));
  const rows: Cell[][] = [];
  if (spans)
    rows.push(
      ['F1', [percent(spans.f1), style.bold]],
      ['precision', percent(spans.precision)],
      ['recall', percent(spans.recall)],
    );
  rows.push([
    'accuracy',
    spans ? percent(report.accuracy) : [percent(report.accuracy), style.bold],
  ]);
  if (unknownTokens !== null) {
    const part = percent(report.tokens === 0 ? null : unknownTokens / report.tokens);
    rows.push(
      ['  known words', percent(report.knownAccuracy)],
      [
        '  unknown words',
        percent(report.unknownAccuracy),
        [`${counted(unknownTokens, 'token')}, ${part} % of all`, style.dim],
      ],
    );
  }
  rows.push(['whole sentences', percent(report.sentenceAccuracy)]);
  return `${style.bold(printable(name))}  ${style.dim(parts.join(', '))}\n\n${table(rows, { align: 'lrl' })}`;
}

/**
 * Gold tags that training never saw, or lemmas that no edit script of the model gives, with their frequency: `FW (2),
 * AFX (1)`. Undefined if there are none.
 */
export function unseenList({ unseenTags }: Report): string | undefined {
  if (!unseenTags?.length) return undefined;
  const shown = unseenTags
    .slice(0, 8)
    .map(({ tag, count }) => `${excerpt(printable(tag))} (${count})`);
  const rest = unseenTags.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** One sentence on the lemmas that the model cannot give; undefined for other tags, and if there are none. */
export function unreachableText(report: Report): string | undefined {
  const list = unseenList(report);
  if (!report.lemmas || list === undefined) return undefined;
  const tokens = report.unseenTags!.reduce((sum, { count }) => sum + count, 0);
  return `${counted(tokens, 'token')} (${percent(tokens / report.tokens)} %) with lemmas that no edit script of the model gives, counted as errors: ${list}.`;
}

const SCORE_HEAD = ['precision', 'recall', 'F1', 'gold', 'predicted', 'correct'];

const scoreCells = (name: string, score: Score): Cell[] => [
  name,
  percent(score.precision),
  percent(score.recall),
  percent(score.f1),
  number(score.gold),
  number(score.predicted),
  number(score.correct),
];

export const dimmed = (names: readonly string[], style: Style): Cell[] =>
  names.map((name): Cell => [name, style.dim]);
