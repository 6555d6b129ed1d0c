import { describe, expect, test } from 'vitest';
import { sniffFormat } from '../../../src/corpus/index.ts';
import { expectUserError, joined, parseText, written } from '../helpers.ts';

const pairs = (text: string, options = {}) => {
  const parsed = parseText(text, { format: 'inline', gold: true, ...options });
  expect(joined(parsed)).toBe(text);
  return parsed.sentences.map(({ tokens, tags }) =>
    tokens.map((token, i) => `${token} ${tags[i]}`).join(', '),
  );
};

describe('reading tagged sentences', () => {
  test('word/TAG and word_TAG, cut at the last separator', () => {
    expect(pairs('1/2/CD dogs/NNS ././.\nNo/DT ./.\n')).toEqual([
      '1/2 CD, dogs NNS, ./. .',
      'No DT, . .',
    ]);
    expect(pairs('Ada_B-PER left_O ._O\r\na_b_X c_Y\r\n')).toEqual([
      'Ada B-PER, left O, . O',
      'a_b X, c Y',
    ]);
  });

  test('word|POS|TAG has numbered columns', () => {
    const text = 'Ada|NNP|B-PER left|VBD|O ||SYM|O\n';
    expect(pairs(text)).toEqual(['Ada B-PER, left O, | O']);
    expect(pairs(text, { tagColumn: 1 })).toEqual(['Ada NNP, left VBD, | SYM']);
    const { sentences } = parseText(text, { format: 'inline', gold: true, tagColumn: [1, 2] });
    expect(sentences[0]?.tagColumns).toEqual([
      ['NNP', 'VBD', 'SYM'],
      ['B-PER', 'O', 'O'],
    ]);
  });

  test('spans of OpenNLP', () => {
    expect(
      pairs('<START:person> Ada Brandt <END> left <START> Oslo <END> .\nIt rained .\n'),
    ).toEqual([
      'Ada B-person, Brandt I-person, left O, Oslo B-default, . O',
      'It O, rained O, . O',
    ]);
    expectUserError(
      () => pairs('a <START:x> b\n'),
      /^file:1: a span of x that does not end in its line/,
    );
    expectUserError(
      () => pairs('<START:x> a <START:y> b <END>\n'),
      /^file:1: a span of y inside one of x/,
    );
  });

  test('blank lines and line ends come back, and spans as OpenNLP writes them', () => {
    for (const text of [
      '\n\ndogs/NNS bark/VBP ./.\r\n \n\nNo/DT ,/, no/DT ./.\n\n',
      '<START:person> Ada Lee <END> left .\n\n\nShe met <START:x> Bo <END>',
      '\n[PER Ada Lee] left .\n\nShe met [X Bo]\n',
    ]) {
      const parsed = parseText(text, { format: 'inline', gold: true });
      expect(written(parsed, { format: 'inline' })).toBe(text);
    }
  });

  test('spans in brackets, as they are written', () => {
    const text = '[PER Ada Brandt] left [LOC Oslo] [ see [1] ] .\n';
    expect(pairs(text)).toEqual([
      'Ada B-PER, Brandt I-PER, left O, Oslo B-LOC, [ O, see O, [1] O, ] O, . O',
    ]);
    const parsed = parseText(text, { format: 'inline', gold: true });
    expect(written(parsed, { format: 'inline' })).toBe(text);
  });

  test('a word without its tag is an error', () => {
    expectUserError(
      () => pairs('a/X b/Y c/Z\nd/X e\n'),
      /^file:2: 0 tags in "e", expected 1 after "\/"\./,
    );
  });

  test('recognised by the first line', () => {
    for (const text of [
      'Ada/B-PER left/O ./O\n',
      'Ada_B-PER left_O ._O\n',
      'Ada|NN|B-PER left|VB|O .|.|O\n',
      '<START:person> Ada <END> left .\n',
    ])
      expect(sniffFormat(text)).toBe('inline');
    expect(sniffFormat('He/she said and/or _this_ a|b.\nIt was.\n')).toBe('text');
    expect(sniffFormat('a/X O\nb O\n')).toBe('columns');
  });
});
