import { problem, quantity } from '../../lines.ts';
import type { Document } from '../../sentence.ts';
import { asColumns, checkAskedOnce } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { labelName } from '../labels.ts';
import { isStrings, keysOf, type Members, TAG_KEYS } from './object.ts';

/** Reads the columns of records: tags and features, an array of strings each. */
export interface ColumnReader {
  /** The key that is asked for, or that the first record with tags had. */
  readonly tagKey: string | undefined;
  /** How many tag columns are asked for. */
  readonly asked: number;
  /**
   * @param options.tags whether tags are read, or features only
   * @throws UserError if a key is missing, or if its values are no tags
   */
  read(
    members: Members,
    options: ColumnOptions & { readonly tags: boolean },
  ): (readonly string[])[];
}

interface ColumnOptions {
  readonly line: number;
  /** How many tokens the record has, under which key. */
  readonly tokens: number;
  readonly tokenKey: string;
}

export function createColumnReader(options: ParserOptions, document: Document): ColumnReader {
  const { file, gold } = options;
  // unlike elsewhere, a number is a name too
  const asked = asColumns(options.tagColumn).map(String);
  if (gold) checkAskedOnce(asked, file);
  const features = asColumns(options.featureColumn).map(String);
  let tagKeys = asked;
  return {
    get tagKey() {
      return tagKeys[0];
    },
    asked: asked.length,
    read(members, { tags, ...place }) {
      if (tags && asked.length === 0)
        tagKeys = [tagKeyOf(members, tagKeys[0], { file, line: place.line })];
      if (tags && document.keys?.tag === undefined)
        document.keys = { token: document.keys?.token, tag: tagKeys[0] };
      return [
        ...(tags ? tagKeys : []).map((key) =>
          valuesOf(members, key, { ...options, ...place, what: 'tag' }),
        ),
        ...features.map((key) => valuesOf(members, key, { ...options, ...place, what: 'value' })),
      ];
    },
  };
}

/** The error for a record without a key of tags. */
export function noKey(which: string, members: Members, file: string, line: number): Error {
  return problem(
    file,
    line,
    `no key ${which}. The keys are ${keysOf(members)}. Name the one that has the tags.`,
    'SEQTAG_COLUMN',
  );
}

/** The key of the tags, which is that of the records before. */
function tagKeyOf(
  members: Members,
  before: string | undefined,
  { file, line }: { file: string; line: number },
): string {
  const key = TAG_KEYS.find((name) => Object.hasOwn(members, name));
  if (before === undefined) {
    if (key === undefined) throw noKey('of tags', members, file, line);
    return key;
  }
  if (key !== undefined && TAG_KEYS.indexOf(key) < TAG_KEYS.indexOf(before))
    throw problem(
      file,
      line,
      `a key "${key}", but the tags of the records before are in "${before}". Name the one that has the tags.`,
      'SEQTAG_COLUMN',
    );
  return before;
}

function valuesOf(
  members: Members,
  key: string,
  {
    file,
    labels,
    line,
    tokens,
    tokenKey,
    what,
  }: Pick<ParserOptions, 'file' | 'labels'> & ColumnOptions & { what: 'tag' | 'value' },
): readonly string[] {
  if (!Object.hasOwn(members, key)) throw noKey(`"${key}"`, members, file, line);
  const written = members[key];
  const areNumbers =
    Array.isArray(written) && written.length > 0 && written.every(Number.isInteger);
  const values = areNumbers
    ? written.map((label) => labelName(String(label), labels, { file, line, column: `"${key}"` }))
    : written;
  if (!isStrings(values))
    throw problem(
      file,
      line,
      `"${key}" is not an array of strings. Write tags by their names (or spans as [start, end, label] of a text), or name the key that has them.`,
    );
  if (values.some((value) => /[\t\r\n]/.test(value)))
    throw problem(file, line, `a tag in "${key}" has a tab or line end. Remove it from the tag.`);
  if (values.length !== tokens)
    throw problem(
      file,
      line,
      `${quantity(values.length, what)} in "${key}" for ${quantity(tokens, 'token')} in "${tokenKey}". Each token needs one.`,
    );
  return values;
}
