// What decides, of the chunks of a text, where sentences end. The traits of a chunk are the bits of one number.

export const Trait = {
  /** It ends with a full stop; closing quotes do not count. */
  stop: 1,
  /** It ends with another mark that ends a sentence. */
  mark: 2,
  /** A closing quote or bracket is last. */
  closed: 4,
  /** Its full stop belongs to a title, a counter or another abbreviation, and may not end a sentence. */
  title: 8,
  counter: 16,
  abbreviation: 32,
  /** It may be the marker of a list item: `1.`, `(a)`. */
  listMark: 64,
  /** What its first letter is, if no mark that ends a sentence stands before it: lower case or other. */
  lowerLetter: 128,
  otherLetter: 256,
  beginsLower: 512,
  beginsWithNumber: 1024,
  /** It begins with a mark after which no sentence begins, such as a comma. */
  beginsWithMark: 2048,
  /** Its first word often begins a sentence. After `U.S.` or `etc.` this shows a sentence end. */
  starter: 4096,
  /** A sentence ends after it in any case. */
  break: 8192,
} as const;

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** A name follows these: their full stop never ends a sentence. */
export const TITLES = setOf(
  'mr mrs ms mx dr prof st ft mt rev fr gen col maj capt cpt lt sgt cmdr adm gov sen rep reps sens ' +
    'pres hon supt insp messrs mme mlle vs viz attn arrv',
);
/** A number follows these; before anything else they are words. */
export const COUNTERS = setOf('no nos vol vols fig figs sec ch pp art eq approx ca cf ext tel p');
/** Whether one of these ends the sentence shows only in what follows. */
export const ABBREVIATIONS = setOf(
  'etc inc corp co ltd llc bros assn jr sr al jan feb mar apr jun jul aug sep sept oct nov dec ' +
    'mon tue tues wed thu thur thurs fri sat sun ave blvd rd hwy bldg dept est hr hrs yr yrs lb lbs oz ' +
    'calif fla va pa conn minn tenn ariz colo wis okla eg ie dist intl natl univ conf ph para que',
);
const STARTERS = setOf(
  'the a an i he she it we they you this that these those there here but and or so if when while as at in ' +
    'on for from to with by after before since although however what who where why how my his her its our ' +
    'their your not yes no please thanks many most some all also then now one even once still just',
);

/** UTF-16 units at the ends of a chunk that decide where a sentence ends. */
const LOOK = 64;
const ENDING = /([.!?‼⁇⁈⁉。！？｡]+)['"”’»)\]}」』）】]*$/u;
const LIST_MARK = /^[(]?(?:\d{1,3}|\p{L})[.)]$/u;
/** The first letter, if no mark that ends a sentence stands before it. */
const FIRST_LETTER = /^[^\p{L}.!?。！？]*(\p{L})/u;
/** Most chunks are plain words. */
export const PLAIN_WORD = /^[A-Za-z]+$/;

/**
 * The traits of a chunk without white space.
 * @param abbreviations words, in lower case, whose full stop may not end a sentence
 */
export function traitsOf(text: string, abbreviations: ReadonlySet<string>): number {
  if (PLAIN_WORD.test(text)) {
    const isLower = text.charCodeAt(0) >= 97;
    return (
      (isLower ? Trait.lowerLetter | Trait.beginsLower : Trait.otherLetter) |
      (STARTERS.has(text.toLowerCase()) ? Trait.starter : 0)
    );
  }
  // only its end counts
  const last = text.length > LOOK ? text.slice(-LOOK) : text;
  const marks = ENDING.exec(last)?.[1];
  const bare = last.replace(/^[^\p{L}\p{N}]+/u, '').replace(/['"”’»)\]]+$/u, '');
  const letter = FIRST_LETTER.exec(text)?.[1];
  let traits = 0;
  if (marks !== undefined) traits |= /[^.]/.test(marks) ? Trait.mark : Trait.stop;
  if (/['"”’»)\]]$/u.test(text)) traits |= Trait.closed;
  if (bare.endsWith('.')) traits |= kindOfStop(bare.slice(0, -1), abbreviations);
  if (LIST_MARK.test(text)) traits |= Trait.listMark;
  if (letter !== undefined)
    traits |= /\p{Ll}/u.test(letter) ? Trait.lowerLetter : Trait.otherLetter;
  if (/^\p{Ll}/u.test(text)) traits |= Trait.beginsLower;
  if (/^[#(]?\p{N}/u.test(text)) traits |= Trait.beginsWithNumber;
  if (/^[,;:.!?。！？\-–—]/u.test(text) && !/^-+\p{Lu}/u.test(text)) traits |= Trait.beginsWithMark;
  if (STARTERS.has(/\p{L}+/u.exec(text)?.[0].toLowerCase() ?? '')) traits |= Trait.starter;
  return traits;
}

function kindOfStop(stem: string, abbreviations: ReadonlySet<string>): number {
  const lower = stem.toLowerCase();
  if (TITLES.has(lower)) return Trait.title;
  if (COUNTERS.has(lower)) return Trait.counter;
  const isAbbreviation =
    abbreviations.has(lower) || /^\p{Lu}$/u.test(stem) || /^\p{L}(?:\.\p{L})+$/u.test(stem);
  return isAbbreviation ? Trait.abbreviation : 0;
}

/** Where a sentence may end without a space: before a capital after `!`, `?` or `."`, and after 。 and its like. */
const INSIDE =
  // each begins at the first mark of a run, so that a long run takes linear time
  /(?:(?<![!?])[!?]+["'”’»)\]}]*|(?<!\.)\.["'”’»)\]}]+|(?<!\.)\.{2,}["'”’»)\]}]*)(?=\p{Lu})|(?<![。！？｡])[。！？｡]+["'”’»)\]}」』）】]*(?=[^。！？｡])/gu;

const NONE: readonly number[] = [];

/** Where a sentence ends inside a chunk, because a space is missing: for `Go!Now` at 3. */
export function breaksIn(text: string): readonly number[] {
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
