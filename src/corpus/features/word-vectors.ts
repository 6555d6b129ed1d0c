import { FNV_OFFSET, FNV_PRIME } from '../fnv.ts';
import { wordForms } from './word-forms.ts';

// Pretrained word vectors of a model. They are inputs of the network, like characters: training does not change them.
// Whole numbers of 8 or 16 bits and a scale for each row hold them, so that they are small and need not be unpacked.

export interface WordVectors {
  readonly dim: number;
  /**
   * The word of each row in UTF-8, each followed by a line feed. The rows are in ascending order of the words' hashes,
   * and of their bytes if the hashes are equal.
   */
  readonly words: Uint8Array;
  /** (rows, dim) */
  readonly values: Int8Array | Int16Array;
  /** (rows) The vector of a row is its values times its scale. */
  readonly scales: Float32Array;
}

/** Finds the vectors of words. */
export interface VectorLookup {
  /** The row of the best form of a word; undefined if there is none. */
  find(word: string): number | undefined;
  /** Writes the vector of a row to `target`, from `at` on. */
  copy(row: number, target: Float32Array, at: number): void;
}

const LF = 10;

/** FNV-1a over UTF-8 bytes. */
function hashOf(bytes: Uint8Array): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return hash >>> 0;
}

/**
 * Packs word vectors.
 * @param values (words, dim)
 * @param options.bits of each number
 * @param options.factor multiplies the vectors. Default: 1
 */
export function packVectors(
  words: readonly string[],
  values: Float32Array,
  { bits, factor = 1 }: { bits: 8 | 16; factor?: number },
): WordVectors {
  const n = words.length;
  const dim = n === 0 ? 1 : values.length / n;
  const encoded = words.map((word) => Buffer.from(word));
  const hashes = encoded.map(hashOf);
  const order = [...words.keys()].sort(
    (a, b) => hashes[a]! - hashes[b]! || Buffer.compare(encoded[a]!, encoded[b]!),
  );
  const most = 2 ** (bits - 1) - 1;
  const packed = bits === 8 ? new Int8Array(n * dim) : new Int16Array(n * dim);
  const scales = new Float32Array(n);
  order.forEach((from, row) => {
    const vector = values.subarray(from * dim, (from + 1) * dim);
    const greatest = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    if (greatest === 0) return;
    scales[row] = (greatest / most) * factor;
    for (let d = 0; d < dim; d++)
      packed[row * dim + d] = Math.round((vector[d]! / greatest) * most);
  });
  const lines = order.flatMap((from) => [encoded[from]!, Buffer.of(LF)]);
  return { dim, words: new Uint8Array(Buffer.concat(lines)), values: packed, scales };
}

/** The root mean square error of packed vectors, relative to that of the vectors; `factor` as in `packVectors`. */
export function packingError(
  words: readonly string[],
  values: Float32Array,
  { packed, factor = 1 }: { packed: WordVectors; factor?: number },
): number {
  const { dim } = packed;
  const lookup = createVectorLookup(packed)!;
  const vector = new Float32Array(dim);
  let [error, size] = [0, 0];
  words.forEach((word, i) => {
    lookup.copy(lookup.find(word)!, vector, 0);
    for (let d = 0; d < dim; d++) {
      const exact = values[i * dim + d]! * factor;
      error += (vector[d]! - exact) ** 2;
      size += exact ** 2;
    }
  });
  return size === 0 ? 0 : Math.sqrt(error / size);
}

/** Prepares look-ups. Undefined if the words are not those of the rows, or in the wrong order. */
export function createVectorLookup(vectors: WordVectors): VectorLookup | undefined {
  const { dim, words, values, scales } = vectors;
  const rows = scales.length;
  const ends = new Uint32Array(rows); // of the words
  const hashes = new Uint32Array(rows);
  let row = 0;
  let hash = FNV_OFFSET;
  for (let i = 0; i < words.length; i++) {
    const byte = words[i]!;
    if (byte !== LF) {
      hash = Math.imul(hash ^ byte, FNV_PRIME);
      continue;
    }
    if (row === rows || (row > 0 && hash >>> 0 < hashes[row - 1]!)) return undefined;
    ends[row] = i;
    hashes[row++] = hash;
    hash = FNV_OFFSET;
  }
  if (row !== rows || (rows > 0 && ends[rows - 1] !== words.length - 1)) return undefined;

  const bytes = Buffer.from(words.buffer, words.byteOffset, words.length);
  function rowOf(form: string): number | undefined {
    const wanted = Buffer.from(form);
    const hash = hashOf(wanted);
    let [low, high] = [0, rows];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    for (; low < rows && hashes[low] === hash; low++) {
      const begin = low === 0 ? 0 : ends[low - 1]! + 1;
      if (wanted.equals(bytes.subarray(begin, ends[low]))) return low;
    }
    return undefined;
  }

  return {
    find(word) {
      for (const form of wordForms(word)) {
        const found = rowOf(form);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    copy(row, target, at) {
      const scale = scales[row]!;
      for (let d = 0; d < dim; d++) target[at + d] = values[row * dim + d]! * scale;
    },
  };
}
