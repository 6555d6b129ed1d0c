import { type Document, type ReadOptions, readSentences, type Writer } from '../corpus/index.ts';
import type { Tagger } from './tagger.ts';

export interface TagStreamOptions {
  readonly read: ReadOptions;
  readonly writer: Writer;
  /** Which of the model's columns of tags are written, from 0. Default: all. */
  readonly columns?: readonly number[] | undefined;
}

/**
 * Reads, tags and writes, in order: yields the output in pieces, each as soon as its input has been read. Memory is
 * bounded by one piece of input, whatever the length of the stream.
 */
export async function* tagStream(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  { read, writer, columns }: TagStreamOptions,
): AsyncGenerator<string> {
  const onDocument = (document: Document): void => writer.begin(document);
  for await (const sentences of readSentences(source, { ...read, onDocument })) {
    const tags = tagger.tagColumns(
      sentences.map(({ tokens }) => tokens),
      sentences.map(({ featureColumns }) => featureColumns ?? []),
    );
    const text = writer.write(sentences, columns?.map((column) => tags[column]!) ?? tags);
    if (text) yield text;
  }
  const rest = writer.end();
  if (rest) yield rest;
}
