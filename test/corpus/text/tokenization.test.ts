import { describe, expect, test } from 'vitest';
import { learnTokenization } from '../../../src/corpus/text/tokenization.ts';

/** Sentences of tokens between spaces, each three times, so that there is evidence. */
const learn = (...sentences: string[]) =>
  learnTokenization(
    [...sentences, ...sentences, ...sentences].map((text) => ({ tokens: text.split(' ') })),
  );

describe('learnTokenization', () => {
  test.each([
    ['hyphens', 'a well-known man', 'a well - known man'],
    ['slashes', 'this and/or that', 'this and / or that'],
    ['negations', "we don't go", "we do n't go"],
    ['possessives', "Anna's dog", "Anna 's dog"],
    ['clitics', "they'll go", "they 'll go"],
    ['elisions', "l'arbre vert", "l' arbre vert"],
    ['currency', 'for $10 each', 'for $ 10 each'],
    ['percent', 'by 50% more', 'by 50 % more'],
    ['units', 'at 10am', 'at 10 am'],
    ['decimals', 'for 3.5 miles', 'for 3 . 5 miles'],
    ['links', 'see www.example.org now', 'see www . example . org now'],
    ['hashtags', 'the #news today', 'the # news today'],
    ['handles', 'ask @anna now', 'ask @ anna now'],
    ['emoticons', 'good :)', 'good : )'],
    ['marks', 'wait ...', 'wait . . .'],
    ['abbreviations', 'Dr. Smith', 'Dr . Smith'],
    ['initials', 'the U.S. army', 'the U . S . army'],
    ['ideographs', '東京 です', '東 京 で す'],
  ] as const)('%s', (name, kept, split) => {
    expect(learn(kept).treatments[name]).toBe('keep');
    expect(learn(split).treatments[name]).toBe('split');
  });

  test('where spacing is known, only tokens without a space between them were split', () => {
    const sentence = (isJoined: boolean[]) => ({
      tokens: ['a', 'red', '-', 'hot', 'day'],
      isJoined,
    });
    const apart = sentence([false, false, false, false, false]);
    const kept = { tokens: ['a', 'red-hot', 'day'] };
    expect(learnTokenization([apart, apart, apart, apart, apart, kept, kept, kept])).toMatchObject({
      treatments: { hyphens: 'keep' },
    });
    const joined = sentence([false, true, true, false, false]);
    expect(learnTokenization([joined, joined, kept])).toMatchObject({
      treatments: { hyphens: 'keep' }, // one kept counts as three
    });
    expect(learnTokenization([joined, joined, joined, joined, kept])).toMatchObject({
      treatments: { hyphens: 'split' },
    });
  });

  test('what a corpus does not show is as in known rules', () => {
    const known = learn('a well-known man', 'Dr. Smith', 'an e - mail');
    const learned = learnTokenization([{ tokens: ['Smith', 'went'] }], { known });
    expect(learned).toEqual(known);
    const split = 'a self - made man'.split(' ');
    const { treatments, abbreviations } = learnTokenization(
      Array.from({ length: 6 }, () => ({ tokens: split })),
      { known },
    );
    expect([treatments.hyphens, abbreviations]).toEqual(['split', ['dr']]);
  });

  test('prefixes that keep their hyphen, abbreviations, and words that are not split', () => {
    expect(learn('an e-mail', 'a well - known man', 'a self - made man').prefixes).toEqual(['e']);
    expect(learn('Ltd. is it', 'Dr. Smith went to approx. ten').abbreviations).toEqual([
      'approx',
      'dr',
      'ltd',
    ]);
    // the last token of a sentence may have the full stop that ends it
    expect(learn('I like it.', 'Dr. Smith').abbreviations).toEqual(['dr']);
    expect(learn('I cannot go').unsplit).toEqual(['cannot']);
    expect(learn('I can not go').unsplit).toEqual([]);
  });

  test('a corpus that splits no English clitic splits none', () => {
    expect(learn('Il y a un arbre').treatments).toMatchObject({
      negations: 'keep',
      possessives: 'keep',
      clitics: 'keep',
    });
    expect(learn("Anna 's dog").treatments.negations).toBe('split');
  });
});
