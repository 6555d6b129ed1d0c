import { type StrangeColumn, watchColumns } from '../corpus/features/token-features.ts';
import {
  type Annotation,
  type Document,
  type ReadOptions,
  readSentences,
  readTextLines,
  readTokenLines,
  type Sentence,
  tokenLineWriter,
  type Writer,
} from '../corpus/index.ts';
import type { AnnotateOptions } from './annotate.ts';
import type { Tagger } from './tagger.ts';
import { batches } from './windows.ts';
import { givenInNotation } from './written-tags.ts';

export interface TagStreamOptions {
  readonly read: ReadOptions;
  readonly writer: Writer;
  /** The tag columns of the model that are written, from 0. Default: all. */
  readonly columns?: readonly number[] | undefined;
  /** Milliseconds that a piece of input may wait for more input, so that batches are larger. Default: 0. */
  readonly maxLatency?: number | undefined;
  /** What is written in addition to the tags. */
  readonly annotate?: Pick<AnnotateOptions, 'confidence' | 'minConfidence' | 'nBest'> | undefined;
  /** With `annotate`: the tag columns of the model that the tag columns of the input constrain, in the order of the input. */
  readonly given?: readonly number[] | undefined;
  /** Called at the end with the feature columns in which no value occurred in training, if there are any. */
  readonly onStrange?: ((columns: readonly StrangeColumn[]) => void) | undefined;
}

/** Maximum number of bytes of joined input. */
const GATHERED_BYTES = 32 * 1024;

type Output = string | Uint8Array;

/** Waits for the tags of a batch that is being tagged, and returns its output. */
type PendingOutput = () => Output;

/**
 * Reads, tags and writes in order, some thousand tokens at a time. While other threads tag a batch, this thread writes
 * the previous batch and reads the next one. When the input pauses, all input so far is tagged and yielded. Memory does
 * not depend on the length of the stream: it holds one piece of input and two batches.
 */
export async function* tagStream(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  options: TagStreamOptions,
): AsyncGenerator<Output> {
  const { writer, maxLatency = 0 } = options;
  const input =
    typeof source === 'string' || maxLatency === 0 ? source : gathered(source, maxLatency);
  let pending: PendingOutput | undefined;
  for await (const next of withPauses(pendingOutputs(input, tagger, options))) {
    const output = pending?.();
    pending = next;
    if (output?.length) yield output;
  }
  const last = pending?.();
  if (last?.length) yield last;
  const rest = writer.end();
  if (rest) yield rest;
}

/** The batches of the input. Tagging a batch begins when the consumer requests it. */
async function* pendingOutputs(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  options: TagStreamOptions,
): AsyncGenerator<PendingOutput> {
  const { read, writer, columns, annotate, given = [], onStrange } = options;
  const onDocument = (document: Document): void => writer.begin(document);
  const chosen = <T>(all: readonly T[]) => columns?.map((column) => all[column]!) ?? all;
  const { format, gold = read.tagColumn !== undefined, file = '<stdin>' } = read;
  const { tagColumns, vocabulary } = tagger.model;
  const { tokenization = vocabulary.tokenization } = read;
  const isPlain =
    writer.isPlain && !gold && !annotate && !vocabulary.tokenFeatures && !read.encoding;
  if (isPlain && (format === 'text' || format === 'lines' || format === 'horizontal')) {
    const write = tokenLineWriter();
    const lineOptions = { file, most: tagger.maxTokens, onDocument };
    const lineBatches =
      format === 'horizontal'
        ? readTokenLines(source, lineOptions)
        : readTextLines(source, { ...lineOptions, format, tokenization });
    for await (const lines of lineBatches) {
      if (lines.tokens === 0) {
        yield () => write(lines, []);
        continue;
      }
      const finish = tagger.beginLines(lines);
      yield () => write(lines, chosen(finish()));
    }
    return;
  }
  /** For each tag column of the model, its given labels, or undefined. */
  const givenTags = (sentences: readonly Sentence[]) =>
    tagColumns.map((tagColumn, column) => {
      const index = given.indexOf(column);
      if (index < 0) return undefined;
      return sentences.map(({ tags, tagColumns }) =>
        givenInNotation(tagColumns?.[index] ?? tags, tagColumn),
      );
    });
  const watch = vocabulary.tokenFeatures && watchColumns(vocabulary.tokenFeatures);
  const keepBlankLines = format === 'lines';
  const pieces = readSentences(source, { ...read, tokenization, keepBlankLines, onDocument });
  for await (const piece of pieces) {
    watch?.look(piece);
    for (const batch of batches(piece, tagger.maxTokens)) {
      const sentences = batch.filter(({ tokens }) => tokens.length > 0);
      const restored = <T>(
        columns: readonly (readonly T[])[],
        empty: T,
      ): readonly (readonly T[])[] =>
        sentences.length === batch.length
          ? columns
          : columns.map((column) => withEmpty(column, batch, empty));
      if (sentences.length === 0) {
        const none = chosen(tagColumns.map((): string[][] => []));
        yield () => writer.write(batch, restored(none, []));
        continue;
      }
      const tokens = sentences.map((sentence) => sentence.tokens);
      const features = sentences.map(({ featureColumns }) => featureColumns ?? []);
      if (annotate) {
        const where = (s: number): string => `${sentences[s]!.file}:${sentences[s]!.line}`;
        const asked = { ...annotate, features, given: givenTags(sentences), where };
        yield () => {
          const none: Annotation = { tags: [], confidences: [], spans: [], nBest: [] };
          const annotations = restored(chosen(tagger.annotate(tokens, asked)), none);
          const tags = annotations.map((column) => column.map((sentence) => sentence.tags));
          return writer.write(batch, tags, annotations);
        };
      } else {
        const finish = tagger.begin(tokens, features);
        yield () => writer.write(batch, restored(chosen(finish()), []));
      }
    }
  }
  const strange = watch?.strange() ?? [];
  if (strange.length > 0) onStrange?.(strange);
}

/** Results for all sentences: `empty` for those without tokens, which were not tagged. */
function withEmpty<T>(found: readonly T[], sentences: readonly Sentence[], empty: T): T[] {
  let next = 0;
  return sentences.map(({ tokens }) => (tokens.length > 0 ? found[next++]! : empty));
}

/** The items of a source, and undefined whenever the source pauses. */
async function* withPauses<T>(source: AsyncIterable<T>): AsyncGenerator<T | undefined> {
  const rest = source[Symbol.asyncIterator]();
  let reading: Promise<IteratorResult<T>> | undefined;
  try {
    for (;;) {
      reading = rest.next();
      if (await keepsWaiting(reading)) yield undefined;
      const next = await reading;
      reading = undefined;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await leave(rest, reading);
  }
}

/** Whether a read takes more than two turns of the event loop: enough for a pipe or file to deliver available data. */
async function keepsWaiting(reading: Promise<unknown>): Promise<boolean> {
  let turn: NodeJS.Immediate | undefined;
  const late = new Promise<boolean>((resolve) => {
    turn = setImmediate(() => {
      turn = setImmediate(resolve, true);
    });
  });
  try {
    return await Promise.race([reading.then(() => false), late]);
  } finally {
    clearImmediate(turn); // it would keep the read data in memory until its turn
  }
}

/** Joins small pieces of a stream. No piece waits longer than `wait` milliseconds. */
async function* gathered(
  source: AsyncIterable<Uint8Array>,
  wait: number,
): AsyncGenerator<Uint8Array> {
  const rest = source[Symbol.asyncIterator]();
  let reading: Promise<IteratorResult<Uint8Array>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    for (let isDone = false; !isDone; ) {
      const pieces: Uint8Array[] = [];
      let late: Promise<undefined> | undefined;
      for (let size = 0; size < GATHERED_BYTES; ) {
        reading ??= rest.next();
        const next = await (late ? Promise.race([reading, late]) : reading);
        if (next === undefined) break;
        reading = undefined;
        isDone = next.done === true;
        if (next.done) break;
        pieces.push(next.value);
        size += next.value.length;
        late ??= new Promise((resolve) => {
          timer = setTimeout(() => resolve(undefined), wait);
        });
      }
      clearTimeout(timer);
      if (pieces.length > 0) yield pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    }
  } finally {
    clearTimeout(timer);
    await leave(rest, reading);
  }
}

/** Ends an iterator. Does not wait for a pending read, which may never complete. */
async function leave(
  rest: AsyncIterator<unknown>,
  reading: Promise<unknown> | undefined,
): Promise<void> {
  const left = rest.return?.();
  if (reading === undefined) await left;
  else Promise.allSettled([reading, left]);
}
