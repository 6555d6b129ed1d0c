import type { Chunk } from './tokenizer.ts';

// Where sentences end, by the chunks of a paragraph.

/** Maximum number of chunks to search for the first letter after a full stop. */
const MOST_AHEAD = 8;

/**
 * The ends of a paragraph's sentences: for each, the index after its last chunk.
 * @param isBreak for each chunk, whether a sentence always ends after it
 */
export function sentenceEnds(chunks: readonly Chunk[], isBreak: readonly boolean[]): number[] {
  const ends: number[] = [];
  let first = 0;
  for (let i = 0; i < chunks.length; i++) {
    // the marker of a list item belongs to the item
    const isMark = i === first && chunks[i]!.isListMark;
    if (i + 1 < chunks.length && !isBreak[i] && (isMark || !endsSentence(chunks, i))) continue;
    ends.push(i + 1);
    first = i + 1;
  }
  return ends;
}

/** Whether a sentence ends after chunk `i`, by the rules of Unicode (UAX #29, SB6 to SB11), overruled by abbreviations and quotations. */
function endsSentence(chunks: readonly Chunk[], i: number): boolean {
  const { end, isClosed, stopOf } = chunks[i]!;
  if (end === undefined) return false;
  const following = chunks[i + 1]!;
  if (following.beginsWithMark) return false;
  // "What?" he asked.
  if (isClosed && following.beginsLower) return false;
  if (end === 'mark') return true;
  for (let ahead = i + 1; ahead <= i + MOST_AHEAD && ahead < chunks.length; ahead++) {
    const { letter, end } = chunks[ahead]!;
    if (letter === 'lower') return false;
    if (letter === 'other' || end) break;
  }
  switch (stopOf) {
    case 'title':
      return false;
    case 'counter':
      return !following.beginsWithNumber;
    case 'abbreviation':
      return isClosed || following.isStarter;
    default:
      return true;
  }
}
