import fs, {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { floatToHalf, halfToFloat } from '../../src/model/half.ts';
import { readVectors } from '../../src/vectors/read.ts';
import { encodeVectors, writeVectors } from '../../src/vectors/write.ts';
import { expectUserErrorAsync, stream } from '../corpus/helpers.ts';
import { binary, bytesOf, vectors } from './helpers.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqtag-vectors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('writing', () => {
  const files = (): string[] => readdirSync(folder).filter((name) => name.includes('.tmp'));

  test('word2vec text and binary', async () => {
    const values = Float32Array.of(0.1, -2, 1 / 3, 1e-7);
    const path = join(folder, 'w.vec');
    await writeVectors(path, vectors(['a', 'b c'], values, 2));
    expect(readFileSync(path, 'utf8')).toBe('2 2\na 0.1 -2\nb c 0.33333 1e-7\n');
    await writeVectors(path, vectors(['a', 'b'], values, 2), { format: 'binary' });
    expect(readFileSync(path)).toEqual(binary({ a: [0.1, -2], b: [1 / 3, 1e-7] }));
    await writeVectors(`${path}.gz`, vectors(['a'], values.subarray(0, 2), 2));
    expect(zlib.gunzipSync(readFileSync(`${path}.gz`)).toString()).toBe('1 2\na 0.1 -2\n');
    expect(files()).toEqual([]);
  });

  test('text distinguishes all float16 numbers', async () => {
    const isNegativeZero = (bits: number): boolean => bits === 0x8000;
    const finite = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter(
      (bits) => (bits & 0x7c00) !== 0x7c00 && !isNegativeZero(bits),
    );
    const values = halfToFloat(finite);
    const { values: back } = await readVectors(
      stream(bytesOf(encodeVectors(vectors(['w'], values, values.length)))),
      { counts: new Map([['w', 1]]) },
    );
    expect(floatToHalf(back)).toEqual(finite);
  });

  test('a file that is there is replaced when all is written, and left as it was otherwise', async () => {
    const path = join(folder, 'there.vec');
    const link = join(folder, 'link.vec');
    writeFileSync(path, 'old', { mode: 0o600 });
    symlinkSync(path, link);
    await expectUserErrorAsync(
      () => writeVectors(link, vectors(['a', 'b\nc'], Float32Array.of(1, 2), 1)),
      /^the word "b\\nc" cannot be in a text file of vectors\. Leave it out\.$/,
    );
    expect([readFileSync(path, 'utf8'), files()]).toEqual(['old', []]);
    await writeVectors(link, vectors(['a'], Float32Array.of(1), 1));
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, files()]).toEqual([
      '1 1\na 1\n',
      0o600,
      [],
    ]);
  });

  test('where it cannot', async () => {
    const write = (path: string) => writeVectors(path, vectors(['a'], Float32Array.of(1), 1));
    await expectUserErrorAsync(
      () => write(join(folder, 'no', 'a.vec')),
      /a\.vec: there is no directory .*no\. Create it, or give/,
    );
    await expectUserErrorAsync(() => write(folder), /: a directory\. /);
    await expectUserErrorAsync(() => write('/dev/null'), /^\/dev\/null: not a regular file\. /);
  });

  test.each(['full.vec', 'full.vec.gz'])('a disk that is full: %s', async (name) => {
    const words = Array.from({ length: 20_000 }, (_, i) => `w${i}`);
    const values = Float32Array.from({ length: 160_000 }, Math.random);
    vi.spyOn(fs, 'writeSync').mockImplementation(() => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    });
    try {
      await expectUserErrorAsync(
        () => writeVectors(join(folder, name), vectors(words, values, 8)),
        new RegExp(`${name}: the disk is full\\.`),
      );
    } finally {
      vi.restoreAllMocks();
    }
    expect(files()).toEqual([]);
  });

  test.each(['', 'a\n', ' a', 'a\t', 'a 0.5', '\ud800'])('%j is no word in text', (word) => {
    expect(() => bytesOf(encodeVectors(vectors([word], Float32Array.of(1), 1)))).toThrow(
      /cannot be in a text/,
    );
  });

  test('nor one with a space in binary', () => {
    const options = { format: 'binary' } as const;
    expect(() => bytesOf(encodeVectors(vectors(['a b'], Float32Array.of(1), 1), options))).toThrow(
      'the word "a b" cannot be in a binary file of vectors. Leave it out, or write text.',
    );
  });

  test('values must fit and be finite', () => {
    expect(() => bytesOf(encodeVectors(vectors(['a'], Float32Array.of(1), 2)))).toThrow(
      '1 values for 1 words',
    );
    expect(() => bytesOf(encodeVectors(vectors(['a'], Float32Array.of(Number.NaN), 1)))).toThrow(
      'not finite',
    );
  });
});
