import { checkCount, checkSize } from './arrays.ts';

/** y[n] = table[ids[n]]: table (V, D), ids (N), y (N, D). */
export function embeddingForward({
  table,
  ids,
  D,
}: {
  table: Float64Array;
  ids: ArrayLike<number>;
  D: number;
}): Float64Array {
  const V = table.length / D;
  checkCount('D', D);
  checkCount('V', V);
  const y = new Float64Array(ids.length * D); // (N, D)
  for (let n = 0; n < ids.length; n++) {
    const id = ids[n]!;
    if (!(Number.isInteger(id) && id >= 0 && id < V)) {
      throw new Error(`ids[${n}] = ${id} is not a row of ${V}`);
    }
    for (let d = 0; d < D; d++) y[n * D + d] = table[id * D + d]!;
  }
  return y;
}

/** dtable[v] = Σ dy[n] over all n with ids[n] = v: dy (N, D), dtable (V, D). */
export function embeddingBackward({
  dy,
  ids,
  V,
  D,
}: {
  dy: Float64Array;
  ids: ArrayLike<number>;
  V: number;
  D: number;
}): Float64Array {
  checkSize('dy', dy, ids.length * D);
  const dtable = new Float64Array(V * D); // (V, D)
  for (let n = 0; n < ids.length; n++) {
    for (let d = 0; d < D; d++) dtable[ids[n]! * D + d]! += dy[n * D + d]!;
  }
  return dtable;
}
