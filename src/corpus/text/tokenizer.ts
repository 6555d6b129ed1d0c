import { copy } from '../lines.ts';
import { lexerOf, SYMBOL, UNSEEN } from './lexer.ts';
import {
  defaultTokenization,
  joinedWords,
  partsOf,
  splitClitics,
  type Tokenization,
} from './tokenization.ts';

// Cuts chunks (the parts of a text between white space) into tokens, and finds the ends of sentences. A `Tokenization`
// decides what is one token. `Intl.Segmenter` cuts scripts without spaces.

/** The context after a chunk in its sentence. It decides whether a full stop belongs to an abbreviation. */
export type Follow = 'word' | 'number' | 'nothing';
const follows: readonly Follow[] = ['word', 'number', 'nothing'];

/** The properties of a chunk that the rules of sentence ends use. */
export interface Chunk {
  /** Its tokens; joined, they are the chunk. None if nothing in it is visible. */
  tokens(follow: Follow): readonly string[];
  /** How it ends: with a full stop, with another mark that ends a sentence, or with neither. Closing quotes do not count. */
  readonly end: 'stop' | 'mark' | undefined;
  /** A closing quote or bracket is last. */
  readonly isClosed: boolean;
  /** What its full stop belongs to, which may not end a sentence. */
  readonly stopOf: 'title' | 'counter' | 'abbreviation' | undefined;
  /** It may be the marker of a list item: `1.`, `(a)`. */
  readonly isListMark: boolean;
  /** What its first letter is; undefined if it has none before a mark that ends a sentence. */
  readonly letter: 'lower' | 'other' | undefined;
  readonly beginsLower: boolean;
  readonly beginsWithNumber: boolean;
  /** It begins with a mark after which no sentence begins, such as a comma. */
  readonly beginsWithMark: boolean;
  /** Its first word often begins a sentence. After `U.S.` or `etc.` this shows a sentence end. */
  readonly isStarter: boolean;
  /** The sentence ends inside it, where a space is missing: `Go!Now` has one at 3. */
  readonly breaks: readonly number[];
}

export interface Tokenizer {
  /** What is known of a chunk without white space. Chunks repeat as words do: those of short ones are kept. */
  chunk(text: string): Chunk;
}

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** A name follows these: their full stop never ends a sentence. */
const TITLES = setOf(
  'mr mrs ms mx dr prof st ft mt rev fr gen col maj capt cpt lt sgt cmdr adm gov sen rep reps sens ' +
    'pres hon supt insp messrs mme mlle vs viz attn arrv',
);
/** A number follows these; before anything else they are words. */
const COUNTERS = setOf('no nos vol vols fig figs sec ch pp art eq approx ca cf ext tel p');
/** Whether one of these ends the sentence shows only in what follows. */
const ABBREVIATIONS = setOf(
  'etc inc corp co ltd llc bros assn jr sr al jan feb mar apr jun jul aug sep sept oct nov dec ' +
    'mon tue tues wed thu thur thurs fri sat sun ave blvd rd hwy bldg dept est hr hrs yr yrs lb lbs oz ' +
    'calif fla va pa conn minn tenn ariz colo wis okla eg ie dist intl natl univ conf ph para que',
);
const STARTERS = setOf(
  'the a an i he she it we they you this that these those there here but and or so if when while as at in ' +
    'on for from to with by after before since although however what who where why how my his her its our ' +
    'their your not yes no please thanks many most some all also then now one even once still just',
);

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
  let lexer: RegExp | undefined;

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
    // most chunks are plain words
    if (/^[A-Za-z]+$/.test(chunk)) {
      pushWord(chunk, tokens);
      return tokens;
    }
    lexer ??= lexerOf(tokenization);
    let at = 0;
    while (at < chunk.length) {
      lexer.lastIndex = at;
      const match = lexer.exec(chunk);
      if (match === null) {
        SYMBOL.lastIndex = at;
        const symbol = SYMBOL.exec(chunk)![0];
        tokens.push(symbol);
        at += symbol.length;
        continue;
      }
      let token = match[0];
      at += token.length;
      if (match.groups?.unspaced !== undefined) {
        if (treatments.ideographs === 'split') tokens.push(...token);
        else pushUnspaced(token, tokens);
      } else if (match.groups?.word !== undefined) {
        if (chunk[at] === '.' && chunk[at + 1] !== '.') {
          const isLast = CLOSERS.test(chunk.slice(at + 1));
          if (keepsStop(token, isLast ? follow : 'word')) {
            token += '.';
            at++;
          }
        }
        pushWord(token, tokens);
      } else tokens.push(token);
    }
    return withVisibleTokens(tokens);
  }

  function analyse(text: string): Chunk {
    const cuts: (readonly string[] | undefined)[] = [undefined, undefined, undefined];
    const isPlain = /^[A-Za-z]+$/.test(text);
    // only its end counts
    const last = text.length > LOOK ? text.slice(-LOOK) : text;
    const ending = isPlain ? null : ENDING.exec(last);
    const bare = last.replace(/^[^\p{L}\p{N}]+/u, '').replace(/['"”’»)\]]+$/u, '');
    const stem = bare.endsWith('.') ? bare.slice(0, -1) : '';
    const first = FIRST_LETTER.exec(text);
    return {
      tokens(follow) {
        const i = isPlain ? 0 : follows.indexOf(follow);
        cuts[i] ??= cut(text, follow);
        return cuts[i];
      },
      end: ending ? (/[^.]/.test(ending[1]!) ? 'mark' : 'stop') : undefined,
      isClosed: !isPlain && /['"”’»)\]]$/u.test(text),
      stopOf: stem === '' ? undefined : kindOfStop(stem, abbreviations),
      isListMark: !isPlain && LIST_MARK.test(text),
      letter: first ? (/\p{Ll}/u.test(first[1]!) ? 'lower' : 'other') : undefined,
      beginsLower: /^\p{Ll}/u.test(text),
      beginsWithNumber: !isPlain && /^[#(]?\p{N}/u.test(text),
      beginsWithMark: !isPlain && /^[,;:.!?。！？\-–—]/u.test(text) && !/^-+\p{Lu}/u.test(text),
      isStarter: STARTERS.has(/\p{L}+/u.exec(text)?.[0].toLowerCase() ?? ''),
      breaks: isPlain ? NONE : breaksInside(text),
    };
  }

  const cache = new Map<string, Chunk>();
  return {
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
/** UTF-16 units at the ends of a chunk that decide where a sentence ends. */
const LOOK = 64;
const NONE: readonly number[] = [];
const CLOSERS = /^['"”’»)\]}]*$/u;
const ENDING = /([.!?‼⁇⁈⁉。！？｡]+)['"”’»)\]}」』）】]*$/u;
const LIST_MARK = /^[(]?(?:\d{1,3}|\p{L})[.)]$/u;
/** The first letter, if no mark that ends a sentence stands before it. */
const FIRST_LETTER = /^[^\p{L}.!?。！？]*(\p{L})/u;
/** Where a sentence may end without a space: before a capital after `!`, `?` or `."`, and after 。 and its like. */
const INSIDE =
  // each begins at the first mark of a run, so that a long run takes linear time
  /(?:(?<![!?])[!?]+["'”’»)\]}]*|(?<!\.)\.["'”’»)\]}]+|(?<!\.)\.{2,}["'”’»)\]}]*)(?=\p{Lu})|(?<![。！？｡])[。！？｡]+["'”’»)\]}」』）】]*(?=[^。！？｡])/gu;

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

function kindOfStop(stem: string, abbreviations: ReadonlySet<string>): Chunk['stopOf'] {
  const lower = stem.toLowerCase();
  if (TITLES.has(lower)) return 'title';
  if (COUNTERS.has(lower)) return 'counter';
  const isAbbreviation =
    abbreviations.has(lower) || /^\p{Lu}$/u.test(stem) || /^\p{L}(?:\.\p{L})+$/u.test(stem);
  return isAbbreviation ? 'abbreviation' : undefined;
}

function breaksInside(text: string): readonly number[] {
  if (!/[!?。！？｡]|\.[."'”’»)\]}]/u.test(text)) return NONE;
  const breaks: number[] = [];
  for (const { 0: marks, index } of text.matchAll(INSIDE)) {
    const end = index + marks.length;
    const isWide = marks.charCodeAt(marks.length - 1) >= 128;
    // ? and ! never end a sentence inside a link
    if (isWide || !/[/@_=&%]|www/.test(text.slice(Math.max(0, end - LOOK), end))) breaks.push(end);
  }
  return breaks;
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
