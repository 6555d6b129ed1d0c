/*
 * What the columns of a file are, by the token lines at its beginning: where the tokens and the tags are, if the user
 * does not say so.
 */

/** The fields of a token line. */
export interface SampleRow {
  readonly fields: readonly string[];
  /** Whether it begins a sentence. */
  readonly isFirst: boolean;
}

/** So many rows tell what a column before the tokens is. */
export const ENOUGH_ROWS = 8;

/**
 * Whether the column may count tokens, of each sentence or of the file: 0, 1, 2, ... or 1, 2, 3, ... One of four rows may be
 * wrong.
 */
export function areIds(rows: readonly SampleRow[], column: number): boolean {
  let last = Number.NaN;
  let place = 0;
  let wrong = 0;
  for (const { fields, isFirst } of rows) {
    const field = fields[column] ?? '';
    const id = /^\d{1,9}$/.test(field) ? Number(field) : Number.NaN;
    place = isFirst ? 1 : place + 1;
    // a file may begin inside a sentence
    const isUnknown = Number.isNaN(last) && !Number.isNaN(id);
    if (!isUnknown && id !== last + 1 && id !== place && id !== place - 1) wrong++;
    last = Number.isNaN(id) ? last + 1 : id;
  }
  return wrong <= rows.length / 4;
}

export const isEmpty = (rows: readonly SampleRow[], column: number): boolean =>
  rows.every(({ fields }) => (fields[column] ?? '').trim() === '');

/** In CoNLL-2012 three columns are before the tokens: document, part and number. */
const MOST_LEADING = 3;

/** Whether the column of the tokens, by these rows, may be after one of ids, or after an empty one. */
export const mayHaveLeading = (rows: readonly SampleRow[]): boolean =>
  isEmpty(rows, 0) || [0, 1, 2].some((column) => areIds(rows, column));

/** Columns before the tokens: the last of them counts the tokens, or it is empty. */
export interface Leading {
  readonly columns: number;
  readonly last: 'ids' | 'empty';
}

/** What is before the column of the tokens; undefined if nothing is. */
export function leadingColumns(rows: readonly SampleRow[]): Leading | undefined {
  const few = rows.slice(0, ENOUGH_ROWS);
  // a line of token and tag may have lost its token
  if (few.length < 2) return few[0]!.fields.length > 2 && isEmpty(few, 0) ? EMPTY : undefined;
  for (let column = 0; column < Math.min(MOST_LEADING, few[0]!.fields.length - 1); column++) {
    // sentences of one token do not count
    const values = new Set(few.map(({ fields }) => fields[column]));
    if (values.size > 1 && areIds(few, column) && areConstant(few, column))
      return { columns: column + 1, last: 'ids' };
  }
  return isEmpty(few, 0) ? EMPTY : undefined;
}

/** What to tell the user about columns before the tokens. */
export function leadingNote({ columns, last }: Leading): string {
  if (last === 'empty') return 'the first column is empty, so the second is read as the token.';
  return columns === 1
    ? 'the first column counts the tokens (1, 2, 3, ...), so the second is read as the token.'
    : `column ${columns - 1} counts the tokens, so column ${columns} is read as the token.`;
}

const EMPTY: Leading = { columns: 1, last: 'empty' };

/** Whether the columns before `end` have one value in each sentence, as names of documents have. */
const areConstant = (rows: readonly SampleRow[], end: number): boolean =>
  rows.every(
    ({ fields, isFirst }, r) =>
      isFirst || fields.slice(0, end).every((field, c) => field === rows[r - 1]!.fields[c]),
  );

/**
 * The column of the tags, if none is named: the last that is filled. The spans before a column of coreference are tags,
 * and coreference is not. Undefined if no column after the token is filled.
 */
export function lastTagColumn(rows: readonly SampleRow[], token: number): number | undefined {
  const width = rows[0]?.fields.length ?? 0;
  let column = width - 1;
  while (column > token && isEmpty(rows, column)) column--;
  if (column <= token) return undefined;
  const isCoreference = rows.every(({ fields }) => COREFERENCE.test(fields[column] ?? ''));
  for (let c = column - 1; isCoreference && c > token; c--) if (haveBrackets(rows, c)) return c;
  return column;
}

const COREFERENCE = /^(?:[-_*]|\(?\d+\)?(?:\|\(?\d+\)?)*)$/;

/*
 * CoNLL-2012 (conll.cemantix.org/2012/data.html): document, part, word number, word, part of speech, parse, predicate,
 * frameset, word sense, speaker, named entities, then the arguments of each predicate of the sentence, and coreference.
 */
const CONLL_2012 = { columns: 12, token: 3, parse: 5, entities: 10 };

/** Where the tokens and the named entities of CoNLL-2012 are; undefined if the row is in another format. */
export function conll2012(fields: readonly string[]): { token: number; tag: number } | undefined {
  const { columns, token, parse, entities } = CONLL_2012;
  if (fields.length < columns || !/^\d+$/.test(fields[1]!) || fields[2] !== '0') return undefined;
  if (!/^(?:-|[^\s*]*\*\)*)$/.test(fields[parse]!)) return undefined;
  return BRACKET.test(fields[entities]!) ? { token, tag: entities } : undefined;
}

const BRACKET = /^(?:\(([^()*\s|\d][^()*\s|]*)(?:\)|(\*\)?))|\*(\)?))$/;

/** Whether the tags of a column may be spans in brackets: `(PER*`, `*`, `*)`, `(ORG)`. */
export const areBrackets = (rows: readonly SampleRow[], column: number): boolean =>
  rows.every(({ fields }) => BRACKET.test(fields[column] ?? ''));

/** Whether they are. Coreference has numbers in brackets, and a parse has brackets in brackets. */
export const haveBrackets = (rows: readonly SampleRow[], column: number): boolean =>
  areBrackets(rows, column) && rows.some(({ fields }) => fields[column]!.startsWith('('));

/** Reads spans in brackets as BIO tags. */
export interface BracketReader {
  /** The tag of the next token; undefined if the cell does not fit. */
  read(cell: string): string | undefined;
  /** Whether a span is open. */
  readonly isOpen: boolean;
}

export function createBracketReader(): BracketReader {
  let type: string | undefined;
  return {
    read(cell) {
      const match = BRACKET.exec(cell);
      const [, name, star, end] = match ?? [];
      if (match === null || (name !== undefined && type !== undefined)) return undefined;
      if (name !== undefined) {
        type = star === '*' ? name : undefined;
        return `B-${name}`;
      }
      if (type === undefined) return end === ')' ? undefined : 'O';
      const tag = `I-${type}`;
      if (end === ')') type = undefined;
      return tag;
    },
    get isOpen() {
      return type !== undefined;
    },
  };
}
