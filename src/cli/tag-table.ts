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
  readonly flags: Pick<TagFlags, 'textColumn' | 'tokenRows' | 'tagColumn' | 'offsets'>;
  readonly read: ReadOptions & { readonly file: string; readonly format: 'csv' | 'tsv' };
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
  const isJsonl = format === 'jsonl' || files.every((file) => formatOf(file) === 'jsonl');
  if (isJsonl && files.length > 0) {
    if (flags.tokenRows !== undefined)
      throw conflict('--token-rows: for csv and tsv; jsonl has an object for each text.');
    return;
  }
  if (other !== undefined) throw conflict(`--text-column: cannot be combined with ${other}.`);
  if (files.length > 1)
    throw conflict('--text-column: reads one file at a time, as each has its own header.');
  const output = flags.output ?? outputFormat(flags.outFile);
  if (output !== undefined && output !== 'jsonl' && !isTable(output))
    throw conflict(
      `--text-column: the output is the input with new columns, not ${output}. Leave out the format.`,
    );
}

/**
 * Tags the texts in a column of csv or tsv. Each row comes back with new columns, in which JSON has the spans, or, if tags
 * are plain, the tokens and their tags. With a key column there is one row for each token instead.
 * @throws UserError as readers and writers do
 */
export async function* tagTable(
  source: string | AsyncIterable<Uint8Array>,
  tagger: Tagger,
  options: TableOptions,
): AsyncGenerator<string> {
  const {
    read,
    flags: { textColumn, tokenRows: keyColumn },
  } = options;
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
  const write = keyColumn === undefined ? rowWriter(tagger, options) : tokenWriter(tagger, options);
  for await (const rows of pieces)
    for (let from = 0; from < rows.length; from += MOST_ROWS) {
      const some = rows.slice(from, from + MOST_ROWS);
      yield write(some, tagTexts(some, tagger, options), document!);
    }
  yield write([], [], document!, { isEnd: true });
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
function rowWriter(tagger: Tagger, options: TableOptions): WriteRows {
  const { format, file } = options.read;
  const added = newColumns(tagger, options);
  let writer: Writer | undefined;
  return (rows, texts, document, { isEnd } = { isEnd: false }) => {
    if (writer === undefined) {
      const present = new Set(document.header?.names);
      const taken = added.find(({ name }) => name !== options.flags.tagColumn && present.has(name));
      if (taken !== undefined)
        throw new UserError(
          `${file}: there is a column "${taken.name}" already. ${added.length === 1 ? 'Name the new one with --tag-column.' : 'Rename it.'}`,
          { code: 'SEQTAG_COLUMN' },
        );
      const tagColumn = added.map(({ name }) => name);
      writer = createWriter({ format, tagColumn, orAppend: true });
      writer.begin(document);
    }
    const cells = added.map(({ cellOf }) => texts.map((text) => [JSON.stringify(cellOf(text))]));
    const out = rows.length > 0 ? writer.write(rows, cells) : '';
    return isEnd ? out + writer.end() + writer.close() : out;
  };
}

/** Writes a row for each token: the key of its text, the number of its sentence, itself and its tags. */
function tokenWriter(tagger: Tagger, options: TableOptions): WriteRows {
  const {
    read,
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
    const { header, delimiter = read.format === 'csv' ? ',' : '\t' } = document;
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
