import { contentEnd, count, isBlank, LineBuffer, MAX_LINE, problem } from '../lines.ts';
import type { Column, Document, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { TextParser } from '../text/text.ts';
import { newDocument, type Prose, SentenceBuilder } from './builder.ts';
import { checkAsked, checkDistinct, listed } from './places.ts';

/*
 * JSON Lines (jsonlines.org): an object a line; blank lines are passed through. Tokens are an array of
 * strings under `tokens`, `words` or `form`; without one, `text` is raw text, cut into sentences and
 * tokens. Tags are an array of as many strings.
 *
 * A tagged line is the line itself with a member more, or the value of that member replaced: numbers,
 * escapes, spaces and the order of all others stay as they were written. A line of raw text gets the
 * members `tokens` and the tags, both over all its sentences.
 */

const TOKEN_KEYS = ['tokens', 'words', 'form'];
const TEXT_KEY = 'text';
const TAG_KEYS = ['tags', 'labels', 'ner_tags', 'pos_tags', 'ner', 'upos', 'xpos', 'pos', 'chunk'];

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

type Content =
  | { readonly key: string; readonly tokens: readonly string[] }
  | { readonly key: string; readonly text: string };

type Members = Readonly<Record<string, unknown>>;

/** A line as an object; undefined if it is none. */
function membersOf(line: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Members)
      : undefined;
  } catch {
    return undefined;
  }
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** The tokens or raw text of an object, or what is wrong with it. */
function contentOf(members: Members, asked: string | undefined): Content | string {
  const wanted = asked === undefined ? [...TOKEN_KEYS, TEXT_KEY] : [asked];
  const key = wanted.find((name) => Object.hasOwn(members, name));
  if (key === undefined) {
    const names = wanted.map((name) => `"${name}"`).join(', ');
    return `no key ${names}. The keys are ${keysOf(members)}; say which has the tokens, or the text.`;
  }
  const value = members[key];
  const mayBeTokens = asked !== undefined || key !== TEXT_KEY;
  const mayBeText = asked !== undefined || key === TEXT_KEY;
  if (mayBeTokens && isStrings(value)) return { key, tokens: value };
  if (mayBeText && typeof value === 'string') return { key, text: value };
  const expected = [
    ...(mayBeTokens ? ['an array of strings'] : []),
    ...(mayBeText ? ['a string of raw text'] : []),
  ];
  return `"${key}" is not ${expected.join(' or ')}. Say which key has the tokens, or the text.`;
}

function keysOf(members: Members): string {
  const keys = Object.keys(members);
  const some = keys.slice(0, 8).map((key) => `"${key.slice(0, 40)}"`);
  return some.join(', ') + (keys.length > 8 ? ', ...' : '') || 'none';
}

/** Reads tokens, or raw text, and tags from an object a line. */
export class JsonlParser implements Parser {
  readonly document: Document;
  readonly #builder: SentenceBuilder;
  readonly #buffer = new LineBuffer();
  readonly #gold: boolean;
  readonly #askedToken: string | undefined;
  /** As many as are asked for; of one that is not, the name is found by looking. */
  #tagKeys: string[];
  readonly #featureKeys: readonly string[];
  #lines = 0;

  constructor(options: ReadOptions & { file: string; gold: boolean }) {
    this.document = newDocument(options.file, 'jsonl');
    this.#builder = new SentenceBuilder(this.document, options);
    this.#gold = options.gold;
    this.#askedToken = keyOf(options.tokenColumn);
    this.#tagKeys = listed(options.tagColumn).map(String);
    if (this.#gold) checkAsked(this.#tagKeys, options.file);
    this.#featureKeys = listed(options.featureColumn).map(String);
    this.document.keys = { token: this.#askedToken, tag: undefined };
  }

  get line(): number {
    return this.#lines + 1;
  }

  push(text: string): Sentence[] {
    const lines = this.#buffer.push(text);
    if (lines === undefined) throw this.#problem(this.line, TOO_LONG);
    if (lines !== '') this.#parse(lines);
    return this.#builder.take();
  }

  end(): Sentence[] {
    this.#parse(this.#buffer.end());
    this.#builder.end();
    return this.#builder.take();
  }

  #parse(text: string): void {
    const builder = this.#builder;
    let start = 0;
    let pos = 0;
    while (pos < text.length) {
      let lineEnd = text.indexOf('\n', pos);
      if (lineEnd < 0) lineEnd = text.length;
      const next = lineEnd < text.length ? lineEnd + 1 : lineEnd;
      const line = ++this.#lines;
      if (next - pos > MAX_LINE) throw this.#problem(line, TOO_LONG);
      if (!isBlank(text, pos, lineEnd)) {
        const sentences = this.#sentences(text.slice(pos, lineEnd), line);
        for (const [i, { tokens, columns = [], prose }] of sentences.entries()) {
          const [tags, more] = this.#gold ? [columns[0], columns.slice(1)] : [undefined, columns];
          for (let t = 0; t < tokens.length; t++)
            builder.add(
              tokens[t]!,
              tags?.[t] ?? '',
              line,
              more.length > 0 ? more.map((column) => column[t]!) : undefined,
            );
          if (i < sentences.length - 1) builder.part(prose!);
          else {
            builder.finish(text, start, next, prose);
            start = next;
          }
        }
      }
      pos = next;
    }
    builder.hold(text, start, text.length, this.line);
  }

  /** The sentences of one line that have tokens, and their stretches of its raw text. */
  #sentences(line: string, number: number): Part[] {
    const members = membersOf(line);
    if (members === undefined) throw this.#problem(number, NO_OBJECT);
    const content = contentOf(members, this.#askedToken);
    if (typeof content === 'string') throw this.#problem(number, content);
    const parts: Part[] =
      'tokens' in content
        ? content.tokens.length > 0
          ? [{ tokens: content.tokens }]
          : []
        : proseParts(content.text, this.document.file);
    const tagKeys = this.#gold ? this.#knownKeys(members, number) : [];
    if (tagKeys.length + this.#featureKeys.length === 0) return parts;
    const columns = [...tagKeys, ...this.#featureKeys].map((key) => {
      const what = this.#featureKeys.includes(key) ? 'value' : 'tag';
      const tags = this.#tagsOf(members, key, number);
      const total = parts.reduce((sum, { tokens }) => sum + tokens.length, 0);
      if (tags.length === total) return tags;
      throw this.#problem(
        number,
        `${count(tags.length, what)} in "${key}" for ${count(total, 'token')} in "${content.key}". Each token needs one.`,
      );
    });
    let from = 0;
    return parts.map((part) => {
      from += part.tokens.length;
      const own = columns.map((column) => column.slice(from - part.tokens.length, from));
      return { ...part, columns: own };
    });
  }

  /** The keys asked for, or the first known one of the first line, hold for all lines. */
  #knownKeys(members: Members, line: number): readonly string[] {
    if (this.#tagKeys.length === 0) {
      const key = TAG_KEYS.find((name) => Object.hasOwn(members, name));
      if (key === undefined) throw this.#noKey('of tags', members, line);
      this.#tagKeys = [key];
    }
    if (this.document.keys?.tag === undefined) {
      this.document.keys = { token: this.#askedToken, tag: this.#tagKeys[0] };
    }
    return this.#tagKeys;
  }

  #tagsOf(members: Members, key: string, line: number): readonly string[] {
    if (!Object.hasOwn(members, key)) throw this.#noKey(`"${key}"`, members, line);
    const tags = members[key];
    if (isStrings(tags)) {
      if (tags.some((tag) => /[\t\r\n]/.test(tag))) {
        throw this.#problem(line, `a tag in "${key}" has a tab or line end. Mend the tag.`);
      }
      return tags;
    }
    throw this.#problem(
      line,
      `"${key}" is not an array of strings. Write tags by their names, or say which key has them.`,
    );
  }

  #noKey(which: string, members: Members, line: number): Error {
    return this.#problem(
      line,
      `no key ${which}. The keys are ${keysOf(members)}; say which has the tags.`,
    );
  }

  #problem(line: number, message: string): Error {
    return problem(this.document.file, line, message);
  }
}

const TOO_LONG = 'a line longer than 16 MiB. Is this a file of JSON Lines?';
const NO_OBJECT =
  'not a line with one JSON object, as {"tokens": ["One", "word"]} or {"text": "One word"}. If the file is JSON, jq -c .[] makes it lines.';

type Part = {
  readonly tokens: readonly string[];
  /** Of each column of tags, then those of features. */
  readonly columns?: readonly (readonly string[])[];
  readonly prose?: Prose;
};

/** The name of a key; unlike elsewhere, a number is a name too. */
function keyOf(column: Column | undefined): string | undefined {
  return column === undefined ? undefined : String(column);
}

function proseParts(text: string, file: string): Part[] {
  const parser = new TextParser({ file, gold: false });
  const sentences = [...parser.push(text), ...parser.end()];
  return sentences.map(({ tokens, source }) => ({
    tokens,
    prose: { text: source!.raw, start: source!.start },
  }));
}

/** The keys that columns are written to. */
export function tagKeys(columns: readonly (Column | undefined)[]): string[] {
  const keys = columns.map((column) => keyOf(column) ?? 'tags');
  checkDistinct(keys, 'jsonl');
  return keys;
}

/** What a line is to say: the values of each column, and its tokens if they are not in it. */
export type Said = {
  readonly tokens: readonly string[] | undefined;
  readonly tags: readonly (readonly unknown[])[];
};

/**
 * Gives `raw` back with tags: its last line gets `said`, or, as all others, none if it is undefined,
 * since only a last line has tokens.
 */
export function tagJsonl(
  raw: string,
  said: Said | undefined,
  { document, keys }: { document: Document; keys: readonly string[] },
): string {
  let out = '';
  for (let pos = 0; pos < raw.length; ) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    const next = lineEnd < raw.length ? lineEnd + 1 : lineEnd;
    const to = contentEnd(raw, pos, lineEnd);
    if (isBlank(raw, pos, to)) out += raw.slice(pos, next);
    else {
      const line = raw.slice(pos, to);
      const { tokens, tags } =
        next === raw.length && said !== undefined ? said : unsaid(line, document);
      let tagged = tokens === undefined ? line : withMember(line, 'tokens', tokens);
      keys.forEach((key, c) => {
        tagged = withMember(tagged, key, tags[c] ?? []);
      });
      out += tagged + raw.slice(to, next);
    }
    pos = next;
  }
  return out;
}

/** What a line without tokens is to say. */
function unsaid(line: string, document: Document): Said {
  const content = contentOf(membersOf(line)!, document.keys?.token);
  return { tokens: typeof content === 'object' && 'text' in content ? [] : undefined, tags: [] };
}

/**
 * An object as it was written, with one member set; spaces are as between its other members. A member
 * that has the values already stays as it was written too.
 */
function withMember(line: string, key: string, values: readonly unknown[]): string {
  const { value, end, comma, colon } = findMember(line, key);
  const json = `[${values.map((item) => JSON.stringify(item)).join(comma)}]`;
  if (value !== undefined) {
    const there: unknown = JSON.parse(line.slice(...value));
    const isThere = JSON.stringify(there) === JSON.stringify(values);
    return isThere ? line : line.slice(0, value[0]) + json + line.slice(value[1]);
  }
  return `${line.slice(0, end)}${comma}${JSON.stringify(key)}${colon}${json}${line.slice(end)}`;
}

/**
 * Where the value of `key` is in an object, of several the last, as JSON.parse has it; where the last
 * value ends; how comma and colon are written. The line must be valid JSON.
 */
function findMember(
  line: string,
  key: string,
): { value: [from: number, to: number] | undefined; end: number; comma: string; colon: string } {
  let value: [number, number] | undefined;
  let depth = 0;
  let name: string | undefined;
  let from = 0;
  /** The end of what is no white space so far. */
  let end = 0;
  let comma: string | undefined;
  let colon: string | undefined;
  const close = (): void => {
    if (name === key) value = [from, end];
    name = undefined;
  };
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (isBlank(line, i, i + 1)) continue;
    if (code === QUOTE) {
      const start = i;
      i = stringEnd(line, i) - 1;
      if (depth === 1 && name === undefined) name = JSON.parse(line.slice(start, i + 1)) as string;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      depth--;
      if (depth === 0) {
        close();
        break;
      }
    } else if (depth === 1 && code === COMMA) {
      close();
      comma ??= isBlank(line, i + 1, i + 2) ? ', ' : ',';
    } else if (depth === 1 && code === COLON) {
      from = i + 1;
      while (isBlank(line, from, from + 1)) from++;
      colon ??= from > i + 1 ? ': ' : ':';
      // the value begins there; what is between must not count as its end
      i = from - 1;
    }
    end = i + 1;
  }
  colon ??= ':';
  return { value, end, comma: comma ?? (colon === ':' ? ',' : ', '), colon };
}

/** The position after the string that begins at `at`. */
function stringEnd(line: string, at: number): number {
  for (let end = line.indexOf('"', at + 1); ; end = line.indexOf('"', end + 1)) {
    let slashes = 0;
    while (line.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}
