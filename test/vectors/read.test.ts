import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readVectors, type VectorOptions, type VectorTable } from '../../src/vectors/read.ts';
import { encodeVectors } from '../../src/vectors/write.ts';
import { expectUserErrorAsync, stream } from '../corpus/helpers.ts';
import { binary, bytesOf, vectors } from './helpers.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqtag-vectors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ALL = { counts: new Map<string, number>(), keep: 1000 };
const once = (...words: string[]): Map<string, number> => new Map(words.map((word) => [word, 1]));

const read = (
  content: string | Uint8Array,
  options: Partial<VectorOptions> = {},
  cuts: readonly number[] = [],
): Promise<VectorTable> =>
  readVectors(stream(Buffer.from(content), cuts), { ...ALL, file: 'file', ...options });

/** `a=1,2 b=3,4` */
const shown = ({ words, values, dim }: VectorTable): string =>
  words.map((word, i) => `${word}=${[...values.subarray(i * dim, (i + 1) * dim)]}`).join(' ');

/** A table of one dimension, so that a word's value says which row it came from. */
const text = (...words: string[]): string =>
  [`${words.length} 1`, ...words.map((word, i) => `${word} ${i + 1}`), ''].join('\n');

describe('formats', () => {
  const rows = 'a=1,2,3 b=-0.5,0.25,0';

  test.each([
    ['GloVe', 'a 1 2 3\nb -0.5 0.25 0\n'],
    ['GloVe without the last line feed', 'a 1 2 3\nb -0.5 0.25 0'],
    ['CRLF, BOM, blank lines', '\ufeffa 1 2 3\r\n\r\nb -0.5 0.25 0\r\n\n'],
    ['tabs', 'a\t1\t2\t3\nb\t-0.5\t0.25\t0\n'],
    ['word2vec', '2 3\na 1 2 3\nb -0.5 0.25 0\n'],
    ['fastText, with a space at the end', '2 3\na 1 2 3 \nb -0.5 0.25 0 \n'],
    ['a header that promises more or less', '9 3\na 1 2 3\nb -0.5 0.25 0\n'],
    ['a header that promises less', '1 3\na 1 2 3\nb -0.5 0.25 0\n'],
  ])('text: %s', async (_, content) => {
    expect(shown(await read(content))).toBe(rows);
    expect(shown(await read(zlib.gzipSync(content), {}, [1, 2, 3, 20]))).toBe(rows);
  });

  test.each([['\n'], ['']])('word2vec binary, %j after a row', async (feed) => {
    const content = binary({ a: [1, 2, 3], b: [-0.5, 0.25, 0] }, { feed });
    expect(shown(await read(content))).toBe(rows);
    expect(shown(await read(zlib.gzipSync(content)))).toBe(rows);
  });

  test('several gzip members', async () => {
    const members = ['a 1 2 3\nb -0', '.5 0.25 0\n'].map((part) => zlib.gzipSync(part));
    expect(shown(await read(Buffer.concat(members)))).toBe(rows);
  });

  test('zstd is unpacked, or refused with a remedy', async () => {
    const content = Buffer.from(
      'KLUv/QRo6QAAMiAzCmEgMSAyIDMKYiAtMWUtMDUgMC41IC4yNQpWgui+',
      'base64',
    );
    if ('createZstdDecompress' in zlib) {
      expect((await read(content)).words).toEqual(['a', 'b']);
    } else {
      await expectUserErrorAsync(() => read(content), /^file: .* 22\.15 .* zstd -dc FILE /);
    }
  });

  test('only ASCII spaces and tabs separate', async () => {
    const odd = ['New\u00a0York', '\u2003', '\u0085', 'x\u2028y', '\ufeff', 'a\rb', '\u3000日本'];
    expect((await read(text(...odd))).words).toEqual(odd);
    expect(
      (
        await read(
          odd
            .map((word) => `${word} 1 2 3\n`)
            .join('')
            .slice(0),
        )
      ).words,
    ).toEqual(odd);
  });

  test('text and binary are distinguished even if the first row is unusual', async () => {
    expect((await read(text('\r', 'a'))).words).toEqual(['\r', 'a']);
    expect((await read(binary({ '\0': [2 ** -19] }))).words).toEqual(['\0']);
  });

  test('words with spaces, the first too', async () => {
    const content = '. . 0.1 0.2\nat name@domain.com 0.3 0.4\n1 2 3 0.5 0.6\n';
    expect((await read(content)).words).toEqual(['. .', 'at name@domain.com', '1 2 3']);
  });

  test('rows without a word, and words that are not UTF-8, are passed over', async () => {
    const latin = Buffer.from('2 2\ncaf\xe9 1 2\n 3 4\nb 5 6\n', 'latin1');
    const table = await read(latin);
    expect(shown(table)).toBe('b=5,6');
    expect((await read(text('\ufffd'))).words).toEqual(['\ufffd']);
  });

  test('a number may be a word', async () => {
    expect(shown(await read('5 1 2 3\n-1.5 4 5 6\n'))).toBe('5=1,2,3 -1.5=4,5,6');
  });

  test('the bytes read so far are reported', async () => {
    const seen: number[] = [];
    const packed = zlib.gzipSync(text('a', 'b'));
    const onRead = (bytes: number): unknown => seen.push(bytes);
    await read(packed, { onRead }, [5, 9]);
    expect(seen).toEqual([5, 9, packed.length]);
  });

  test('a file, and no file', async () => {
    const path = join(folder, 'a.txt');
    writeFileSync(path, 'a 1 2\n');
    expect(shown(await readVectors(path, ALL))).toBe('a=1,2');
    await expectUserErrorAsync(() => readVectors(join(folder, 'none'), ALL), /none: no such file/);
    await expectUserErrorAsync(() => readVectors(folder, ALL), /a directory/);
  });
});

describe('numbers', () => {
  const bits = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0]!;
  const parse = async (...numbers: string[]): Promise<number[]> => [
    ...(await read(`1 ${numbers.length}\nw ${numbers.join(' ')}\n`)).values,
  ];

  test('every usual way to write them', async () => {
    const numbers = [
      '1',
      '+1',
      '-1',
      '.5',
      '5.',
      '-0',
      '1e-05',
      '2E+3',
      '1e0',
      '007',
      '0e999',
      '1e-999',
      `1e-${'9'.repeat(400)}`,
    ];
    expect(await parse(...numbers)).toEqual(numbers.map((number) => Math.fround(Number(number))));
    const long = [
      '0.1234567890123456789012345',
      '123456789012345678901234567890',
      '0.00000000000000000000000012345678901234567890',
    ];
    expect(await parse(...long)).toEqual(long.map((number) => Math.fround(Number(number))));
  });

  test('the borders of float32', async () => {
    const numbers = [
      '3.4028234e38',
      '-3.4028235677973362e38',
      '1.17549435e-38',
      '1.4e-45',
      '7e-46',
    ];
    expect(await parse(...numbers)).toEqual(numbers.map((number) => Math.fround(Number(number))));
  });

  test('within one step of float32 of the right result', async () => {
    const written = fc
      .tuple(
        fc.double({ noNaN: true, min: -3e38, max: 3e38 }),
        fc.integer({ min: 1, max: 21 }),
        fc.constantFrom('toPrecision', 'toExponential', 'shortest'),
      )
      .map(([value, digits, how]) =>
        how === 'toPrecision'
          ? value.toPrecision(digits)
          : how === 'toExponential'
            ? value.toExponential(digits - 1)
            : String(value),
      )
      .filter((number) => Number.isFinite(Math.fround(Number(number))));
    await fc.assert(
      fc.asyncProperty(fc.array(written, { minLength: 1 }), async (numbers) => {
        (await parse(...numbers)).forEach((value, i) => {
          const right = Math.fround(Number(numbers[i]));
          expect(Math.abs(bits(value) - bits(right))).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  test.each([
    'nan',
    '-inf',
    'NaN',
    'Infinity',
    '1e39',
    '-',
    '.',
    '1e',
    '1.2.3',
    '0x10',
    '1,5',
    'abc',
    '1-2',
  ])('%s is refused, where it is used', async (number) => {
    const content = `a 1 2 3\nb 0.5 ${number} 1\nc 4 5 6\n`;
    const message = `file:2: value 2 of "b" is "${number}", expected a finite number. Correct or remove the line.`;
    await expect(read(content)).rejects.toThrow(message);
    expect(shown(await read(content, { counts: once('c'), keep: 0 }))).toBe('c=4,5,6');
  });
});

describe('which rows', () => {
  const wanting = async (words: string[], file: string[]) =>
    shown(await read(text(...file), { counts: once(...words), keep: 0 }));

  test('those of the words of the corpus, in the order of the file; the first of equal rows', async () => {
    expect(await wanting(['b', 'x', 'a'], ['a', 'b', 'c', 'a', 'b'])).toBe('a=1 b=2');
  });

  test('the best form wherever it is: exact, lower, title, upper', async () => {
    const forms = ['mcGee', 'mcgee', 'Mcgee', 'MCGEE'];
    for (let best = 0; best < forms.length; best++) {
      const those = forms.slice(best);
      expect(await wanting(['mcGee'], those)).toBe(`${those[0]}=1`);
      expect(await wanting(['mcGee'], those.toReversed())).toBe(`${those[0]}=${those.length}`);
    }
    expect(await wanting(['mcGee'], ['McGee', 'mcGEE'])).toBe('');
  });

  test('one row serves several words', async () => {
    expect(await wanting(['US', 'us', 'Us'], ['US'])).toBe('US=1');
    expect(await wanting(['1998', '2004'], ['0000', '####'])).toBe('0000=1');
  });

  test('the first words of the file are kept beside them', async () => {
    const file = ['a', 'b', 'a', 'c', 'd', 'e'];
    expect(shown(await read(text(...file), { counts: once('d', 'B'), keep: 1 }))).toBe(
      'a=1 b=2 d=5',
    );
    expect(shown(await read(text(...file), { keep: 3 }))).toBe('a=1 b=2 c=4');
    expect(shown(await read(text(...file), { keep: 0 }))).toBe('');
  });

  test('rows of unknown words are not kept, unless the corpus has them', async () => {
    const file = ['a', 'UNK', '<unk>', 'b'];
    expect(shown(await read(text(...file), { keep: 2 }))).toBe('a=1 b=4');
    expect(shown(await read(text(...file), { counts: once('<unk>'), keep: 1 }))).toBe(
      'a=1 <unk>=3',
    );
  });

  test('coverage by words and by tokens, with the most frequent words without a vector', async () => {
    const counts = new Map([
      ['a', 5],
      ['B', 3],
      ['c', 1],
      ['d', 1],
      ['e', 2],
    ]);
    const { coverage } = await read(text('a', 'b', 'c', 'C'), { counts });
    expect(coverage).toEqual({
      words: 5,
      exact: 2,
      folded: 1,
      missing: 2,
      byTokens: 9 / 12,
      examples: ['e', 'd'],
    });
  });

  test('a table grows beyond the number of rows in the header', async () => {
    const words = Array.from({ length: 50 }, (_, i) => `w${i}`);
    const content = text(...words).replace(/^50/, '3');
    expect(shown(await read(content))).toBe(words.map((word, i) => `${word}=${i + 1}`).join(' '));
  });
});

describe('faulty files', () => {
  test.each<[string, string | Uint8Array, Partial<VectorOptions>, RegExp]>([
    ['empty', '', {}, /^file: empty, no vectors in it\. Is the download complete\?$/],
    ['only a BOM', '\ufeff', {}, /^file: empty/],
    ['a header only', '5 10\n', {}, /^file: empty/],
    ['no rows', '0 10\n\n', {}, /^file: empty/],
    ['empty, compressed', zlib.gzipSync(''), {}, /^file: empty/],
    ['prose', 'These are not vectors.\n', {}, /^file:1: neither a word with its numbers/],
    ['binary rubbish', Buffer.alloc(100, 0xfe), {}, /^file:1: neither a word/],
    ['a line without end', 'word '.repeat(2 ** 20), {}, /^file:1: neither a word/],
    ['no dimensions', '5 0\na\n', {}, /^file:1: a header of 0 dimensions, expected 1 to 65536\./],
    ['too many dimensions', '5 70000\na 1\n', {}, /^file:1: a header of 70000 dimensions/],
    [
      'too few values',
      'a 1 2 3\n\nb 1 2\n',
      {},
      /^file:3: 2 values after "b", expected 3 as in line 1\. /,
    ],
    ['far too few values', 'a 1 2 3\nb\n', {}, /^file:2: 0 values after "b", expected 3/],
    ['too many values', 'a 1 2\nb 0.1 2 3\n', {}, /^file:2: 3 values after "b", expected 2/],
    [
      'too many for the header',
      '1 2\nb 1 -.5 3 4\n',
      {},
      /^file:2: 4 values after "b", expected 2 as the header says\./,
    ],
    [
      'too few for the header',
      '9 12\nword 0.123 0.456 0.789 0.12 0.34\nb 1 2\n',
      {},
      /^file:2: 5 values after "word", expected 12 as the header says/,
    ],
    ['a text that is cut', '2 3\na 1 2 3\nb 1', {}, /^file:3: 1 value after "b", expected 3/],
    [
      'a long line',
      `2 3\na 1 2 3\n${'b'.repeat(2 ** 22 + 1)}`,
      {},
      /^file:3: a line longer than 4 MiB/,
    ],
    ['a zip archive', 'PK\u0003\u0004....', {}, /^file: a zip archive\. Unpack it with unzip\.$/],
    [
      'gzip that is cut',
      zlib.gzipSync('a 1 2\n'.repeat(99)).subarray(0, 30),
      {},
      /^file: the gzip data is damaged or cut short\. Download or compress it again\.$/,
    ],
  ])('%s', async (_, content, options, pattern) => {
    await expectUserErrorAsync(() => read(content, options), pattern);
    await expectUserErrorAsync(() => read(content, options, [1, 2, 7, 15]), pattern);
  });

  const good = binary({ a: [1, 2], b: [3, 4] });

  test.each<[string, Uint8Array, RegExp]>([
    ['cut in a value', good.subarray(0, -3), /^file: row 2 of 2: the file is cut short\. Download/],
    ['cut in a word', good.subarray(0, -10), /^file: row 2 of 2: the file is cut short/],
    [
      'cut after a row',
      good.subarray(0, -11),
      /^file: row 2 of 2: the file is cut short\. Download/,
    ],
    [
      'more rows than promised',
      Buffer.concat([good, good.subarray(4)]),
      /^file: row 2 of 2: the last according to the header, but more bytes follow\. /,
    ],
    [
      'not a number',
      binary({ a: [1, 2], b: [1, Number.NaN] }),
      /^file: row 2 of 2: value 2 of "b" is NaN, expected a finite/,
    ],
    [
      'a word without end',
      Buffer.concat([good.subarray(0, 14), Buffer.alloc(70_000, 1)]),
      /^file: row 2 of 2: a word longer/,
    ],
  ])('binary: %s', async (_, content, pattern) => {
    await expectUserErrorAsync(() => read(content), pattern);
    await expectUserErrorAsync(() => read(content, {}, [1, 3, 5, 9, 12]), pattern);
  });

  const zstd = (zlib as { zstdCompressSync?: (data: string) => Buffer }).zstdCompressSync;
  test.skipIf(zstd === undefined)('zstd that is cut anywhere', async () => {
    const packed = zstd!('a 1 2\n'.repeat(99));
    expect(shown(await read(packed))).toBe('a=1,2');
    for (let size = 4; size < packed.length; size++)
      await expectUserErrorAsync(
        () => read(packed.subarray(0, size)),
        /^file: the zstd data is damaged or cut short\. Download or compress it again\.$/,
      );
  });

  test.each<[string, (piece: number) => string, number, RegExp]>([
    ['a row', (piece) => (piece === 9 ? 'b 1\n' : 'a 1 2\n'), 10, /^<stdin>:10: 1 value after "b"/],
    ['the first bytes', () => 'PK\u0003\u0004....', 1, /a zip archive/],
    ['the first row', () => 'prose\n', 1, /^<stdin>:1: neither a word/],
    ['a line without end', () => 'word '.repeat(2 ** 17), 7, /^<stdin>:1: neither a word/],
  ])('a stream is not read past an error in %s, and closed', async (_, piece, read, pattern) => {
    let pieces = 0;
    let closed = false;
    async function* long(): AsyncGenerator<Uint8Array> {
      try {
        while (pieces < 20) yield Buffer.from(piece(pieces++));
      } finally {
        closed = true;
      }
    }
    await expectUserErrorAsync(() => readVectors(long(), ALL), pattern);
    expect([pieces, closed]).toEqual([read, true]);
  });
});

describe('written and reread', () => {
  const word = (format: 'text' | 'binary') =>
    fc
      .oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
        fc.string({
          unit: fc.constantFrom('a', '1', '.', '-', ' ', '\t', '\r', '\u00a0', 'é', '日', '😀'),
          minLength: 1,
          maxLength: 8,
        }),
      )
      .filter((word) => {
        try {
          return (
            bytesOf(encodeVectors(vectors([word], Float32Array.of(1), 1), { format })).length > 0
          );
        } catch {
          return false;
        }
      });
  const table = (format: 'text' | 'binary') =>
    fc.integer({ min: 1, max: 12 }).chain((dim) =>
      fc.record({
        format: fc.constant(format),
        dim: fc.constant(dim),
        rows: fc.uniqueArray(
          fc.tuple(
            word(format),
            fc.array(fc.float({ min: -4, max: 4, noNaN: true }), {
              minLength: dim,
              maxLength: dim,
            }),
          ),
          { minLength: 1, maxLength: 6, selector: ([word]) => word },
        ),
        gzip: fc.boolean(),
        header: fc.boolean(),
        cuts: fc.array(fc.nat(300), { maxLength: 20 }),
        every: fc.constantFrom(0, 1, 7),
      }),
    );

  test.each(['text', 'binary'] as const)('%s, however the bytes are cut', async (format) => {
    await fc.assert(
      fc.asyncProperty(table(format), async ({ dim, rows, gzip, header, cuts, every }) => {
        const words = rows.map(([word]) => word);
        const values = Float32Array.from(rows.flatMap(([, row]) => row));
        let bytes = bytesOf(encodeVectors(vectors(words, values, dim), { format }));
        // GloVe: without a header the first line must say how many values there are
        if (format === 'text' && !header && dim > 1 && /^[^ \t.0-9]+$/.test(words[0]!)) {
          bytes = bytes.subarray(bytes.indexOf('\n') + 1);
          fc.pre(!words[0]!.startsWith('\ufeff') && !words[0]!.startsWith('\r'));
        }
        if (gzip) bytes = zlib.gzipSync(bytes);
        const all = every > 0 ? [...bytes.keys()].filter((at) => at % every === 0) : cuts;
        const back = await read(bytes, {}, all);
        const kept = words
          .map((word, i) => [word, i] as const)
          .filter(([word]) => !/^(<unk>|UNK)$/i.test(word));
        expect(back.words).toEqual(kept.map(([word]) => word));
        const expected = kept.flatMap(([, i]) => [...values.subarray(i * dim, (i + 1) * dim)]);
        expect([...back.values]).toEqual(
          format === 'binary'
            ? expected
            : expected.map((value) => Math.fround(Number(Number(value.toPrecision(5))))),
        );
      }),
    );
  });
});
