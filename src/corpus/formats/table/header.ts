import type { Column, Document } from '../../sentence.ts';
import { checkDistinct, isName } from '../column-choice.ts';

export const TOKEN_NAMES = ['token', 'word', 'form', 'tokens', 'words'];
export const TAG_NAMES = [
  ...[
    'tag',
    'label',
    'ner',
    'pos',
    'upos',
    'xpos',
    'chunk',
    'tags',
    'labels',
    'ner_tags',
    'ner_tag',
  ],
  ...['pos_tags', 'pos_tag', 'chunk_tags', 'chunk_tag', 'word_labels', 'entity', 'iob', 'bio'],
  // the first of the tags of HIPE (github.com/hipe-eval)
  'ne-coarse-lit',
];
/** Columns that have running text, if no column has tokens. */
export const TEXT_NAMES = [
  ...['text', 'full_text', 'raw_text', 'body', 'content', 'message', 'comment', 'review', 'tweet'],
  ...['post', 'headline', 'title', 'abstract', 'description', 'article', 'utterance', 'sentence'],
];
export const SENTENCE_NAMES = [
  'sentence',
  'sentence_id',
  'sent_id',
  'sentence #',
  'sentence id',
  'sentence_idx',
  'sent_idx',
  'sentence_index',
];
const OTHER_NAMES = ['', 'id', 'index', 'token_id', 'word_id', 'lemma', 'doc_id', 'document_id'];

/** What may be the name of a column, but is hardly a tag. */
const NAME = /^\p{L}[\p{Ll}_ -]{2,}$/u;

/** What is hardly the name of a column. */
const TAG = /^(?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\p{L}\p{N}]{1,3})$/u;

/** The index of the first of `wanted` that is in the header, in any case; -1 if none is. */
export function findName(header: readonly string[], wanted: readonly string[]): number {
  const lower = header.map((name) => name.trim().toLowerCase());
  for (const name of wanted) {
    const index = lower.indexOf(name);
    if (index >= 0) return index;
  }
  return -1;
}

/** The index of a column by its name, in exactly this case or else in any. */
export function indexOfName(header: readonly string[], name: string): number {
  const index = header.indexOf(name);
  return index >= 0 ? index : findName(header, [name.toLowerCase()]);
}

/**
 * Whether a first row is a header: it names a token column and, if there are more cells, another
 * column with a known name, or only columns with what may be names. A column `token` needs only that no other looks like a
 * tag. A column of running text counts as one of tokens.
 */
export function looksLikeHeader(row: readonly string[]): boolean {
  const tokens = findName(row, TOKEN_NAMES);
  const token = tokens >= 0 ? tokens : findName(row, TEXT_NAMES);
  if (token < 0) return false;
  const known = new Set([...TAG_NAMES, ...SENTENCE_NAMES, ...OTHER_NAMES]);
  const others = row.filter((_, i) => i !== token).map((cell) => cell.trim());
  if (others.some((cell) => known.has(cell.toLowerCase()))) return true;
  // hardly a corpus begins with this word
  if (/^(?:tokens?|words)$/i.test(row[token]!.trim()))
    return !others.some((cell) => TAG.test(cell));
  return others.every((cell) => NAME.test(cell));
}

/** Whether a first row is a header without the name of a token column: names only, of which one is known. */
export function lacksTokenName(row: readonly string[]): boolean {
  const cells = row.map((cell) => cell.trim());
  const known = [...TAG_NAMES, ...SENTENCE_NAMES];
  return (
    row.length > 1 &&
    cells.every((cell) => cell === '' || NAME.test(cell) || known.includes(cell.toLowerCase())) &&
    cells.some((cell) => known.includes(cell.toLowerCase())) &&
    findName(row, TOKEN_NAMES) < 0
  );
}

/** The index of the column whose cells are tags by default. */
export function defaultTagColumn({ header, columns }: Document): number {
  const found = findName(header?.names ?? [], TAG_NAMES);
  return found >= 0 ? found : columns - 1;
}

/** The names of columns that are added to a header: as asked for, else one that is free. */
export function newNames(
  header: readonly string[],
  columns: readonly (Column | undefined)[],
): string[] {
  const all = [...header];
  for (const column of columns) {
    const free = ['tag', 'predicted', 'predicted_tag'].find((name) => findName(all, [name]) < 0);
    all.push(isName(column) ? column : (free ?? 'seqtag'));
  }
  const added = all.slice(header.length);
  checkDistinct(added, 'header');
  return added;
}
