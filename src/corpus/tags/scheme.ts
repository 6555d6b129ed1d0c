import { UserError } from '../../errors.ts';

/**
 * How tags write spans, one tag a token. A span tag is a letter, a separator (`-` or `_`) and a type
 * (`B-PER`), or a letter alone (`B`, type ''); everything outside is `O`.
 *
 * - `IOB1`: I inside; B only for a span that touches an earlier one of its type (CoNLL-2003).
 * - `BIO`: B begins every span, I continues it; also called IOB2 (CoNLL-2000, CoNLL-2002).
 * - `BIOES`: B begin, I inside, E end, S a span of one token; also called IOBES.
 * - `BILOU`: the same with L for the last and U for a span of one token.
 * - `BMES`: the same with M for the middle, E for the end and S for a span of one token.
 * - `none`: plain tags such as parts of speech; no spans.
 */
export type Scheme = 'IOB1' | 'BIO' | 'BIOES' | 'BILOU' | 'BMES' | 'none';

export const schemes: readonly Scheme[] = ['IOB1', 'BIO', 'BIOES', 'BILOU', 'BMES', 'none'];

/** Tokens `start` to `end - 1` of a sentence, counted from 0. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** What a tag says of its token, whatever letters its scheme uses. */
export type Role = 'outside' | 'begin' | 'inside' | 'end' | 'single';

/** A tag taken apart. `separator` is '' for an outside tag and for a letter alone. */
export interface TagParts {
  readonly role: Role;
  readonly separator: string;
  readonly type: string;
}

/** Which of K tags may follow which: 1 allowed, 0 not. For the forbidden transitions of a CRF. */
export interface Transitions {
  /** (K): may the tag be a sentence's first? */
  readonly start: Uint8Array;
  /** (K): may the tag be a sentence's last? */
  readonly end: Uint8Array;
  /** (K, K), row-major, from the row's tag to the column's. */
  readonly between: Uint8Array;
}

const names: Readonly<Record<string, Scheme>> = {
  iob1: 'IOB1',
  iob: 'IOB1',
  iob2: 'BIO',
  bio: 'BIO',
  iobes: 'BIOES',
  bioes: 'BIOES',
  bilou: 'BILOU',
  biluo: 'BILOU',
  bioul: 'BILOU',
  bmes: 'BMES',
  bmeso: 'BMES',
  none: 'none',
  plain: 'none',
};

/**
 * The scheme a user names, in any case and with its usual aliases (IOB2, IOBES, BILUO).
 * Throws a UserError that lists the names when it is none of them.
 */
export function schemeNamed(name: string): Scheme {
  const key = name.toLowerCase();
  const scheme = Object.hasOwn(names, key) ? names[key] : undefined;
  if (scheme === undefined) {
    throw new UserError(
      `tag scheme ${JSON.stringify(name)} is not known; give IOB1, BIO (IOB2), BIOES (IOBES), BILOU, BMES or none.`,
    );
  }
  return scheme;
}

const outside: TagParts = { role: 'outside', separator: '', type: '' };

const conllLetters: Readonly<Record<string, Role>> = {
  O: 'outside',
  B: 'begin',
  I: 'inside',
  E: 'end',
  S: 'single',
};

// IOB1 and BIO also read E and S: conlleval does not ask which scheme a file is in.
const letters: Readonly<Record<Scheme, Readonly<Record<string, Role>>>> = {
  IOB1: conllLetters,
  BIO: conllLetters,
  BIOES: conllLetters,
  BILOU: { O: 'outside', B: 'begin', I: 'inside', L: 'end', U: 'single' },
  BMES: { O: 'outside', B: 'begin', M: 'inside', E: 'end', S: 'single' },
  none: {},
};

// Tag sets are small, so each tag is taken apart once; the bound keeps a hostile file from filling memory.
const cacheBound = 20_000;
const caches = new Map<Scheme, Map<string, TagParts>>(schemes.map((s) => [s, new Map()]));

/**
 * A tag taken apart as conlleval does: what stands before the first separator, and the type after it.
 * An unknown prefix with a type (`X-PER`) continues or opens a span as I does; an unknown tag without
 * a type (`.`, `NN`) is outside. In scheme `none` every tag is outside.
 */
export function tagParts(tag: string, scheme: Scheme): TagParts {
  const cache = caches.get(scheme)!;
  const known = cache.get(tag);
  if (known !== undefined) return known;
  const parts = takeApart(tag, scheme);
  if (cache.size >= cacheBound) cache.clear();
  cache.set(tag, parts);
  return parts;
}

function takeApart(tag: string, scheme: Scheme): TagParts {
  if (scheme === 'none') return outside;
  const at = tag[1] === '_' ? 1 : tag.indexOf('-');
  const prefix = at < 0 ? tag : tag.slice(0, at);
  const role = Object.hasOwn(letters[scheme], prefix) ? letters[scheme][prefix] : undefined;
  if (at < 0) return role === undefined ? outside : { role, separator: '', type: '' };
  if (role === 'outside') return outside;
  const separator = tag[at]!;
  const type = tag.slice(at + 1);
  // Beyond the letters only a hyphen separates: `N_P` is a tag of its own, `X-P` has a type.
  if (role === undefined && (separator === '_' || type === '')) return outside;
  return { role: role ?? 'inside', separator, type };
}

/** Whether a token goes on with the span of the one before it. */
export function continuesSpan(before: TagParts, { role, type }: TagParts): boolean {
  const isOpen = before.role === 'begin' || before.role === 'inside';
  return isOpen && (role === 'inside' || role === 'end') && type === before.type;
}

/**
 * The spans of one sentence, in order, none overlapping. Any sequence has a reading, the one of
 * conlleval's startOfChunk and endOfChunk (Tjong Kim Sang & Buchholz 2000): a span goes on only from
 * B or I to I or E of the same type; any other span tag opens a new one. So `O I-X` opens a span at
 * I-X, and so does I-Y in `B-X I-Y`. Scheme `none` has no spans.
 */
export function spans(tags: readonly string[], scheme: Scheme): Span[] {
  const found: Span[] = [];
  if (scheme === 'none') return found;
  const cache = caches.get(scheme)!;
  let start = -1; // -1: no span is open
  let before = outside;
  for (let i = 0; i < tags.length; i++) {
    const tag = tags[i]!;
    const parts = cache.get(tag) ?? tagParts(tag, scheme);
    if (!continuesSpan(before, parts)) {
      if (start >= 0) found.push({ type: before.type, start, end: i });
      start = parts.role === 'outside' ? -1 : i;
    }
    before = parts;
  }
  if (start >= 0) found.push({ type: before.type, start, end: tags.length });
  return found;
}

/**
 * The same spans written in another scheme; the result is always well formed in it, also when the
 * source was not and when both schemes are the same. Separators are kept, and tags that no scheme
 * knows (`.`) stay as they are. Throws a UserError between plain tags and a span scheme.
 */
export function convert(tags: readonly string[], from: Scheme, to: Scheme): string[] {
  const written = tags.slice();
  if (from === 'none' && to === 'none') return written;
  if (from === 'none' || to === 'none') {
    throw new UserError(
      `tags cannot be converted from ${from} to ${to}: plain tags hold no spans. Name a span scheme on both sides.`,
    );
  }
  const write = writers[to];
  let touches = { end: -1, type: '' };
  for (const { type, start, end } of spans(tags, from)) {
    const separator = tagParts(tags[start]!, from).separator;
    const tail = separator + type;
    const adjoins = touches.end === start && touches.type === type;
    for (let i = start; i < end; i++) {
      written[i] = letterOf(write, { isFirst: i === start, isLast: i === end - 1, adjoins }) + tail;
    }
    touches = { end, type };
  }
  return written;
}

/** Letters that write a span: of one token, its first, its middle, its last. */
interface Letters {
  readonly single: string;
  readonly first: string;
  readonly middle: string;
  readonly last: string;
  /** The first tag of a span that touches an earlier one of its type. */
  readonly adjoining?: string;
}

const writers: Readonly<Record<Exclude<Scheme, 'none'>, Letters>> = {
  IOB1: { single: 'I', first: 'I', middle: 'I', last: 'I', adjoining: 'B' },
  BIO: { single: 'B', first: 'B', middle: 'I', last: 'I' },
  BIOES: { single: 'S', first: 'B', middle: 'I', last: 'E' },
  BILOU: { single: 'U', first: 'B', middle: 'I', last: 'L' },
  BMES: { single: 'S', first: 'B', middle: 'M', last: 'E' },
};

/** Where in its span a token is, and whether the span touches an earlier one of its type. */
export interface SpanPlace {
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly adjoins: boolean;
}

function letterOf(write: Letters, { isFirst, isLast, adjoins }: SpanPlace): string {
  if (isFirst && adjoins && write.adjoining !== undefined) return write.adjoining;
  if (isFirst) return isLast ? write.single : write.first;
  return isLast ? write.last : write.middle;
}

/** The letter that a scheme writes there. */
export const spanLetter = (scheme: Exclude<Scheme, 'none'>, place: SpanPlace): string =>
  letterOf(writers[scheme], place);

/**
 * Whether `to` may follow `from` in a well-formed sentence; null stands for the sentence's start
 * (as `from`) and end (as `to`). In scheme `none` everything may.
 */
export function validTransition(from: string | null, to: string | null, scheme: Scheme): boolean {
  if (scheme === 'none') return true;
  const a = from === null ? outside : tagParts(from, scheme);
  const b = to === null ? outside : tagParts(to, scheme);
  const isOpen = a.role === 'begin' || a.role === 'inside';
  const isSame = isOpen && a.type === b.type;
  if (scheme === 'IOB1') return b.role === 'begin' ? isSame : isIob(b.role);
  if (scheme === 'BIO') return b.role === 'inside' ? isSame : isIob(b.role);
  // The rest mark where a span ends, so an open span must go on and a closed one cannot.
  const isContinuation = b.role === 'inside' || b.role === 'end';
  return isOpen ? isSame && isContinuation : !isContinuation;
}

function isIob(role: Role): boolean {
  return role === 'outside' || role === 'begin' || role === 'inside';
}

/** `validTransition` for every pair of the K tags, the start and the end. */
export function transitions(tags: readonly string[], scheme: Scheme): Transitions {
  const size = tags.length;
  const between = new Uint8Array(size * size); // (K, K)
  tags.forEach((from, row) => {
    tags.forEach((to, column) => {
      between[row * size + column] = validTransition(from, to, scheme) ? 1 : 0;
    });
  });
  return {
    start: Uint8Array.from(tags, (tag) => (validTransition(null, tag, scheme) ? 1 : 0)),
    end: Uint8Array.from(tags, (tag) => (validTransition(tag, null, scheme) ? 1 : 0)),
    between,
  };
}

// A span corpus with a few slips of the pen is still one; a set of plain tags is far from it.
const strayShare = 0.01;

/**
 * The scheme of a corpus, found by looking at its tags, one array a sentence.
 *
 * - `none` when the tags are not letters of a scheme (up to 1% of the tokens may be strays when the
 *   others have types), and for an empty corpus.
 * - BIOES, BILOU or BMES by their letters; when only B, E and S occur, BIOES if there is O, else BMES.
 * - IOB1 when more spans begin with I than B stands where IOB1 forbids it, else BIO. So spans
 *   written with I alone are IOB1.
 * - BIO for a corpus of only O: spans are meant, and none was found.
 */
export function detectScheme(sentences: Iterable<readonly string[]>): Scheme {
  const count: Record<string, number> = { O: 0, B: 0, I: 0, E: 0, S: 0, L: 0, U: 0, M: 0 };
  let strays = 0;
  let bare = 0; // letters without a type
  let tokens = 0;
  let openedByI = 0;
  let needlessB = 0; // B where IOB1 would write I
  for (const tags of sentences) {
    let previous = outside;
    for (const tag of tags) {
      tokens++;
      const letter = tag[0] ?? '';
      const isLetter = Object.hasOwn(count, letter) && (tag.length === 1 || isSeparated(tag));
      if (!isLetter) {
        strays++;
        previous = outside;
        continue;
      }
      count[letter]!++;
      if (tag.length === 1 && letter !== 'O') bare++;
      const parts = tagParts(tag, 'BIO');
      const isAfterSame =
        (previous.role === 'begin' || previous.role === 'inside') && previous.type === parts.type;
      if (parts.role === 'inside' && !isAfterSame) openedByI++;
      if (parts.role === 'begin' && !isAfterSame) needlessB++;
      previous = parts;
    }
  }
  const { O, B, I, E, S, L, U, M } = count as Record<
    'O' | 'B' | 'I' | 'E' | 'S' | 'L' | 'U' | 'M',
    number
  >;
  if (tokens === 0 || strays > tokens * strayShare) return 'none';
  if (bare > 0 && (strays > 0 || B + O === 0)) return 'none';

  const marked = E + S + L + U + M;
  if (marked <= strayShare * (B + I + marked)) return openedByI > needlessB ? 'IOB1' : 'BIO';
  const misfits: [Scheme, number][] = [
    ['BIOES', L + U + M],
    ['BILOU', E + S + M],
    ['BMES', I + L + U],
  ];
  const least = Math.min(...misfits.map(([, misfit]) => misfit));
  const fitting = misfits.filter(([, misfit]) => misfit === least).map(([scheme]) => scheme);
  if (fitting.includes('BIOES') && fitting.includes('BMES')) return O > 0 ? 'BIOES' : 'BMES';
  return fitting[0]!;
}

function isSeparated(tag: string): boolean {
  return tag[1] === '-' || tag[1] === '_';
}

/**
 * Tags that a corpus holds though its scheme does not, with how often, for a warning: such a tag is
 * read as I when it has a type and as O otherwise. Scheme `none` has no strays.
 */
export function strayTags(
  sentences: Iterable<readonly string[]>,
  scheme: Scheme,
): Map<string, number> {
  const found = new Map<string, number>();
  if (scheme === 'none') return found;
  const own = ownLetters[scheme];
  for (const tags of sentences) {
    for (const tag of tags) {
      const isOwn = tag !== '' && own.includes(tag[0]!) && (tag.length === 1 || isSeparated(tag));
      if (!isOwn) found.set(tag, (found.get(tag) ?? 0) + 1);
    }
  }
  return found;
}

const ownLetters: Readonly<Record<Exclude<Scheme, 'none'>, string>> = {
  IOB1: 'OBI',
  BIO: 'OBI',
  BIOES: 'OBIES',
  BILOU: 'OBILU',
  BMES: 'OBMES',
};
