import { UserError } from '../../errors.ts';
import {
  contentEnd,
  copy,
  count,
  isBlank,
  LineBuffer,
  MAX_LINE,
  problem,
  SPACE,
  TAB,
  tagPool,
} from '../lines.ts';
import type { Column, Document, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { newDocument, SentenceBuilder } from './builder.ts';
import { checkAsked, checkDistinct, listed } from './places.ts';

/*
 * CoNLL-U (universaldependencies.org/format.html). A line that begins with `#` is a comment; a blank
 * line ends a sentence; every other line has ten columns, separated by tabs. Words are the lines with
 * a plain number as ID, 1, 2, 3, ...; multiword ranges (`1-2`) and empty nodes (`1.1`) are passed
 * through and are not tokens.
 */

export const conlluFields = [
  'id',
  'form',
  'lemma',
  'upos',
  'xpos',
  'feats',
  'head',
  'deprel',
  'deps',
  'misc',
] as const;
const COLUMNS = conlluFields.length;
const FORM = 1;
const UPOS = 3;
const MISC = 9;
const HASH = 35;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const PIPE = 124;

/** A whole column, or the value of one key in MISC. */
export type Field = { readonly column: number; readonly key: string | undefined };

/** A field to read, and what a word has that lacks its key. */
type ReadField = Field & { readonly absent: string };

/** The field that the user's `column` means. */
export function fieldOf(column: Column, what: string): Field {
  const index = typeof column === 'number' || /^-?\d+$/.test(column) ? Number(column) : undefined;
  if (index !== undefined) {
    const place = index < 0 ? COLUMNS + index : index;
    if (Number.isInteger(place) && place >= 0 && place < COLUMNS) {
      return { column: place, key: undefined };
    }
    throw new UserError(
      `${what} column ${index}: CoNLL-U has 10 columns, 0 (${conlluFields[0]}) to 9 (${conlluFields[9]}).`,
    );
  }
  const name = String(column);
  const known = (conlluFields as readonly string[]).indexOf(name.toLowerCase());
  if (known >= 0) return { column: known, key: undefined };
  if (/^[^\s=|]+$/.test(name)) return { column: MISC, key: name };
  throw new UserError(
    `${what} column "${name}" is neither a CoNLL-U field (${conlluFields.join(', ')}) nor a possible key in MISC.`,
  );
}

type Kind = 'word' | 'range' | 'empty' | 'invalid';

/** What the ID of a line that is neither comment nor blank says; ID is `text` from `from` to `to`. */
function kindOf(text: string, from: number, to: number): Kind {
  let mark = -1;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= ZERO + 9) continue;
    if ((code !== MINUS && code !== DOT) || mark >= 0 || i === from || i === to - 1) {
      return 'invalid';
    }
    mark = i;
  }
  if (from === to) return 'invalid';
  if (mark < 0) return 'word';
  if (text.charCodeAt(mark) === DOT) return 'empty';
  return Number(text.slice(from, mark)) <= Number(text.slice(mark + 1, to)) ? 'range' : 'invalid';
}

type Span = [from: number, to: number];

/** Where a column of a line is. */
function cellSpan(text: string, from: number, to: number, column: number): Span {
  let start = from;
  for (let c = 0; c < column; c++) start = text.indexOf('\t', start) + 1;
  return [start, column === MISC ? to : text.indexOf('\t', start)];
}

/** Where the value of `key` is in a MISC column; undefined if it is not there. */
function valueSpan(text: string, from: number, to: number, key: string): Span | undefined {
  for (let at = from; at < to; ) {
    let end = text.indexOf('|', at);
    if (end < 0 || end > to) end = to;
    const value = at + key.length + 1;
    if (text[value - 1] === '=' && text.startsWith(key, at)) return [value, end];
    at = end + 1;
  }
  return undefined;
}

/** MISC values escape `|` as `\p` and a backslash as `\\`. */
function escapeValue(value: string): string {
  return /[\\|]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('|', '\\p') : value;
}

function unescapeValue(value: string): string {
  return value.includes('\\')
    ? value.replace(/\\([\\p])/g, (_, c) => (c === 'p' ? '|' : c))
    : value;
}

/**
 * Reads words from CoNLL-U, by default `form` and `upos`. A word without the MISC key asked for has
 * the tag `O` or `absentTag`, but a file in which no word has it is an error.
 */
export class ConlluParser implements Parser {
  readonly document: Document;
  readonly #builder: SentenceBuilder;
  readonly #buffer = new LineBuffer();
  readonly #intern = tagPool();
  readonly #gold: boolean;
  readonly #token: Field;
  readonly #tag: ReadField;
  /** Further columns of tags, then those of features. */
  readonly #more: readonly ReadField[];
  /** Of all these, those found in some word. */
  readonly #seen = new Set<ReadField>();
  /** Keys found in MISC, for the message. */
  readonly #keys = new Set<string>();
  #lines = 0;

  constructor(options: ReadOptions & { file: string; gold: boolean }) {
    this.document = newDocument(options.file, 'conllu');
    this.document.separator = 'tab';
    this.document.columns = COLUMNS;
    this.#builder = new SentenceBuilder(this.document, options);
    this.#gold = options.gold;
    this.#token = fieldOf(options.tokenColumn ?? FORM, 'token');
    if (this.#token.key !== undefined) {
      throw new UserError(
        `${options.file}: token column "${this.#token.key}" is no CoNLL-U field. They are ${conlluFields.join(', ')}.`,
      );
    }
    const [tag, ...more] = listed(options.tagColumn ?? UPOS).map((column) => ({
      ...fieldOf(column, 'tag'),
      absent: options.absentTag ?? 'O',
    }));
    this.#tag = tag!;
    if (options.gold)
      checkAsked(
        [tag!, ...more].map(({ column, key }) => key ?? conlluFields[column]!),
        options.file,
      );
    this.#more = [
      ...(options.gold ? more : []),
      ...listed(options.featureColumn).map((column) => ({
        ...fieldOf(column, 'feature'),
        absent: 'O',
      })),
    ];
  }

  get line(): number {
    return this.#lines + 1;
  }

  push(text: string): Sentence[] {
    const lines = this.#buffer.push(text);
    if (lines === undefined) throw this.#tooLong(this.line);
    if (lines !== '') this.#parse(lines);
    return this.#builder.take();
  }

  end(): Sentence[] {
    this.#parse(this.#buffer.end());
    this.#builder.end();
    const missing = [this.#tag, ...this.#more].find(
      (field) => field.key !== undefined && !this.#seen.has(field),
    );
    if (this.#gold && missing !== undefined && this.#lines > 0) {
      const keys = this.#keys.size === 0 ? 'no keys' : [...this.#keys].join(', ');
      throw new UserError(
        `${this.document.file}: no word has ${missing.key}= in MISC, and it is no field. The fields are ${conlluFields.join(', ')}; MISC has ${keys}.`,
      );
    }
    return this.#builder.take();
  }

  #parse(text: string): void {
    const builder = this.#builder;
    const gold = this.#gold;
    const tokenColumn = this.#token.column;
    const [tag, more] = [this.#tag, this.#more];
    const tagColumn = tag.column;
    let start = 0;
    let pos = 0;
    while (pos < text.length) {
      let lineEnd = text.indexOf('\n', pos);
      if (lineEnd < 0) lineEnd = text.length;
      const next = lineEnd < text.length ? lineEnd + 1 : lineEnd;
      const to = contentEnd(text, pos, lineEnd);
      const line = ++this.#lines;
      if (next - pos > MAX_LINE) throw this.#tooLong(line);
      const first = text.charCodeAt(pos);
      if (to === pos || (first <= SPACE && isBlank(text, pos, to))) {
        if (builder.size > 0) {
          builder.finish(text, start, next);
          start = next;
        }
        pos = next;
        continue;
      }
      if (first === HASH) {
        pos = next;
        continue;
      }
      let idEnd = to;
      let tokenFrom = 0;
      let tokenTo = 0;
      let tagFrom = 0;
      let tagTo = 0;
      let columns = 0;
      for (let i = pos; ; i++) {
        const from = i;
        while (i < to && text.charCodeAt(i) !== TAB) i++;
        if (columns === 0) idEnd = i;
        if (columns === tokenColumn) {
          tokenFrom = from;
          tokenTo = i;
        }
        if (columns === tagColumn) {
          tagFrom = from;
          tagTo = i;
        }
        columns++;
        if (i === to) break;
      }
      if (columns !== COLUMNS) {
        throw problem(
          this.document.file,
          line,
          `${count(columns, 'column')}, expected ${COLUMNS}. Are the separators tabs, and is this CoNLL-U?`,
        );
      }
      const kind = kindOf(text, pos, idEnd);
      if (kind === 'word') {
        const id = Number(text.slice(pos, idEnd));
        if (id !== builder.size + 1) {
          throw problem(
            this.document.file,
            line,
            `word id ${id}, expected ${builder.size + 1}. ${
              id === 1 ? 'Is a blank line missing before it?' : 'Words are numbered 1, 2, 3, ...'
            }`,
          );
        }
        builder.add(
          copy(text, tokenFrom, tokenTo),
          gold ? this.#tagOf(tag, text, [tagFrom, tagTo]) : '',
          line,
          more.length > 0
            ? more.map((field) => this.#tagOf(field, text, cellSpan(text, pos, to, field.column)))
            : undefined,
        );
      } else if (kind === 'invalid') {
        throw problem(
          this.document.file,
          line,
          `invalid id "${text.slice(pos, Math.min(idEnd, pos + 40))}". An id is a number, a range (1-2) or a decimal (1.1).`,
        );
      }
      pos = next;
    }
    builder.hold(text, start, text.length, this.line);
  }

  #tagOf(field: ReadField, text: string, [from, to]: Span): string {
    const { key, absent } = field;
    if (key === undefined) return this.#intern(text, from, to);
    const span = valueSpan(text, from, to, key);
    if (span !== undefined) {
      this.#seen.add(field);
      return unescapeValue(this.#intern(text, ...span));
    }
    if (!this.#seen.has(field) && this.#keys.size < 20) {
      for (const pair of text.slice(from, to).split('|')) {
        if (pair.includes('=')) this.#keys.add(pair.slice(0, pair.indexOf('=')));
      }
    }
    return absent;
  }

  #tooLong(line: number): UserError {
    return problem(this.document.file, line, 'a line longer than 16 MiB. Is this CoNLL-U?');
  }
}

/**
 * Gives `raw` back with the fields of each word replaced by its tags; an empty tag becomes `_`. A word
 * without the key is `O` as it is, and a word that has its tag stays as it was written.
 */
export function tagConllu(
  raw: string,
  tags: readonly (readonly string[])[],
  fields: readonly Field[],
): string {
  const columns = [...new Set(fields.map((field) => field.column))].sort((a, b) => a - b);
  let out = '';
  let done = 0;
  let next = 0;
  let pos = 0;
  while (pos < raw.length) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    const to = contentEnd(raw, pos, lineEnd);
    const end = lineEnd < raw.length ? lineEnd + 1 : lineEnd;
    if (raw.charCodeAt(pos) !== HASH && !isBlank(raw, pos, to)) {
      const idEnd = raw.indexOf('\t', pos);
      if (kindOf(raw, pos, idEnd) === 'word') {
        for (const column of columns) {
          const [from, stop] = cellSpan(raw, pos, to, column);
          const cell = raw.slice(from, stop);
          let tagged = cell;
          for (let c = 0; c < fields.length; c++) {
            if (fields[c]!.column === column)
              tagged = withTag(tagged, tags[c]![next] ?? '', fields[c]!);
          }
          if (tagged === cell) continue;
          out += raw.slice(done, from) + tagged;
          done = stop;
        }
        next++;
      }
    }
    pos = end;
  }
  return out + raw.slice(done);
}

/** A cell with a tag, as it is if it has that already. */
function withTag(cell: string, tag: string, { key }: Field): string {
  if (key === undefined) return cell === tag ? cell : tag || '_';
  const value = escapeValue(tag || '_');
  const span = valueSpan(cell, 0, cell.length, key);
  if (span !== undefined) {
    const [from, to] = span;
    if (unescapeValue(cell.slice(from, to)) === tag) return cell;
    return cell.slice(0, from) + value + cell.slice(to);
  }
  if (tag === 'O') return cell;
  const member = `${key}=${value}`;
  if (cell === '' || cell === '_') return member;
  return cell.charCodeAt(cell.length - 1) === PIPE ? cell + member : `${cell}|${member}`;
}

/** The fields to write tags to; never the id. */
export function replacedFields(columns: readonly (Column | undefined)[]): Field[] {
  const fields = columns.map((column) => fieldOf(column ?? UPOS, 'tag'));
  if (fields.some((field) => field.column === 0)) {
    throw new UserError(
      'the id of a CoNLL-U word cannot be replaced by a tag. Name another field.',
    );
  }
  // what replaces all of MISC leaves no place for keys
  const isWhole = fields.some(({ column, key }) => column === MISC && key === undefined);
  checkDistinct(
    fields.map(({ column, key }) => (isWhole ? undefined : key) ?? conlluFields[column]!),
    'CoNLL-U',
  );
  return fields;
}

/** One sentence as CoNLL-U: ten columns, the tags in `fields`, `# text` from tokens and spaces. */
export function formatConllu(
  tokens: readonly string[],
  tags: readonly (readonly string[])[],
  options: { fields: readonly Field[]; spaces: readonly boolean[] | undefined; id: number },
): string {
  const { fields, spaces, id } = options;
  const isWhole = fields.some(({ column, key }) => column === MISC && key === undefined);
  let text = '';
  let lines = '';
  for (let i = 0; i < tokens.length; i++) {
    const token = form(tokens[i] ?? '');
    const space = spaces?.[i] ?? true;
    text += token;
    if (space && i < tokens.length - 1) text += ' ';
    const cells = [String(i + 1), token, '_', '_', '_', '_', '_', '_', '_', '_'];
    const misc: string[] = [];
    fields.forEach(({ column, key }, c) => {
      const tag = (tags[c]![i] || '_').replace(/[\t\r\n]+/g, ' ');
      if (key === undefined) cells[column] = tag;
      else misc.push(`${key}=${escapeValue(tag)}`);
    });
    // the last token of a sentence may touch the next sentence
    if (!space) misc.push('SpaceAfter=No');
    if (!isWhole && misc.length > 0) cells[MISC] = misc.join('|');
    lines += `${cells.join('\t')}\n`;
  }
  return `# sent_id = ${id}\n# text = ${text}\n${lines}\n`;
}

/** A token as FORM: never empty, without tabs and line ends. */
function form(token: string): string {
  if (/[\t\r\n]/.test(token)) return form(token.replace(/[\t\r\n]+/g, ' '));
  return /^ *$/.test(token) ? '_' : token;
}
