import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Format, tokenOffsets, type WriteOptions } from '../../../src/corpus/index.ts';
import { parseText, written } from '../helpers.ts';

type Line = {
  file?: string;
  sentence: number;
  line?: number;
  start: number;
  end: number;
  text: string;
  type: string;
  token?: number;
};

/** The lines of output for `text`, each token with the tag `tagOf` gives it. */
function spansOf(
  text: string,
  tagOf: (token: string) => string,
  { format = 'text', ...options }: WriteOptions & { file?: string } = {},
): Line[] {
  const parsed = parseText(text, { format, file: options.file ?? '<stdin>' });
  const out = written(parsed, { ...options, format: 'spans' }, tagOf);
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

const person = (token: string): string =>
  token === 'Ada' ? 'B-PER' : token === 'Lovelace' ? 'I-PER' : 'O';

describe('spans of raw text', () => {
  test('have the offsets of the text, over line ends, in any sentence', () => {
    const text = 'I saw "Ada\r\n Lovelace".\n\nAda\tslept. Yes.';
    expect(spansOf(text, person)).toEqual([
      { sentence: 1, start: 7, end: 21, text: 'Ada\r\n Lovelace', type: 'PER' },
      { sentence: 2, start: 25, end: 28, text: 'Ada', type: 'PER' },
    ]);
  });

  test('in UTF-16 units or code points: emoji, combining marks, a BOM', () => {
    const text = '\ufeff😂 e\u0301 👩‍👧 Ada Lovelace. 🇫🇷 Ada';
    const units = spansOf(text, person);
    expect(units.map(({ start, end }) => text.slice(start, end))).toEqual(['Ada Lovelace', 'Ada']);
    const points = spansOf(text, person, { offsets: 'code-points' });
    expect(points.map(({ start, end }) => [...text].slice(start, end).join(''))).toEqual([
      'Ada Lovelace',
      'Ada',
    ]);
    expect(points[0]?.start).toBe(units[0]!.start - 3);
  });

  test('name the file they are in', () => {
    expect(spansOf('Ada', person, { file: 'a.txt' })[0]).toEqual({
      file: 'a.txt',
      sentence: 1,
      start: 0,
      end: 3,
      text: 'Ada',
      type: 'PER',
    });
  });

  test('of plain tags are the tokens', () => {
    expect(spansOf("Don't!", (token) => `T${token.length}`)).toEqual([
      { sentence: 1, start: 0, end: 2, text: 'Do', type: 'T2', token: 0 },
      { sentence: 1, start: 2, end: 5, text: "n't", type: 'T3', token: 1 },
      { sentence: 1, start: 5, end: 6, text: '!', type: 'T1', token: 2 },
    ]);
  });
});

test('offsets in a line of jsonl are those in its text', () => {
  const text = '{"text":"😂 No. Ada"}\n\n{"tokens":["Mrs","Ada","Lovelace"]}\n{"text":"Ada"}\n';
  expect(spansOf(text, person, { format: 'jsonl' })).toEqual([
    { sentence: 2, line: 1, start: 7, end: 10, text: 'Ada', type: 'PER' },
    { sentence: 3, line: 3, start: 4, end: 16, text: 'Ada Lovelace', type: 'PER' },
    { sentence: 4, line: 4, start: 0, end: 3, text: 'Ada', type: 'PER' },
  ]);
  const points = spansOf(text, person, { format: 'jsonl', offsets: 'code-points' });
  expect(points.map(({ start }) => start)).toEqual([6, 4, 0]);
});

test('offsets of tokens are those of the tokens as horizontal', () => {
  const text = 'x O\n😂 O\nAda O\n\nAda O\nLovelace O\n';
  const lines = spansOf(text, person, { format: 'columns' });
  const horizontal = written(
    parseText(text, { format: 'columns' }),
    { format: 'horizontal' },
    person,
  );
  expect(lines.map(({ start, end }) => horizontal.slice(start, end))).toEqual([
    'Ada',
    'Ada Lovelace',
  ]);
  const points = spansOf(text, person, { format: 'columns', offsets: 'code-points' });
  expect(points.map(({ start, end }) => [...horizontal].slice(start, end).join(''))).toEqual([
    'Ada',
    'Ada Lovelace',
  ]);
});

test('of a sentence a line they are those of the file', () => {
  const text = '\ufeff  a \u00a0b\tAda\r\n\n Ada Lovelace ';
  const lines = spansOf(text, person, { format: 'horizontal' });
  expect(lines.map(({ start, end }) => text.slice(start, end))).toEqual(['Ada', 'Ada Lovelace']);
});

describe('any text', () => {
  const piece = fc.constantFrom(
    ...[
      'One ',
      'two',
      '. ',
      ' ',
      '\n',
      '\r\n',
      '\n\n',
      '? ',
      '"',
      'Mr. ',
      '。',
      '名前',
      '😂',
      '👩‍👧',
      'e\u0301 ',
    ],
    ...['\u2028', '\u00a0', '\u200b', '\ufeff', '🇫🇷', "don't ", '\ud83d', '𝄞'],
  );
  const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(''));

  test.each(['text', 'horizontal'] as const)(
    'every token of %s is where it is said to be',
    (format: Format) => {
      fc.assert(
        fc.property(text, (text) => {
          const tokens = parseText(text, { format }).sentences.flatMap(
            (sentence) => sentence.tokens,
          );
          const units = spansOf(text, () => 'x', { format });
          expect(units.map((span) => span.text)).toEqual(tokens);
          expect(units.map(({ start, end }) => text.slice(start, end))).toEqual(tokens);
          const points = [...text];
          const counted = spansOf(text, () => 'x', { format, offsets: 'code-points' });
          expect(counted.map(({ start, end }) => points.slice(start, end).join(''))).toEqual(
            tokens,
          );
          // what is between is white space
          let at = 0;
          for (const { start, end } of units) {
            expect(text.slice(at, start).replace(/[\s\u0085\u200b]/g, '')).toBe('');
            at = end;
          }
        }),
      );
    },
  );

  test('sentences know where they begin', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 200 }), { maxLength: 5 }), (text, cuts) => {
        const { sentences } = parseText(text, { format: 'text' }, cuts);
        for (const sentence of sentences) {
          const { text: own, start, offsets: places } = tokenOffsets(sentence);
          expect(text.startsWith(own, start)).toBe(true);
          expect(places.length).toBe(2 * sentence.tokens.length);
        }
      }),
    );
  });
});

test('spans of two columns come as they begin, the longer first', () => {
  const parsed = parseText('😂 é 😂 b\n', { format: 'horizontal' });
  const rows = ['O B-X I-X I-X', 'B-Y I-Y B-Z O'].map((row) => {
    const tags = row.split(' ');
    return () => tags.shift()!;
  });
  const options = { format: 'spans', offsets: 'code-points', tagColumn: ['x', 'y'] } as const;
  const spans = written(parsed, options, ...rows)
    .trimEnd()
    .split('\n');
  expect(spans.map((line) => JSON.parse(line) as Line)).toMatchObject([
    { start: 0, end: 3, text: '😂 é', type: 'Y' },
    { start: 2, end: 7, text: 'é 😂 b', type: 'X' },
    { start: 4, end: 5, text: '😂', type: 'Z' },
  ]);
});
