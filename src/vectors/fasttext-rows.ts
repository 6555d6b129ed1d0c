import { FNV_OFFSET, FNV_PRIME } from '../corpus/fnv.ts';
import type { UserError } from '../errors.ts';
import { quotedWord, vectorsError } from './fields.ts';
import type { VectorLayout } from './layout.ts';
import { type NgramLengths, ngrams } from './ngrams.ts';
import { type RowReader, type RowTarget, wordIn } from './rows.ts';

/*
 * fastText's own model (`.bin`), little-endian, as its fasttext.cc, args.cc, dictionary.cc and densematrix.cc write it:
 *
 *   int32 magic, int32 version
 *   12 int32 options, of which [0] dim, [7] kind, [8] buckets, [9] and [10] lengths of n-grams; a double
 *   int32 entries, words, labels; int64 tokens; from version 12 on int64 pruned (-1: nothing was)
 *   entries: bytes of the word, 0, int64 count, int8 type (0 word, 1 label); words come first
 *   uint8 whether the matrix is quantized; int64 rows, columns; float32 (words + buckets, dim)
 *
 * The vector of a word is the mean of its row and of the rows of its n-grams. A word that the model does not know has
 * n-grams only.
 */

const MAX_WORD = 64 * 1024;
const FIXED = 8 + 12 * 4 + 8;
const CLASSIFIER = 3;

interface Header extends NgramLengths {
  readonly entries: number;
  readonly words: number;
  readonly buckets: number;
  readonly size: number;
}

/** The row of each n-gram is words + hash % buckets. FNV-1a, over bytes as signed characters. */
function hashOf(gram: string): number {
  let hash = FNV_OFFSET;
  for (const byte of Buffer.from(gram)) hash = Math.imul(hash ^ ((byte << 24) >> 24), FNV_PRIME);
  return hash >>> 0;
}

/** The chosen words and the rows of the matrix that each one's vector is the mean of. */
interface Chosen {
  readonly index: number;
  readonly word: string;
  readonly rows: readonly number[];
}

/** Reads the vectors of a fastText model. What follows its first matrix is not read. */
export function fasttextRows({ dim }: VectorLayout, target: RowTarget, file: string): RowReader {
  const fail = (message: string): UserError => vectorsError(file, message);
  let header: Header | undefined;
  let entry = 0;
  const chosen: Chosen[] = [];
  let sums: ReturnType<typeof createSums> | undefined;
  let matrixRow = 0;

  function readHeader(bytes: Buffer): number {
    const version = bytes.readInt32LE(4);
    const size = FIXED + 20 + (version >= 12 ? 8 : 0);
    if (bytes.length < size) return 0;
    if (version < 11 || version > 12)
      throw fail(`fastText's format version ${version}, expected 11 or 12. Take its .vec file.`);
    const option = (i: number): number => bytes.readInt32LE(8 + 4 * i);
    const [entries, words] = [bytes.readInt32LE(FIXED), bytes.readInt32LE(FIXED + 4)];
    const isPruned = version >= 12 && bytes.readBigInt64LE(FIXED + 20) >= 0n;
    if (isPruned) throw fail('a quantized fastText model. Take the full model or its .vec file.');
    // classifiers of the old version have no n-grams, whatever their options say
    const maxNgram = version === 11 && option(7) === CLASSIFIER ? 0 : option(10);
    header = { entries, words, buckets: option(8), minNgram: option(9), maxNgram, size };
    if (words < 1 || words > entries || header.buckets < 0 || maxNgram > 64)
      throw fail('a damaged fastText model. Download it again.');
    return size;
  }

  function choose(
    word: string,
    row: number | undefined,
    { buckets, words, ...lengths }: Header,
  ): void {
    const index = target.choose(word);
    if (index < 0) return;
    const grams =
      word === '</s>' || buckets === 0 || lengths.maxNgram === 0 ? [] : ngrams(word, lengths);
    const rows = grams.map((gram) => words + (hashOf(gram) % buckets));
    if (row !== undefined) rows.unshift(row);
    if (rows.length > 0) chosen.push({ index, word, rows });
  }

  /** Reads entries of the dictionary. Returns where the first incomplete one begins. */
  function readEntries(bytes: Buffer, from: number, h: Header): number {
    let at = from;
    for (; entry < h.entries; entry++) {
      const end = bytes.indexOf(0, at);
      if ((end < 0 ? bytes.length : end) - at > MAX_WORD)
        throw fail('a word longer than 64 KiB. Is the file damaged?');
      if (end < 0 || end + 10 > bytes.length) return at;
      if (entry < h.words) choose(wordIn(bytes, at, end), entry, h);
      at = end + 10;
    }
    return at;
  }

  /** Reads the head of the matrix. Returns its size, or 0 if it is incomplete. */
  function readMatrixHead(bytes: Buffer, at: number, h: Header): number {
    if (bytes.length < at + 17) return 0;
    if (bytes[at] !== 0)
      throw fail('a quantized fastText model. Take the full model or its .vec file.');
    const [rows, columns] = [bytes.readBigInt64LE(at + 1), bytes.readBigInt64LE(at + 9)];
    if (rows !== BigInt(h.words + h.buckets) || columns !== BigInt(dim))
      throw fail(
        `a matrix of ${rows} × ${columns}, expected ${h.words + h.buckets} × ${dim}. Is the file damaged?`,
      );
    // words of the corpus that the model does not know
    if (h.maxNgram > 0 && h.buckets > 0)
      for (const word of target.missing()) choose(word, undefined, h);
    sums = createSums(chosen, Number(rows), dim);
    return 17;
  }

  return {
    get rows() {
      return header?.words ?? 0;
    },
    get isDone() {
      return sums !== undefined && matrixRow === header!.words + header!.buckets;
    },
    read(bytes) {
      let at = 0;
      if (!header) {
        if (bytes.length < FIXED) return 0;
        at = readHeader(bytes);
        if (!header) return 0;
      }
      if (!sums) {
        at = readEntries(bytes, at, header);
        if (entry < header.entries) return at;
        const size = readMatrixHead(bytes, at, header);
        if (size === 0) return at;
        at += size;
      }
      const rows = header.words + header.buckets;
      for (; matrixRow < rows && at + 4 * dim <= bytes.length; matrixRow++, at += 4 * dim)
        sums!.add(matrixRow, bytes, at);
      return matrixRow === rows ? bytes.length : at;
    },
    end() {
      if (!this.isDone) throw fail('the file is cut short. Download it again.');
      chosen.forEach(({ index, word, rows }, i) => {
        target.row.set(sums!.of(i).map((x) => x / rows.length));
        if (!target.row.every(Number.isFinite))
          throw fail(`a value of ${quotedWord(word)} is not a finite number. Is the file damaged?`);
        target.store(index);
      });
    },
  };
}

/** Sums the rows of a matrix for each chosen word, as the rows come. */
function createSums(chosen: readonly Chosen[], rows: number, dim: number) {
  // the words that use row r are users[offsets[r]] to users[offsets[r + 1] - 1]
  const offsets = new Uint32Array(rows + 1);
  for (const word of chosen) for (const row of word.rows) offsets[row + 1]!++;
  for (let row = 0; row < rows; row++) offsets[row + 1]! += offsets[row]!;
  const users = new Uint32Array(offsets[rows]!);
  const next = offsets.slice(0, rows);
  chosen.forEach((word, i) => {
    for (const row of word.rows) users[next[row]!++] = i;
  });
  const sums = new Float32Array(chosen.length * dim);
  const values = new Float32Array(dim);
  return {
    /** Adds a row, whose floats are in `bytes` from `at` on. */
    add(row: number, bytes: Buffer, at: number): void {
      const [from, to] = [offsets[row]!, offsets[row + 1]!];
      if (from === to) return;
      for (let d = 0; d < dim; d++) values[d] = bytes.readFloatLE(at + 4 * d);
      for (let u = from; u < to; u++) {
        const base = users[u]! * dim;
        for (let d = 0; d < dim; d++) sums[base + d]! += values[d]!;
      }
    },
    of: (i: number): Float32Array => sums.subarray(i * dim, (i + 1) * dim),
  };
}
