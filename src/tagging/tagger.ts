import { type Backend, type BackendOptions, openBackend } from '../backend/backend.ts';
import type { TokenLines } from '../corpus/index.ts';
import { type ModelFile, type Numbers, openModel } from '../model/model-file.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { createEngine } from '../network/builtin/engine.ts';
import { headName } from '../network/config.ts';
import type { Engine } from '../network/engine.ts';
import { type Annotate, createAnnotate } from './annotate.ts';
import { type Columns, createPredictor, type FeatureValues } from './predictor.ts';
import { checkedPlaces, type RecallBias } from './recall.ts';

/** A model ready to tag. */
export interface Tagger {
  readonly model: Omit<ModelFile, 'readParameters' | 'close' | typeof Symbol.dispose>;
  readonly backend: Pick<Backend, 'kind' | 'isa'> & { readonly threads: number };
  /**
   * Tags of the model's first column, one list a sentence, one tag a token.
   * @param features features[sentence][column] are the values, one a token, of each column that the model reads beside
   * the tokens (`model.vocabulary.tokenFeatures`)
   * @throws UserError where it reads such columns and they are not given
   */
  tag(sentences: readonly (readonly string[])[], features?: FeatureValues): string[][];
  /** The same of each column that the model gives. */
  tagColumns(sentences: readonly (readonly string[])[], features?: FeatureValues): Columns;
  /** So many tokens are tagged at once. */
  readonly mostTokens: number;
  /** Begins what `tagColumns` does and returns what ends it; in between other threads compute. */
  begin(sentences: readonly (readonly string[])[], features?: FeatureValues): () => Columns;
  /**
   * The same of at most `mostTokens` as bytes, or of one sentence of more, where the model reads nothing beside them.
   * @throws UserError if they are no UTF-8
   */
  beginLines(batch: TokenLines): () => Columns;
  /** Tags of each column with confidences and alternatives, and within what is known of them. */
  annotate: Annotate;
  /** Has the word, its digits as 0 and its case folded as the model does, a row of its own? */
  isKnown(token: string): boolean;
  /** Ends the worker threads. */
  close(): Promise<void>;
}

export interface TaggerOptions extends BackendOptions {
  /** In place of what training took from the score of a tag. */
  readonly recallBias?: RecallBias;
}

/** Types whose encodings are kept; the cache takes this many times 32 H bytes. */
const CACHE_BYTES = 32 * 2 ** 20;
/** Tokens that are tagged in the time that a thread takes to start. */
const ALONE = 8192;

/** Over parameters in the arena. */
function numbersOf({ kernels, arena }: Backend): Numbers {
  const at = arena.take(4);
  return {
    widen: ({ byteOffset, length }) => kernels.widen_halves(byteOffset, length),
    areFinite: ({ byteOffset, length }) => {
      const measured = arena.f64(at, 2).fill(0);
      kernels.measure(at, byteOffset, length);
      return !Number.isNaN(measured[0]) && measured[1]! < Infinity;
    },
  };
}

/** The network of a model, ready to tag. */
export function openEngine(
  model: ModelFile,
  options: TaggerOptions,
): { engine: Engine; backend: Backend } {
  const { config, vocabulary, tagColumns, record } = model;
  const { recallBias } = options;
  const biased = recallBias && checkedPlaces(recallBias, vocabulary, tagColumns);
  const backend = openBackend(options);
  const rowBytes = 32 * config.hidden * config.members;
  const cacheSize = Math.max(1024, Math.floor(CACHE_BYTES / rowBytes));
  const engine = createEngine({
    backend,
    config,
    cacheSize,
    alone: ALONE,
    allowed: allowedTransitionsOf(config, vocabulary, tagColumns),
  });
  model.readParameters(engine.parameter, numbersOf(backend));
  biased?.forEach((place, column) => {
    const bias = engine.parameter(`${headName(column)}.bias`);
    const trained = vocabulary.tags[column]!.indexOf(record.recallTag ?? 'O');
    if (trained >= 0) bias[trained]! += record.recallBias?.[column] ?? 0;
    if (place >= 0) bias[place]! -= recallBias!.nats;
  });
  engine.weightsChanged();
  return { engine, backend };
}

/**
 * Loads a model: a path, or the name of a bundled one (`en-upos`, `en-ner`).
 * @throws UserError when there is none, when the file is damaged or foreign, or when it has no tag to bias.
 */
export function loadTagger(nameOrPath: string, options: TaggerOptions = {}): Tagger {
  using model = openModel(nameOrPath);
  const { config, vocabulary, tagColumns, record, path, bytes } = model;
  const { engine, backend } = openEngine(model, options);
  const predictor = createPredictor(engine, vocabulary, tagColumns);
  return {
    model: { config, vocabulary, tagColumns, record, path, bytes },
    backend: { kind: backend.kind, isa: backend.isa, threads: backend.pool.threads },
    tag: (sentences, features) => predictor.predict(sentences, features)[0]!,
    tagColumns: predictor.predict,
    mostTokens: predictor.mostTokens,
    begin: predictor.begin,
    beginLines: predictor.beginLines,
    annotate: createAnnotate(engine, vocabulary, { tagColumns, predictor }),
    isKnown: predictor.isKnown,
    close: () => engine.close(),
  };
}
