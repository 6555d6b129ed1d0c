import { pipeline, Readable, type Transform } from 'node:stream';
import { UserError } from '../errors.ts';
import { createFrameReader } from './zstd-frames.ts';

/*
 * Compressed input is recognised by its first bytes, which never occur in UTF-8 text: gzip (RFC 1952, section 2.3.1)
 * and zstd (RFC 8878, section 3.1.1).
 */

const MAGIC = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] } as const;
type Compression = keyof typeof MAGIC;

const EXTENSION = /\.(?:gz|zst|zstd)$/i;
/** Size of a decompressor's output buffer in bytes. */
const CHUNK = 128 * 1024;

/** A path without its compression extension, if it has one. */
export function withoutCompression(path: string): string {
  return path.replace(EXTENSION, '');
}

/** The compression of data that begins with `head`; `unclear` if more bytes are needed. */
function compressionOf(head: Uint8Array): Compression | 'none' | 'unclear' {
  for (const [name, magic] of Object.entries(MAGIC)) {
    if (magic.every((byte, i) => head[i] === byte)) return name as Compression;
    if (head.length < magic.length && head.every((byte, i) => magic[i] === byte)) return 'unclear';
  }
  return 'none';
}

/**
 * Unpacks gzip and zstd. Bytes that are not compressed pass unchanged.
 * @param file the name in messages
 * @throws UserError if the compressed data is damaged or cut short, or is zstd and this Node cannot unpack it
 */
export async function* decompressed(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let compression = compressionOf(head);
  let isDone = false;
  while (compression === 'unclear' && !isDone) {
    const next = await chunks.next();
    if (next.done) {
      isDone = true;
    } else {
      head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
      compression = compressionOf(head);
    }
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      for (; !isDone; ) {
        const next = await chunks.next();
        if (next.done) break;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  }
  if (compression === 'gzip' || compression === 'zstd')
    yield* unpacked(all(), { compression, file });
  else yield* all();
}

async function* unpacked(
  bytes: AsyncIterable<Uint8Array>,
  { compression, file }: { compression: Compression; file: string },
): AsyncGenerator<Uint8Array> {
  const decompressor = await createDecompressor(compression, file);
  const damaged = (cause?: unknown): UserError =>
    new UserError(
      `${file}: the ${compression} data is damaged or cut short. Download or compress it again.`,
      { code: 'SEQTAG_COMPRESSION', cause },
    );
  // Node accepts zstd data that is cut short
  const frames = compression === 'zstd' ? createFrameReader() : undefined;
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      frames?.push(chunk);
      yield chunk;
    }
  }
  // an error of one stream destroys the other, and is thrown where the decompressor is read
  pipeline(Readable.from(watched()), decompressor, () => undefined);
  try {
    yield* decompressor as AsyncIterable<Uint8Array>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code) ? damaged(error) : error;
  }
  if (frames?.isComplete === false) throw damaged();
}

type CreateTransform = (options: { chunkSize: number }) => Transform;

async function createDecompressor(compression: Compression, file: string): Promise<Transform> {
  const zlib = (await import('node:zlib')) as unknown as {
    createGunzip: CreateTransform;
    /** Since Node 22.15. */
    createZstdDecompress?: CreateTransform;
  };
  const create = compression === 'gzip' ? zlib.createGunzip : zlib.createZstdDecompress;
  if (create !== undefined) return create({ chunkSize: CHUNK });
  throw new UserError(
    `${file}: compressed with zstd, which needs Node 22.15 or later; this is ${process.version}. Unpack it first: zstd -dc FILE | seqtag ...`,
    { code: 'SEQTAG_COMPRESSION' },
  );
}
