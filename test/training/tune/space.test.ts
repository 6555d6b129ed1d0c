import { expect, it } from 'vitest';
import type { Settings } from '../../../src/training/hyperparameters.ts';
import { createSpace, type Space, type SpaceOptions } from '../../../src/training/tune/space.ts';
import { completeSettings } from '../typical.ts';

const spaceOf = (more: Partial<SpaceOptions> = {}): Space =>
  createSpace({
    hasSpans: true,
    hasVectors: false,
    given: {},
    defaults: completeSettings({}, 'spans'),
    seed: 1,
    ...more,
  });
const some = (more: Partial<SpaceOptions> = {}): Settings[] => {
  const space = spaceOf(more);
  const first = space.next([], 9);
  return [...first, ...space.next(first.slice(0, 3), 30)];
};
const names = (recipes: readonly Settings[]): Set<string> => new Set(recipes.flatMap(Object.keys));

it('begins with recipes that are known to be good for the kind of tags', () => {
  const defaults = completeSettings({}, 'pos');
  expect(spaceOf().next([], 9)).toContainEqual({ cell: 'gru' });
  expect(names(spaceOf().next([], 9))).toContain('decoder');
  expect(names(some({ hasSpans: false, defaults }))).not.toContain('biasRecall');
});

it('gives the same recipes for the same seed, and others for another', () => {
  expect(some()).toEqual(some());
  expect(some({ seed: 2 })).not.toEqual(some());
});

it('gives no recipe twice, nor the default', () => {
  const ids = some().map((recipe) => JSON.stringify(Object.entries(recipe).sort()));
  expect(ids).toHaveLength(39);
  expect(new Set([...ids, '[]']).size).toBe(40);
});

it('does not search what is given', () => {
  const given: Settings = { hidden: 50, decoder: 'softmax', dropout: 0.1 };
  const found = names(some({ given, defaults: completeSettings(given, 'spans') }));
  expect(found.has('cell')).toBe(true);
  for (const name of Object.keys(given)) expect(found).not.toContain(name);
});

it('names only what differs from the default and has an effect', () => {
  const defaults = completeSettings({}, 'spans');
  for (const recipe of some())
    for (const [name, value] of Object.entries(recipe)) {
      expect(value).not.toBe(defaults[name as keyof Settings]);
      if (name === 'charHidden') expect(recipe.charEncoder).toBe('lstm');
      if (name === 'charWidth') expect(recipe.charEncoder).toBeUndefined();
    }
});

it('searches other word dimensions beside pretrained vectors', () => {
  const dims = (hasVectors: boolean): unknown[] =>
    some({ hasVectors }).flatMap(({ wordDim }) => wordDim ?? []);
  expect(dims(false)).toContain(150);
  expect(dims(true)).not.toContain(150);
});

it('combines the best recipes, then varies them', () => {
  const space = spaceOf();
  space.next([], 9);
  const best: Settings[] = [{ cell: 'gru' }, { dropout: 0.5 }];
  const next = space.next(best, 9);
  expect(next).toContainEqual({ cell: 'gru', dropout: 0.5 });
  const varied = next.filter(
    (recipe) => (recipe.cell === 'gru' || recipe.dropout === 0.5) && Object.keys(recipe).length > 1,
  );
  expect(varied.length).toBeGreaterThan(2);
});

it('knows that all features are the same as their list', () => {
  const defaults = completeSettings({}, 'pos');
  const recipes = some({ hasSpans: false, defaults });
  expect(names(recipes)).toContain('features');
  for (const { features } of recipes) expect(features).not.toBe('all');
});

it('ends when everything is given', () => {
  const defaults = completeSettings({}, 'spans');
  expect(spaceOf({ given: defaults, defaults }).next([], 9)).toEqual([]);
});
