import {
  defaultHyperparameters,
  type Hyperparameters,
  type Settings,
} from '../../src/training/hyperparameters.ts';
import { chooseRecipe, type RecipeName } from '../../src/training/recipes.ts';
import type { Traits } from '../../src/training/traits.ts';

/** Traits of a small corpus of names. */
export const names: Traits = {
  plain: false,
  tokens: 5_000,
  density: 0.05,
  spanLength: 1.4,
  capitalised: 0.9,
  partial: false,
  vectors: false,
};

/** Every hyperparameter: from the settings, else from the recipe for a small corpus, else the default. */
export const completeSettings = (settings: Settings, recipe: RecipeName): Hyperparameters => ({
  ...defaultHyperparameters,
  ...chooseRecipe(recipe, names).settings,
  ...settings,
});
