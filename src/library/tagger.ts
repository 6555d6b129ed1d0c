import { tagParts } from '../corpus/tags/scheme.ts';
import type { Tokenization } from '../corpus/text/tokenization.ts';
import { UserError } from '../errors.ts';
import { columnNames } from '../model/column-names.ts';
import { loadEngine } from '../network/engines.ts';
import {
  boolean,
  checkOptions,
  computeOptions,
  engineKinds,
  isAsyncIterable,
  isIterable,
  type Kinds,
  numberFrom,
  object,
  text,
  wholeNumber,
  wrongType,
} from './arguments.ts';
import { rememberInner } from './inner-taggers.ts';
import { type CheckedSentence, checkSentence, createTextSplitter } from './sentences.ts';
import { openShared, type SharedTagger } from './shared-taggers.ts';
import { createTagging, type ResultOf, taggedSentence, taggedText } from './tagging.ts';
import type { LoadOptions, ModelInfo, Scheme, SentenceInput, Tagger, TagOptions } from './types.ts';

type Pieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;
type Sentences = AsyncIterable<SentenceInput> | Iterable<SentenceInput>;

const loadKinds: Kinds = { ...engineKinds, recallBias: object('an object such as {nats: 0.5}') };
const biasKinds: Kinds = { tag: text('a tag'), nats: numberFrom(-100, 100) };
const tagKinds: Kinds = {
  confidence: boolean,
  minConfidence: numberFrom(0, 1),
  nBest: wholeNumber(1, 1000),
};

/**
 * Loads a model. Taggers with the same model file and options share its memory and threads.
 * @param nameOrPath the path of a model file, or the name of a bundled model: `en-upos`, `en-ner`
 * @throws TypeError or RangeError for wrong arguments; UserError if the model does not exist or its file is damaged
 *
 * @example
 * const tagger = await loadTagger('en-ner');
 * for (const { spans } of tagger.tagText('Angela Merkel met Tim Cook in Berlin.'))
 *   for (const { type, text, offsets } of spans) console.log(type, text, offsets.start, offsets.end);
 * await tagger.close();
 */
export async function loadTagger(nameOrPath: string, options: LoadOptions = {}): Promise<Tagger> {
  if (typeof nameOrPath !== 'string' || nameOrPath === '')
    throw wrongType('loadTagger', 'the path or the name of a model', nameOrPath);
  checkOptions('loadTagger', options, { kinds: loadKinds });
  const { recallBias } = options;
  if (recallBias)
    checkOptions('loadTagger: recallBias', recallBias, { kinds: biasKinds, required: ['nats'] });
  const shared = openShared(nameOrPath, {
    ...computeOptions(options),
    ...(await loadEngine(options.engine)),
    ...(recallBias && { recallBias }),
  });
  return publicTagger(shared);
}

function publicTagger({ inner, release }: SharedTagger): Tagger {
  const model = modelInfo(inner);
  const tagging = createTagging(inner, model);
  let isClosed = false;

  function checkOpen(where: string): void {
    if (!isClosed) return;
    throw new UserError(`${where}: the tagger is closed. Load the model again.`, {
      code: 'SEQTAG_CLOSED',
    });
  }
  function check(where: string, options: TagOptions): void {
    checkOpen(where);
    checkOptions(where, options, { kinds: tagKinds });
  }
  const checked = (where: string, sentence: SentenceInput, index: number): CheckedSentence =>
    checkSentence(sentence, {
      where: `${where}: sentence ${index + 1}`,
      tagColumns: model.tagColumns.length,
    });
  function* eachChecked(sentences: Iterable<SentenceInput>): Generator<CheckedSentence> {
    let index = 0;
    for (const sentence of sentences) yield checked('tag', sentence, index++);
  }
  async function* eachCheckedOf(sentences: Sentences): AsyncGenerator<CheckedSentence> {
    let index = 0;
    for await (const sentence of sentences) yield checked('tagStream', sentence, index++);
  }
  const streamed = <Result>(
    where: string,
    sentences: AsyncIterable<CheckedSentence>,
    { resultOf, ...options }: TagOptions & { resultOf: ResultOf<Result> },
  ) => tagging.stream(sentences, { ...options, resultOf, check: () => checkOpen(where) });

  const tagger = {
    model,
    tagText(source: string, options: TagOptions = {}) {
      check('tagText', options);
      if (typeof source !== 'string') throw wrongType('tagText', 'a text', source);
      const splitter = createTextSplitter('tagText', inner.model.vocabulary.tokenization);
      return tagging.all([...splitter.push(source), ...splitter.end()], options, taggedText);
    },
    tag(sentences: Iterable<SentenceInput>, options: TagOptions = {}) {
      check('tag', options);
      if (!isIterable(sentences)) throw notSentences('tag', sentences);
      return tagging.all(eachChecked(sentences), options, taggedSentence);
    },
    tagTextStream(pieces: Pieces, options: TagOptions = {}) {
      check('tagTextStream', options);
      if (pieces instanceof Uint8Array || !(isAsyncIterable(pieces) || isIterable(pieces)))
        throw wrongType('tagTextStream', 'an iterable of the pieces of a text', pieces);
      return streamed('tagTextStream', sentencesOf(pieces, inner.model.vocabulary.tokenization), {
        ...options,
        resultOf: taggedText,
      });
    },
    tagStream(sentences: Sentences, options: TagOptions = {}) {
      check('tagStream', options);
      if (!(isAsyncIterable(sentences) || isIterable(sentences)))
        throw notSentences('tagStream', sentences);
      const all = eachCheckedOf(sentences);
      return streamed('tagStream', all, { ...options, resultOf: taggedSentence });
    },
    isKnown(word: string) {
      checkOpen('isKnown');
      if (typeof word !== 'string') throw wrongType('isKnown', 'a word', word);
      return inner.isKnown(word);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await release();
    },
    [Symbol.asyncDispose]: () => tagger.close(),
  };
  rememberInner(tagger, () => {
    checkOpen('evaluate');
    return inner;
  });
  return tagger;
}

const notSentences = (where: string, value: unknown): TypeError =>
  wrongType(
    where,
    typeof value === 'string'
      ? 'sentences, each an array of tokens (for a text call tagText)'
      : 'an iterable of sentences, each an array of tokens',
    value,
  );

/** The sentences of a text that arrives in pieces. Each is yielded as soon as its end is certain. */
async function* sentencesOf(
  pieces: Pieces,
  tokenization: Tokenization | undefined,
): AsyncGenerator<CheckedSentence> {
  const where = 'tagTextStream';
  const splitter = createTextSplitter(where, tokenization);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new UserError(`${where}: the bytes are not UTF-8. Decode them, and pass strings.`, {
        code: 'SEQTAG_CORPUS_ENCODING',
        cause,
      });
    }
  };
  for await (const piece of pieces) {
    if (typeof piece === 'string') yield* splitter.push(decode() + piece);
    else if (piece instanceof Uint8Array) yield* splitter.push(decode(piece));
    else throw wrongType(where, 'pieces of a text, strings or Uint8Arrays', piece);
  }
  yield* splitter.push(decode());
  yield* splitter.end();
}

function modelInfo({ model, backend }: SharedTagger['inner']): ModelInfo {
  const { path, bytes, tagColumns, vocabulary } = model;
  const names = columnNames(model);
  return {
    path,
    bytes,
    tagColumns: tagColumns.map(({ scheme, trainedScheme, lemmas }, c) => ({
      name: names[c]!,
      scheme,
      ...(lemmas && { lemmas }),
      labels: labelsOf(vocabulary.tags[c]!, trainedScheme),
    })),
    featureColumns: vocabulary.tokenFeatures?.columns.map(({ column }) => column) ?? [],
    backend: { kind: backend.kind, threads: backend.threads },
  };
}

/** The span types of the tags, or the tags themselves if they are plain. */
function labelsOf(tags: readonly string[], scheme: Scheme): readonly string[] {
  if (scheme === 'none') return tags.slice();
  const parts = tags.map((tag) => tagParts(tag, scheme));
  return [...new Set(parts.filter(({ role }) => role !== 'outside').map(({ type }) => type))];
}
