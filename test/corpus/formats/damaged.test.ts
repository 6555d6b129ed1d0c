import { describe, expect, test } from 'vitest';
import { sniffFormat } from '../../../src/corpus/index.ts';
import { expectUserError, joined, parseText, written } from '../helpers.ts';

type Named = 'columns' | 'conllu' | 'csv' | 'tsv' | 'inline';

const tokensOf = (text: string, format: Named): string[] => {
  const parsed = parseText(text, { format, gold: true });
  expect(joined(parsed)).toBe(text);
  return parsed.sentences.flatMap(({ tokens, tags }) =>
    tokens.map((token, t) => `${token}/${tags[t]}`),
  );
};
const refuses = (text: string, format: Named, pattern: RegExp): void =>
  expectUserError(() => tokensOf(text, format), pattern);

describe('carriage returns', () => {
  test.each([
    ['columns', 'Ada O\nleft\r O\n'],
    ['columns', 'Ada\tO\nleft\tB-\rX\n'],
    ['conllu', `1\ta${'\t_'.repeat(8)}\n2\tb\r${'\t_'.repeat(8)}\n`],
    ['tsv', 'token\ttag\nle\rft\tO\n'],
    ['csv', 'token,tag\nle\rft,O\n'],
    ['inline', 'Ada/O left/O ./O\nBo/O\rsat/O ./O\n'],
  ] as const)('%s: one inside a line is refused: %j', (format, text) => {
    refuses(text, format, /file:2: a carriage return inside a line/);
  });

  test('inside quotes of csv, and in comments of CoNLL-U, they stay', () => {
    expect(tokensOf('token,tag\n"le\rft",O\n', 'csv')).toEqual(['le\rft/O']);
    expect(tokensOf(`# a\rb\n1\tAda\t_\tO${'\t_'.repeat(6)}\n`, 'conllu')).toEqual(['Ada/O']);
  });

  test('several before a line feed are a line end', () => {
    const text = 'Ada O\r\r\nleft O\r\r\n\r\r\nBo O\r\n';
    expect(tokensOf(text, 'columns')).toEqual(['Ada/O', 'left/O', 'Bo/O']);
    expect(written(parseText(text, { format: 'columns' }), {}, () => 'X')).toBe(
      text.replaceAll(' O', ' O X'),
    );
  });
});

describe('lines that begin with #', () => {
  test('a token # that lost or got a column is no comment', () => {
    refuses('Ada NN O\n# NN\nleft NN O\n', 'columns', /file:2: 2 columns, expected 3/);
    refuses('Ada\tO\n#\tO\tO\n', 'columns', /file:2: 3 columns, expected 2/);
    refuses('token\ttag\nAda\tO\n#\tO\tO\n', 'tsv', /file:3: 3 columns, expected 2/);
  });

  test('a comment inside a sentence is one', () => {
    expect(tokensOf('Ada NN O\n# as he said\nleft NN O\n', 'columns')).toEqual(['Ada/O', 'left/O']);
  });

  test('a file of comments has no token, but a token # with a tag is one', () => {
    expect(tokensOf('# one comment\n', 'columns')).toEqual([]);
    expect(tokensOf('# NN\n', 'columns')).toEqual(['#/NN']);
  });
});

test('a line without tabs in a file of tabs is refused', () => {
  refuses(`a comment\n${'Ada\tO\n'.repeat(5)}`, 'columns', /file:1: no tab, but tabs separate/);
  // tabs and spaces may be mixed
  expect(tokensOf('Ada  O\nleft\t O\nBo \tO\n', 'columns').length).toBe(3);
});

test('ids are found although a few are wrong', () => {
  const text = '1 Ada O\n2 left O\nx . O\n\n1 Bo O\n2 sat O\n3 . O\n';
  expect(tokensOf(text, 'columns')[2]).toBe('./O');
});

describe('lists in cells', () => {
  test('a list that is damaged in the first row does not make rows of tokens', () => {
    const head = 'tokens,tags\n';
    refuses(`${head}"['a', b']","['X', 'X']"\n`, 'csv', /file:2: .* is no list/);
    refuses(`${head}"['a', 'b'","['X', 'X']"\n`, 'csv', /file:2: .* is no list/);
    refuses(
      `${head}"['a', 'b']","['X', 'X']"\n"'a', 'b']","['X', 'X']"\n`,
      'csv',
      /file:3: .* is no list/,
    );
  });

  test('lists after a row of a token are refused', () => {
    refuses(`x1,y2\n"['a', 'b']","['X', 'X']"\n`, 'csv', /file:2: a list in a row of one token/);
  });
});

describe('tagged sentences', () => {
  test('a damaged first line does not change how tags are written', () => {
    refuses('Ada/X left .\nBo/X sat/Y ./Z\nBo/X sat/Y ./Z\n', 'inline', /file:1: 0 tags in "left"/);
  });

  test.each([
    ['Ada/X left/ ./Z\nBo/X sat/Y ./Z\n', /file:1: 0 tags in "left\/"/],
    ['<START:PER> Ada left\n', /file:1: a span of PER that does not end/],
    [
      '<START:PER> Ada <END> left\nBo <END> sat\n',
      /file:2: "<END>" ends a span that does not begin/,
    ],
    ['<START:PER> Ada <END> left\n<START:PERBo <END> sat\n', /file:2: "<START:PERBo" is no mark/],
    ['<START:PER> Ada <END> left\n<START:PER> <END> sat\n', /file:2: a span of PER without a word/],
    ['[PER Ada] left\nBo] sat\n', /file:2: "Bo\]" ends a span that does not begin/],
    ['[PER Ada] left\n[PER Bo sat\n', /file:2: a span of PER that does not end/],
    ['[PER Ada] left\n[-x Bo] sat\n', /file:2: "\[-x" begins a span without a type/],
    ['Ada left .\nBo sat .\n', /file:1: no tags: neither/],
  ])('%j is refused', (text, pattern) => refuses(text, 'inline', pattern));

  test('brackets that are tokens stay tokens', () => {
    expect(tokensOf('[PER Ada] wrote [ sic ] [1]\n', 'inline')).toEqual([
      'Ada/B-PER',
      'wrote/O',
      '[/O',
      'sic/O',
      ']/O',
      '[1]/O',
    ]);
  });

  test('are recognised although the first line is damaged, and with brackets', () => {
    const good = 'Bo/X sat/Y ./Z\n'.repeat(3);
    expect(sniffFormat(`Ada/X left/Y .\n${good}`)).toBe('inline');
    expect(sniffFormat('[PER Ada] left [LOC Oslo] .\nIt rained .\n')).toBe('inline');
  });
});
