import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BackendKind } from '../backend/backend.ts';
import { labelNames } from '../corpus/formats/labels.ts';
import type { Format, ReadOptions } from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { describeFile, readTextFile } from '../files/read.ts';
import { bundledText } from '../model/bundled.ts';
import type { EngineName, ComputeOptions as InnerComputeOptions } from '../network/engines.ts';
import { parseRecallBias, type RecallBias } from '../tagging/recall.ts';
import type { TaggerOptions } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import { oneLine } from './printable.ts';
import { corpusFlags, withFlags } from './remedies.ts';

export const readFormats = [
  'columns',
  'conllu',
  'csv',
  'tsv',
  'jsonl',
  'json',
  'inline',
  'spans',
  'brat',
] as const satisfies readonly Format[];
/** Text or tokens only. */
export const rawFormats = ['text', 'lines', 'horizontal'] as const satisfies readonly Format[];
export const isRaw = (format: Format | undefined): boolean =>
  rawFormats.some((raw) => raw === format);
export const inputFormats = [...rawFormats, ...readFormats] as const satisfies readonly Format[];
export const outputFormats = [
  'columns',
  'conllu',
  'csv',
  'tsv',
  'jsonl',
  'json',
  'inline',
  'spans',
  'brat',
  'doccano',
  'prodigy',
  'label-studio',
  'html',
] as const satisfies readonly Format[];

/** A flag with one of several values. `%` in its description becomes the list of values. */
export const choice = (flags: string, about: string, choices: readonly string[]): Option =>
  new Option(flags, about.replace('%', choices.join(', '))).choices(choices);

export interface ColumnOptions {
  tokenColumn?: string;
  tagColumn?: string;
  featureColumn?: string;
  header?: boolean;
  comment?: string;
  encoding?: string;
  strictSpans?: boolean;
  labels?: string;
  text?: string;
}

export const whereFeatures = 'where the feature columns of the model are (default: as in training)';
export const featureOption = (about: string): Option =>
  new Option('--feature-column <column>', about);

export function addColumns(
  command: Command,
  { tag, header = true }: { tag: string; header?: boolean },
): void {
  command
    .option(
      '--token-column <column>',
      'column of the tokens: an index from 0, negative from the end, or a name such as form, a csv header or a key of JSON',
    )
    .option('--tag-column <column>', tag)
    .option(
      '--comment <prefix>',
      'columns, csv and tsv: what comment lines begin with, or none (default: # and a space or tab, unless the line is a token)',
    )
    .option('--strict-spans', 'refuse spans that overlap, or do not begin and end with a token')
    .option(
      '--labels <names>',
      'names of labels that are written as numbers, in their order: O,B-PER,I-PER, or a file with them',
    )
    .option(
      '--text <file>',
      'spans and brat: the text of the spans (default: the file that they name; x.txt for x.ann)',
    )
    .option('--encoding <name>', 'encoding of the input, such as latin1 (default: utf-8)');
  if (!header) return;
  command
    .addOption(new Option('--header', 'csv and tsv: the first row is a header').hideHelp())
    .option('--no-header', 'csv and tsv: whether the first row is a header (default: by content)');
}

/** A list of columns as `upos,xpos`, though it was given as `upos, xpos` in quotes. */
const withoutSpaces = (columns: string): string => columns.replace(/\s*,\s*/g, ',');

/** Options for the corpus reader. A key is absent if its flag was not given. */
export const readOptions = (
  {
    tokenColumn,
    tagColumn,
    featureColumn,
    header,
    comment,
    encoding,
    strictSpans,
    labels,
    text,
  }: ColumnOptions,
  format?: Format | undefined,
  context?: Pick<Context, 'say'>,
): ReadOptions => ({
  ...(comment !== undefined && { comment: comment === 'none' ? false : comment }),
  ...(encoding !== undefined && { encoding }),
  ...(strictSpans && { strictSpans }),
  ...(labels !== undefined && { labels: namesOfLabels(labels, tagColumn) }),
  ...(text !== undefined && { text: { file: text } }),
  ...(context && {
    onNote: (note: string) => context.say(`seqtag: ${withFlags(note, corpusFlags)}`),
  }),
  ...(format !== undefined && { format }),
  ...(tokenColumn !== undefined && { tokenColumn }),
  ...(tagColumn !== undefined && { tagColumn: withoutSpaces(tagColumn) }),
  ...(featureColumn !== undefined && { featureColumn: withoutSpaces(featureColumn) }),
  ...(header !== undefined && { header }),
});

/** The names of integer labels: a list, or what a file has. */
function namesOfLabels(value: string, tagColumn: string | undefined): readonly string[] {
  if (describeFile(value)?.kind === 'file')
    return labelNames(readTextFile(value), { file: value, key: tagColumn });
  if (value.includes(',')) return value.split(',');
  throw new UserError(
    `--labels ${value}: neither a file nor names with commas between them. Give O,B-PER,I-PER or a file of names.`,
    { code: 'SEQTAG_OPTION' },
  );
}

export interface OffsetOptions {
  offsets?: (typeof offsetUnits)[number];
}
const offsetUnits = ['utf-16', 'code-points'] as const;

export const offsetsOption = (): Option =>
  choice(
    '--offsets <unit>',
    'unit of the start and end of spans: % (default: utf-16)',
    offsetUnits,
  );

export interface ComputeOptions {
  engine?: EngineName;
  backend?: 'auto' | BackendKind;
  threads?: number;
  bfloat16?: boolean;
}

export function addCompute(command: Command): void {
  command
    .addOption(
      choice(
        '--backend <name>',
        'kernels to compute with: % (default: native if they were built, or wasm)',
        ['auto', 'native', 'wasm'],
      ),
    )
    .option('--threads <n>', 'number of threads (default: one for each core)', parseThreads)
    .option('--bfloat16', 'faster but less exact matrix products (processors with AMX)');
}

/** Adds `--engine`. */
export function addEngine(command: Command, context: Context): void {
  command
    .addOption(
      choice('--engine <name>', 'engine to compute with: % (default: builtin)', [
        'builtin',
        'tensorflow',
      ]),
    )
    .hook('preAction', async (_, action) => {
      const { engine, backend, bfloat16 } = action.opts<ComputeOptions>();
      if (engine === undefined || engine === 'builtin') return;
      if (backend !== undefined || bfloat16)
        throw new UserError(
          `--${backend === undefined ? 'bfloat16' : 'backend'} is for the built-in engine. Leave it out with --engine ${engine}.`,
          { code: 'SEQTAG_OPTION_CONFLICT' },
        );
      const { loadEngine } = await import('../network/engines.ts');
      context.createEngine = (await loadEngine(engine)).createEngine;
    });
}

export function computeOptions(
  { backend, threads, bfloat16 }: ComputeOptions,
  { say, createEngine }: Context,
): InnerComputeOptions {
  const warnings = new Set<string>();
  return {
    ...(backend !== undefined && { backend }),
    ...(threads !== undefined && { threads }),
    ...(bfloat16 && { products: 'bfloat16' as const }),
    ...(createEngine && { createEngine }),
    // Training opens several backends, which would all give the same warning.
    onWarning(warning) {
      if (!warnings.has(warning)) say(`seqtag: ${oneLine(withFlags(warning, corpusFlags))}`);
      warnings.add(warning);
    },
  };
}

function parseThreads(value: string): number {
  const threads = Number(value);
  if (/^\d+$/.test(value) && threads >= 1 && threads <= 256) return threads;
  throw new InvalidArgumentError('Expected a whole number from 1 to 256.');
}

export const modelOption = (more = ''): Option =>
  new Option('-m, --model <model>', `a model file, or a bundled model: ${bundledText}${more}`);

export interface BiasOptions {
  biasRecall?: RecallBias;
}

export const biasOption = (): Option =>
  new Option(
    '--bias-recall <x>',
    'penalty on O in nats, or on another tag as TAG=X: more recall, less precision (default: as trained)',
  ).argParser((value): RecallBias => {
    const bias = parseRecallBias(value);
    if (bias) return bias;
    throw new InvalidArgumentError('Expected a number from -100 to 100, or TAG=X.');
  });

/** Options for loading a model. */
export const taggerOptions = (
  flags: ComputeOptions & BiasOptions,
  context: Context,
): TaggerOptions => ({
  ...computeOptions(flags, context),
  ...(flags.biasRecall && { recallBias: flags.biasRecall }),
});

/** Checks a required flag. Commander would report it as missing before it reports a misspelt one. */
export function required<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new UserError(message, { code: 'SEQTAG_OPTION' });
  return value;
}

/** Adds `--color` and `--no-color`. */
export function addColor(command: Command, context: Context): void {
  command
    .addOption(new Option('--color').hideHelp())
    .option('--no-color', 'coloured output (default: on a terminal, unless NO_COLOR is set)')
    .hook('preAction', (_, action) => {
      context.color = action.opts<{ color?: boolean }>().color;
    });
}

/** Parses a fraction from 0 to 1, or a percentage above 1. */
export function parseFraction(value: string): number {
  const [, digits, sign] = /^(\d*\.?\d+|\d+\.)\s*(%?)$/.exec(value) ?? [];
  const x = Number(digits);
  const fraction = sign || x > 1 ? x / 100 : x;
  if (digits !== undefined && fraction <= 1) return fraction;
  throw new InvalidArgumentError('Expected a fraction from 0 to 1, or a percentage up to 100.');
}

/** Parses the number of tag sequences for `--n-best`. */
export function parseCount(value: string): number {
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= 100) return count;
  throw new InvalidArgumentError('Expected a whole number from 1 to 100.');
}
