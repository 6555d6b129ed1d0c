import { UserError } from '../../errors.ts';
import { problem, quantity } from '../lines.ts';
import { isObject, isStrings, parseJson } from './json/object.ts';

/**
 * The name of a label that is written as a number.
 * @param where the place in the file, and the name of the column
 * @throws UserError if the names are not known, or if there are too few
 */
export function labelName(
  label: string,
  labels: readonly string[] | undefined,
  where: { file: string; line: number; column: string },
): string {
  const { file, line, column } = where;
  if (labels === undefined)
    throw new UserError(
      `${file}:${line}: column ${column} has numbers. Give the names of the labels in their order, as O,B-PER,I-PER or in a file.`,
      { code: 'SEQTAG_COLUMN', option: 'labels' },
    );
  const name = labels[Number(label)];
  if (name !== undefined) return name;
  throw problem(
    file,
    line,
    `label ${label} in column ${column}, but ${quantity(labels.length, 'name')} (0 to ${labels.length - 1}) were given. Name all labels in their order.`,
  );
}

/** A tag as text. One that is a number stands for a name, if names were given. */
export const namedTag = (
  tag: string,
  labels: readonly string[] | undefined,
  where: { file: string; line: number; column: string },
): string => (labels === undefined || !/^\d+$/.test(tag) ? tag : labelName(tag, labels, where));

/**
 * The names of integer labels, in their order, from the text of a file: a name on each line, or JSON with a list of names,
 * with names by number or numbers by name (`id2label`, `label2id`), or with the features of a Hugging Face data set.
 * @param key the column of the labels, where a data set has several
 * @throws UserError if there are none
 */
export function labelNames(
  text: string,
  { file, key }: { file: string; key: string | undefined },
): readonly string[] {
  const value = parseJson(text);
  if (value === undefined || typeof value === 'number') {
    const names = text.split(/\r?\n/).map((line) => line.trim());
    while (names.at(-1) === '') names.pop();
    if (names.length > 0 && !names.includes('') && !/^\s*[[{]/.test(text)) return names;
  }
  const found = namesIn(value, key);
  if (found !== undefined) return found;
  throw problem(
    file,
    1,
    'no list of label names. Give a name on each line, or JSON: ["O", "B-PER", ...], {"0": "O", ...}, {"O": 0, ...} or the features of a data set.',
    'SEQTAG_COLUMN',
  );
}

function namesIn(value: unknown, key: string | undefined): readonly string[] | undefined {
  if (isStrings(value) && value.length > 0) return value;
  if (!isObject(value)) return undefined;
  const ordered = byNumber(value);
  if (ordered !== undefined) return ordered;
  const inside = ['id2label', 'label2id', 'names', 'feature', 'features', 'class_label'];
  const features = value['features'];
  if (isObject(features)) {
    const lists = Object.entries(features).filter(
      ([name, feature]) => (key === undefined || name === key) && namesIn(feature, key),
    );
    if (lists.length === 1) return namesIn(lists[0]![1], key);
  }
  for (const name of inside) {
    const names = namesIn(value[name], key);
    if (names !== undefined) return names;
  }
  return undefined;
}

/** The names of `{"0": "O", "1": "B-PER"}` or `{"O": 0, "B-PER": 1}`, if all numbers from 0 are there. */
function byNumber(value: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const entries = Object.entries(value);
  const isByName = entries.every(([, id]) => Number.isInteger(id));
  const names: string[] = [];
  for (const [key, item] of entries) {
    const [id, name] = isByName ? [item, key] : [Number(key), item];
    if (typeof name !== 'string' || names[id as number] !== undefined) return undefined;
    names[id as number] = name;
  }
  const isComplete = entries.length > 0 && names.length === entries.length;
  return isComplete && !names.includes(undefined as never) ? names : undefined;
}
