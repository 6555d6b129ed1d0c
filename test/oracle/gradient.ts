import { expectClose, type Tolerance } from './close.ts';

/**
 * Central differences: df/dx_i ≈ (f(x + eps e_i) - f(x - eps e_i)) / (2 eps), error O(eps²).
 *
 * `x` is changed in place one value at a time and restored, so `f` may ignore its argument and
 * close over `x`. The divisor is the distance between the two points as they were really stored.
 */
export function finiteDifference(
  f: (x: Float64Array) => number,
  x: Float64Array,
  eps = 1e-5,
): Float64Array {
  const gradient = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const saved = x[i]!;
    const above = saved + eps;
    const below = saved - eps;
    x[i] = above;
    const fAbove = f(x);
    x[i] = below;
    const fBelow = f(x);
    x[i] = saved;
    gradient[i] = (fAbove - fBelow) / (above - below);
  }
  return gradient;
}

export interface GradientCheck extends Partial<Tolerance> {
  /** The loss as a function of the present contents of `variables`. */
  loss: () => number;
  /** Every parameter and every input, by name; changed in place and restored. */
  variables: Readonly<Record<string, Float64Array>>;
  /** The analytic gradient of every variable, under the same names. */
  gradients: Readonly<Record<string, Float64Array>>;
  /** Step of the central differences (1e-5). */
  eps?: number;
  /**
   * Names whose gradient is zero everywhere, as that of recurrent weights is when every sentence
   * has one token. Those must be exactly zero; all others must not be, for a backward pass that
   * writes nothing would otherwise agree with a loss that depends on nothing.
   */
  zero?: readonly string[];
}

/** Compares the analytic gradient of each variable with central differences. */
export function expectGradient({
  loss,
  variables,
  gradients,
  eps = 1e-5,
  abs = 1e-8,
  rel = 1e-6,
  zero = [],
}: GradientCheck): void {
  const names = Object.keys(variables).sort();
  const given = Object.keys(gradients).sort();
  if (names.join() !== given.join()) {
    throw new Error(`gradients of [${given}], expected those of [${names}]`);
  }
  if (names.length === 0) throw new Error('no variables: nothing to check');
  for (const name of zero) {
    if (!names.includes(name)) throw new Error(`${name}: declared zero, but no such variable`);
  }
  for (const name of names) {
    const analytic = gradients[name]!;
    const numeric = finiteDifference(loss, variables[name]!, eps);
    expectClose(analytic, numeric, { abs, rel, name: `gradient of ${name}` });
    const allZero = analytic.every((value) => value === 0);
    if (allZero !== zero.includes(name)) {
      throw new Error(
        `gradient of ${name}: ${allZero ? 'zero everywhere' : 'not zero'}, expected the contrary`,
      );
    }
  }
}
