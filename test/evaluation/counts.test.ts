import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Counts, SentencePair } from '../../src/evaluation/counts.ts';
import { countPairs, emptyCounts, mergeCounts } from '../../src/evaluation/counts.ts';
import { conlleval } from './conlleval.ts';

const words = (line: string) => line.split(' ');
const pair = (gold: string, predicted: string): SentencePair => ({
  tokens: words(gold).map((_, i) => `w${i}`),
  gold: words(gold),
  predicted: words(predicted),
});
const triples = (counts: Counts) =>
  Object.fromEntries(
    [...counts.spans].map(([type, o]) => [type, [o.gold, o.predicted, o.correct]]),
  );

/** Sentences whose prediction is often, but not always, the gold. */
const sentences = (letters: string) => {
  const tag = fc.oneof(
    fc.constant('O'),
    fc
      .tuple(fc.constantFrom(...letters), fc.constantFrom('-X', '-Y', ''))
      .map(([letter, tail]) => letter + tail),
  );
  const token = fc.oneof(
    { weight: 3, arbitrary: tag.map((t): [string, string] => [t, t]) },
    { weight: 1, arbitrary: fc.tuple(tag, tag) },
  );
  return fc.array(fc.array(token, { minLength: 1, maxLength: 12 }), { maxLength: 6 }).map((all) =>
    all.map(
      (tokens): SentencePair => ({
        tokens: tokens.map((_, i) => `w${i}`),
        gold: tokens.map(([gold]) => gold),
        predicted: tokens.map(([, predicted]) => predicted),
      }),
    ),
  );
};

describe('spans', () => {
  // worked by hand: [gold, predicted, correct] by type
  it.each([
    ['B-X I-X O B-Y', 'B-X I-X O B-Y', { X: [1, 1, 1], Y: [1, 1, 1] }],
    ['B-X I-X O', 'B-X O O', { X: [1, 1, 0] }],
    ['B-X O O', 'B-X I-X O', { X: [1, 1, 0] }],
    ['B-X I-X', 'B-X B-X', { X: [1, 2, 0] }],
    ['B-X I-X', 'I-X I-X', { X: [1, 1, 1] }], // reading decides, not the letters
    ['B-X I-X', 'B-Y I-Y', { X: [1, 0, 0], Y: [0, 1, 0] }],
    ['B-X I-X', 'B-X I-Y', { X: [1, 1, 0], Y: [0, 1, 0] }],
    ['B-X B-X B-X', 'B-X I-X B-X', { X: [3, 2, 1] }],
    ['O O', 'O B-X', { X: [0, 1, 0] }],
    ['O O', 'O O', {}],
  ])('%s / %s', (gold, predicted, expected) => {
    expect(triples(countPairs([pair(gold, predicted)], { scheme: 'BIO' }))).toEqual(expected);
  });

  it('does not join spans over the end of a sentence', () => {
    const counts = countPairs([pair('B-X', 'B-X'), pair('I-X', 'I-X')], { scheme: 'BIO' });
    expect(triples(counts)).toEqual({ X: [2, 2, 2] });
  });

  it.each([
    ['BIO', 'BI'],
    ['IOB1', 'BI'],
    ['BIO', 'BIES'],
    ['BIOES', 'BIES'],
  ] as const)('counts as conlleval: %s with %s', (scheme, letters) => {
    fc.assert(
      fc.property(sentences(letters), (pairs) => {
        const counts = countPairs(pairs, { scheme });
        const expected = conlleval(pairs);
        const types = new Set([...expected.gold.keys(), ...expected.predicted.keys()]);
        expect(triples(counts)).toEqual(
          Object.fromEntries(
            [...types].map((type) => [
              type,
              [expected.gold, expected.predicted, expected.correct].map((n) => n.get(type) ?? 0),
            ]),
          ),
        );
        expect(counts.tokens).toEqual({
          total: expected.tokens,
          correct: expected.correctTokens,
        });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('tokens', () => {
  const pairs: SentencePair[] = [
    { tokens: ['the', 'dog', 'ran'], gold: ['DT', 'NN', 'VBD'], predicted: ['DT', 'NN', 'NN'] },
    { tokens: ['the', 'ZZZ'], gold: ['DT', 'FW'], predicted: ['DT', 'NN'] },
    { tokens: ['a'], gold: ['DT'], predicted: ['DT'] },
    { tokens: [], gold: [], predicted: [] },
  ];
  const counts = countPairs(pairs, {
    scheme: 'none',
    isKnown: (token) => token !== 'ZZZ',
    seenTags: ['DT', 'NN', 'VBD'],
  });

  it('counts tokens, sentences, known and unknown words', () => {
    expect(counts.tokens).toEqual({ total: 6, correct: 4 });
    expect(counts.sentences).toEqual({ total: 3, correct: 1 });
    expect(counts.known).toEqual({ total: 5, correct: 4 });
    expect(counts.unknown).toEqual({ total: 1, correct: 0 });
    expect(counts.spans.size).toBe(0);
  });

  it('counts by tag, confusions and tags unseen in training', () => {
    expect(counts.tags.get('DT')).toEqual({ gold: 3, predicted: 3, correct: 3 });
    expect(counts.tags.get('NN')).toEqual({ gold: 1, predicted: 3, correct: 1 });
    expect(counts.tags.get('FW')).toEqual({ gold: 1, predicted: 0, correct: 0 });
    expect(counts.confusions).toEqual(
      new Map([
        ['VBD', new Map([['NN', 1]])],
        ['FW', new Map([['NN', 1]])],
      ]),
    );
    expect(counts.unseenTags).toEqual(new Map([['FW', 1]]));
  });

  it('counts only what its options allow', () => {
    const { known, unknown, unseenTags } = countPairs(pairs, { scheme: 'none' });
    expect([known, unknown, unseenTags]).toEqual([null, null, null]);
  });

  it('takes a span tag as seen if its type was', () => {
    const { unseenTags } = countPairs([pair('I-X B-X B-Y I-Y O', 'I-X B-X O O O')], {
      scheme: 'IOB1',
      seenTags: ['I-X'],
    });
    expect(unseenTags).toEqual(
      new Map([
        ['B-Y', 1],
        ['I-Y', 1],
      ]),
    );
  });

  it('refuses a pair of unequal lengths', () => {
    expect(() =>
      countPairs([{ tokens: ['a'], gold: ['X'], predicted: [] }], { scheme: 'none' }),
    ).toThrow('1 tokens with 1 gold and 0 predicted');
  });
});

describe('mergeCounts', () => {
  it('gives the counts of the corpus from those of its parts', () => {
    const options = {
      scheme: 'BIO' as const,
      isKnown: (token: string) => token < 'w3',
      seenTags: ['B-X'],
    };
    fc.assert(
      fc.property(sentences('BI'), fc.nat(6), (pairs, cut) => {
        const parts = [pairs.slice(0, cut), pairs.slice(cut)].map((part) =>
          countPairs(part, options),
        );
        const before = structuredClone(parts);
        expect(mergeCounts(parts, 'BIO')).toEqual(countPairs(pairs, options));
        expect(parts).toEqual(before);
      }),
    );
  });

  it('shares no objects with its parts', () => {
    const part = countPairs([pair('B-X', 'B-X')], {
      scheme: 'BIO',
      isKnown: () => true,
      seenTags: [],
    });
    const sum = mergeCounts([part], 'BIO');
    sum.known!.correct++;
    sum.tokens.correct++;
    sum.spans.get('X')!.correct++;
    sum.tags.get('B-X')!.correct++;
    sum.unseenTags!.set('B-X', 5);
    expect(part).toEqual(
      countPairs([pair('B-X', 'B-X')], { scheme: 'BIO', isKnown: () => true, seenTags: [] }),
    );
  });

  it('gives empty counts for no parts, and refuses mixed schemes', () => {
    expect(mergeCounts([], 'BIO')).toEqual(emptyCounts('BIO'));
    expect(() => mergeCounts([emptyCounts('none')], 'BIO')).toThrow('none');
  });
});
