// How a corpus cuts text into tokens. Treebanks differ: `well-known` is one token or three, `don't` one or two.
// Training learns the conventions of its corpus from the tokens, and the model applies them to raw text.

/** A pattern that a corpus keeps as one token or splits into several. */
export type Treatment = 'keep' | 'split';

interface Phenomenon {
  /** Its name in reports. */
  readonly title: string;
  /** An example. */
  readonly example: string;
  /** Matches tokens in which the pattern is kept. */
  readonly kept: RegExp;
  /** Matches the neighbouring tokens into which it is split: one expression per token. */
  readonly split: readonly RegExp[];
  /** Without spacing, a lone hyphen may be a dash: a kept one counts this many times. Default: 1. */
  readonly weight?: number;
  /** The convention if the corpus has no example. */
  readonly otherwise: Treatment;
}

const plain = /^[a-zA-Z]+$/;
const word = /^\p{L}[\p{L}\p{M}]+$/u;
const number = /^\d+$/;

/** Everything that is learned as kept or split. The defaults are the conventions of English-EWT. */
export const phenomena = {
  hyphens: {
    title: 'hyphens',
    example: 'well-known',
    kept: /^\p{L}{2,}(?:-\p{L}{2,})+$/u,
    split: [word, /^-$/, word],
    weight: 3,
    otherwise: 'split',
  },
  slashes: {
    title: 'slashes',
    example: 'and/or',
    kept: /^\p{L}{2,}(?:\/\p{L}{2,})+$/u,
    split: [word, /^\/$/, word],
    weight: 3,
    otherwise: 'split',
  },
  negations: {
    title: 'negations',
    example: "don't",
    kept: /^\p{L}+n['’]t$/iu,
    split: [word, /^n['’]t$/i],
    otherwise: 'split',
  },
  possessives: {
    title: 'possessives',
    example: "Anna's",
    kept: /^\p{L}{2,}['’]s$/iu,
    split: [word, /^['’]s$/i],
    otherwise: 'split',
  },
  clitics: {
    title: 'clitics',
    example: "they'll",
    kept: /^\p{L}+['’](?:m|d|ll|re|ve)$/iu,
    split: [/^\p{L}+$/u, /^['’](?:m|d|ll|re|ve)$/i],
    otherwise: 'split',
  },
  elisions: {
    title: 'elisions',
    example: "l'arbre",
    kept: /^\p{L}{1,5}['’](?!(?:ll|re|ve)$)\p{L}{2,}$/iu,
    split: [/^\p{L}{1,5}['’]$/u, word],
    otherwise: 'keep',
  },
  currency: {
    title: 'currency',
    example: '$10',
    kept: /^\p{Sc}\d/u,
    split: [/^\p{Sc}$/u, /^\d/],
    otherwise: 'split',
  },
  percent: {
    title: 'percent signs',
    example: '50%',
    kept: /^\d[\d.,]*%$/,
    split: [/^\d[\d.,]*$/, /^%$/],
    otherwise: 'split',
  },
  units: {
    title: 'units',
    example: '10am',
    kept: /^\d[\d.,:]*(?:am|pm|km|kg|mm|cm|mg|ml|GB|MB|bn|k|m)$/,
    split: [/^\d[\d.,:]*$/, /^(?:am|pm|km|kg|mm|cm|mg|ml|GB|MB|bn|k|m)$/],
    otherwise: 'split',
  },
  decimals: {
    title: 'numbers with marks',
    example: '3.5, 10,000',
    kept: /^\d+(?:[.,]\d+)+$/,
    split: [number, /^[.,]$/, /^(?:\d|\d{3,})$/],
    weight: 3,
    otherwise: 'keep',
  },
  links: {
    title: 'links, addresses and file names',
    example: 'www.example.org',
    kept: /^(?:https?:\/\/|www\.)\S|^\S+@\S+\.\p{L}+$/iu,
    split: [/^(?:https?|www)$/i, /^[:.]$/],
    otherwise: 'keep',
  },
  hashtags: {
    title: 'hashtags',
    example: '#news',
    kept: /^#\p{L}/u,
    split: [/^#$/, /^[a-z]\w+$/],
    weight: 3,
    otherwise: 'keep',
  },
  handles: {
    title: 'handles',
    example: '@anna',
    kept: /^@[\p{L}_]/u,
    split: [/^@$/, /^[a-z_]\w*$/],
    weight: 3,
    otherwise: 'keep',
  },
  emoticons: {
    title: 'emoticons',
    example: ':-)',
    kept: /^[:;]-?[)(DPp]$/,
    split: [/^[:;]$/, /^-?[)(]$/],
    weight: 3,
    otherwise: 'keep',
  },
  marks: {
    title: 'repeated marks',
    example: '!!!',
    kept: /^(?:[.]{2,}|[!?]{2,})$/,
    split: [/^[.!?]$/, /^[.!?]$/],
    otherwise: 'keep',
  },
  abbreviations: {
    title: 'abbreviations',
    example: 'Dr.',
    kept: /^(?:Mr|Mrs|Ms|Dr|St|Prof|Jr|Inc|Corp|Co|No|etc|vs|\p{Lu})\.$/u,
    split: [/^(?:Mr|Mrs|Ms|Dr|St|Prof|Jr|Inc|Corp|Co|etc|vs)$/, /^\.$/],
    otherwise: 'keep',
  },
  initials: {
    title: 'initials',
    example: 'U.S., e.g.',
    kept: /^(?:\p{L}\.){2,}$/u,
    split: [/^\p{L}$/u, /^\.$/, /^\p{L}$/u],
    otherwise: 'keep',
  },
  ideographs: {
    title: 'words without spaces',
    example: '東京',
    kept: /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]{2,}$/u,
    split: [
      /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]$/u,
      /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]$/u,
    ],
    otherwise: 'keep',
  },
} as const satisfies Record<string, Phenomenon>;

export type PhenomenonName = keyof typeof phenomena;
export const phenomenonNames = Object.keys(phenomena) as readonly PhenomenonName[];

/** How text is cut into tokens. Plain data, stored in the model. */
export interface Tokenization {
  readonly treatments: Readonly<Record<PhenomenonName, Treatment>>;
  /** Prefixes, in lower case, that keep their hyphen where hyphens are split: `e-mail`. */
  readonly prefixes: readonly string[];
  /** Words, in lower case, that keep a full stop, in addition to general abbreviations. */
  readonly abbreviations: readonly string[];
  /** Words, in lower case, that are not split although they could be: `cannot`. */
  readonly unsplit: readonly string[];
  /** The corpus writes words that are split inside, such as `don't`, as multiword tokens of CoNLL-U. */
  readonly multiwordTokens: boolean;
}

/** Words of two or three tokens, as the lengths of these, where negations are split. */
export const joinedWords: ReadonlyMap<string, readonly number[]> = new Map([
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
    .map((text): [string, readonly number[]] => [text, [text.length - 2, 2]]),
]);

/** If a corpus splits none of these words, it does not split the others either. */
const english = ['negations', 'possessives', 'clitics'] as const;

const treatmentsWhere = (choose: (name: PhenomenonName) => Treatment): Tokenization['treatments'] =>
  Object.fromEntries(
    phenomenonNames.map((name) => [name, choose(name)]),
  ) as Tokenization['treatments'];

/** The conventions of English-EWT: those of models that carry none. */
export const defaultTokenization: Tokenization = {
  treatments: treatmentsWhere((name) => phenomena[name].otherwise),
  prefixes:
    'e co re pre non un anti pro ex mid multi semi neo sub inter intra counter post ultra mis de socio psycho arch'.split(
      ' ',
    ),
  abbreviations: [],
  unsplit: [],
  multiwordTokens: false,
};

/** Minimum count of an abbreviation or prefix. Rarer ones may be chance. */
const LEAST_COUNT = 2;
/** Minimum number of examples for a decision. */
const LEAST_EVIDENCE = 3;
/** Maximum number of distinct tokens whose patterns are cached. */
const MOST_SEEN = 100_000;
/** Maximum number that is kept, the most frequent ones first. */
const MOST_WORDS = 500;

/**
 * Learns how a corpus cuts text into tokens, from the tokens of its sentences. If the corpus marks tokens without white
 * space between them (`isJoined`), only those count as split.
 * @param options.multiwordTokens whether it has multiword tokens that are their words, joined
 * @param options.known rules for what the corpus does not show, and words that they treat in a special way
 */
export function learnTokenization(
  sentences: Iterable<{
    readonly tokens: readonly string[];
    readonly isJoined?: readonly boolean[] | undefined;
  }>,
  {
    multiwordTokens = false,
    known,
  }: { multiwordTokens?: boolean; known?: Tokenization | undefined } = {},
): Tokenization {
  const kept = new Map<PhenomenonName, number>();
  const split = new Map<PhenomenonName, number>();
  const prefixes = new Map<string, number>();
  const stops = new Map<string, { kept: number; inside: number }>();
  const words = new Map<string, number>();
  const pairs = new Map<string, number>();
  const seen = new Map<string, { keeps: PhenomenonName[]; begins: PhenomenonName[] }>();
  const matched = (token: string) => {
    const known = seen.get(token);
    if (known) return known;
    const made = {
      keeps: phenomenonNames.filter((name) => phenomena[name].kept.test(token)),
      begins: phenomenonNames.filter((name) => phenomena[name].split[0].test(token)),
    };
    if (seen.size < MOST_SEEN) seen.set(token, made);
    return made;
  };
  for (const { tokens, isJoined } of sentences) {
    for (let t = 0; t < tokens.length; t++) {
      const token = tokens[t]!;
      const { keeps, begins } = matched(token);
      for (const name of keeps) increment(kept, name);
      const next = tokens[t + 1];
      // a plain word is split before something else
      if (next !== undefined && !(plain.test(token) && plain.test(next)))
        for (const name of begins)
          if (
            !keeps.includes(name) &&
            matchesAt(tokens, { at: t, isJoined }, phenomena[name].split)
          )
            increment(split, name);
      const isPlain = plain.test(token);
      const lower = token.toLowerCase();
      if (joinedWords.has(lower)) increment(words, lower);
      if (t > 0 && lower.length <= 3) increment(pairs, `${tokens[t - 1]!.toLowerCase()} ${lower}`);
      if (isPlain) continue;
      const prefix = /^(\p{L}{1,8})-\p{L}+$/u.exec(token)?.[1];
      if (prefix) increment(prefixes, prefix.toLowerCase());
      const stop = /^(\p{L}[\p{L}\p{M}]{0,9})\.$/u.exec(token)?.[1]?.toLowerCase();
      if (stop) {
        const count = stops.get(stop) ?? { kept: 0, inside: 0 };
        count.kept++;
        if (t + 1 < tokens.length) count.inside++;
        stops.set(stop, count);
      }
    }
  }
  const isEnglish = english.some((name) => split.has(name));
  const treatments = treatmentsWhere((name) => {
    const phenomenon: Phenomenon = phenomena[name];
    const [k, s] = [(kept.get(name) ?? 0) * (phenomenon.weight ?? 1), split.get(name) ?? 0];
    if (k !== s && k + s >= LEAST_EVIDENCE) return k > s ? 'keep' : 'split';
    if (known) return known.treatments[name];
    return !isEnglish && name in cliticPatterns ? 'keep' : phenomenon.otherwise;
  });
  const withKnown = (own: string[], name: 'prefixes' | 'abbreviations'): string[] => [
    ...new Set([...own, ...(known?.[name] ?? [])]),
  ];
  return {
    treatments,
    prefixes:
      treatments.hyphens === 'keep'
        ? []
        : withKnown(
            mostFrequent(prefixes, (prefix, n) =>
              defaultTokenization.prefixes.includes(prefix) ? n > 0 : n > 2 * LEAST_COUNT,
            ),
            'prefixes',
          ),
    abbreviations:
      treatments.abbreviations === 'split'
        ? []
        : withKnown(
            mostFrequent(
              new Map([...stops].map(([stop, count]) => [stop, count.kept])),
              (stop, n) => {
                const { inside } = stops.get(stop)!;
                const apart = pairs.get(`${stop} .`) ?? 0;
                return n >= LEAST_COUNT && inside * 2 >= n && n > apart;
              },
            ),
            'abbreviations',
          ),
    unsplit: [...joinedWords.keys()].filter((text) => {
      const parts = partsOf(text, joinedWords.get(text)!);
      const apart = pairs.get(parts.slice(-2).join(' ')) ?? 0;
      const together = words.get(text) ?? 0;
      return together + apart === 0 ? known?.unsplit.includes(text) : together > apart;
    }),
    multiwordTokens: multiwordTokens || known?.multiwordTokens === true,
  };
}

const increment = <Key>(counts: Map<Key, number>, key: Key): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const matchesAt = (
  tokens: readonly string[],
  { at, isJoined }: { at: number; isJoined: readonly boolean[] | undefined },
  patterns: readonly RegExp[],
): boolean =>
  at + patterns.length <= tokens.length &&
  patterns.every(
    (pattern, i) =>
      pattern.test(tokens[at + i]!) &&
      (!isJoined || i + 1 === patterns.length || isJoined[at + i] === true),
  );

/** Those that pass, by falling count, then by name. */
const mostFrequent = (
  counts: ReadonlyMap<string, number>,
  passes: (text: string, count: number) => boolean,
): string[] =>
  [...counts]
    .filter(([text, n]) => passes(text, n))
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, MOST_WORDS)
    .map(([text]) => text);

/** Patterns of English clitics, by the phenomenon that decides whether they are split from their word. */
export const cliticPatterns = {
  negations: "n['’]t",
  possessives: "['’]s",
  clitics: "['’](?:m|d|ll|re|ve)",
} as const satisfies Partial<Record<PhenomenonName, string>>;

/** The patterns of the clitics that a corpus splits from their word. */
export const splitClitics = (treatments: Tokenization['treatments']): string[] =>
  english.filter((name) => treatments[name] === 'split').map((name) => cliticPatterns[name]);

/** A word cut into parts of these lengths. */
export function partsOf(text: string, lengths: readonly number[]): string[] {
  let from = 0;
  return lengths.map((length) => {
    from += length;
    return text.slice(from - length, from);
  });
}
