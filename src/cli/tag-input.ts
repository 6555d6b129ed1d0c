import { type Format, formatOf, type ReadOptions } from '../corpus/index.ts';
import type { Tagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import { nameOf, sourceOf, trainedColumns, trainedFeatures } from './input.ts';
import { readOptions } from './options.ts';
import type { ReadProgress } from './read-progress.ts';
import type { TagFlags } from './tag.ts';
import { givenColumns } from './tag-columns.ts';

export interface TagInput {
  readonly source: string | AsyncIterable<Uint8Array>;
  readonly read: ReadOptions;
  /** The tag columns of the model for which the input has known tags (`--given`). */
  readonly given?: readonly number[];
}

/** A file to tag, or standard input for `-`. */
export function openTagInput(
  file: string,
  {
    flags,
    tagger,
    progress,
    context: { io, say },
  }: { flags: TagFlags; tagger: Tagger; progress: ReadProgress | undefined; context: Context },
): TagInput {
  const format = flags.input ?? (file === '-' ? 'text' : formatOf(file, 'tag'));
  const isTyped = file === '-' && io.isTerminal.stdin;
  if (isTyped) say('Type text. Each line is tagged when you press Enter. Ctrl-D ends.');
  const source =
    isTyped && format === 'text'
      ? paragraphs(io.stdin)
      : (progress?.read(file) ?? sourceOf(file, io));
  return { source, ...knownTags(readOptionsFor(file, { format, flags, tagger }), flags, tagger) };
}

function readOptionsFor(
  file: string,
  { format, flags, tagger }: { format: Format | undefined; flags: TagFlags; tagger: Tagger },
): ReadOptions {
  const { model } = tagger;
  const { tokenColumn } = trainedColumns(model.tagColumns[0]!, format);
  // Of `tag`, --tag-column names a column of the output.
  const { tagColumn: _, ...options } = readOptions(flags, format);
  const name = nameOf(file);
  return {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...options,
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

/** Ends a paragraph at each line end: a person at a terminal waits for the tags of a line. */
async function* paragraphs(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const newline = new TextEncoder().encode('\n');
  for await (const chunk of source) {
    yield chunk;
    if (chunk.at(-1) === 10) yield newline;
  }
}
