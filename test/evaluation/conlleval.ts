/**
 * The rules of conlleval (Tjong Kim Sang & Buchholz 2000), written from their published statement:
 * a table of tag pairs that end a chunk, one of pairs that begin one, and a walk down both columns at
 * once. S, which conlleval lacks, is a chunk of one token, as its later versions have it; there B
 * also opens a chunk after E. Slow, plain, and unlike the code it checks.
 */
export interface Tallies {
  tokens: number;
  correctTokens: number;
  gold: Map<string, number>;
  predicted: Map<string, number>;
  correct: Map<string, number>;
}

interface Parsed {
  letter: string;
  type: string;
}

function parse(tag: string): Parsed {
  const match = /^([^-]*)-(.*)$/.exec(tag);
  return match ? { letter: match[1]!, type: match[2]! } : { letter: tag, type: '' };
}

const ending = new Set([
  'BB',
  'BO',
  'BS',
  'IB',
  'IO',
  'IS',
  'EB',
  'EI',
  'EE',
  'EO',
  'ES',
  'SB',
  'SI',
  'SE',
  'SO',
  'SS',
]);
const beginning = new Set([
  'OB',
  'OI',
  'OE',
  'OS',
  'BB',
  'BS',
  'IB',
  'IS',
  'EB',
  'EI',
  'EE',
  'ES',
  'SB',
  'SI',
  'SE',
  'SS',
]);

function endOfChunk(previous: Parsed, current: Parsed): boolean {
  if (ending.has(previous.letter + current.letter)) return true;
  return previous.letter !== 'O' && previous.letter !== '.' && previous.type !== current.type;
}

function startOfChunk(previous: Parsed, current: Parsed): boolean {
  if (beginning.has(previous.letter + current.letter)) return true;
  return current.letter !== 'O' && current.letter !== '.' && previous.type !== current.type;
}

export function conlleval(
  sentences: readonly { readonly gold: readonly string[]; readonly predicted: readonly string[] }[],
): Tallies {
  const tallies: Tallies = {
    tokens: 0,
    correctTokens: 0,
    gold: new Map(),
    predicted: new Map(),
    correct: new Map(),
  };
  const more = (sums: Map<string, number>, type: string) =>
    sums.set(type, (sums.get(type) ?? 0) + 1);
  let lastGold = parse('O');
  let lastPredicted = parse('O');
  let inCorrect = false;
  const line = (gold: Parsed, predicted: Parsed) => {
    const goldEnds = endOfChunk(lastGold, gold);
    const predictedEnds = endOfChunk(lastPredicted, predicted);
    if (inCorrect) {
      if (goldEnds && predictedEnds && lastPredicted.type === lastGold.type) {
        inCorrect = false;
        more(tallies.correct, lastGold.type);
      } else if (goldEnds !== predictedEnds || predicted.type !== gold.type) {
        inCorrect = false;
      }
    }
    const goldStarts = startOfChunk(lastGold, gold);
    const predictedStarts = startOfChunk(lastPredicted, predicted);
    if (goldStarts && predictedStarts && predicted.type === gold.type) inCorrect = true;
    if (goldStarts) more(tallies.gold, gold.type);
    if (predictedStarts) more(tallies.predicted, predicted.type);
    lastGold = gold;
    lastPredicted = predicted;
  };
  for (const { gold, predicted } of sentences) {
    gold.forEach((tag, i) => {
      tallies.tokens++;
      if (tag === predicted[i]) tallies.correctTokens++;
      line(parse(tag), parse(predicted[i]!));
    });
    line(parse('O'), parse('O')); // the empty line between sentences
  }
  return tallies;
}
