import { flagOf } from '../option-values.ts';
import { type Combination, describeCombination } from '../training/sweep/plan.ts';
import { selectionScore } from '../training/sweep/ranking.ts';
import type { SweepEvent } from '../training/sweep/sweep.ts';
import { printable } from './printable.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, counted, number, percent, table } from './table.ts';
import { factLines } from './training-summary.ts';

export type SweepResult = Extract<SweepEvent, { type: 'sweep' }>;

/** A row for each combination, the best first. */
export function combinationTable({ rows, score, seeds }: SweepResult, style: Style): string {
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
    const finished = row.runs + row.diverged;
    const notes = [
      ...(isBest ? ['best'] : []),
      ...(row.diverged > 0 ? [`${number(row.diverged)} diverged`] : []),
      ...(finished < seeds ? [`${finished} of ${counted(seeds, 'run')}`] : []),
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

/** The model that was kept, where the runs are recorded, and how to continue. */
export function sweepSummary(event: SweepResult, style: Style): string {
  const { best, rows, complete, done, runs } = event;
  const test = rows[0]?.test;
  const deviation = test?.deviation == null ? '' : ` ± ${percent(test.deviation)}`;
  const setting = best && [describeCombination(best.combination), `seed ${best.seed}`];
  const facts: [string, string | undefined][] = [
    [
      'model',
      best?.dev
        ? `${style.bold(printable(event.model))} (${printable(setting!.filter((part) => part !== '').join(' '))}: dev ${percent(selectionScore(best.dev))})`
        : undefined,
    ],
    ['test', test && `${percent(test.mean)}${deviation} for the best combination`],
    ['runs', printable(event.record)],
  ];
  const rest = complete
    ? ''
    : `stopped after ${number(done)} of ${counted(runs, 'run')}; run the same command to continue\n`;
  return factLines(facts, style) + rest;
}
