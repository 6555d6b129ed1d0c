import { candidates, isCertain } from '../corpus/tags/partial.ts';
import { type CountOptions, type Counts, countPairs, type SentencePair } from './counts.ts';

/** The stretches of a sentence in which every gold label is one tag. */
function certainStretches({ tokens, gold, predicted }: SentencePair): SentencePair[] {
  const stretches: SentencePair[] = [];
  for (let from = 0; from < gold.length; from++) {
    let to = from;
    while (to < gold.length && isCertain(gold[to]!)) to++;
    const cut = (items: readonly string[]): readonly string[] => items.slice(from, to);
    const certain = cut(gold).map((label) => candidates(label)[0]!); // NN|NN is NN
    if (to > from)
      stretches.push({ tokens: cut(tokens), gold: certain, predicted: cut(predicted) });
    from = to;
  }
  return stretches;
}

/**
 * As `count`, of gold labels that may be partial: tokens count whose gold is one tag, and spans are compared within
 * stretches of such tokens. A sentence is right when all its tokens are that count, and has no part if none does.
 */
export function countCertainPairs(pairs: Iterable<SentencePair>, options: CountOptions): Counts {
  const sentences = [...pairs].map(certainStretches).filter((stretches) => stretches.length > 0);
  const counts = countPairs(sentences.flat(), options);
  counts.sentences.total = sentences.length;
  counts.sentences.correct = sentences.filter((stretches) =>
    stretches.every(({ gold, predicted }) => gold.every((tag, i) => tag === predicted[i])),
  ).length;
  return counts;
}
