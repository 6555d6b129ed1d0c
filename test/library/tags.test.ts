import { describe, expect, it } from 'vitest';
import { convertTags, detectScheme, spansOf } from '../../src/library/tags.ts';
import { wrong } from './wrong.ts';

describe('convertTags', () => {
  it('writes the same spans in another scheme', () => {
    expect(convertTags(['B-PER', 'I-PER', 'O', 'B-LOC'], 'BIO', 'BIOES')).toEqual([
      'B-PER',
      'E-PER',
      'O',
      'S-LOC',
    ]);
    expect(convertTags(['NN', 'VB'], 'none', 'none')).toEqual(['NN', 'VB']);
  });

  it.each([
    [
      wrong('B-PER'),
      'BIO',
      'IOB1',
      TypeError,
      'convertTags: tags: expected an array of tags, not "B-PER" (a string).',
    ],
    [wrong(['O', 1]), 'BIO', 'IOB1', TypeError, 'convertTags: tags[1]: expected a string, not 1.'],
    [
      ['O'],
      wrong('IOB'),
      'IOB1',
      RangeError,
      'convertTags: from: expected IOB1, BIO, BIOES, BILOU, BMES, IO or none, not "IOB" (a string).',
    ],
    [['O'], 'BIO', wrong(), TypeError, 'convertTags: to: expected IOB1, BIO'],
    [['O'], 'BIO', 'none', RangeError, 'convertTags: plain tags hold no spans'],
  ] as const)('refuses %j from %s to %s', (tags, from, to, kind, message) => {
    const call = (): unknown => convertTags(tags, from, to);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

it('spansOf reads tags as conlleval does', () => {
  expect(spansOf(['O', 'I-PER', 'B-LOC', 'I-LOC'], 'BIO')).toEqual([
    { type: 'PER', start: 1, end: 2 },
    { type: 'LOC', start: 2, end: 4 },
  ]);
  expect(spansOf(['NN'], 'none')).toEqual([]);
  expect(() => spansOf(['NN'], wrong('pos'))).toThrow(RangeError);
});

it('detectScheme looks at the letters', () => {
  expect(
    detectScheme([
      ['B-PER', 'E-PER'],
      ['S-LOC', 'O'],
    ]),
  ).toBe('BIOES');
  expect(detectScheme([['NN', 'VB']])).toBe('none');
  expect(() => detectScheme(wrong('BIO'))).toThrow(TypeError);
  expect(() => detectScheme(wrong(['B-PER']))).toThrow(
    new TypeError('detectScheme: sentence 1: expected an array of tags, not "B-PER" (a string).'),
  );
});
