import { UserError } from '../errors.ts';
import { compareSystems, type System } from '../evaluation/compare.ts';
import type { SentencePair } from '../evaluation/counts.ts';
import { sentenceScores } from '../evaluation/sentence-scores.ts';
import {
  anything,
  checkOptions,
  checkStrings,
  isObject,
  type Kinds,
  listOf,
  object,
  wholeNumber,
  wrongType,
} from './arguments.ts';
import type { CompareOptions, Comparison } from './evaluation-types.ts';
import { evaluateKinds, type Predictions, predictionsFor } from './predictions.ts';

const { predicted: _, ...readingKinds } = evaluateKinds;
const compareKinds: Kinds = {
  ...readingKinds,
  gold: {
    expected: 'a path or a list of sentences',
    hasType: (value) => typeof value === 'string' || Array.isArray(value),
  },
  systems: listOf(object(), 'a list of two or more systems with name and runs', 2),
  samples: wholeNumber(100, 10_000_000),
  seed: wholeNumber(0, 2 ** 32 - 1),
};
const systemKinds: Kinds = {
  name: anything('a name'),
  runs: anything('a list of taggers, files or sentences'),
};

/**
 * Compares systems on one gold standard: is one really better than another? Intervals are from the paired bootstrap,
 * p-values from approximate randomisation. Several runs of a system, with different seeds, are compared as one.
 * @throws TypeError or RangeError for wrong arguments; UserError as `evaluate`, and if two runs would be scored by
 * different gold tags
 *
 * @example
 * const { pairs } = await compare({
 *   gold: 'test.conll',
 *   systems: [
 *     { name: 'old', runs: ['old.conll'] },
 *     { name: 'new', runs: [tagger] },
 *   ],
 * });
 * console.log(pairs[0].difference, pairs[0].interval, pairs[0].p);
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  checkOptions('compare', options, { kinds: compareKinds, required: ['gold', 'systems'] });
  const { systems, samples, seed, ...evaluation } = options;
  checkSystems(systems);
  const inner: System[] = [];
  let first: Predictions | undefined;
  for (const { name, runs } of systems) {
    const scores = [];
    for (const predicted of runs) {
      const predictions = await predictionsFor({ ...evaluation, predicted });
      const pairs = predictions.pairs.filter(({ tokens }) => tokens.length > 0);
      first ??= { ...predictions, pairs };
      checkSameGold(first, { ...predictions, pairs }, name);
      scores.push(sentenceScores(pairs.map((pair) => predictions.count([pair]))));
    }
    inner.push({ name, runs: scores });
  }
  const { pairs, scheme } = first!;
  return {
    score: scheme === 'none' ? 'accuracy' : 'f1',
    sentences: pairs.length,
    ...compareSystems(inner, { samples, seed }),
  };
}

function checkSystems(systems: CompareOptions['systems']): void {
  for (const [i, system] of systems.entries()) {
    const where = `compare: systems[${i}]`;
    checkOptions(where, system, { kinds: systemKinds, required: ['name', 'runs'] });
    checkStrings(`${where}: name`, [system.name], { what: 'names' });
    if (!Array.isArray(system.runs) || system.runs.length === 0)
      throw wrongType(`${where}: runs`, systemKinds.runs!.expected, system.runs);
    for (const run of system.runs)
      if (typeof run !== 'string' && !isObject(run) && !Array.isArray(run))
        throw wrongType(`${where}: runs`, systemKinds.runs!.expected, run);
  }
}

function checkSameGold(first: Predictions, other: Predictions, name: string): void {
  const tagsOf = ({ gold }: SentencePair): string => gold.join(' ');
  const isSame =
    other.scheme === first.scheme &&
    other.pairs.every((pair, s) => tagsOf(pair) === tagsOf(first.pairs[s]!));
  if (isSame) return;
  throw new UserError(
    `compare: ${name} would be scored by other gold tags than the first system. Name the tag column.`,
    { code: 'SEQTAG_COLUMN' },
  );
}
