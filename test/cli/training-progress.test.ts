import { expect, it } from 'vitest';
import { plain } from '../../src/cli/style.ts';
import { trainingNarrator } from '../../src/cli/training-progress.ts';

const narrator = trainingNarrator(undefined)(plain, 80);

it('shows how much of a file of vectors was read, and writes no line for it', () => {
  const event = { type: 'vectors', bytes: 3_000_000 } as const;
  expect(narrator.status(event)).toBe('reading vectors  3.0 MB');
  expect(narrator.status({ ...event, of: 6_000_000 })).toMatch(/^reading vectors {2}(━+)─+$/);
  expect(narrator.lines(event)).toBe('');
});

const start = {
  type: 'start',
  train: { sentences: 2, tokens: 12 },
  dev: { sentences: 1, tokens: 6, heldOut: false },
  words: 9,
  chars: 8,
  tags: 3,
  scheme: 'none',
  tagColumns: [{ name: 'tag', tags: 3, scheme: 'none', trainedScheme: 'none' }],
  parameters: 100,
  backend: 'wasm',
  threads: 1,
  epochs: 5,
} as const;

it('shows the pretrained vectors, what they cover, and frequent words without one', () => {
  const coverage = {
    words: 8,
    exact: 3,
    folded: 3,
    missing: 2,
    byTokens: 0.9,
    examples: ["'s", 'a\u001b'],
  };
  const pretrained = { rows: 100_000, dim: 100, bits: 8, error: 0.0064, coverage };
  const lines = narrator.lines({ ...start, pretrained });
  expect(lines).toMatch(
    /^vectors +100,000 {2}of 100 numbers in 8 bits, with an error of 0\.64 %$/m,
  );
  expect(lines).toMatch(
    /^ +90\.00 % {2}of tokens and 75\.00 % of words have a vector; none for 's a\S+$/m,
  );
  const all = narrator.lines({
    ...start,
    pretrained: { ...pretrained, coverage: { ...coverage, missing: 0, byTokens: 1, examples: [] } },
  });
  expect(all).toMatch(/100\.00 % of words have a vector$/m);
  expect(narrator.lines(start)).not.toContain('vector');
});
