import type { MemberRecord } from '../model/model.ts';
import { shellWord } from '../option-values.ts';
import type { CorpusSize, TrainingEvent } from '../training/events.ts';
import { printable } from './printable.ts';
import { scoreRows, typeRows, unreachableText, unseenList } from './scores.ts';
import type { Style } from './style.ts';
import { bytes, counted, duration, number, percent } from './table.ts';
import type { TrainingFlags } from './training-options.ts';

type End = Extract<TrainingEvent, { type: 'end' }>;

const stopReasons = {
  epochs: '',
  patience: '; stopped early, as the dev score no longer rose',
  signal: '; interrupted',
  diverged: '; diverged',
} as const;

/** A corpus with the feature columns that a model needs. Raw text has none. */
export interface FeaturedCorpus {
  readonly file: string;
  /** How to read it. */
  readonly flags: Pick<TrainingFlags, 'format' | 'header' | 'comment' | 'encoding'>;
}

/** How to tag the corpus of training; undefined if that was standard input. */
function featuredCommand(model: string, { file, flags }: FeaturedCorpus): string | undefined {
  if (file === '-') return undefined;
  const { format, header, comment, encoding } = flags;
  const words = [
    ...['seqtag', 'tag', '-m', model, file],
    ...(format === undefined ? [] : ['--input', format]),
    ...(header === undefined ? [] : [header ? '--header' : '--no-header']),
    ...(comment === undefined ? [] : ['--comment', comment]),
    ...(encoding === undefined ? [] : ['--encoding', encoding]),
  ];
  return words.map((word) => printable(shellWord(word))).join(' ');
}

/**
 * The summary at the end of training: scores, the model file, and how to use it.
 * @param columnNames names of the tag columns
 * @param epochs the maximum number of epochs
 */
export function summaryText(
  event: End,
  {
    style,
    columnNames,
    epochs,
    featured,
  }: {
    style: Style;
    columnNames: readonly string[];
    epochs: number;
    featured?: FeaturedCorpus | undefined;
  },
): string {
  const { dev, test, refit, members, recallBias } = event;
  const reports = Object.entries({ dev, ...(test && { test }) }).flatMap(([name, columns]) =>
    columns.map((report, c) => ({
      name: columns.length === 1 ? name : `${name} ${columnNames[c] ?? c + 1}`,
      report,
    })),
  );
  const types = reports
    .filter(({ report }) => (test ?? dev).includes(report) && report.spans)
    .map(({ name, report }) => `\n${style.dim(`${name} by type`)}\n${typeRows(report, style)}`);
  const unseen = reports.flatMap(({ name, report }) => {
    const unreachable = unreachableText(report);
    if (unreachable !== undefined) return [`${name} has ${unreachable}\n`];
    const list = unseenList(report);
    return list ? [`${name}: tags that training never saw, counted as errors: ${list}\n`] : [];
  });
  const bestEpochs = (members ?? [event]).map(({ bestEpoch }) => bestEpoch).join(', ');
  const model = printable(event.model);
  const output = dev[0]!.spans ? ' --output inline' : '';
  const facts: [string, string | undefined][] = [
    [
      'model',
      `${style.bold(model)} (${bytes(event.bytes)}, ${counted(event.parameters, 'parameter')})`,
    ],
    [
      'time',
      `${duration(event.seconds)} (${number(event.tokensPerSecond)} tokens/s)${stopReasons[event.stopped]}`,
    ],
    [members ? 'best epochs' : 'best epoch', `${bestEpochs} of ${epochs}`],
    ['refit', refit && `on all ${sizeText(refit)}; the dev scores are from before the refit`],
    ['members', members && membersText(members)],
    [
      'penalty',
      recallBias &&
        `${recallBias.join(', ')} on ${printable(event.recallTag ?? 'O')} (--bias-recall)`,
    ],
    [
      'try',
      featured
        ? featuredCommand(event.model, featured)
        : `echo 'Ada Lovelace lived in London.' | seqtag tag -m ${printable(shellWord(event.model))}${output}`,
    ],
  ];
  return [
    scoreRows(reports, style),
    ...types,
    unseen.length > 0 ? `\n${unseen.join('')}` : '',
    '\n',
    factLines(facts, style),
  ].join('');
}

/** A line for each fact that is there. */
export function factLines(
  facts: readonly (readonly [name: string, value: string | undefined])[],
  style: Style,
): string {
  const width = Math.max(...facts.map(([name, value]) => (value ? name.length : 0)));
  return facts
    .map(([name, value]) => (value ? `${style.dim(name.padEnd(width))}  ${value}\n` : ''))
    .join('');
}

/** The dev score that each member of an ensemble has without the others, by the first tag column. */
export function membersText(members: readonly MemberRecord[]): string {
  const scores = members.map(({ dev: [score] }) => percent(score!.f1 ?? score!.accuracy));
  const isSpans = members[0]!.dev[0]!.f1 !== undefined;
  const seeds = members.map(({ seed }) => seed);
  return `dev ${isSpans ? 'F1' : 'accuracy'} ${scores.join(', ')} (seeds ${seeds.join(', ')})`;
}

export const sizeText = ({ sentences, tokens }: CorpusSize): string =>
  `${counted(sentences, 'sentence')}, ${counted(tokens, 'token')}`;
