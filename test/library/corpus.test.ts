import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { Format as InnerFormat } from '../../src/corpus/index.ts';
import { readFormats, writtenFormats } from '../../src/library/arguments.ts';
import { convert } from '../../src/library/convert.ts';
import { readCorpus, readSentences, tokenize } from '../../src/library/corpus.ts';
import { loadTagger } from '../../src/library/tagger.ts';
import type { Format, Sentence, Tagger } from '../../src/library/types.ts';
import { formatCorpus, writeCorpus } from '../../src/library/writing.ts';
import { createFolder } from '../cli/world.ts';
import { wrong } from './wrong.ts';

const { path, remove } = createFolder();
let tagger: Tagger;
beforeAll(async () => {
  tagger = await loadTagger('en-ner', { threads: 1 });
});
afterAll(async () => {
  await tagger.close();
  remove();
});

const file = (name: string, content: string): string => {
  writeFileSync(path(name), content);
  return path(name);
};
const read = (name: string): string => readFileSync(path(name), 'utf8');

const conll = 'Angela\tNNP\tB-PER\nMerkel\tNNP\tI-PER\nspoke\tVBD\tO\n\nBerlin\tNNP\tB-LOC\n\n';

describe('readCorpus', () => {
  it('reads tokens, one or several tag columns, and features', async () => {
    const corpus = file('a.conll', conll);
    expect(await readCorpus(corpus)).toEqual([
      {
        tokens: ['Angela', 'Merkel', 'spoke'],
        tags: ['B-PER', 'I-PER', 'O'],
        file: corpus,
        line: 1,
      },
      { tokens: ['Berlin'], tags: ['B-LOC'], file: corpus, line: 5 },
    ]);
    const [first] = (await readCorpus(corpus, { tagColumn: [1, 2], featureColumn: 1 })) as [
      Sentence,
    ];
    expect(first.tagColumns).toEqual([
      ['NNP', 'NNP', 'VBD'],
      ['B-PER', 'I-PER', 'O'],
    ]);
    expect(first.featureColumns).toEqual([['NNP', 'NNP', 'VBD']]);
  });

  it('reads a stream, raw text, and one sentence after another', async () => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(conll.slice(0, 10));
      yield Buffer.from(conll.slice(10));
    }
    expect(await readCorpus(bytes(), { format: 'columns' })).toHaveLength(2);
    const text = file('a.txt', 'It is late. Go home.');
    const sentences = await readCorpus(text, { format: 'text' });
    expect(sentences.map(({ tokens, tags }) => [tokens.length, tags])).toEqual([
      [4, []],
      [3, []],
    ]);
    const lines: number[] = [];
    for await (const { line } of readSentences(file('a.conll', conll))) lines.push(line);
    expect(lines).toEqual([1, 5]);
  });

  it('refuses wrong arguments by TypeError and RangeError, wrong files by UserError', async () => {
    await expect(readCorpus(wrong(7))).rejects.toThrow(
      new TypeError('readCorpus: expected a path or a stream of bytes, not 7.'),
    );
    await expect(readCorpus(wrong(['a.conll']))).rejects.toThrow(TypeError);
    expect(() => readSentences(wrong(undefined))).toThrow(TypeError);
    await expect(readCorpus('a', wrong({ fromat: 'csv' }))).rejects.toThrow(
      new TypeError('readCorpus: there is no option "fromat". Do you mean format?'),
    );
    await expect(readCorpus('a', { format: 'html' })).rejects.toThrow(RangeError);
    await expect(readCorpus('a', wrong({ tagColumn: 1.5 }))).rejects.toThrow(TypeError);
    await expect(readCorpus(path('none.conll'))).rejects.toMatchObject({
      name: 'UserError',
      code: 'SEQTAG_FILE_NOT_FOUND',
    });
    await expect(readCorpus(file('empty.conll', '\n\n'))).rejects.toMatchObject({
      code: 'SEQTAG_CORPUS_EMPTY',
    });
  });
});

describe('writeCorpus and formatCorpus', () => {
  it('write sentences of readCorpus with new tags in their column and everything else unchanged', async () => {
    const text = `# a comment\r\n${conll.replaceAll('\n', '\r\n')}`;
    const sentences = await readCorpus(file('b.conll', text), { keepSource: true });
    const tagged = sentences.map((s) => ({ ...s, tags: s.tags.map(() => 'X') }));
    await writeCorpus(path('c.conll'), tagged, { tagColumn: -1 });
    expect(read('c.conll')).toBe(text.replace(/\t(?:[BI]-...|O)\r/g, '\tX\r'));
  });

  it('accept the results of a tagger, also as a stream', async () => {
    const all = tagger.tagStream(readSentences(file('a.conll', conll)));
    await writeCorpus(path('tagged.jsonl'), all);
    const lines = read('tagged.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { tokens: ['Angela', 'Merkel', 'spoke'], tags: ['B-PER', 'I-PER', 'O'] },
      { tokens: ['Berlin'], tags: ['B-LOC'] },
    ]);
  });

  it('give offsets in the text, and confidences', () => {
    const text = '  Angela Merkel met him.\n\nIn Berlin.';
    const spans = formatCorpus(tagger.tagText(text, { confidence: true }), {
      format: 'spans',
      confidence: true,
    });
    const found = spans
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map((span) => text.slice(span.start, span.end))).toEqual([
      'Angela Merkel',
      'Berlin',
    ]);
    expect(found[0]).toMatchObject({ type: 'PER', confidence: expect.any(Number) });
    expect(formatCorpus(tagger.tagText('She is in Berlin.'), { format: 'conllu' })).toContain(
      '4\tBerlin\t_\t_\t_\t_\t1\tdep\t_\tNER=B-LOC|SpaceAfter=No',
    );
  });

  it('write several tag columns under their names', () => {
    const sentence = { tokens: ['a'], tags: ['X'], tagColumns: [['X'], ['Y']] };
    expect(formatCorpus([sentence], { format: 'jsonl', tagColumn: ['upos', 'xpos'] })).toBe(
      '{"tokens":["a"],"upos":["X"],"xpos":["Y"]}\n',
    );
    expect(() => formatCorpus([sentence], { format: 'jsonl' })).toThrow(
      new RangeError("formatCorpus: tagColumn: name the 2 tag columns, such as ['upos', 'xpos']."),
    );
    expect(() =>
      formatCorpus([sentence, { tokens: ['a'], tags: ['X'] }], { tagColumn: ['a', 'b'] }),
    ).toThrow('formatCorpus: sentence 2: expected 2 tag columns, as before, not 1.');
  });

  it.each([
    ['abc', TypeError, 'formatCorpus: expected an iterable of sentences, not "abc" (a string).'],
    [
      [['a']],
      TypeError,
      'formatCorpus: sentence 1: expected an object with tokens and tags, not an array of 1.',
    ],
    [
      [{ tokens: ['a'] }],
      TypeError,
      'formatCorpus: sentence 1: tags: expected an array of tags, not undefined.',
    ],
    [
      [{ tokens: ['a'], tags: [] }],
      RangeError,
      'formatCorpus: sentence 1: tags: expected 1 tags, one for each token, not 0.',
    ],
  ] as const)('refuse %j', (sentences, kind, message) => {
    const call = (): unknown => formatCorpus(wrong(sentences));
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it('refuse confidences that are not there, and leave no file behind', async () => {
    const sentences = tagger.tag([['Berlin']]);
    expect(() => formatCorpus(sentences, { confidence: true })).toThrow(
      new RangeError('formatCorpus: sentence 1: no confidences. Tag with {confidence: true}.'),
    );
    await expect(writeCorpus(path('x.html'), sentences, { nBest: 2 })).rejects.toThrow(RangeError);
    expect(() => read('x.html')).toThrow('ENOENT');
    await expect(writeCorpus(path('no/folder/x.conll'), sentences)).rejects.toMatchObject({
      name: 'UserError',
    });
    await expect(writeCorpus(wrong(undefined), sentences)).rejects.toThrow(TypeError);
  });
});

describe('convert', () => {
  it('changes format and scheme', async () => {
    await convert(file('d.conll', conll), path('d.jsonl'), { scheme: 'BIOES' });
    expect(read('d.jsonl')).toContain('"tags":["B-PER","E-PER","O"]');
    await convert(path('d.jsonl'), path('d.conllu'));
    await convert(file('bare.conll', 'Ann B\nLee I\n'), path('bare.jsonl'), { to: 'doccano' });
    expect(read('bare.jsonl')).toBe('{"text":"Ann Lee","label":[[0,7,"SPAN"]]}\n');
    expect(read('d.conllu')).toContain('NER=B-PER');
    await convert(path('d.conll'), path('d.conll'), { scheme: 'IOB1' });
    expect(read('d.conll')).toBe(conll.replaceAll('B-', 'I-'));
    await convert(file('plain.txt', 'It is late. Go.'), path('plain.conll'), { to: 'horizontal' });
    expect(read('plain.conll')).toBe('It is late .\nGo .\n');
  });

  it('keeps several tag columns', async () => {
    await convert(file('d.conll', conll), path('e.jsonl'), { tagColumn: [1, 2] });
    expect(JSON.parse(read('e.jsonl').split('\n')[0]!)).toEqual({
      tokens: ['Angela', 'Merkel', 'spoke'],
      tag1: ['NNP', 'NNP', 'VBD'],
      tag2: ['B-PER', 'I-PER', 'O'],
    });
    await convert(path('d.conll'), path('f.conll'), { tagColumn: [1, 2], scheme: 'BIOES' });
    expect(read('f.conll')).toBe(conll.replace('I-PER', 'E-PER').replace('B-LOC', 'S-LOC'));
  });

  it('returns an unchanged corpus byte for byte', async () => {
    const csv = '\ufeffword,tag\r\nBerlin,"B-LOC"\r\n\r\n';
    await convert(file('g.csv', csv), path('h.csv'));
    expect(read('h.csv')).toBe(csv);
  });

  it('refuses wrong arguments and plain tags', async () => {
    await expect(convert(wrong(1), 'b')).rejects.toThrow(TypeError);
    await expect(convert('a', wrong(1))).rejects.toThrow(TypeError);
    await expect(convert('a', 'b', wrong({ format: 'csv' }))).rejects.toThrow(TypeError);
    await expect(convert('a', 'b', { scheme: 'none' })).rejects.toThrow(RangeError);
    await expect(
      convert(file('d.conll', conll), path('i.conll'), { scheme: 'BIO', tagColumn: 1 }),
    ).rejects.toMatchObject({ code: 'SEQTAG_TAGS' });
    expect(() => read('i.conll')).toThrow('ENOENT');
  });
});

it('tokenize gives sentences and tokens with offsets', () => {
  const text = 'It’s late. Go!';
  const sentences = tokenize(text);
  expect(sentences.map(({ tokens }) => tokens)).toEqual([
    ['It', '’s', 'late', '.'],
    ['Go', '!'],
  ]);
  expect(sentences[1]).toMatchObject({ text: 'Go!', offsets: { start: 11, end: 14 } });
  expect(() => tokenize(wrong(null))).toThrow(
    new TypeError('tokenize: expected a text, not null.'),
  );
});

it('formats that can be read and written are those of the corpora', () => {
  expect([...readFormats].sort()).toEqual([
    'brat',
    'columns',
    'conllu',
    'csv',
    'horizontal',
    'inline',
    'json',
    'jsonl',
    'lines',
    'spans',
    'text',
    'tsv',
  ]);
  expect([...writtenFormats].sort()).toEqual([
    'brat',
    'columns',
    'conllu',
    'csv',
    'doccano',
    'horizontal',
    'html',
    'inline',
    'json',
    'jsonl',
    'label-studio',
    'prodigy',
    'spans',
    'tsv',
  ]);
  expectTypeOf<Format>().toEqualTypeOf<InnerFormat>();
});
