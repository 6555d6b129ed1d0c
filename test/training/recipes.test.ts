import { expect, test } from 'vitest';
import { featureNames } from '../../src/corpus/features/features.ts';
import { chooseRecipe, recipeValues } from '../../src/training/recipes.ts';
import type { Traits } from '../../src/training/traits.ts';
import { names } from './typical.ts';

test('the kind of tags and the density of spans choose the recipe', () => {
  const recipeOf = (traits: Partial<Traits>) => {
    const { name, reason } = chooseRecipe('auto', { ...names, ...traits });
    return `${name}: ${reason}`;
  };
  expect(recipeOf({ plain: true, density: 0 })).toBe('pos: plain tags');
  expect(recipeOf({})).toBe('spans: 5.0 % of the tokens are in spans, of 1.4 tokens each');
  expect(recipeOf({ density: 0 })).toBe(
    'spans: 0.0 % of the tokens are in spans, of 1.4 tokens each',
  );
  expect(recipeOf({ density: 0.868 })).toBe(
    'chunks: 87 % of the tokens are in spans, of 1.4 tokens each',
  );
});

test('a recipe that is given is used, with the rules for the corpus', () => {
  const { name, settings, reason } = chooseRecipe('pos', { ...names, tokens: 200_000 });
  expect({ name, reason }).toEqual({
    name: 'pos',
    reason: 'as given; 200 units, because there are 100,000 tokens to train them',
  });
  expect(settings).toMatchObject({ hidden: 200 });
  expect(chooseRecipe('pos', names).settings).not.toHaveProperty('hidden');
});

test('words of spans in lower case are known by all features of their form', () => {
  const { settings, reason } = chooseRecipe('auto', { ...names, capitalised: 0.13 });
  expect(settings).toMatchObject({ features: featureNames.join(), decoder: 'constrained' });
  expect(reason).toMatch(
    /; all features of the form, because most words of the spans are in lower case$/,
  );
  expect(chooseRecipe('auto', names).settings.features).toBe('shape,case');
});

test('spans with pretrained vectors have a CRF without label smoothing and recall bias', () => {
  const { settings, reason } = chooseRecipe(undefined, { ...names, vectors: true });
  expect(settings).toMatchObject({ decoder: 'crf', labelSmoothing: 0, biasRecall: '0' });
  expect(reason).toMatch(/; a CRF, because there are word vectors$/);
  expect(chooseRecipe('chunks', { ...names, vectors: true }).settings.labelSmoothing).toBe(0.2);
});

test('spans of corpora of middle size learn vectors from their text, unless they have others', () => {
  const of = (traits: Partial<Traits>) => chooseRecipe('auto', { ...names, ...traits });
  const { settings, reason } = of({ tokens: 10_000 });
  expect(settings).toMatchObject({ ownVectors: 20, decoder: 'constrained' });
  expect(reason).toMatch(
    /; word vectors of its own text, because it is small and there are no others$/,
  );
  for (const tokens of [9_999, 150_000])
    expect(of({ tokens }).settings).not.toHaveProperty('ownVectors');
  expect(of({ tokens: 10_000, vectors: true }).settings).not.toHaveProperty('ownVectors');
});

test('partial labels need a CRF without label smoothing', () => {
  const { settings } = chooseRecipe(undefined, { ...names, partial: true });
  expect(settings).toMatchObject({ decoder: 'crf', labelSmoothing: 0 });
});

test('the values of a hyperparameter that a recipe may have', () => {
  expect(recipeValues('pos', 'hidden')).toEqual([100, 200]);
  expect(recipeValues('spans', 'hidden')).toEqual([100]);
  expect(recipeValues('chunks', 'hidden')).toEqual([200]);
  expect(recipeValues('spans', 'labelSmoothing')).toEqual([0.2, 0]);
});
