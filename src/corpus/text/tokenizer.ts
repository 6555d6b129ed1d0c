import { copy } from '../lines.ts';
import { isAscii } from './alphabet.ts';
import { createLexer, Lexemes, type Lexer, UNSEEN } from './lexer.ts';
import {
  defaultTokenization,
  joinedWords,
  partsOf,
  splitClitics,
  type Tokenization,
} from './tokenization.ts';
import { ABBREVIATIONS, breaksIn, COUNTERS, PLAIN_WORD, TITLES, traitsOf } from './traits.ts';

// Cuts chunks (the parts of a text between white space) into tokens. A `Tokenization` decides what is one token.
// `Intl.Segmenter` cuts scripts without spaces.

/** The context after a chunk in its sentence. It decides whether a full stop belongs to an abbreviation. */
export type Follow = 'word' | 'number' | 'nothing';
export const follows: readonly Follow[] = ['word', 'number', 'nothing'];

/** A part of a text without white space around it. */
export interface Chunk {
  /** Its tokens; joined, they are the chunk. None if nothing in it is visible. */
  tokens(follow: Follow): readonly string[];
  /** Bits of `Trait`. */
  readonly traits: number;
  /** Where sentences end inside it. */
  readonly breaks: readonly number[];
}

export interface Tokenizer {
  /** A chunk without white space. Chunks repeat as words do: short ones are kept. */
  chunk(text: string): Chunk;
  /** The tokens of a chunk, computed each time, as are its traits and breaks. */
  cut(chunk: string, follow: Follow): readonly string[];
  traits(chunk: string): number;
  breaks(chunk: string): readonly number[];
}

/** Created on first use, because creating it is slow. */
let words: Intl.Segmenter | undefined;

/** UTF-16 units that the segmenter gets at once: its time is quadratic in the length of a text. */
const WINDOW = 1024;

/** Appends the words of a text in a script without spaces. */
function pushUnspaced(text: string, tokens: string[]): void {
  words ??= new Intl.Segmenter('en', { granularity: 'word' });
  for (let from = 0; from < text.length; ) {
    const window = words.segment(text.slice(from, from + WINDOW));
    const found = Array.from(window, ({ segment }) => segment);
    // the last word of a window may continue after it
    if (from + WINDOW < text.length && found.length > 1) found.pop();
    for (const segment of found) {
      tokens.push(segment);
      from += segment.length;
    }
  }
}

function createTokenizer(tokenization: Tokenization): Tokenizer {
  const { treatments } = tokenization;
  const abbreviations = new Set([...ABBREVIATIONS, ...tokenization.abbreviations]);
  const unsplit = new Set(tokenization.unsplit);
  const clitics = splitClitics(treatments).join('|');
  const clitic = clitics === '' ? undefined : new RegExp(`^(.+?)(${clitics})$`, 'iu');
  const elision = treatments.elisions === 'split' ? /^(\p{L}{1,5}['’])(?=\p{L})/u : undefined;
  /** Made when the first chunk needs it, since that takes a millisecond. */
  let lexer: Lexer | undefined;

  function pushWord(text: string, tokens: string[]): void {
    const lengths = text.length <= 8 ? joinedWords.get(text.toLowerCase()) : undefined;
    if (lengths && treatments.negations === 'split' && !unsplit.has(text.toLowerCase())) {
      tokens.push(...partsOf(text, lengths));
      return;
    }
    let stem = text;
    const head = elision?.exec(stem)?.[1];
    if (head) {
      tokens.push(head);
      stem = stem.slice(head.length);
    }
    const tail: string[] = [];
    while (clitic && /['’]/.test(stem)) {
      const parts = clitic.exec(stem);
      if (parts === null) break;
      stem = parts[1]!;
      tail.push(parts[2]!);
    }
    tokens.push(stem);
    while (tail.length > 0) tokens.push(tail.pop()!);
  }

  /** Whether the full stop after `text` is part of it. */
  function keepsStop(text: string, follow: Follow): boolean {
    if (treatments.abbreviations === 'split') return false;
    const lower = text.toLowerCase();
    if (abbreviations.has(lower)) return true;
    if (follow === 'nothing') return false;
    if (COUNTERS.has(lower)) return follow === 'number';
    return TITLES.has(lower) || /^\p{Lu}$/u.test(text);
  }

  function cut(chunk: string, follow: Follow): string[] {
    const tokens: string[] = [];
    if (PLAIN_WORD.test(chunk)) {
      pushWord(chunk, tokens);
      return tokens;
    }
    lexer ??= createLexer(tokenization);
    const lexemes = new Lexemes(chunk, lexer);
    for (let lexeme = lexemes.next(); lexeme !== undefined; lexeme = lexemes.next()) {
      const { kind, text } = lexeme;
      if (kind === 'unspaced') {
        if (treatments.ideographs === 'split') tokens.push(...text);
        else pushUnspaced(text, tokens);
      } else if (kind === 'word') {
        const { at } = lexemes;
        const isStop = chunk[at] === '.' && chunk[at + 1] !== '.';
        const isLast = isStop && CLOSERS.test(chunk.slice(at + 1));
        if (isStop && keepsStop(text, isLast ? follow : 'word')) {
          lexemes.skipStop();
          pushWord(`${text}.`, tokens);
        } else pushWord(text, tokens);
      } else tokens.push(text);
    }
    return isAscii(chunk) ? tokens : withVisibleTokens(tokens);
  }

  const traits = (chunk: string): number => traitsOf(chunk, abbreviations);
  const breaks = breaksIn;

  function analyse(text: string): Chunk {
    const cuts = new Map<Follow, readonly string[]>();
    return {
      tokens(follow) {
        const key = dependsOnFollow(text) ? follow : 'word';
        const tokens = cuts.get(key) ?? cut(text, key);
        cuts.set(key, tokens);
        return tokens;
      },
      traits: traits(text),
      breaks: breaks(text),
    };
  }

  const cache = new Map<string, Chunk>();
  return {
    cut,
    traits,
    breaks,
    chunk(text) {
      const known = cache.get(text);
      if (known !== undefined) return known;
      const detached = copy(text, 0, text.length);
      const made = analyse(detached);
      if (text.length <= LONGEST_CACHED) {
        if (cache.size >= CACHE_SIZE) cache.clear();
        cache.set(detached, made);
      }
      return made;
    },
  };
}

const CACHE_SIZE = 32_768;
const LONGEST_CACHED = 32;
const CLOSERS = /^['"”’»)\]}]*$/u;

/** Whether the tokens of a chunk may depend on what follows it: that decides about a full stop. */
export const dependsOnFollow = (chunk: string): boolean => chunk.includes('.');

/** Appends invisible tokens to the previous token, or to the next one. */
function withVisibleTokens(tokens: string[]): string[] {
  if (!tokens.some((token) => UNSEEN.test(token))) return tokens;
  const visible: string[] = [];
  let unseen = '';
  for (const token of tokens)
    if (!UNSEEN.test(token)) {
      visible.push(unseen + token);
      unseen = '';
    } else if (visible.length > 0) visible[visible.length - 1] += token;
    else unseen += token;
  return visible;
}

const tokenizers = new WeakMap<Tokenization, Tokenizer>();

/** The tokenizer of a tokenization, made once. Default: that of English-EWT. */
export function tokenizerOf(tokenization: Tokenization = defaultTokenization): Tokenizer {
  const known = tokenizers.get(tokenization);
  if (known) return known;
  const made = createTokenizer(tokenization);
  tokenizers.set(tokenization, made);
  return made;
}

/** The tokens of a chunk without white space, by the default tokenization; joined, they are the chunk. */
export const tokenize = (chunk: string, follow: Follow): readonly string[] =>
  tokenizerOf().chunk(chunk).tokens(follow);
