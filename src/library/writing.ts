import {
  type Annotation,
  asColumns,
  corpusFormatOf,
  createParser,
  createWriter,
  type Document,
  type Sentence as InnerSentence,
  type WriteOptions as InnerWriteOptions,
  type Source,
} from '../corpus/index.ts';
import '../corpus/formats/all.ts'; // because formatCorpus cannot wait for a format
import { createOutput } from '../files/write.ts';
import {
  boolean,
  checkOptions,
  checkStrings,
  checkValue,
  columns as columnsKind,
  isAsyncIterable,
  isIterable,
  isObject,
  type Kinds,
  oneOf,
  path as pathKind,
  wholeNumber,
  writtenFormats,
  wrongType,
} from './arguments.ts';
import { batchesOf, batchesWithPauses } from './batching.ts';
import type { Column, TaggedColumn, WritableSentence, WriteOptions } from './types.ts';

const writeKinds: Kinds = {
  format: oneOf(...writtenFormats),
  tagColumn: columnsKind,
  confidence: boolean,
  nBest: wholeNumber(1, 1000),
  offsets: oneOf('utf-16', 'code-points'),
};
/** Number of sentences that are written at a time. */
const batching = { sizeOf: () => 1, most: 1024 };

/**
 * Writes sentences to a file, which appears only when it is complete.
 * @param sentences from `readCorpus`, from a tagger, or any objects with tokens and tags; all have the same number of
 * tag columns
 * @throws TypeError or RangeError for wrong arguments; UserError if the file cannot be written, or if its format cannot
 * hold the sentences
 *
 * @example await writeCorpus('tagged.conllu', tagger.tagStream(readSentences('corpus.conllu')));
 */
export async function writeCorpus(
  path: string,
  sentences: Iterable<WritableSentence> | AsyncIterable<WritableSentence>,
  options: WriteOptions = {},
): Promise<void> {
  checkValue('writeCorpus', path, pathKind);
  checkOptions('writeCorpus', options, { kinds: writeKinds });
  if (!isIterable(sentences) && !isAsyncIterable(sentences))
    throw wrongType('writeCorpus', 'an iterable of sentences', sentences);
  const format = options.format ?? corpusFormatOf(path);
  const writing = createWriting('writeCorpus', { ...options, format });
  const output = createOutput(path);
  try {
    for await (const batch of batchesWithPauses(sentences, batching))
      output.write(Buffer.from(writing.write(batch)));
    output.write(Buffer.from(writing.end()));
    output.finish();
  } finally {
    output.discard();
  }
}

/**
 * Writes sentences to a string.
 * @throws TypeError or RangeError for wrong arguments; UserError if the format cannot hold the sentences
 */
export function formatCorpus(
  sentences: Iterable<WritableSentence>,
  options: WriteOptions = {},
): string {
  checkOptions('formatCorpus', options, { kinds: writeKinds });
  if (!isIterable(sentences))
    throw wrongType('formatCorpus', 'an iterable of sentences', sentences);
  const writing = createWriting('formatCorpus', options);
  let out = '';
  for (const batch of batchesOf(sentences, batching)) out += writing.write(batch);
  return out + writing.end();
}

/** A sentence to write, checked. */
interface Checked {
  readonly sentence: InnerSentence;
  /** The tags of each column. */
  readonly tags: readonly (readonly string[])[];
  readonly annotations: readonly Annotation[];
  /** The names of the columns, if they have names. */
  readonly names: readonly string[] | undefined;
}

function createWriting(where: string, options: WriteOptions) {
  const { confidence = false, nBest } = options;
  /** The document of sentences that were found in a text. */
  const { document } = createParser({ format: 'text', file: '<stdin>' });
  let writer = createWriter({ format: options.format });
  let columns: number | undefined;
  let count = 0;
  const check = (value: unknown): Checked =>
    checkWritable(value, { where: `${where}: sentence ${++count}`, confidence, nBest, document });
  return {
    write(batch: readonly WritableSentence[]): string {
      if (batch.length === 0) return '';
      const checked = batch.map(check);
      if (columns === undefined) {
        columns = checked[0]!.tags.length;
        writer = createWriter(innerOptions(where, options, checked[0]!));
      }
      for (const [i, { tags }] of checked.entries())
        if (tags.length !== columns)
          throw new RangeError(
            `${where}: sentence ${count - batch.length + i + 1}: expected ${columns} tag columns, as before, not ${tags.length}.`,
          );
      const byColumn = <T>(of: (sentence: Checked) => readonly T[]): T[][] =>
        Array.from({ length: columns! }, (_, c) => checked.map((one) => of(one)[c]!));
      return writer.write(
        checked.map(({ sentence }) => sentence),
        byColumn(({ tags }) => tags),
        ...(confidence || nBest !== undefined ? [byColumn(({ annotations }) => annotations)] : []),
      );
    },
    end: (): string => writer.end() + writer.close(),
  };
}

/** The output columns of the tags: as requested, else by the names of the columns. */
function innerOptions(
  where: string,
  { format, tagColumn, ...rest }: WriteOptions,
  { tags, names, sentence }: Checked,
): InnerWriteOptions {
  const asked = tagColumn === undefined ? undefined : asColumns(tagColumn);
  if (asked && asked.length !== tags.length)
    throw new RangeError(
      `${where}: tagColumn: expected ${tags.length}, one for each tag column, not ${asked.length}.`,
    );
  const isConllu = (format ?? sentence.source?.document.format) === 'conllu';
  const usual: readonly Column[] | undefined = tags.length > 1 || isConllu ? names : undefined;
  if (tags.length > 1 && !asked && !usual)
    throw new RangeError(
      `${where}: tagColumn: name the ${tags.length} tag columns, such as ['upos', 'xpos'].`,
    );
  return { ...rest, format, tagColumn: asked ?? usual, orAppend: true };
}

/** @throws TypeError or RangeError for a sentence that cannot be written */
function checkWritable(
  value: unknown,
  {
    where,
    confidence,
    nBest,
    document,
  }: Pick<WriteOptions, 'confidence' | 'nBest'> & {
    where: string;
    document: Document;
  },
): Checked {
  if (!isObject(value)) throw wrongType(where, 'an object with tokens and tags', value);
  const { tokens, tags, tagColumns, columns, source, text, offsets } =
    value as Partial<WritableSentence>;
  checkStrings(`${where}: tokens`, tokens, { what: 'tokens' });
  const { length } = tokens;
  const annotations: Annotation[] = [];
  if (columns !== undefined) {
    if (!Array.isArray(columns) || !(columns as unknown[]).every(isObject))
      throw wrongType(`${where}: columns`, 'an array of tagged columns', columns);
    annotations.push(...columns.map(annotationOf));
  } else {
    const all = tagColumns?.length ? tagColumns : [tags];
    if (!Array.isArray(all)) throw wrongType(`${where}: tagColumns`, 'an array of columns', all);
    annotations.push(...all.map((own) => ({ tags: own as string[] })));
  }
  for (const [c, own] of annotations.entries()) {
    const column = annotations.length === 1 ? 'tags' : `tags of column ${c + 1}`;
    checkStrings(`${where}: ${column}`, own.tags, { what: 'tags', length });
    if (confidence && own.confidences === undefined)
      throw new RangeError(`${where}: no confidences. Tag with {confidence: true}.`);
    if (nBest !== undefined && own.nBest === undefined)
      throw new RangeError(`${where}: no alternatives. Tag with {nBest: ${nBest}}.`);
  }
  const inText =
    typeof text === 'string' && isObject(offsets)
      ? // the space separates the sentence from the next one
        { document, raw: `${text} `, start: Number(offsets.start) }
      : undefined;
  return {
    sentence: {
      tokens,
      tags: annotations[0]!.tags,
      file: '',
      line: 0,
      ...((source ?? inText) && { source: (source as Source | undefined) ?? inText! }),
    },
    tags: annotations.map((own) => own.tags),
    annotations,
    names: columns?.map(({ name }) => name),
  };
}

const annotationOf = ({ tags, confidences, spans, alternatives }: TaggedColumn): Annotation => ({
  tags,
  confidences,
  ...(confidences && { spans: spans.map((span) => ({ confidence: 1, ...span })) }),
  nBest: alternatives,
});
