import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ReadOptions, readSentences, type Sentence } from '../../src/corpus/index.ts';
import { lint } from '../../src/corpus/lint/lint.ts';
import { readTags, type Scheme, spans } from '../../src/corpus/tags/scheme.ts';
import { UserError } from '../../src/errors.ts';
import { holdOut } from '../../src/training/labelled-corpus.ts';

/*
 * Files as users of taggers have them. Each is a variant of one corpus, in BIO, and must give its tokens and spans.
 */

const people = [
  ['Ada', 'Brandt'],
  ['Bo', 'Lind'],
  ['Mira', 'Okafor'],
];
const places = ['Oslo', 'Porto', 'Graz', 'Lagos'];

/** Rows of `[token, tag]` for each sentence. */
const corpus = Array.from({ length: 24 }, (_, s): [string, string][] => {
  const [first, last] = people[s % 3] as [string, string];
  const place = places[s % 4]!;
  const verb = ['left', 'saw', 'likes'][s % 3]!;
  return [
    [first, 'B-PER'],
    [last, 'I-PER'],
    [`${verb}${s}`, 'O'],
    [place, 'B-LOC'],
    ['again', 'O'],
    ['.', 'O'],
  ];
});
const tokens = corpus.map((rows) => rows.map(([token]) => token));
const SPANS = 48;

const folder = mkdtempSync(join(tmpdir(), 'seqtag-users-'));
let files = 0;

interface Found {
  readonly sentences: readonly Sentence[];
  readonly notes: readonly string[];
  readonly scheme: Scheme;
  readonly spans: number;
  readonly types: readonly string[];
  /** `check severity` of what lint finds, without duplicates. */
  readonly findings: readonly string[];
}

/** Reads a file with its extension, as the commands do. */
async function read(
  name: string,
  text: string,
  options: ReadOptions & { scheme?: Scheme } = {},
): Promise<Found> {
  const { scheme: given, ...reading } = options;
  const path = join(folder, `${files++}${name}`);
  writeFileSync(path, text);
  const sentences: Sentence[] = [];
  const notes: string[] = [];
  const onNote = (note: string): void => {
    notes.push(note.replace(`${path}:`, ''));
  };
  for await (const piece of readSentences(path, { gold: true, onNote, ...reading }))
    sentences.push(...piece);
  const tags = readTags(sentences, { scheme: given });
  const found =
    tags.scheme === 'none'
      ? []
      : sentences.flatMap((one) => spans(one.tags.map(tags.read), tags.scheme));
  const part = { role: 'train', name, sentences } as const;
  return {
    sentences,
    notes: tags.note === undefined ? notes : [...notes, tags.note],
    scheme: tags.scheme,
    spans: found.length,
    types: [...new Set(found.map(({ type }) => type))].sort(),
    findings: lint([part], { fromScheme: given }).map(
      ({ check, severity }) => `${check} ${severity}`,
    ),
  };
}

/** Expects the tokens and spans of the corpus. */
function expectCorpus(found: Found, types: readonly string[] = ['LOC', 'PER']): void {
  expect(found.sentences.map((one) => one.tokens)).toEqual(tokens);
  expect(found.spans).toBe(SPANS);
  expect(found.types).toEqual(types);
  expect(found.findings.filter((one) => one.endsWith('error'))).toEqual([]);
}

const perToken = (
  line: (row: readonly [string, string], t: number, s: number) => string,
  before: (s: number) => string = () => '',
): string =>
  corpus
    .map((rows, s) => `${before(s)}${rows.map((row, t) => line(row, t, s)).join('')}\n`)
    .join('');
const perSentence = (
  line: (rows: readonly (readonly [string, string])[], s: number) => string,
): string => corpus.map((rows, s) => `${line(rows, s)}\n`).join('');

describe('comments', () => {
  test.each([
    [
      'of MultiCoNER, with as many fields as tokens',
      '.conll',
      perToken(
        ([token, tag]) => `${token} _ _ ${tag}\n`,
        (s) => `# id ${s}-aa\tdomain=xx\n`,
      ),
    ],
    [
      'as of CoNLL-U, with as many fields',
      '.conll',
      perToken(
        ([token, tag]) => `${token} NN I-NP ${tag}\n`,
        (s) => `# sent_id = ${s}\n`,
      ),
    ],
    [
      'of two fields',
      '.conll',
      perToken(
        ([token, tag]) => `${token} ${tag}\n`,
        () => '# newpar\n',
      ),
    ],
    [
      'before the first token only',
      '.bio',
      `# corpus: one\n# of two\n${perToken(([token, tag]) => `${token}\t${tag}\n`)}`,
    ],
  ])('%s', async (_, name, text) => expectCorpus(await read(name, text)));

  test('of GermEval, with a tab, and ids', async () => {
    const text = perToken(
      ([token, tag], t) => `${t + 1}\t${token}\t${tag}\tO\n`,
      (s) => `#\thttp://x/${s} [2011]\n`,
    );
    expectCorpus(await read('.conll', text, { tagColumn: 2 }));
    expectCorpus(await read('.tsv', text, { tokenColumn: 1, tagColumn: 2 }));
    expectCorpus(await read('.tsv', text, { tagColumn: 2 }));
  });
});

describe('rare plain labels', () => {
  test.each(['DRUG', 'C', 'NAME'])('%s beside O is plain, however rare', async (label) => {
    const rows = Array.from({ length: 500 }, (_, i) => `w${i % 50} ${i === 77 ? label : 'O'}\n`);
    const text = rows.map((row, i) => (i % 10 === 9 ? `${row}\n` : row)).join('');
    const { scheme, findings } = await read('.conll', text);
    expect(scheme).toBe('none');
    expect(findings).toContain('tag-notation note');
  });
});

describe('other CoNLL formats', () => {
  const ten = perToken(
    ([token, tag], t) => `${t + 1}\t${token}\t_\t${tag}\t${tag}\t_\t0\tdep\t_\t_\n`,
  );

  test.each(['.conll', '.iob', '.txt', '.dat'])('CoNLL-X in %s', async (name) =>
    expectCorpus(await read(name, ten)),
  );

  test('its first seven columns', async () => {
    const text = perToken(([token, tag], t) => `${t + 1}\t${token}\t_\t${tag}\tO\t0\tdep\n`);
    const found = await read('.conll', text, { tagColumn: 3 });
    expectCorpus(found);
    expect(found.notes).toEqual([
      ' the first column counts the tokens (1, 2, 3, ...), so the second is read as the token.',
    ]);
    // the last column has one tag, and lint says so
    expect((await read('.conll', text)).findings).toContain('one-tag error');
  });

  test('CoNLL-U Plus and .cupt', async () => {
    const head = '# global.columns = ID FORM UPOS PARSEME:MWE\n';
    const text = head + perToken(([token, tag], t) => `${t + 1}\t${token}\tX\t${tag}\n`);
    expectCorpus(await read('.cupt', text, { tagColumn: 'parseme:mwe' }));
    expectCorpus(await read('.conll', text, { tagColumn: 'parseme:mwe' }));
  });
});

describe('empty columns and cells', () => {
  test.each([
    ['a tab after the tags', perToken(([token, tag]) => `${token}\t${tag}\t\n`)],
    ['a tab before the tokens', perToken(([token, tag]) => `\t${token}\t${tag}\n`)],
    [
      'a tab before fields between spaces',
      perToken(([token, tag]) => `\t${token} XX ${tag === 'O' ? 'o' : tag}\n`),
    ],
    ['tabs on both sides', perToken(([token, tag]) => `\t${token}\t${tag}\t\t\n`)],
  ])('%s', async (_, text) => expectCorpus(await read('.conll', text)));

  test.each([
    [
      'empty-tags error',
      perToken(([token, tag], t, s) => `${token}\t${t === 2 && s % 3 === 0 ? '' : tag}\n`),
    ],
    [
      'empty-tokens error',
      perToken(([token, tag], t, s) => `${t === 2 && s % 3 === 0 ? '' : token}\t${tag}\n`),
    ],
    ['one-tag error', perToken(([token]) => `${token} X\n`)],
    ['ids-as-words error', `token,tag\n${perToken(([, tag], t) => `${t + 1},${tag}\n`)}`],
    ['columns-swapped error', perToken(([token, tag]) => `${tag}\t${token}\n`)],
    [
      'no-sentence-boundaries error',
      perToken(([token, tag]) => `${token} ${tag}\n`)
        .replaceAll('\n\n', '\n')
        .repeat(2),
    ],
  ])('%s', async (finding, text) => {
    expect((await read(text.startsWith('token,') ? '.csv' : '.conll', text)).findings).toContain(
      finding,
    );
  });
});

describe('tokens of line ends', () => {
  test('in quoted cells of csv', async () => {
    const { sentences, findings } = await read(
      '.csv',
      'word,tag\nHi,O\n"\n",O\nAda,B-PER\n\nBo,B-PER\n"\n\n",O\nran,O\n',
    );
    expect(sentences.map((one) => one.tokens)).toEqual([
      ['Hi', '\n', 'Ada'],
      ['Bo', '\n\n', 'ran'],
    ]);
    expect(sentences.map((one) => one.tags)).toEqual([
      ['O', 'O', 'B-PER'],
      ['B-PER', 'O', 'O'],
    ]);
    expect(findings).toEqual(['spaces-in-tokens warning']);
  });
});

describe('tags', () => {
  test.each([
    [
      'O in lower case or as 0',
      (tag: string, i: number) => (tag === 'O' ? ['o', '0', 'O'][i % 3]! : tag),
    ],
    ['O as 0', (tag: string) => tag.replace(/^O$/, '0')],
    ['O as _', (tag: string) => tag.replace(/^O$/, '_')],
    ['O as NONE', (tag: string) => tag.replace(/^O$/, 'NONE')],
    ['all in lower case', (tag: string) => tag.toLowerCase()],
    [
      'the letter in lower case',
      (tag: string) => tag.replace(/^[BI]/, (letter) => letter.toLowerCase()),
    ],
    ['the letter as a suffix', (tag: string) => tag.replace(/^([BI])-(.*)/, '$2-$1')],
    ['the letter as a suffix after _', (tag: string) => tag.replace(/^([BI])-(.*)/, '$2_$1')],
  ] as [string, (tag: string, i: number) => string][])('%s', async (_, write) => {
    let i = 0;
    const found = await read(
      '.conll',
      perToken(([token, tag]) => `${token} ${write(tag, i++)}\n`),
    );
    expectCorpus(found);
    expect(found.scheme).toBe('BIO');
    expect(found.notes.join('; ')).toMatch(/is written/);
  });

  test.each(['PER', 'person-actor'])('without letters: %s', async (type) => {
    const text = perToken(
      ([token, tag]) => `${token} ${tag.replace(/^.-PER/, type).replace('B-LOC', 'LOC')}\n`,
    );
    expectCorpus(await read('.conll', text, { scheme: 'IO' }), ['LOC', type].sort());
    const plain = await read('.conll', text);
    expect(plain.scheme).toBe('none');
    expect(plain.findings).toContain('tag-notation note');
  });
});

describe('sentences without blank lines', () => {
  const rows = (cell: (s: number, t: number) => string): string =>
    corpus
      .map((one, s) => one.map(([token, tag], t) => `${cell(s, t)}${token},${tag}\n`).join(''))
      .join('');

  test.each([
    [
      'sentence_idx, and an index of pandas',
      `,sentence_idx,word,tag\n${rows((s, t) => `${6 * s + t},${s + 1}.0,`)}`,
    ],
    [
      'Sentence # in the first row of each',
      `Sentence #,Word,Tag\n${rows((s, t) => (t === 0 ? `Sentence: ${s},` : ','))}`,
    ],
    ['sent_id, and semicolons', `sent_id;word;tag\n${rows((s) => `${s},`).replaceAll(',', ';')}`],
  ])('%s', async (_, text) => expectCorpus(await read('.csv', text)));

  test('in Latin-1', async () => {
    const path = join(folder, 'latin1.csv');
    writeFileSync(
      path,
      Buffer.from('Sentence #,Word,POS,Tag\nSentence: 1,Café,NN,O\n,Iraq,NNP,B-geo\n', 'latin1'),
    );
    const all = async (options: ReadOptions) => {
      const found: Sentence[] = [];
      for await (const piece of readSentences(path, { gold: true, ...options }))
        found.push(...piece);
      return found[0]!.tokens;
    };
    await expect(all({})).rejects.toThrow(/latin1\.csv:2: invalid UTF-8.* latin1 /);
    await expect(all({})).rejects.toThrow(UserError);
    expect(await all({ encoding: 'latin1' })).toEqual(['Café', 'Iraq']);
  });
});

describe('tags in the text', () => {
  const spansOf = (open: (type: string) => string, close: string) =>
    perSentence((rows) =>
      rows
        .map(([token, tag], t) => {
          const ends = tag !== 'O' && !rows[t + 1]?.[1].startsWith('I-');
          return `${tag.startsWith('B-') ? open(tag.slice(2)) : ''}${token}${ends ? close : ''}`;
        })
        .join(' '),
    );

  test.each([
    [
      'word/TAG',
      '.txt',
      perSentence((rows) => rows.map(([token, tag]) => `${token}/${tag}`).join(' ')),
    ],
    [
      'word_TAG',
      '.txt',
      perSentence((rows) => rows.map(([token, tag]) => `${token}_${tag}`).join(' ')),
    ],
    [
      'word|POS|TAG',
      '.iob',
      perSentence((rows) => rows.map(([token, tag]) => `${token}|NN|${tag}`).join(' ')),
    ],
    ['OpenNLP', '.txt', spansOf((type) => `<START:${type}> `, ' <END>')],
    ['brackets', '.inline', spansOf((type) => `[${type} `, ']')],
  ])('%s', async (_, name, text) => expectCorpus(await read(name, text)));
});

describe('exports of annotation tools', () => {
  const records = perSentence((rows, id) => {
    const text = rows.map(([token]) => token).join(' ');
    const person = rows[0]![0].length + 1 + rows[1]![0].length;
    const place = text.indexOf(rows[3]![0], person);
    return JSON.stringify({
      id,
      text,
      label: [
        [0, person, 'PER'],
        [place, place + rows[3]![0].length, 'LOC'],
      ],
    });
  });
  const numbers = perSentence((rows) =>
    JSON.stringify({
      tokens: rows.map(([token]) => token),
      ner_tags: rows.map(([, tag]) => ['O', 'B-PER', 'I-PER', 'B-LOC'].indexOf(tag)),
    }),
  );
  const labels = ['O', 'B-PER', 'I-PER', 'B-LOC'];

  test('doccano', async () => expectCorpus(await read('.jsonl', records)));
  test('Hugging Face, with numbers', async () => {
    expectCorpus(await read('.jsonl', numbers, { labels }));
    await expect(read('.jsonl', numbers)).rejects.toThrow(/:1: .* has numbers\. Give the names/);
  });
  test('the same as an array of JSON', async () => {
    const array = `[\n${numbers.trim().split('\n').join(',\n')}\n]\n`;
    expectCorpus(await read('.json', array, { labels }));
  });
});

test('numbers before the tokens', async () => {
  const found = await read(
    '.conll',
    perToken(([token, tag], t) => `${t + 1} ${token} NN I-NP ${tag}\n`),
  );
  expectCorpus(found);
  expect(found.notes.length).toBe(1);
});

test('few sentences with spans: the part that is held out has one', () => {
  const plain = Array.from({ length: 300 }, (_, i) => ({
    tokens: [`w${i}`, 'x'],
    tags: ['O', 'O'],
  }));
  const sentences = plain.map((one, i) => (i % 60 === 7 ? { ...one, tags: ['B-LOC', 'O'] } : one));
  for (let seed = 1; seed < 20; seed++) {
    const { train, dev } = holdOut(sentences, seed);
    const hasSpan = (part: readonly { tags: readonly string[] }[]) =>
      part.some(({ tags }) => tags.includes('B-LOC'));
    expect(hasSpan(train) && hasSpan(dev)).toBe(true);
  }
});

test('raw text: no token is invisible', async () => {
  const text =
    'so good ❤ \ufe0f thanks Ada 👩\u200d👩\u200d👧 in Oslo 👍🏿 !\n\u200b\u200b \u200d \ufeff of\u00a0line é\n';
  const { sentences } = await read('.txt', text, { gold: false, tokenization: undefined });
  const all = sentences.flatMap((one) => one.tokens);
  expect(all.filter((token) => !/[^\s\p{Cf}\p{Mn}]/u.test(token))).toEqual([]);
  expect(all).toContain('👩\u200d👩\u200d👧');
  expect(all).toContain('Oslo');
});
