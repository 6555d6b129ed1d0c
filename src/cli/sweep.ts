import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { flagOf } from '../option-values.ts';
import { type Combination, describeCombination } from '../training/sweep/plan.ts';
import { selectionScore } from '../training/sweep/ranking.ts';
import {
  removeWorkFolder,
  type SweepEvent,
  type SweepOptions,
  sweep,
} from '../training/sweep/sweep.ts';
import type { Context } from './context.ts';
import { bar, createMovingLine, type Display, progressKind } from './progress.ts';
import { dimmed } from './scores.ts';
import { type Style, styleOf } from './style.ts';
import { type Cell, counted, duration, number, percent, table } from './table.ts';

export interface SweepFlags {
  sweep?: string[];
  seeds?: number;
  json?: boolean;
  quiet?: boolean;
}

type Event<T extends SweepEvent['type']> = Extract<SweepEvent, { type: T }>;

export function addSweep(command: Command): void {
  command
    .option(
      '--sweep <name=values>',
      'compares values of a hyperparameter, e.g. hidden=50,100; repeated: every combination',
      (value: string, all: string[] = []) => [...all, value],
    )
    .option(
      '--seeds <n>',
      'trains with seed, seed + 1, ...: mean and deviation (default: 1)',
      parseSeeds,
    );
}

function parseSeeds(value: string): number {
  const seeds = Number(value);
  if (/^\d+$/.test(value) && seeds >= 1 && seeds <= 1000) return seeds;
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000.');
}

/** `hidden=50,100` -> { hidden: ['50', '100'] }; values are separated by `|` where there is one, so that they may have commas. */
export function parseSweeps(words: readonly string[]): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1)
      throw new UserError(
        `--sweep ${word}: expected a hyperparameter and its values, e.g. --sweep hidden=50,100.`,
      );
    const name = flagOf(word.slice(0, at));
    if (values.has(name))
      throw new UserError(
        `--sweep ${word}: ${name} has a --sweep already. Give all its values in one.`,
      );
    const text = word.slice(at + 1);
    const list = text.split(text.includes('|') ? '|' : ',').map((value) => value.trim());
    if (list.includes(''))
      throw new UserError(`--sweep ${word}: a value is empty. Expected e.g. hidden=50,100.`);
    values.set(name, list);
  }
  return Object.fromEntries(values);
}

/** `seqtag train` with `--sweep` or `--seeds`: a table of what settings are worth, and the best model. */
export async function sweepCommand(
  {
    common,
    flags,
    given,
  }: {
    common: Omit<SweepOptions, 'hyperparameters' | 'values' | 'seeds' | 'signal'>;
    flags: SweepFlags;
    /** Hyperparameters of the configuration file, and of flags. */
    given: { file: Record<string, unknown>; flags: Record<string, unknown> };
  },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const values = parseSweeps(flags.sweep ?? []);
  const both = Object.keys(values).find((name) => Object.hasOwn(given.flags, name));
  if (both !== undefined)
    throw new UserError(
      `train: ${both} is given by a flag of its own and by --sweep. Leave one of them out.`,
    );
  const abort = new AbortController();
  const display = await createDisplay(flags, context);
  let exitCode: 130 | 143 = 130;
  let isTraining = false;
  const release = io.onInterrupt((signal) => {
    exitCode = signal === 'SIGTERM' ? 143 : 130;
    if (isTraining && !abort.signal.aborted) {
      abort.abort();
      display?.note('ending, the run under way is dropped; again to leave at once');
      return;
    }
    display?.close();
    if (isTraining) removeWorkFolder(common.output);
    io.quit(exitCode);
  });
  let last: Event<'sweep'> | undefined;
  try {
    const events = sweep({
      ...common,
      hyperparameters: { ...given.file, ...given.flags },
      values,
      seeds: flags.seeds,
      signal: abort.signal,
    });
    for await (const event of events) {
      if (event.type === 'plan') isTraining = true;
      if (event.type === 'sweep') last = event;
      display?.show(event);
      if (flags.json) await out.write(`${JSON.stringify(event satisfies SweepEvent)}\n`);
    }
  } finally {
    display?.close();
    release();
  }
  if (!last) return;
  if (!flags.json) await out.write(tableText(last, await styleOf('stdout', context)));
  if (display) {
    const style = await styleOf('stderr', context);
    if (flags.json) io.stderr.write(tableText(last, style));
    // the table stands between, unless it went elsewhere
    if (flags.json || io.isTerminal.stdout) io.stderr.write('\n');
    io.stderr.write(endText(last, style));
  }
  if (!last.complete) context.exitCode = exitCode;
  else if (!last.best)
    throw new UserError(
      'train: every run diverged, so there is no model. Sweep lower values of learning-rate.',
    );
}

async function createDisplay(
  flags: SweepFlags,
  context: Context,
): Promise<Display<SweepEvent> | undefined> {
  const { io } = context;
  const kind = progressKind(flags, io);
  if (!kind) return undefined;
  const style = await styleOf('stderr', context);
  return kind === 'spinner'
    ? createSpinner(io.stderr, { style, columns: io.columns })
    : createLines(io.stderr, style);
}

function createLines(stream: Writable, style: Style): Display<SweepEvent> {
  const tell = createNarrator(style);
  return {
    show: (event) => {
      stream.write(tell(event));
    },
    note: (line) => {
      stream.write(`${line}\n`);
    },
    close: () => undefined,
  };
}

/** The same on a terminal, with a line below that moves. */
async function createSpinner(
  stream: Writable,
  { style, columns }: { style: Style; columns: number },
): Promise<Display<SweepEvent>> {
  const tell = createNarrator(style);
  const spinner = await createMovingLine(stream, style);
  let noted = false;
  let run = '';
  return {
    show(event) {
      const text = tell(event);
      if (text !== '') spinner.above(() => stream.write(text));
      if (event.type === 'run') run = runText(event);
      if (event.type === 'sweep') spinner.stop();
      else if (noted) return;
      else if (event.type === 'run') spinner.text = run;
      else if (event.type === 'progress')
        spinner.text = fitting([run, ...progressParts(event, style)], columns - 4);
    },
    note(line) {
      noted = true;
      spinner.text = line;
    },
    close: () => spinner.stop(),
  };
}

/** As many parts of a line as there is room for. */
function fitting([first = '', ...rest]: readonly string[], columns: number): string {
  let line = first;
  for (const part of rest) {
    if (stripVTControlCharacters(line).length + 2 + stripVTControlCharacters(part).length > columns)
      break;
    line += `  ${part}`;
  }
  return line;
}

const runText = ({ run, runs, combination, seed }: Event<'run'>): string =>
  [`run ${run} of ${runs}`, describeCombination(combination), `seed ${seed}`]
    .filter((part) => part !== '')
    .join('  ');

const progressParts = (event: Event<'progress'>, style: Style): string[] => [
  ...(event.sweepSecondsLeft === null ? [] : [`about ${duration(event.sweepSecondsLeft)} left`]),
  `epoch ${event.epoch} of ${event.epochs}`,
  bar(event.tokens / event.of, style),
];

/** The lines that stay: the plan, then a line a run. Widths are fixed beforehand: lines come one by one. */
function createNarrator(style: Style): (event: SweepEvent) => string {
  let columns: { name: string; width: number }[] = [];
  let run: Event<'run'>;
  let epochs = 0;
  let isFirst = true;
  const line = (cells: readonly string[]): string =>
    `  ${columns.map(({ width }, i) => cells[i]!.padStart(width)).join('  ')}`;
  const runLine = (event: Event<'end' | 'diverged'>): string => {
    const isEnd = event.type === 'end';
    const left = event.sweepSecondsLeft;
    const cells = [
      `${run.run}/${run.runs}`,
      ...Object.values(run.combination).map(String),
      String(run.seed),
      isEnd ? percent(event.score) : 'diverged',
      String(epochs),
      isEnd ? duration(event.seconds) : '–',
      left === null ? '–' : left === 0 ? '' : duration(left),
    ];
    return `${line(cells)}${isEnd && event.model !== null ? style.good('  best') : ''}\n`;
  };
  return (event) => {
    if (event.type === 'plan') {
      columns = columnsOf(event);
      return `${planText(event)}\n`;
    }
    if (event.type === 'run') run = event;
    if (event.type === 'start') epochs = 0;
    if (event.type === 'epoch') epochs = event.epoch;
    if (event.type === 'sweep') return isFirst ? '' : '\n';
    if (event.type !== 'end' && event.type !== 'diverged') return '';
    const head = isFirst ? `\n${style.dim(line(columns.map(({ name }) => name)))}\n` : '';
    isFirst = false;
    return head + runLine(event);
  };
}

function columnsOf({ combinations, runs }: Event<'plan'>): { name: string; width: number }[] {
  const axes = Object.keys(combinations[0]!).map((name) => {
    const values = combinations.map((combination) =>
      String(combination[name as keyof Combination]),
    );
    return {
      name: flagOf(name),
      width: Math.max(...[flagOf(name), ...values].map((text) => text.length)),
    };
  });
  return [
    { name: 'run', width: 2 * String(runs).length + 1 },
    ...axes,
    { name: 'seed', width: 4 },
    { name: 'dev', width: 8 },
    { name: 'epochs', width: 6 },
    { name: 'time', width: 12 },
    { name: 'about left', width: 12 },
  ];
}

function planText({ combinations, seeds, runs, done }: Event<'plan'>): string {
  const parts = [counted(combinations.length, 'combination'), counted(seeds, 'seed')];
  const before = done > 0 ? `; ${number(done)} of them recorded before` : '';
  return `${counted(runs, 'run')}: ${parts.join(', ')}${before}`;
}

/** A row a combination, the best first. */
function tableText({ rows, score, seeds }: Event<'sweep'>, style: Style): string {
  const names = Object.keys(rows[0]!.combination) as (keyof Combination)[];
  const hasDeviation = rows.some(({ dev }) => dev.deviation !== null);
  const head = [
    ...names.map(flagOf),
    `dev ${score === 'f1' ? 'F1' : score}`,
    ...(hasDeviation ? ['deviation'] : []),
    'parameters',
    'tokens/s',
    'epochs',
  ];
  const isNumber = (name: keyof Combination): boolean =>
    rows.every(({ combination }) => typeof combination[name] === 'number');
  const aligned = names.map((name) => (isNumber(name) ? 'r' : 'l'));
  const figure = (x: number | null): string => (x === null ? '–' : number(x));
  const cells = rows.map((row, i): Cell[] => {
    const isBest = i === 0 && row.dev.mean !== null;
    const over = row.runs + row.diverged;
    const notes = [
      ...(isBest ? ['best'] : []),
      ...(row.diverged > 0 ? [`${number(row.diverged)} diverged`] : []),
      ...(over < seeds ? [`${over} of ${counted(seeds, 'run')}`] : []),
    ];
    return [
      ...names.map((name) => String(row.combination[name])),
      [percent(row.dev.mean), isBest ? style.bold : (text) => text],
      ...(hasDeviation ? [percent(row.dev.deviation)] : []),
      figure(row.parameters),
      figure(row.tokensPerSecond),
      figure(row.epochs),
      [notes.join(', '), isBest ? style.good : style.dim],
    ];
  });
  return table([dimmed(head, style), ...cells], {
    align: `${aligned.join('')}${'r'.repeat(head.length - names.length)}l`,
  });
}

/** The model that was kept, where the runs are, and how to go on. */
function endText(event: Event<'sweep'>, style: Style): string {
  const { best, rows, complete, done, runs, model, record } = event;
  const fact = (name: string, value: string): string => `${style.dim(name.padEnd(5))}  ${value}\n`;
  const test = rows[0]?.test;
  const spread = test?.deviation == null ? '' : ` ± ${percent(test.deviation)}`;
  const setting = best && [describeCombination(best.combination), `seed ${best.seed}`];
  return [
    best?.dev
      ? fact(
          'model',
          `${style.bold(model)} (${setting!.filter((part) => part !== '').join(' ')}: dev ${percent(selectionScore(best.dev))})`,
        )
      : '',
    test ? fact('test', `${percent(test.mean)}${spread} by the best row`) : '',
    fact('runs', record),
    complete
      ? ''
      : `ended after ${number(done)} of ${counted(runs, 'run')}; the same command goes on from there\n`,
  ].join('');
}
