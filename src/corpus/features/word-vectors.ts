import { FNV_OFFSET, FNV_PRIME } from '../fnv.ts';
import { wordForms } from './word-forms.ts';

// Pretrained word vectors of a model. They are inputs of the network, like characters: training does not change them.
// Whole numbers of 8 or 16 bits and a scale for each row hold them, so that they are small and need not be unpacked.

export interface WordVectors {
  readonly dim: number;
  /**
   * The words of all rows in UTF-8, one after another. The rows are in ascending order of the words' hashes, and of their
   * bytes if the hashes are equal.
   */
  readonly words: Uint8Array;
  /** (rows) The number of bytes of each word. */
  readonly lengths: Uint8Array;
  /** (rows, dim) */
  readonly values: Int8Array | Int16Array;
  /** (rows) The vector of a row is its values times its scale. */
  readonly scales: Float32Array;
}

/** Finds the vectors of words. */
export interface VectorLookup {
  /** The sum of the words' lengths. */
  readonly wordBytes: number;
  /** The row of the best form of a word; undefined if there is none. */
  find(word: string): number | undefined;
  /** Writes the vector of a row to `target`, from `at` on. */
  copy(row: number, target: Float32Array, at: number): void;
}

/** Maximum length of a word in bytes. */
export const MOST_WORD_BYTES = 255;

/** FNV-1a over bytes `from` to `to - 1`. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return hash >>> 0;
}

/**
 * Packs word vectors.
 * @param words of at most `MOST_WORD_BYTES` bytes
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
  const hashes = encoded.map((bytes) => hashOf(bytes, 0, bytes.length));
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
  const sorted = order.map((from) => encoded[from]!);
  return {
    dim,
    words: new Uint8Array(Buffer.concat(sorted)),
    lengths: Uint8Array.from(sorted, ({ length }) => length),
    values: packed,
    scales,
  };
}

/** The root mean square error of packed vectors, relative to that of the vectors; `factor` as in `packVectors`. */
export function packingError(
  words: readonly string[],
  values: Float32Array,
  { packed, factor = 1 }: { packed: WordVectors; factor?: number },
): number {
  const { dim } = packed;
  const lookup = vectorLookup(packed);
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

const lookups = new WeakMap<WordVectors, VectorLookup>();

/** Look-ups in these vectors, prepared once. */
export function vectorLookup(vectors: WordVectors): VectorLookup {
  const known = lookups.get(vectors);
  if (known) return known;
  const lookup = createVectorLookup(vectors);
  lookups.set(vectors, lookup);
  return lookup;
}

function createVectorLookup({ dim, words, lengths, values, scales }: WordVectors): VectorLookup {
  const rows = lengths.length;
  const begins = new Uint32Array(rows + 1);
  for (let row = 0; row < rows; row++) begins[row + 1] = begins[row]! + lengths[row]!;
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.length);
  // hashes are computed again for each look-up, because storing them would delay the start of a tagger
  const hashOfRow = (row: number): number => hashOf(bytes, begins[row]!, begins[row + 1]!);

  const buffer = Buffer.alloc(MOST_WORD_BYTES + 4); // room for one more character, so that longer words are not found

  function rowOf(form: string): number | undefined {
    const size = buffer.write(form);
    const hash = hashOf(buffer, 0, size);
    // interpolation search, since hashes are uniform: the first row whose hash is not less
    let [low, high, least, most] = [0, rows, 0, 2 ** 32];
    while (low < high) {
      const guess = low + Math.floor(((hash - least) / (most - least)) * (high - low));
      const row = Math.min(Math.max(guess, low), high - 1);
      const found = hashOfRow(row);
      if (found < hash) [low, least] = [row + 1, found];
      else [high, most] = [row, found];
    }
    for (; low < rows && hashOfRow(low) === hash; low++) if (hasWord(low, size)) return low;
    return undefined;
  }

  /** Whether the word of a row is the first `size` bytes of the buffer. Not `Buffer.compare`, whose ranges Deno mixes up. */
  function hasWord(row: number, size: number): boolean {
    const begin = begins[row]!;
    if (begins[row + 1]! - begin !== size) return false;
    for (let i = 0; i < size; i++) if (bytes[begin + i] !== buffer[i]) return false;
    return true;
  }

  return {
    wordBytes: begins[rows]!,
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
