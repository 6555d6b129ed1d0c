import { createAlphabet } from './alphabet.ts';
import { splitClitics, type Tokenization } from './tokenization.ts';

// Finds tokens in a chunk by regular expressions.

/** Characters that are invisible by themselves: combining marks, joiners, emoji selectors, byte order marks. */
const INVISIBLE = String.raw`[\p{M}\p{Cf}\u{E0020}-\u{E007F}]`;
export const UNSEEN = new RegExp(`^${INVISIBLE}+$`, 'u');

const both = (words: string): string => `${words}|${words.toUpperCase()}`;
const TOP = both('com|org|net|edu|gov|mil|int|info|biz|io|co|uk|ca|de|fr|au|eu|tv|ru|jp|cn|nl|ch');
const FILE = both('doc|docx|xls|xlsx|ppt|pdf|txt|zip|exe|htm|html|jpg|jpeg|png|gif|csv|json|url');
const UNIT = 'am|pm|AM|PM|a\\.m\\.|p\\.m\\.|km|kg|mm|cm|lbs?|hrs?|mins?|mg|ml|GB|MB|TB|mph|ft';
/** The rest of a link: brackets only in pairs, no mark at the end. */
const LINK = String.raw`(?:[^\s<>"”’()]|\([^\s()]*\))*(?:[^\s<>"”’.,;:!?()\]}']|\([^\s()]*\))`;

/** Characters beyond ASCII in the expressions below. */
const LITERALS = '’‘”¯ツ\u00AD\u200C\u200D';

export interface Lexer {
  /** The shape of a text. */
  shape(text: string): string;
  /** Matches the next token in the shape of a chunk. */
  readonly expression: RegExp;
}

/** A part of a chunk: a word, which may still have clitics; a run of a script without spaces; or a complete token. */
export interface Lexeme {
  readonly kind: 'word' | 'unspaced' | 'token';
  readonly text: string;
}

/** The parts of a chunk, one after another. */
export class Lexemes {
  readonly #chunk: string;
  readonly #shape: string;
  readonly #expression: RegExp;
  #at = 0;
  /** The same place in the shape, in which every character has one unit. */
  #place = 0;

  constructor(chunk: string, { expression, shape }: Lexer) {
    this.#chunk = chunk;
    this.#shape = shape(chunk);
    this.#expression = expression;
  }

  /** Where in the chunk the next one begins. */
  get at(): number {
    return this.#at;
  }

  /** The next one; undefined at the end of the chunk. */
  next(): Lexeme | undefined {
    const start = this.#at;
    if (start === this.#chunk.length) return undefined;
    this.#expression.lastIndex = this.#place;
    const match = this.#expression.exec(this.#shape);
    this.#skip(match?.[0].length ?? symbolLength(this.#chunk, start));
    const text = this.#chunk.slice(start, this.#at);
    if (match?.groups?.word !== undefined) return { kind: 'word', text };
    return { kind: match?.groups?.unspaced !== undefined ? 'unspaced' : 'token', text };
  }

  /** Passes over a full stop. */
  skipStop(): void {
    this.#skip(1);
  }

  #skip(characters: number): void {
    this.#place += characters;
    if (this.#shape.length === this.#chunk.length) this.#at = this.#place;
    else this.#at = unitsEnd(this.#chunk, this.#at, characters);
  }
}

/** Where so many characters from `at` on end. */
function unitsEnd(text: string, at: number, characters: number): number {
  let end = at;
  for (let i = 0; i < characters; i++) end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  return end;
}

/** Any other character; an emoji with its modifiers and joined emoji, or a flag, is one. */
const SYMBOL = new RegExp(
  String.raw`\p{RI}\p{RI}|(?:.|\s)(?:\u200d\p{ExtPict}|\p{EMod}|${INVISIBLE})*`,
  'uy',
);

/** How many characters the symbol at `at` has. */
function symbolLength(text: string, at: number): number {
  // nothing in ASCII joins the character before it
  if (at + 1 === text.length || text.charCodeAt(at + 1) < 128) return 1;
  SYMBOL.lastIndex = at;
  return [...SYMBOL.exec(text)![0]].length;
}

/**
 * The lexer of a tokenization. The first alternative of the expression that matches is the token. Lengths are bounded, so
 * that no chunk takes quadratic time.
 */
export function createLexer({ treatments, prefixes }: Tokenization): Lexer {
  const alphabet = createAlphabet(LITERALS + prefixes.join('') + prefixes.join('').toUpperCase());
  const { unspaced: UNSPACED, members } = alphabet;
  const CAPITALS = members('capital');
  const LETTERS = members('capital', 'letter');
  const NUMBERS = members('number');
  const L = `[${LETTERS}${members('mark')}]`;
  const W = `[${LETTERS}${members('mark')}${NUMBERS}_\u00AD\u200C\u200D]`;
  const SPACED_WORD = `(?:(?![${UNSPACED}])${W})+`;
  const keeps = (name: keyof typeof treatments, ...patterns: string[]): string[] =>
    treatments[name] === 'keep' ? patterns : [];
  const splits = (name: keyof typeof treatments, ...patterns: string[]): string[] =>
    treatments[name] === 'split' ? patterns : [];
  const joints = `${treatments.slashes === 'keep' ? '/' : ''}${treatments.hyphens === 'keep' ? '\\-' : ''}`;
  /** No word goes on here. */
  const END = `(?!${joints ? `[${joints}]?` : ''}${W})`;
  const clitics = [...splitClitics(treatments), `['’](?:em|n|cause|til)`];
  const prefix = prefixes
    .filter((text) => /^\p{L}+$/u.test(text))
    .flatMap((text) => [text, text.toUpperCase(), text.charAt(0).toUpperCase() + text.slice(1)]);
  const patterns = [
    ...keeps(
      'links',
      `(?:(?:${both('https?|ftp|file')})://|www\\.|WWW\\.|mailto:)${LINK}`,
      String.raw`[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?!${W})`,
      String.raw`(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:${TOP})(?:/${LINK})?/?(?!${W}|[.@-]${W})`,
      String.raw`[\w#-]{1,64}(?:\.[\w#-]{1,64}){0,4}\.(?:${FILE})(?!${W})`,
      // names with dots, as of newsgroups
      String.raw`[a-z]{2,32}(?:\.[a-z-]{2,32}){2,8}(?![.-]?${W})`,
    ),
    ...keeps(
      'emoticons',
      String.raw`[<>]?[:;=][-o*']?(?:[)\](\[{}|\\/@*]+|[dDpPoOsS3](?!${W}))(?!/)|[xX]D+(?!${W})|8-[)D](?!${W})`,
      String.raw`\^[_.]*\^|<3+(?!\d)|[(][:;=](?!${W})|[oO][._][oO](?!${W})|-_+-|¯\\_\(ツ\)_/¯`,
    ),
    ...keeps('hashtags', `#${W}*${L}${W}*`),
    ...keeps('handles', `@${W}*${L}${W}*`),
    // initials: U.S., e.g., p.m
    ...keeps(
      'initials',
      String.raw`(?![${UNSPACED}])${L}(?:\.(?![${UNSPACED}])${L}(?!${W}))+\.?|Ph\.D\.?`,
    ),
    ...keeps(
      'currency',
      `[${members('currency')}][${NUMBERS}]+(?:[.,][${NUMBERS}]+)*(?:bn|mn|tn|[kKmM])?(?!${W})`,
    ),
    // telephone numbers, dates, years
    ...keeps(
      'decimals',
      String.raw`\+?\d{1,4}(?:[-/.]\d{2,4}){0,3}[-/.]\d{3}[-.]\d{4}(?!${W})|\d{3}-\d{4}(?!${W}|-)`,
      String.raw`\d{1,4}(?:/\d{1,4}){1,2}(?!${W})|\d{1,4}-\d{1,2}-\d{1,4}(?!${W})`,
      String.raw`['’]\d\ds?(?!${W})`,
    ),
    ...keeps('units', String.raw`\d+(?:[.,:]\d+)*(?:${UNIT}|bn|mn|k|m)(?!${W})`),
    // a unit after a number is a separate token: 10 am
    ...splits('units', String.raw`\d+(?:[.,:]\d+)*(?=(?:${UNIT})(?!${W}))`),
    ...keeps('percent', `[${NUMBERS}]+(?:[.,][${NUMBERS}]+)*%`),
    ...keeps(
      'decimals',
      String.raw`\+?[${NUMBERS}]+(?:[.,:][${NUMBERS}]+)+${joints ? END : ''}|\+[${NUMBERS}]+(?!${W})|\.[${NUMBERS}]+(?!${W})`,
    ),
    `[${NUMBERS}]+(?:['’]s|st|nd|rd|th|s)?${END}`,
    `C\\+\\+|[CF]#(?!${W})`,
    ...(prefix.length > 0 && treatments.hyphens === 'split'
      ? [`(?:${prefix.join('|')})-${L}${W}*`]
      : []),
    `[${CAPITALS}]{1,3}&[${CAPITALS}]{1,3}(?!${W})|[${LETTERS}][&/][${LETTERS}](?!${W})`,
    `(?:${clitics.join('|')})(?!${W})`,
    `(?<unspaced>[${UNSPACED}]+)`,
    `(?<word>${SPACED_WORD}(?:['’${joints}]${SPACED_WORD})*)`,
    // arrows, quotes of two marks, runs of a mark
    ...keeps(
      'marks',
      String.raw`[.!?]{2,}|[-=]+>|<[-=]+|[-=*~_+]{2,}|#{2,}|\${2,}|<{2,}|>{2,}|\\{2,}|/{2,}`,
    ),
    "''|``|‘‘|’’|,,",
  ];
  return { expression: alphabet.expression(patterns.join('|')), shape: alphabet.shape };
}
