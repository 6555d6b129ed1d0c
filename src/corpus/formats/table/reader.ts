import { copy, isBlank, lineStart, problem, quantity, strayCr } from '../../lines.ts';
import type { Parser } from '../../sentence.ts';
import { asColumns } from '../column-choice.ts';
import { ENOUGH_ROWS, mayHaveLeading, type SampleRow } from '../columns/layout.ts';
import { commentRule } from '../columns/lines.ts';
import type { ParserOptions } from '../definition.ts';
import { namedTag } from '../labels.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import {
  cellSpans,
  createCsvRows,
  createQuotedRows,
  csvDelimiter,
  type Delimiter,
  isBlankRow,
  isProseRow,
  nextRow,
  rowContentEnd,
  type TableFormat,
  trimSpaces,
  unquote,
} from './cells.ts';
import {
  afterIds,
  runningTextNote,
  type TableLayout,
  tableLayout,
  textCellError,
  textColumnError,
} from './layout.ts';
import { parseList } from './lists.ts';
import { readSentenceRow, type SentenceRows, sentenceRows } from './sentence-rows.ts';

/*
 * csv and tsv: a token per row, and the same number of cells in every row.
 *
 * A sentence ends at a blank row (empty, or all cells blank), and where the value changes in a column
 * `sentence`, `sentence_id`, `sent_id` or `Sentence #` of the header. An empty value means the same
 * sentence as in the row before, since some files fill in only the first row of each.
 *
 * If the cells of the first row after the header have lists, every row is a sentence (see `sentence-rows.ts`).
 *
 * A row that begins with `#` and a space or tab is a comment, unless it has the file's number of columns. In csv it is one
 * too if white space follows a delimiter, as in prose.
 *
 * The first row is a header if the option `header` says so, if a column was asked for by name, or if
 * it looks like one. The same row again is a header too, as in files that were joined.
 */

/** How far, in UTF-16 units, to search for the first rows that are certainly no comments. */
const LOOK_AHEAD = 1024 * 1024;

/** Reads tokens and tags. By default the header tells where they are, else they are first and last. */
export function createTableParser(options: ParserOptions, format: TableFormat): Parser {
  const { file, gold } = options;
  const document = newDocument(file, format);
  const builder = new SentenceBuilder(document, options);
  if (options.comment !== undefined) document.comment = options.comment;
  const rule = commentRule(options.comment);
  const features = asColumns(options.featureColumn).length;
  const tags = new Map<string, string>();
  let layout: TableLayout | undefined;
  /** How rows have sentences, false if they have tokens; undefined before the first row after the header. */
  let bySentence: SentenceRows | false | undefined = options.isText ? false : undefined;
  let currentSentence = '';
  let lastText = '';
  let mayHaveCr = false;
  let delimiter: Delimiter | undefined = format === 'tsv' ? '\t' : undefined;
  /** The cells of a row with quotes, none if a quote is out of place. */
  const quotedCells = format === 'csv' ? createQuotedRows() : () => undefined;

  const intern = (cell: string): string => {
    const tag = trimSpaces(cell);
    const known = tags.get(tag);
    if (known !== undefined) return known;
    if (tags.size < 4096) tags.set(tag, tag);
    return tag;
  };

  /** The columns of the first row that is certainly no comment, 0 if there is none. */
  let firstColumns = 0;
  let looked = 0;
  /** That row, and those after it as long as ids may be before the tokens. */
  const sample: SampleRow[] = [];
  let isFirst = true;
  const isEnough = (): boolean =>
    sample.length >= ENOUGH_ROWS || (sample.length > 0 && !mayHaveLeading(sample));

  /** Finds these rows. Rows that begin with `# ` before them may be comments. */
  const lookAhead = (rows: string, { isLast }: { isLast: boolean }): boolean => {
    for (let at = 0; at < rows.length && !isEnough() && looked <= LOOK_AHEAD; ) {
      const end = nextRow(rows, at, format === 'tsv' ? '\t' : ',');
      const from = lineStart(rows, at);
      const to = rowContentEnd(rows, from, end);
      const isOther = rule.isComment(rows, from, to) || rule.isHash(rows, from, to);
      if (isBlank(rows, from, to)) isFirst = true;
      else if (!isOther) {
        const separator = delimiter ?? csvDelimiter(rows, from, to);
        delimiter = separator;
        const spans = cellSpans(rows, from, to, separator);
        const fields = Array.from({ length: spans.length / 2 }, (_, c) =>
          unquote(rows.slice(spans[2 * c], spans[2 * c + 1]), separator),
        );
        firstColumns ||= fields.length;
        sample.push({ fields, isFirst });
        isFirst = false;
      }
      looked += end - at;
      at = end;
    }
    return isEnough() || isLast || looked > LOOK_AHEAD;
  };

  /** Reads the first row. Returns whether it is a header. */
  const begin = (row: readonly string[], { number, next }: Line): TableLayout => {
    const found = afterIds(tableLayout(row, number, options), sample, options);
    document.columns = found.columns;
    document.token = found.token;
    if (found.hasHeader) document.header = { names: [...row], raw: builder.takeSource(next) };
    return found;
  };

  const readToken = (line: Line, cell: (column: number) => string, layout: TableLayout): void => {
    const { from, next, number } = line;
    const name = document.header?.names[layout.token] ?? '';
    if (layout.isText && document.header !== undefined && options.tokenColumn === undefined)
      throw textColumnError(file, layout.line, name);
    if (layout.sentence >= 0) {
      const id = cell(layout.sentence);
      if (id !== '' && id !== currentSentence) {
        builder.finish(from);
        currentSentence = id;
      }
    }
    const word = cell(layout.token);
    if (layout.isText && !options.isText && isLongText(word))
      throw textCellError({ file, line: number, name }, word);
    if (!options.isText && (isLongList(word) || (gold && isLongList(cell(layout.tag)))))
      throw problem(
        file,
        number,
        'a list in a row of one token. Is the first row a header without the name of the tokens? Name the columns of the tokens and of the tags.',
        'SEQTAG_COLUMN',
      );
    if (!options.isText && word.includes('\n') && word.includes(delimiter!))
      throw unbalanced(file, number);
    const tagIn = (column: number): string => {
      const name = document.header?.names[column] ?? String(column);
      return namedTag(intern(cell(column)), options.labels, { file, line: number, column: name });
    };
    const further = layout.more.length - features;
    builder.add(
      word,
      gold ? tagIn(layout.tag) : '',
      number,
      layout.more.length > 0
        ? layout.more.map((column, c) => (c < further ? tagIn(column) : intern(cell(column))))
        : undefined,
    );
    if (options.isText) builder.finish(next);
  };

  let isNoted = false;
  const noteComment = ({ text, from, to, number }: Line): void => {
    if (!isNoted)
      options.onNote?.(
        `${file}:${number}: "${text.slice(from, Math.min(to, from + 40))}" is read as a comment, though it has the columns of a token. Name the prefix of comments, or none, if it is a token.`,
      );
    isNoted = true;
  };

  const readLine = (line: Line): void => {
    const { text, from, to, next, number } = line;
    if (rule.isComment(text, from, to)) return;
    delimiter ??= csvDelimiter(text, from, to);
    document.delimiter = delimiter;
    const spans = cellSpans(text, from, to, delimiter);
    const columns = spans.length / 2;
    const quoted = quotedCells(line, delimiter);
    if (quoted?.length === 0) throw unbalanced(file, number);
    if (text !== lastText) {
      lastText = text;
      mayHaveCr = format === 'csv' && text.includes('\r');
    }
    if (mayHaveCr && hasBareCr(text, spans)) throw strayCr(file, number);
    const cell = (column: number): string =>
      quoted?.[column] ??
      unquote(copy(text, spans[2 * column]!, spans[2 * column + 1]!), delimiter!);
    if (isBlankRow(text, spans, delimiter)) {
      builder.finish(next);
      return;
    }
    const isHash = rule.isHash(text, from, to);
    if (isHash && columns !== (document.columns || firstColumns)) {
      // a token that lost a cell, or got one, is no comment
      const mayBeToken =
        builder.size > 0 && (text[from + 1] === '\t' || tags.has(cell(columns - 1)));
      if (!mayBeToken) return;
    } else if (isHash && isProseRow(text, spans, delimiter)) {
      noteComment(line);
      return;
    }
    const cells = (): string[] => Array.from({ length: columns }, (_, column) => cell(column));
    if (layout === undefined) {
      layout = begin(cells(), line);
      if (layout.hasHeader) return;
    }
    if (columns !== layout.columns)
      throw problem(
        file,
        number,
        `${quantity(columns, 'column')}, expected ${layout.columns} as in line ${layout.line}. ${
          format === 'csv'
            ? `Is a cell with a ${delimiterNames[delimiter]} not quoted?`
            : 'Are the separators tabs?'
        }`,
      );
    const header = document.header?.names;
    if (header !== undefined) {
      const start = spans[2 * layout.token]!;
      const mayBeHeader =
        text.charCodeAt(start) === QUOTE || text.startsWith(header[layout.token]!, start);
      if (mayBeHeader && cells().every((value, column) => value === header[column])) {
        builder.finish(from);
        currentSentence = '';
        return;
      }
    }
    if (bySentence === undefined) {
      bySentence = sentenceRows(cell, layout);
      const isGuess = !bySentence && !layout.hasHeader && options.tokenColumn === undefined;
      const note = isGuess && !gold ? runningTextNote(cells(), layout, file) : undefined;
      if (note !== undefined) options.onNote?.(note);
    }
    document.hasLists ??= bySentence !== false;
    if (bySentence)
      readSentenceRow(line, cell, { rows: bySentence, layout, options, builder, document });
    else readToken(line, cell, layout);
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: `Is this ${format}, and are its quotes balanced?`,
    ...(format === 'csv' && { rows: createCsvRows(), allowsCr: true }),
    lookAhead,
    readLine,
  });
}

const isLongList = (cell: string): boolean =>
  cell.startsWith('[') && (parseList(cell)?.items.length ?? 0) > 1;

/** Whether a cell has three words or more, which hardly a token has. */
const isLongText = (cell: string): boolean =>
  cell.includes(' ') && (cell.match(/\p{L}\S*/gu)?.length ?? 0) > 2;

/** Whether a cell without quotes has a carriage return. */
const hasBareCr = (text: string, spans: readonly number[]): boolean =>
  spans.some(
    (start, i) =>
      i % 2 === 0 &&
      text.charCodeAt(start) !== QUOTE &&
      text.slice(start, spans[i + 1]).includes('\r'),
  );

const QUOTE = 34;
const delimiterNames = { ',': 'comma', ';': 'semicolon', '|': 'bar', '\t': 'tab' };

const unbalanced = (file: string, line: number): Error =>
  problem(
    file,
    line,
    'unbalanced quote. A quote inside a cell is written twice, and the cell quoted: """" is one quote.',
  );
