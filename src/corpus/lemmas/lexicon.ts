import { tally } from '../tally.ts';

/**
 * The edit scripts that words had in training. It allows a word of the training corpus only these scripts. In the file a
 * set of scripts, such as `0 5`, has a list of its words.
 */
export interface LemmaLexicon {
  /** How often a word must occur to be in the lexicon. */
  readonly least: number;
  readonly words: Readonly<Record<string, readonly string[]>>;
}

/**
 * The lexicon of sentences with scripts as tags. Partial labels do not count.
 * @param options.scripts the scripts, by index
 * @param options.known words that are in the lexicon whatever their count, with some of their scripts. Default: none
 */
export function buildLexicon(
  sentences: readonly { readonly tokens: readonly string[]; readonly tags: readonly string[] }[],
  options: {
    scripts: readonly string[];
    least: number;
    known?: ReadonlyMap<string, readonly string[]> | undefined;
  },
): LemmaLexicon {
  const { scripts, least, known = [] } = options;
  const indices = new Map(scripts.map((script, k) => [script, k]));
  const counts = new Map<string, number>();
  const seen = new Map<string, Set<number>>();
  for (const [word, ofWord] of known) {
    const ofModel = ofWord.flatMap((script) => indices.get(script) ?? []);
    if (ofModel.length === 0) continue;
    counts.set(word, least);
    seen.set(word, new Set(ofModel));
  }
  for (const { tokens, tags } of sentences)
    for (const [t, tag] of tags.entries()) {
      const k = indices.get(tag);
      if (k === undefined) continue;
      const word = tokens[t]!;
      tally(counts, word);
      seen.set(word, (seen.get(word) ?? new Set()).add(k));
    }
  const words: Record<string, string[]> = {};
  for (const [word, set] of seen) {
    if (counts.get(word)! < least) continue;
    const key = [...set].sort((a, b) => a - b).join(' ');
    words[key] ??= [];
    words[key].push(word);
  }
  for (const list of Object.values(words)) list.sort();
  return { least, words };
}

/** The scripts of each word. */
export function scriptsByWord({ words }: LemmaLexicon): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  for (const [key, list] of Object.entries(words)) {
    const scripts = key.split(' ').map(Number);
    for (const word of list) found.set(word, scripts);
  }
  return found;
}

/** The first key that is no set of indices below K; undefined if there is none. */
export const malformedKey = ({ words }: LemmaLexicon, K: number): string | undefined =>
  Object.keys(words).find(
    (key) => !/^\d+(?: \d+)*$/.test(key) || key.split(' ').some((index) => Number(index) >= K),
  );

export const lexiconSize = ({ words }: LemmaLexicon): number =>
  Object.values(words).reduce((sum, list) => sum + list.length, 0);
