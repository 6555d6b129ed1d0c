import type { TokenLines } from '../corpus/index.ts';
import { type Span, spans } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { type ModelFile, openModel } from '../model/model-file.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { headName } from '../network/config.ts';
import type { Engine, EngineDescription } from '../network/engine.ts';
import { type ComputeOptions, createEngine } from '../network/engines.ts';
import { type Annotate, createAnnotate } from './annotate.ts';
import { type Columns, createPredictor, type FeatureValues } from './predictor.ts';
import { checkedTagIndices, type RecallBias } from './recall.ts';

/** A model ready to tag. After `close` every call throws an error with the code `SEQTAG_CLOSED`. */
export interface Tagger {
  readonly model: Omit<ModelFile, 'readParameters' | 'verify' | 'close' | typeof Symbol.dispose>;
  readonly backend: EngineDescription;
  /**
   * Tags sentences in the model's first tag column: for each sentence, a tag for each token.
   * @param features features[sentence][column][token]: the values of the model's feature columns
   * (`model.vocabulary.tokenFeatures`)
   * @throws UserError if the model's feature columns are missing
   */
  tag(sentences: readonly (readonly string[])[], features?: FeatureValues): string[][];
  /** Tags sentences in every tag column of the model. */
  tagColumns(sentences: readonly (readonly string[])[], features?: FeatureValues): Columns;
  /** The spans of tags in a column; none if the tags are plain. Default: the first column. */
  spans(tags: readonly string[], column?: number): Span[];
  /** Maximum number of tokens of a batch. */
  readonly maxTokens: number;
  /** Begins `tagColumns` and returns a function that completes it. In between, other threads compute. */
  begin(sentences: readonly (readonly string[])[], features?: FeatureValues): () => Columns;
  /**
   * As `begin`, for tokens as bytes: at most `maxTokens`, or one sentence. The model must have no feature columns.
   * @throws UserError if they are not UTF-8
   */
  beginLines(batch: TokenLines): () => Columns;
  /** Tags every column, with confidences and alternatives, and under constraints. */
  annotate: Annotate;
  /** Whether the word, after the model's normalisation, has a row in the word embedding. */
  isKnown(token: string): boolean;
  /** For how many tokens so far another script replaced the best one, which removes more letters than the word has. */
  misfits(): number;
  /** Ends the worker threads. */
  close(): Promise<void>;
}

export interface TaggerOptions extends ComputeOptions {
  /** Replaces the penalty on a tag that training chose. */
  readonly recallBias?: RecallBias;
}

/** Number of tokens that are tagged in the time that starting a thread takes. */
const SINGLE_THREAD_TOKENS = 8192;

/** The network of a model, ready to tag. */
export function openEngine(model: ModelFile, options: TaggerOptions): Engine {
  const { config, vocabulary, tagColumns, record } = model;
  const { recallBias, ...compute } = options;
  const biased = recallBias && checkedTagIndices(recallBias, vocabulary, tagColumns);
  const engine = createEngine({
    config,
    compute,
    transitions: allowedTransitionsOf(config, vocabulary, tagColumns),
    readParameters: model.readParameters,
    singleThreadTokens: SINGLE_THREAD_TOKENS,
  });
  biased?.forEach((index, column) => {
    const name = `${headName(column)}.bias`;
    const bias = engine.getParameter(name);
    const trained = vocabulary.tags[column]!.indexOf(record.recallTag ?? 'O');
    if (trained >= 0) bias[trained]! += record.recallBias?.[column] ?? 0;
    if (index >= 0) bias[index]! -= recallBias!.nats;
    engine.setParameter(name, bias);
  });
  return engine;
}

/**
 * Loads a model: a path, or the name of a bundled one (`en-upos`, `en-ner`).
 * @throws UserError if there is no such file, if it is damaged or not a model, or if the model does not have the tag of
 * `recallBias`
 */
export function loadTagger(nameOrPath: string, options: TaggerOptions = {}): Tagger {
  using model = openModel(nameOrPath);
  const { config, vocabulary, tagColumns, record, path, bytes } = model;
  const engine = openEngine(model, options);
  const predictor = createPredictor(engine, vocabulary, tagColumns, {
    onNotFinite() {
      throw new UserError(
        `${path}: its scores are not finite, because weights are damaged or too large. Train or copy it again.`,
        { code: 'SEQTAG_MODEL_DAMAGED' },
      );
    },
  });
  const annotate = createAnnotate(engine, vocabulary, { tagColumns, predictor });
  let closed: Promise<void> | undefined;

  const whileOpen =
    <Arguments extends unknown[], Result>(call: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      if (closed)
        throw Object.assign(new Error(`the tagger of ${path} is closed. Load the model again.`), {
          code: 'SEQTAG_CLOSED',
        });
      return call(...given);
    };

  return {
    model: { config, vocabulary, tagColumns, record, path, bytes },
    backend: engine.description,
    tag: whileOpen((sentences, features) => predictor.predict(sentences, features)[0]!),
    tagColumns: whileOpen(predictor.predict),
    spans: whileOpen((tags, column = 0) => {
      const { scheme } = tagColumns[column] ?? {};
      if (!scheme) throw new RangeError(`the model has no tag column ${column}`);
      return spans(tags, scheme);
    }),
    maxTokens: predictor.maxTokens,
    begin: whileOpen((sentences, features) => whileOpen(predictor.begin(sentences, features))),
    beginLines: whileOpen((batch) => whileOpen(predictor.beginLines(batch))),
    annotate: whileOpen(annotate),
    isKnown: whileOpen(predictor.isKnown),
    misfits: predictor.misfits,
    close() {
      closed ??= engine.close();
      return closed;
    },
  };
}
