import { featureNames } from '../corpus/features/features.ts';
import { defaultHyperparameters, type Hyperparameters, type Settings } from './hyperparameters.ts';

/** The inputs of a recipe. */
interface Circumstances {
  /** Tokens of the training corpus. */
  readonly tokens: number;
  /** Whether labels may be partial. */
  readonly partial: boolean;
}

/**
 * The defaults for each kind of tags that differ from those in `hyperparameters`. They were best on development data
 * (bench/README.md).
 */
export const recipes = {
  // more units are better only if the corpus is large enough to train them
  pos: ({ tokens }) => ({
    features: featureNames.join(),
    hidden: tokens < 100_000 ? 100 : 200,
  }),
  spans: ({ partial }) => ({
    // only a CRF learns from unknown tags: the tag scheme restricts them and their neighbours
    ...(partial ? { decoder: 'crf' } : { decoder: 'constrained', labelSmoothing: 0.2 }),
    biasRecall: 'auto',
    features: 'shape,case',
    charFilters: 100,
    charWidth: 5,
  }),
} satisfies Record<string, (circumstances: Circumstances) => Settings>;

export type RecipeName = keyof typeof recipes;

/** Every hyperparameter: from the settings, else from the recipe for a corpus of `tokens`, else the default. */
export function completeSettings(
  settings: Settings,
  recipe: RecipeName,
  tokens = 0,
): Hyperparameters {
  const partial = settings.partial ?? defaultHyperparameters.partial;
  return { ...defaultHyperparameters, ...recipes[recipe]({ tokens, partial }), ...settings };
}
