import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildVocabulary } from '../../src/corpus/vocabulary.ts';
import { createRandom, seedState } from '../../src/network/random.ts';
import { epochBatches, numberCorpus } from '../../src/training/numbered-corpus.ts';

test('an epoch has every sentence once, in batches of similar length, in random order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      (lengths, size) => {
        const random = createRandom(seedState(3));
        const batches = epochBatches(lengths, size, random);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        expect(batches.every((batch) => batch.length <= size)).toBe(true);
        expect(batches.length).toBe(Math.ceil(lengths.length / size));
      },
    ),
  );
  const random = createRandom(seedState(3));
  const lengths = Array.from({ length: 1000 }, (_, i) => (i * 7) % 50);
  expect(epochBatches(lengths, 32, random)).not.toEqual(epochBatches(lengths, 32, random));
  const spread = epochBatches(lengths, 32, random).map((batch) => {
    const within = batch.map((i) => lengths[i]!);
    return Math.max(...within) - Math.min(...within);
  });
  expect(Math.max(...spread)).toBeLessThan(10);
});

test('long sentences are cut into windows, in which each tag counts once', () => {
  const tokens = Array.from({ length: 2500 }, (_, i) => `w${i % 7}`);
  const sentences = [{ tokens, tags: tokens.map((_, i) => `t${i % 5}`) }];
  const { vocabulary } = buildVocabulary([sentences], { lowercase: true, minCount: 1 });
  const corpus = numberCorpus([sentences], vocabulary);
  expect(corpus.sentences.map(({ words }) => words.length)).toEqual([1024, 1024, 708]);
  expect(corpus.types.words.length).toBe(7);
  const counted = corpus.sentences.flatMap(({ tags }) => [...tags[0]!].filter((tag) => tag >= 0));
  expect(counted.map((tag) => vocabulary.tags[0]![tag])).toEqual(sentences[0]!.tags);
  const [first, second] = [corpus.sentences[0]!, corpus.sentences[1]!];
  expect(first.tags[0]!.indexOf(-1)).toBe(960);
  expect(second.tags[0]!.findIndex((tag) => tag >= 0)).toBe(64);
  expect(second.words.slice(0, 128)).toEqual(first.words.slice(-128));
});
