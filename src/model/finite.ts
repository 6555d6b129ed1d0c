/** Whether all values are finite. `includes` is native code, and so fast at the start of a program too. */
export const areFinite = (values: Float32Array): boolean =>
  !values.includes(Number.NaN) &&
  !values.includes(Number.POSITIVE_INFINITY) &&
  !values.includes(Number.NEGATIVE_INFINITY);
