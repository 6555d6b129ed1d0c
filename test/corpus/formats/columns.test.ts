import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectUserError, joined, parseText, seen, written } from '../helpers.ts';

const gold = { format: 'columns', gold: true } as const;
const bare = { format: 'columns' } as const;

function tokens(text: string, options: Parameters<typeof parseText>[1] = bare): unknown {
  return parseText(text, options).sentences.map((sentence) => sentence.tokens);
}

describe('reading columns', () => {
  test('first column is the token, last the tag, a blank line a border', () => {
    const { sentences } = parseText(
      'EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n',
      gold,
    );
    expect(sentences).toMatchObject([
      { tokens: ['EU', 'rejects'], tags: ['B-ORG', 'O'], file: 'file', line: 1 },
      { tokens: ['Peter'], tags: ['B-PER'], file: 'file', line: 4 },
    ]);
  });

  test('no tags unless asked for', () => {
    expect(parseText('a O\n', bare).sentences[0]?.tags).toEqual([]);
    expect(parseText('a O\n', { ...bare, tagColumn: -1 }).sentences[0]?.tags).toEqual(['O']);
    expect(parseText('a O\n', { ...bare, tagColumn: 1, gold: false }).sentences[0]?.tags).toEqual(
      [],
    );
  });

  test('columns by index, negative from the end, as number or digits', () => {
    const text = 'EU NNP B-NP B-ORG\n';
    const at = (tokenColumn: number | string, tagColumn: number | string) => {
      const [sentence] = parseText(text, { ...bare, tokenColumn, tagColumn }).sentences;
      return [sentence?.tokens[0], sentence?.tags[0]];
    };
    expect(at(1, 2)).toEqual(['NNP', 'B-NP']);
    expect(at(-4, -2)).toEqual(['EU', 'B-NP']);
    expect(at('0', '-3')).toEqual(['EU', 'NNP']);
  });

  test('integer labels get their names, and features do not', () => {
    const { sentences } = parseText('Ada 7 1 1\nleft 7 0 0\n', {
      ...bare,
      tagColumn: [2, 3],
      featureColumn: 1,
      labels: ['O', 'B-PER'],
    });
    expect(sentences[0]).toMatchObject({
      tagColumns: [
        ['B-PER', 'O'],
        ['B-PER', 'O'],
      ],
      featureColumns: [['7', '7']],
    });
    expectUserError(
      () => parseText('Ada 3\n', { ...gold, labels: ['O'] }),
      /^file:1: label 3 in column 1, but 1 name/,
    );
  });

  test('with a tab in the first token line, spaces belong to tokens', () => {
    expect(tokens('New York\tLOC\n \tO\n\tO\nd\u00a0e\tO\n')).toEqual([
      ['New York', ' ', '', 'd\u00a0e'],
    ]);
  });

  test('without a tab, runs of ASCII spaces and tabs separate, other white space does not', () => {
    expect(tokens(' a\u00a0b   O \nc\u2003d \t O\n\u0085x O\n')).toEqual([
      ['a\u00a0b', 'c\u2003d', '\u0085x'],
    ]);
  });

  test('a blank line may be made of white space', () => {
    expect(tokens('a\tO\n\t\nb\tO\n \t \r\nc\tO\n\v\f\nd\tO')).toEqual([
      ['a'],
      ['b'],
      ['c'],
      ['d'],
    ]);
  });

  test('a tag loses spaces after it', () => {
    expect(parseText('a\tO  \n', gold).sentences[0]?.tags).toEqual(['O']);
  });

  test('a single column is fine without tags, an error with them', () => {
    expect(tokens('a\nb\n\nc')).toEqual([['a', 'b'], ['c']]);
    expectUserError(() => parseText('\na\nb\n', gold), /^file:2: 1 column, so there is no tag/);
  });

  test('-DOCSTART- lines are no tokens and separate sentences', () => {
    const text = '-DOCSTART- -X- -X- O\n\na b c O\n-DOCSTART- x\nd e f O\n-DOCSTART-\n';
    expect(tokens(text)).toEqual([['a'], ['d']]);
    expect(tokens('-DOCSTART-\tO\na\tO\n-DOCSTART-x\tO\n')).toEqual([['a', '-DOCSTART-x']]);
  });

  test('`# ` begins a comment only where the number of columns does not fit', () => {
    expect(tokens('# id = 1\n#\tO\n# text: a b\n# x\tO\n#1\tO\n')).toEqual([['#', '# x', '#1']]);
    expect(tokens('# sent_id = 1\n# O\na O\n# one two\n')).toEqual([['#', 'a']]);
  });

  test('a file that begins with many hashes is decided from its first', () => {
    const text = '# O\n'.repeat(400_000);
    const parser = parseText(text, gold, [100, 1_048_576, 1_100_000]);
    expect(parser.sentences[0]?.tokens.length).toBe(400_000);
    expect(tokens('# O\n# O\n')).toEqual([['#', '#']]);
  });

  test('errors say where, what and the remedy', () => {
    expectUserError(
      () => parseText('a b\n', { ...gold, tagColumn: 3 }),
      /^file:1: 2 columns, but column 3 was asked for\. .*from 0/,
    );
    expectUserError(
      () => parseText('a b\n', { ...gold, tokenColumn: -3 }),
      /^file:1: 2 columns, but column -3/,
    );
    expectUserError(() => parseText('a b\n', { ...gold, tagColumn: 0.5 }), /column 0\.5/);
    expectUserError(
      () => parseText('\n# x\na\tb\tc\td\n\na\tb\tc\n', gold),
      /^file:5: 3 columns, expected 4 as in line 3\. Are the separators tabs\?$/,
    );
    expectUserError(
      () => parseText('a b\nc d e\n', gold),
      /^file:2: 3 columns, expected 2 .*space inside/,
    );
    expectUserError(
      () => parseText('a b\n', { ...gold, tagColumn: 'upos' }),
      /"upos".*no column names/,
    );
  });

  test('too long a line, sentence or gap is refused', () => {
    const long = 'x'.repeat(16 * 1024 * 1024 + 1);
    expectUserError(() => parseText(`a O\n${long}`, bare), /^file:2: a line longer than 16 MiB/);
    expectUserError(
      () => parseText(`a O\n${long} O\n`, bare),
      /^file:2: a line longer than 16 MiB/,
    );
    expectUserError(
      () => parseText('a O\n'.repeat(1_000_001), bare),
      /^file:1000001: a sentence of more than 1000000 tokens/,
    );
    const blank = '\n'.repeat(1024 * 1024);
    const cuts = Array.from({ length: 17 }, (_, i) => 4 + i * blank.length);
    expectUserError(
      () => parseText(`a O\n${blank.repeat(17)}`, bare, cuts),
      /^file:\d+: more than 16 MiB without a token/,
    );
    expectUserError(
      () => parseText(blank.repeat(17), bare, cuts),
      /^file:\d+: more than 16 MiB without a token/,
    );
  });

  test('what is read from a long chunk does not depend on keeping sources', () => {
    const text = 'a O\n\nb O\n';
    const kept = parseText(text, gold).sentences;
    const lean = parseText(text, { ...gold, keepSource: false }).sentences;
    expect(seen(lean)).toEqual(seen(kept));
    expect(lean.every((sentence) => sentence.source === undefined)).toBe(true);
  });
});

describe('writing columns', () => {
  const add = (text: string, tagColumn?: number | string) =>
    written(parseText(text, bare), { tagColumn }, (token) => token.toUpperCase());

  test('the tag is appended after the separator of its line', () => {
    expect(add('a\tO\nb c\tO\n')).toBe('a\tO\tA\nb c\tO\tB C\n');
    expect(add('a  x   O\nb y \t O \r\n')).toBe('a  x   O   A\nb y \t O \t B \r\n');
    expect(add('a\n b \n')).toBe('a\tA\n b\tB \n');
  });

  test('or replaces a column', () => {
    expect(add('a\tx\tO\r\n\r\nb\ty\tO', 1)).toBe('a\tA\tO\r\n\r\nb\tB\tO');
    expect(add('a  x   O \n', '-1')).toBe('a  x   A \n');
    expect(add('a x\n', 2)).toBe('a x A\n');
    expectUserError(() => add('a x\n', 3), /^file: 2 columns, but the tag was to replace column 3/);
  });

  test('everything else comes back byte for byte', () => {
    const text =
      '\ufeff\n \n-DOCSTART- -X- O\r\n\n# one comment of many words\na b\r\n# other words here\nc d\n\n\n\ne f\n# the end of it\n\n';
    const expected = text
      .replace('a b\r', 'a b A\r')
      .replace('c d', 'c d C')
      .replace('e f', 'e f E');
    expect(add(text)).toBe(expected);
  });

  test('tags are painted', () => {
    const out = written(
      parseText('a\tO\n', bare),
      { paint: (text, type) => `<${type}:${text}>` },
      () => 'B-PER',
    );
    expect(out).toBe('a\tO\t<PER:B-PER>\n');
  });
});

const odd = fc.constantFrom(
  '#',
  '##',
  'a',
  'é',
  '😂',
  '\u00a0',
  '\u0085',
  '\u2028',
  '👩‍👧',
  'e\u0301',
  '-',
  '"',
  '\ufeff',
  'x'.repeat(40),
  '"a',
  '\v',
);
const word = fc.array(odd, { minLength: 1, maxLength: 3 }).map((parts) => `w${parts.join('')}`);
const eol = fc.constantFrom('\n', '\n', '\r\n');

/** A column file, with the tokens it has. */
function file(tabs: boolean) {
  const token = tabs
    ? fc.oneof(word, word, fc.constantFrom('', ' ', 'New York', '#'))
    : fc.oneof(word, fc.constantFrom('#', '"'));
  const gap = tabs ? fc.constant('\t') : fc.constantFrom(' ', '  ', ' ', ' \t');
  const line = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(token, gap, word, gap, word).map(([a, g, b, h, c]) => ({
        // a line # with another tag may be a comment
        text: a + g + b + h + (a === '#' ? '#' : c),
        token: a as string | undefined,
      })),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('', '', ' ', ' \t').map((text) => ({ text, token: undefined })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('# five words are a comment', '-DOCSTART- -X- O')
        .map((text) => ({ text, token: undefined })),
    },
  );
  return fc
    .record({
      bom: fc.boolean(),
      first: word,
      lines: fc.array(fc.tuple(line, eol)),
      last: fc.boolean(),
    })
    .map(({ bom, first, lines, last }) => {
      const all = [
        [{ text: ['w', 'x', first].join(tabs ? '\t' : ' '), token: 'w' }, '\n'] as const,
        ...lines,
      ];
      let text = all.map(([{ text }, end]) => text + end).join('');
      if (last) text = text.replace(/\r?\n$/, '');
      const tokens = all.flatMap(([{ token }]) => (token === undefined ? [] : [token]));
      return { text: (bom ? '\ufeff' : '') + text, tokens };
    });
}

describe('comments with all columns, and ids', () => {
  const read = (text: string, options = {}) => {
    const notes: string[] = [];
    const parsed = parseText(text, { ...gold, ...options, onNote: (note) => notes.push(note) });
    expect(joined(parsed)).toBe(text);
    return { ...parsed, notes, tokens: parsed.sentences.map(({ tokens }) => tokens.join(' ')) };
  };

  test('a line # before a sentence is a comment if no token has its tag', () => {
    const text = '# newpar\nEU B-ORG\n# O\n. O\n\n# newpar\n# O\nno O\n\n# #\n';
    const parsed = read(text);
    expect(parsed.tokens).toEqual(['EU # .', '# no', '#']);
    expect(parsed.notes).toEqual([
      'file:1: "# newpar" is read as a comment, though it has the columns of a token. Name the prefix of comments, or none, if it is a token.',
    ]);
    expect(written(parsed, {}, (token) => token.toLowerCase())).toBe(
      '# newpar\nEU B-ORG eu\n# O #\n. O .\n\n# newpar\n# O #\nno O no\n\n# # #\n',
    );
    expect(read('# id 1\tdomain=x\nEU _ _ B-ORG\nleft _ _ O\n').tokens).toEqual(['EU left']);
    expect(read('# sent_id = 1\nEU NN I-NP B-ORG\n').tokens).toEqual(['EU']);
    expect(read('#\thttp://a.b [2011]\nEU\tB-ORG\tO\n').tokens).toEqual(['EU']);
    expect(read('#\thttp://a.b\nEU\tB-ORG\n').tokens).toEqual(['EU']);
    expect(read('# B-X\ntag I-X\n').tokens).toEqual(['# tag']);
  });

  test('documents of CoNLL-2012 begin and end in comments', () => {
    const text = '#begin document (bc/x); part 000\nbc/x 0 EU *\n\n#end document\n';
    expect(read(text).tokens).toEqual(['bc/x']);
  });

  test('the prefix of comments may be named, or none', () => {
    expect(read('; a O\nEU B-ORG\n', { comment: ';' }).tokens).toEqual(['EU']);
    expect(read('# newpar\nEU B-ORG\n', { comment: false }).tokens).toEqual(['# EU']);
    expect(read('#x O\nEU B-ORG\n#y O\n', { comment: '#' }).tokens).toEqual(['EU']);
    expectUserError(() => read('EU O\n#a b c\n'), /^file:2: .* name # as the prefix of comments/);
  });

  test('a first column that counts the tokens has ids', () => {
    const parsed = read('1 EU B-ORG\n2 left O\n\n1 No O\n');
    expect(parsed.tokens).toEqual(['EU left', 'No']);
    expect(parsed.notes).toEqual([
      'file: the first column counts the tokens (1, 2, 3, ...), so the second is read as the token.',
    ]);
    expect(read('1 EU B-ORG\n2 left O\n', { tokenColumn: 0 }).tokens).toEqual(['1 2']);
    expect(read('1 CD O\n. . O\n').tokens).toEqual(['1 .']);
    expect(read('1 O\n2 O\n').tokens).toEqual(['1 2']);
  });
});

describe.each([true, false])('any column file, tabs %s', (tabs) => {
  const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });

  test('comes back byte for byte', () => {
    fc.assert(
      fc.property(file(tabs), cuts, ({ text, tokens }, cuts) => {
        const parsed = parseText(text, gold, cuts);
        expect(parsed.sentences.flatMap((sentence) => sentence.tokens)).toEqual(tokens);
        expect(joined(parsed)).toBe(text);
        expect(written(parsed, { tagColumn: -1 })).toBe(text);
        const appended = parseText(written(parsed, {}), gold);
        expect(seen(appended.sentences)).toEqual(seen(parsed.sentences));
      }),
    );
  });

  test('is the same however it is cut', () => {
    fc.assert(
      fc.property(file(tabs), cuts, ({ text }, cuts) => {
        expect(parseText(text, gold, cuts)).toEqual(parseText(text, gold));
      }),
    );
  });
});
