import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendBags,
  type FeatureName,
  type Features,
  featureNames,
  shapeOf,
} from '../../../src/corpus/features/features.ts';
import { createEncoder } from '../../../src/corpus/vocabulary.ts';

/** The rows of every bag of a token, group by group, within their own part of the table. */
function bags(token: string, { groups, buckets }: Features): number[][] {
  const [offsets, members] = [[0], [] as number[]];
  appendBags({ groups, buckets }, token, { offsets, members });
  const own = groups.map((_, g) =>
    members.slice(offsets[g], offsets[g + 1]).map((row) => row - g * buckets),
  );
  const isWithin = own.flat().every((row) => row >= 0 && row < buckets);
  if (!isWithin || offsets.length !== groups.length + 1 || offsets.at(-1) !== members.length)
    throw new Error(`${token}: offsets ${offsets}, members ${members}`);
  return own;
}
const all: Features = { groups: featureNames, buckets: 2 ** 30 };
const bag = (name: FeatureName, token: string): number[] =>
  bags(token, { ...all, groups: [name] })[0]!;

/** Tokens are alike in a feature where their bags are. */
function expectClasses(name: FeatureName, classes: readonly (readonly string[])[]): void {
  const seen = classes.map((tokens) => {
    const own = new Set(tokens.map((token) => bag(name, token).join()));
    expect([name, tokens, own.size]).toEqual([name, tokens, 1]);
    return [...own][0];
  });
  expect([name, new Set(seen).size]).toEqual([name, classes.length]);
}

describe('shapes', () => {
  it.each([
    ['Paris', 'Xxxx'],
    ['McDonald', 'XxXxxx'],
    ['NATO', 'XXX'],
    ['ab', 'xx'],
    ['aaaa', 'xxx'],
    ['B2B-2001', 'X0X-000'],
    ['3,14', '0,00'],
    ['....', '...'],
    ["it's", "xx'x"],
    ['ÉCOLE', 'XXX'],
    ['École', 'Xxxx'],
    ['ß', 'x'],
    ['日本語版', 'ooo'],
    ['٣٤', '00'],
    ['😀😀😀😀', '😀😀😀'],
    ['', ''],
  ])('%j is %j', (token, shape) => {
    expect(shapeOf(token)).toBe(shape);
  });
});

describe('bags', () => {
  it('tell cases apart', () => {
    expectClasses('case', [
      ['dog', 'école', 'a1', "it's"],
      ['Dog', 'A', 'École', 'É', "It's"],
      ['DOG', 'NATO', 'A1B', 'U.S.'],
      ['iPhone', 'McDonald', 'aB', 'dOG'],
      ['1', '2001', '3.14', '٣'],
      ['.', '日本', '😀', ''],
    ]);
  });

  it('have affixes by code points, case folded and digits as 0', () => {
    expectClasses('prefix2', [
      ['dog', 'Doctor', 'DO'],
      ['da'],
      ['19', '20th'],
      ['d'],
      ['😀é', '😀Éa'],
    ]);
    expectClasses('prefix3', [['dog', 'Dogma'], ['do'], ['don']]);
    expectClasses('suffix1', [['dog', 'G', 'ing'], ['dogs'], ['1', '9'], ['a😀', 'b😀']]);
    expectClasses('suffix2', [['ring', 'song', 'NG'], ['g'], ['rang1', 'g2']]);
    expectClasses('suffix3', [['sing', 'Bring', 'ing'], ['ng'], ['bang']]);
    expectClasses('suffix4', [['string', 'RING'], ['ing'], ['wing']]);
  });

  it('have the shape', () => {
    expectClasses('shape', [['Paris', 'London', 'Rome'], ['paris'], ['B2'], ['']]);
  });

  it('have n-grams of 3 to 5 between borders', () => {
    // <dog>: <do dog og>, <dog dog>, <dog>
    expect(bag('ngrams', 'dog')).toHaveLength(6);
    expect(bag('ngrams', 'a')).toHaveLength(1); // <a>
    expect(bag('ngrams', '')).toEqual([]);
    expect(bag('ngrams', 'DOG')).toEqual(bag('ngrams', 'dog'));
    const shared = (a: string, b: string) =>
      bag('ngrams', a).filter((row) => bag('ngrams', b).includes(row)).length;
    expect(shared('dog', 'dogs')).toBe(3); // <do dog <dog
    expect(shared('dog', 'cat')).toBe(0);
  });

  it('are of bounded size, and of long words the two ends count', () => {
    const long = (middle: string) => `un${middle.repeat(100_000)}able`;
    for (const name of featureNames)
      expect([name, bag(name, long('x')).length]).toEqual([name, bag(name, long('y')).length]);
    expect(bag('ngrams', long('x')).length).toBeLessThan(100);
    for (const name of ['prefix2', 'suffix4'] as const)
      expect(bag(name, long('x'))).toEqual(bag(name, 'unable'));
  });

  it('never change, because models store their rows', () => {
    expect(bags('Dogs', { groups: featureNames, buckets: 4096 })).toEqual([
      [421],
      [536],
      [2280],
      [252],
      [3913],
      [2428],
      [156],
      [2443],
      [2638, 536, 3913, 616, 1739, 2428, 1929, 2724, 2011],
    ]);
  });

  it('are within their part of the table, for any token', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 1, max: 5000 }),
        (token, buckets) => {
          const own = bags(token, { groups: featureNames, buckets });
          expect(own.slice(0, -1).every((rows) => rows.length === 1)).toBe(true);
          expect(own.flat().every(Number.isInteger)).toBe(true);
        },
      ),
    );
  });

  it('spread over the table', () => {
    const words = Array.from({ length: 1500 }, (_, i) => `w${i.toString(36)}x`);
    const counts = new Int32Array(50);
    for (const word of words) counts[bags(word, { groups: ['suffix4'], buckets: 50 })[0]![0]!]!++;
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

it('the encoder gives types their bags, one after another', () => {
  const features: Features = { groups: ['prefix2', 'ngrams'], buckets: 100 };
  const vocabulary = { words: ['', 'dog'], chars: ['', '', ''], tags: [['X']], lowercase: true };
  const { bags: own } = createEncoder({ ...vocabulary, features }).types(['Dog', '', 'a']);
  const [offsets, members] = [[0], [] as number[]];
  for (const token of ['Dog', '', 'a']) appendBags(features, token, { offsets, members });
  expect([...own!.offsets]).toEqual(offsets);
  expect([...own!.members]).toEqual(members);
  expect(offsets).toEqual([0, 1, 7, 8, 8, 9, 10]);
  expect(createEncoder(vocabulary).types(['Dog']).bags).toBeUndefined();
});
