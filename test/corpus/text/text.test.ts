import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createParser, spacesAfter } from '../../../src/corpus/index.ts';
import { defaultTokenization } from '../../../src/corpus/text/tokenization.ts';
import { expectUserError, joined, parseText, written } from '../helpers.ts';

const bare = { format: 'text' } as const;

/** The sentences of a text, tokens joined by spaces. */
const split = (text: string) =>
  parseText(text, bare).sentences.map(({ tokens }) => tokens.join(' '));

describe('reading text', () => {
  test('sentences and tokens', () => {
    expect(
      split(
        'Mr. Smith doesn\'t live in the U.S. Army base. He left at 9:30 a.m. "Why?" she asked.',
      ),
    ).toEqual([
      "Mr. Smith does n't live in the U.S. Army base .",
      'He left at 9:30 a.m.',
      '" Why ? " she asked .',
    ]);
    expect(split('It is No. 5. The answer is no. We left.')).toEqual([
      'It is No. 5 .',
      'The answer is no .',
      'We left .',
    ]);
    expect(
      split('We like it.She left! See http://a.b/c?D=e now. 吾輩は猫である。名前はまだ無い。'),
    ).toEqual([
      'We like it . She left !',
      'See http://a.b/c?D=e now .',
      '吾輩 は 猫 で ある 。',
      '名前 は まだ 無い 。',
    ]);
    expect(split('1. Open the door. 2. Close it.')).toEqual([
      '1 . Open the door .',
      '2 . Close it .',
    ]);
  });

  test('a blank line ends a sentence, a line end does not', () => {
    expect(split('A title\n\nA sentence\r\nover lines. Another\n \t\nThe end')).toEqual([
      'A title',
      'A sentence over lines .',
      'Another',
      'The end',
    ]);
  });

  test('lines are those of the first tokens', () => {
    const { sentences } = parseText('\n\nOne.\nTwo.\n\n\n  Three\nfour. Five.', bare);
    expect(sentences.map(({ line }) => line)).toEqual([3, 4, 7, 8]);
  });

  test('a paragraph is answered at its blank line', () => {
    const parser = createParser(bare);
    expect(parser.push('One. Two')).toEqual([]);
    expect(parser.push('.\n')).toEqual([]);
    expect(parser.push('\n').map(({ tokens }) => tokens)).toEqual([
      ['One', '.'],
      ['Two', '.'],
    ]);
    expect(parser.line).toBe(3);
    expect(parser.push('Three')).toEqual([]);
    expect(parser.end().length).toBe(1);
  });

  test('a paragraph without end is answered as it grows', () => {
    const parser = createParser(bare);
    let seen = 0;
    for (let i = 0; i < 4000; i++)
      seen += parser.push('This is a sentence, the same as others. ').length;
    expect(seen).toBeGreaterThan(2000);
    expect(seen + parser.end().length).toBe(4000);
  });

  test('one endless sentence is cut at white space, an endless word anywhere but inside a character', () => {
    const words = parseText('word '.repeat(40_000), bare);
    expect(words.sentences.length).toBeGreaterThan(2);
    expect(new Set(words.sentences.flatMap(({ tokens }) => tokens))).toEqual(new Set(['word']));
    const clef = parseText(`x${'𝄞'.repeat(70_000)}`, bare);
    const all = clef.sentences.flatMap(({ tokens }) => tokens);
    expect(all.length).toBe(70_001);
    expect(new Set(all)).toEqual(new Set(['x', '𝄞']));
    expectUserError(
      () => parseText('\n'.repeat(17 * 1024 * 1024), bare),
      /^file:\d+: more than 16 MiB without a token/,
    );
  });

  test('there are no tags', () => {
    expectUserError(
      () => parseText('a', { ...bare, gold: true }),
      /^file: the format text has no tags/,
    );
  });
});

describe('writing text', () => {
  test('as columns by default', () => {
    expect(written(parseText("Don't.\n\nGo", bare), {}, () => 'T')).toBe(
      "Do\tT\nn't\tT\n.\tT\n\nGo\tT\n\n",
    );
  });

  test('as CoNLL-U with # text and SpaceAfter=No', () => {
    const out = written(
      parseText('He said: "Don\'t\n go". Yes', bare),
      { format: 'conllu' },
      () => 'X',
    );
    const [first, second] = out.split('\n\n');
    expect(first?.split('\n').slice(0, 2)).toEqual([
      '# sent_id = 1',
      '# text = He said: "Don\'t go".',
    ]);
    const word = (id: number, form: string, space: boolean) =>
      [
        ...[id, form, '_', 'X', '_', '_', ...(id === 1 ? ['0', 'root'] : ['1', 'dep']), '_'],
        space ? '_' : 'SpaceAfter=No',
      ].join('\t');
    expect(first?.split('\n').slice(2)).toEqual([
      word(1, 'He', true),
      word(2, 'said', false),
      word(3, ':', true),
      word(4, '"', false),
      word(5, 'Do', false),
      word(6, "n't", true),
      word(7, 'go', false),
      word(8, '"', false),
      word(9, '.', true),
    ]);
    expect(second?.split('\n').at(-1)).toBe(word(1, 'Yes', false));
    const ner = written(parseText('Hi!', bare), { format: 'conllu', tagColumn: 'NER' }, () => 'O');
    expect(ner).toContain('1\tHi\t_\t_\t_\t_\t0\troot\t_\tNER=O|SpaceAfter=No\n');
    expect(parseText(out, { format: 'conllu', gold: true }).sentences.length).toBe(2);
  });

  test('as CoNLL-U with multiword tokens, where the tokenization has them', () => {
    const tokenization = { ...defaultTokenization, multiwordTokens: true };
    const text = "I don't. Anna's";
    const out = written(
      parseText(text, { ...bare, tokenization }),
      { format: 'conllu' },
      () => 'X',
    );
    const lines = out.split('\n').filter((line) => /^\d/.test(line));
    expect(
      lines.map((line) => line.split('\t')).map((cells) => [0, 1, 9].map((c) => cells[c])),
    ).toEqual([
      ['1', 'I', '_'],
      ['2-3', "don't", 'SpaceAfter=No'],
      ['2', 'do', '_'],
      ['3', "n't", '_'],
      ['4', '.', '_'],
      ['1-2', "Anna's", 'SpaceAfter=No'],
      ['1', 'Anna', '_'],
      ['2', "'s", '_'],
    ]);
    const tokens = parseText(out, { format: 'conllu', gold: true }).sentences.map(
      (one) => one.isJoined,
    );
    expect(tokens).toEqual([
      [false, true, true, false],
      [true, true],
    ]);
  });

  test('lines: every line is a text of its own', () => {
    const sentences = (text: string) =>
      parseText(text, { format: 'lines' }).sentences.map(({ tokens, line }) => [
        line,
        tokens.join(' '),
      ]);
    expect(sentences('One\ntwo. Three\n\nfour')).toEqual([
      [1, 'One'],
      [2, 'two .'],
      [2, 'Three'],
      [4, 'four'],
    ]);
    const parser = createParser({ format: 'lines' });
    expect(parser.push('One\n').length).toBe(1);
  });

  test('spaces are those of the source', () => {
    const [sentence] = parseText("  It's\u00a0so (really).\n", bare).sentences;
    expect(sentence?.tokens).toEqual(['It', "'s", 'so', '(', 'really', ')', '.']);
    expect(spacesAfter(sentence!)).toEqual([false, true, true, false, false, false, true]);
    expect(spacesAfter({ tokens: ['a', 'b'], tags: [], file: '', line: 1 })).toEqual([true, true]);
  });
});

describe('any text', () => {
  const piece = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
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
        '\u2028',
        '\u00a0',
        '\u0085',
        '\ufeff',
        '1. ',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
  );
  const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(''));

  test('sources join to it and have the tokens, however it is cut', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 200 }), { maxLength: 8 }), (text, cuts) => {
        const parsed = parseText(text, bare, cuts);
        expect(joined(parsed)).toBe(text);
        for (const { tokens, source } of parsed.sentences) {
          const visible = (text: string) => text.replace(/[\s\p{M}\p{Cf}\u0085]/gu, '');
          expect(visible(tokens.join(''))).toBe(visible(source!.raw));
        }
        expect(parsed).toEqual(parseText(text, bare));
      }),
    );
  });

  test('long paragraphs are the same however they are cut', () => {
    const long = fc.array(text, { minLength: 1, maxLength: 5 }).map((parts) => {
      const unit = parts.join('').replaceAll('\n', ' ');
      return `${unit}x`.repeat(Math.ceil(150_000 / (unit.length + 1)));
    });
    fc.assert(
      fc.property(long, fc.array(fc.nat({ max: 150_000 }), { maxLength: 8 }), (text, cuts) => {
        const parsed = parseText(text, bare, cuts);
        expect(joined(parsed) === text).toBe(true);
        const whole = parseText(text, bare);
        expect(parsed.sentences.map(({ tokens }) => tokens)).toEqual(
          whole.sentences.map(({ tokens }) => tokens),
        );
      }),
      { numRuns: 10 },
    );
  });
});
