/** N-grams have `minNgram` to `maxNgram` characters. */
export interface NgramLengths {
  readonly minNgram: number;
  readonly maxNgram: number;
}

/**
 * The n-grams of `<word>` (Bojanowski et al. 2017, section 3.2), where `<` and `>` mark the borders. A border without a
 * character is not an n-gram. Characters are code points.
 */
export function ngrams(word: string, { minNgram, maxNgram }: NgramLengths): string[] {
  const points = [...`<${word}>`];
  const found: string[] = [];
  for (let from = 0; from < points.length; from++) {
    const most = Math.min(maxNgram, points.length - from);
    for (let n = minNgram; n <= most; n++) {
      if (n === 1 && (from === 0 || from === points.length - 1)) continue;
      found.push(points.slice(from, from + n).join(''));
    }
  }
  return found;
}
