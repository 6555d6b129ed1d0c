import { createRandom, seedState } from '../../network/random.ts';
import type { HyperparameterName, Hyperparameters, Settings } from '../hyperparameters.ts';
import { checkSettings } from '../settings.ts';
import { runId } from '../sweep/plan.ts';

/** When a recipe or a hyperparameter applies. `scratch`: without pretrained vectors. */
type Condition = 'always' | 'spans' | 'plain' | 'vectors' | 'scratch';

/**
 * Recipes that were better than the default on some corpora (bench/README.md), the most promising first. Each entry has
 * only the hyperparameters that it changes from the default recipe.
 */
const knownRecipes: readonly (readonly [Condition, Settings])[] = [
  ['spans', { decoder: 'crf', hidden: 200, labelSmoothing: 0, biasRecall: '0' }],
  ['plain', { hidden: 300 }],
  ['spans', { hidden: 200 }],
  ['scratch', { ownVectors: 20 }],
  ['always', { cell: 'gru' }],
  ['spans', { decoder: 'constrained', labelSmoothing: 0.2, biasRecall: 'auto', hidden: 100 }],
  ['plain', { hidden: 200, outputDropout: 0.33 }],
  ['always', { learningRate: 0.0015 }],
  ['vectors', { unknownProbability: 0.2 }],
  ['always', { charEncoder: 'lstm', charHidden: 50 }],
  ['always', { lmWeight: 0.1 }],
  ['spans', { decoder: 'crf', hidden: 200, labelSmoothing: 0, biasRecall: '0', features: 'all' }],
  ['plain', { labelSmoothing: 0.1 }],
  ['always', { dropout: 0.5 }],
  ['spans', { decoder: 'crf', hidden: 200, labelSmoothing: 0.2, biasRecall: 'auto' }],
  ['plain', { charFilters: 100, charWidth: 5 }],
  ['always', { batchSize: 8 }],
  ['spans', { outputDropout: 0.2 }],
  ['plain', { decoder: 'crf' }],
  ['always', { recurrentDropout: 0 }],
  ['spans', { features: 'all' }],
  ['plain', { learningRate: 0.006 }],
  ['always', { schedule: 'constant' }],
  ['always', { batchSize: 32 }],
  ['always', { layers: 2 }],
];

/** The values that random draws choose from. */
const ranges: readonly (readonly [Condition, HyperparameterName, readonly unknown[]])[] = [
  ['always', 'learningRate', [0.001, 0.0015, 0.002, 0.003, 0.0045, 0.006]],
  ['always', 'batchSize', [8, 16, 32]],
  ['always', 'decay', [0.02, 0.05, 0.1]],
  ['always', 'averageEpochs', [3, 5, 10]],
  ['always', 'hidden', [100, 150, 200, 300]],
  ['always', 'layers', [1, 2]],
  ['always', 'cell', ['lstm', 'gru', 'peephole', 'coupled']],
  ['always', 'dropout', [0.2, 0.33, 0.5]],
  ['always', 'outputDropout', [0.2, 0.33, 0.5]],
  ['always', 'recurrentDropout', [0, 0.25, 0.4]],
  ['always', 'wordDropout', [0, 0.05, 0.1]],
  ['always', 'charDropout', [0, 0.05]],
  ['always', 'unknownProbability', [0.2, 0.5, 0.8]],
  ['always', 'charEncoder', ['cnn', 'lstm']],
  ['always', 'charFilters', [50, 100, 150]],
  ['always', 'charWidth', [3, 5]],
  ['always', 'charHidden', [25, 50]],
  ['always', 'features', ['none', 'shape,case', 'all']],
  ['always', 'labelSmoothing', [0, 0.1, 0.2]],
  ['always', 'lmWeight', [0, 0.05, 0.1, 0.2]],
  ['spans', 'decoder', ['crf', 'constrained']],
  ['spans', 'biasRecall', ['0', 'auto']],
  ['plain', 'decoder', ['softmax', 'crf']],
  ['scratch', 'ownVectors', [0, 20]],
  ['scratch', 'wordDim', [50, 100, 150]],
  ['vectors', 'wordDim', [30, 50, 100]],
];

/** Most changes that a draw makes to a recipe. */
const MOST_CHANGES = 3;

export interface SpaceOptions {
  readonly hasSpans: boolean;
  readonly hasVectors: boolean;
  /** Hyperparameters that the user chose. They are not searched. */
  readonly given: Settings;
  /** All hyperparameters of the default recipe. */
  readonly defaults: Hyperparameters;
  readonly seed: number;
}

/** The recipes to compare, as the hyperparameters that they change from the default recipe. No recipe comes twice. */
export interface Space {
  /**
   * The next recipes: those that are known to be good on some corpora, then also combinations and random variations of
   * the best so far.
   * @param best the best recipes so far, the best first; empty at the first call
   * @param count how many; fewer are returned if there are no more
   */
  next(best: readonly Settings[], count: number): Settings[];
}

export function createSpace({ hasSpans, hasVectors, given, defaults, seed }: SpaceOptions): Space {
  const applies: Record<Condition, boolean> = {
    always: true,
    spans: hasSpans,
    plain: !hasSpans,
    vectors: hasVectors,
    scratch: !hasVectors,
  };
  const dimensions = ranges.filter(([when, name]) => applies[when] && !Object.hasOwn(given, name));
  const known = knownRecipes.flatMap(([when, recipe]) => (applies[when] ? [recipe] : []));
  const seen = new Set([runId({})]);
  const random = createRandom(seedState(seed));

  /** What of a recipe differs from the default, without what was given or has no effect. */
  const differing = (recipe: Settings): Settings => {
    const complete = { ...defaults, ...checkSettings({ ...recipe, ...given }) };
    const hasEffect = (name: HyperparameterName): boolean =>
      name === 'charHidden'
        ? complete.charEncoder === 'lstm'
        : (name !== 'charFilters' && name !== 'charWidth') || complete.charEncoder === 'cnn';
    const names = Object.keys(recipe) as HyperparameterName[];
    return Object.fromEntries(
      names
        .filter((name) => complete[name] !== defaults[name] && hasEffect(name))
        .map((name) => [name, complete[name]]),
    );
  };

  /** The recipe if it is new. */
  const fresh = (recipe: Settings): Settings[] => {
    const difference = differing(recipe);
    const id = runId(difference);
    if (seen.has(id)) return [];
    seen.add(id);
    return [difference];
  };

  const varied = (best: readonly Settings[]): Settings => {
    const base = best[Math.floor(random() ** 2 * best.length)] ?? {};
    const changes = Array.from({ length: 1 + Math.floor(random() * MOST_CHANGES) }, () => {
      const [, name, values] = dimensions[Math.floor(random() * dimensions.length)]!;
      return [name, values[Math.floor(random() * values.length)]];
    });
    return { ...base, ...Object.fromEntries(changes) };
  };

  return {
    next(best, count) {
      const recipes: Settings[] = [];
      const add = (recipe: Settings, atMost: number): void => {
        if (recipes.length < atMost) recipes.push(...fresh(recipe));
      };
      const knownCount = best.length === 0 ? count : Math.ceil(count / 3);
      while (known.length > 0 && recipes.length < knownCount) add(known.shift()!, knownCount);
      for (const other of best.slice(1)) add({ ...other, ...best[0] }, count);
      if (dimensions.length > 0)
        for (let tries = 0; tries < 20 * count && recipes.length < count; tries++)
          add(varied(best), count);
      return recipes;
    },
  };
}
