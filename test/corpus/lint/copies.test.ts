import { expect, it } from 'vitest';
import { lint } from '../../../src/corpus/lint/lint.ts';

const sentence = (words: string, tags: string, feature?: string) => ({
  tokens: words.split(' '),
  tags: tags.split(' '),
  ...(feature !== undefined && { featureColumns: [feature.split(' ')] }),
});

const checksOf = (sentences: readonly ReturnType<typeof sentence>[]): string[] =>
  lint([{ role: 'train', name: 'a.conll', sentences }])
    .filter(({ severity }) => severity === 'error')
    .map(({ check }) => check);

it('finds that the tags are the tokens', () => {
  expect(checksOf([sentence('a b', 'a b'), sentence('c', 'c')])).toContain('tags-are-tokens');
  expect(checksOf([sentence('a b', 'a b'), sentence('c', 'X')])).not.toContain('tags-are-tokens');
});

it('finds that a feature column has the tags', () => {
  const [copy, other] = [sentence('a b', 'X Y', 'X Y'), sentence('a b', 'X Y', 'X X')];
  expect(checksOf([copy, copy])).toEqual(['features-are-tags']);
  expect(checksOf([copy, other])).toEqual([]);
});
