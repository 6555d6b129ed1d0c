import type { UserError } from '../../errors.ts';
import { binary, invalidUtf8, LF, problem } from '../lines.ts';

/** Bytes of an unfinished line that are held back, so that complete lines are decoded at once. */
const MAX_PARTIAL = 1024 * 1024;

/**
 * The text of plain bytes in pieces. The BOM is kept.
 * @param line the line in which the next piece begins, for errors
 * @throws UserError for invalid UTF-8, UTF-16 and NUL bytes
 */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  { file, line }: { file: string; line: () => number },
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (chunk: Uint8Array, stream: boolean): string => {
    const zero = chunk.indexOf(0);
    if (zero >= 0) throw binary(file, line() + lineFeeds(chunk.subarray(0, zero)));
    try {
      return decoder.decode(chunk, { stream });
    } catch {
      throw invalid(chunk, { file, line: line() });
    }
  };
  for await (const chunk of inLines(bytes, { file, most: MAX_PARTIAL })) yield decode(chunk, true);
  yield decode(new Uint8Array(0), false);
}

/** The same bytes in pieces of complete lines, or of more than `most` bytes of one line. */
export async function* inLines(
  bytes: AsyncIterable<Uint8Array>,
  { file, most }: { file: string; most: number },
): AsyncGenerator<Uint8Array> {
  /** The beginning of an unfinished line. */
  let partial: Uint8Array[] = [];
  let partialSize = 0;
  let start: Uint8Array | undefined = new Uint8Array(0);
  for await (const chunk of bytes) {
    if (start !== undefined && chunk.length > 0) {
      const [first, second]: number[] = [...start, ...chunk.subarray(0, 2)];
      const mark = first! * 256 + (second ?? 0);
      if (mark === 0xfffe || mark === 0xfeff) {
        throw problem(
          file,
          1,
          'UTF-16, expected UTF-8. Give utf-16le (or utf-16be) as its encoding, or convert it with iconv -f UTF-16 -t UTF-8.',
          'SEQTAG_CORPUS_ENCODING',
        );
      }
      start = second === undefined ? chunk : undefined;
    }
    const end = chunk.lastIndexOf(LF) + 1;
    if (end === 0 && partialSize + chunk.length <= most) {
      partial.push(chunk);
      partialSize += chunk.length;
      continue;
    }
    const upTo = end === 0 ? chunk.length : end;
    const complete = chunk.subarray(0, upTo);
    yield partialSize === 0 ? complete : Buffer.concat([...partial, complete]);
    partial = upTo < chunk.length ? [chunk.subarray(upTo)] : [];
    partialSize = chunk.length - upTo;
  }
  if (partialSize > 0) yield Buffer.concat(partial);
}

/** The error for invalid UTF-8 in `chunk`, which begins in `line`. */
function invalid(chunk: Uint8Array, { file, line }: { file: string; line: number }): UserError {
  let at = line;
  let from = 0;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (;;) {
    const end = chunk.indexOf(LF, from) + 1;
    if (end === 0) break;
    try {
      decoder.decode(chunk.subarray(from, end));
    } catch {
      // the first line may begin inside a character, but then an error here is in this line too
      break;
    }
    from = end;
    at++;
  }
  return invalidUtf8(file, at);
}

function lineFeeds(bytes: Uint8Array): number {
  let lines = 0;
  for (let i = bytes.indexOf(LF); i >= 0; i = bytes.indexOf(LF, i + 1)) lines++;
  return lines;
}
