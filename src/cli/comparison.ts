import { type Notation, spell } from '../corpus/tags/scheme.ts';
import type { Interval, PairResult, SystemComparison } from '../evaluation/compare.ts';
import type { SentencePair } from '../evaluation/counts.ts';
import type { SentenceScores } from '../evaluation/sentence-scores.ts';
import type { LabelledFile, Predictions } from './predictions.ts';
import { excerpt, printable } from './printable.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import type { NamedRuns } from './systems.ts';
import { type Cell, counted, number, percent, table } from './table.ts';

/** What a run predicts for the gold file. */
export interface Output extends Pick<Predictions, 'gold' | 'notation'> {
  readonly scheme: Predictions['counting']['scheme'];
  readonly pairs: readonly SentencePair[];
  readonly scores: SentenceScores;
}

/** A comparison, with what it was made from. */
export interface Compared extends SystemComparison {
  readonly gold: LabelledFile;
  readonly notation: Notation | undefined;
  readonly score: 'f1' | 'accuracy';
  readonly samples: number;
  readonly seed: number;
  /** How many sentences to show that only one of two systems has right. */
  readonly flips: number;
  readonly named: readonly NamedRuns[];
  /** By run. */
  readonly outputs: ReadonlyMap<string, Output>;
}

/** Below this, a corrected p-value is called significant. */
const LEVEL = 0.05;

/** The object that `--json` prints. */
export function comparisonFacts(compared: Compared): object {
  const { gold, score, samples, seed, systems, pairs, named } = compared;
  return {
    gold: gold.file,
    score,
    sentences: sentencesOf(compared),
    samples,
    seed,
    systems: systems.map((system, i) => ({ ...system, files: named[i]!.runs })),
    pairs: pairs.map(({ onlyA, onlyB, ...pair }) => ({
      ...pair,
      onlyA: onlyA.length,
      onlyB: onlyB.length,
      ...(compared.flips > 0 && { flips: flipsOf(pair, { onlyA, onlyB }, compared) }),
    })),
  };
}

/** The tables of systems and of their differences, and the sentences to show. */
export function comparisonText(compared: Compared, style: Style): string {
  const { gold, samples, seed, pairs } = compared;
  const facts = [
    counted(sentencesOf(compared), 'sentence'),
    `${number(samples)} samples`,
    `seed ${seed}`,
  ];
  const parts = [
    `${style.bold(printable(gold.file))}  ${style.dim(facts.join(', '))}\n`,
    systemTable(compared, style),
    pairTable(compared, style),
  ];
  if (compared.flips > 0)
    for (const pair of pairs)
      for (const flip of flipsOf(pair, pair, compared)) parts.push(flipText(flip, style));
  return parts.join('\n');
}

const sentencesOf = ({ outputs }: Compared): number => [...outputs.values()][0]!.pairs.length;

const intervalText = ([low, high]: Interval, show: (x: number) => string): string =>
  `${show(low)} to ${show(high)}`;

/** +1.20, -0.35, 0.00 */
function signed(x: number): string {
  const text = percent(x);
  return Number(text) === 0 ? '0.00' : x > 0 ? `+${text}` : text;
}

function systemTable({ systems, score }: Compared, style: Style): string {
  const isGrouped = systems.some(({ runs }) => runs.length > 1);
  const head = [
    '',
    score === 'f1' ? 'F1' : score,
    '95 % interval',
    ...(isGrouped ? ['runs', 'deviation'] : []),
  ];
  const rows = systems.map(({ name, score: value, interval, runs }): Cell[] => [
    name,
    [percent(value), style.bold],
    intervalText(interval, percent),
    ...(isGrouped ? [number(runs.length), percent(deviationOf(runs))] : []),
  ]);
  return table([dimmed(head, style), ...rows], { align: 'lr' });
}

/** The standard deviation over runs (n - 1). */
function deviationOf(scores: readonly number[]): number | null {
  const n = scores.length;
  if (n < 2) return null;
  const mean = scores.reduce((sum, x) => sum + x, 0) / n;
  return Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
}

function pairTable({ pairs }: Compared, style: Style): string {
  const isCorrected = pairs.length > 1;
  const head = [
    '',
    'difference',
    '95 % interval',
    'p',
    ...(isCorrected ? ['p (Holm)'] : []),
    'only first right',
    'only second right',
    '',
  ];
  const rows = pairs.map((pair): Cell[] => [
    `${pair.a} → ${pair.b}`,
    [signed(pair.difference), style.bold],
    intervalText(pair.interval, signed),
    pair.p.toFixed(4),
    ...(isCorrected ? [pair.adjustedP.toFixed(4)] : []),
    number(pair.onlyA.length),
    number(pair.onlyB.length),
    pair.adjustedP < LEVEL ? ['significant', style.good] : '',
  ]);
  const align = `l${'r'.repeat(head.length - 2)}l`;
  return table([dimmed(head, style), ...rows], { align });
}

/** A sentence that only one of two systems has right. */
interface Flip {
  /** The place of its first token: `test.conll:41`. */
  readonly at: string;
  /** The system that has it right. */
  readonly right: string;
  readonly tokens: readonly string[];
  /** By column: the gold tags, and those of both systems. */
  readonly tags: Readonly<Record<'gold' | 'a' | 'b', readonly string[]>>;
  readonly a: string;
  readonly b: string;
}

function flipsOf(
  { a, b }: Pick<PairResult, 'a' | 'b'>,
  { onlyA, onlyB }: Pick<PairResult, 'onlyA' | 'onlyB'>,
  compared: Compared,
): Flip[] {
  const { gold, flips } = compared;
  const located = gold.sentences.filter(({ tokens }) => tokens.length > 0);
  const flip = (s: number, right: string): Flip => {
    const outputOfA = typicalOutput(a, { s, isRight: right === a, compared });
    const outputOfB = typicalOutput(b, { s, isRight: right === b, compared });
    const { tokens, gold: goldTags, predicted } = outputOfA.pairs[s]!;
    const written = (tags: readonly string[]): readonly string[] => writtenTags(tags, compared);
    return {
      at: `${located[s]!.file}:${located[s]!.line}`,
      right,
      a,
      b,
      tokens,
      tags: {
        gold: written(goldTags),
        a: written(predicted),
        b: written(outputOfB.pairs[s]!.predicted),
      },
    };
  };
  return [
    ...onlyA.slice(0, flips).map((s) => flip(s, a)),
    ...onlyB.slice(0, flips).map((s) => flip(s, b)),
  ];
}

/** The output of the first run of a system that has a sentence right, or wrong, as most of its runs have. */
function typicalOutput(
  name: string,
  { s, isRight, compared }: { s: number; isRight: boolean; compared: Compared },
): Output {
  const { runs } = compared.named.find((system) => system.name === name)!;
  const outputs = runs.map((run) => compared.outputs.get(run)!);
  return outputs.find(({ scores }) => (scores.isRight[s] === 1) === isRight)!;
}

const writtenTags = (
  tags: readonly string[],
  { notation, outputs }: Compared,
): readonly string[] => {
  if (!notation) return tags;
  const { scheme } = [...outputs.values()][0]!;
  return tags.map((tag) => spell(tag, notation, scheme));
};

/** The text of a sentence, and a row for each token that one system tags differently. */
function flipText({ at, right, tokens, tags, a, b }: Flip, style: Style): string {
  const rows: Cell[][] = [];
  for (const [t, token] of tokens.entries()) {
    const [gold, ofA, ofB] = [tags.gold[t]!, tags.a[t]!, tags.b[t]!];
    if (ofA === gold && ofB === gold) continue;
    const cell = (tag: string): Cell => [tag, tag === gold ? style.good : style.bad];
    rows.push([excerpt(token), gold, cell(ofA), cell(ofB)]);
  }
  const head = dimmed(['', 'gold', a, b], style);
  const place = `${style.bold(printable(at))}  ${style.dim(`only ${printable(right)} is right`)}`;
  return `${place}\n${printable(tokens.join(' '))}\n${table([head, ...rows], { align: 'l', indent: '  ' })}`;
}
