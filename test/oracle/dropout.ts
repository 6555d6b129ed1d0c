import { checkSize } from './arrays.ts';

/**
 * y = x ∘ mask, with mask holding 0 and 1 / (1 - p): inverted dropout (Srivastava et al. 2014,
 * §10). Which units fall is given, so that two implementations can be compared.
 */
export function dropoutForward(x: Float64Array, mask: Float64Array): Float64Array {
  checkSize('mask', mask, x.length);
  return x.map((value, i) => value * mask[i]!);
}

/** dx = dy ∘ mask. */
export function dropoutBackward(dy: Float64Array, mask: Float64Array): Float64Array {
  checkSize('mask', mask, dy.length);
  return dy.map((value, i) => value * mask[i]!);
}
