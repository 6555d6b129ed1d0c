/**
 * Maximum magnitude of a parameter. Products of three of them and of any number of units are finite: characters, gates and
 * scores. Trained parameters are smaller than 1000.
 */
export const MOST_MAGNITUDE = 1e9;

/** The largest magnitude of the values; NaN if one is NaN. */
export function largest(values: Float32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > most) most = magnitude;
    else if (Number.isNaN(magnitude)) return magnitude;
  }
  return most;
}

/** What is wrong with numbers of this largest magnitude. */
export function magnitudeProblem(magnitude: number): string | undefined {
  if (!(magnitude < Infinity)) return 'has numbers that are not finite';
  if (magnitude > MOST_MAGNITUDE)
    return `has a number of ${magnitude.toPrecision(2)}, too large for finite scores`;
  return undefined;
}
