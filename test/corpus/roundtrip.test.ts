import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column, Format } from '../../src/corpus/index.ts';
import { parseText, written } from './helpers.ts';

// What goes through a tagger comes out as it was, plus the tags: with these tags taken away, or with the tags that were
// there put in again, a file is the same, byte for byte.

type Kind = {
  readonly format: 'columns' | 'conllu' | 'csv' | 'tsv' | 'jsonl';
  /** The column that has the gold tags. */
  readonly gold: Column;
  /** Two columns that are there, of one value a token. */
  readonly pair: readonly [Column, Column];
  /** A column that is not there. */
  readonly added: Column | undefined;
  /** What the tag `⟦T⟧` is in it, and in columns K and L, and the names of these columns. */
  readonly strip: readonly (readonly [RegExp, string])[];
};

const kinds: readonly Kind[] = [
  { format: 'columns', gold: -1, pair: [-1, 0], added: undefined, strip: [[/[ \t]+⟦T⟧/g, '']] },
  {
    format: 'conllu',
    gold: 'NER',
    pair: ['upos', 'NER'],
    added: 'K',
    strip: [
      [/\|L=⟦T⟧/g, ''],
      [/\tK=⟦T⟧/g, '\t_'],
      [/\|K=⟦T⟧/g, ''],
    ],
  },
  {
    format: 'csv',
    gold: 'ner',
    pair: [2, 1],
    added: 'K',
    strip: [[/,⟦T⟧|(?<=note|ner),K(?:,L)?(?=\r?\n|$)/g, '']],
  },
  {
    format: 'tsv',
    gold: 'ner',
    pair: [2, 1],
    added: 'K',
    strip: [[/\t⟦T⟧|(?<=note|ner)\tK(?:\tL)?(?=\r?\n|$)/g, '']],
  },
  {
    format: 'jsonl',
    gold: 'ner',
    pair: ['ner', 'tokens'],
    added: 'K',
    strip: [[/, ?"[KL]": ?\[(?:(?:, ?)?"⟦T⟧")*\]/g, '']],
  },
];

function expectFaithful(text: string, { format, gold, pair, added, strip }: Kind): void {
  const parsed = parseText(text, { format, tagColumn: gold });
  expect(written(parsed, { tagColumn: gold })).toBe(text);
  const bare = parseText(text, { format });
  expect(bare.sentences.length).toBe(parsed.sentences.length);
  const tagged = written(bare, { tagColumn: added }, () => '⟦T⟧');
  expect(tagged.match(/⟦T⟧/g)?.length ?? 0).toBe(bare.sentences.flatMap((s) => s.tokens).length);
  const stripped = (out: string): string =>
    strip.reduce((all, [what, by]) => all.replaceAll(what, by), out);
  expect(stripped(tagged)).toBe(text);

  const both = parseText(text, { format, tagColumn: pair });
  if (both.sentences.length === 0) return;
  expect(written(both, { tagColumn: pair })).toBe(text);
  const added2 = { tagColumn: ['K', 'L'], orAppend: true };
  const twice = written(bare, added2, ...['⟦T⟧', '⟦T⟧'].map((tag) => () => tag));
  expect(twice.match(/⟦T⟧/g)?.length).toBe(2 * tagged.match(/⟦T⟧/g)!.length);
  expect(stripped(twice)).toBe(text);
}

const folder = new URL('../../corpora/', import.meta.url);
const corpora = readdirSync(folder).filter((name) => /\.conllu?$/.test(name));

describe.each(corpora)('%s', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const own: Format = name.endsWith('u') ? 'conllu' : 'columns';
  const gold = own === 'conllu' ? 'NER' : -1;
  const sources = kinds.map((kind) => {
    if (kind.format === own) return [kind, text] as const;
    const parsed = parseText(text, { format: own, tagColumn: gold });
    return [kind, written(parsed, { format: kind.format, tagColumn: kind.gold })] as const;
  });

  test.each(sources.map(([kind, source]) => [kind.format, kind, source] as const))(
    'as %s',
    (_, kind, source) => {
      const lines = source.split('\n');
      expectFaithful(source, kind);
      expectFaithful(`\ufeff${source.replaceAll('\n', '\r\n')}`, kind);
      // every third line has CRLF, every tenth blank line is three; the last has no end
      let blank = 0;
      const mixed = lines
        .map((line, i) => {
          const isTenth = line === '' && ++blank % 10 === 0;
          return line + (i % 3 ? '\n' : '\r\n') + (isTenth ? ' \t\n\n' : '');
        })
        .join('')
        .replace(/\s+$/, '');
      expectFaithful(mixed, kind);
    },
  );
});

const word = fc
  .array(
    fc.constantFrom('a', 'é', '😂', '\u00a0', '\u2028', '\ufeff', '-', "'", 'e\u0301', '👩‍👧'),
    {
      maxLength: 3,
    },
  )
  .map((parts) => `w${parts.join('')}`);
const tag = fc.constantFrom('O', 'B-PER', 'I-PER', 'NN', '.', ':', 'a\\b');
const eol = fc.constantFrom('\n', '\n', '\r\n');
const blank = fc.constantFrom('', '', ' ', ' \t', '  ');

/** Lines of each format: of a token, and of what is none. */
const writing: Record<
  Kind['format'],
  { head: string; token: fc.Arbitrary<(id: number) => string>; other: fc.Arbitrary<string> }
> = {
  columns: {
    head: 'w x O\n',
    token: fc
      .tuple(word, word, tag, fc.constantFrom(' ', '  ', '\t', ' \t '), fc.constantFrom('', ' '))
      .map(
        ([a, b, c, gap, end]) =>
          () =>
            a + gap + b + gap + c + end,
      ),
    other: fc.constantFrom('# a comment of many words', '-DOCSTART- -X- O', '-DOCSTART-'),
  },
  conllu: {
    head: '',
    token: fc
      .tuple(
        word,
        tag,
        fc.constantFrom('_', 'NER=B-X', 'NER=O', 'A=1', 'NER=a\\\\b|A=1', 'A=1|NER=a\\pb', 'x'),
        fc.constantFrom('', 'range', 'empty'),
      )
      .map(([form, upos, misc, more]) => (id) => {
        const row = (at: string, last: string) =>
          [at, form, '_', upos, ...'______'.slice(1), last].join('\t');
        const range = more === 'range' ? `${row(`${id}-${id + 1}`, '_')}\n` : '';
        const empty = more === 'empty' ? `\n${row(`${id}.1`, 'NER=B-E')}` : '';
        return range + row(String(id), misc) + empty;
      }),
    other: fc.constantFrom('# text = x', '#', '# a\tb', '#-'),
  },
  csv: {
    head: 'id,word,ner,note\n',
    token: fc
      .tuple(
        fc.constantFrom('"a,b"', 'w', '""""', '" "" "', 'é'),
        fc.constantFrom('O', '"O"', ' B-X ', '"B-X "', '"a,b"', '"""q"""', '-'),
        fc.constantFrom('', '"\n,\r\n"', 'x y'),
      )
      .map(
        ([a, b, c]) =>
          (id) =>
            `${id},${a},${b},${c}`,
      ),
    other: fc.constantFrom(',,,', '"",,,', ' '),
  },
  tsv: {
    head: 'id\tword\tner\tnote\n',
    token: fc
      .tuple(
        fc.constantFrom('"', 'New York', '""""', 'é', '"a""b"'),
        fc.constantFrom('O', '"O"', ' B-X ', 'a,b', '"""q"""', '"'),
        fc.constantFrom('', 'x y', '"'),
      )
      .map((cells) => (id) => [id, ...cells].join('\t')),
    other: fc.constantFrom('\t\t\t', ' \t\t\t'),
  },
  jsonl: {
    head: '',
    token: fc
      .tuple(fc.array(tag, { minLength: 1, maxLength: 3 }), fc.constantFrom('', ' '), word)
      .map(([tags, space, text]) => () => {
        const list = (values: readonly string[]) =>
          `[${values.map((value) => JSON.stringify(value)).join(`${space},`)}]`;
        const ner = list(tags).replace('B-', '\\u0042-');
        return `${space}{"n":${space}1.0,${space}"ner"${space}:${ner},"tokens":${list(tags.map(() => text))}${space}}`;
      }),
    other: fc.constantFrom('', ' '),
  },
};

/** Sentences, comments, blank lines in a row and with spaces, BOM, mixed line ends, a missing last one. */
function fileOf(format: Kind['format']): fc.Arbitrary<string> {
  const { head, token, other } = writing[format];
  const line = fc.oneof(
    { weight: 6, arbitrary: token },
    { weight: 2, arbitrary: blank },
    { weight: 1, arbitrary: other },
  );
  return fc
    .record({
      bom: fc.constantFrom('', '\ufeff'),
      lines: fc.array(fc.tuple(line, eol), { maxLength: 20 }),
      open: fc.boolean(),
    })
    .map(({ bom, lines, open }) => {
      let id = 1;
      const text = lines
        .map(([line, end]) => {
          if (typeof line === 'function') return line(id++) + end;
          if (line.trim() === '') id = 1;
          return line + end;
        })
        .join('');
      const whole = `${bom}${head}${text}`;
      return open ? whole.replace(/\r?\n$/, '') : whole;
    });
}

describe('any file of', () => {
  test.each(kinds.map((kind) => [kind.format, kind] as const))('%s', (format, kind) => {
    fc.assert(
      fc.property(fileOf(format), (text) => {
        // a file of CoNLL-U in which no word has the key has no such column
        if (format === 'conllu' && !/^\d+\t.*\tNER=|^\d+\t.*\|NER=/m.test(text)) return;
        expectFaithful(text, kind);
      }),
    );
  });
});
