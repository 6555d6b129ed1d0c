import { cliticPatterns, joinedWords } from './tokenization.ts';

const CLITIC = new RegExp(`^(?:${Object.values(cliticPatterns).join('|')})$`, 'i');

/** Tokens `from` to `to - 1` of a sentence, which are one word: `do n't`, `can not`. */
export interface Contraction {
  readonly from: number;
  readonly to: number;
}

/**
 * The words that a tokenizer cut into several tokens, in order. UD writes them as multiword tokens.
 * @param isJoined of each token, whether no white space follows it
 */
export function contractions(
  tokens: readonly string[],
  isJoined: readonly boolean[],
): Contraction[] {
  const found: Contraction[] = [];
  for (let from = 0; from < tokens.length; ) {
    let to = from + 1;
    const isWord = /^\p{L}/u.test(tokens[from]!);
    while (isWord && to < tokens.length && isJoined[to - 1] && CLITIC.test(tokens[to]!)) to++;
    if (isWord && to === from + 1) to = endOfJoinedWord(tokens, isJoined, from);
    if (to > from + 1) found.push({ from, to });
    from = to;
  }
  return found;
}

function endOfJoinedWord(
  tokens: readonly string[],
  isJoined: readonly boolean[],
  from: number,
): number {
  for (const size of [3, 2]) {
    const parts = tokens.slice(from, from + size);
    const lengths = joinedWords.get(parts.join('').toLowerCase());
    if (
      lengths?.length === size &&
      parts.every((part, i) => part.length === lengths[i] && (i === 0 || isJoined[from + i - 1]))
    )
      return from + size;
  }
  return from + 1;
}
