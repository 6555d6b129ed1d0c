/**
 * Whether all values are finite. The sum of 0 * value is 0 unless one is infinite or NaN; it is faster than testing
 * each value.
 */
export function areFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i]!;
  return sum === 0;
}
