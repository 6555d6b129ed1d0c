/** How far two values may lie apart: `abs + rel * |expected|`. */
export interface Tolerance {
  abs: number;
  rel: number;
}

/**
 * Demands that `actual` and `expected` have the same length, at least one value, only finite
 * values, and that every `|actual - expected| <= abs + rel * |expected|`.
 *
 * The comparison is written `!(err <= tol)`, so that a NaN anywhere fails instead of passing.
 * An empty comparison fails as well: it would prove nothing.
 *
 * @throws Error naming the number of bad values and the index that misses its tolerance most.
 */
export function expectClose(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  { abs, rel, name = 'values' }: Tolerance & { name?: string },
): void {
  const fail = (message: string): never => {
    const error = new Error(`${name}: ${message}`);
    Error.captureStackTrace?.(error, expectClose);
    throw error;
  };
  if (!(Number.isFinite(abs) && Number.isFinite(rel) && abs >= 0 && rel >= 0)) {
    fail(`tolerance abs=${abs}, rel=${rel} is not finite and non-negative`);
  }
  if (typeof actual !== typeof expected) {
    fail(`cannot compare a ${typeof actual} with a ${typeof expected}`);
  }
  const a: ArrayLike<number> = typeof actual === 'number' ? [actual] : actual;
  const e: ArrayLike<number> = typeof expected === 'number' ? [expected] : expected;
  if (a.length !== e.length) fail(`length ${a.length}, expected ${e.length}`);
  if (a.length === 0) fail('nothing to compare: both are empty');

  for (const [side, values] of [
    ['actual', a],
    ['expected', e],
  ] as const) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) fail(`${side}[${i}] is ${values[i]}, not finite`);
    }
  }

  let bad = 0;
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < a.length; i++) {
    const err = Math.abs(a[i]! - e[i]!);
    const tol = abs + rel * Math.abs(e[i]!);
    if (!(err <= tol && Number.isFinite(tol))) {
      bad++;
      const excess = err - tol;
      if (worst < 0 || !(excess <= worstExcess)) {
        worst = i;
        worstExcess = excess;
      }
    }
  }
  if (bad > 0) {
    const err = Math.abs(a[worst]! - e[worst]!);
    const tol = abs + rel * Math.abs(e[worst]!);
    fail(
      `${bad} of ${a.length} not close; worst at [${worst}]: ${a[worst]}, expected ${e[worst]}, ` +
        `error ${err.toExponential(3)} > tolerance ${tol.toExponential(3)}`,
    );
  }
}

/** `expectClose` for arrays by name; both sides must have the same names, and at least one. */
export function expectAllClose(
  actual: Readonly<Record<string, ArrayLike<number>>>,
  expected: Readonly<Record<string, ArrayLike<number>>>,
  tolerance: Tolerance,
): void {
  const names = Object.keys(expected).sort();
  const given = Object.keys(actual).sort();
  if (names.join() !== given.join()) throw new Error(`arrays [${given}], expected [${names}]`);
  if (names.length === 0) throw new Error('no arrays: nothing to compare');
  for (const name of names) expectClose(actual[name]!, expected[name]!, { ...tolerance, name });
}
