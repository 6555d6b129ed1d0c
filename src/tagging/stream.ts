import { type StrangeColumn, watchColumns } from '../corpus/features/token-features.ts';
import {
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

export interface TagStreamOptions {
  readonly read: ReadOptions;
  readonly writer: Writer;
  /** Which of the model's columns of tags are written, from 0. Default: all. */
  readonly columns?: readonly number[] | undefined;
  /** Milliseconds that a piece of a stream may wait for more, so that more is tagged at once. Default: 0. */
  readonly maxLatency?: number | undefined;
  /** What is to be told besides the tags. */
  readonly annotate?: Pick<AnnotateOptions, 'confidence' | 'minConfidence' | 'nBest'> | undefined;
  /** With `annotate`, the model's columns of which something is known: that is read as tags, of each in this order. */
  readonly given?: readonly number[] | undefined;
  /** Called at the end with the columns read beside the tokens of which training saw no value, if there are any. */
  readonly onStrange?: ((columns: readonly StrangeColumn[]) => void) | undefined;
}

/** Pieces of a stream are joined up to so many bytes. */
const GATHERED = 32 * 1024;

/** Output whose tags are being computed: waits for them. */
type Flight = () => string | Uint8Array;

/**
 * Reads, tags and writes, in order, some thousand tokens at a time: while other threads tag a batch, this one writes the
 * last and reads the next. Yields the output in pieces; what was read is tagged and yielded as soon as the input pauses.
 * Memory is bounded by a piece of input and two batches, whatever the length of the stream.
 */
export async function* tagStream(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  options: TagStreamOptions,
): AsyncGenerator<string | Uint8Array> {
  const { writer, maxLatency = 0 } = options;
  const input =
    typeof source === 'string' || maxLatency === 0 ? source : gathered(source, maxLatency);
  let flight: Flight | undefined;
  for await (const next of withPauses(flights(input, tagger, options))) {
    const out = flight?.();
    flight = next;
    if (out?.length) yield out;
  }
  const last = flight?.();
  if (last?.length) yield last;
  const rest = writer.end();
  if (rest) yield rest;
}

/** Batches of the input, whose tags are begun to be computed as they are asked for. */
async function* flights(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  { read, writer, columns, annotate, given = [], onStrange }: TagStreamOptions,
): AsyncGenerator<Flight> {
  const onDocument = (document: Document): void => writer.begin(document);
  const chosen = <T>(all: readonly T[]) => columns?.map((column) => all[column]!) ?? all;
  const { format, gold = read.tagColumn !== undefined, file = '<stdin>' } = read;
  const { tagColumns, vocabulary } = tagger.model;
  const { tokenization = vocabulary.tokenization } = read;
  const isPlain = writer.isPlain && !gold && !annotate && !vocabulary.tokenFeatures;
  if (isPlain && (format === 'text' || format === 'lines' || format === 'horizontal')) {
    const write = tokenLineWriter();
    const options = { file, most: tagger.maxTokens, onDocument };
    const batches =
      format === 'horizontal'
        ? readTokenLines(source, options)
        : readTextLines(source, { ...options, format, tokenization });
    for await (const lines of batches) {
      const finish = tagger.beginLines(lines);
      yield () => write(lines, chosen(finish()));
    }
    return;
  }
  /** Of each of the model's columns what is given, or undefined. */
  const known = (sentences: readonly Sentence[]) =>
    tagColumns.map((_, column) => {
      const place = given.indexOf(column);
      if (place < 0) return undefined;
      return sentences.map(({ tags, tagColumns }) => tagColumns?.[place] ?? tags);
    });
  const watch = vocabulary.tokenFeatures && watchColumns(vocabulary.tokenFeatures);
  for await (const piece of readSentences(source, { ...read, tokenization, onDocument })) {
    watch?.look(piece);
    for (const sentences of batches(piece, tagger.maxTokens)) {
      const tokens = sentences.map((sentence) => sentence.tokens);
      const features = sentences.map(({ featureColumns }) => featureColumns ?? []);
      if (annotate) {
        const where = (s: number): string => `${sentences[s]!.file}:${sentences[s]!.line}`;
        const options = { ...annotate, features, given: known(sentences), where };
        yield () => {
          const annotations = chosen(tagger.annotate(tokens, options));
          const tags = annotations.map((column) => column.map((own) => own.tags));
          return writer.write(sentences, tags, annotations);
        };
      } else {
        const finish = tagger.begin(tokens, features);
        yield () => writer.write(sentences, chosen(finish()));
      }
    }
  }
  const strange = watch?.strange() ?? [];
  if (strange.length > 0) onStrange?.(strange);
}

/** What comes, and undefined when nothing more is there at once. */
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

/** Is it not there within two turns of the event loop, in which what a pipe or a file has comes? */
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
    clearImmediate(turn); // until its turn it would hold what was read
  }
}

/** Pieces of a stream, joined while they are small: none waits longer than `wait` milliseconds. */
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
      for (let size = 0; size < GATHERED; ) {
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

/** Ends an iterator; if it is still at a read, which nothing may ever answer, without waiting for it. */
async function leave(
  rest: AsyncIterator<unknown>,
  reading: Promise<unknown> | undefined,
): Promise<void> {
  const left = rest.return?.();
  if (reading === undefined) await left;
  else Promise.allSettled([reading, left]);
}
