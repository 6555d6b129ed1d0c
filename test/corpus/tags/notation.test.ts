import { describe, expect, test } from 'vitest';
import {
  convert,
  readTags,
  type Scheme,
  spans,
  spell,
  unspell,
} from '../../../src/corpus/tags/scheme.ts';

const usual = [
  ['B-ORG', 'O', 'O', 'B-LOC', 'I-LOC', 'O'],
  ['O', 'B-PER', 'I-PER', 'I-PER', 'O'],
  ['B-PER', 'O', 'O'],
];
const rewritten = (write: (tag: string, index: number) => string) => {
  let index = 0;
  return usual.map((tags, s) => ({
    file: 'f.conll',
    line: [1, 8, 14][s]!,
    tags: tags.map((tag) => write(tag, index++)),
  }));
};
const swap = (tag: string): string => tag.replace(/^([BI])-(.*)$/, '$2-$1');

describe('the notation of span tags', () => {
  test.each([
    [
      '0 for O',
      (tag: string) => (tag === 'O' ? '0' : tag),
      'O is written 0 in 7 lines, first at line 2',
    ],
    [
      'lower case',
      (tag: string) => tag.toLowerCase(),
      'B-ORG is written b-org; O is written o in 7 lines, first at line 2',
    ],
    [
      'lower letters',
      (tag: string) => tag.replace(/^[BI]/, (one) => one.toLowerCase()),
      'B-ORG is written b-ORG',
    ],
    ['a suffix', swap, 'B-ORG is written ORG-B'],
    [
      '_ for O',
      (tag: string) => (tag === 'O' ? '_' : tag),
      'O is written _ in 7 lines, first at line 2',
    ],
    [
      'NONE for O',
      (tag: string) => (tag === 'O' ? 'NONE' : tag),
      'O is written NONE in 7 lines, first at line 2',
    ],
    [
      'another word for O',
      (tag: string) => (tag === 'O' ? 'OTHER' : tag),
      'O is written OTHER in 7 lines, first at line 2',
    ],
  ])('%s is read, and written back', (_, write, note) => {
    const sentences = rewritten(write);
    const reading = readTags(sentences);
    expect(reading.scheme).toBe('BIO');
    expect(reading.note).toBe(note);
    expect(sentences.map(({ tags }) => tags.map(reading.read))).toEqual(usual);
    const { notation } = reading;
    for (const [s, { tags }] of sentences.entries()) {
      expect(usual[s]!.map((tag) => spell(tag, notation!, 'BIO'))).toEqual(tags);
      expect(tags.map((tag) => unspell(tag, notation!, 'BIO'))).toEqual(usual[s]);
    }
  });

  test('a word beside O, or marks, are no outside tag', () => {
    for (const other of ['?', '.', 'NN|VB'])
      expect(readTags(rewritten((tag) => (tag === 'O' ? other : tag))).scheme).toBe('none');
    const strange = rewritten((tag, i) => (tag === 'O' && i > 1 ? 'OTHER' : tag));
    expect(readTags(strange).scheme).toBe('none');
  });

  test('the usual notation has no note', () => {
    const reading = readTags(rewritten((tag) => tag));
    expect(reading).toMatchObject({ scheme: 'BIO', notation: undefined, note: undefined });
  });

  test('a rare 0 for O leaves spans spans, and O is written', () => {
    const sentences = rewritten((tag, i) => (tag === 'O' && i === 5 ? '0' : tag));
    const reading = readTags(sentences);
    expect(reading).toMatchObject({ scheme: 'BIO', notation: undefined });
    expect(reading.note).toBe('O is written 0 in 1 line, first at line 6');
  });

  test.each(['BIOES', 'BMES'])('letters of other schemes become those of %s', (scheme) => {
    const tags =
      scheme === 'BMES' ? ['B-X', 'M-X', 'E-X', 'O', 'W-X'] : ['B-X', 'I-X', 'E-X', 'O', 'W-X'];
    const reading = readTags([{ tags, line: 1 }]);
    expect(reading.scheme).toBe(scheme);
    expect(spans(tags.map(reading.read), reading.scheme)).toEqual([
      { type: 'X', start: 0, end: 3 },
      { type: 'X', start: 4, end: 5 },
    ]);
    expect(
      tags.map(reading.read).map((tag) => spell(tag, reading.notation!, reading.scheme)),
    ).toEqual(tags);
    expect(reading.note).toBe('W is read as S (1 line, first at line 5)');
  });

  test('labels with neither B nor I are plain, however rare', () => {
    const tags = [...Array.from({ length: 500 }, () => 'O'), 'DRUG'];
    expect(readTags([{ tags }]).scheme).toBe('none');
    expect(readTags([{ tags: ['O', 'O', 'S', 'O'] }]).scheme).toBe('none');
  });
});

describe('IO', () => {
  const tags = ['PER', 'PER', 'O', 'LOC', 'PER'];

  test('a run of one label is a span', () => {
    expect(spans(tags, 'IO').map(({ type, start, end }) => [type, start, end])).toEqual([
      ['PER', 0, 2],
      ['LOC', 3, 4],
      ['PER', 4, 5],
    ]);
  });

  test.each(['IOB1', 'BIO', 'BIOES', 'BILOU', 'BMES'] as Scheme[])(
    'is converted to %s and back',
    (scheme) => {
      expect(convert(convert(tags, 'IO', scheme), scheme, 'IO')).toEqual(tags);
    },
  );

  test('is read with other outside tags', () => {
    const reading = readTags([{ tags: ['PERSON', '0', '0'] }], { scheme: 'IO' });
    expect(reading.read('0')).toBe('O');
    expect(spell('O', reading.notation!, 'IO')).toBe('0');
  });
});
