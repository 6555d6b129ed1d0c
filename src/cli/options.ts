import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BackendKind, BackendOptions } from '../backend/backend.ts';
import type { Format, ReadOptions } from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { parseRecallBias, type RecallBias } from '../tagging/recall.ts';
import type { TaggerOptions } from '../tagging/tagger.ts';
import type { Context } from './context.ts';

export const readFormats = [
  'columns',
  'conllu',
  'csv',
  'tsv',
  'jsonl',
] as const satisfies readonly Format[];
export const inputFormats = [
  'text',
  'horizontal',
  ...readFormats,
] as const satisfies readonly Format[];
export const outputFormats = [
  'columns',
  'conllu',
  'csv',
  'tsv',
  'jsonl',
  'inline',
  'spans',
  'html',
] as const satisfies readonly Format[];

/** A flag with one of several values; a wrong one is told with all that there are. */
export const choice = (flags: string, about: string, choices: readonly string[]): Option =>
  new Option(flags, about.replace('%', choices.join(', '))).choices(choices);

export interface ColumnOptions {
  tokenColumn?: string;
  tagColumn?: string;
  featureColumn?: string;
  header?: boolean;
}

export const whereFeatures =
  'where the columns are that the model reads beside the token (default: as in training)';
export const featureOption = (about: string): Option =>
  new Option('--feature-column <column>', about);

export function addColumns(
  command: Command,
  { tag, header = true }: { tag: string; header?: boolean },
): void {
  command
    .option(
      '--token-column <column>',
      'column of the token: an index from 0, negative from the end, or a name (form; a csv header; a jsonl key)',
    )
    .option('--tag-column <column>', tag);
  if (!header) return;
  command
    .addOption(new Option('--header', 'csv and tsv: the first row is a header').hideHelp())
    .option('--no-header', 'csv and tsv: is the first row a header? (default: found by looking)');
}

/** What the reader is told; a key is left out when its flag was not given. */
export const readOptions = (
  { tokenColumn, tagColumn, featureColumn, header }: ColumnOptions,
  format?: Format | undefined,
): ReadOptions => ({
  ...(format !== undefined && { format }),
  ...(tokenColumn !== undefined && { tokenColumn }),
  ...(tagColumn !== undefined && { tagColumn }),
  ...(featureColumn !== undefined && { featureColumn }),
  ...(header !== undefined && { header }),
});

export interface OffsetOptions {
  offsets?: (typeof offsetUnits)[number];
}
const offsetUnits = ['utf-16', 'code-points'] as const;

export const offsetsOption = (): Option =>
  choice('--offsets <unit>', 'what spans count: % (default: utf-16)', offsetUnits);

export interface ComputeOptions {
  backend?: 'auto' | BackendKind;
  threads?: number;
  bfloat16?: boolean;
}

export function addCompute(command: Command): void {
  command
    .addOption(
      choice(
        '--backend <name>',
        'what computes: % (default: native where it was built, else wasm)',
        ['auto', 'native', 'wasm'],
      ),
    )
    .option('--threads <n>', 'threads that compute (default: one for each core)', parseThreads)
    .option('--bfloat16', 'faster, less exact matrix products (processors with AMX)');
}

export const computeOptions = ({ backend, threads, bfloat16 }: ComputeOptions): BackendOptions => ({
  ...(backend !== undefined && { backend }),
  ...(threads !== undefined && { threads }),
  ...(bfloat16 && { products: 'bfloat16' as const }),
});

function parseThreads(value: string): number {
  const threads = Number(value);
  if (/^\d+$/.test(value) && threads >= 1 && threads <= 256) return threads;
  throw new InvalidArgumentError('Expected a whole number from 1 to 256.');
}

export const modelOption = (): Option =>
  new Option('-m, --model <model>', 'model file, or the name of a bundled model (en-upos, en-ner)');

export interface BiasOptions {
  biasRecall?: RecallBias;
}

export const biasOption = (): Option =>
  new Option(
    '--bias-recall <x>',
    'nats taken from the score of O, so that more spans are found, more of them wrong, or TAG=X of a tag (default: as trained)',
  ).argParser((value): RecallBias => {
    const bias = parseRecallBias(value);
    if (bias) return bias;
    throw new InvalidArgumentError('Expected a number of nats from -100 to 100, or TAG=NATS.');
  });

/** How a model is loaded. */
export const taggerOptions = (flags: ComputeOptions & BiasOptions): TaggerOptions => ({
  ...computeOptions(flags),
  ...(flags.biasRecall && { recallBias: flags.biasRecall }),
});

/** Asked for here and not by commander, which would rather miss an option than tell of a misspelt one. */
export function required(value: string | undefined, message: string): string {
  if (value === undefined) throw new UserError(message);
  return value;
}

/** `--color`, `--no-color`, for commands that colour. */
export function addColor(command: Command, context: Context): void {
  command
    .addOption(new Option('--color').hideHelp())
    .option('--no-color', 'colour, or none (default: on a terminal, unless NO_COLOR is set)')
    .hook('preAction', (_, action) => {
      context.color = action.opts<{ color?: boolean }>().color;
    });
}

/** A score to be reached, as a share from 0 to 1. */
export function parseShare(value: string): number {
  const [, digits, sign] = /^(\d*\.?\d+|\d+\.)\s*(%?)$/.exec(value) ?? [];
  const x = Number(digits);
  const share = sign || x > 1 ? x / 100 : x;
  if (digits !== undefined && share <= 1) return share;
  throw new InvalidArgumentError('Expected a share from 0 to 1, or a percentage up to 100.');
}

/** How many sequences of tags. */
export function parseCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= 100) return count;
  throw new InvalidArgumentError('Expected a whole number from 1 to 100.');
}
