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
 * - `IO`: no letters. The tag is the type (`PER`), and a run of one tag is one span. It must be asked for.
 * - `none`: plain tags such as parts of speech; no spans.
 */
export type Scheme = 'IOB1' | 'BIO' | 'BIOES' | 'BILOU' | 'BMES' | 'IO' | 'none';

export const schemes: readonly Scheme[] = ['IOB1', 'BIO', 'BIOES', 'BILOU', 'BMES', 'IO', 'none'];

/** The position of a token in a span, whatever letters the scheme uses. */
export type Role = 'outside' | 'begin' | 'inside' | 'end' | 'single';

/** The parts of a tag. `separator` is '' for an outside tag and for a letter without a type. */
export interface TagParts {
  readonly role: Role;
  readonly separator: string;
  readonly type: string;
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
  bmewo: 'BMES',
  bmew: 'BMES',
  io: 'IO',
  none: 'none',
  plain: 'none',
};

/**
 * The scheme with a name, in any case, or with one of the usual aliases (IOB2, IOBES, BILUO).
 * @throws UserError if there is no such scheme
 */
export function schemeNamed(name: string): Scheme {
  const key = name.toLowerCase();
  const scheme = Object.hasOwn(names, key) ? names[key] : undefined;
  if (scheme === undefined) {
    throw new UserError(
      `unknown tag scheme ${JSON.stringify(name)}. Give IOB1, BIO (IOB2), BIOES (IOBES), BILOU, BMES, IO or none.`,
      { code: 'SEQTAG_TAGS' },
    );
  }
  return scheme;
}

export const outside: TagParts = { role: 'outside', separator: '', type: '' };

const conllLetters: Readonly<Record<string, Role>> = {
  O: 'outside',
  B: 'begin',
  I: 'inside',
  E: 'end',
  S: 'single',
};

// IOB1 and BIO also read E and S, since conlleval reads all of these letters in any file.
const letters: Readonly<Record<Scheme, Readonly<Record<string, Role>>>> = {
  IOB1: conllLetters,
  BIO: conllLetters,
  BIOES: conllLetters,
  BILOU: { O: 'outside', B: 'begin', I: 'inside', L: 'end', U: 'single' },
  BMES: { O: 'outside', B: 'begin', M: 'inside', E: 'end', S: 'single' },
  IO: { O: 'outside' },
  none: {},
};

// Tag sets are small, so the parts of each tag are cached. The bound limits memory.
const cacheBound = 20_000;
const caches = new Map<Scheme, Map<string, TagParts>>(schemes.map((s) => [s, new Map()]));

/**
 * The parts of a tag as conlleval reads them: the letter before the first separator, and the type after
 * it. An unknown prefix with a type (`X-PER`) continues or opens a span as I does. An unknown tag without
 * a type (`.`, `NN`) is outside. In the scheme `none` every tag is outside.
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
  if (scheme === 'IO')
    return tag === 'O' || tag === '' ? outside : { role: 'inside', separator: '', type: tag };
  const at = tag[1] === '_' ? 1 : tag.indexOf('-');
  const prefix = at < 0 ? tag : tag.slice(0, at);
  const role = Object.hasOwn(letters[scheme], prefix) ? letters[scheme][prefix] : undefined;
  if (at < 0) return role === undefined ? outside : { role, separator: '', type: '' };
  if (role === 'outside') return outside;
  const separator = tag[at]!;
  const type = tag.slice(at + 1);
  // After an unknown prefix only a hyphen separates: `N_P` is a plain tag, `X-P` has a type.
  if (role === undefined && (separator === '_' || type === '')) return outside;
  return { role: role ?? 'inside', separator, type };
}

/** Whether a token continues the span of the token before it. */
export function continuesSpan(before: TagParts, { role, type }: TagParts): boolean {
  const isOpen = before.role === 'begin' || before.role === 'inside';
  return isOpen && (role === 'inside' || role === 'end') && type === before.type;
}
