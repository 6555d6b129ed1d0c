import { describe, expect, test } from 'vitest';
import { createFrameReader } from '../../src/files/zstd-frames.ts';

// What `zstd` made of `a\tb\n\n`, and of 300,000 zeros in three blocks; and what decompressors pass over.
const frames = {
  'a raw block': '28b52ffd00582900006109620a0a',
  'a size and a checksum': '28b52ffd24052900006109620a0a652e9836',
  'blocks of one byte repeated': '28b52ffd00585400001000000100fbff39c00202001000039f0400',
  'these with a checksum': '28b52ffd04585400001000000100fbff39c00202001000039f04002d28de26',
  'a skippable frame': '5e2a4d1803000000010203',
};
const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');
const all = bytesOf(Object.values(frames).join(''));

/** Where data may end, as far as it is read byte by byte. */
function ends(data: Uint8Array): number[] {
  const reader = createFrameReader();
  return [...data.keys()].flatMap((i) => {
    reader.push(data.subarray(i, i + 1));
    return reader.isComplete ? [i + 1] : [];
  });
}

describe('frames of zstd', () => {
  test.each(Object.entries(frames))('%s is complete only at its end', (_, hex) => {
    const data = bytesOf(hex);
    expect(ends(data)).toEqual([data.length]);
  });

  test('follow each other, however they are cut', () => {
    let at = 0;
    expect(ends(all)).toEqual(
      Object.values(frames).map((hex) => {
        at += hex.length / 2;
        return at;
      }),
    );
    for (const size of [2, 3, 5, 17, 1000]) {
      const reader = createFrameReader();
      for (let from = 0; from < all.length; from += size)
        reader.push(all.subarray(from, from + size));
      expect(reader.isComplete).toBe(true);
    }
  });

  test('never end in data that is not a frame', () => {
    expect(ends(Buffer.concat([all, Buffer.from('text, and more of it')])).at(-1)).toBe(all.length);
  });
});
