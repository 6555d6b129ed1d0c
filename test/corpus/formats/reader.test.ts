import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Column,
  createParser,
  type Document,
  type Format,
  readCorpus,
  readSentences,
} from '../../../src/corpus/index.ts';
import {
  expectUserError,
  expectUserErrorAsync,
  parseText,
  readAll,
  seen,
  stream,
} from '../helpers.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqtag-corpus-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('a column of tags that is asked for twice, by name or by index, is refused', () => {
  const conllu = '1\ta\t_\tX\tY\t_\t_\t_\t_\tK=1\n';
  const read = (format: Format, text: string, ...tagColumn: Column[]) => {
    const parsed = (gold: boolean) => parseText(text, { format, tagColumn, gold });
    expectUserError(() => parsed(true), /^file(:1)?: column .* is asked for twice\. Name each/);
    expect(parsed(false).sentences.length).toBe(1); // nothing is read of them
  };
  read('columns', 'a x y\n', 1, -2);
  read('csv', 'token,tag\na,x\n', 'tag', 1);
  read('tsv', 'token\ttag\na\tx\n', 'tag', 'tag');
  read('conllu', conllu, 'upos', 'xpos', 3);
  read('conllu', conllu, 'K', 'K');
  read('jsonl', '{"tokens": ["a"], "x": ["b"]}\n', 'x', 'x');
  const [both] = parseText(conllu, {
    format: 'conllu',
    tagColumn: ['upos', 'K', 'xpos'],
  }).sentences;
  expect(both?.tagColumns).toEqual([['X'], ['1'], ['Y']]);
});

describe('readSentences', () => {
  test('reads a file in the format of its extension', async () => {
    const path = file('a.conll', 'a\tX\nb\tY\n\nc\tZ\n');
    expect(seen(await readAll(path))).toEqual([
      { tokens: ['a', 'b'], tags: [], line: 1 },
      { tokens: ['c'], tags: [], line: 4 },
    ]);
    expect((await readAll(path, { tagColumn: 1 }))[0]).toMatchObject({
      tags: ['X', 'Y'],
      file: path,
    });
    expect((await readAll(file('a.txt', 'One. Two.'))).length).toBe(2);
    expect((await readAll(file('b.txt', 'a O\nb O\n'), { gold: true })).length).toBe(1);
  });

  test('sniffs what has no extension, standard input too', async () => {
    const text = '\n\na O\nb O\n\nc O\n';
    expect((await readAll(file('none', text), { gold: true })).length).toBe(2);
    const [first] = await readAll(stream(bytes(text), [1, 2]), { gold: true });
    expect(first).toMatchObject({ tokens: ['a', 'b'], tags: ['O', 'O'], file: '<stdin>', line: 3 });
    expect((await readAll(stream(bytes('One dog. Two dogs!'))))[1]?.tokens).toEqual([
      'Two',
      'dogs',
      '!',
    ]);
    await expectUserErrorAsync(
      () => readAll(stream(bytes('One dog.')), { gold: true }),
      /^<stdin>: the format text has no tags/,
    );
    expect(
      (await readAll(stream(bytes('a b')), { format: 'horizontal', file: 'x' }))[0]?.file,
    ).toBe('x');
  });

  test('yields an array a piece, as soon as sentences are complete', async () => {
    const pieces = ['a O\n', '\nb O\n\nc O\n\n', 'd O\n'].map(bytes);
    let given = 0;
    async function* slow() {
      for (const piece of pieces) {
        given++;
        yield piece;
      }
    }
    const seen: [number, number][] = [];
    for await (const sentences of readSentences(slow(), { format: 'columns' })) {
      seen.push([given, sentences.length]);
    }
    expect(seen).toEqual([
      [2, 3],
      [3, 1],
    ]);
  });

  test('nothing in, nothing out', async () => {
    let document: Document | undefined;
    const onDocument = (started: Document) => {
      document = started;
    };
    for (const text of ['', '\n', '\ufeff', ' \n\n']) {
      expect(await readAll(stream(bytes(text)), { onDocument })).toEqual([]);
      expect((document?.bom ? '\ufeff' : '') + document?.tail).toBe(text);
    }
    expect(await readAll(stream(bytes('# only\n')), { format: 'conllu', onDocument })).toEqual([]);
    expect(document).toMatchObject({ tail: '# only\n', format: 'conllu' });
  });

  test('decodes strictly, wherever the bytes are cut', async () => {
    const text = '\ufeffé\u00a0\tO\n😂\tO\n\n日本\tO';
    const all = bytes(text);
    const whole = await readAll(stream(all), { format: 'columns', gold: true });
    expect(whole.map(({ tokens }) => tokens)).toEqual([['é\u00a0', '😂'], ['日本']]);
    for (let cut = 0; cut <= all.length; cut++) {
      expect(await readAll(stream(all, [cut, cut + 1]), { format: 'columns', gold: true })).toEqual(
        whole,
      );
    }
  });

  test('any bytes cut anywhere give the same sentences', async () => {
    const piece = fc.constantFrom(
      'a\tO',
      '\n',
      '\r\n',
      '\n\n',
      '# c',
      '\tX',
      '名\tO',
      '😂',
      ' ',
      '. ',
      '\ufeff',
      'x,y',
      '"q",z',
    );
    const text = fc.array(piece, { maxLength: 30 }).map((parts) => parts.join(''));
    const formats = fc.constantFrom<Format>('columns', 'csv', 'tsv', 'horizontal', 'text');
    const outcome = (source: AsyncIterable<Uint8Array>, format: Format) =>
      readAll(source, { format }).then(
        (sentences) => sentences,
        (error: Error) => error.message,
      );
    await fc.assert(
      fc.asyncProperty(
        text,
        formats,
        fc.array(fc.nat({ max: 100 }), { maxLength: 6 }),
        async (text, format, cuts) => {
          const all = bytes(text);
          const cut = cuts.map((at) => Math.min(at, all.length));
          expect(await outcome(stream(all, cut), format)).toEqual(
            await outcome(stream(all), format),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a line of megabytes is decoded in pieces', async () => {
    const long = '日本語'.repeat(1_000_000);
    const cuts = Array.from({ length: 90 }, (_, i) => (i + 1) * 100_000);
    const [sentence] = await readAll(stream(bytes(`${long}\tO\nb\tO\n`), cuts), {
      format: 'columns',
    });
    expect(sentence?.tokens[0] === long).toBe(true);
    expect(sentence?.tokens[1]).toBe('b');
  });

  test('invalid UTF-8 is an error with its line', async () => {
    const pattern = /^<stdin>:3: invalid UTF-8\..*iconv/;
    const read =
      (data: Uint8Array, cuts: number[] = [], format: Format = 'columns') =>
      () =>
        readAll(stream(data, cuts), { format });
    const data = latin1('a O\n\nd\xe9j\xe0 O\nx O\n');
    for (const format of ['columns', 'horizontal', 'text', 'csv'] as const) {
      await expectUserErrorAsync(read(data, [], format), pattern);
      await expectUserErrorAsync(read(data, [2, 5, 7, 9], format), pattern);
    }
    await expectUserErrorAsync(read(latin1('a O\n\nb \xc3')), pattern);
    await expectUserErrorAsync(() => readAll(stream(latin1('\n\n\xff'))), pattern);
    await expectUserErrorAsync(
      read(Buffer.from('\ufeffa O\n', 'utf16le')),
      /^<stdin>:1: UTF-16, expected UTF-8/,
    );
    await expectUserErrorAsync(
      () => readAll(file('latin.conll', data)),
      /latin\.conll:3: invalid UTF-8/,
    );
  });

  test('a binary file is an error', async () => {
    await expectUserErrorAsync(
      () => readAll(stream(latin1('a O\nb\0'), [6])),
      /^<stdin>:2: a binary file \(it has a NUL byte\)/,
    );
  });

  test('a directory, a file that is not there', async () => {
    await expectUserErrorAsync(() => readAll(folder), /: a directory\. Name a file in it\.$/);
    await expectUserErrorAsync(
      () => readAll(join(folder, 'no.conll')),
      /no\.conll: no such file\. Check the path\.$/,
    );
    await expectUserErrorAsync(
      () => readAll(join(file('plain.txt', 'x'), 'y')),
      /plain\.txt.y: no such file: part of the path/,
    );
  });

  test('an error of the stream stays what it is', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes('a O\n');
      throw new TypeError('broken');
    }
    await expect(readAll(broken())).rejects.toThrow(TypeError);
  });

  test('formats that are only written', () => {
    expectUserError(
      () => createParser({ format: 'html' }),
      /^<stdin>: the format html is only written, not read/,
    );
  });

  test('leaving early closes the file', async () => {
    const path = file('long.conll', 'a O\n\n'.repeat(200_000));
    let count = 0;
    for await (const sentences of readSentences(path)) {
      count += sentences.length;
      break;
    }
    expect(count).toBeLessThan(100_000);
  });
});

describe('readCorpus', () => {
  test('reads gold tags and keeps no sources', async () => {
    const path = file('gold.conll', 'a\tX\n\nb\tY\n');
    expect(await readCorpus(path)).toEqual([
      { tokens: ['a'], tags: ['X'], file: path, line: 1 },
      { tokens: ['b'], tags: ['Y'], file: path, line: 3 },
    ]);
    expect((await readCorpus(path, { keepSource: true }))[0]?.source?.raw).toBe('a\tX\n\n');
    expect((await readCorpus(path, { gold: false }))[0]?.tags).toEqual([]);
  });

  test('a corpus without sentences is an error', async () => {
    let documents = 0;
    await expectUserErrorAsync(
      () => readCorpus(file('empty.conll', '\n\n'), { onDocument: () => documents++ }),
      /empty\.conll: no sentences in the format columns\. Is the file empty/,
    );
    expect(documents).toBe(1);
    await expectUserErrorAsync(() => readCorpus(stream(bytes(''))), /^<stdin>: no sentences/);
  });

  test('long words do not keep the text they were cut from', async () => {
    const collect = garbageCollector();
    const word = 'w'.repeat(13);
    const chunk = bytes(
      `${word} ${'T'.repeat(13)}\n${'# a comment of many words\n'.repeat(40_000)}\n`,
    );
    async function* source() {
      for (let i = 0; i < 60; i++) yield chunk;
    }
    collect();
    const before = memory();
    const sentences = await readCorpus(source(), { format: 'columns' });
    collect();
    // 60 MB of text went by
    expect(memory() - before).toBeLessThan(10_000_000);
    expect(sentences.length).toBe(60);
    expect(sentences[0]?.tokens).toEqual([word]);
  });
});

/** Bytes of strings and objects; Node keeps long decoded strings outside the heap. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

test('several columns of tags are read at once, in the order asked for', () => {
  const read = (format: Format, text: string, ...tagColumn: Column[]) =>
    parseText(text, { format, tagColumn }).sentences.map(({ tags, tagColumns }) => ({
      tags,
      tagColumns,
    }));
  const two = [
    {
      tags: ['Z', 'z'],
      tagColumns: [
        ['Z', 'z'],
        ['X', 'x'],
      ],
    },
  ];
  expect(read('columns', 'a X Z\nb x z\n', -1, '1')).toEqual(two);
  expect(read('columns', '# 1 2 3\na\tX  \tZ\nb\tx\tz \n', 2, 1)).toEqual(two);
  expect(read('csv', 'xpos,token,upos\nX,a,"Z"\nx,b,z\n', 'upos', 'xpos')).toEqual(two);
  expect(read('jsonl', '{"w":["Z","z"],"x":["X","x"],"tokens":["a","b"]}\n', 'w', 'x')).toEqual(
    two,
  );
  expect(
    read('jsonl', '{"text":"Yes. No.","x":["a",".","b","."],"y":["1","2","3","4"]}\n', 'x', 'y'),
  ).toEqual([
    {
      tags: ['a', '.'],
      tagColumns: [
        ['a', '.'],
        ['1', '2'],
      ],
    },
    {
      tags: ['b', '.'],
      tagColumns: [
        ['b', '.'],
        ['3', '4'],
      ],
    },
  ]);
  const row = (id: number, xpos: string, misc: string): string =>
    `${id}\tw\t_\t_\t${xpos}\t_\t_\t_\t_\t${misc}\n`;
  expect(read('conllu', row(1, 'X', 'K=Z') + row(2, 'x', 'J=1|K=z'), 'K', 'xpos')).toEqual(two);
  expect(read('conllu', row(1, 'Z', 'K=X') + row(2, 'z', 'J=1|K=x'), 'xpos', 'K')).toEqual(two);
  expectUserError(() => read('conllu', row(1, 'X', 'K=1'), 'K', 'L'), /no word has L= in MISC/);
  expectUserError(() => read('columns', 'a x\n', 1, 2), /2 columns, but column 2 was asked for/);
});

test('content that is unmistakable overrules the extension', async () => {
  const row = (id: number, form: string) => `${id}\t${form}\t_\tX\tX\t_\t0\tdep\t_\t_\n`;
  const conllx = `#\tid=1\n${row(1, 'No')}${row(2, '.')}\n`;
  for (const name of ['x.conll', 'x.tsv', 'x.txt', 'x.conllx']) {
    const path = file(name, conllx);
    expect((await readCorpus(path))[0]).toMatchObject({ tokens: ['No', '.'], tags: ['X', 'X'] });
  }
  const plain = file('y.conll', 'word\ttag\na\tO\n');
  expect((await readCorpus(plain))[0]?.tokens).toEqual(['word', 'a']);
});
