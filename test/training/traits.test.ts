import { expect, test } from 'vitest';
import { type Traits, traitsOf } from '../../src/training/traits.ts';

const sentence = (text: string, tags: string) => ({
  tokens: text.split(' '),
  tags: tags.split(' '),
});
const traits = (
  train: [text: string, tags: string][],
  {
    dev = [],
    scheme = 'BIOES',
    partial = false,
  }: Partial<{ dev: string[]; scheme: 'BIOES' | 'none'; partial: boolean }> = {},
): Traits =>
  traitsOf(
    {
      train: train.map(([text, tags]) => sentence(text, tags)),
      dev: dev.map((text) => sentence(text, text.replace(/\S+/g, 'O'))),
      scheme,
    },
    { partial, vectors: false },
  );

test('density and length of spans', () => {
  const found = traits([
    ['Ada Lovelace lived in London .', 'B-PER E-PER O O S-LOC O'],
    ['She and Ada', 'O O S-PER'],
  ]);
  expect(found).toMatchObject({ plain: false, tokens: 9, density: 4 / 9, spanLength: 4 / 3 });
});

test('plain tags have no spans, also if they look like tags of spans', () => {
  const found = traits([['a b', 'B-X I-X']], { scheme: 'none' });
  expect(found).toMatchObject({ plain: true, density: 0, spanLength: 0 });
});

test('uncertain labels count for neither density nor length', () => {
  const found = traits([['a b c d', '? S-X|O B-X E-X']], { partial: true });
  expect(found).toMatchObject({ density: 1, spanLength: 2 });
});

test('words of dev that the training corpus does not have in any case', () => {
  const found = traits([['The Old bridge', 'O O O']], { dev: ['the bridge Here', 'OLD'] });
  expect(found.unknown).toBe(1 / 4);
});

test('letters with capitals, and characters of a token', () => {
  expect(traits([['Aб1 東京 が', 'O O O']])).toMatchObject({ cased: 2 / 5, wordLength: 2 });
});

test('a corpus without tokens has fractions of 0', () => {
  expect(Object.values(traits([])).filter((value) => typeof value === 'number')).toEqual(
    Array(6).fill(0),
  );
});
