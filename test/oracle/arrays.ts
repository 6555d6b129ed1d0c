/** A float64 copy of any numbers: a Float32Array view of an arena, a list, another Float64Array. */
export function toFloat64(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values);
}

/** A float32 copy, each value rounded to nearest. */
export function toFloat32(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values);
}

/**
 * A float64 copy whose values are exactly representable in float32, so that an oracle and a
 * float32 kernel start from the same numbers and the tolerance covers the arithmetic alone.
 */
export function roundToFloat32(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, Math.fround);
}

/** A (rows, columns) as (columns, rows). */
export function transposed(A: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: A.length },
    (_, i) => A[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}

/** Σ a[i] * b[i]: the usual scalar loss of a test, with `b` as the gradient of `a`. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`dot: lengths ${a.length} and ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** into[i] += values[i]. */
export function accumulate(into: Float64Array, values: ArrayLike<number>): void {
  checkSize('accumulate', values, into.length);
  for (let i = 0; i < into.length; i++) into[i]! += values[i]!;
}

/** Concatenates the rows of matrices (N, widths[0]), (N, widths[1]), … into (N, Σ widths). */
export function concatColumns(parts: readonly Float64Array[], widths: readonly number[]) {
  const N = parts[0]!.length / widths[0]!;
  const total = widths.reduce((sum, width) => sum + width, 0);
  const out = new Float64Array(N * total); // (N, total)
  let start = 0;
  parts.forEach((part, p) => {
    const width = widths[p]!;
    checkSize(`part ${p}`, part, N * width);
    for (let n = 0; n < N; n++) {
      for (let j = 0; j < width; j++) out[n * total + start + j] = part[n * width + j]!;
    }
    start += width;
  });
  return out;
}

/** The inverse of `concatColumns`, and so the way its gradient flows. */
export function splitColumns(whole: Float64Array, widths: readonly number[]): Float64Array[] {
  const total = widths.reduce((sum, width) => sum + width, 0);
  const N = whole.length / total;
  checkCount('rows', N);
  let start = 0;
  return widths.map((width) => {
    const part = new Float64Array(N * width); // (N, width)
    for (let n = 0; n < N; n++) {
      for (let j = 0; j < width; j++) part[n * width + j] = whole[n * total + start + j]!;
    }
    start += width;
    return part;
  });
}

/** Throws unless `values` has exactly `size` entries. */
export function checkSize(name: string, values: ArrayLike<number>, size: number): void {
  if (values.length !== size) throw new Error(`${name}: ${values.length} values, expected ${size}`);
}

/** Throws unless `value` is a whole number and not negative. */
export function checkCount(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0)) throw new Error(`${name}: ${value} is no count`);
}
