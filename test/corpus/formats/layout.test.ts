import { describe, expect, test } from 'vitest';
import type { ReadOptions } from '../../../src/corpus/index.ts';
import { expectUserError, joined, parseText, written } from '../helpers.ts';

const gold = { format: 'columns', gold: true } as const;

/** Sentences as `token/TAG token/TAG`, and the notes of reading them. */
function read(text: string, options: Omit<ReadOptions, 'format'> = {}) {
  const notes: string[] = [];
  const parsed = parseText(text, { ...gold, ...options, onNote: (note) => notes.push(note) });
  // what was read comes back
  expect(joined(parsed)).toBe(text);
  const sentences = parsed.sentences.map(({ tokens, tags }) =>
    tokens.map((token, t) => (tags.length > 0 ? `${token}/${tags[t]}` : token)).join(' '),
  );
  return { sentences, notes, parsed };
}

const words = ['Ada/B-PER left/O', 'Bo/B-PER'];

describe('columns that do not count', () => {
  test('an empty column before the tokens', () => {
    const { sentences, notes, parsed } = read('\tAda\tB-PER\n\tleft\tO\n\n\tBo\tB-PER\n');
    expect(sentences).toEqual(words);
    expect(notes).toEqual(['file: the first column is empty, so the second is read as the token.']);
    expect(written(parsed, {}, () => 'X')).toBe(
      '\tAda\tB-PER\tX\n\tleft\tO\tX\n\n\tBo\tB-PER\tX\n',
    );
  });

  test('a tab before fields that spaces separate', () => {
    expect(read('\tAda XX B-PER\n\tleft XX O\n\n\tBo XX B-PER\n').sentences).toEqual(words);
  });

  test.each(['\t', '\t\t', '\t \t'])('empty columns after the tags: %j', (end) => {
    const text = `Ada\tB-PER${end}\nleft\tO${end}\n\nBo\tB-PER${end}\n`;
    const { sentences, notes, parsed } = read(text);
    expect(sentences).toEqual(words);
    expect(notes).toEqual([
      'file: column 1 is read as the tag, since no column after it has a value.',
    ]);
    expect(written(parsed, { tagColumn: 1 }, () => 'X')).toBe(text.replaceAll(/B-PER|O/g, 'X'));
  });

  test('a value that comes later in such a column is refused', () => {
    const text = 'Ada\tB-PER\t\nleft\tO\t\n\n';
    expectUserError(
      () => read(`${text.repeat(10_000)}Bo\tB-PER\tI-X\n`),
      /file:30001: a value in column 2, which is empty in the lines before/,
    );
  });

  test('an empty column that is named is read', () => {
    expect(read('Ada\t\nleft\t\n', { tagColumn: -1 }).sentences).toEqual(['Ada/ left/']);
  });

  test.each([
    ['from 1', '1 Ada B-PER\n2 left O\n\n1 Bo B-PER\n'],
    ['from 0', '0\tAda\tB-PER\n1\tleft\tO\n\n0\tBo\tB-PER\n'],
    ['of the file', '0 Ada B-PER\n1 left O\n\n2 Bo B-PER\n'],
    ['after a name of the document', 'd1 1 Ada B-PER\nd1 2 left O\n\nd2 1 Bo B-PER\n'],
    ['after document and part', 'd1 0 0 Ada B-PER\nd1 0 1 left O\n\nd1 0 0 Bo B-PER\n'],
  ])('ids %s', (_, text) => {
    const { sentences, notes } = read(text);
    expect(sentences).toEqual(words);
    expect(notes.length).toBe(1);
  });

  test('numbers that do not count are tokens', () => {
    expect(read('1 B-X\n2 O\n\n7 O\n').sentences).toEqual(['1/B-X 2/O', '7/O']);
    expect(read('1 O\n\n1 O\n\n1 O\n').sentences).toEqual(['1/O', '1/O', '1/O']);
  });

  test('a sentence is given as soon as its blank line is read', () => {
    const { sentences } = parseText('Ada O\n\n', gold, [7]);
    expect(sentences.length).toBe(1);
  });
});

/** A sentence of CoNLL-2012: word, entity and coreference of each token, and the number of predicates. */
function conll2012(
  rows: readonly (readonly [string, string, string])[],
  predicates: number,
): string {
  const lines = rows.map(([word, entity, coreference], i) => {
    const fixed = `bc/x/00/x_0000 0 ${i} ${word} NN (S* - - - Speaker#1 ${entity}`;
    return `${fixed} ${'* '.repeat(predicates)}${coreference}\n`;
  });
  return `${lines.join('')}\n`;
}

describe('spans in brackets', () => {
  const text = `#begin document (bc/x/00/x_0000); part 000\n${conll2012(
    [
      ['In', '*', '-'],
      ['the', '(DATE*', '(12'],
      ['summer', '*)', '12)'],
      ['Norway', '(GPE)', '(5)|(6'],
    ],
    2,
  )}${conll2012([['Yes', '(ORG*)', '-']], 0)}#end document\n`;

  test('CoNLL-2012: the named entities are the tags, and coreference is not', () => {
    const { sentences, notes } = read(text);
    expect(sentences).toEqual(['In/O the/B-DATE summer/I-DATE Norway/B-GPE', 'Yes/B-ORG']);
    expect(notes).toEqual(['file: this looks like CoNLL-2012, so column 3 is read as the token.']);
  });

  test('CoNLL-2012: other columns by their index from 0', () => {
    expect(read(text, { tagColumn: 4 }).sentences[1]).toBe('Yes/NN');
    expectUserError(() => read(text, { tagColumn: -1 }), /column -1 as an index from 0/);
  });

  test('CoNLL-2012 comes back with its tags', () => {
    const { parsed } = read(text, { gold: false });
    const lines = written(parsed, {}, () => 'X').split('\n');
    expect(lines[1]).toBe('bc/x/00/x_0000 0 0 In NN (S* - - - Speaker#1 * * * - X');
    expect(lines[6]).toBe('bc/x/00/x_0000 0 0 Yes NN (S* - - - Speaker#1 (ORG*) - X');
  });

  test('in a file of few columns, also before coreference', () => {
    expect(read('Ada (PER*\nBrandt *)\nleft *\n\nBo (PER)\n').sentences).toEqual([
      'Ada/B-PER Brandt/I-PER left/O',
      'Bo/B-PER',
    ]);
    expect(read('Ada (PER* (1\nBrandt *) 1)\n\nBo (PER) -\n').sentences).toEqual([
      'Ada/B-PER Brandt/I-PER',
      'Bo/B-PER',
    ]);
  });

  test('that do not fit are refused, with their line', () => {
    const good = 'Ada (PER*\nBrandt *)\n\n'.repeat(4000);
    const reading = (text: string) => () => read(good + text);
    expectUserError(
      reading('Bo (PER*\n\nsat *\n'),
      /file:12001: a span in brackets that does not end/,
    );
    expectUserError(reading('Bo (PER*\n'), /file:12001: a span in brackets that does not end/);
    expectUserError(reading('Bo *)\n'), /file:12001: "\*\)" does not fit/);
    expectUserError(reading('Bo (PER*\nsat (ORG)\n'), /file:12002: "\(ORG\)" does not fit/);
    expectUserError(reading('Bo B-PER\n'), /file:12001: "B-PER" does not fit/);
  });

  test('brackets in brackets, as of a parse, are plain tags', () => {
    expect(read('Ada (S(NP*)\nleft (VP*))\n').sentences).toEqual(['Ada/(S(NP*) left/(VP*))']);
  });
});
