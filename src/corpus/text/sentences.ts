import { Trait } from './traits.ts';

// Where sentences end, by the traits of the chunks of a paragraph.

/** Maximum number of chunks to search for the first letter after a full stop. */
const MOST_AHEAD = 8;
const END = Trait.stop | Trait.mark;
const MAY_END = END | Trait.break;

/** The ends of a paragraph's sentences, by the traits of its chunks: for each, the index after its last chunk. */
export function sentenceEnds(traits: ArrayLike<number>): number[] {
  const ends: number[] = [];
  let first = 0;
  for (let i = 0; i < traits.length; i++) {
    if ((traits[i]! & MAY_END) === 0 && i + 1 < traits.length) continue;
    // the marker of a list item belongs to the item
    const isMark = i === first && (traits[i]! & Trait.listMark) !== 0;
    const isBreak = i + 1 === traits.length || (traits[i]! & Trait.break) !== 0;
    if (!isBreak && (isMark || !endsSentence(traits, i))) continue;
    ends.push(i + 1);
    first = i + 1;
  }
  return ends;
}

/** Whether a sentence ends after chunk `i`, by the rules of Unicode (UAX #29, SB6 to SB11), overruled by abbreviations and quotations. */
function endsSentence(traits: ArrayLike<number>, i: number): boolean {
  const last = traits[i]!;
  const following = traits[i + 1]!;
  if ((following & Trait.beginsWithMark) !== 0) return false;
  const isClosed = (last & Trait.closed) !== 0;
  // "What?" he asked.
  if (isClosed && (following & Trait.beginsLower) !== 0) return false;
  if ((last & Trait.mark) !== 0) return true;
  for (let ahead = i + 1; ahead <= i + MOST_AHEAD && ahead < traits.length; ahead++) {
    if ((traits[ahead]! & Trait.lowerLetter) !== 0) return false;
    if ((traits[ahead]! & (Trait.otherLetter | END)) !== 0) break;
  }
  if ((last & Trait.title) !== 0) return false;
  if ((last & Trait.counter) !== 0) return (following & Trait.beginsWithNumber) === 0;
  if ((last & Trait.abbreviation) !== 0) return isClosed || (following & Trait.starter) !== 0;
  return true;
}
