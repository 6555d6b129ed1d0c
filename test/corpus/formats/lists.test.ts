import { describe, expect, test } from 'vitest';
import { formatList, parseList } from '../../../src/corpus/formats/table/lists.ts';
import type { ReadOptions } from '../../../src/corpus/index.ts';
import { expectUserError, joined, parseText, written } from '../helpers.ts';

describe('lists in cells', () => {
  test.each([
    ['["EU", "it\'s", "a\\"b"]', 'json', ['EU', "it's", 'a"b']],
    [
      "['EU', \"it's\", '\"', 'a\\\\b', '\\u00e9\\x41', 'x\\ny']",
      'python',
      ['EU', "it's", '"', 'a\\b', 'éA', 'x\ny'],
    ],
    ["['EU' 'rejects'\n 'a']", 'numpy', ['EU', 'rejects', 'a']],
    ["['one']", 'python', ['one']],
    ["['a', 'b',]", 'python', ['a', 'b']],
    ['[]', 'json', []],
  ])('%s', (cell, notation, items) => {
    expect(parseList(cell)).toEqual({ notation, items, areNumbers: false });
  });

  test.each(['[3, 0, 7]', '[3 0 7]'])('numbers: %s', (cell) => {
    expect(parseList(cell)).toMatchObject({ items: ['3', '0', '7'], areNumbers: true });
  });

  test.each([
    "['a', 'b' 'c']",
    "['a', b]",
    "['a'",
    "['a''b']",
    "['a', 3]",
    '[1.5, 2]',
    '[...]',
    'a',
  ])('no list: %s', (cell) => expect(parseList(cell)).toBeUndefined());

  test.each(['json', 'python', 'numpy'] as const)('written and read back: %s', (notation) => {
    const items = ['a', "it's", '"', 'a\\n', 'x\ny\t', 'both \' and "'];
    expect(parseList(formatList(items, notation))?.items).toEqual(items);
  });
});

const csv = { format: 'csv', gold: true } as const;

function sentences(text: string, options: Omit<ReadOptions, 'format'> = {}): string[] {
  const parsed = parseText(text, { ...csv, ...options });
  expect(joined(parsed)).toBe(text);
  return parsed.sentences.map(({ tokens, tags }) =>
    tokens.map((token, t) => (tags.length > 0 ? `${token}/${tags[t]}` : token)).join(' '),
  );
}

const kaggle = `Sentence #,Sentence,POS,Tag
Sentence: 1,"Troops left , via Rome","['NNS', 'VBD', ',', 'IN', 'NNP']","['O', 'O', 'O', 'O', 'B-geo']"
Sentence: 2,Iran says,"['NNP', 'VBZ']","['B-geo', 'O']"
`;

describe('a sentence per row', () => {
  test.each([
    ['Python', `tokens,ner_tags\n"['EU', ""it's""]","['B-ORG', 'O']"\n['Bo'],['B-PER']\n`],
    [
      'JSON',
      `id,tokens,tags\n0,"[""EU"", ""it's""]","[""B-ORG"", ""O""]"\n1,"[""Bo""]","[""B-PER""]"\n`,
    ],
    ['NumPy', `tokens,tags\n"['EU' ""it's""]",['B-ORG' 'O']\n['Bo'],['B-PER']\n`],
  ])('%s', (_, text) => {
    expect(sentences(text)).toEqual(["EU/B-ORG it's/O", 'Bo/B-PER']);
    expect(sentences(text, { gold: false })).toEqual(["EU it's", 'Bo']);
  });

  test('a text that is cut at its spaces, with a list of tags', () => {
    expect(sentences(kaggle)).toEqual([
      'Troops/O left/O ,/O via/O Rome/B-geo',
      'Iran/B-geo says/O',
    ]);
    expect(sentences(kaggle, { tagColumn: 'POS' })[1]).toBe('Iran/NNP says/VBZ');
  });

  test('a text, with tags between spaces', () => {
    const text = 'text,labels\nIran says no,B-geo O O\nYes,O\n';
    expect(sentences(text)).toEqual(['Iran/B-geo says/O no/O', 'Yes/O']);
  });

  test('numbers need the names of their labels', () => {
    const text = 'tokens,ner_tags\n"[\'EU\', \'left\']","[2, 0]"\n';
    expectUserError(() => sentences(text), /file:2: column ner_tags has numbers\. Give the names/);
    expect(sentences(text, { labels: ['O', 'B-PER', 'B-ORG'] })).toEqual(['EU/B-ORG left/O']);
    expectUserError(
      () => sentences(text, { labels: ['O', 'B-PER'] }),
      /file:2: label 2 in column ner_tags, but 2 names \(0 to 1\) were given/,
    );
    // a token per row, too
    expect(sentences('word,tag\nEU,1\nleft,0\n', { labels: ['O', 'B-ORG'] })).toEqual([
      'EU/B-ORG left/O',
    ]);
  });

  test('lists that do not fit are refused', () => {
    const head = "tokens,tags\n['a'],['X']\n";
    const row = (text: string) => () => sentences(head + text);
    expectUserError(row(`"['a', 'b']",['X']\n`), /file:3: 1 tag in column tags for 2 tokens/);
    expectUserError(row(`"['a', 'b]","['X', 'X']"\n`), /file:3: .* in column tokens is no list/);
    expectUserError(
      row(`['a'],"['X\\n']"\n`),
      /file:3: a tag in column tags has a tab or line end/,
    );
  });

  test('come back with their tags in the same notation', () => {
    const rewrite = (text: string, tagColumn?: string) =>
      written(parseText(text, { ...csv, gold: false }), { tagColumn }, () => 'X');
    const python = `tokens,ner_tags\n"['EU', 'left']","['O', 'O']"\n[],[]\n`;
    expect(rewrite(python)).toBe(
      `tokens,ner_tags,tag\n"['EU', 'left']","['O', 'O']","['X', 'X']"\n[],[],[]\n`,
    );
    expect(rewrite(python, 'ner_tags')).toBe(
      `tokens,ner_tags\n"['EU', 'left']","['X', 'X']"\n[],[]\n`,
    );
    const parsed = parseText(kaggle, csv);
    expect(written(parsed, { tagColumn: 'Tag' })).toBe(kaggle);
    expect(written(parsed, { tagColumn: 'Tag' }, () => 'X')).toContain(
      `Iran says,"['NNP', 'VBZ']","['X', 'X']"\n`,
    );
  });
});

describe('headers', () => {
  test('a header that comes again, as in files that were joined, is no token', () => {
    const text = 'token,tag\na,O\ntoken,tag\nb,B-X\n\ufefftoken,tag\nc,O\n';
    expect(sentences(text)).toEqual(['a/O', 'b/B-X', 'c/O']);
    expect(written(parseText(text, csv), {}, () => 'X')).toBe(
      'token,tag,predicted\na,O,X\ntoken,tag,predicted\nb,B-X,X\n\ufefftoken,tag,predicted\nc,O,X\n',
    );
  });

  test.each(['text,spans', 'word,entity_type', 'Token,Entity', 'token,t7'])(
    '%s is a header',
    (header) => {
      const { document } = parseText(`${header}\na,b\n`, { ...csv, gold: false, tokenColumn: 0 });
      expect(document.header?.names).toEqual(header.split(','));
    },
  );

  test.each(['token,NN', 'token,B-X', 'word,NN', 'text,O', 'form,n'])('%s is no header', (row) => {
    expect(sentences(`${row}\n`).length).toBe(1);
  });
});
