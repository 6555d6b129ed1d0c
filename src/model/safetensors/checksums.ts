import zlib from 'node:zlib';
import type { Dtype } from './format.ts';

/*
 * Checksums of a file are in its metadata: `checksums` is a JSON object that maps the name of each tensor to the CRC-32 of
 * its bytes, as 8 hexadecimal digits. Its entry `__metadata__` is that of the rest of the header: each other entry of the
 * metadata as KEY\0VALUE\0, in the order of the keys, then each tensor as NAME\0DTYPE\0SHAPE\0, in the order of the names,
 * with commas in the shape. Other programs ignore the entry. A file without it is not verified.
 */

export const CHECKSUMS = 'checksums';
export const OF_HEADER = '__metadata__';

/** CRC-32, as in gzip, of bytes or of a text in UTF-8 that follow others whose CRC-32 is `before`. */
export type Crc32 = (data: Uint8Array | string, before?: number) => number;

const table = (): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return c;
  });
let crcTable: Uint32Array | undefined;

/** A slow one, for Node before 20.15, which has none. */
export const portableCrc32: Crc32 = (data, before = 0) => {
  crcTable ??= table();
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  let c = ~before;
  for (let i = 0; i < bytes.length; i++) c = crcTable[(c ^ bytes[i]!) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
};

export const crc32: Crc32 = (zlib as { crc32?: Crc32 }).crc32 ?? portableCrc32;

interface Described {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<
    string,
    { readonly dtype: Dtype; readonly shape: readonly number[] }
  >;
}

/** The CRC-32 of a header without its checksums. */
export function headerCrc32({ metadata, tensors }: Described): number {
  let crc = 0;
  for (const key of [...metadata.keys()].sort())
    if (key !== CHECKSUMS) crc = crc32(`\0${metadata.get(key)!}\0`, crc32(key, crc));
  for (const name of [...tensors.keys()].sort()) {
    const { dtype, shape } = tensors.get(name)!;
    crc = crc32(`${name}\0${dtype}\0${shape}\0`, crc);
  }
  return crc;
}

export const encodeChecksums = (checksums: ReadonlyMap<string, number>): string =>
  JSON.stringify(
    Object.fromEntries(
      [...checksums].map(([name, crc]) => [name, crc.toString(16).padStart(8, '0')]),
    ),
  );
