import { splitClitics, type Tokenization } from './tokenization.ts';

// The regular expressions that find tokens in a chunk.

/** Characters that are invisible by themselves: combining marks, joiners, emoji selectors, byte order marks. */
const INVISIBLE = String.raw`[\p{M}\p{Cf}\u{E0020}-\u{E007F}]`;
export const UNSEEN = new RegExp(`^${INVISIBLE}+$`, 'u');
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
 * Matches the next token at a position. The first alternative that matches is the token. Lengths are bounded, so that
 * no chunk takes quadratic time.
 */
export function lexerOf({ treatments, prefixes }: Tokenization): RegExp {
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
      // a unit after a number is a separate token: 10 am
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
export const SYMBOL = new RegExp(
  String.raw`\p{RI}\p{RI}|(?:.|\s)(?:\u200d\p{ExtPict}|\p{EMod}|${INVISIBLE})*`,
  'uy',
);
