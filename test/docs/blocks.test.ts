import { describe, expect, it } from 'vitest';
import { commandsOf, difference, isAlike } from './blocks.ts';

const markdown = [
  'Text.',
  '```console',
  '$ echo one \\',
  '>   two',
  'one two',
  '',
  '$ true',
  '$ seqtag tag',
  'a  1',
  '…',
  'z  9',
  '```',
  '```console no-run',
  '$ rm -rf /',
  '```',
  '```sh',
  '$ not this',
  '```',
].join('\n');

describe('commandsOf', () => {
  it('finds commands, their further lines and their output', () => {
    expect(commandsOf(markdown)).toEqual([
      { line: 3, text: 'echo one \\\n  two', output: ['one two'] },
      { line: 7, text: 'true', output: [] },
      { line: 8, text: 'seqtag tag', output: ['a  1', '…', 'z  9'] },
    ]);
  });

  it('refuses output that no command prints', () => {
    expect(() => commandsOf('```console\nlost\n```')).toThrow('line 2');
  });
});

describe('difference', () => {
  it('takes … for any number of lines', () => {
    expect(difference(['a', '…', 'z'], ['a', 'b', 'c', 'z'])).toBeUndefined();
    expect(difference(['a', '…', 'z'], ['a', 'z', ''])).toBeUndefined();
    expect(difference(['a', '…'], ['a', 'b'])).toBeUndefined();
  });

  it.each([
    [['a', '…', 'z'], ['a', 'b'], 'missing: z'],
    [['a'], ['a', 'b'], 'not shown: b'],
    [['a', 'b'], ['a'], 'missing: b'],
    [['DET'], ['NOUN'], 'shown:   DET\nprinted: NOUN'],
  ])('%j against %j: %s', (expected, actual, message) => {
    expect(difference(expected, actual)).toBe(message);
  });
});

describe('isAlike', () => {
  it.each([
    ['accuracy 93.70', 'accuracy  93.21'],
    ['time  21 s (10,524 tokens/s)', 'time  87 s (2,001 tokens/s)'],
    [
      'model  1,139,631 parameters  native avx512, 2 threads',
      'model 1,139,631 parameters wasm simd128, 1 thread',
    ],
    ['"confidence":0.9804', '"confidence":0.9712'],
    ['seqtag: no such model …', 'seqtag: no such model or file'],
  ])('%s: %s', (shown, printed) => {
    expect(isAlike(shown, printed)).toBe(true);
  });

  it.each([
    ['accuracy 93.70', 'accuracy 83.70'],
    ['accuracy 93.70', 'F1 93.70'],
    ['dev  144 sentences', 'dev  100 sentences'],
    ['"confidence":0.9804', '"confidence":0.1'],
    ['best epoch 2', 'best epoch 3'],
  ])('not %s: %s', (shown, printed) => {
    expect(isAlike(shown, printed)).toBe(false);
  });
});
