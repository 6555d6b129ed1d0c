import { describe, expect, test } from 'vitest';
import { sentenceEnds } from '../../../src/corpus/text/sentences.ts';
import { tokenizerOf } from '../../../src/corpus/text/tokenizer.ts';
import { Trait } from '../../../src/corpus/text/traits.ts';

describe('sentenceEnds', () => {
  /** How many sentences two chunks are. */
  const sentences = (...texts: string[]): number =>
    sentenceEnds(texts.map((text) => tokenizerOf().traits(text))).length;

  test.each([
    ['Mr.', 'Smith'],
    ['(Dr.', 'The'],
    ['J.', 'Smith'],
    ['No.', '5'],
    ['U.S.', 'Army'],
    ['Inc.', 'of'],
    ['"What?"', 'he'],
    ['dog', 'Smith'],
    ['dog.', ', then'],
    ['1.', 'Open'],
    ['dog.', '(so'],
  ])('%s %s is one', (last, next) => {
    expect(sentences(last, next)).toBe(1);
  });

  test.each([
    ['dog.', 'Smith'],
    ['No.', 'We'],
    ['U.S.', 'The'],
    ['etc.', 'But'],
    ['"What?"', 'He'],
    ['U.S.)', 'Army'],
    ['What?', 'he'],
    ['dog.', '5'],
  ])('%s %s are two', (last, next) => {
    expect(sentences(last, next)).toBe(2);
  });

  test('the first letter after a full stop decides, some chunks on', () => {
    expect(sentences('approx.', '5', 'dogs')).toBe(1);
    expect(sentences('dog.', '5', '"', 'they')).toBe(1);
    expect(sentences('dog.', '5', '"', 'They')).toBe(2);
  });

  test('a sentence ends after each break', () => {
    const traits = tokenizerOf().traits('dog');
    expect(sentenceEnds([traits, traits | Trait.break, traits])).toEqual([2, 3]);
  });
});
