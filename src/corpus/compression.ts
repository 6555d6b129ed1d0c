import { pipeline, Readable, type Transform } from 'node:stream';
import { UserError } from '../errors.ts';
import { createFrames } from './zstd.ts';

/*
 * Compressed input is known by its first bytes, which begin no text in UTF-8: gzip (RFC 1952, 2.3.1)
 * and zstd (RFC 8878, 3.1.1).
 */

const MAGIC = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] } as const;
type Compression = keyof typeof MAGIC;

const EXTENSION = /\.(?:gz|zst|zstd)$/i;
/** Bytes that a decompressor gives at a time, as many as are read from a plain file. */
const CHUNK = 128 * 1024;

/** A path without the extension of its compression, if it has one. */
export function withoutCompression(path: string): string {
  return path.replace(EXTENSION, '');
}

/** What compressed the bytes that begin with `head`; undefined if nothing did, or if more must be seen. */
function compressionOf(head: Uint8Array): Compression | 'unclear' | undefined {
  for (const [name, magic] of Object.entries(MAGIC)) {
    if (magic.every((byte, i) => head[i] === byte)) return name as Compression;
    if (head.length < magic.length && head.every((byte, i) => magic[i] === byte)) return 'unclear';
  }
  return undefined;
}

/** The bytes of a file as they were before gzip or zstd; what is not compressed passes as it is. */
export async function* decompressed(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  const rest = bytes[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let compression: Compression | 'unclear' | undefined = 'unclear';
  let isDone = false;
  while (compression === 'unclear') {
    const next = await rest.next();
    if (next.done) {
      isDone = true;
      break;
    }
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    compression = compressionOf(head);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      while (!isDone) {
        const next = await rest.next();
        if (next.done) break;
        yield next.value;
      }
    } finally {
      await rest.return?.();
    }
  }
  if (compression === undefined || compression === 'unclear') yield* all();
  else yield* through(all(), { compression, file });
}

async function* through(
  bytes: AsyncIterable<Uint8Array>,
  { compression, file }: { compression: Compression; file: string },
): AsyncGenerator<Uint8Array> {
  const decompressor = await createDecompressor(compression, file);
  const damage = (): UserError =>
    new UserError(
      `${file}: the ${compression} data is damaged, or its end is missing. Fetch or compress it anew.`,
    );
  const frames = compression === 'zstd' ? createFrames() : undefined;
  async function* followed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      frames?.push(chunk);
      yield chunk;
    }
  }
  // an error of either destroys the other, and is thrown where the decompressor is read
  pipeline(Readable.from(followed()), decompressor, () => undefined);
  try {
    yield* decompressor as AsyncIterable<Uint8Array>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw /^(?:Z_|ZSTD_|ERR_ZSTD)/.test(code) ? damage() : error;
  }
  if (frames?.isWhole === false) throw damage();
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
    `${file}: compressed with zstd, which needs Node 22.15 or later; this is ${process.version}. Or unpack it before: zstd -dc FILE | seqtag ...`,
  );
}
