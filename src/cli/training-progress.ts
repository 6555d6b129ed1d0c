import type { TrainingEvent } from '../training/events.ts';
import type { Narrator } from './follow.ts';
import { bar } from './moving-line.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { bytes, type Cell, counted, duration, number, percent, table } from './table.ts';
import { type FeaturedCorpus, sizeText, summaryText } from './training-summary.ts';

type Event<T extends TrainingEvent['type']> = Extract<TrainingEvent, { type: T }>;

/**
 * Puts training into words: the data, a line for each epoch, the summary.
 * @param featured the corpus, if the model needs feature columns
 */
export function trainingNarrator(
  featured: FeaturedCorpus | undefined,
): (style: Style, columns: number) => Narrator<TrainingEvent> {
  let columnNames: string[] = [];
  let epochs = 0;
  return (style, columns) => ({
    lines(event) {
      if (event.type === 'start') {
        epochs = event.epochs;
        columnNames = event.tagColumns.map(({ name }) => name);
        return `${startText(event, style)}\n${epochHead(event, style)}`;
      }
      if (event.type === 'epoch') {
        const run = event.epoch === 1 ? runText(event) : '';
        return (run && style.dim(`${run}\n`)) + epochLine(event, style);
      }
      if (event.type === 'setback') return setbackText(event);
      return event.type === 'end'
        ? `\n${summaryText(event, { style, columnNames, epochs, featured })}`
        : '';
    },
    status(event) {
      if (event.type === 'vectors') return vectorsText(event, style);
      if (event.type === 'progress') return progressText(event, { style, columns });
      if (event.type === 'end' || event.type === 'interrupted') return undefined;
      if (event.type === 'setback') return `epoch ${event.epoch} again`;
      const next = event.type === 'start' ? 1 : event.epoch + 1;
      return `epoch ${Math.min(next, event.epochs)} of ${event.epochs}`;
    },
  });
}

const setbackText = ({ epoch, message, learningRate }: Event<'setback'>): string =>
  `${message} It goes back to ${epoch === 1 ? 'the beginning' : `the end of epoch ${epoch - 1}`} with the learning rate ${learningRate}.\n`;

function vectorsText(event: Event<'vectors'>, style: Style): string {
  if ('done' in event) return `learning vectors  ${bar(event.done, style)}`;
  const { bytes: read, of } = event;
  return `reading vectors  ${of === undefined ? bytes(read) : bar(read / of, style)}`;
}

/** Which network is being trained, if there are several. */
const runText = ({ member, members, refit }: Event<'epoch' | 'progress'>): string =>
  [
    ...(member ? [`member ${member} of ${members}`] : []),
    ...(refit ? [`refit on all ${sizeText(refit)}`] : []),
  ].join(' ');

function progressText(
  event: Event<'progress'>,
  { style, columns }: { style: Style; columns: number },
): string {
  const { epoch, epochs, tokens, of, loss } = event;
  return [
    ...(runText(event) ? [runText(event)] : []),
    `epoch ${epoch} of ${epochs}`,
    bar(tokens / of, style),
    `loss ${loss.toFixed(4)}`,
    ...(columns >= 72 ? [`${number(event.tokensPerSecond)} tokens/s`] : []),
    ...(columns >= 96 ? [`at most ${duration(event.secondsLeft)} left`] : []),
  ].join('  ');
}

const resumedCells = ({ epoch, networks }: NonNullable<Event<'start'>['resumed']>): string[] => [
  '',
  [
    ...(networks > 0 ? [`${counted(networks, 'network')} of this training finished`] : []),
    epoch > 0 ? `after epoch ${epoch}` : 'in epoch 1',
  ].join(', '),
];

function startText(event: Event<'start'>, style: Style): string {
  const { train, dev, pretrained, gazetteer } = event;
  const row = (name: string, ...cells: readonly string[]): Cell[] => [[name, style.dim], ...cells];
  const sizeCells = ({ sentences, tokens }: typeof train, note = ''): string[] => [
    counted(sentences, 'sentence'),
    counted(tokens, 'token') + note,
  ];
  return table(
    [
      row('train', ...sizeCells(train)),
      row('dev', ...sizeCells(dev, dev.heldOut ? ', held out of the training corpus' : '')),
      row('words', number(event.words), counted(event.chars, 'character')),
      ...(pretrained
        ? [row('vectors', ...vectorCells(pretrained)), row('', ...coverageCells(pretrained))]
        : []),
      ...(event.columns ?? []).map(({ column, values }) =>
        row('feature', number(values), `values of the column ${column}`),
      ),
      ...(gazetteer
        ? [
            row(
              'gazetteer',
              number(gazetteer.entries),
              `phrases of ${counted(gazetteer.types, 'type')}, which match ${percent(gazetteer.matched)} % of tokens`,
            ),
          ]
        : []),
      ...event.tagColumns.map((column, _, all) =>
        row('tags', number(column.tags), tagsText(column, all.length > 1)),
      ),
      ...(event.recipe ? [row('recipe', event.recipe.name, event.recipe.reason)] : []),
      row(
        'model',
        counted(event.parameters, 'parameter'),
        `${event.backend}, ${counted(event.threads, 'thread')}`,
      ),
      ...(event.init ? initRows(event.init).map((cells) => row(...cells)) : []),
      ...(event.resumed ? [row('resumed', ...resumedCells(event.resumed))] : []),
    ],
    { align: 'lrl' },
  );
}

/** What of the initial model is kept, for each of its tables: `init  words  4,120 kept, 300 of them in the corpus, 12 new`. */
function initRows(init: NonNullable<Event<'start'>['init']>): [string, string, string][] {
  const { model, networks, words, chars, columns = [], tagColumns } = init;
  const one =
    networks > 1 ? `, an ensemble of ${networks}, of which each network continues one` : '';
  const text = ({ kept, inCorpora, new: added, dropped }: typeof words): string =>
    [
      `${number(kept)} kept${inCorpora < kept ? ` (${number(inCorpora)} in the corpus)` : ''}`,
      `${number(added)} new`,
      ...(dropped > 0 ? [`${number(dropped)} dropped`] : []),
    ].join(', ');
  const tagsText = ({ name, from, ...rows }: (typeof tagColumns)[number]): string =>
    `${tagColumns.length > 1 ? `${name}: ` : ''}${from === null ? 'not in the model' : text(rows)}`;
  return [
    ['init', '', `${printable(model)}${one}`],
    ['', 'words', `${text(words)}; characters: ${text(chars)}`],
    ...columns.map(({ column, ...rows }): [string, string, string] => [
      ...(['', 'feature'] as const),
      `${column}: ${text(rows)}`,
    ]),
    ...tagColumns.map((column): [string, string, string] => ['', 'tags', tagsText(column)]),
  ];
}

/** `plain tags`, or `xpos: plain tags` if there are several columns. */
function tagsText(
  { name, scheme, trainedScheme, lemmas }: Event<'start'>['tagColumns'][number],
  isNamed: boolean,
): string {
  const of = scheme === trainedScheme ? '' : ` (${scheme} in the corpus)`;
  const kind = lemmas
    ? 'edit scripts of lemmas'
    : scheme === 'none'
      ? 'plain tags'
      : `span tags in ${trainedScheme}${of}`;
  return isNamed ? `${name}: ${kind}` : kind;
}

type Pretrained = NonNullable<Event<'start'>['pretrained']>;

const vectorCells = ({ rows, dim, bits, error }: Pretrained): string[] => [
  number(rows),
  `of ${counted(dim, 'number')} in ${bits} bits, with an error of ${percent(error)} %`,
];

/** How much of the corpus has pretrained vectors, and frequent words without one. */
function coverageCells({ coverage }: Pretrained): string[] {
  const { words, missing, byTokens, examples } = coverage;
  const found = percent((words - missing) / Math.max(1, words));
  const without = examples.map(printable).join(' ');
  return [
    `${percent(byTokens)} %`,
    `of tokens and ${found} % of words have a vector${without && `; none for ${without}`}`,
  ];
}

// Lines come one by one, so their widths are fixed.
function epochHead({ scheme }: Event<'start'>, style: Style): string {
  const score = scheme === 'none' ? 'dev accuracy' : 'dev F1';
  return style.dim(
    `${'epoch'.padStart(9)}${'loss'.padStart(10)}${score.padStart(14)}${'tokens/s'.padStart(12)}${'time'.padStart(12)}${'time left'.padStart(14)}\n`,
  );
}

/** Training may stop early, so the time until the last epoch is an upper bound. */
const leftText = ({ secondsLeft }: Event<'epoch'>): string =>
  secondsLeft > 0 ? `≤ ${duration(secondsLeft)}` : '';

function epochLine(event: Event<'epoch'>, style: Style): string {
  const { epoch, epochs, loss, score, refit } = event;
  // without a gold span no epoch is better than another
  const isUndefined = event.dev.length > 0 && event.dev.every(({ spans }) => spans?.gold === 0);
  const best = event.best && !refit && !isUndefined;
  const count = `${epoch}/${epochs}`.padStart(9);
  const value = (refit ? '' : percent(isUndefined ? undefined : score)).padStart(14);
  const rest =
    `${number(event.tokensPerSecond).padStart(12)}${duration(event.seconds).padStart(12)}${leftText(event).padStart(14)}`.trimEnd();
  return `${count}${loss.toFixed(4).padStart(10)}${best ? style.good(value) : value}${style.dim(rest)}${best ? style.good('  best') : ''}\n`;
}
