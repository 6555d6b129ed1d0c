import type { StepOptions } from '../network/engine.ts';
import { parseClip } from './hyperparameter-values.ts';
import type { Hyperparameters } from './hyperparameters.ts';

/** The factor on the learning rate after training diverged and went back some times. */
export const setbackFactor = ({ setbacks }: { setbacks: number }): number => 0.5 ** setbacks;

/**
 * The learning rate of the next update.
 * @param state number of complete epochs, number of updates so far, the factor of the schedule `plateau`, and how often
 * training went back
 */
export function learningRateAt(
  { schedule, learningRate, warmup, decay, epochs }: Hyperparameters,
  state: Record<'epoch' | 'updates' | 'plateauFactor' | 'setbacks', number>,
): number {
  const { epoch, updates, plateauFactor } = state;
  const factor = {
    inverse: 1 / (1 + decay * epoch),
    cosine: (1 + Math.cos((Math.PI * epoch) / epochs)) / 2,
    plateau: plateauFactor,
    constant: 1,
  }[schedule as 'inverse' | 'cosine' | 'plateau' | 'constant'];
  return learningRate * factor * setbackFactor(state) * Math.min(1, (updates + 1) / (warmup + 1));
}

/** How gradients are clipped. */
export function clipOf({ clip }: Hyperparameters): Pick<StepOptions, 'clipNorm' | 'clipValue'> {
  const parsed = parseClip(clip)!;
  if (parsed.kind === 'none') return {};
  return parsed.kind === 'norm' ? { clipNorm: parsed.limit } : { clipValue: parsed.limit };
}
