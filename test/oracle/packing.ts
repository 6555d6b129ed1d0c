import { checkSize } from './arrays.ts';

/**
 * A time-major packed batch: sentences sorted by falling length, all first tokens, then all second
 * tokens, and so on, without gaps. Row of token t of sentence b: `offsets[t] + b`.
 */
export interface Packing {
  /** Length of each sentence, non-increasing, each at least 1. */
  lengths: readonly number[];
  /** rows[t]: number of sentences longer than t; non-increasing. */
  rows: readonly number[];
  /** offsets[t]: Σ rows[s] over s < t. */
  offsets: readonly number[];
  /** Sentences. */
  B: number;
  /** Steps: the length of the longest sentence. */
  T: number;
  /** Tokens: Σ rows = Σ lengths. */
  N: number;
}

export function packingOfLengths(lengths: readonly number[]): Packing {
  lengths.forEach((length, b) => {
    if (!(Number.isInteger(length) && length >= 1)) {
      throw new Error(`lengths[${b}] = ${length} is not a whole number of at least 1`);
    }
    if (b > 0 && length > lengths[b - 1]!) {
      throw new Error(`lengths[${b}] = ${length} follows ${lengths[b - 1]}: not sorted`);
    }
  });
  const T = lengths[0] ?? 0;
  const rows: number[] = [];
  const offsets: number[] = [];
  let N = 0;
  for (let t = 0; t < T; t++) {
    const live = lengths.filter((length) => length > t).length;
    rows.push(live);
    offsets.push(N);
    N += live;
  }
  return { lengths: [...lengths], rows, offsets, B: lengths.length, T, N };
}

/** The packing whose step t has `rows[t]` live sentences. */
export function packingOfRows(rows: ArrayLike<number>): Packing {
  const lengths: number[] = [];
  for (let b = 0; b < (rows[0] ?? 0); b++) {
    let length = 0;
    for (let t = 0; t < rows.length; t++) if (rows[t]! > b) length++;
    lengths.push(length);
  }
  const packing = packingOfLengths(lengths);
  for (let t = 0; t < rows.length; t++) {
    if (packing.rows[t] !== rows[t]) {
      throw new Error(`rows[${t}] = ${rows[t]}: rows must be positive and must not increase`);
    }
  }
  return packing;
}

/** Packed row of token t of sentence b. */
export function packedRow({ lengths, offsets }: Packing, t: number, b: number): number {
  if (!(t >= 0 && t < lengths[b]!)) throw new Error(`sentence ${b} has no token ${t}`);
  return offsets[t]! + b;
}

/** Packed rows of sentence b from its first token to its last. */
export function sentenceRows(packing: Packing, b: number): number[] {
  return Array.from({ length: packing.lengths[b]! }, (_, t) => packedRow(packing, t, b));
}

/** Sentences, each (length, D), sorted as `packing` is, to one packed matrix (N, D). */
export function packSentences(
  sentences: readonly Float64Array[],
  packing: Packing,
  D: number,
): Float64Array {
  const packed = new Float64Array(packing.N * D); // (N, D)
  if (sentences.length !== packing.B) {
    throw new Error(`${sentences.length} sentences, expected ${packing.B}`);
  }
  sentences.forEach((sentence, b) => {
    checkSize(`sentence ${b}`, sentence, packing.lengths[b]! * D);
    sentenceRows(packing, b).forEach((row, t) => {
      for (let d = 0; d < D; d++) packed[row * D + d] = sentence[t * D + d]!;
    });
  });
  return packed;
}

/** The inverse of `packSentences`: sentence b as (length, D). */
export function unpackSentence(packed: Float64Array, packing: Packing, b: number): Float64Array {
  const D = packed.length / packing.N;
  return Float64Array.from(
    sentenceRows(packing, b).flatMap((row) => [...packed.subarray(row * D, (row + 1) * D)]),
  );
}

/**
 * Repeats a mask per sentence, (B, D), over the tokens of each: (N, D). One mask for all steps of a
 * sentence is variational dropout (Gal & Ghahramani 2016).
 */
export function expandMask(mask: Float64Array, packing: Packing): Float64Array {
  const D = mask.length / packing.B;
  const expanded = new Float64Array(packing.N * D); // (N, D)
  for (let b = 0; b < packing.B; b++) {
    for (const row of sentenceRows(packing, b)) {
      for (let d = 0; d < D; d++) expanded[row * D + d] = mask[b * D + d]!;
    }
  }
  return expanded;
}
