import { type FeatureName, featureNames } from '../corpus/features/features.ts';
import type { Bptt } from '../network/engine.ts';

// Parsers of hyperparameters with structured values. Each returns undefined for text of another form.

/** `full`, `regular:K` or `random:P`. */
export function parseBptt(text: string): Bptt | undefined {
  if (text === 'full') return { kind: 'full' };
  const [, kind, digits] = /^(regular|random):(.+)$/.exec(text) ?? [];
  const number = Number(digits);
  if (kind === 'regular' && Number.isInteger(number) && number >= 1)
    return { kind, length: number };
  if (kind === 'random' && number >= 0 && number < 1) return { kind, probability: number };
  return undefined;
}

/** How gradients are clipped: their global norm, each element, or not at all. */
export type Clip = { kind: 'norm' | 'value'; limit: number } | { kind: 'none' };

/** `norm:1`, `value:5` or `none`. A bare number is a norm, and 0 is `none`. */
export function parseClip(text: string): Clip | undefined {
  if (text === 'none' || text === '0') return { kind: 'none' };
  const [, kind = 'norm', digits] = /^(?:(norm|value):)?([\d.e+-]+)$/.exec(text) ?? [];
  const limit = Number(digits);
  if (!(limit > 0 && limit <= 1e9)) return undefined;
  return { kind: kind as 'norm' | 'value', limit };
}

/** Feature groups, in the order of `featureNames`; `none` gives undefined. */
export function parseFeatures(text: string): FeatureName[] | undefined {
  if (text === 'all') return [...featureNames];
  const names = text.split(',');
  const known = featureNames.filter((name) => names.includes(name));
  return known.length === names.length ? known : undefined;
}

/** A value of a hyperparameter for people and shells: `all` in place of the list of all features. */
export const shortValue = (value: unknown): string =>
  value === featureNames.join() ? 'all' : String(value);

/** 1 to 31 ascending whole numbers: `1,2,4,8`. */
export function parsePeriods(text: string): number[] | undefined {
  const periods = text.split(',').map(Number);
  const isRising = periods.every(
    (period, i) => Number.isInteger(period) && period > (periods[i - 1] ?? 0),
  );
  return isRising && periods.length <= 31 ? periods : undefined;
}
