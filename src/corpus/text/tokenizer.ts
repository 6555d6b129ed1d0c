import { copy } from '../lines.ts';

/*
 * Cuts a chunk of text without white space into tokens, by the conventions of the English treebanks:
 * contractions come apart (do n't, I 'm, Anna 's, dogs '), abbreviations keep their full stop,
 * numbers, URLs, addresses, emoticons, hashtags, @handles and runs of one mark (`...`, `!!`) stay
 * whole, hyphenated compounds come apart at the hyphen (well - known, but e-mail, anti-war), and
 * other punctuation stands alone. Scripts written without spaces are cut by `Intl.Segmenter`.
 */

/** What follows a chunk; decides whether a full stop belongs to an abbreviation. */
export type Follow = 'word' | 'number' | 'nothing';

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** A name follows these: their full stop never ends a sentence. */
const TITLES = set(
  'mr mrs ms mx dr prof st ft mt rev fr gen col maj capt cpt lt sgt cmdr adm gov sen rep reps sens ' +
    'pres hon supt insp messrs mme mlle vs viz attn arrv',
);
/** A number follows these; before anything else they are words. */
const COUNTERS = set('no nos vol vols fig figs sec ch pp art eq approx ca cf ext tel p');
/** Whether one of these ends the sentence shows only in what follows. */
const ABBREVIATIONS = set(
  'etc inc corp co ltd llc bros assn jr sr al jan feb mar apr jun jul aug sep sept oct nov dec ' +
    'mon tue tues wed thu thur thurs fri sat sun ave blvd rd hwy bldg dept est hr hrs yr yrs lb lbs oz ' +
    'calif fla va pa conn minn tenn ariz colo wis okla eg ie dist intl natl univ conf ph para que',
);

const both = (words: string): string => `${words}|${words.toUpperCase()}`;
const capitals = (words: string): string =>
  `${words}|${words
    .split('|')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('|')}`;

/** Prefixes that stay with the word after the hyphen. */
const PREFIX = capitals(
  'e|co|re|pre|non|un|anti|pro|ex|mid|multi|semi|neo|sub|inter|intra|counter|post|ultra|mis|de|socio|psycho|arch',
);
const L = String.raw`[\p{L}\p{M}]`;
const W = String.raw`[\p{L}\p{M}\p{N}_\u00AD\u200C\u200D]`;
/** Scripts written without spaces between words. */
const UNSPACED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々〆`;
const SPACED_WORD = `(?:(?![${UNSPACED}])${W})+`;
const TOP = both('com|org|net|edu|gov|mil|int|info|biz|io|co|uk|ca|de|fr|au|eu|tv|ru|jp|cn|nl|ch');
const FILE = both('doc|docx|xls|xlsx|ppt|pdf|txt|zip|exe|htm|html|jpg|jpeg|png|gif|csv|json|url');
const UNIT = 'am|pm|AM|PM|a\\.m\\.|p\\.m\\.|km|kg|mm|cm|lbs?|hrs?|mins?|mg|ml|GB|MB|TB|mph|ft';
/** The rest of a link: brackets only in pairs, no mark at the end. */
const LINK = String.raw`(?:[^\s<>"”’()]|\([^\s()]*\))*(?:[^\s<>"”’.,;:!?()\]}']|\([^\s()]*\))`;

// In order: the first that matches where the last token ended is the next token. Lengths are bounded
// so that no chunk takes quadratic time.
const LEXER = new RegExp(
  [
    `(?:(?:${both('https?|ftp|file')})://|www\\.|WWW\\.|mailto:)${LINK}`,
    String.raw`[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?!${W})`,
    String.raw`(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:${TOP})(?:/${LINK})?/?(?!${W}|[.@-]${W})`,
    String.raw`[\w#-]{1,64}(?:\.[\w#-]{1,64}){0,4}\.(?:${FILE})(?!${W})`,
    // names with dots, as of newsgroups
    String.raw`[a-z]{2,32}(?:\.[a-z-]{2,32}){2,8}(?![.-]?${W})`,
    // emoticons
    String.raw`[<>]?[:;=][-o*']?(?:[)\](\[{}|\\/@*]+|[dDpPoOsS3](?!${W}))(?!/)|[xX]D+(?!${W})|8-[)D](?!${W})`,
    String.raw`\^[_.]*\^|<3+(?!\d)|[(][:;=](?!${W})|[oO][._][oO](?!${W})|-_+-|¯\\_\(ツ\)_/¯`,
    // hashtags and handles
    `[@#]${W}*${L}${W}*`,
    // initials: U.S., e.g., p.m
    String.raw`(?![${UNSPACED}])${L}(?:\.(?![${UNSPACED}])${L}(?!${W}))+\.?|Ph\.D\.?`,
    // telephone numbers, dates, years
    String.raw`\+?\d{1,4}(?:[-/.]\d{2,4}){0,3}[-/.]\d{3}[-.]\d{4}(?!${W})|\d{3}-\d{4}(?!${W}|-)`,
    String.raw`\d{1,4}(?:/\d{1,4}){1,2}(?!${W})|\d{1,4}-\d{1,2}-\d{1,4}(?!${W})`,
    String.raw`['’]\d\ds?(?!${W})`,
    // numbers; a unit written to the number comes apart: 10 am
    String.raw`\d+(?:[.,:]\d+)*(?=(?:${UNIT})(?!${W}))`,
    String.raw`\+?\p{N}+(?:[.,:]\p{N}+)+|\+\p{N}+(?!${W})|\.\p{N}+(?!${W})`,
    String.raw`\p{N}+(?:['’]s|st|nd|rd|th|s)?(?!${W})`,
    `C\\+\\+|[CF]#(?!${W})`,
    `(?:${PREFIX})-${L}${W}*`,
    String.raw`\p{Lu}{1,3}&\p{Lu}{1,3}(?!${W})|\p{L}[&/]\p{L}(?!${W})`,
    `(?:n['’]t|['’](?:s|m|d|ll|re|ve|em|n|cause|til))(?!${W})`,
    `(?<unspaced>[${UNSPACED}]+)`,
    `(?<word>${SPACED_WORD}(?:['’]${SPACED_WORD})*)`,
    // runs of a mark, arrows, quotes of two marks
    String.raw`[.!?]{2,}|[-=]+>|<[-=]+|[-=*~_+]{2,}|#{2,}|\${2,}|<{2,}|>{2,}|\\{2,}|/{2,}`,
    "''|``|‘‘|’’|,,",
  ].join('|'),
  'uy',
);

/** Any other character; an emoji with its modifiers and joined emoji, or a flag, is one. */
const SYMBOL = /\p{RI}\p{RI}|(?:.|\s)(?:[\p{M}\p{EMod}\u{E0020}-\u{E007F}]|\u200d\p{ExtPict})*/uy;

const CLITIC = /^(.+?)(n['’]t|['’](?:s|m|d|ll|re|ve))$/iu;
/** Words of two or three tokens, as the lengths of these. */
const JOINED = new Map<string, readonly number[]>([
  ['cannot', [3, 3]],
  ['gonna', [3, 2]],
  ['wanna', [3, 2]],
  ['gotta', [3, 2]],
  ['gimme', [3, 2]],
  ['lemme', [3, 2]],
  ['dunno', [2, 1, 2]],
  ['im', [1, 1]],
  ['ive', [1, 2]],
  ['youre', [3, 2]],
  ['theyre', [4, 2]],
  ['thats', [4, 1]],
  ['whats', [4, 1]],
  ['theres', [5, 1]],
  ...'dont cant wont didnt doesnt isnt wasnt arent werent couldnt wouldnt shouldnt havent hasnt hadnt aint'
    .split(' ')
    .map((word): [string, readonly number[]] => [word, [word.length - 2, 2]]),
]);

const CLOSERS = /^['"”’)\]}]*$/u;
/** Made when it is needed first: that takes longer than all else here. */
let words: Intl.Segmenter | undefined;

function pushWord(word: string, tokens: string[]): void {
  const joined = word.length <= 8 ? JOINED.get(word.toLowerCase()) : undefined;
  if (joined !== undefined) {
    let from = 0;
    for (const length of joined) {
      tokens.push(word.slice(from, from + length));
      from += length;
    }
    return;
  }
  const clitics: string[] = [];
  let stem = word;
  while (/['’]/.test(stem)) {
    const parts = CLITIC.exec(stem);
    if (parts === null) break;
    stem = parts[1]!;
    clitics.push(parts[2]!);
  }
  tokens.push(stem);
  while (clitics.length > 0) tokens.push(clitics.pop()!);
}

/** Whether the full stop after `word` is part of it. */
function keepsStop(word: string, follow: Follow): boolean {
  const lower = word.toLowerCase();
  if (ABBREVIATIONS.has(lower)) return true;
  if (follow === 'nothing') return false;
  if (COUNTERS.has(lower)) return follow === 'number';
  return TITLES.has(lower) || /^\p{Lu}$/u.test(word);
}

function cut(chunk: string, follow: Follow): string[] {
  const tokens: string[] = [];
  // most chunks are plain words, and the first to need the lexer waits for it to be compiled
  if (/^[A-Za-z]+$/.test(chunk)) {
    pushWord(chunk, tokens);
    return tokens;
  }
  let pos = 0;
  while (pos < chunk.length) {
    LEXER.lastIndex = pos;
    const match = LEXER.exec(chunk);
    if (match === null) {
      SYMBOL.lastIndex = pos;
      const mark = SYMBOL.exec(chunk)![0];
      tokens.push(mark);
      pos += mark.length;
      continue;
    }
    let token = match[0];
    pos += token.length;
    if (match.groups?.unspaced !== undefined) {
      words ??= new Intl.Segmenter('en', { granularity: 'word' });
      for (const { segment } of words.segment(token)) tokens.push(segment);
    } else if (match.groups?.word !== undefined) {
      if (chunk[pos] === '.' && chunk[pos + 1] !== '.') {
        const atEnd = CLOSERS.test(chunk.slice(pos + 1));
        if (keepsStop(token, atEnd ? follow : 'word')) {
          token += '.';
          pos++;
        }
      }
      pushWord(token, tokens);
    } else {
      tokens.push(token);
    }
  }
  return tokens;
}

const CACHE_SIZE = 32_768;
const LONGEST_CACHED = 32;
const caches: Record<Follow, Map<string, readonly string[]>> = {
  word: new Map(),
  number: new Map(),
  nothing: new Map(),
};

/**
 * The tokens of a chunk without white space, before `follow`; joined, they are the chunk. Chunks
 * repeat in text as words do, so the answers for short ones are kept.
 */
export function tokenize(chunk: string, follow: Follow): readonly string[] {
  const cache = caches[follow];
  const known = cache.get(chunk);
  if (known !== undefined) return known;
  const own = copy(chunk, 0, chunk.length);
  const tokens = cut(own, follow);
  if (chunk.length <= LONGEST_CACHED) {
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(own, tokens);
  }
  return tokens;
}

/** Words that often begin a sentence: after `U.S.` or `etc.` they tell that one has ended. */
const STARTERS = set(
  'the a an i he she it we they you this that these those there here but and or so if when while as at in ' +
    'on for from to with by after before since although however what who where why how my his her its our ' +
    'their your not yes no please thanks many most some all also then now one even once still just',
);

/** Whether a sentence that seems to end after the chunk `last` goes on with the chunk `next`. */
export function continues(last: string, next: string): boolean {
  const closed = /['"”’)\]]$/u.test(last);
  // "What?" he asked.
  if (closed && /^\p{Ll}/u.test(next)) return true;
  const bare = last.replace(/^[^\p{L}\p{N}]+/u, '').replace(/['"”’)\]]+$/u, '');
  if (!bare.endsWith('.')) return false;
  const word = bare.slice(0, -1);
  const lower = word.toLowerCase();
  if (TITLES.has(lower)) return true;
  if (COUNTERS.has(lower)) return /^[#(]?\p{N}/u.test(next);
  const isInitial = /^\p{Lu}$/u.test(word);
  if (!isInitial && !ABBREVIATIONS.has(lower) && !/^\p{L}(?:\.\p{L})+$/u.test(word)) return false;
  if (closed) return false;
  return !STARTERS.has(
    next
      .replace(/^[^\p{L}\p{N}]+/u, '')
      .replace(/[^\p{L}].*$/su, '')
      .toLowerCase(),
  );
}
