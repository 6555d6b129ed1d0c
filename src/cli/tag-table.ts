import { quoteCell } from '../corpus/formats/table/cells.ts';
import {
  createWriter,
  type Document,
  type Format,
  formatOf,
  isName,
  type ReadOptions,
  readSentences,
  type Sentence,
  tokenOffsets,
  type Writer,
} from '../corpus/index.ts';
import { createTextParser } from '../corpus/text/text.ts';
import { UserError } from '../errors.ts';
import { columnNames } from '../model/column-names.ts';
import type { AnnotateOptions } from '../tagging/annotate.ts';
import type { Tagger } from '../tagging/tagger.ts';
import { outputFormat } from './input.ts';
import type { TagFlags } from './tag-flags.ts';

/** Rows that are tagged at once. */
const MOST_ROWS = 512;

export interface TableOptions {
  readonly flags: Pick<
    TagFlags,
    'textColumn' | 'tokenRows' | 'tagColumn' | 'offsets' | 'output' | 'outFile'
  >;
  /** The tag columns of the model that are written. */
  readonly columns: readonly number[];
  readonly annotate?: Pick<AnnotateOptions, 'confidence' | 'minConfidence'> | undefined;
}

interface FoundSpan {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly type: string;
  readonly confidence?: number;
}

/** What was found in a text. */
interface TaggedText {
  readonly tokens: readonly string[];
  /** Of each token the number of its sentence, from 1. */
  readonly sentences: readonly number[];
  /** For each written tag column. */
  readonly tags: readonly (readonly string[])[];
  readonly spans: readonly (readonly FoundSpan[])[];
  readonly confidences: readonly (readonly number[])[] | undefined;
}

export const isTable = (format: Format | undefined): format is 'csv' | 'tsv' =>
  format === 'csv' || format === 'tsv';

/** @throws UserError for flags that do not go with `--text-column` */
export function checkTableFlags(flags: TagFlags, files: readonly string[]): void {
  const conflict = (message: string): UserError =>
    new UserError(message, { code: 'SEQTAG_OPTION_CONFLICT' });
  if (flags.textColumn === undefined)
    throw conflict('--token-rows: needs --text-column, the column of the texts.');
  const format = flags.input ?? (flags.lines ? 'lines' : undefined);
  const others = {
    '--token-column': flags.tokenColumn,
    '--n-best': flags.nBest,
    '--given': flags.given,
    '--stats': flags.stats,
    '--feature-column': flags.featureColumn,
  };
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  const isJson = (one: Format | undefined): boolean => one === 'jsonl' || one === 'json';
  const isJsonl = isJson(format) || files.every((file) => isJson(formatOf(file)));
  if (isJsonl && files.length > 0) {
    if (flags.tokenRows !== undefined)
      throw conflict('--token-rows: for csv and tsv; JSON has an object for each text.');
    return;
  }
  if (other !== undefined) throw conflict(`--text-column: cannot be combined with ${other}.`);
}

type TableRead = ReadOptions & { readonly file: string; readonly format: 'csv' | 'tsv' };

/**
 * Makes a function that tags the texts in a column of csv or tsv. Each row comes back with new columns, in which JSON has
 * the spans, or, if tags are plain, the tokens and their tags. With a key column there is one row for each token instead.
 * Of several files, which must have the same columns, only the first has a header in the output.
 * @throws UserError as readers and writers do, and for a file of another format or with other columns than the first
 */
export function createTableTagger(
  tagger: Tagger,
  options: TableOptions,
): (source: string | AsyncIterable<Uint8Array>, read: TableRead) => AsyncGenerator<string> {
  const { textColumn, tokenRows: keyColumn, output, outFile } = options.flags;
  let first: Table | undefined;
  let write: WriteRows | undefined;
  return async function* (source, read) {
    const { format, file } = read;
    const asked = output ?? outputFormat(outFile);
    if (asked !== undefined && asked !== format)
      throw new UserError(
        `${file}: with --text-column the output is the input with new columns, so ${format} and not ${asked}. Leave out the format.`,
        { code: 'SEQTAG_OPTION_CONFLICT' },
      );
    write ??=
      keyColumn === undefined
        ? rowWriter(tagger, { ...options, format })
        : tokenWriter(tagger, { ...options, format });
    let document: Document | undefined;
    const pieces = readSentences(source, {
      ...read,
      tokenColumn: textColumn,
      isText: true,
      ...(keyColumn !== undefined && { featureColumn: [keyColumn] }),
      onDocument: (started) => {
        document = started;
      },
    });
    const tagged = (rows: readonly Sentence[], end?: { isEnd: boolean }): string => {
      const table = { file, format, names: document?.header?.names ?? [] };
      first ??= table;
      checkAlike(table, first);
      return write!(rows, tagTexts(rows, tagger, options), document!, end);
    };
    for await (const rows of pieces)
      for (let from = 0; from < rows.length; from += MOST_ROWS)
        yield tagged(rows.slice(from, from + MOST_ROWS));
    yield tagged([], { isEnd: true });
  };
}

interface Table {
  readonly file: string;
  readonly format: 'csv' | 'tsv';
  readonly names: readonly string[];
}

/** @throws UserError if rows of one table cannot follow those of the other */
function checkAlike({ file, format, names }: Table, first: Table): void {
  const differ = (what: string): UserError =>
    new UserError(`${file}: ${what}. Tag the files one by one.`, {
      code: 'SEQTAG_CORPUS_MISMATCH',
    });
  if (format !== first.format) throw differ(`${format}, but ${first.file} is ${first.format}`);
  if (names.join('\n') === first.names.join('\n')) return;
  const list = (some: readonly string[]): string => some.join(', ') || 'no header';
  throw differ(`the columns are ${list(names)}, but ${first.file} has ${list(first.names)}`);
}

/** Tags the text of each row. */
function tagTexts(
  rows: readonly Sentence[],
  tagger: Tagger,
  { columns, annotate, flags: { offsets: unit } }: TableOptions,
): TaggedText[] {
  const { tokenization } = tagger.model.vocabulary;
  const texts = rows.map(({ tokens: [cell = ''], file }) => {
    const parser = createTextParser({ file, gold: false, format: 'text', tokenization });
    return [...parser.push(cell), ...parser.end()];
  });
  const sentences = texts.flat();
  const tokens = sentences.map((sentence) => sentence.tokens);
  const annotations =
    annotate && sentences.length > 0 ? tagger.annotate(tokens, annotate) : undefined;
  const tags =
    annotations?.map((column) => column.map((one) => one.tags)) ??
    (sentences.length > 0 ? tagger.tagColumns(tokens) : tagger.model.tagColumns.map(() => []));
  const hasConfidence = annotate?.confidence === true;
  let first = 0;
  return texts.map((text, row) => {
    const cell = rows[row]!.tokens[0] ?? '';
    const numbers = text.map((_, s) => first + s);
    first += text.length;
    const position = (unit16: number): number =>
      unit === 'code-points' ? Array.from(cell.slice(0, unit16)).length : unit16;
    const spansOf = (column: number): FoundSpan[] =>
      numbers.flatMap((s, i) => {
        const { offsets, start = 0 } = tokenOffsets(text[i]!);
        const found = annotations?.[column]?.[s]?.spans ?? tagger.spans(tags[column]![s]!, column);
        return found.map((span) => {
          const [from, to] = [start + offsets[2 * span.start]!, start + offsets[2 * span.end - 1]!];
          const content = { text: cell.slice(from, to), type: span.type };
          const place = { start: position(from), end: position(to) };
          if (!hasConfidence || !('confidence' in span)) return { ...place, ...content };
          return { ...place, ...content, confidence: Number(span.confidence.toFixed(4)) };
        });
      });
    return {
      tokens: text.flatMap((sentence) => sentence.tokens),
      sentences: text.flatMap((sentence, s) => sentence.tokens.map(() => s + 1)),
      tags: columns.map((column) => numbers.flatMap((s) => tags[column]![s]!)),
      spans: columns.map((column) => (isPlain(tagger, column) ? [] : spansOf(column))),
      confidences: hasConfidence
        ? columns.map((column) =>
            numbers.flatMap((s) =>
              annotations![column]![s]!.confidences!.map((p) => Number(p.toFixed(4))),
            ),
          )
        : undefined,
    };
  });
}

const isPlain = ({ model }: Tagger, column: number): boolean =>
  model.tagColumns[column]!.scheme === 'none';

type WriteRows = (
  rows: readonly Sentence[],
  texts: readonly TaggedText[],
  document: Document,
  options?: { isEnd: boolean },
) => string;

/** The new columns: the name of each, and what it has for a text. */
function newColumns(
  tagger: Tagger,
  { columns, flags: { tagColumn: asked }, annotate }: TableOptions,
): { name: string; cellOf: (text: TaggedText) => unknown }[] {
  const names = columnNames(tagger.model);
  const plain = columns.filter((column) => isPlain(tagger, column));
  const own = columns.length === 1;
  return [
    ...(plain.length > 0 ? [{ name: 'tokens', cellOf: (text: TaggedText) => text.tokens }] : []),
    ...columns.flatMap((column, c) => {
      const usual = isPlain(tagger, column) ? 'tags' : 'spans';
      const name = own ? (asked ?? usual) : names[column]!;
      if (!isPlain(tagger, column))
        return [{ name, cellOf: (text: TaggedText) => text.spans[c] as unknown }];
      const confidences = {
        name: own ? 'confidences' : `confidences_${name}`,
        cellOf: (text: TaggedText) => text.confidences![c] as unknown,
      };
      const tags = { name, cellOf: (text: TaggedText) => text.tags[c] as unknown };
      return annotate?.confidence ? [tags, confidences] : [tags];
    }),
  ];
}

/** Writes each row with its new columns, whose cells are JSON. */
function rowWriter(
  tagger: Tagger,
  options: TableOptions & { readonly format: 'csv' | 'tsv' },
): WriteRows {
  const { format } = options;
  const added = newColumns(tagger, options);
  let writer: Writer | undefined;
  let begun: Document | undefined;
  let isLater = false;
  let written = '';
  return (rows, texts, document, { isEnd } = { isEnd: false }) => {
    if (begun !== document) {
      const present = new Set(document.header?.names);
      const taken = added.find(({ name }) => name !== options.flags.tagColumn && present.has(name));
      if (taken !== undefined)
        throw new UserError(
          `${document.file}: there is a column "${taken.name}" already. ${added.length === 1 ? 'Name the new one with --tag-column.' : 'Rename it.'}`,
          { code: 'SEQTAG_COLUMN' },
        );
      const tagColumn = added.map(({ name }) => name);
      writer ??= createWriter({ format, tagColumn, orAppend: true });
      writer.begin(document);
      isLater = begun !== undefined;
      begun = document;
    }
    const cells = added.map(({ cellOf }) => texts.map((text) => [JSON.stringify(cellOf(text))]));
    const out = (rows.length > 0 ? writer!.write(rows, cells) : '') + (isEnd ? writer!.end() : '');
    if (out === '') return '';
    const text = isLater ? withoutBlankLine(out, written) : out;
    isLater = false;
    written = text;
    return text;
  };
}

/** The rows of a later file after what was written: writers put a blank line between files, as between sentences. */
const withoutBlankLine = (rows: string, written: string): string =>
  (written === '' || written.endsWith('\n') ? '' : '\n') + rows.replace(/^\n{1,2}/, '');

/** Writes a row for each token: the key of its text, the number of its sentence, itself and its tags. */
function tokenWriter(
  tagger: Tagger,
  options: TableOptions & { readonly format: 'csv' | 'tsv' },
): WriteRows {
  const {
    format,
    columns,
    annotate,
    flags: { tokenRows: keyColumn, tagColumn: asked },
  } = options;
  const names = columnNames(tagger.model);
  const single = columns.length === 1;
  const tagNames = columns.map((column) => (single ? (asked ?? 'tag') : names[column]!));
  const confidenceNames = annotate?.confidence
    ? tagNames.map((name) => (single ? 'confidence' : `confidence_${name}`))
    : [];
  let hasHeader = false;
  return (rows, texts, document) => {
    const { header, delimiter = format === 'csv' ? ',' : '\t' } = document;
    const row = (cells: readonly string[]): string =>
      `${cells.map((cell) => quoteCell(cell, delimiter)).join(delimiter)}\n`;
    const key = isName(keyColumn) ? keyColumn! : (header?.names.at(Number(keyColumn)) ?? 'key');
    let out = hasHeader ? '' : row([key, 'sentence', 'token', ...tagNames, ...confidenceNames]);
    hasHeader = true;
    texts.forEach((text, r) => {
      const value = rows[r]!.featureColumns![0]![0]!;
      text.tokens.forEach((token, t) => {
        const tags = text.tags.map((column) => column[t]!);
        const confidences = text.confidences?.map((column) => String(column[t]!)) ?? [];
        out += row([value, String(text.sentences[t]!), token, ...tags, ...confidences]);
      });
    });
    return out;
  };
}
