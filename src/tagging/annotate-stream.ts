import { type Document, readSentences } from '../corpus/index.ts';
import type { AnnotateOptions } from './annotate.ts';
import type { TagStreamOptions } from './stream.ts';
import type { Tagger } from './tagger.ts';

export interface AnnotateStreamOptions
  extends TagStreamOptions,
    Omit<AnnotateOptions, 'given' | 'features' | 'where'> {
  /** The model's columns of which something is known: that is read as tags, of each in this order. */
  readonly given?: readonly number[] | undefined;
}

/** As `tagStream`, with what `Tagger.annotate` tells. */
export async function* annotateStream(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  { read, writer, columns, given = [], ...options }: AnnotateStreamOptions,
): AsyncGenerator<string> {
  const onDocument = (document: Document): void => writer.begin(document);
  for await (const sentences of readSentences(source, { ...read, onDocument })) {
    const all = tagger.annotate(
      sentences.map(({ tokens }) => tokens),
      {
        ...options,
        features: sentences.map(({ featureColumns }) => featureColumns ?? []),
        given: tagger.model.tasks.map((_, column) => {
          const place = given.indexOf(column);
          if (place < 0) return undefined;
          return sentences.map(({ tags, tagColumns }) => tagColumns?.[place] ?? tags);
        }),
        where: (s) => `${sentences[s]!.file}:${sentences[s]!.line}`,
      },
    );
    const annotations = columns?.map((column) => all[column]!) ?? all;
    const tags = annotations.map((column) => column.map((own) => own.tags));
    const text = writer.write(sentences, tags, annotations);
    if (text) yield text;
  }
  const rest = writer.end();
  if (rest) yield rest;
}
