import { describeCombination } from '../training/sweep/plan.ts';
import type { TuneEvent } from '../training/tune/tune.ts';
import type { Narrator } from './follow.ts';
import { bar, fitting } from './moving-line.ts';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import { counted, duration, number, percent } from './table.ts';

type Event<T extends TuneEvent['type']> = Extract<TuneEvent, { type: T }>;

/** Puts tuning into words: the budget, what fits into it, then a line for each step. */
export function tuneNarrator(style: Style, columns: number): Narrator<TuneEvent> {
  let step: Event<'step'> | undefined;
  let hasHead = false;
  return {
    lines(event) {
      switch (event.type) {
        case 'tune':
          return `${budgetText(event)}\n`;
        case 'schedule':
          return `${scheduleText(event)}\n`;
        case 'result': {
          const head = hasHead ? '' : `\n${style.dim(stepCells(stepHead))}\n`;
          hasHead = true;
          return `${head}${resultLine(event, style)}\n`;
        }
        case 'tuned':
          return hasHead ? '\n' : '';
        default:
          return '';
      }
    },
    status(event) {
      if (event.type === 'step') {
        step = event;
        return fitting([stageText(event), recipeText(event)], columns - 4);
      }
      if (event.type !== 'progress' || step === undefined) return undefined;
      const parts = [
        stageText(step),
        `${duration(event.budgetSecondsLeft)} left`,
        `epoch ${event.epoch} of ${step.rung ?? `at most ${event.epochs}`}`,
        bar(event.tokens / event.of, style),
        recipeText(step),
      ];
      return fitting(parts, columns - 4);
    },
  };
}

/** The hyperparameters that a recipe changes from the default recipe, and the seed: `cell=gru  seed 2`. */
export const recipeText = ({
  combination,
  seed,
}: Pick<Event<'step'>, 'combination'> & { seed?: number }): string =>
  [
    Object.keys(combination).length === 0 ? 'default recipe' : describeCombination(combination),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
  ]
    .map(printable)
    .join('  ');

/** +0.52 */
export const signedPercent = (fraction: number | null): string =>
  fraction === null ? '–' : `${fraction < 0 ? '-' : '+'}${percent(Math.abs(fraction))}`;

const stageText = ({ stage, bracket, index, count }: Event<'step' | 'result'>): string =>
  ({
    default: 'default',
    bracket: `bracket ${bracket}: ${index}/${count}`,
    final: `final: ${index}/${count}`,
    write: 'writing the best',
  })[stage];

const stepHead = ['time', 'step', 'epochs', 'dev', 'to default', 'recipe'];
const stepCells = ([time, stage, epochs, dev, difference, recipe]: readonly string[]): string =>
  `${time!.padStart(12)}  ${stage!.padEnd(15)}${epochs!.padStart(8)}${dev!.padStart(10)}${difference!.padStart(12)}  ${recipe}`;

function resultLine(event: Event<'result'>, style: Style): string {
  const { used, epochs, score, difference, failed } = event;
  const isBetter = difference !== null && difference > 0;
  const line = stepCells([
    duration(used),
    stageText(event),
    String(epochs),
    score === null ? 'failed' : percent(score),
    event.stage === 'default' ? '' : signedPercent(difference),
    recipeText(event.stage === 'final' ? event : { combination: event.combination }) +
      (failed === undefined ? '' : `: ${printable(failed)}`),
  ]);
  return isBetter ? style.good(line) : line;
}

function budgetText({ budget, used, done }: Event<'tune'>): string {
  const earlier =
    done > 0 ? `; ${counted(done, 'step')} recorded before, which took ${duration(used)}` : '';
  return `time for tuning: ${duration(budget)}${earlier}`;
}

function scheduleText({
  full,
  recipes,
  rungs,
  finalists,
  seeds,
  least,
}: Event<'schedule'>): string {
  const time = `the default recipe takes ${duration(full)}`;
  if (recipes === 0)
    return `${time}, so there is no time to compare others; ${duration(least)} would be enough for two`;
  return `${time}; there is time to compare about ${counted(recipes, 'recipe')} after ${rungs.join(' and ')} epochs, and to train ${finalists === 1 ? 'the best' : `the best ${number(finalists)}`} to the end with ${counted(seeds, 'seed')}`;
}
