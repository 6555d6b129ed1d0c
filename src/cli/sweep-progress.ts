import { flagOf } from '../option-values.ts';
import { type Combination, describeCombination } from '../training/sweep/plan.ts';
import type { SweepEvent } from '../training/sweep/sweep.ts';
import type { Narrator } from './follow.ts';
import { bar, fitting } from './moving-line.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { counted, duration, number, percent } from './table.ts';

type Event<T extends SweepEvent['type']> = Extract<SweepEvent, { type: T }>;

/** Puts a sweep into words: the plan, then a line for each run. */
export function sweepNarrator(style: Style, columns: number): Narrator<SweepEvent> {
  let run: Event<'run'> | undefined;
  return {
    lines: createLines(style),
    status(event) {
      if (event.type === 'run') {
        run = event;
        return runText(event);
      }
      if (event.type !== 'progress' || run === undefined) return undefined;
      return fitting([runText(run), ...progressParts(event, style)], columns - 4);
    },
  };
}

const runText = ({ run, runs, combination, seed }: Event<'run'>): string =>
  [`run ${run} of ${runs}`, printable(describeCombination(combination)), `seed ${seed}`]
    .filter((part) => part !== '')
    .join('  ');

const progressParts = (event: Event<'progress'>, style: Style): string[] => [
  ...(event.sweepSecondsLeft === null ? [] : [`about ${duration(event.sweepSecondsLeft)} left`]),
  `epoch ${event.epoch} of ${event.epochs}`,
  bar(event.tokens / event.of, style),
];

/** The lines that stay. They come one by one, so the plan fixes the widths of their columns. */
function createLines(style: Style): (event: SweepEvent) => string {
  let columns: { name: string; width: number }[] = [];
  let run: Event<'run'>;
  let epochs = 0;
  let isFirst = true;
  const line = (cells: readonly string[]): string =>
    `  ${columns.map(({ width }, i) => printable(cells[i]!).padStart(width)).join('  ')}`;
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
    switch (event.type) {
      case 'plan':
        columns = columnsOf(event);
        return `${planText(event)}\n`;
      case 'run':
        run = event;
        return '';
      case 'start':
        epochs = 0;
        return '';
      case 'epoch':
        epochs = event.epoch;
        return '';
      case 'end':
      case 'diverged': {
        const head = isFirst ? `\n${style.dim(line(columns.map(({ name }) => name)))}\n` : '';
        isFirst = false;
        return head + runLine(event);
      }
      case 'sweep':
        return isFirst ? '' : '\n';
      default:
        return '';
    }
  };
}

function columnsOf({ combinations, runs }: Event<'plan'>): { name: string; width: number }[] {
  const axes = Object.keys(combinations[0]!).map((name) => {
    const values = combinations.map((combination) =>
      printable(String(combination[name as keyof Combination])),
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
  const recorded = done > 0 ? `; ${number(done)} of them recorded before` : '';
  return `${counted(runs, 'run')}: ${counted(combinations.length, 'combination')}, ${counted(seeds, 'seed')}${recorded}`;
}
