import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.ts';
import { compareSystems, type System } from '../evaluation/compare.ts';
import type { SentencePair } from '../evaluation/counts.ts';
import { sentenceScores } from '../evaluation/sentence-scores.ts';
import { type Compared, comparisonFacts, comparisonText, type Output } from './comparison.ts';
import { type Context, withoutRepetition } from './context.ts';
import { readFilePair } from './eval-files.ts';
import type { EvalFlags } from './eval-flags.ts';
import { checkCounts, noFiles, withPredictions } from './eval-model.ts';
import { addNotes } from './help.ts';
import { someOf } from './input.ts';
import { isModel } from './is-model.ts';
import {
  addColor,
  addColumns,
  addCompute,
  addEngine,
  choice,
  featureOption,
  readFormats,
  whereFeatures,
} from './options.ts';
import { countsOf, type Predictions } from './predictions.ts';
import { styleOf } from './style.ts';
import { systemsOf } from './systems.ts';
import { parseTagMap } from './tag-map.ts';

interface CompareFlags extends Omit<EvalFlags, 'model' | 'gold' | 'pred'> {
  samples?: number;
  seed?: number;
  flips?: number;
  group?: boolean;
}

const examples = [
  'seqtag compare test.conll a.conll b.conll',
  'seqtag compare test.conll old.safetensors new.safetensors --flips 5',
  'seqtag compare test.conll lstm-1.conll lstm-2.conll gru-1.conll gru-2.conll --group',
  'seqtag compare test.conll a.conll b.conll c.conll --json | jq .pairs[].adjustedP',
];

const notes = [
  "Systems are compared by F1 of spans, or by the accuracy of plain tags. Intervals are percentiles of a paired bootstrap over sentences. P-values are from approximate randomisation: how often a difference of this size occurs if the outputs of two systems are swapped in a random half of the sentences. With more than two systems, Holm's correction allows for the number of pairs.",
  'With --group, runs whose names differ only in their last number are one system; intervals and p-values then contain the variation between runs.',
];

/** `seqtag compare`: whether one system is really better than another. */
export function defineCompare(command: Command, context: Context): void {
  command
    .description(
      'Compares systems on one gold file: scores with intervals, p-values of their differences, and the sentences that only one has right.',
    )
    .argument('<gold>', 'file with gold tags')
    .argument('<system...>', 'files with the same tokens and predicted tags, or models')
    .option('--group', 'runs whose names differ only in their last number are one system')
    .option('--flips <n>', 'print so many sentences that only one of two systems has right', whole)
    .option('--samples <n>', 'number of random samples (default: 10000)', whole)
    .option('--seed <n>', 'random seed (default: 1)', whole)
    .option('--json', 'print one JSON object')
    .addOption(
      choice(
        '--format <format>',
        'input format: % (default: by extension, or by content)',
        readFormats,
      ),
    );
  addColumns(command, { tag: 'column of the gold tags (default: the last)' });
  command
    .addOption(featureOption(whereFeatures))
    .option('--pred-column <column>', 'column of the predicted tags (default: as the gold tags)')
    .addOption(
      new Option(
        '--map <names>',
        'new names of tags or span types, gold and predicted: person=PER,product=O',
      ).argParser(parseTagMap),
    )
    .option('--partial', 'partial gold tags: ? (unknown) or NN|VB (one of these)')
    .option('--from-scheme <scheme>', 'tag scheme of the gold tags (default: by the tags)')
    .option('--force', 'compare on files in which tokens or tags are empty or numbers, too');
  addEngine(command, context);
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((gold: string, runs: string[], flags: CompareFlags) =>
    compareCommand({ gold, runs, flags }, context),
  );
}

/** Parses a whole number from 0 on. */
function whole(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number.');
}

async function compareCommand(
  { gold, runs, flags }: { gold: string; runs: readonly string[]; flags: CompareFlags },
  context: Context,
): Promise<void> {
  const { samples = 10_000, seed = 1, flips = 0 } = flags;
  if (samples < 100)
    throw new UserError(`--samples ${samples}: too few for an interval. Give 1000 or more.`, {
      code: 'SEQTAG_OPTION',
    });
  const systems = systemsOf(runs, { isGrouped: flags.group === true });
  const outputs = await readOutputs({ gold, runs, flags }, context);
  const first = outputs.get(runs[0]!)!;
  const compared: Compared = {
    gold: first.gold,
    notation: first.notation,
    score: first.scheme === 'none' ? 'accuracy' : 'f1',
    samples,
    seed,
    flips,
    outputs,
    named: systems,
    ...compareSystems(
      systems.map(
        ({ name, runs }): System => ({
          name,
          runs: runs.map((run) => outputs.get(run)!.scores),
        }),
      ),
      { samples, seed },
    ),
  };
  await context.out.write(
    flags.json
      ? `${JSON.stringify(comparisonFacts(compared))}\n`
      : comparisonText(compared, await styleOf('stdout', context)),
  );
}

/** Reads files of predictions, and tags with models. */
async function readOutputs(
  { gold, runs, flags }: { gold: string; runs: readonly string[]; flags: CompareFlags },
  context: Context,
): Promise<ReadonlyMap<string, Output>> {
  const once = withoutRepetition(context);
  const read = noFiles();
  const outputs = new Map<string, Output>();
  for (const run of runs) {
    const output = (await isModel(run))
      ? await withPredictions({ model: run, files: [gold], flags, read }, once, ([predictions]) => {
          const all = { ...predictions!, pairs: [...predictions!.pairs] };
          checkCounts(countsOf(all), { file: all.gold.file, model: run });
          return outputOf(all);
        })
      : outputOf(await readFilePair({ gold, pred: run, flags }, once));
    checkSameGold(output, { run, outputs });
    outputs.set(run, output);
  }
  return outputs;
}

function outputOf(predictions: Predictions): Output {
  const { gold, notation, counting } = predictions;
  const pairs = [...predictions.pairs].filter(({ tokens }) => tokens.length > 0);
  const counts = pairs.map((pair) => countsOf({ ...predictions, pairs: [pair] }));
  return { gold, notation, scheme: counting.scheme, pairs, scores: sentenceScores(counts) };
}

/** @throws UserError if two runs would be scored by different gold tags, such as those of different columns */
function checkSameGold(
  { scheme, pairs }: Output,
  { run, outputs }: { run: string; outputs: ReadonlyMap<string, Output> },
): void {
  const [other] = outputs;
  if (!other) return;
  const [name, expected] = other;
  const differs = (pair: SentencePair, s: number): boolean =>
    pair.gold.join(' ') !== expected.pairs[s]?.gold.join(' ');
  const at = pairs.findIndex(differs);
  if (at < 0 && scheme === expected.scheme) return;
  const tags = (from: readonly SentencePair[]): string =>
    someOf([...new Set(from[Math.max(at, 0)]!.gold)]);
  throw new UserError(
    `${expected.gold.file}: ${name} is scored by other gold tags (${tags(expected.pairs)}) than ${run} (${tags(pairs)}). Name their column with --tag-column.`,
    { code: 'SEQTAG_COLUMN' },
  );
}
