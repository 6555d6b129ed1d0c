import { type Backend, type BackendOptions, openBackend } from '../backend/backend.ts';
import { linksOf } from '../model/links.ts';
import { type ModelFile, openModel } from '../model/model.ts';
import { createEngine } from '../network/engine.ts';
import { createPredictor } from './predictor.ts';

/** A model ready to tag. */
export interface Tagger {
  readonly model: Omit<ModelFile, 'readParameters' | 'close' | typeof Symbol.dispose>;
  readonly backend: Pick<Backend, 'kind' | 'isa'> & { readonly threads: number };
  /** Tags of the model's first column, one list a sentence, one tag a token. */
  tag(sentences: readonly (readonly string[])[]): string[][];
  /** The same of each column that the model gives. */
  tagColumns(sentences: readonly (readonly string[])[]): string[][][];
  /** Has the word, its digits as 0 and its case folded as the model does, a row of its own? */
  isKnown(token: string): boolean;
  /** Ends the worker threads. */
  close(): Promise<void>;
}

/** Types whose encodings are kept; the cache takes this many times 32 H bytes. */
const CACHE_BYTES = 32 * 2 ** 20;

/**
 * Loads a model: a path, or the name of a bundled one (`en-upos`, `en-ner`).
 * @throws UserError when there is none, or when the file is damaged or foreign.
 */
export function loadTagger(nameOrPath: string, options: BackendOptions = {}): Tagger {
  using model = openModel(nameOrPath);
  const { config, vocabulary, tasks, record, path, bytes } = model;
  const backend = openBackend(options);
  const cacheSize = Math.max(1024, Math.floor(CACHE_BYTES / (32 * config.hidden)));
  const engine = createEngine({
    backend,
    config,
    cacheSize,
    allowed: linksOf(config, vocabulary, tasks),
  });
  model.readParameters(engine.parameter);
  engine.weightsChanged();
  const predictor = createPredictor(engine, vocabulary, tasks);
  return {
    model: { config, vocabulary, tasks, record, path, bytes },
    backend: { kind: backend.kind, isa: backend.isa, threads: backend.pool.threads },
    tag: (sentences) => predictor.predict(sentences)[0]!,
    tagColumns: predictor.predict,
    isKnown: predictor.isKnown,
    close: () => engine.close(),
  };
}
