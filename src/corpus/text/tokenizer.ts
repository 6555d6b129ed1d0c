import { copy } from '../lines.ts';
import { defaultTokenization, joinedWords, partsOf, type Tokenization } from './tokenization.ts';

// Cuts chunks, the stretches of a text between white space, into tokens, and tells where sentences end. What is one token
// and what is several goes by a `Tokenization`. Scripts that are written without spaces are cut by `Intl.Segmenter`.

/** What follows a chunk in its sentence. It decides whether a full stop belongs to an abbreviation. */
export type Follow = 'word' | 'number' | 'nothing';
const follows: readonly Follow[] = ['word', 'number', 'nothing'];

/** A chunk as the rules of sentences see it. */
export interface Chunk {
  /** Its tokens; joined, they are the chunk. None if nothing in it is visible. */
  tokens(follow: Follow): readonly string[];
  /** How it ends: with a full stop, with another mark that ends a sentence, or with neither. Closing quotes do not count. */
  readonly end: 'stop' | 'mark' | undefined;
  /** A closing quote or bracket is last. */
  readonly isClosed: boolean;
  /** What its full stop belongs to, which may not end a sentence. */
  readonly stopOf: 'title' | 'counter' | 'abbreviation' | undefined;
  /** It may be the mark of an item of a list: `1.`, `(a)`. */
  readonly isListMark: boolean;
  /** What its first letter is; undefined if it has none before a mark that ends a sentence. */
  readonly letter: 'lower' | 'other' | undefined;
  readonly beginsLower: boolean;
  readonly beginsWithNumber: boolean;
  /** It begins with a mark after which no sentence begins, such as a comma. */
  readonly beginsWithMark: boolean;
  /** Its first word often begins a sentence: after `U.S.` or `etc.` that tells that one has ended. */
  readonly isStarter: boolean;
  /** Where sentences end inside it, for want of a space: `Go!Now` has 3. */
  readonly breaks: readonly number[];
}

export interface Tokenizer {
  readonly tokenization: Tokenization;
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

/** Characters that show nothing by themselves: marks on others, joiners, selectors of emoji, byte order marks. */
const INVISIBLE = String.raw`[\p{M}\p{Cf}\u{E0020}-\u{E007F}]`;
const UNSEEN = new RegExp(`^${INVISIBLE}+$`, 'u');
const L = String.raw`[\p{L}\p{M}]`;
const W = String.raw`[\p{L}\p{M}\p{N}_\u00AD\u200C\u200D]`;
/** Scripts written without spaces between words. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々〆`;
const SPACED_WORD = `(?:(?![${UNSPACED}])${W})+`;
const both = (words: string): string => `${words}|${words.toUpperCase()}`;
const TOP = both('com|org|net|edu|gov|mil|int|info|biz|io|co|uk|ca|de|fr|au|eu|tv|ru|jp|cn|nl|ch');
const FILE = both('doc|docx|xls|xlsx|ppt|pdf|txt|zip|exe|htm|html|jpg|jpeg|png|gif|csv|json|url');
const UNIT = 'am|pm|AM|PM|a\\.m\\.|p\\.m\\.|km|kg|mm|cm|lbs?|hrs?|mins?|mg|ml|GB|MB|TB|mph|ft';
/** The rest of a link: brackets only in pairs, no mark at the end. */
const LINK = String.raw`(?:[^\s<>"”’()]|\([^\s()]*\))*(?:[^\s<>"”’.,;:!?()\]}']|\([^\s()]*\))`;

/**
 * Matches the next token at a place. In order: the first alternative that matches is the token. Lengths are bounded so that
 * no chunk takes quadratic time.
 */
function lexerOf({ treatments, prefixes }: Tokenization): RegExp {
  const keeps = (name: keyof typeof treatments, ...patterns: string[]): string[] =>
    treatments[name] === 'keep' ? patterns : [];
  const splits = (name: keyof typeof treatments, ...patterns: string[]): string[] =>
    treatments[name] === 'split' ? patterns : [];
  const joints = `${treatments.hyphens === 'keep' ? '-' : ''}${treatments.slashes === 'keep' ? '/' : ''}`;
  /** No word goes on here. */
  const END = `(?!${joints ? `[${joints}]?` : ''}${W})`;
  const clitics = [
    ...splits('negations', `n['’]t`),
    ...splits('possessives', `['’]s`),
    ...splits('clitics', `['’](?:m|d|ll|re|ve)`),
    `['’](?:em|n|cause|til)`,
  ];
  const prefix = prefixes
    .filter((text) => /^\p{L}+$/u.test(text))
    .flatMap((text) => [text, text.toUpperCase(), text.charAt(0).toUpperCase() + text.slice(1)]);
  return new RegExp(
    [
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
      ...keeps('currency', String.raw`\p{Sc}\p{N}+(?:[.,]\p{N}+)*(?:bn|mn|tn|[kKmM])?(?!${W})`),
      // telephone numbers, dates, years
      ...keeps(
        'decimals',
        String.raw`\+?\d{1,4}(?:[-/.]\d{2,4}){0,3}[-/.]\d{3}[-.]\d{4}(?!${W})|\d{3}-\d{4}(?!${W}|-)`,
        String.raw`\d{1,4}(?:/\d{1,4}){1,2}(?!${W})|\d{1,4}-\d{1,2}-\d{1,4}(?!${W})`,
        String.raw`['’]\d\ds?(?!${W})`,
      ),
      ...keeps('units', String.raw`\d+(?:[.,:]\d+)*(?:${UNIT}|bn|mn|k|m)(?!${W})`),
      // a unit written to the number comes apart: 10 am
      ...splits('units', String.raw`\d+(?:[.,:]\d+)*(?=(?:${UNIT})(?!${W}))`),
      ...keeps('percent', String.raw`\p{N}+(?:[.,]\p{N}+)*%`),
      ...keeps(
        'decimals',
        String.raw`\+?\p{N}+(?:[.,:]\p{N}+)+${joints ? END : ''}|\+\p{N}+(?!${W})|\.\p{N}+(?!${W})`,
      ),
      String.raw`\p{N}+(?:['’]s|st|nd|rd|th|s)?${END}`,
      `C\\+\\+|[CF]#(?!${W})`,
      ...(prefix.length > 0 && treatments.hyphens === 'split'
        ? [`(?:${prefix.join('|')})-${L}${W}*`]
        : []),
      String.raw`\p{Lu}{1,3}&\p{Lu}{1,3}(?!${W})|\p{L}[&/]\p{L}(?!${W})`,
      `(?:${clitics.join('|')})(?!${W})`,
      `(?<unspaced>[${UNSPACED}]+)`,
      `(?<word>${SPACED_WORD}(?:['’${joints}]${SPACED_WORD})*)`,
      // arrows, quotes of two marks, runs of a mark
      ...keeps(
        'marks',
        String.raw`[.!?]{2,}|[-=]+>|<[-=]+|[-=*~_+]{2,}|#{2,}|\${2,}|<{2,}|>{2,}|\\{2,}|/{2,}`,
      ),
      "''|``|‘‘|’’|,,",
    ].join('|'),
    'uy',
  );
}

/** Any other character; an emoji with its modifiers and joined emoji, or a flag, is one. */
const SYMBOL = new RegExp(
  String.raw`\p{RI}\p{RI}|(?:.|\s)(?:\u200d\p{ExtPict}|\p{EMod}|${INVISIBLE})*`,
  'uy',
);

/** Made when it is needed first: that takes longer than all else here. */
let words: Intl.Segmenter | undefined;

function createTokenizer(tokenization: Tokenization): Tokenizer {
  const { treatments } = tokenization;
  const abbreviations = new Set([...ABBREVIATIONS, ...tokenization.abbreviations]);
  const unsplit = new Set(tokenization.unsplit);
  const clitics = [
    ...(treatments.negations === 'split' ? ["n['’]t"] : []),
    ...(treatments.possessives === 'split' ? ["['’]s"] : []),
    ...(treatments.clitics === 'split' ? ["['’](?:m|d|ll|re|ve)"] : []),
  ].join('|');
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
        else {
          words ??= new Intl.Segmenter('en', { granularity: 'word' });
          for (const { segment } of words.segment(token)) tokens.push(segment);
        }
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
    const ending = isPlain ? null : ENDING.exec(text.length > LOOK ? text.slice(-LOOK) : text);
    const bare = text.replace(/^[^\p{L}\p{N}]+/u, '').replace(/['"”’»)\]]+$/u, '');
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
    tokenization,
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
  /(?:[!?]+["'”’»)\]}]*|\.["'”’»)\]}]+|\.{2,}["'”’»)\]}]*)(?=\p{Lu})|[。！？｡]+["'”’»)\]}」』）】]*(?=[^。！？｡])/gu;

/** Tokens in which nothing is visible go to the token before them, or to the next. */
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

/** Chunks that are looked at to find the first letter after a full stop. */
const MOST_AHEAD = 8;

/**
 * The sentences of a paragraph: of each, the place after its last chunk.
 * @param isBreak of each chunk, whether a sentence ends after it in any case
 */
export function sentenceEnds(chunks: readonly Chunk[], isBreak: readonly boolean[]): number[] {
  const ends: number[] = [];
  let first = 0;
  for (let i = 0; i < chunks.length; i++) {
    // the mark of an item of a list belongs to the item
    const isMark = i === first && chunks[i]!.isListMark;
    if (i + 1 < chunks.length && !isBreak[i] && (isMark || !endsSentence(chunks, i))) continue;
    ends.push(i + 1);
    first = i + 1;
  }
  return ends;
}

/** Whether a sentence ends after chunk `i`, by the rules of Unicode (UAX #29, SB6 to SB11), overruled by abbreviations and quotations. */
function endsSentence(chunks: readonly Chunk[], i: number): boolean {
  const { end, isClosed, stopOf } = chunks[i]!;
  if (end === undefined) return false;
  const following = chunks[i + 1]!;
  if (following.beginsWithMark) return false;
  // "What?" he asked.
  if (isClosed && following.beginsLower) return false;
  if (end === 'mark') return true;
  for (let ahead = i + 1; ahead <= i + MOST_AHEAD && ahead < chunks.length; ahead++) {
    const { letter, end } = chunks[ahead]!;
    if (letter === 'lower') return false;
    if (letter === 'other' || end) break;
  }
  switch (stopOf) {
    case 'title':
      return false;
    case 'counter':
      return !following.beginsWithNumber;
    case 'abbreviation':
      return isClosed || following.isStarter;
    default:
      return true;
  }
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
