import { describe, expect, test } from 'vitest';
import type { Format } from '../../../src/corpus/index.ts';
import { parseText } from '../helpers.ts';

const lineEnds =
  /^file:1: line ends are CR alone \(classic Mac OS\)\. Convert them, for example with tr /;

describe('line ends of CR alone', () => {
  test.each<[Format, string]>([
    ['columns', 'a\tX\nb\tY\n\nc\tX\n'],
    ['conllu', `1\ta${'\t_'.repeat(8)}\n2\tb${'\t_'.repeat(8)}\n\n`],
    ['csv', 'token,tag\na,X\nb,Y\n'],
    ['tsv', 'token\ttag\na\tX\nb\tY\n'],
    ['jsonl', '{"tokens":["a"],"tags":["X"]}\n{"tokens":["b"],"tags":["Y"]}\n'],
    ['horizontal', 'a b\nc d\n'],
  ])('are refused: %s', (format, text) => {
    const classic = text.replaceAll('\n', '\r');
    expect(() => parseText(classic, { format })).toThrow(lineEnds);
    expect(() =>
      parseText(
        classic,
        { format },
        [...classic].map((_, i) => i),
      ),
    ).toThrow(lineEnds);
    const crlf = text.replaceAll('\n', '\r\n');
    expect(
      parseText(
        crlf,
        { format },
        [...crlf].map((_, i) => i),
      ).sentences,
    ).not.toEqual([]);
  });

  test('are refused before a long file is read to its end', () => {
    expect(() =>
      parseText(`${'a b\r'.repeat(20_000)}\n`, { format: 'horizontal' }, [79_000]),
    ).toThrow(lineEnds);
  });

  test.each(['a\rb\nc\n', 'a b\r'])('a CR elsewhere is white space: %j', (text) => {
    expect(parseText(text, { format: 'horizontal' }).sentences[0]!.tokens).toEqual(['a', 'b']);
  });
});
