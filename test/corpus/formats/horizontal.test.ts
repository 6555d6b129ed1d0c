import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectUserError, hasLineFeeds, joined, parseText, seen, written } from '../helpers.ts';

const bare = { format: 'horizontal' } as const;

describe('horizontal', () => {
  test('a sentence a line, tokens between ASCII white space', () => {
    const { sentences } = parseText('\n The\tdog  barks .\r\n \na\u00a0b \u2003\n', bare);
    expect(seen(sentences)).toEqual([
      { tokens: ['The', 'dog', 'barks', '.'], tags: [], line: 2 },
      { tokens: ['a\u00a0b', '\u2003'], tags: [], line: 4 },
    ]);
  });

  test('is written as columns, or as its tokens', () => {
    const parsed = parseText('\n\na  b\n\nc', bare);
    expect(written(parsed, {}, () => 'T')).toBe('a\tT\nb\tT\n\nc\tT\n\n');
    expect(written(parsed, { format: 'horizontal' }, () => 'T')).toBe('a b\nc\n');
  });

  test('has no tags, and no endless lines', () => {
    expectUserError(
      () => parseText('a b\n', { ...bare, gold: true }),
      /^file: the format horizontal has no tags/,
    );
    expectUserError(
      () => parseText('x'.repeat(16 * 1024 * 1024 + 1), bare),
      /^file:1: a line longer than 16 MiB/,
    );
    expectUserError(
      () => parseText('x '.repeat(1_000_001), bare),
      /^file:1: a sentence of more than 1000000 tokens/,
    );
  });

  test('any text: sources join to it, however it is cut', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\r',
      '\u00a0',
      '😂',
      '\u2028',
      '\ufeff',
      '#',
    );
    const text = fc
      .array(piece, { maxLength: 40 })
      .map((parts) => parts.join(''))
      .filter(hasLineFeeds);
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 60 })), (text, cuts) => {
        const parsed = parseText(text, bare, cuts);
        expect(joined(parsed)).toBe(text);
        expect(parsed).toEqual(parseText(text, bare));
        const body = text.replace(/^\ufeff/, '');
        expect(parsed.sentences.map(({ tokens }) => tokens)).toEqual(
          body
            .split('\n')
            .map((line) => line.replace(/^\ufeff+/, ''))
            .map((line) => line.split(/[\t-\r ]+/).filter(Boolean))
            .filter((tokens) => tokens.length > 0),
        );
      }),
    );
  });
});
