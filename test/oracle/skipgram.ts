/** A centre with what it is trained on: rows of a table (., D). */
export interface Centre {
  /** Rows whose mean is the centre, a row as often as it is there. */
  readonly own: readonly number[];
  readonly contexts: readonly number[];
  readonly noise: readonly number[];
}

const row = (table: Float64Array, D: number, r: number): Float64Array =>
  table.subarray(r * D, (r + 1) * D);
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** The centre's vector: the mean of its rows. */
export function meanOf(table: Float64Array, D: number, own: readonly number[]): Float64Array {
  const h = new Float64Array(D);
  for (const r of own) for (let j = 0; j < D; j++) h[j]! += row(table, D, r)[j]! / own.length;
  return h;
}

const product = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, j) => sum + x * b[j]!, 0);

/** - sum over contexts ln s(h.v) - contexts.length sum over noise ln s(-h.v) (Mikolov et al. 2013, eq. 4). */
export function skipgramLoss(
  table: Float64Array,
  D: number,
  centre: Centre,
  h?: Float64Array,
): number {
  const mean = h ?? meanOf(table, D, centre.own);
  const cost = (r: number, sign: number): number =>
    Math.log(1 + Math.exp(-sign * product(mean, row(table, D, r))));
  return (
    centre.contexts.reduce((sum, r) => sum + cost(r, 1), 0) +
    centre.contexts.length * centre.noise.reduce((sum, r) => sum + cost(r, -1), 0)
  );
}

/**
 * One update in place, target after target: each takes -rate dloss/dv; then each of the centre's rows takes -rate dloss/dh,
 * as often as it is one, where dloss/dh is taken at the targets as they came.
 */
export function skipgramStep(table: Float64Array, D: number, centre: Centre, rate: number): void {
  const { own, contexts, noise } = centre;
  const h = meanOf(table, D, own);
  const dh = new Float64Array(D);
  const target = (r: number, label: number, weight: number): void => {
    const v = row(table, D, r);
    const dx = weight * (logistic(product(h, v)) - label);
    for (let j = 0; j < D; j++) {
      dh[j]! += dx * v[j]!;
      v[j]! -= rate * dx * h[j]!;
    }
  };
  for (const r of contexts) target(r, 1, 1);
  for (const r of noise) target(r, 0, contexts.length);
  for (const r of own) for (let j = 0; j < D; j++) row(table, D, r)[j]! -= rate * dh[j]!;
}
