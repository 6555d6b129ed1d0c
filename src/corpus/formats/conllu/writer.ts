import { UserError } from '../../../errors.ts';
import { contentEnd, isBlank, lineStart } from '../../lines.ts';
import type { Column, Sentence } from '../../sentence.ts';
import { contractions } from '../../text/contractions.ts';
import { spacesAfter } from '../../text/spaces.ts';
import { checkDistinct } from '../column-choice.ts';
import { confidenceCells } from '../confidences.ts';
import {
  blankLineAfter,
  type FormatWriter,
  type FormatWriterOptions,
  type Tagged,
} from '../definition.ts';
import {
  cellSpan,
  conlluFields,
  escapeValue,
  type Field,
  fieldName,
  fieldOf,
  HASH,
  lineKind,
  MISC,
  unescapeValue,
  valueSpan,
} from './fields.ts';

const PIPE = 124;

/**
 * Writes CoNLL-U. A CoNLL-U file comes back with its fields or MISC keys replaced. Anything else becomes
 * ten columns with the tags, by default in `upos`, `# text` from the tokens, and, from raw text,
 * SpaceAfter=No. Confidences are keys in MISC: Conf=, or of several columns ConfUpos= and so on.
 * @throws UserError if a tag column is no place for tags, or if two are the same
 */
export function createConlluWriter(options: FormatWriterOptions): FormatWriter {
  const { tagColumns, confidence = false } = options;
  const keys = tagColumns.length === 1 ? ['Conf'] : tagColumns.map((column) => confKey(column!));
  const asked = [...tagColumns, ...(confidence ? keys : [])];
  const fields = tagFields(asked);
  /** Those of the document that is written back. */
  let found = fields;
  const cells = ({ tags, annotations }: Tagged): readonly (readonly string[])[] =>
    annotations !== undefined && confidence ? [...tags, ...confidenceCells(annotations)] : tags;
  return {
    restorer: {
      begin(document) {
        found = document.fields === undefined ? fields : tagFields(asked, document.fields);
        return '';
      },
      sentence: ({ source }, tagged) => replaceFields(source.raw, cells(tagged), found),
      separation: blankLineAfter,
    },
    convert: (sentence, tagged) =>
      sentence.tokens.length === 0
        ? ''
        : formatConllu(sentence.tokens, cells(tagged), {
            fields,
            spaces: spacesAfter(sentence),
            id: tagged.number,
            ...rawText(sentence),
          }),
  };
}

/** ConfUpos for upos, ConfNER for the key NER. */
function confKey(tagColumn: Column): string {
  const name = fieldName(fieldOf(tagColumn, 'tag'));
  return `Conf${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

const isAllOfMisc = ({ column, key }: Field): boolean => column === MISC && key === undefined;

/** The fields to write to; never the id. */
function tagFields(
  columns: readonly (Column | undefined)[],
  names: readonly string[] = conlluFields,
): Field[] {
  const fields = columns.map((column) => fieldOf(column ?? 'upos', 'tag', names));
  if (fields.some((field) => field.column === 0)) {
    throw new UserError(
      'the id of a CoNLL-U word cannot be replaced by a tag. Name another field.',
      { code: 'SEQTAG_COLUMN' },
    );
  }
  // tags that replace all of MISC leave no room for keys
  const isReplaced = fields.some(isAllOfMisc);
  checkDistinct(
    fields.map((field) => fieldName(isReplaced ? { ...field, key: undefined } : field, names)),
    'CoNLL-U',
  );
  return fields;
}

/**
 * Replaces the fields of each word in `raw` by its tags. An empty tag becomes `_`. A word without the
 * key is `O` as it is, and a word that has its tag stays as it was written.
 */
function replaceFields(
  raw: string,
  tags: readonly (readonly string[])[],
  fields: readonly Field[],
): string {
  const columns = [...new Set(fields.map((field) => field.column))].sort((a, b) => a - b);
  let out = '';
  let done = 0;
  let word = 0;
  for (let pos = 0; pos < raw.length; ) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    const to = contentEnd(raw, pos, lineEnd);
    const start = lineStart(raw, pos);
    const isRow = raw.charCodeAt(start) !== HASH && !isBlank(raw, start, to);
    if (isRow && lineKind(raw, start, raw.indexOf('\t', start)) === 'word') {
      for (const column of columns) {
        const [from, stop] = cellSpan(raw, pos, to, column);
        const cell = raw.slice(from, stop);
        let tagged = cell;
        for (let c = 0; c < fields.length; c++) {
          if (fields[c]!.column === column)
            tagged = withTag(tagged, tags[c]![word] ?? '', fields[c]!);
        }
        if (tagged === cell) continue;
        out += raw.slice(done, from) + tagged;
        done = stop;
      }
      word++;
    }
    pos = lineEnd + 1;
  }
  return out + raw.slice(done);
}

/** A cell with a tag, unchanged if it has that tag. */
function withTag(cell: string, tag: string, { key }: Field): string {
  if (key === undefined) return cell === tag ? cell : tag || '_';
  const value = escapeValue(tag || '_');
  const span = valueSpan(cell, key);
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

/** How a sentence of raw text is written, for tools that read treebanks. */
function rawText({ source }: Sentence): { hasMultiwordTokens: boolean; hasTree: boolean } {
  const format = source?.document.format;
  const isRaw = format === 'text' || format === 'lines';
  return {
    hasMultiwordTokens: isRaw && source?.document.hasMultiwordTokens === true,
    hasTree: isRaw,
  };
}

/**
 * One sentence as CoNLL-U.
 * @param options.spaces whether white space follows each token
 * @param options.hasMultiwordTokens words of several tokens, such as `do n't`, get a line of their own
 * @param options.hasTree HEAD and DEPREL get a tree without meaning, since tools of UD demand one: the first token is the
 *   root, and the others depend on it by `dep`, the unspecified relation
 */
function formatConllu(
  tokens: readonly string[],
  tags: readonly (readonly string[])[],
  options: {
    fields: readonly Field[];
    spaces: readonly boolean[];
    id: number;
    hasMultiwordTokens: boolean;
    hasTree: boolean;
  },
): string {
  const { fields, spaces, id } = options;
  const replacesMisc = fields.some(isAllOfMisc);
  const isJoined = spaces.map((space) => !space);
  const words = options.hasMultiwordTokens ? contractions(tokens, isJoined) : [];
  let text = '';
  let lines = '';
  for (let i = 0; i < tokens.length; i++) {
    const token = formCell(tokens[i]!);
    text += token;
    if (spaces[i] && i < tokens.length - 1) text += ' ';
    const word = words.find(({ from, to }) => i >= from && i < to);
    if (word?.from === i) {
      const { from, to } = word;
      const misc = isJoined[to - 1] ? 'SpaceAfter=No' : '_';
      const form = tokens.slice(from, to).map(formCell).join('');
      lines += `${from + 1}-${to}\t${form}\t_\t_\t_\t_\t_\t_\t_\t${misc}\n`;
    }
    const head = options.hasTree ? (i === 0 ? ['0', 'root'] : ['1', 'dep']) : ['_', '_'];
    const cells = [String(i + 1), token, '_', '_', '_', '_', ...head, '_', '_'];
    const misc: string[] = [];
    fields.forEach(({ column, key }, c) => {
      const tag = (tags[c]![i] || '_').replace(/[\t\r\n]+/g, ' ');
      if (key === undefined) cells[column] = tag;
      else misc.push(`${key}=${escapeValue(tag)}`);
    });
    // the last token of a sentence may touch the next sentence
    if (isJoined[i] && !word) misc.push('SpaceAfter=No');
    if (!replacesMisc && misc.length > 0) cells[MISC] = misc.join('|');
    lines += `${cells.join('\t')}\n`;
  }
  return `# sent_id = ${id}\n# text = ${text}\n${lines}\n`;
}

/** A token as FORM: never empty, without tabs and line ends. */
function formCell(token: string): string {
  const cell = token.replace(/[\t\r\n]+/g, ' ');
  return /^ *$/.test(cell) ? '_' : cell;
}
