import { UserError } from '../errors.ts';
import type { GradientProfile, TrainingRecord } from '../model/model.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, percent, table } from './table.ts';

const DISTANCES = [0, 1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 56, 80, 113, 160, 200];
const WIDTH = 32;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A horizontal bar that fills a fraction of the width, to an eighth of a character. */
function bar(fraction: number): string {
  const parts = Math.round(Math.min(1, Math.max(0, fraction)) * WIDTH * 8);
  return '█'.repeat(parts >> 3) + eighths[parts & 7]!;
}

/** A norm of a profile; null if it was infinite. */
type Norm = number | null;

const shown = (norm: Norm): string =>
  norm === null ? 'infinite' : norm === 0 ? '0' : norm.toExponential(1);

/**
 * Plots the norm of dL/dh by the distance in tokens between h and the loss, before and after training, on a
 * logarithmic scale. If the bars shrink fast, the gradient vanishes; if they grow, it explodes. A table of gradient
 * norms and clipping by epoch follows.
 * @throws UserError if the model has no record of gradients
 */
export function gradientText(
  { gradients, epochs, hyperparameters }: TrainingRecord,
  { path, style }: { path: string; style: Style },
): string {
  if (!gradients)
    throw new UserError(
      `${path}: the model has no record of gradients. Train it again with this version of seqtag.`,
      { code: 'SEQTAG_MODEL_MISMATCH' },
    );
  const { initial, trained } = gradients;
  const charts = (Object.keys(trained) as (keyof GradientProfile)[]).map(
    (direction) =>
      `${style.bold(`dL/dh, ${direction}`)}, by distance in tokens from the token of the loss\n\n${chart(
        initial[direction]!,
        trained[direction]!,
        style,
      )}`,
  );
  const rows = epochs.map(({ norm, clipped }, i): Cell[] => [
    String(i + 1),
    norm.toPrecision(3),
    percent(clipped),
  ]);
  const clip = `clip ${String(hyperparameters.clip)}`;
  return [
    ...charts,
    table([dimmed(['epoch', 'gradient norm', `% clipped (${clip})`], style), ...rows], {
      align: 'r',
    }),
  ].join('\n');
}

function chart(initial: readonly Norm[], trained: readonly Norm[], style: Style): string {
  const all = [...initial, ...trained].filter((norm): norm is number => norm !== null && norm > 0);
  const most = Math.max(...all);
  const least = Math.max(Math.min(...all), most * 1e-12);
  const lengthOf = (norm: Norm): number =>
    norm === null
      ? 1
      : norm > 0 && most > least
        ? (Math.log(norm) - Math.log(least)) / (Math.log(most) - Math.log(least))
        : norm > 0
          ? 1
          : 0;
  const cells = (norm: Norm): Cell[] => [shown(norm), [bar(lengthOf(norm)), style.accent]];
  const rows = DISTANCES.filter((k) => k < trained.length).map((k): Cell[] => [
    String(k),
    ...cells(initial[k] ?? null),
    ...cells(trained[k] ?? null),
  ]);
  const head = dimmed(['distance', 'untrained', 'logarithmic'.padEnd(WIDTH), 'trained', ''], style);
  return table([head, ...rows], { align: 'rrlrl' });
}
