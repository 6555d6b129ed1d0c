import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createWriter,
  type Document,
  type Format,
  type ReadOptions,
  readSentences,
  type Sentence,
} from '../../../src/corpus/index.ts';
import { expectUserErrorAsync } from '../helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-standoff-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};

/** Sentences, each as words with their tags, and the notes. */
async function read(file: string, options: ReadOptions = {}) {
  const notes: string[] = [];
  const sentences: Sentence[] = [];
  const onNote = (note: string) => notes.push(note.replaceAll(`${folder}/`, ''));
  for await (const piece of readSentences(file, { gold: true, onNote, ...options }))
    sentences.push(...piece);
  const pairs = sentences.map(({ tokens, tags }) =>
    tokens.map((t, i) => `${t}/${tags[i]}`).join(' '),
  );
  return { sentences, pairs, notes };
}

/** Writes sentences in a format, with their tags. */
function write(sentences: readonly Sentence[], format: Format, onText?: (text: string) => void) {
  const writer = createWriter({ format, onText });
  const out = writer.write(sentences, [sentences.map(({ tags }) => tags)]);
  return out + writer.end() + writer.close();
}

describe('BRAT', () => {
  const brat = (name: string, text: string, lines: readonly string[]) => {
    put(`${name}.txt`, text);
    return put(`${name}.ann`, lines.map((line) => `${line}\n`).join(''));
  };

  test('spans count code points; relations, events, attributes and notes are counted', async () => {
    const file = brat('a', '😀 Ann Lee met\nBo. Cy left.\n', [
      'T1\tPER 2 9\tAnn Lee',
      'R1\tKnows Arg1:T1 Arg2:T2',
      'T2\tPER 14 16\tBo',
      'E1\tMeet:T1',
      'A1\tOld T1',
      '#1\tAnnotatorNotes T1\ta note',
      '*\tEquiv T1 T2',
    ]);
    expect(await read(file)).toMatchObject({
      pairs: ['😀/O Ann/B-PER Lee/I-PER met/O Bo/B-PER ./O', 'Cy/O left/O ./O'],
      notes: ['a.ann: 5 lines of relations, events, attributes or notes not read.'],
    });
  });

  test('parts of a span: a line end is no gap, other text is', async () => {
    const file = brat('b', 'left and right foot of New\nYork', [
      'T1\tA 0 4;15 19\tleft foot',
      'T2\tB 23 26;27 31\tNew York',
    ]);
    expect(await read(file)).toMatchObject({
      pairs: ['left/B-A and/I-A right/I-A foot/I-A of/O New/B-B York/I-B'],
      notes: ['b.ann: of 2 spans: 1 read with the gap inside them.'],
    });
    await expectUserErrorAsync(
      () => read(file, { strictSpans: true }),
      /b\.ann: of 2 spans: 1 read with the gap/,
    );
  });

  test('a span joins the sentences that it goes over', async () => {
    const file = brat('c', 'See Yahoo! Inc. today.', ['T1\tORG 4 15\tYahoo! Inc.']);
    expect((await read(file)).pairs.join('|')).toMatch(/B-ORG.*I-ORG/);
    expect((await read(file)).pairs.join('|')).not.toMatch(/\|[^|]*I-ORG/);
  });

  test.each([
    ['another text', 'T1\tPER 0 3\tBob', /d\.ann:1: a span of "Bob", but .*d\.txt has "Ann"/],
    ['an offset that moved', 'T1\tPER 1 3\tAnn', /d\.ann:1: a span of "Ann"/],
    ['an end before its start', 'T1\tPER 3 0\tAnn', /d\.ann:1: offsets 3 0/],
    ['parts out of order', 'T1\tPER 4 8;0 3\tleft Ann', /d\.ann:1: offsets/],
    ['no tab', 'T1 PER 0 3 Ann', /d\.ann:1: not a line of BRAT/],
    ['no type', 'T1\t0 3\tAnn', /d\.ann:1: not a line of BRAT/],
  ])('%s is refused', async (_, line, message) => {
    await expectUserErrorAsync(() => read(brat('d', 'Ann left', [line])), message);
  });

  test('has one column of tags, and no features but those of its text', async () => {
    const file = brat('j', 'Ann left', ['T1\tPER 0 3\tAnn']);
    await expectUserErrorAsync(
      () => read(file, { tagColumn: ['a', 'b'] }),
      /j\.ann: columns a, b, but spans are one column of tags/,
    );
    await expectUserErrorAsync(
      () => read(file, { featureColumn: [1] }),
      /j\.txt: the format text has no column 1 to read as a feature/,
    );
    const text = put('j.conll', 'Ann N\nleft V\n');
    const { sentences } = await read(file, {
      text: { file: text, format: 'columns' },
      featureColumn: [1],
    });
    expect(sentences[0]).toMatchObject({ tags: ['B-PER', 'O'], featureColumns: [['N', 'V']] });
  });

  test('a text that is not there is named', async () => {
    await expectUserErrorAsync(
      () => read(put('lone.ann', '')),
      /lone\.ann: its text .*lone\.txt is not there\. Name the file of the text\./,
    );
    const text = put('other.txt', 'Ann');
    const file = put('lone.ann', 'T1\tPER 0 3\tAnn\n');
    expect((await read(file, { text: { file: text } })).pairs).toEqual(['Ann/B-PER']);
  });

  test('a file without spans has a text of O; a byte order mark and CRLF count', async () => {
    expect((await read(brat('e', 'Ann left', []))).pairs).toEqual(['Ann/O left/O']);
    const file = brat('f', '\ufeffAnn\r\n\r\nBo\r\n', ['T1\tP 1 4\tAnn', 'T2\tP 8 10\tBo\r']);
    expect((await read(file)).pairs).toEqual(['Ann/B-P', 'Bo/B-P']);
  });

  test('a second text is refused, and a text that is nowhere', async () => {
    const one = (await read(brat('g', 'Ann', []))).sentences;
    const two = (await read(brat('h', 'Bo', []))).sentences;
    await expectUserErrorAsync(
      async () => write([...one, ...two], 'brat'),
      /h\.txt: a second text/,
    );
    const jsonl = put('i.jsonl', '{"text":"Ann","label":[]}\n');
    const { sentences } = await read(jsonl);
    await expectUserErrorAsync(async () => write(sentences, 'brat'), /BRAT needs the text/);
  });
});

describe('spans', () => {
  test('with the text that they name, or that is given', async () => {
    const text = put('x.txt', 'Ann left. 😀 Bo too.\n');
    const span = (start: number, end: number, text: string, more = {}) =>
      JSON.stringify({ sentence: 1, start, end, text, type: 'PER', ...more });
    const named = [span(0, 3, 'Ann', { file: text }), span(13, 15, 'Bo', { file: text })];
    const expected = ['Ann/B-PER left/O ./O', '😀/O Bo/B-PER too/O ./O'];
    const file = put('x.jsonl', `${named.join('\n')}\n`);
    expect((await read(file)).pairs).toEqual(expected);
    // code points, as --offsets code-points writes
    const other = put('y.jsonl', `${span(0, 3, 'Ann')}\n${span(12, 14, 'Bo')}\n`);
    expect((await read(other, { text: { file: text } })).pairs).toEqual(expected);
    await expectUserErrorAsync(() => read(other), /y\.jsonl: the text of its spans is not known/);
    const wrong = put('z.jsonl', `${span(1, 4, 'Ann')}\n`);
    await expectUserErrorAsync(
      () => read(wrong, { text: { file: text } }),
      /z\.jsonl:1: a span of "Ann", but .*x\.txt has "nn "/,
    );
  });

  test('of records on one line do not tell which is theirs', async () => {
    const text = put('v.json', '[{"text":"Ann"},{"text":"Bo"}]');
    const span = { sentence: 1, line: 1, start: 0, end: 3, text: 'Ann', type: 'PER' };
    const file = put('v.jsonl', JSON.stringify(span));
    await expectUserErrorAsync(
      () => read(file, { text: { file: text } }),
      /v\.json:1: several records in a line/,
    );
    const other = put('u.jsonl', JSON.stringify({ ...span, line: 7 }));
    await expectUserErrorAsync(
      () => read(other, { text: { file: put('u.json', '[{"text":"Ann"}]') } }),
      /u\.jsonl:1: a span of line 7, where .*u\.json has no text/,
    );
  });

  test('of several texts', async () => {
    const span = (file: string) =>
      JSON.stringify({ file, sentence: 1, start: 0, end: 1, text: 'A', type: 'P' });
    const texts = [put('1.txt', 'A b'), put('2.txt', 'A c')];
    const file = put('both.jsonl', texts.map(span).join('\n'));
    expect((await read(file)).pairs).toEqual(['A/B-P b/O', 'A/B-P c/O']);
    await expectUserErrorAsync(
      () => read(file, { text: { file: texts[0]! } }),
      /both\.jsonl: spans of 2 texts/,
    );
  });

  test.each([
    ['{"sentence":1,"start":0,"end":1,"text":"A"}', /:2: not a span/],
    [
      '{"sentence":1,"start":0,"end":1,"text":"A","type":"X","token":0}',
      /:2: spans and plain tags/,
    ],
    ['{"sentence":1,"sta', /:2: not a span, .* Is the file cut/],
  ])('%s is refused', async (line, message) => {
    const text = put('w.txt', 'A');
    const good = '{"sentence":1,"start":0,"end":1,"text":"A","type":"X"}';
    const file = put('w.jsonl', `${good}\n${line}\n`);
    await expectUserErrorAsync(() => read(file, { text: { file: text } }), message);
  });
});

/** Sentences of a text with spans where `letters` are capitals. */
async function tagged(name: string, content: string, format?: Format) {
  const file = put(name, content);
  const options = { gold: false, ...(format && { format }) };
  const sentences: Sentence[] = [];
  let document: Document | undefined;
  const onDocument = (started: Document) => {
    document = started;
  };
  for await (const piece of readSentences(file, { ...options, onDocument }))
    sentences.push(...piece);
  let inside = false;
  const withTags = sentences.map((sentence) => {
    inside = false;
    const tags = sentence.tokens.map((token) => {
      const before = inside;
      inside = /^\p{Lu}/u.test(token);
      return inside ? `${before ? 'I' : 'B'}-N` : 'O';
    });
    return { ...sentence, tags };
  });
  return { file, sentences: withTags, document: document! };
}

describe('round trips', () => {
  const word = fc.constantFrom('ann', 'Ann', 'Bo', 'x', '😀', 'e\u0301', '!', 'Ça');
  const gap = fc.constantFrom(' ', '  ', '\n', ' \r\n', '\t');
  const text = fc
    .array(fc.tuple(word, gap), { minLength: 1, maxLength: 12 })
    .map((words) => words.map((one) => one.join('')).join(''));
  const chunks = (sentences: readonly Sentence[]) =>
    sentences.flatMap(({ tokens, tags }) => tokens.map((token, t) => `${token}/${tags[t]}`));

  test.each(['text', 'lines'] as const)('%s and its spans, in each format', async (format) => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(text, async (content) => {
        const name = `round${n++}-${format}`;
        const { file, sentences } = await tagged(`${name}.txt`, content, format);
        const expected = chunks(sentences);
        const reread = async (as: Format, extension: string) => {
          const back = await read(put(`${name}.${extension}`, write(sentences, as)));
          expect(chunks(back.sentences)).toEqual(expected);
          expect(back.notes.filter((note) => !note.includes('predictions only'))).toEqual([]);
        };
        await reread('doccano', 'd.jsonl');
        await reread('prodigy', 'p.jsonl');
        await reread('label-studio', 'l.json');
        await reread('json', 't.json');
        if (expected.some((pair) => !pair.endsWith('/O'))) await reread('spans', 's.jsonl');
        const ann = put(`${name}.ann`, write(sentences, 'brat'));
        expect(chunks((await read(ann, { text: { file, format } })).sentences)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test.each([
    ['jsonl', '{"text":"Ann met 😀 Bo. Ça va"}\n{"text":"no one"}\n{"text":"\\n Ann\\nBo"}\n'],
    ['jsonl', '{"tokens":["Ann","x y"]}\n{"tokens":["Bo"]}\n'],
    ['json', '[\n{"text":"Ann met 😀 Bo"},\n{"tokens":["Bo","x"]}\n]\n'],
    ['columns', 'Ann X\nleft X\n\nBo X\n'],
    ['conllu', '1\tAnn\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n2\tleft\t_\t_\t_\t_\t_\t_\t_\t_\n\n'],
  ] as const)('%s and its spans: %s', async (format, content) => {
    const { file, sentences } = await tagged(`corpus.${format}`, content, format);
    const expected = chunks(sentences);
    const spans = await read(put('corpus.spans', write(sentences, 'spans')), {
      text: { file, format },
    });
    expect(chunks(spans.sentences)).toEqual(expected);
    const pieces: string[] = [];
    const ann = put(
      'corpus.ann',
      write(sentences, 'brat', (piece) => pieces.push(piece)),
    );
    put('corpus.txt', pieces.join(''));
    const back = await read(ann);
    expect(chunks(back.sentences).join(' ').replaceAll('\u00a0', ' ')).toContain('Ann/B-N');
    expect(write(back.sentences, 'brat', () => undefined)).toBe(
      write(sentences, 'brat', () => undefined),
    );
  });

  test('plain tags stay plain', async () => {
    const { file, sentences } = await tagged('plain.txt', 'Ann left. Bo too.');
    const plain = sentences.map((s) => ({ ...s, tags: s.tokens.map((t) => `T${t.length}`) }));
    const back = await read(put('plain.spans', write(plain, 'spans')), { text: { file } });
    expect(chunks(back.sentences)).toEqual(chunks(plain));
  });
});
