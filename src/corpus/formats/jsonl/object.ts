/*
 * JSON Lines (jsonlines.org): one object per line. Blank lines are passed through. Tokens are an array
 * of strings under `tokens`, `words` or `form`. Without one, `text` is raw text, which is cut into
 * sentences and tokens. Tags are an array with as many strings.
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

/** A line as an object; undefined if it is none. */
export function membersOf(line: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined;
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
  // a task of Label Studio
  if (key === undefined && Array.isArray(members['annotations'])) {
    const text = textOf(data);
    if (typeof text === 'string') return { key: 'data', text };
  }
  if (key === undefined) {
    const names = wanted.map((name) => `"${name}"`).join(', ');
    return `no key ${names}. The keys are ${keysOf(members)}. Name the one that has the tokens or the text.`;
  }
  const value = members[key];
  const mayBeTokens = asked !== undefined || key !== TEXT_KEY;
  const mayBeText = asked !== undefined || key === TEXT_KEY;
  if (mayBeTokens && isStrings(value)) return { key, tokens: value };
  // tokens with their offsets, as of Prodigy
  const texts = mayBeTokens && Array.isArray(value) ? value.map(textOf) : [undefined];
  if (isStrings(texts)) return { key, tokens: texts };
  if (mayBeText && typeof value === 'string') return { key, text: value };
  const expected = [
    ...(mayBeTokens ? ['an array of strings'] : []),
    ...(mayBeText ? ['a string of raw text'] : []),
  ];
  return `"${key}" is not ${expected.join(' or ')}. Name the key that has the tokens or the text.`;
}

const textOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as { text?: unknown }).text : undefined;

/** The keys of an object, for an error. */
export function keysOf(members: Members): string {
  const keys = Object.keys(members);
  const some = keys.slice(0, 8).map((key) => `"${key.slice(0, 40)}"`);
  return some.join(', ') + (keys.length > 8 ? ', ...' : '') || 'none';
}
