import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { LF } from '../corpus/lines.ts';
import { UserError } from '../errors.ts';
import { createOutput, type OutputFile } from '../files/write.ts';
import { ENDS_IN_VALUE, quotedWord } from './fields.ts';

/** Word vectors to be written. */
export interface Vectors {
  readonly words: readonly string[];
  /** (words, dim), row-major and finite. */
  readonly values: Float32Array;
  readonly dim: number;
}

export interface VectorFormat {
  /** Default: `text`. */
  readonly format?: 'text' | 'binary';
}

/** Number of bytes of text that are written at a time. */
const CHUNK = 64 * 1024;

/**
 * Writes word2vec's text or binary format, compressed by gzip if the name ends in `.gz`. Text has 5 significant digits,
 * which distinguish any two float16. The file appears only when it is complete.
 * @throws UserError if it cannot be written, or a word cannot be in such a file: see `encodeVectors`
 */
export async function writeVectors(
  file: string,
  vectors: Vectors,
  options: VectorFormat = {},
): Promise<void> {
  const output = createOutput(file);
  try {
    const bytes = encodeVectors(vectors, options);
    if (file.endsWith('.gz'))
      await pipeline(Readable.from(bytes), createGzip(), writableTo(output));
    else for (const chunk of bytes) output.write(chunk);
    output.finish();
  } finally {
    output.discard();
  }
}

/**
 * The output as the last stream of a pipeline. A function in its place would lose the error: if it throws while the
 * source is still read, the pipeline fails with the AbortError of the source.
 */
const writableTo = (output: OutputFile): Writable =>
  new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        output.write(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });

/**
 * The bytes that `writeVectors` writes.
 * @throws UserError for a word that the format cannot hold: an empty word, or a word with a line feed or with a space
 * or tab at its start or end; in text also a word that ends in a space and a fraction, which would be read as a surplus
 * value; in binary also a word with a space
 */
export function* encodeVectors(
  { words, values, dim }: Vectors,
  { format = 'text' }: VectorFormat = {},
): Generator<Uint8Array> {
  if (values.length !== words.length * dim)
    throw new Error(`${values.length} values for ${words.length} words of ${dim} dimensions`);
  yield Buffer.from(`${words.length} ${dim}\n`);
  let text = '';
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    checkWord(word, format);
    const row = values.subarray(i * dim, (i + 1) * dim);
    if (!row.every(Number.isFinite))
      throw new Error(`a value of ${quotedWord(word)} is not finite`);
    if (format === 'binary') {
      yield binaryRow(word, row);
      continue;
    }
    text += word;
    for (let d = 0; d < dim; d++) text += ` ${Number(row[d]!.toPrecision(5))}`;
    text += '\n';
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

const NOT_IN_TEXT = /^$|\n|^[ \t]|[ \t]$|\p{Surrogate}/u;
const NOT_IN_BINARY = /^$|[ \n]|\p{Surrogate}/u;

function checkWord(word: string, format: 'text' | 'binary'): void {
  const isPossible =
    format === 'text'
      ? !NOT_IN_TEXT.test(word) && !ENDS_IN_VALUE.test(word)
      : !NOT_IN_BINARY.test(word);
  if (isPossible) return;
  const remedy = format === 'text' ? 'Leave it out.' : 'Leave it out, or write text.';
  throw new UserError(
    `the word ${quotedWord(word)} cannot be in a ${format} file of vectors. ${remedy}`,
    {
      code: 'SEQTAG_VECTORS',
    },
  );
}

function binaryRow(word: string, row: Float32Array): Uint8Array {
  const head = Buffer.from(`${word} `);
  const bytes = Buffer.alloc(head.length + 4 * row.length + 1, head);
  row.forEach((value, d) => {
    bytes.writeFloatLE(value, head.length + 4 * d);
  });
  bytes[bytes.length - 1] = LF;
  return bytes;
}
