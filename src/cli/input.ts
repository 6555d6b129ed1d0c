import type { StrangeColumn } from '../corpus/features/token-features.ts';
import {
  corpusFormatOf,
  type Format,
  formatOf,
  isName,
  mayBeOther,
  orTextFor,
  peekFormat,
  type ReadOptions,
} from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { decompressed, withoutCompression } from '../files/compression.ts';
import { describeFile, readBytes } from '../files/read.ts';
import type { TagColumn } from '../model/model.ts';
import type { ModelFile } from '../model/model-file.ts';
import type { Io } from './io.ts';
import { isRaw } from './options.ts';
import { excerpt } from './printable.ts';

/** A file or stream to read. */
export interface Input {
  readonly source: string | AsyncIterable<Uint8Array>;
  /** The name for messages. */
  readonly name: string;
  /** Undefined for a missing file or a directory, which the reader reports. */
  readonly format: Format | undefined;
}

/** A file, or standard input for `-`. */
export const sourceOf = (file: string, io: Io): string | AsyncIterable<Uint8Array> =>
  file === '-' ? io.stdin : file;

export const nameOf = (file: string): string => (file === '-' ? '<stdin>' : file);

/**
 * A file or standard input. Its format is the given one, or by extension, or by content. The extension `.txt` does not
 * determine a format.
 */
export async function openInput(
  file: string,
  { io, format }: { io: Io; format: Format | undefined },
): Promise<Input> {
  if (file === '-' && io.isTerminal.stdin)
    io.stderr.write('Type or paste the input. Ctrl-D ends.\n');
  const name = nameOf(file);
  const named = formatOf(file);
  const known = format ?? (mayBeOther(named) ? undefined : named);
  if (known !== undefined) return { source: sourceOf(file, io), name, format: known };
  const kind = file === '-' ? 'stream' : describeFile(file)?.kind;
  if (kind !== 'file' && kind !== 'stream') return { source: file, name, format: named };
  const stream = file === '-' ? io.stdin : readBytes(file);
  const { format: found, bytes } = await peekFormat(decompressed(stream, name), {
    named,
    orText: orTextFor(file),
  });
  if (kind === 'stream') return { source: bytes, name, format: found };
  await bytes[Symbol.asyncIterator]().return?.();
  return { source: file, name, format: found };
}

/** The same for a labelled file, which is never raw text: what looks like that is read as columns. */
export async function openLabelled(
  file: string,
  options: { io: Io; format: Format | undefined },
): Promise<Input> {
  const input = await openInput(file, options);
  const isText = options.format === undefined && input.format === 'text';
  return isText ? { ...input, format: 'columns' } : input;
}

/**
 * The format that the name of an output file determines.
 * @throws UserError for a name such as `corpus.conll.gz`: output is not compressed
 */
export function outputFormat(file: string | undefined): Format | undefined {
  if (file === undefined) return undefined;
  if (withoutCompression(file) !== file)
    throw new UserError(
      `${file}: output is not compressed. Use a pipe: seqtag ... | gzip > FILE.`,
      { code: 'SEQTAG_CORPUS_FORMAT' },
    );
  return corpusFormatOf(file);
}

/**
 * The feature columns of a model in a file: those that were asked for, or those of training.
 * @throws UserError if there are more or fewer than the model needs, or if the file has another format than training had
 */
export function trainedFeatures(
  { vocabulary, tagColumns, path }: Pick<ModelFile, 'vocabulary' | 'tagColumns' | 'path'>,
  { file, format, asked }: { file: string; format: Format | undefined; asked: string | undefined },
): Pick<ReadOptions, 'featureColumn'> {
  const trained = vocabulary.tokenFeatures?.columns.map(({ column }) => column) ?? [];
  const names = `feature column${trained.length === 1 ? '' : 's'} ${trained.join(', ')}`;
  if (asked !== undefined) {
    const columns = asked.split(',');
    if (columns.length === trained.length) return { featureColumn: columns };
    throw new UserError(
      trained.length === 0
        ? `--feature-column ${asked}: ${path} has no feature columns. Leave it out.`
        : `--feature-column ${asked}: ${path} was trained with the ${names}. Name as many columns, in this order.`,
      { code: 'SEQTAG_COLUMN' },
    );
  }
  const [{ format: trainedFormat }] = tagColumns as [TagColumn];
  const isNamed = format !== 'columns' && trained.every(isName);
  // The reader refuses raw text, which has no columns.
  const hasColumns = format !== undefined && !isRaw(format);
  if (trained.length > 0 && hasColumns && format !== trainedFormat && !isNamed)
    throw new UserError(
      `${file}: ${path} needs the ${names} of the format ${trainedFormat}, but this is ${format}. Name the columns with --feature-column.`,
      { code: 'SEQTAG_COLUMN' },
    );
  return { featureColumn: trained };
}

/** The first few tags or values, for a message. */
export const someOf = (values: readonly string[]): string =>
  values
    .slice(0, 5)
    .map((value) => excerpt(value))
    .join(', ') + (values.length > 5 ? ', ...' : '');

export const strangeText = (
  { column, values }: StrangeColumn,
  { file, path }: { file: string; path: string },
): string =>
  `${file}: ${path} saw none of the values (${someOf(values)}) of the feature column ${column} in training. Name the right column with --feature-column.`;

/** The columns that a model was trained on, if the input has the format of training. */
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
