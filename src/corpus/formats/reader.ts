import { UserError } from '../../errors.ts';
import { decompressed } from '../../files/compression.ts';
import { readBytes } from '../../files/read.ts';
import { countLines } from '../lines.ts';
import type { Document, Format, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { codeOf, loadFormat } from './code.ts';
import { asColumns } from './column-choice.ts';
import { decodeText } from './decode.ts';
import { asUtf8 } from './encoding.ts';
import { formatNames, formatOf, formats, orTextFor } from './formats.ts';
import { mayBeOther, peekFormat } from './sniff.ts';

/**
 * A parser for one document of the format `options.format`, which must be given and loaded (see `loadFormat`).
 * @throws UserError if the format cannot be read, or has no tags or feature columns but is asked for them
 */
export function createParser(options: ReadOptions & { readonly format: Format }): Parser {
  const { format, file = '<stdin>', gold = options.tagColumn !== undefined } = options;
  const { reads, isRaw } = formats[format];
  const code = 'SEQTAG_CORPUS_FORMAT';
  if (reads === 'annotations')
    throw new UserError(
      `${file}: the format ${format} has annotations of a text in another file. Read both with readSentences.`,
      { code },
    );
  if (reads === undefined)
    throw new UserError(
      `${file}: the format ${format} is only written, not read. Read ${formatNames((one) => one.reads === 'sentences')}.`,
      { code },
    );
  const features = asColumns(options.featureColumn);
  if (isRaw && features.length > 0)
    throw new UserError(
      `${file}: the format ${format} has no column ${features.join(', ')} to read as a feature. Give a file in the format ${formatNames((one) => one.reads === 'sentences' && !one.isRaw)} that has it.`,
      { code },
    );
  if (isRaw && gold)
    throw new UserError(
      `${file}: the format ${format} has no tags. Give a corpus with tags in columns, or name its format.`,
      { code },
    );
  return codeOf(format).createParser!({ ...options, file, gold });
}

/**
 * Reads a file, or a stream of bytes such as standard input, compressed or not. It yields the sentences
 * that each piece of the input completes, if there are any. Memory is bounded.
 *
 * A format that is not given is recognised by the first lines: at most 64 KiB are read before the first
 * sentences come.
 * @throws UserError for what the user can correct: no such file, invalid UTF-8, a line that does not fit
 */
export async function* readSentences(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<Sentence[]> {
  const file = options.file ?? (typeof source === 'string' ? source : '<stdin>');
  const gold = options.gold ?? options.tagColumn !== undefined;
  let bytes = typeof source === 'string' ? readBytes(source) : source;
  let { format } = options;
  const path = format === undefined && typeof source === 'string' ? source : undefined;
  const named = path === undefined ? undefined : formatOf(path);
  bytes = asUtf8(decompressed(bytes, file), { file, encoding: options.encoding });
  if (format === undefined && mayBeOther(named)) {
    // without tags, an extension that means no format may be that of a text
    const orText = gold ? orTextFor(path) : path !== undefined && named === undefined;
    ({ format, bytes } = await peekFormat(bytes, { named, orText }));
    if (gold && orText && format === 'text') format = 'columns';
    if (!gold && orText && format !== 'text')
      options.onNote?.(
        `${file}: this looks like ${format} and is read so. If it is raw text, name the format text.`,
      );
  }
  format ??= named!;
  const { readAnnotations } = await loadFormat(format);
  if (readAnnotations !== undefined) {
    let content = '';
    const line = (): number => countLines(content) + 1;
    for await (const text of decodeText(bytes, { file, line })) content += text;
    const annotations = readAnnotations(content.replace(/^\ufeff/, ''), { file });
    const { readStandoff } = await import('./offsets/standoff.ts');
    yield* readStandoff(annotations, { ...options, file, gold }, readSentences);
    return;
  }
  const parser = createParser({ ...options, file, gold, format });
  options.onDocument?.(parser.document);
  for await (const text of decodeText(bytes, { file, line: () => parser.line })) {
    const sentences = parser.push(text);
    if (sentences.length > 0) yield sentences;
  }
  const sentences = parser.end();
  if (sentences.length > 0) yield sentences;
}

/**
 * Reads all sentences with gold tags, for training.
 * @throws UserError as `readSentences` does, and if there is no sentence
 */
export async function readCorpus(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<Sentence[]> {
  const corpus: Sentence[] = [];
  let document: Document | undefined;
  const pieces = readSentences(source, {
    ...options,
    gold: options.gold ?? true,
    keepSource: options.keepSource ?? false,
    onDocument: (started) => {
      document = started;
      options.onDocument?.(started);
    },
  });
  for await (const sentences of pieces) {
    for (const sentence of sentences) corpus.push(sentence);
  }
  if (corpus.length > 0) return corpus;
  const file = document?.file ?? (typeof source === 'string' ? source : '<stdin>');
  throw new UserError(
    `${file}: no sentences in the format ${document?.format}. Is the file empty, or the format wrong?`,
    { code: 'SEQTAG_CORPUS_EMPTY' },
  );
}
