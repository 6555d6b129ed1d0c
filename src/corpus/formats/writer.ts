import { UserError } from '../../errors.ts';
import type {
  Annotation,
  Document,
  Format,
  Sentence,
  Source,
  WriteOptions,
  Writer,
} from '../sentence.ts';
import { codeOf } from './code.ts';
import { asColumns } from './column-choice.ts';
import type { FormatWriter, FormatWriterOptions, Tagged } from './definition.ts';
import { formatNames, formats } from './formats.ts';
import { isOfRecords } from './offsets/locate.ts';

/**
 * A writer for `options.format`, which must be loaded (see `loadFormat`), as must be the formats of the documents if it is
 * not given. Reading a document loads its format.
 *
 * A sentence whose source has the same format comes back byte for byte, with its tags, and so do BOM,
 * header and what follows the last sentence. Of several documents only the first keeps its BOM and
 * header. A blank line that is missing between two documents is added.
 *
 * Any other sentence is converted: each format says how (see the writers). Of several tag columns,
 * formats of spans write those that have spans, or else the first. All other formats write all.
 * @throws UserError if the format cannot be written, or has no place for what was asked
 */
export function createWriter(options: WriteOptions = {}): Writer {
  const { format: asked } = options;
  const tagColumns = options.tagColumn === undefined ? [undefined] : asColumns(options.tagColumn);
  const all: FormatWriterOptions = { ...options, tagColumns };
  const writers = new Map<Format, FormatWriter>();
  const writerFor = (format: Format): FormatWriter => {
    const writer = writers.get(format) ?? createFormatWriter(format, all);
    writers.set(format, writer);
    return writer;
  };
  let writer = writerFor(asked ?? 'columns');
  /** Documents that were announced but not begun. */
  let waiting: Document[] = [];
  /** The document that is being written. */
  let document: Document | undefined;
  let isRestored = false;
  let sentences = 0;
  let restored = 0;
  /** Whether the last sentence is of a line in the format `lines` that has not ended yet. */
  let isLineOpen = false;
  /** The end of what was restored last. */
  let end = '';

  /** Writes what follows the last sentence of the document. */
  const finishDocument = (): string => {
    const lineEnd = isLineOpen && writer.isByLine ? '\n' : '';
    isLineOpen = false;
    const ended = isRestored ? document : undefined;
    document = undefined;
    if (ended === undefined || ended.tail === '') return lineEnd;
    end = ended.tail;
    return writer.restorer?.tail?.(ended) ?? ended.tail;
  };

  const beginDocument = (next: Document): string => {
    let out = finishDocument();
    document = next;
    const isRaw = formats[next.format].isRaw === true;
    const format = asked ?? (isRaw ? 'columns' : next.format);
    writer = writerFor(format);
    const { restorer } = writer;
    isRestored = restorer !== undefined && format === next.format;
    if (restorer === undefined || !isRestored) return out;
    if (restored++ > 0) out += restorer.separation(end);
    else if (next.bom) out += '\ufeff';
    return next.columns === 0 && !isOfRecords(next.format) ? out : out + restorer.begin(next);
  };

  /** Writes a document without sentences, unless it is empty. */
  const writeEmpty = (empty: Document): string => {
    const { bom, header, tail } = empty;
    return bom || header !== undefined || tail !== '' ? beginDocument(empty) : '';
  };

  /** Begins a document, after those that were announced before it. */
  const enterDocument = (next: Document): string => {
    const before = waiting.splice(0, waiting.indexOf(next) + 1);
    const empty = before.filter((one) => one !== document && one !== next);
    return empty.map(writeEmpty).join('') + beginDocument(next);
  };

  /** Converts a sentence of the format `lines`, in which a line may have several or none. */
  const convertLine = (sentence: Sentence & { source: Source }, tagged: Tagged): string => {
    const wasOpen = isLineOpen;
    const isEmpty = sentence.tokens.length === 0;
    const isEnd = sentence.source.raw.endsWith('\n');
    isLineOpen = isEmpty ? wasOpen && !isEnd : !isEnd;
    const { isByLine = false, blankLine } = writer;
    if (isEmpty && blankLine !== undefined)
      return !wasOpen ? blankLine : isEnd && isByLine ? '\n' : '';
    const out = writer.convert(sentence, tagged);
    return isByLine ? (wasOpen ? ' ' : '') + (isLineOpen ? out.slice(0, -1) : out) : out;
  };

  const writeSentence = (sentence: Sentence, tagged: Tagged): string => {
    for (const { length } of tagged.tags)
      if (length !== sentence.tokens.length)
        throw new Error(`${length} tags for ${sentence.tokens.length} tokens`);
    const { source } = sentence;
    const out =
      source !== undefined && source.document !== document ? enterDocument(source.document) : '';
    if (source?.document.format === 'lines')
      return out + convertLine(sentence as Sentence & { source: Source }, tagged);
    if (!isRestored || source === undefined || source.document !== document)
      return out + writer.convert(sentence, tagged);
    if (source.raw !== '') end = source.raw;
    return out + writer.restorer!.sentence(sentence as Sentence & { source: Source }, tagged);
  };

  return {
    isPlain: (asked ?? 'columns') === 'columns' && options.paint === undefined,
    begin(announced) {
      if (announced !== document) waiting.push(announced);
    },
    write(written, columns, annotations) {
      if (columns.length !== tagColumns.length)
        throw new Error(`${columns.length} tag columns, expected ${tagColumns.length}`);
      for (const { length } of columns)
        if (length !== written.length)
          throw new Error(`tags for ${length} sentences, expected ${written.length}`);
      let out = '';
      for (let s = 0; s < written.length; s++) {
        out += writeSentence(written[s]!, {
          number: written[s]!.tokens.length > 0 ? ++sentences : sentences,
          tags: columns.map((column) => column[s]!),
          annotations: annotations?.map((column): Annotation => column[s]!),
        });
      }
      return out;
    },
    end() {
      const empty = waiting.filter((one) => one !== document);
      waiting = [];
      return empty.map(writeEmpty).join('') + finishDocument();
    },
    close: () => writer.close?.() ?? '',
  };
}

function createFormatWriter(name: Format, options: FormatWriterOptions): FormatWriter {
  const { writes } = formats[name];
  const code = 'SEQTAG_CORPUS_FORMAT';
  if (writes === undefined)
    throw new UserError(
      `the format ${name} has no place for tags. Choose ${formatNames((format) => format.writes !== undefined)}.`,
      { code },
    );
  if (options.nBest !== undefined && !writes.nBest)
    throw new UserError(
      `the format ${name} has no place for several sequences of tags. Choose ${formatNames((format) => format.writes?.nBest === true)}.`,
      { code },
    );
  if (options.confidence && !writes.confidence)
    throw new UserError(
      `the format ${name} has no place for confidences. Choose ${formatNames((format) => format.writes?.confidence === true)}.`,
      { code },
    );
  return codeOf(name).createWriter!(options);
}
