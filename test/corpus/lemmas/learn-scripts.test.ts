import { expect, test } from 'vitest';
import {
  candidateScripts,
  type Lemmatised,
  learnScripts,
} from '../../../src/corpus/lemmas/learn-scripts.ts';
import { applyScript, parseScript } from '../../../src/corpus/lemmas/script.ts';
import { rng } from '../../oracle/rng.ts';

const learned = (pairs: readonly Lemmatised[]): string[] => {
  const scriptOf = learnScripts(pairs);
  return pairs.map(([form, lemma]) => scriptOf(form, lemma));
};

test('a word has one script at the beginning of a sentence and elsewhere', () => {
  expect(
    learned([
      ['The', 'the'],
      ['the', 'the'],
      ['DOGS', 'dog'],
      ['Dogs', 'dog'],
      ['dogs', 'dog'],
    ]),
  ).toEqual(['lower *', 'lower *', 'lower *-1', 'lower *-1', 'lower *-1']);
});

test('names keep their capitals, and lose those of headlines', () => {
  expect(
    learned([
      ['Iraq', 'Iraq'],
      ['IRAQ', 'Iraq'],
      ['iraq', 'Iraq'],
      ['McDonald', 'McDonald'],
      ['nasa', 'NASA'],
    ]),
  ).toEqual(['title *', 'title *', 'title *', 'keep *', 'upper *']);
});

test('a lemma with no letter of the form is a script by itself', () => {
  expect(learned([['is', 'be']])).toEqual(['=be']);
});

test('the script that most other words have is chosen', () => {
  expect(
    learned([
      ['men', 'man'],
      ['women', 'woman'],
    ]),
  ).toEqual(['lower *-2+an', 'lower *-2+an']);
  const be: Lemmatised[] = [
    ['is', 'be'],
    ['am', 'be'],
    ['are', 'be'],
    ['were', 'be'],
  ];
  expect(new Set(learned(be))).toEqual(new Set(['=be']));
});

test('Turkish capitals are not corrupted', () => {
  const pairs: Lemmatised[] = [
    ['İstanbul', 'İstanbul'],
    ["İstanbul'un", 'İstanbul'],
    ['İşte', 'işte'],
    ['Irmak', 'ırmak'],
    ['IRMAK', 'ırmak'],
    ['kitabı', 'kitap'],
  ];
  learned(pairs).forEach((script, i) => {
    expect(applyScript(parseScript(script)!, pairs[i]![0])).toBe(pairs[i]![1]);
  });
});

test('every script gives the lemma that it was learned from', () => {
  const random = rng(7);
  const letters = [...'abAB%*|+-= İıßé😀𝒜0'];
  const word = (least: number): string =>
    Array.from(
      { length: least + random.integer(5) },
      () => letters[random.integer(letters.length)]!,
    ).join('');
  const pairs = Array.from({ length: 3000 }, (): Lemmatised => [word(1), word(1)]);
  const scriptOf = learnScripts(pairs);
  for (const [form, lemma] of pairs) {
    for (const script of [scriptOf(form, lemma), ...candidateScripts(form, lemma)])
      expect([form, applyScript(parseScript(script)!, form)]).toEqual([form, lemma]);
    expect(scriptOf(form, lemma)).not.toContain('|');
  }
});

test('of several scripts for a pair, a preferred one comes first', () => {
  const pairs: Lemmatised[] = [
    ['cats', 'cat'],
    ['went', 'go'],
  ];
  const [, other] = candidateScripts('cats', 'cat');
  const scriptOf = learnScripts(pairs, new Set([other!]));
  expect(pairs.map(([form, lemma]) => scriptOf(form, lemma))).toEqual([other, learned(pairs)[1]]);
});
