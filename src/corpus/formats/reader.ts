import { UserError } from '../../errors.ts';
import { decompressed } from '../../files/compression.ts';
import { readBytes } from '../../files/read.ts';
import { binary, countLines, invalidUtf8, LF, MAX_LINE, problem } from '../lines.ts';
import type { Document, Format, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { TextParser } from '../text/text.ts';
import { textTokenLines } from '../text/text-lines.ts';
import { createTokenizer, defaultTokenizer } from '../text/tokenizer.ts';
import { newDocument } from './builder.ts';
import { ColumnsParser } from './columns.ts';
import { ConlluParser } from './conllu.ts';
import { formatOf, sniffFormat } from './format.ts';
import { HorizontalParser } from './horizontal.ts';
import { JsonlParser } from './jsonl.ts';
import { listed } from './places.ts';
import { TableParser } from './table.ts';
import { type TokenLines, tokenLines } from './token-lines.ts';

const BOM = 0xfeff;
const BOM_BYTES = [0xef, 0xbb, 0xbf];
/** Bytes of an unfinished line held back so that whole lines are decoded at once. */
const MAX_PARTIAL = 1024 * 1024;

/** A parser for one document of the format `options.format`, which must be given. */
export function createParser(options: ReadOptions & { readonly format: Format }): Parser {
  const gold = options.gold ?? options.tagColumn !== undefined;
  const file = options.file ?? '<stdin>';
  const parser = parserFor({ ...options, file, gold });
  let atStart = true;
  return {
    document: parser.document,
    get line() {
      return parser.line;
    },
    push(text) {
      if (!atStart || text === '') return parser.push(text);
      atStart = false;
      if (text.charCodeAt(0) !== BOM) return parser.push(text);
      parser.document.bom = true;
      return parser.push(text.slice(1));
    },
    end: () => parser.end(),
  };
}

function parserFor(options: ReadOptions & { format: Format; file: string; gold: boolean }): Parser {
  const { format, file } = options;
  const features = listed(options.featureColumn);
  if (features.length > 0 && (format === 'text' || format === 'horizontal'))
    throw new UserError(
      `${file}: the format ${format} has no column ${features.join(', ')} to read beside the tokens. Give columns, conllu, csv, tsv or jsonl that has.`,
    );
  switch (format) {
    case 'columns':
      return new ColumnsParser(options);
    case 'conllu':
      return new ConlluParser(options);
    case 'csv':
    case 'tsv':
      return new TableParser({ ...options, format });
    case 'jsonl':
      return new JsonlParser(options);
    case 'horizontal':
      return new HorizontalParser(options);
    case 'text':
    case 'lines':
      return new TextParser(options);
    default:
      throw new UserError(
        `${options.file}: the format ${format} is only written, not read. Read columns, conllu, csv, tsv, jsonl, horizontal or text.`,
      );
  }
}

/**
 * Reads a file, or a stream of bytes such as standard input, compressed or not, and yields the sentences of each piece
 * read: an empty array where a piece completes none is not yielded. Memory is bounded. Throws
 * `UserError` for what the user can mend: no such file, invalid UTF-8, a line that does not fit.
 */
export async function* readSentences(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<Sentence[]> {
  const file = options.file ?? (typeof source === 'string' ? source : '<stdin>');
  const gold = options.gold ?? options.tagColumn !== undefined;
  const known =
    options.format ??
    (typeof source === 'string' ? formatOf(source, gold ? 'train' : 'tag') : undefined);
  let parser: Parser | undefined;
  /** What was read before the format was known. */
  let head = '';
  const start = (format: Format): Parser => {
    const started = createParser({ ...options, file, gold, format });
    options.onDocument?.(started.document);
    return started;
  };
  if (known !== undefined) parser = start(known);
  const lineNow = (): number => parser?.line ?? countLines(head) + 1;
  const bytes = typeof source === 'string' ? readBytes(source) : source;
  for await (const text of readText(bytes, file, lineNow)) {
    let next = text;
    if (parser === undefined) {
      head += text;
      // blank lines tell nothing
      if (head.trim() === '' && head.length < MAX_PARTIAL) continue;
      parser = start(sniffFormat(head));
      next = head;
    }
    const sentences = parser.push(next);
    if (sentences.length > 0) yield sentences;
  }
  if (parser === undefined) {
    parser = start(sniffFormat(head));
    parser.push(head);
  }
  const sentences = parser.end();
  if (sentences.length > 0) yield sentences;
}

/**
 * Reads all sentences with gold tags, for training. Throws `UserError` as `readSentences` does, and if
 * there is no sentence.
 */
export async function readCorpus(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<Sentence[]> {
  const corpus: Sentence[] = [];
  let document: Document | undefined;
  const all = readSentences(source, {
    ...options,
    gold: options.gold ?? true,
    keepSource: options.keepSource ?? false,
    onDocument: (started) => {
      document = started;
      options.onDocument?.(started);
    },
  });
  for await (const sentences of all) {
    for (const sentence of sentences) corpus.push(sentence);
  }
  if (corpus.length > 0) return corpus;
  const file = document?.file ?? (typeof source === 'string' ? source : '<stdin>');
  throw new UserError(
    `${file}: no sentences, read as ${document?.format}. Is the file empty, or the format another?`,
  );
}

/** Text from bytes, compressed or not, in pieces; an error in one is told by `lineNow`, the line at which it begins. */
export async function* readText(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  lineNow: () => number,
): AsyncGenerator<string> {
  yield* decode(decompressed(bytes, file), file, lineNow);
}

/** Reads a file or stream of the format `horizontal`, in batches as `tokenLines` gives them. Memory is bounded. */
export async function* readTokenLines(
  source: string | AsyncIterable<Uint8Array>,
  { file, most, onDocument }: { file: string; most: number } & Pick<ReadOptions, 'onDocument'>,
): AsyncGenerator<TokenLines> {
  onDocument?.(newDocument(file, 'horizontal'));
  const bytes = decompressed(typeof source === 'string' ? readBytes(source) : source, file);
  let line = 1;
  for await (const lines of inLines(bytes, { file, most: MAX_LINE })) {
    const hasBom = line === 1 && BOM_BYTES.every((byte, i) => lines[i] === byte);
    line = yield* tokenLines(hasBom ? lines.subarray(BOM_BYTES.length) : lines, {
      file,
      line,
      most,
    });
  }
}

/**
 * Reads a file or stream of raw text, of the format `text` or `lines`, in batches as `textTokenLines` gives them. Memory is
 * bounded.
 */
export async function* readTextLines(
  source: string | AsyncIterable<Uint8Array>,
  options: { file: string; most: number; format: 'text' | 'lines' } & Pick<
    ReadOptions,
    'onDocument' | 'tokenization'
  >,
): AsyncGenerator<TokenLines> {
  const { file, most, format, tokenization } = options;
  options.onDocument?.(newDocument(file, format));
  const bytes = decompressed(typeof source === 'string' ? readBytes(source) : source, file);
  const tokenizer = tokenization ? createTokenizer(tokenization) : defaultTokenizer();
  const pieces = inLines(bytes, { file, most: MAX_PARTIAL });
  yield* textTokenLines(pieces, { file, most, tokenizer, isByLine: format === 'lines' });
}

/** Bytes as far as they go in whole lines, or in more than `most` bytes of one. */
async function* inLines(
  bytes: AsyncIterable<Uint8Array>,
  { file, most }: { file: string; most: number },
): AsyncGenerator<Uint8Array> {
  /** What of an unfinished line was read. */
  let partial: Uint8Array[] = [];
  let partialSize = 0;
  let atStart = true;
  for await (const chunk of bytes) {
    if (atStart && chunk.length > 0) {
      atStart = false;
      const mark = chunk[0]! * 256 + (chunk[1] ?? 0);
      if (mark === 0xfffe || mark === 0xfeff) {
        throw problem(file, 1, 'UTF-16, expected UTF-8. Convert it with iconv -f UTF-16 -t UTF-8.');
      }
    }
    const end = chunk.lastIndexOf(LF) + 1;
    if (end === 0 && partialSize + chunk.length <= most) {
      partial.push(chunk);
      partialSize += chunk.length;
      continue;
    }
    const upTo = end === 0 ? chunk.length : end;
    const whole = chunk.subarray(0, upTo);
    yield partialSize === 0 ? whole : Buffer.concat([...partial, whole]);
    partial = upTo < chunk.length ? [chunk.subarray(upTo)] : [];
    partialSize = chunk.length - upTo;
  }
  if (partialSize > 0) yield Buffer.concat(partial);
}

/** Decodes UTF-8 strictly. The BOM is kept. */
async function* decode(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
  lineNow: () => number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const text = (chunk: Uint8Array, stream: boolean): string => {
    const zero = chunk.indexOf(0);
    if (zero >= 0) throw binary(file, lineNow() + lineFeeds(chunk.subarray(0, zero)));
    try {
      return decoder.decode(chunk, { stream });
    } catch {
      throw invalid(file, chunk, lineNow());
    }
  };
  for await (const chunk of inLines(bytes, { file, most: MAX_PARTIAL })) yield text(chunk, true);
  yield text(new Uint8Array(0), false);
}

/** The error for invalid UTF-8 in `chunk`, which begins in `line`. */
function invalid(file: string, chunk: Uint8Array, line: number): UserError {
  let at = line;
  let from = 0;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (;;) {
    const end = chunk.indexOf(10, from) + 1;
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
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) lines++;
  return lines;
}
