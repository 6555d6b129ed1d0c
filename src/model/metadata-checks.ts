import { featureNames } from '../corpus/features/features.ts';
import { groupsOf, rowsOf } from '../corpus/features/token-features.ts';
import { malformedKey } from '../corpus/lemmas/lexicon.ts';
import { parseScript } from '../corpus/lemmas/script.ts';
import type { Format } from '../corpus/sentence.ts';
import { schemes } from '../corpus/tags/scheme.ts';
import { cellNames } from '../network/cells/index.ts';
import { MOST_CRF_TAGS, MOST_HEADS, MOST_MEMBERS, type NetworkConfig } from '../network/config.ts';
import type { Description, TagColumnJson } from './metadata.ts';
import {
  anyOf,
  bool,
  type Check,
  choice,
  dictionary,
  fields,
  float,
  int,
  list,
  nothing,
  optional,
  problemText,
  string,
} from './schema.ts';

/** The JSON of a model file, not yet checked. */
export interface Parts {
  readonly config: unknown;
  readonly vocabulary: unknown;
  readonly tasks: unknown;
  readonly record: unknown;
}

/** Rows of `chars` that are no characters: unknown, beginning and end of a word. */
const BORDERS = 3;
const COUNT = int(0, Number.MAX_SAFE_INTEGER);
const WIDTH = int(1, 4096);
const WORDS = int(1, 1e7);
const MAX_TAGS = 65_536;

const configCheck = fields({
  words: WORDS,
  wordDim: WIDTH,
  vectorDim: optional(WIDTH),
  charEncoder: choice(['cnn', 'lstm', 'none']),
  chars: int(1, 2e6),
  charDim: WIDTH,
  charWidth: int(1, 99),
  charFilters: WIDTH,
  charHidden: WIDTH,
  featureGroups: int(0, featureNames.length),
  featureBuckets: int(1, 1e6),
  featureDim: WIDTH,
  tokenFeatures: optional(fields({ groups: int(1, 1000), rows: WORDS, dim: WIDTH })),
  cell: choice(cellNames),
  activation: choice(['tanh', 'relu']),
  periods: list(int(1, Number.MAX_SAFE_INTEGER), { least: 1, most: 31 }),
  direction: choice(['both', 'forward', 'backward']),
  merge: choice(['concat', 'sum', 'mean', 'product']),
  layers: int(1, 64),
  between: choice(['none', 'residual', 'highway']),
  hidden: int(1, 16_384),
  dense: int(0, 64),
  decoder: choice(['softmax', 'crf', 'constrained']),
  tags: list(int(1, MAX_TAGS), { least: 1, most: MOST_HEADS }),
  members: int(1, MOST_MEMBERS),
});

const column = anyOf(string, int(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));

const vocabularyCheck = (config: NetworkConfig): Check =>
  fields({
    words: list(string, exactly(config.words)),
    chars: list(string, exactly(config.chars)),
    tags: heads(config, (K) => list(string, exactly(K))),
    lowercase: bool,
    vectors: optional(fields({ dim: WIDTH })),
    features: optional(fields({ groups: list(choice(featureNames)), buckets: int(1, 1e6) })),
    tokenization: optional(
      fields({
        treatments: dictionary(choice(['keep', 'split'])),
        prefixes: list(string),
        abbreviations: list(string),
        unsplit: list(string),
        multiwordTokens: bool,
      }),
    ),
    tokenFeatures: optional(
      fields({
        columns: list(fields({ column, values: list(string) })),
        gazetteer: optional(fields({ types: list(string) })),
      }),
    ),
  });

const formats = [
  'columns',
  'conllu',
  'csv',
  'tsv',
  'horizontal',
  'inline',
  'text',
  'lines',
  'jsonl',
  'json',
] as const satisfies readonly Format[];

const tasksCheck = (config: NetworkConfig): Check =>
  heads(config, (K) =>
    fields({
      scheme: choice(schemes),
      trainedScheme: choice(schemes),
      lemmas: optional(bool),
      lexicon: optional(fields({ least: int(1, 1e6), words: dictionary(list(string)) })),
      examples: optional(list(string, { most: K })),
      notation: optional(
        fields({
          outside: string,
          affix: choice(['prefix', 'suffix']),
          lowercase: choice(['none', 'letters', 'all']),
          letters: dictionary(string),
        }),
      ),
      format: choice(formats),
      tokenColumn: optional(column),
      tagColumn: optional(column),
      extraLinks: optional(list(int(0, K * K + 2 * K - 1))),
    }),
  );

const scores = (config: NetworkConfig): Check =>
  heads(config, () =>
    fields({ accuracy: anyOf(float, nothing), f1: optional(anyOf(float, nothing)) }),
  );
const epochs = list(fields({ loss: float, score: float, norm: float, clipped: float }));
/** Norms; null stands for an infinite norm. */
const norms = optional(list(anyOf(float, nothing)));
const gradients = fields({ forward: norms, backward: norms });

function recordCheck(config: NetworkConfig): Check {
  const recallBias = optional(heads(config, () => float));
  const run = {
    seed: COUNT,
    bestEpoch: COUNT,
    epochs,
    dev: scores(config),
    test: optional(scores(config)),
    recallBias,
  };
  return fields({
    ...run,
    seqtag: string,
    command: string,
    about: optional(
      fields({
        description: optional(string),
        licence: optional(string),
        attribution: optional(list(string)),
      }),
    ),
    kernels: string,
    corpora: list(
      fields({
        role: choice(['train', 'dev', 'test', 'raw']),
        file: string,
        sha256: string,
        sentences: COUNT,
        tokens: COUNT,
      }),
    ),
    gazetteers: optional(list(fields({ file: string, sha256: string, entries: COUNT }))),
    hyperparameters: dictionary(anyOf(string, float, bool)),
    recipe: optional(
      fields({ name: string, settings: dictionary(anyOf(string, float, bool)), reason: string }),
    ),
    refit: optional(fields({ sentences: COUNT, tokens: COUNT })),
    recallTag: optional(string),
    teacher: optional(fields({ file: string, sha256: string, weight: float })),
    init: optional(fields({ file: string, sha256: string })),
    members: optional(list(fields(run), { least: 1, most: MOST_MEMBERS })),
    gradients: optional(fields({ initial: gradients, trained: gradients })),
  });
}

const exactly = (n: number): { least: number; most: number } => ({ least: n, most: n });

/** A list with one item for each head of K tags. */
const heads =
  ({ tags }: NetworkConfig, check: (K: number) => Check): Check =>
  (value) => {
    const whole = list(() => undefined, exactly(tags.length))(value);
    if (whole) return whole;
    for (const [i, K] of tags.entries()) {
      const problem = check(K)((value as unknown[])[i]);
      if (problem) return { ...problem, path: `[${i}]${problem.path}` };
    }
    return undefined;
  };

/** The first problem in the JSON of a model file; undefined if there is none. */
export const findProblem = (parts: Parts): string | undefined =>
  findNetworkProblem(parts) ??
  problemOf('record', parts, recordCheck(parts.config as NetworkConfig)) ??
  findFalseRecord(parts as unknown as Description);

/** As `findProblem`, without the training record. */
export function findNetworkProblem(parts: Omit<Parts, 'record'>): string | undefined {
  const ofConfig = problemOf('config', parts, configCheck);
  if (ofConfig !== undefined) return ofConfig;
  const config = parts.config as NetworkConfig;
  return (
    problemOf('vocabulary', parts, vocabularyCheck(config)) ??
    problemOf('tasks', parts, tasksCheck(config)) ??
    findContradiction(parts as Omit<Description, 'tagColumns'> & { tasks: TagColumnJson[] })
  );
}

function problemOf<K extends keyof Parts>(
  name: K,
  parts: Pick<Parts, K>,
  check: Check,
): string | undefined {
  const problem = check(parts[name]);
  return problem && problemText(name, problem);
}

/** Describes a contradiction between valid fields; undefined if there is none. */
function findContradiction({
  config,
  vocabulary,
  tasks,
}: Pick<Description, 'config' | 'vocabulary'> & {
  tasks: readonly TagColumnJson[];
}): string | undefined {
  if (config.charWidth % 2 === 0)
    return `config.charWidth is ${config.charWidth}, expected an odd number`;
  if (config.periods.some((period, i) => i > 0 && period <= config.periods[i - 1]!))
    return `config.periods is ${JSON.stringify(config.periods)}, expected rising numbers`;
  const transitions = config.tags.reduce((sum, K) => sum + K ** 2, 0);
  if (config.decoder !== 'softmax' && transitions > MOST_CRF_TAGS ** 2)
    return `config.tags has more than ${MOST_CRF_TAGS} tags, too many for its decoder`;
  const { groups, buckets } = vocabulary.features ?? {};
  if (
    (groups?.length ?? 0) !== config.featureGroups ||
    (buckets ?? config.featureBuckets) !== config.featureBuckets
  )
    return 'config and vocabulary differ about the hashed features';
  const { tokenFeatures } = vocabulary;
  if (
    config.tokenFeatures?.groups !== (tokenFeatures && groupsOf(tokenFeatures)) ||
    config.tokenFeatures?.rows !== (tokenFeatures && rowsOf(tokenFeatures))
  )
    return 'config and vocabulary differ about the features of tokens';
  if (config.vectorDim !== vocabulary.vectors?.dim)
    return 'config and vocabulary differ about the word vectors';
  const twice = findRepeated(vocabulary);
  if (twice !== undefined) return twice;
  for (const [c, { scheme, trainedScheme, lemmas, lexicon }] of tasks.entries()) {
    if ((scheme === 'none') !== (trainedScheme === 'none'))
      return `tasks has ${trainedScheme} for tags in ${scheme}, expected none for none`;
    if (!lemmas && !lexicon) continue;
    const key = lexicon && malformedKey(lexicon, vocabulary.tags[c]!.length);
    if (key !== undefined)
      return `tasks[${c}].lexicon has ${JSON.stringify(key.slice(0, 60))}, expected indices of edit scripts`;
    if (scheme !== 'none') return `tasks has lemmas in ${scheme}, expected none`;
    const malformed = vocabulary.tags[c]!.find((tag) => !parseScript(tag));
    if (malformed !== undefined)
      return `vocabulary.tags[${c}] has ${JSON.stringify(malformed.slice(0, 60))}, expected an edit script such as "lower *-1"`;
  }
  return undefined;
}

/** Describes an item that a list of the vocabulary has twice, or a character that is none. */
function findRepeated({
  words,
  chars,
  tags,
  tokenFeatures,
}: Description['vocabulary']): string | undefined {
  const lists: [string, readonly string[]][] = [
    ['words', words],
    ['chars', chars.slice(BORDERS)],
    ...tags.map((list, c): [string, readonly string[]] => [`tags[${c}]`, list]),
    ...(tokenFeatures?.columns ?? []).map(({ values }, c): [string, readonly string[]] => [
      `tokenFeatures.columns[${c}].values`,
      values,
    ]),
  ];
  for (const [name, list] of lists) {
    if (new Set(list).size === list.length) continue;
    const seen = new Set<string>();
    const item = list.find((one) => seen.size === seen.add(one).size)!;
    return `vocabulary.${name} has ${JSON.stringify(item.slice(0, 60))} twice`;
  }
  return undefined;
}

/** The training record against the configuration. */
function findFalseRecord({ config, record }: Description): string | undefined {
  const { members, gradients } = record;
  if (members && members.length !== config.members)
    return `record.members has ${members.length} networks, but config.members is ${config.members}`;
  for (const direction of ['forward', 'backward'] as const)
    if (gradients?.initial[direction]?.length !== gradients?.trained[direction]?.length)
      return 'record.gradients has profiles of unequal lengths';
  return undefined;
}
