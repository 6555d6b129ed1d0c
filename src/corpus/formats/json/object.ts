/*
 * A text or sentence as an object of JSON. Tokens are an array of strings under `tokens`, `words` or `form`. Without one,
 * `text` is raw text, which is cut into sentences and tokens. Tags are an array with as many strings, or spans are
 * offsets in the text.
 */

const TOKEN_KEYS = ['tokens', 'words', 'form'];
const TEXT_KEY = 'text';
export const TAG_KEYS = [
  'tags',
  'labels',
  'ner_tags',
  'pos_tags',
  'ner',
  'upos',
  'xpos',
  'pos',
  'chunk',
];

export type Members = Readonly<Record<string, unknown>>;

export type Content =
  | { readonly key: string; readonly tokens: readonly string[] }
  | { readonly key: string; readonly text: string };

export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as an object; undefined if it is none. A text with its annotations, `[text, {...}]`, is one too (spaCy 2). */
export function membersOf(value: unknown): Members | undefined {
  if (isObject(value)) return value;
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [text, annotations] = value as readonly unknown[];
  return typeof text === 'string' && isObject(annotations) ? { text, ...annotations } : undefined;
}

/** The value of JSON; undefined if it is invalid. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * The tokens or the raw text of an object, or what is wrong with it.
 * @param asked the key that has them. Default: the first of those that are known
 */
export function contentOf(members: Members, asked: string | undefined): Content | string {
  const wanted = asked === undefined ? [...TOKEN_KEYS, TEXT_KEY] : [asked];
  const key = wanted.find((name) => Object.hasOwn(members, name));
  const data: unknown = members['data'];
  // a task of Label Studio, where the text may have any name
  if (key === undefined && isObject(data)) {
    const texts = Object.keys(data).filter((name) => typeof data[name] === 'string');
    const name = Object.hasOwn(data, TEXT_KEY) ? TEXT_KEY : texts.length === 1 ? texts[0]! : '';
    const text = data[asked ?? name];
    if (typeof text === 'string') return { key: 'data', text };
    if (texts.length > 0)
      return `the "data" of the task has no text "${asked ?? TEXT_KEY}". Its texts are ${quotedList(texts)}. Name the one to read.`;
  }
  if (key === undefined) {
    const names = wanted.map((name) => `"${name}"`).join(', ');
    return `no key ${names}. The keys are ${keysOf(members)}. ${remedyFor(members)}`;
  }
  const value = members[key];
  const mayBeTokens = asked !== undefined || key !== TEXT_KEY;
  const mayBeText = asked !== undefined || key === TEXT_KEY;
  if (mayBeTokens && isStrings(value)) return { key, tokens: value };
  const texts = mayBeTokens && Array.isArray(value) ? tokensIn(value, members) : [undefined];
  if (isStrings(texts)) return { key, tokens: texts };
  if (mayBeText && typeof value === 'string') return { key, text: value };
  const expected = [
    ...(mayBeTokens ? ['an array of strings'] : []),
    ...(mayBeText ? ['a string of raw text'] : []),
  ];
  return `"${key}" is not ${expected.join(' or ')}. Name the key that has the tokens or the text.`;
}

const textOf = (value: unknown): unknown => (isObject(value) ? value['text'] : undefined);

/** The texts of tokens that are objects: of Prodigy with their text, of spaCy with their offsets in code points. */
function tokensIn(tokens: readonly unknown[], { text }: Members): readonly unknown[] {
  let points: string[] | undefined;
  return tokens.map((token) => {
    if (!isObject(token) || 'text' in token || typeof text !== 'string') return textOf(token);
    const { start, end } = token;
    if (!Number.isInteger(start) || !Number.isInteger(end)) return undefined;
    points ??= Array.from(text);
    return points.slice(start as number, end as number).join('') || undefined;
  });
}

/** A span of a text has one of these members, or a list of spans in Label Studio. */
const ANNOTATION_MEMBERS = ['start', 'start_offset', 'result'];

/** What to do about an object without tokens or text. */
function remedyFor(members: Members): string {
  // the JSON on which spaCy 2 was trained
  if (Array.isArray(members['paragraphs']))
    return "Take its sentences: jq -c '.[].paragraphs[].sentences[] | {tokens: [.tokens[].orth], tags: [.tokens[].ner]}'.";
  const list = Object.keys(members).find((key) => {
    const value = members[key];
    const first = Array.isArray(value) ? membersOf(value[0]) : undefined;
    return first !== undefined && !ANNOTATION_MEMBERS.some((name) => name in first);
  });
  return list === undefined
    ? 'Name the one that has the tokens or the text.'
    : `If "${list.slice(0, 40)}" has the records, take them out: jq -c '.[${JSON.stringify(list.slice(0, 40))}][]'.`;
}

/** The keys of an object, for an error. */
export const keysOf = (members: Members): string => quotedList(Object.keys(members)) || 'none';

function quotedList(keys: readonly string[]): string {
  const some = keys.slice(0, 8).map((key) => `"${key.slice(0, 40)}"`);
  return some.join(', ') + (keys.length > 8 ? ', ...' : '');
}
