import { expect, test } from 'vitest';
import { countPairs } from '../../src/evaluation/counts.ts';
import { countCertainPairs } from '../../src/evaluation/partial.ts';

const pair = (gold: string, predicted: string) => ({
  tokens: gold.split(' ').map((_, i) => `w${i}`),
  gold: gold.split(' '),
  predicted: predicted.split(' '),
});

test('tokens without a certain gold tag do not count', () => {
  const pairs = [pair('NN ? VB|NN DT', 'NN XX VB NN'), pair('? ?', 'NN NN'), pair('VB ?', 'VB NN')];
  const counts = countCertainPairs(pairs, { scheme: 'none' });
  expect(counts.tokens).toEqual({ total: 3, correct: 2 });
  expect(counts.sentences).toEqual({ total: 2, correct: 1 });
  expect([...counts.tags.keys()].sort()).toEqual(['DT', 'NN', 'VB']);
});

test('spans are compared within parts that have only certain tags', () => {
  const spansOf = (gold: string, predicted: string) =>
    countCertainPairs([pair(gold, predicted)], { scheme: 'BIO' }).spans.get('X');
  expect(spansOf('B-X ? O', 'B-X I-X O')).toEqual({ gold: 1, predicted: 1, correct: 1 });
  expect(spansOf('? I-X O', 'B-X I-X O')).toEqual({ gold: 1, predicted: 1, correct: 1 });
  expect(spansOf('? O O', 'B-X I-X O')).toEqual({ gold: 0, predicted: 1, correct: 0 });
  expect(spansOf('B-X ? B-X', 'O B-X I-X')).toEqual({ gold: 2, predicted: 1, correct: 1 });
});

test('certain tags count as usual', () => {
  const pairs = [pair('B-X I-X O B-Y', 'B-X O O B-Y'), pair('O B-Y', 'O B-Y')];
  expect(countCertainPairs(pairs, { scheme: 'BIO' })).toEqual(countPairs(pairs, { scheme: 'BIO' }));
});
