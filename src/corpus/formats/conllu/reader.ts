import { UserError } from '../../../errors.ts';
import { copy, problem, quantity, TAB, tagPool } from '../../lines.ts';
import type { Parser } from '../../sentence.ts';
import { asColumns, checkAskedOnce } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import {
  type CellSpan,
  cellSpan,
  conll09Fields,
  conlluFields,
  type Field,
  FORM,
  fieldName,
  fieldOf,
  globalColumns,
  HASH,
  lineKind,
  MISC,
  onlyTagField,
  UPOS,
  unescapeValue,
  valueSpan,
} from './fields.ts';

/** A field to read. */
type ReadField = Field & {
  /** The value for a word that lacks the key. */
  readonly absent: string;
};

/** UTF-16 units at the beginning of a file that tell whether words have a upos. */
const SAMPLE = 64 * 1024;

/** Keys of MISC that an error names. */
const MOST_KEYS = 20;

/** Whether MISC, which is `text` from `from` to `to`, has SpaceAfter=No. */
const isJoined = (text: string, from: number, to: number): boolean =>
  to - from > 1 && text.slice(from, to).includes('SpaceAfter=No');

/**
 * Reads words, by default `form` and `upos`, or the key NER in MISC where no word has a upos. A word without the MISC key asked for has the tag `O`, or
 * `absentTag`. A file in which no word has the key is refused.
 */
export function createConlluParser(options: ParserOptions): Parser {
  const { file, gold } = options;
  const document = newDocument(file, 'conllu');
  document.separator = 'tab';
  document.columns = conlluFields.length;
  const builder = new SentenceBuilder(document, options);
  const intern = tagPool();
  /** The names of the columns. */
  let fields: readonly string[] = conlluFields;
  let isOpen = false;
  let tokenField: Field;
  /** Undefined if no tags are read. */
  let tagField: ReadField | undefined;
  /** Further tag columns, then feature columns. */
  let more: readonly ReadField[];

  const findFields = (): void => {
    tokenField = fieldOf(options.tokenColumn ?? fields[FORM]!, 'token', fields);
    if (tokenField.key !== undefined) {
      throw new UserError(
        `${file}: token column "${tokenField.key}" is no CoNLL-U field. The fields are ${fields.join(', ')}.`,
        { code: 'SEQTAG_COLUMN' },
      );
    }
    const asked = options.tagColumn ?? document.keys?.tag ?? 'upos';
    const tagFields = asColumns(gold ? asked : undefined).map(
      (column): ReadField => ({
        ...fieldOf(column, 'tag', fields),
        absent: options.absentTag ?? 'O',
      }),
    );
    const featureFields = asColumns(options.featureColumn).map(
      (column): ReadField => ({ ...fieldOf(column, 'feature', fields), absent: 'O' }),
    );
    checkAskedOnce(
      tagFields.map((field) => fieldName(field, fields)),
      file,
    );
    tagField = tagFields[0];
    more = [...tagFields.slice(1), ...featureFields];
  };

  /** Takes the columns from a comment, or from the first line of columns. */
  const setFields = (names: readonly string[]): void => {
    fields = names;
    document.fields = names;
    document.columns = names.length;
    const only = onlyTagField(names);
    if (only !== undefined)
      readByDefault(only, `${only} is read as the tag, since no other column has tags`);
    else findFields();
  };

  /** Reads the tags from a field or key other than `upos`, unless one was asked for. */
  const readByDefault = (tag: string, note: string): void => {
    if (gold && options.tagColumn === undefined) {
      document.keys = { token: undefined, tag };
      options.onNote?.(`${file}: ${note}.`);
    }
    findFields();
  };

  let isDecided = !gold || options.tagColumn !== undefined;
  let looked = 0;
  let hasNames = false;
  /** Decides by the first words whether the tags are in `upos` or in NER=. */
  const lookAhead = (lines: string, { isLast }: { isLast: boolean }): boolean => {
    if (isDecided) return true;
    for (const [line] of lines.matchAll(/^\d+\t.*/gm)) {
      const cells = line.trimEnd().split('\t');
      isDecided = cells.length !== conlluFields.length || cells[UPOS] !== '_';
      if (isDecided) return true;
      hasNames ||= valueSpan(cells[MISC]!, 'NER') !== undefined;
    }
    looked += lines.length;
    isDecided = isLast || looked > SAMPLE;
    if (isDecided && hasNames)
      readByDefault('NER', 'no word has a upos, so NER= in MISC is read as the tag');
    return isDecided;
  };

  /** CoNLL-2009 has no comment that names its columns. */
  const hasColumns = (columns: number): boolean => {
    if (!hasWords && document.fields === undefined && columns >= conll09Fields.length) {
      isOpen = true;
      setFields(conll09Fields);
    }
    return columns === fields.length || (isOpen && columns > fields.length);
  };

  /** The fields with a key that some word has. */
  const found = new Set<ReadField>();
  /** The keys in MISC, for an error. */
  const keys = new Set<string>();
  let hasLines = false;
  let hasWords = false;
  /** The id of the last word of the open multiword token, and whether no white space follows it. */
  let rangeEnd = 0;
  let isRangeJoined = false;

  const fieldValue = (field: ReadField, text: string, [from, to]: CellSpan): string => {
    const { key, absent } = field;
    if (key === undefined) return intern(text, from, to);
    const cell = text.slice(from, to);
    const span = valueSpan(cell, key);
    if (span !== undefined) {
      found.add(field);
      return unescapeValue(intern(cell, ...span));
    }
    if (!found.has(field) && keys.size < MOST_KEYS) {
      for (const pair of cell.split('|')) {
        if (pair.includes('=')) keys.add(pair.slice(0, pair.indexOf('=')));
      }
    }
    return absent;
  };

  const readLine = ({ text, from, to, number }: Line): void => {
    hasLines = true;
    if (text.charCodeAt(from) === HASH) {
      const names = hasWords ? undefined : globalColumns(text.slice(from, to));
      if (names !== undefined) setFields(names);
      return;
    }
    if (!hasWords) hasColumns(cellCount(text, from, to));
    hasWords = true;
    const tokenColumn = tokenField.column;
    const tagColumn = tagField?.column;
    let idEnd = to;
    let tokenFrom = 0;
    let tokenTo = 0;
    let tagFrom = 0;
    let tagTo = 0;
    let columns = 0;
    /** Where the last column begins. */
    let last = from;
    for (let i = from; ; i++) {
      const start = i;
      while (i < to && text.charCodeAt(i) !== TAB) i++;
      if (columns === 0) idEnd = i;
      if (columns === tokenColumn) {
        tokenFrom = start;
        tokenTo = i;
      }
      if (columns === tagColumn) {
        tagFrom = start;
        tagTo = i;
      }
      columns++;
      if (i < to) continue;
      // a file of other columns may have MISC anywhere
      last = fields === conlluFields ? start : from;
      break;
    }
    if (!hasColumns(columns)) {
      throw problem(
        file,
        number,
        `${quantity(columns, 'column')}, expected ${fields.length}. Are the separators tabs, and is this CoNLL-U?`,
      );
    }
    const kind = lineKind(text, from, idEnd);
    if (kind === 'range') {
      document.hasMultiwordTokens = true;
      rangeEnd = Number(text.slice(text.indexOf('-', from) + 1, idEnd));
      isRangeJoined = isJoined(text, last, to);
    }
    if (kind === 'word') {
      const id = Number(text.slice(from, idEnd));
      if (id !== builder.size + 1) {
        throw problem(
          file,
          number,
          `word id ${id}, expected ${builder.size + 1}. ${
            id === 1 ? 'Is a blank line missing before it?' : 'Words are numbered 1, 2, 3, ...'
          }`,
        );
      }
      builder.add(
        copy(text, tokenFrom, tokenTo),
        tagField ? fieldValue(tagField, text, [tagFrom, tagTo]) : '',
        number,
        more.length > 0
          ? more.map((field) => fieldValue(field, text, cellSpan(text, from, to, field.column)))
          : undefined,
      );
      if (gold) {
        if (id > rangeEnd) builder.setJoined(isJoined(text, last, to));
        else builder.setJoined(id < rangeEnd || isRangeJoined);
        if (id >= rangeEnd) rangeEnd = 0;
      }
    } else if (kind === 'invalid') {
      throw problem(
        file,
        number,
        `invalid id "${text.slice(from, Math.min(idEnd, from + 40))}". An id is a number, a range (1-2) or a decimal (1.1).`,
      );
    }
  };

  findFields();
  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is this CoNLL-U?',
    lookAhead,
    readLine,
    end() {
      const missing = [tagField, ...more].find(
        (field) => field?.key !== undefined && !found.has(field),
      );
      if (!gold || missing === undefined || !hasLines) return;
      const list = keys.size === 0 ? 'no keys' : [...keys].join(', ');
      throw new UserError(
        `${file}: no word has ${missing.key}= in MISC, and it is no field. The fields are ${fields.join(', ')}; MISC has ${list}.`,
        { code: 'SEQTAG_COLUMN' },
      );
    },
  });
}

function cellCount(text: string, from: number, to: number): number {
  let cells = 1;
  for (let i = from; i < to; i++) if (text.charCodeAt(i) === TAB) cells++;
  return cells;
}
