import { detectScheme } from './detect.ts';
import { type Scheme, tagParts } from './tag-parts.ts';

/*
 * Corpora write the same span tags in many ways: `b-per`, `PER-B`, `W-PER` for a span of one token, `0` for O. Tags are
 * read into the usual notation (`B-PER`, `O`), in which everything is computed, and written back in the notation of the
 * corpus.
 */

/** How a corpus writes span tags, where it differs from `B-PER` and `O`. */
export interface Notation {
  /** The outside tag. */
  readonly outside: string;
  /** Where the letter of the scheme is: `B-PER` or `PER-B`. */
  readonly affix: 'prefix' | 'suffix';
  /** What is in lower case: nothing, the letter (`b-PER`), or all (`b-per`, read as `B-PER`). */
  readonly lowercase: 'none' | 'letters' | 'all';
  /** Written letters by the letter of the scheme, where they differ: `{S: 'W'}`. */
  readonly letters: Readonly<Record<string, string>>;
}

/** A sentence's tags, and where the first token is. */
export interface TaggedLines {
  readonly tags: readonly string[];
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** How the tags of a corpus are to be read. */
export interface TagReading {
  readonly scheme: Scheme;
  /** Undefined for the usual notation, and for plain tags. */
  readonly notation: Notation | undefined;
  /** The tag in the usual notation. */
  readonly read: (tag: string) => string;
  /** One line that says what is unusual, without the name of the file; undefined if nothing is. */
  readonly note: string | undefined;
}

/** Ways to write the outside tag. The empty string is read as O, but never written. */
const outsideForms = new Set(['O', '0', 'o', '_', '-', '', 'NONE', 'None', 'none', 'OUT', 'out']);

/** Whether a tag is a usual way to write the tag of tokens outside of all spans. */
export const isOutsideForm = (tag: string): boolean => tag !== '' && outsideForms.has(tag);

/** A typing error or two does not change how the rest is read. */
const COVERED = 0.99;

interface Lettered {
  /** In upper case. */
  readonly letter: string;
  readonly separator: string;
  readonly type: string;
  readonly form: 'upper' | 'lower' | 'suffix';
  readonly isLower: boolean;
}

const prefixed = /^([BIESLUMWbieslumw])([-_])(.+)$/s;
const suffixed = /^(.+)([-_])([BIESLUMWbieslumw])$/s;

function lettered(tag: string): Lettered | undefined {
  const before = prefixed.exec(tag);
  const after = before ? null : suffixed.exec(tag);
  if (!before && !after) return undefined;
  const [written, separator, type] = before
    ? [before[1]!, before[2]!, before[3]!]
    : [after![3]!, after![2]!, after![1]!];
  const letter = written.toUpperCase();
  const isLower = letter !== written;
  return {
    letter,
    separator,
    type,
    isLower,
    form: before ? (isLower ? 'lower' : 'upper') : 'suffix',
  };
}

/** The letters with the role of a letter: `S`, `U` and `W` all mean a span of one token. */
const equivalents: readonly string[] = ['IM', 'EL', 'SUW'];
const schemeLetters: Readonly<Record<Exclude<Scheme, 'none' | 'IO'>, string>> = {
  IOB1: 'BIES', // as conlleval reads them
  BIO: 'BIES',
  BIOES: 'BIES',
  BILOU: 'BILU',
  BMES: 'BMES',
};

interface Count {
  tokens: number;
  readonly first: string;
}

/**
 * Finds out how the tags of a corpus are written.
 *
 * They are span tags if nearly all tags except for the outside tag, whatever it is called, have a letter of a scheme, in upper or lower case,
 * before or after the type, and at least one is B or I. Otherwise they are plain tags.
 * @param options.scheme the scheme, if it is known. With `IO` each label is the type of a span, and runs of one label
 * are one span.
 */
export function readTags(
  sentences: readonly TaggedLines[],
  { scheme: given }: { scheme?: Scheme | undefined } = {},
): TagReading {
  const counts = countTags(sentences);
  const asWritten = (scheme: Scheme): TagReading => ({
    scheme,
    notation: undefined,
    read: (tag) => tag,
    note: undefined,
  });
  if (given === 'none') return asWritten('none');
  if (given === 'IO') return outsideReading(counts, 'IO');

  const forms = outsideFormsIn(counts);
  const tags = [...counts].filter(([tag]) => !forms.has(tag));
  const parsed = new Map(tags.map(([tag]) => [tag, lettered(tag)]));
  const tokensOf = (test: (parts: Lettered) => boolean): number =>
    tags.reduce((sum, [tag, { tokens }]) => {
      const parts = parsed.get(tag);
      return parts && test(parts) ? sum + tokens : sum;
    }, 0);
  const all = tags.reduce((sum, [, { tokens }]) => sum + tokens, 0);
  const covered = tokensOf(() => true);
  const opens = tokensOf(({ letter }) => letter === 'B' || letter === 'I');
  if (all > 0 && covered >= COVERED * all && opens > 0)
    return letteredReading(sentences, { counts, forms, parsed, given });

  const usual = given ?? detectScheme(sentences.map((sentence) => sentence.tags));
  if (usual === 'none' || (given === undefined && all === 0 && !counts.has('O')))
    return asWritten(usual);
  // bare letters, a corpus of only O, or a scheme that the caller knows
  const hasForms = [...counts.keys()].some((tag) => tag !== 'O' && outsideForms.has(tag));
  return hasForms ? outsideReading(counts, usual) : asWritten(usual);
}

function countTags(sentences: readonly TaggedLines[]): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const { tags, line } of sentences)
    for (const [t, tag] of tags.entries()) {
      const count = counts.get(tag);
      if (count) count.tokens++;
      else {
        const where = line === undefined ? '' : String(line + t);
        counts.set(tag, { tokens: 1, first: where });
      }
    }
  return counts;
}

/** The ways to write the outside tag. Where no usual one occurs, the most frequent word without a letter is one, as `OTHER`. */
function outsideFormsIn(counts: ReadonlyMap<string, Count>): ReadonlySet<string> {
  if ([...counts.keys()].some((tag) => outsideForms.has(tag))) return outsideForms;
  let all = 0;
  let best = { tag: '', tokens: 0 };
  for (const [tag, { tokens }] of counts) {
    all += tokens;
    if (tokens > best.tokens && /^[\p{L}\d]+$/u.test(tag)) best = { tag, tokens };
  }
  return best.tokens > (1 - COVERED) * all ? new Set([...outsideForms, best.tag]) : outsideForms;
}

/** Only the outside tag is unusual. */
function outsideReading(counts: ReadonlyMap<string, Count>, scheme: Scheme): TagReading {
  const outside = outsideOf(counts, outsideForms);
  const notes = outsideNotes(counts, outsideForms);
  return {
    scheme,
    notation:
      outside === 'O' ? undefined : { outside, affix: 'prefix', lowercase: 'none', letters: {} },
    read: (tag) => (outsideForms.has(tag) ? 'O' : tag),
    note: notes.length > 0 ? notes.join('; ') : undefined,
  };
}

function letteredReading(
  sentences: readonly TaggedLines[],
  {
    counts,
    forms,
    parsed,
    given,
  }: {
    counts: ReadonlyMap<string, Count>;
    forms: ReadonlySet<string>;
    parsed: ReadonlyMap<string, Lettered | undefined>;
    given: Scheme | undefined;
  },
): TagReading {
  const found = [...parsed].flatMap(([tag, parts]) => (parts ? [{ tag, parts }] : []));
  const tokensOf = (test: (parts: Lettered) => boolean): number =>
    found.reduce((sum, { tag, parts }) => (test(parts) ? sum + counts.get(tag)!.tokens : sum), 0);
  const all = tokensOf(() => true);
  const isMostly = (test: (parts: Lettered) => boolean): boolean => tokensOf(test) * 2 > all;

  const areAllLower = found.every(
    ({ parts }) => parts.isLower && parts.type === parts.type.toLowerCase(),
  );
  const upperTypes = new Set(
    found.filter(({ parts }) => !parts.isLower).map(({ parts }) => parts.type),
  );
  const typeOf = ({ isLower, type }: Lettered): string => {
    if (!isLower || type !== type.toLowerCase()) return type;
    const upper = type.toUpperCase();
    return areAllLower || (!upperTypes.has(type) && upperTypes.has(upper)) ? upper : type;
  };
  const usual = new Map(
    found.map(({ tag, parts }) => [tag, `${parts.letter}${parts.separator}${typeOf(parts)}`]),
  );
  const readLetters = (tag: string): string => usual.get(tag) ?? (forms.has(tag) ? 'O' : tag);
  const withS = (tag: string): string => (/^W[-_]/.test(tag) ? `S${tag.slice(1)}` : tag);
  const scheme =
    given ?? detectScheme(sentences.map(({ tags }) => tags.map((tag) => withS(readLetters(tag)))));
  if (scheme === 'none' || scheme === 'IO')
    return { scheme, notation: undefined, read: (tag) => tag, note: undefined };

  // letters of other schemes become the letters of this one
  const known = schemeLetters[scheme];
  const inScheme = (letter: string): string => {
    if (known.includes(letter)) return letter;
    const same = equivalents.find((letters) => letters.includes(letter)) ?? '';
    return [...same].find((one) => known.includes(one)) ?? letter;
  };
  const letterTokens = new Map<string, number>();
  for (const { tag, parts } of found)
    letterTokens.set(parts.letter, (letterTokens.get(parts.letter) ?? 0) + counts.get(tag)!.tokens);
  const letters: Record<string, string> = {};
  const strange: string[] = [];
  for (const [letter, tokens] of letterTokens) {
    const target = inScheme(letter);
    if (target === letter) continue;
    if (tokens > (letterTokens.get(target) ?? 0)) letters[target] = letter;
    const first = found.find(({ parts }) => parts.letter === letter)!;
    strange.push(
      `${letter} is read as ${target} (${lines(tokens)}, first at line ${counts.get(first.tag)!.first})`,
    );
  }

  const affix = isMostly(({ form }) => form === 'suffix') ? 'suffix' : 'prefix';
  const isLower = isMostly((parts) => parts.isLower);
  const lowercase = !isLower ? 'none' : areAllLower ? 'all' : 'letters';
  const outside = outsideOf(counts, forms);
  const notation: Notation = { outside, affix, lowercase, letters };
  const isUsual =
    outside === 'O' && affix === 'prefix' && !isLower && Object.keys(letters).length === 0;

  const example = (test: (parts: Lettered) => boolean): string => {
    const { tag, parts } = found.find((one) => test(one.parts))!;
    const isAll = tokensOf(test) === all;
    const many = isAll
      ? ''
      : ` in ${lines(tokensOf(test))}, first at line ${counts.get(tag)!.first}`;
    return `${inScheme(parts.letter)}${parts.separator}${typeOf(parts)} is written ${tag}${many}`;
  };
  const isSuffix = ({ form }: Lettered): boolean => form === 'suffix';
  const isLowerPrefix = ({ form }: Lettered): boolean => form === 'lower';
  const notes = [
    ...(tokensOf(isSuffix) > 0 ? [example(isSuffix)] : []),
    ...(tokensOf(isLowerPrefix) > 0 ? [example(isLowerPrefix)] : []),
    ...strange,
    ...outsideNotes(counts, forms),
  ];
  const read = new Map<string, string>();
  for (const [tag, one] of usual) read.set(tag, inScheme(one[0]!) + one.slice(1));
  return {
    scheme,
    notation: isUsual ? undefined : notation,
    read: (tag) => read.get(tag) ?? (forms.has(tag) ? 'O' : tag),
    note: notes.length > 0 ? notes.join('; ') : undefined,
  };
}

/** The most frequent way to write the outside tag. */
function outsideOf(counts: ReadonlyMap<string, Count>, forms: ReadonlySet<string>): string {
  let best = { tag: 'O', tokens: counts.get('O')?.tokens ?? 0 };
  for (const [tag, { tokens }] of counts)
    if (tag !== '' && forms.has(tag) && tokens > best.tokens) best = { tag, tokens };
  return best.tag;
}

const outsideNotes = (counts: ReadonlyMap<string, Count>, forms: ReadonlySet<string>): string[] =>
  [...counts]
    .filter(([tag]) => tag !== 'O' && forms.has(tag))
    .map(([tag, { tokens, first }]) => {
      const at = first === '' ? '' : `, first at line ${first}`;
      return `O is written ${tag === '' ? 'as nothing' : tag} in ${lines(tokens)}${at}`;
    });

const lines = (n: number): string => `${n} line${n === 1 ? '' : 's'}`;

/** A tag of a scheme, as the notation writes it. */
export function spell(tag: string, notation: Notation, scheme: Scheme): string {
  if (tag === 'O') return notation.outside;
  if (scheme === 'IO' || scheme === 'none') return tag;
  const { role, separator, type } = tagParts(tag, scheme);
  if (role === 'outside') return tag;
  const letter = notation.letters[tag[0]!] ?? tag[0]!;
  const written = notation.lowercase === 'none' ? letter : letter.toLowerCase();
  const name = notation.lowercase === 'all' ? type.toLowerCase() : type;
  return notation.affix === 'suffix' && separator !== ''
    ? `${name}${separator}${written}`
    : `${written}${separator}${name}`;
}

/** The reverse of `spell`. Tags in the usual notation stay as they are. */
export function unspell(tag: string, notation: Notation, scheme: Scheme): string {
  if (tag === notation.outside) return 'O';
  const parts = scheme === 'IO' || scheme === 'none' ? undefined : lettered(tag);
  if (!parts || (notation.affix === 'suffix') !== (parts.form === 'suffix')) return tag;
  const letter =
    Object.entries(notation.letters).find(([, written]) => written === parts.letter)?.[0] ??
    parts.letter;
  const type =
    notation.lowercase === 'all' && parts.isLower ? parts.type.toUpperCase() : parts.type;
  return `${letter}${parts.separator}${type}`;
}
