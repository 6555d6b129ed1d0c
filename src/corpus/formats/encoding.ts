import { UserError } from '../../errors.ts';
import { problem } from '../lines.ts';

type Decoder = InstanceType<typeof TextDecoder>;

/** @throws UserError if the encoding is none of the Encoding Standard (encoding.spec.whatwg.org) */
function createDecoder(encoding: string): Decoder {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  } catch {
    throw new UserError(
      `unknown encoding "${encoding}". Name one of the Encoding Standard, such as utf-8, latin1, windows-1251, utf-16le or gb18030.`,
      { code: 'SEQTAG_OPTION' },
    );
  }
}

/**
 * Bytes in another encoding as UTF-8.
 * @param encoding a label of the Encoding Standard, such as `latin1`. Default: they are UTF-8 already
 * @throws UserError if the encoding is unknown, or if the bytes are not valid in it
 */
export function asUtf8(
  bytes: AsyncIterable<Uint8Array>,
  { file, encoding }: { file: string; encoding: string | undefined },
): AsyncIterable<Uint8Array> {
  if (encoding === undefined) return bytes;
  const decoder = createDecoder(encoding);
  return decoder.encoding === 'utf-8' ? bytes : transcoded(bytes, { file, decoder });
}

async function* transcoded(
  bytes: AsyncIterable<Uint8Array>,
  { file, decoder }: { file: string; decoder: Decoder },
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let line = 1;
  const encode = (chunk: Uint8Array, stream: boolean): Uint8Array => {
    try {
      const text = decoder.decode(chunk, { stream });
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
      return encoder.encode(text);
    } catch {
      throw problem(
        file,
        line,
        `invalid ${decoder.encoding}, here or a little later. Is the encoding another?`,
        'SEQTAG_CORPUS_ENCODING',
      );
    }
  };
  for await (const chunk of bytes) yield encode(chunk, true);
  yield encode(new Uint8Array(0), false);
}
