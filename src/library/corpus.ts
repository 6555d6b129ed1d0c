import {
  type ReadOptions as InnerReadOptions,
  readSentences as parsedSentences,
} from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import {
  boolean,
  checkOptions,
  isAsyncIterable,
  isUnlabelled,
  type Kinds,
  readKinds,
  wrongType,
} from './arguments.ts';
import { createTextSplitter } from './sentences.ts';
import type { CorpusSource, ReadCorpusOptions, Sentence, TextSentence } from './types.ts';

const readCorpusKinds: Kinds = { ...readKinds, gold: boolean, keepSource: boolean };

/** @throws TypeError if the source is neither a path nor a stream of bytes */
export function checkSource(where: string, source: unknown): asserts source is CorpusSource {
  if ((typeof source !== 'string' || source === '') && !isAsyncIterable(source))
    throw wrongType(where, 'a path or a stream of bytes', source);
}

/**
 * Reads all sentences of a corpus.
 * @param source a path, or a stream of bytes such as `process.stdin`; gzip and zstd are unpacked
 * @throws TypeError or RangeError for wrong arguments; UserError, with file and line, if the corpus cannot be read, breaks
 * the rules of its format, or has no sentences
 *
 * @example const sentences = await readCorpus('train.conllu', { tagColumn: 'upos' });
 */
export async function readCorpus(
  source: CorpusSource,
  options: ReadCorpusOptions = {},
): Promise<Sentence[]> {
  const sentences: Sentence[] = [];
  for await (const sentence of sentencesIn('readCorpus', source, options)) sentences.push(sentence);
  if (sentences.length > 0) return sentences;
  const name = options.file ?? (typeof source === 'string' ? source : '<stdin>');
  throw new UserError(`${name}: no sentences. Is the file empty, or the format wrong?`, {
    code: 'SEQTAG_CORPUS_EMPTY',
  });
}

/** Reads the sentences of a corpus one by one, in bounded memory. A corpus without sentences is no error. */
export function readSentences(
  source: CorpusSource,
  options: ReadCorpusOptions = {},
): AsyncGenerator<Sentence, void, undefined> {
  checkReading('readSentences', source, options);
  return sentencesIn('readSentences', source, options);
}

function checkReading(where: string, source: unknown, options: unknown): void {
  checkSource(where, source);
  checkOptions(where, options, { kinds: readCorpusKinds });
}

async function* sentencesIn(
  where: string,
  source: CorpusSource,
  options: ReadCorpusOptions,
): AsyncGenerator<Sentence, void, undefined> {
  checkReading(where, source, options);
  const { gold = !isUnlabelled(options.format), keepSource = false } = options;
  const read: InnerReadOptions = { ...options, gold, keepSource };
  for await (const piece of parsedSentences(source, read)) yield* piece;
}

/**
 * Finds the sentences and tokens of a text, as `Tagger.tagText` does.
 * @throws TypeError if the argument is not a string
 *
 * @example tokenize('Don’t go.')[0].tokens // ['Do', 'n’t', 'go', '.']
 */
export function tokenize(text: string): TextSentence[] {
  if (typeof text !== 'string') throw wrongType('tokenize', 'a text', text);
  const splitter = createTextSplitter('tokenize');
  return [...splitter.push(text), ...splitter.end()].map((sentence) => sentence.text!);
}
