import { candidates, isCertain } from '../corpus/tags/partial.ts';
import { type CountOptions, type Counts, countPairs, type SentencePair } from './counts.ts';

/** The parts of a sentence in which every gold label is a single tag. */
function certainParts({ tokens, gold, predicted }: SentencePair): SentencePair[] {
  const parts: SentencePair[] = [];
  for (let from = 0; from < gold.length; from++) {
    let to = from;
    while (to < gold.length && isCertain(gold[to]!)) to++;
    const cut = (items: readonly string[]): readonly string[] => items.slice(from, to);
    const certain = cut(gold).map((label) => candidates(label)[0]!); // NN|NN is certain
    if (to > from) parts.push({ tokens: cut(tokens), gold: certain, predicted: cut(predicted) });
    from = to;
  }
  return parts;
}

/**
 * Counts as `countPairs` does, for gold labels that may be partial (`?`, `NN|VB`). Only tokens with a certain tag
 * count, and only spans within parts of the sentence in which all tags are certain. A sentence is correct if all of
 * these tokens are correct; a sentence without them does not count.
 */
export function countCertainPairs(pairs: Iterable<SentencePair>, options: CountOptions): Counts {
  const sentences = [...pairs].map(certainParts).filter((parts) => parts.length > 0);
  const counts = countPairs(sentences.flat(), options);
  counts.sentences.total = sentences.length;
  counts.sentences.correct = sentences.filter((parts) =>
    parts.every(({ gold, predicted }) => gold.every((tag, i) => tag === predicted[i])),
  ).length;
  return counts;
}
