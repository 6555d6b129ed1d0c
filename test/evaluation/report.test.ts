import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPairs, emptyCounts } from '../../src/evaluation/counts.ts';
import { createCorporaReport, createReport } from '../../src/evaluation/report.ts';

const words = (line: string) => line.split(' ');
const pair = (gold: string, predicted: string) => ({
  tokens: words(gold),
  gold: words(gold),
  predicted: words(predicted),
});

describe('createReport', () => {
  it('gives the scores of spans, computed by hand', () => {
    // X: 2 gold, 3 predicted, 2 right; Y: 2 gold, 1 predicted, 0 right; Z: only predicted
    const counts = countPairs(
      [pair('B-X I-X O B-X O', 'B-X I-X O B-X B-X'), pair('B-Y B-Y I-Y O', 'O B-Y O B-Z')],
      { scheme: 'BIO' },
    );
    const { spans, tags, accuracy, sentences, sentenceAccuracy } = createReport(counts);
    expect(tags).toBeUndefined();
    expect(accuracy).toBe(5 / 9);
    expect([sentences, sentenceAccuracy]).toEqual([2, 0]);
    expect(spans).toEqual({
      precision: 2 / 5,
      recall: 2 / 4,
      f1: 4 / 9,
      gold: 4,
      predicted: 5,
      correct: 2,
      macro: { precision: 2 / 3 / 3, recall: 1 / 3, f1: 4 / 5 / 3 },
      types: {
        X: { precision: 2 / 3, recall: 1, f1: 4 / 5, gold: 2, predicted: 3, correct: 2 },
        Y: { precision: 0, recall: 0, f1: 0, gold: 2, predicted: 1, correct: 0 },
        Z: { precision: 0, recall: null, f1: 0, gold: 0, predicted: 1, correct: 0 },
      },
    });
  });

  it('gives the scores of plain tags, computed by hand', () => {
    const counts = countPairs([pair('DT NN VB NN', 'DT NN NN VB'), pair('UH NN', 'NN VB')], {
      scheme: 'none',
      isKnown: (token) => token !== 'UH',
      seenTags: ['DT', 'NN', 'VB'],
    });
    const result = createReport(counts, { confusions: 2 });
    expect(result).toEqual({
      tokens: 6,
      correctTokens: 2,
      accuracy: 2 / 6,
      knownAccuracy: 2 / 5,
      unknownAccuracy: 0,
      unknownTokens: 1,
      sentences: 2,
      sentenceAccuracy: 0,
      tags: {
        macro: { precision: (1 + 1 / 3) / 4, recall: (1 + 1 / 3) / 4, f1: (1 + 1 / 3) / 4 },
        byTag: {
          DT: { precision: 1, recall: 1, f1: 1, gold: 1, predicted: 1, correct: 1 },
          NN: { precision: 1 / 3, recall: 1 / 3, f1: 1 / 3, gold: 3, predicted: 3, correct: 1 },
          UH: { precision: null, recall: 0, f1: 0, gold: 1, predicted: 0, correct: 0 },
          VB: { precision: 0, recall: 0, f1: 0, gold: 1, predicted: 2, correct: 0 },
        },
      },
      confusions: [
        { gold: 'NN', predicted: 'VB', count: 2 },
        { gold: 'UH', predicted: 'NN', count: 1 },
      ],
      unseenTags: [{ tag: 'UH', count: 1 }],
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it('gives null for every ratio of empty counts', () => {
    const nothing = { precision: null, recall: null, f1: null };
    expect(createReport(emptyCounts('BIO'))).toEqual({
      tokens: 0,
      correctTokens: 0,
      accuracy: null,
      knownAccuracy: null,
      unknownAccuracy: null,
      unknownTokens: null,
      sentences: 0,
      sentenceAccuracy: null,
      spans: { ...nothing, gold: 0, predicted: 0, correct: 0, macro: nothing, types: {} },
      confusions: [],
      unseenTags: null,
    });
    expect(createReport(emptyCounts('none')).tags).toEqual({ macro: nothing, byTag: {} });
  });

  it('keeps types with names such as __proto__', () => {
    const counts = countPairs([pair('B-__proto__ B-constructor', 'B-__proto__ O')], {
      scheme: 'BIO',
    });
    const text = JSON.stringify(createReport(counts));
    expect(Object.keys(JSON.parse(text).spans.types)).toEqual(['__proto__', 'constructor']);
  });

  it('survives JSON whatever the tags', () => {
    const tag = fc.constantFrom('O', 'B-X', 'I-X', 'B-Y', 'NN');
    const sentence = fc.array(fc.tuple(tag, tag), { maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(sentence, { maxLength: 4 }),
        fc.constantFrom('none' as const, 'BIO' as const),
        fc.boolean(),
        (all, scheme, isTold) => {
          const pairs = all.map((s) => ({
            tokens: s.map(([gold]) => gold),
            gold: s.map(([gold]) => gold),
            predicted: s.map(([, predicted]) => predicted),
          }));
          const told = isTold ? { isKnown: (t: string) => t === 'O', seenTags: ['O'] } : {};
          const result = createReport(countPairs(pairs, { scheme, ...told }));
          expect(JSON.stringify(result)).not.toMatch(/NaN|Infinity/);
          expect(JSON.parse(JSON.stringify(result))).toStrictEqual(result);
        },
      ),
    );
  });
});

describe('createCorporaReport', () => {
  it('adds counts for the total and does not average scores', () => {
    const small = countPairs([pair('B-X', 'O')], { scheme: 'BIO' });
    const large = countPairs([pair('B-X O B-X O B-X O B-X O B-X', 'B-X O B-X O B-X O B-X O B-X')], {
      scheme: 'BIO',
    });
    const { corpora, total } = createCorporaReport([
      { name: 'small', counts: small },
      { name: 'large', counts: large },
    ]);
    expect(corpora.map(({ name, report: { accuracy } }) => [name, accuracy])).toEqual([
      ['small', 0],
      ['large', 1],
    ]);
    expect(total.accuracy).toBe(9 / 10);
    expect(total.spans?.recall).toBe(5 / 6);
    expect(total.spans?.f1).toBe(10 / 11);
  });

  it('needs a corpus', () => {
    expect(() => createCorporaReport([])).toThrow('no corpus');
  });
});
