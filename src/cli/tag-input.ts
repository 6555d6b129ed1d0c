import {
  type Format,
  formatOf,
  mayBeOther,
  peekFormat,
  type ReadOptions,
} from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { decompressed } from '../files/compression.ts';
import { readBytes } from '../files/read.ts';
import type { Tagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import { nameOf, sourceOf, trainedColumns, trainedFeatures } from './input.ts';
import { watchLines } from './line-watch.ts';
import { readOptions } from './options.ts';
import type { ReadProgress } from './read-progress.ts';
import { givenColumns } from './tag-columns.ts';
import type { TagFlags } from './tag-flags.ts';

export interface TagInput {
  readonly source: string | AsyncIterable<Uint8Array>;
  readonly read: ReadOptions;
  /** The tag columns of the model for which the input has known tags (`--given`). */
  readonly given?: readonly number[];
}

/** A file to tag, or standard input for `-`. */
export async function openTagInput(
  file: string,
  {
    flags,
    tagger,
    progress,
    context: { io, say },
    onLines,
  }: {
    flags: TagFlags;
    tagger: Tagger;
    progress: ReadProgress | undefined;
    context: Context;
    onLines: (name: string) => void;
  },
): Promise<TagInput> {
  const asked = flags.lines ? 'lines' : flags.input;
  const byExtension = file === '-' ? undefined : formatOf(file);
  const mayBeText = byExtension === undefined;
  if (file === '-' && io.isTerminal.stdin)
    say(
      asked === undefined || asked === 'text'
        ? 'Type text. It is tagged when you enter a blank line; with --lines, each line is tagged at once. Ctrl-D ends.'
        : `Type ${asked}. Ctrl-D ends.`,
    );
  let source = progress?.read(file) ?? sourceOf(file, io);
  let format = asked ?? byExtension;
  if (asked === undefined && mayBeText) {
    const name = nameOf(file);
    const stream = typeof source === 'string' ? readBytes(source) : source;
    const found = await peekFormat(decompressed(stream, name), { orText: true });
    format = found.format;
    source = format === 'text' ? watchLines(found.bytes, () => onLines(name)) : found.bytes;
    if (format !== 'text' && flags.textColumn === undefined)
      say(
        `seqtag: ${name}: this looks like ${format} and is read so. If it is raw text: --input text.`,
      );
  }
  if (asked === undefined && !mayBeText && mayBeOther(byExtension)) {
    const stream = typeof source === 'string' ? readBytes(source) : source;
    const options = { named: byExtension };
    ({ format, bytes: source } = await peekFormat(decompressed(stream, file), options));
  }
  if (flags.textColumn !== undefined && !hasTexts(format))
    throw new UserError(
      `${nameOf(file)}: --text-column ${flags.textColumn}: the format ${format} has no column of texts. Give csv, tsv, jsonl or json, and name the format with --input if it is not found.`,
      { code: 'SEQTAG_COLUMN' },
    );
  return {
    source,
    ...knownTags(readOptionsFor(file, { format, flags, tagger, context: { say } }), flags, tagger),
  };
}

function readOptionsFor(
  file: string,
  {
    format,
    flags,
    tagger,
    context,
  }: {
    format: Format | undefined;
    flags: TagFlags;
    tagger: Tagger;
    context: Pick<Context, 'say'>;
  },
): ReadOptions {
  const { model } = tagger;
  const { tokenColumn } = trainedColumns(model.tagColumns[0]!, format);
  // Of `tag`, --tag-column names a column of the output.
  const { tagColumn: _, ...options } = readOptions(flags, format, context);
  const name = nameOf(file);
  const { textColumn } = flags;
  return {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...options,
    ...(textColumn !== undefined && { tokenColumn: textColumn }),
    ...trainedFeatures(model, { file: name, format, asked: flags.featureColumn }),
    file: name,
    gold: false,
  };
}

/** Reads known tags too, if `--given` names their columns. */
function knownTags(
  read: ReadOptions,
  { given }: TagFlags,
  { model }: Tagger,
): Pick<TagInput, 'read' | 'given'> {
  if (given === undefined) return { read };
  const { columns, tagColumn } = givenColumns(model, { format: read.format, asked: given });
  return { read: { ...read, gold: true, tagColumn, absentTag: '?' }, given: columns };
}

/** Whether texts may be in a column of this format. */
const hasTexts = (format: Format | undefined): boolean =>
  format === 'csv' || format === 'tsv' || format === 'jsonl' || format === 'json';
