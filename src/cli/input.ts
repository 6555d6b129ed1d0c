import { closeSync, openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import type { StrangeColumn } from '../corpus/features/token-features.ts';
import { type Format, formatOf, isName, type ReadOptions, sniffFormat } from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { decompressed, withoutCompression } from '../files/compression.ts';
import { describeFile, readBytes } from '../files/read.ts';
import type { TagColumn } from '../model/model.ts';
import type { ModelFile } from '../model/model-file.ts';
import type { Io } from './io.ts';

/** Something to read. */
export interface Input {
  readonly source: string | AsyncIterable<Uint8Array>;
  /** For messages. */
  readonly name: string;
  /** undefined when there is nothing to look at: no such file, or an empty one. */
  readonly format: Format | undefined;
}

/** A file, or standard input for `-`. */
export const sourceOf = (file: string, io: Io): string | AsyncIterable<Uint8Array> =>
  file === '-' ? io.stdin : file;

export const nameOf = (file: string): string => (file === '-' ? '<stdin>' : file);

/**
 * A file or standard input whose format is as given, or by extension, or found by looking; `.txt` may be anything.
 */
export async function openInput(
  file: string,
  { io, format }: { io: Io; format: Format | undefined },
): Promise<Input> {
  const name = nameOf(file);
  const isText = extname(withoutCompression(file)).toLowerCase() === '.txt';
  const known = format ?? (isText ? undefined : formatOf(file, 'convert'));
  if (file !== '-' && !isPipe(file))
    return { source: file, name, format: known ?? (await sniffed(file)) };
  const stream = file === '-' ? io.stdin : readBytes(file);
  const { sample, source } = await peek(decompressed(stream, name));
  return { source, name, format: known ?? sniffFormat(decode(sample)) };
}

/** As `openInput`, of a labelled file: `.txt` is columns. */
export async function openLabelled(
  file: string,
  { io, format }: { io: Io; format: Format | undefined },
): Promise<Input> {
  return openInput(file, { io, format: format ?? formatOf(file, 'eval') });
}

/**
 * The format that the name of an output file means.
 * @throws UserError if it means compression, which is left to others
 */
export function outputFormat(file: string | undefined): Format | undefined {
  if (file === undefined) return undefined;
  if (withoutCompression(file) !== file)
    throw new UserError(`${file}: output is not compressed. Pipe it: seqtag ... | gzip > FILE.`);
  return formatOf(file, 'convert');
}

/** Can it be read only once, as `<(...)` of a shell? */
const isPipe = (file: string): boolean => describeFile(file)?.kind === 'stream';

const SAMPLE = 65_536;

async function sniffed(file: string): Promise<Format | undefined> {
  if (sampleOf(file).length === 0) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of decompressed(readBytes(file), file)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= SAMPLE) break;
  }
  return sniffFormat(decode(Buffer.concat(chunks)));
}

// what is no UTF-8 is told by the reader, with its line
const decode = (sample: Uint8Array): string => new TextDecoder().decode(sample);

/** The first bytes of a file; none if it cannot be read, or only once. */
export function sampleOf(file: string): Uint8Array {
  const buffer = Buffer.alloc(SAMPLE);
  try {
    if (describeFile(file)?.kind !== 'file') return buffer.subarray(0, 0);
    const fd = openSync(file, 'r');
    try {
      return buffer.subarray(0, readSync(fd, buffer, 0, SAMPLE, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return buffer.subarray(0, 0);
  }
}

/** The beginning of a stream, up to a line that is not blank, and all of it as a stream again. */
async function peek(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ sample: Uint8Array; source: AsyncIterable<Uint8Array> }> {
  const rest = stream[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let looked = false; !looked && size < SAMPLE; ) {
    const next = await rest.next();
    if (next.done) break;
    chunks.push(next.value);
    size += next.value.length;
    looked = /\S.*\n/.test(decode(next.value));
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return { sample: Buffer.concat(chunks), source: all() };
}

/**
 * The columns that a model reads beside the tokens of a file: as it was trained, or where they are asked for.
 * @throws UserError where that cannot be known, or does not fit
 */
export function trainedFeatures(
  { vocabulary, tagColumns, path }: Pick<ModelFile, 'vocabulary' | 'tagColumns' | 'path'>,
  { file, format, asked }: { file: string; format: Format | undefined; asked: string | undefined },
): Pick<ReadOptions, 'featureColumn'> {
  const trained = vocabulary.tokenFeatures?.columns.map(({ column }) => column) ?? [];
  const names = trained.join(', ');
  if (asked !== undefined) {
    const columns = asked.split(',');
    if (columns.length === trained.length) return { featureColumn: columns };
    throw new UserError(
      trained.length === 0
        ? `--feature-column ${asked}: ${path} reads no column beside the tokens. Leave it out.`
        : `--feature-column ${asked}: ${path} was trained to read ${names}. Name as many columns, in this order.`,
    );
  }
  const [{ format: trainedFormat }] = tagColumns as [TagColumn];
  const isNamed = format !== 'columns' && trained.every(isName);
  // of raw text the reader tells that it has none
  const isKnown = format !== undefined && format !== 'text' && format !== 'horizontal';
  if (trained.length > 0 && isKnown && format !== trainedFormat && !isNamed)
    throw new UserError(
      `${file}: ${path} reads column ${names} of ${trainedFormat} beside the tokens, but this is ${format}. Say with --feature-column where it stands.`,
    );
  return { featureColumn: trained };
}

/** The first few, for a message. */
export const someOf = (tags: readonly string[]): string =>
  tags.slice(0, 5).join(', ') + (tags.length > 5 ? ', ...' : '');

export const strangeText = (
  { column, values }: StrangeColumn,
  { file, path }: { file: string; path: string },
): string =>
  `${file}: none of its values (${someOf(values)}) of what ${path} reads as ${column} was seen in training. Name the right column with --feature-column.`;

/** The columns that a model was trained on, for input of the format that it was trained on. */
export function trainedColumns(
  trained: TagColumn,
  format: Format | undefined,
): Pick<ReadOptions, 'tokenColumn' | 'tagColumn'> {
  if (format !== trained.format) return {};
  const { tokenColumn, tagColumn } = trained;
  return {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...(tagColumn !== undefined && { tagColumn }),
  };
}
