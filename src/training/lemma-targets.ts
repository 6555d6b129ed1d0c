import { learnScripts } from '../corpus/lemmas/learn-scripts.ts';
import { applyScript, parseScript } from '../corpus/lemmas/script.ts';
import { candidates, UNKNOWN } from '../corpus/tags/partial.ts';
import { byCount, tally } from '../corpus/tally.ts';
import type { LabelledSentence } from './labelled-corpus.ts';

/**
 * The sentences with edit scripts in place of lemmas. A partial label becomes the scripts of its lemmas.
 * @param options.preferred scripts that come before others that give the same lemma
 */
export function withScripts(
  sentences: readonly LabelledSentence[],
  { partial, preferred }: { partial: boolean; preferred?: ReadonlySet<string> | undefined },
): readonly LabelledSentence[] {
  const lemmasOf = (label: string): readonly string[] => (partial ? candidates(label) : [label]);
  const scriptOf = learnScripts(
    sentences.flatMap(({ tokens, tags }) =>
      tags.flatMap((label, t) => lemmasOf(label).map((lemma) => [tokens[t]!, lemma] as const)),
    ),
    preferred,
  );
  return sentences.map((sentence) => ({
    ...sentence,
    tags: sentence.tags.map((label, t) => {
      const scripts = lemmasOf(label).map((lemma) => scriptOf(sentence.tokens[t]!, lemma));
      return scripts.length > 0 ? scripts.join('|') : UNKNOWN;
    }),
  }));
}

/** Number of scripts that have an example. */
const EXAMPLES = 12;

/**
 * For each of the first scripts, the most frequent of its words: of those that differ from their lemmas, if there are some.
 * @param sentences with scripts as tags
 * @param scripts the most frequent first
 */
export function exampleWords(
  sentences: readonly Pick<LabelledSentence, 'tokens' | 'tags'>[],
  scripts: readonly string[],
): string[] {
  const first = scripts.slice(0, EXAMPLES);
  const counts = new Map(first.map((script) => [script, new Map<string, number>()]));
  for (const { tokens, tags } of sentences)
    for (const [t, tag] of tags.entries()) {
      const words = counts.get(tag);
      if (words) tally(words, tokens[t]!);
    }
  return first.map((name) => {
    const script = parseScript(name)!;
    const words = byCount(counts.get(name)!, 1);
    return words.find((word) => applyScript(script, word) !== word) ?? words[0] ?? '';
  });
}
