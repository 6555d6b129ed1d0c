import type { TuneEvent } from '../training/tune/tune.ts';
import { printable } from './printable.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, duration, number, percent, table } from './table.ts';
import { factLines } from './training-summary.ts';
import { recipeText, signedPercent } from './tune-progress.ts';

export type TuneResult = Extract<TuneEvent, { type: 'tuned' }>;

/** A row for each recipe: those trained to the end, then those that were stopped. */
export function recipeTable({ rows, score, best }: TuneResult, style: Style): string {
  const hasDeviation = rows.some(({ dev }) => dev.deviation !== null);
  const head = [
    `dev ${score === 'f1' ? 'F1' : score}`,
    ...(hasDeviation ? ['deviation'] : []),
    'to default',
    'seeds',
    'epochs',
    'parameters',
    'tokens/s',
    'recipe',
  ];
  const cells = rows.map((row): Cell[] => {
    const isBest =
      best !== null && JSON.stringify(row.combination) === JSON.stringify(best.combination);
    const paint = isBest ? style.bold : (text: string) => text;
    return [
      [percent(row.dev.mean), paint],
      ...(hasDeviation ? [percent(row.dev.deviation)] : []),
      Object.keys(row.combination).length === 0 ? '' : signedPercent(row.difference),
      row.runs > 0 ? number(row.runs) : row.dev.mean === null ? 'failed' : 'stopped',
      number(row.epochs),
      number(row.parameters),
      row.tokensPerSecond === null ? '–' : number(row.tokensPerSecond),
      [`${recipeText(row)}${isBest ? '  best' : ''}`, isBest ? style.good : (text) => text],
    ];
  });
  return table([dimmed(head, style), ...cells], { align: `${'r'.repeat(head.length - 1)}l` });
}

/** The model, how sure its advantage is, the command that trains it, and how to continue. */
export function tuneSummary(event: TuneResult, style: Style): string {
  const { best, noise, used, budget, command, complete } = event;
  const facts: [string, string | undefined][] = [
    ['model', best ? `${style.bold(printable(event.model))} (${recipeText(best)})` : undefined],
    ['dev', best ? differenceText(best.difference, noise) : undefined],
    ['test', best?.test?.map((scores) => percent(scores.f1 ?? scores.accuracy)).join(', ')],
    ['time', `${duration(used)} of ${duration(budget)}`],
    ['steps', printable(event.record)],
    ['command', command === null ? undefined : printable(command)],
  ];
  const rest = complete ? '' : 'stopped; run the same command to continue\n';
  return factLines(facts, style) + rest;
}

function differenceText(difference: number, noise: number | null): string {
  if (difference === 0) return 'no recipe was better than the default';
  const by = `${signedPercent(difference)} to the default recipe`;
  if (noise === null) return `${by}; with one seed, it is not known how much of this is chance`;
  const spread = `the deviation between seeds is ${percent(noise)}`;
  return difference > noise ? `${by}; ${spread}` : `${by}, which may be chance: ${spread}`;
}
