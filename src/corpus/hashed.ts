import { createHash } from 'node:crypto';

/** The same bytes, and, once they were read to the end, their SHA-256. */
export function hashed(bytes: AsyncIterable<Uint8Array>): {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly sha256: () => string;
} {
  const hash = createHash('sha256');
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { bytes: read(), sha256: () => hash.digest('hex') };
}
