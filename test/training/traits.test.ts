import { expect, test } from 'vitest';
import type { Scheme } from '../../src/corpus/tags/scheme.ts';
import { type Traits, traitsOf } from '../../src/training/traits.ts';

/** The traits of sentences with these tags. */
const traits = (
  tags: string[],
  { scheme = 'BIOES', partial = false }: { scheme?: Scheme; partial?: boolean } = {},
): Traits => {
  const sentences = tags.map((text) => ({ tokens: text.split(' '), tags: text.split(' ') }));
  return traitsOf(sentences, { scheme, partial, vectors: false });
};

test('density and length of spans', () => {
  const found = traits(['B-PER E-PER O O S-LOC O', 'O O S-PER']);
  expect(found).toMatchObject({ plain: false, tokens: 9, density: 4 / 9, spanLength: 4 / 3 });
});

test('plain tags have no spans, also if they look like tags of spans', () => {
  const found = traits(['B-X I-X'], { scheme: 'none' });
  expect(found).toMatchObject({ plain: true, density: 0, spanLength: 0 });
});

test('uncertain labels count for neither density nor length', () => {
  const found = traits(['? S-X|O B-X E-X'], { partial: true });
  expect(found).toMatchObject({ tokens: 4, density: 1, spanLength: 2 });
});

test('a question mark is a tag like any other without partial labels', () => {
  expect(traits(['? B-X E-X O'])).toMatchObject({ density: 1 / 2 });
});

test('words of spans that begin with a capital', () => {
  const sentence = {
    tokens: ['The', 'Élan', 'iPhone', 'left', '東'],
    tags: 'O S-X S-X O S-X'.split(' '),
  };
  const options = { scheme: 'BIOES', partial: false, vectors: true } as const;
  expect(traitsOf([sentence], options)).toMatchObject({ capitalised: 1 / 3, vectors: true });
});

test('a corpus without sentences', () => {
  expect(traits([])).toMatchObject({ tokens: 0, density: 0, spanLength: 0, capitalised: 1 });
});
