import { featureNames } from '../corpus/features/features.ts';
import type { RecipeRecord } from '../model/model.ts';
import {
  defaultHyperparameters,
  type HyperparameterName,
  type Settings,
} from './hyperparameters.ts';
import type { Traits } from './traits.ts';

/**
 * Kinds of tags: plain tags (`pos`), spans in text that is mostly outside of spans, such as names (`spans`), and spans
 * that cover most of the text (`chunks`).
 */
export const recipeNames = ['pos', 'spans', 'chunks'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** Defaults that differ from those in `hyperparameters`, and for which corpora. */
interface Rule {
  readonly recipes: readonly RecipeName[];
  /** Default: all corpora with tags of this kind. */
  readonly when?: (traits: Traits) => boolean;
  readonly settings: Settings;
  /** The reason, as a clause that `train` prints. */
  readonly reason?: string;
}

const all = featureNames.join();

/**
 * The recipes. The last rule that applies has precedence. The values were best on development data: see
 * docs/training.md.
 */
const rules: readonly Rule[] = [
  { recipes: ['pos'], settings: { features: all } },
  {
    recipes: ['pos'],
    when: ({ tokens }) => tokens >= 100_000,
    settings: { hidden: 200 },
    reason: '200 units, because there are 100,000 tokens to train them',
  },
  {
    recipes: ['spans', 'chunks'],
    settings: { labelSmoothing: 0.2, charFilters: 100, charWidth: 5 },
  },
  {
    recipes: ['spans'],
    // with all features, a network memorises the names of the training corpus
    settings: { decoder: 'constrained', features: 'shape,case', biasRecall: 'auto' },
  },
  {
    recipes: ['spans'],
    // such as anatomy and diseases: their affixes tell more than their shape
    when: ({ capitalised }) => capitalised < 0.3,
    settings: { features: all },
    reason: 'all features of the form, because most words of the spans are in lower case',
  },
  {
    recipes: ['spans'],
    // a smaller corpus has too little text, and a larger one learns as well without them
    when: ({ tokens, vectors }) => tokens >= 10_000 && tokens < 150_000 && !vectors,
    settings: { ownVectors: 20 },
    reason: 'word vectors of its own text, because it is small and there are no others',
  },
  {
    recipes: ['spans'],
    when: ({ vectors }) => vectors,
    settings: { decoder: 'crf', labelSmoothing: 0, biasRecall: '0' },
    reason: 'a CRF, because there are word vectors',
  },
  {
    recipes: ['chunks'],
    // a chunk depends on its neighbours and on word classes, and few tokens are `O`
    settings: { decoder: 'crf', features: all, hidden: 200 },
  },
  {
    recipes: ['spans', 'chunks'],
    when: ({ partial }) => partial,
    // only a CRF learns from unknown tags: the tag scheme restricts them and their neighbours
    settings: { decoder: 'crf', labelSmoothing: 0 },
  },
];

/** The defaults for a corpus. The reason is a phrase: `5.0 % of the tokens are in spans; ...`. */
export interface Recipe extends RecipeRecord {
  readonly name: RecipeName;
  readonly settings: Settings;
}

/** Chunks cover most tokens (CoNLL-2000: 87 %), names few (news: 17 %, biographies: 64 %). */
const DENSE = 0.4;

/**
 * The recipe for a corpus.
 * @param given the name of a recipe, or `auto`, which chooses by the tags
 */
export function chooseRecipe(given: string | undefined, traits: Traits): Recipe {
  const { density, spanLength } = traits;
  const percentage = (100 * density).toFixed(density < 0.1 ? 1 : 0);
  const share = `${percentage} % of the tokens are in spans, of ${spanLength.toFixed(1)} tokens each`;
  const [name, why]: [RecipeName, string] =
    given !== undefined && given !== 'auto'
      ? [given as RecipeName, 'as given']
      : traits.plain
        ? ['pos', 'plain tags']
        : [density < DENSE ? 'spans' : 'chunks', share];
  const applied = rules.filter(
    (rule) => rule.recipes.includes(name) && (rule.when?.(traits) ?? true),
  );
  return {
    name,
    settings: Object.assign({}, ...applied.map(({ settings }) => settings)) as Settings,
    reason: [why, ...applied.flatMap(({ reason }) => reason ?? [])].join('; '),
  };
}

/** The values that a hyperparameter has by default on different corpora with the recipe. */
export function recipeValues(recipe: RecipeName, name: HyperparameterName): unknown[] {
  const setBy = rules.filter(
    ({ recipes, settings }) => recipes.includes(recipe) && name in settings,
  );
  const isAlwaysSet = setBy.some(({ when }) => when === undefined);
  const values = setBy.map(({ settings }) => settings[name]);
  return [...new Set(isAlwaysSet ? values : [defaultHyperparameters[name], ...values])];
}
