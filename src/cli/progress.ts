import type { Writable } from 'node:stream';
import type { MemberRecord } from '../model/model.ts';
import type { CorpusSize, TrainingEvent } from '../training/events.ts';
import type { Io } from './io.ts';
import { scoreRows, typeRows, unseenList } from './scores.ts';
import type { Style } from './style.ts';
import { bytes, type Cell, counted, duration, number, percent, table } from './table.ts';

/** Shows training, or what else has events, to people. */
export interface Display<Event = TrainingEvent> {
  show(event: Event): void;
  /** Something to be seen at once, e.g. that the end was asked for. */
  note(line: string): void;
  /** Gives the terminal back, whatever happened. */
  close(): void;
}

type Event<T extends TrainingEvent['type']> = Extract<TrainingEvent, { type: T }>;

const stops = {
  epochs: 'all epochs done',
  patience: 'ended: the dev score no longer rose',
  signal: 'ended on request',
  diverged: 'ended: training diverged',
} as const;

/** How progress is shown: by a line that moves, by lines that stay, or not at all. */
export function progressKind(
  { quiet, json }: { quiet?: boolean; json?: boolean },
  { isTerminal, env }: Pick<Io, 'isTerminal' | 'env'>,
): 'spinner' | 'lines' | undefined {
  // on one terminal, events and text would be mixed
  if (quiet || (json && isTerminal.stdout && isTerminal.stderr)) return undefined;
  return isTerminal.stderr && env.TERM !== 'dumb' ? 'spinner' : 'lines';
}

/** Lines for a file or a pipe: what there is to learn, an epoch a line, the summary. */
export function createLines(stream: Writable, style: Style): Display {
  let score = 'accuracy';
  return {
    show(event) {
      if (event.type === 'start') {
        score = event.scheme === 'none' ? 'accuracy' : 'F1';
        stream.write(`${startText(event, style)}\n${epochHead(score, style)}`);
      }
      if (event.type === 'epoch') {
        const place = event.epoch === 1 ? placeText(event) : '';
        if (place) stream.write(style.dim(`${place}\n`));
        stream.write(epochLine(event, style));
      }
      if (event.type === 'end') stream.write(`\n${endText(event, style)}`);
    },
    note: (line) => {
      stream.write(`${line}\n`);
    },
    close: () => undefined,
  };
}

/** A line that moves at the bottom of a terminal. */
export interface MovingLine {
  set text(text: string);
  /** Prints above it. */
  above(print: () => void): void;
  stop(): void;
}

export async function createMovingLine(stream: Writable, style: Style): Promise<MovingLine> {
  const { default: ora } = await import('ora');
  const spinner = ora({
    stream: stream as NodeJS.WriteStream,
    isEnabled: true,
    discardStdin: false, // else Ctrl-C would not come as a signal
    color: style.isColored ? 'cyan' : false,
    text: 'reading',
  }).start();
  return {
    set text(text: string) {
      spinner.text = text;
    },
    above(print) {
      spinner.clear();
      print();
      spinner.render();
    },
    stop: () => {
      spinner.render(); // what was said last is seen, however soon it ends
      spinner.stop();
    },
  };
}

/** The same on a terminal, with a line below that moves. */
export async function createSpinner(
  stream: Writable,
  { style, columns }: { style: Style; columns: number },
): Promise<Display> {
  const lines = createLines(stream, style);
  const spinner = await createMovingLine(stream, style);
  let noted = '';
  return {
    show(event) {
      if (event.type === 'progress') {
        spinner.text = progressText(event, { style, columns, noted });
      } else if (event.type === 'end') {
        spinner.stop();
        lines.show(event);
      } else {
        const next = event.type === 'start' ? 1 : event.epoch + 1;
        if (noted === '') spinner.text = `epoch ${Math.min(next, event.epochs)} of ${event.epochs}`;
        spinner.above(() => lines.show(event));
      }
    },
    note(line) {
      noted = line;
      spinner.text = line;
    },
    close: () => {
      spinner.stop();
    },
  };
}

export const sizesText = ({ sentences, tokens }: CorpusSize): string =>
  `${counted(sentences, 'sentence')}, ${counted(tokens, 'token')}`;

/** Which network is trained, where that is to be said. */
const placeText = ({ member, members, refit }: Event<'epoch' | 'progress'>): string =>
  [
    ...(member ? [`member ${member} of ${members}`] : []),
    ...(refit ? [`again, on all ${sizesText(refit)}`] : []),
  ].join(' ');

const BAR = 20;
export const bar = (share: number, style: Style): string => {
  const done = Math.round(share * BAR);
  return `${style.accent('━'.repeat(done))}${style.dim('─'.repeat(BAR - done))}`;
};

function progressText(
  event: Event<'progress'>,
  { style, columns, noted }: { style: Style; columns: number; noted: string },
): string {
  const { epoch, epochs, tokens, of, loss } = event;
  const parts = [
    ...(placeText(event) ? [placeText(event)] : []),
    `epoch ${epoch} of ${epochs}`,
    bar(tokens / of, style),
    noted === '' ? `loss ${loss.toFixed(4)}` : noted,
    ...(noted === '' && columns >= 72 ? [`${number(event.tokensPerSecond)} tokens/s`] : []),
    ...(noted === '' && columns >= 96 ? [`at most ${duration(event.secondsLeft)} left`] : []),
  ];
  return parts.join('  ');
}

function startText(event: Event<'start'>, style: Style): string {
  const { train, dev } = event;
  const scheme = event.scheme === 'none' ? 'plain tags' : `tags of spans in ${event.scheme}`;
  return table(
    [
      [['train', style.dim], counted(train.sentences, 'sentence'), counted(train.tokens, 'token')],
      [
        ['dev', style.dim],
        counted(dev.sentences, 'sentence'),
        `${counted(dev.tokens, 'token')}${dev.heldOut ? style.dim('  held out of the corpus') : ''}`,
      ],
      [['words', style.dim], number(event.words), `${counted(event.chars, 'character')}`],
      ...(event.pretrained ? [vectorsRow(event.pretrained, style)] : []),
      ...(event.columns ?? []).map(({ column, values }): Cell[] => [
        ['reads', style.dim],
        number(values),
        `values of column ${column}`,
      ]),
      ...(event.gazetteer ? [gazetteerRow(event.gazetteer, style)] : []),
      [['tags', style.dim], number(event.tags), scheme],
      [
        ['model', style.dim],
        counted(event.parameters, 'parameter'),
        `${event.backend}, ${counted(event.threads, 'thread')}`,
      ],
    ],
    { align: 'lrl' },
  );
}

/** How many words of the corpus have pretrained vectors, and how many of its tokens. */
function vectorsRow(
  { coverage, kept }: NonNullable<Event<'start'>['pretrained']>,
  style: Style,
): Cell[] {
  const { wanted, missing, byTokens } = coverage;
  const tokens = byTokens === undefined ? '' : `, ${percent(byTokens)} % of tokens`;
  const more = kept > 0 ? `; ${counted(kept, 'word')} beyond the corpus` : '';
  const share = `${percent((wanted - missing) / Math.max(1, wanted))} % of words${tokens}${more}`;
  return [['vectors', style.dim], number(wanted - missing), share];
}

const gazetteerRow = (
  { entries, types, matched }: NonNullable<Event<'start'>['gazetteer']>,
  style: Style,
): Cell[] => [
  ['gazetteer', style.dim],
  number(entries),
  `phrases of ${counted(types, 'type')}, ${percent(matched)} % of tokens in one`,
];

// Widths are fixed: lines come one by one.
const epochHead = (score: string, style: Style): string =>
  style.dim(
    `${'epoch'.padStart(9)}${'loss'.padStart(10)}${`dev ${score}`.padStart(14)}${'tokens/s'.padStart(12)}${'time'.padStart(12)}${'at most left'.padStart(16)}\n`,
  );

function epochLine(event: Event<'epoch'>, style: Style): string {
  const { epoch, epochs, loss, score, refit } = event;
  const best = event.best && !refit;
  const place = `${epoch}/${epochs}`.padStart(9);
  const value = (refit ? '' : percent(score)).padStart(14);
  const rest = `${number(event.tokensPerSecond).padStart(12)}${duration(event.seconds).padStart(12)}${duration(event.secondsLeft).padStart(16)}`;
  return `${place}${loss.toFixed(4).padStart(10)}${best ? style.good(value) : value}${style.dim(rest)}${best ? style.good('  best') : ''}\n`;
}

/** What the members of an ensemble would score alone: the first column's dev F1, or accuracy. */
export function membersText(members: readonly MemberRecord[]): string {
  const scores = members.map(({ dev: [score] }) => percent(score!.f1 ?? score!.accuracy));
  const isSpans = members[0]!.dev[0]!.f1 !== undefined;
  const seeds = members.map(({ seed }) => seed);
  return `dev ${isSpans ? 'F1' : 'accuracy'} ${scores.join(', ')} (seeds ${seeds.join(', ')})`;
}

/** A word as a shell takes it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

function endText(event: Event<'end'>, style: Style): string {
  const { dev, test, model, stopped } = event;
  const parts = { dev, ...(test && { test }) };
  const reports = Object.entries(parts).flatMap(([name, columns]) =>
    columns.map((report, c) => ({
      name: columns.length === 1 ? name : `${name}, column ${c + 1}`,
      report,
    })),
  );
  const types = typeRows((test ?? dev)[0]!, style);
  const unseen = reports.flatMap(({ name, report }) => {
    const list = unseenList(report);
    return list ? [`${name} has tags that training never saw, counted as errors: ${list}\n`] : [];
  });
  const fact = (name: string, value: string): string => `${style.dim(name.padEnd(5))}  ${value}\n`;
  const bestEpochs = (event.members ?? [event]).map(({ bestEpoch }) => bestEpoch).join(', ');
  const output = dev[0]!.spans ? ' --output inline' : '';
  return [
    scoreRows(reports, style),
    types && `\n${style.dim(test ? 'test by type' : 'dev by type')}\n${types}`,
    unseen.length > 0 ? `\n${unseen.join('')}` : '',
    '\n',
    fact(
      'model',
      `${style.bold(model)} (${bytes(event.bytes)}, ${counted(event.parameters, 'parameter')})`,
    ),
    fact(
      'time',
      `${duration(event.seconds)} (${number(event.tokensPerSecond)} tokens/s); best epoch ${bestEpochs}, ${stops[stopped]}`,
    ),
    ...(event.divergences ?? []).map((line) => fact('note', line)),
    event.refit ? fact('refit', `on all ${sizesText(event.refit)}; dev was scored before`) : '',
    event.members ? fact('alone', membersText(event.members)) : '',
    event.recallBias
      ? fact('bias', `${event.recallBias.join(', ')} nats taken from ${event.recallTag ?? 'O'}`)
      : '',
    fact(
      'try',
      `echo 'Ada Lovelace lived in London.' | seqtag tag -m ${shellWord(model)}${output}`,
    ),
  ].join('');
}
