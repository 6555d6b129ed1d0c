import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { decompressed } from '../../src/files/compression.ts';
import { expectUserErrorAsync, readAll, stream } from '../corpus/helpers.ts';

const text = `\ufeff${'Nadia\tO\n\n'.repeat(40_000)}`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Since Node 22.15. */
const zstd = (zlib as { zstdCompressSync?: (data: Uint8Array) => Uint8Array }).zstdCompressSync;

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of decompressed(source, 'file')) chunks.push(chunk);
  return Buffer.concat(chunks);
}

type Compress = (data: Uint8Array) => Uint8Array;
const compressions: [string, Compress][] = [['gzip', zlib.gzipSync]];
if (zstd !== undefined) compressions.push(['zstd', zstd]);

test.each(compressions)(
  '%s is known by its first bytes, however it is cut',
  async (_, compress) => {
    const packed = compress(bytes(text));
    for (const cuts of [[], [1], [1, 2, 3, 4], [0, 2, 1000]])
      expect(Buffer.compare(await collect(stream(packed, cuts)), bytes(text))).toBe(0);
    const sentences = await readAll(stream(packed), { format: 'columns', gold: true });
    expect(sentences.length).toBe(40_000);
    expect(sentences.at(-1)).toMatchObject({ tokens: ['Nadia'], tags: ['O'], line: 79_999 });
  },
);

test('members of gzip follow each other', async () => {
  const two = Buffer.concat([zlib.gzipSync('a b\n'), zlib.gzipSync('c d\n')]);
  expect(await collect(stream(two))).toEqual(Buffer.from('a b\nc d\n'));
});

test('uncompressed data passes unchanged', async () => {
  for (const plain of ['', '(', '(µ', '(\n', 'x', '\ufeff(', '\u001f', '\u001fx'])
    for (const cuts of [[], [1], [1, 2]])
      expect(Buffer.from(await collect(stream(bytes(plain), cuts))).toString()).toBe(plain);
});

test('a line that is typed is not waited upon', async () => {
  let asked = 0;
  async function* typed(): AsyncGenerator<Uint8Array> {
    for (const line of ['(\n', 'a\n']) {
      asked++;
      yield bytes(line);
    }
  }
  for await (const chunk of decompressed(typed(), 'file')) {
    expect(Buffer.from(chunk).toString()).toBe('(\n');
    expect(asked).toBe(1);
    break;
  }
});

test('damaged data is an error', async () => {
  const packed = zlib.gzipSync(bytes(text));
  const damaged = packed.slice();
  damaged.fill(0xaa, 100, 200);
  for (const bad of [packed.subarray(0, packed.length - 5), packed.subarray(0, 2), damaged])
    await expectUserErrorAsync(
      () => collect(stream(bad)),
      /^file: the gzip data is damaged or cut short/,
    );
  if (zstd !== undefined) {
    const packed = zstd(bytes(text));
    const damaged = packed.slice();
    damaged.fill(0xff, 4, 40);
    for (const bad of [damaged, packed.subarray(0, -1), packed.subarray(0, 20)])
      await expectUserErrorAsync(
        () => collect(stream(bad)),
        /^file: the zstd data is damaged or cut short/,
      );
  }
});

test.skipIf(zstd !== undefined)('zstd needs a newer Node', async () => {
  const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x24, 0, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51);
  await expectUserErrorAsync(
    () => collect(stream(frame)),
    /^file: compressed with zstd, which needs Node 22\.15 or later; this is v.*zstd -dc FILE \|/,
  );
});

test('an error of the source is passed on unchanged, and leaving early ends the source', async () => {
  const packed = zlib.gzipSync(
    Buffer.from(Array.from({ length: 1e6 }, (_, i) => (i * i * 7919) % 251)),
  );
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield packed.subarray(0, 1000);
    throw new TypeError('broken');
  }
  await expect(collect(broken())).rejects.toThrow(TypeError);
  let ended = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield packed;
    } finally {
      ended = true;
    }
  }
  for await (const _ of decompressed(endless(), 'file')) break;
  await new Promise(setImmediate);
  expect(ended).toBe(true);
});
