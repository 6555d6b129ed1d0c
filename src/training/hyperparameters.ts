import { type FeatureName, featureNames } from '../corpus/features/features.ts';
import { UserError } from '../errors.ts';
import { cellNames } from '../network/cells/index.ts';
import { MOST_MEMBERS } from '../network/config.ts';
import type { Bptt } from '../network/engine.ts';
import { parseRecallBias, recallBiasText } from '../tagging/recall.ts';
import { parseTagWeights } from './tag-weights.ts';

interface Choice {
  readonly default: string;
  readonly choices: readonly string[];
  readonly about: string;
}
interface Quantity {
  readonly default: number;
  readonly least: number;
  readonly most: number;
  readonly whole?: true;
  readonly about: string;
}
interface Pattern {
  readonly default: string;
  /** The value as it is kept, or undefined for what is none. */
  readonly normalise: (value: string) => string | undefined;
  readonly expected: string;
  readonly about: string;
  /** As a flag it may be given several times: its values are joined by commas. */
  readonly repeatable?: true;
}
interface Switch {
  readonly default: boolean;
  readonly about: string;
}

const whole = (value: number, least: number, most: number, about: string): Quantity => ({
  default: value,
  least,
  most,
  whole: true,
  about,
});
const real = (value: number, least: number, most: number, about: string): Quantity => ({
  default: value,
  least,
  most,
  about,
});

/** `full`, `regular:K` or `random:P`. */
export function parseBptt(value: string): Bptt | undefined {
  if (value === 'full') return { kind: 'full' };
  const [, kind, text] = /^(regular|random):(.+)$/.exec(value) ?? [];
  const number = Number(text);
  if (kind === 'regular' && Number.isInteger(number) && number >= 1)
    return { kind, length: number };
  if (kind === 'random' && number >= 0 && number < 1) return { kind, probability: number };
  return undefined;
}

/** `norm:1`, `value:5` or `none`; a bare number is a norm, 0 none. */
export function parseClip(
  value: string,
): { kind: 'norm' | 'value'; limit: number } | { kind: 'none' } | undefined {
  if (value === 'none' || value === '0') return { kind: 'none' };
  const [, kind = 'norm', text] = /^(?:(norm|value):)?([\d.e+-]+)$/.exec(value) ?? [];
  const limit = Number(text);
  if (!(limit > 0 && limit <= 1e9)) return undefined;
  return { kind: kind as 'norm' | 'value', limit };
}

/** Names of groups of features, in their own order. */
export function parseFeatures(value: string): FeatureName[] | undefined {
  if (value === 'all') return [...featureNames];
  const names = value.split(',');
  const known = featureNames.filter((name) => names.includes(name));
  return known.length === names.length ? known : undefined;
}

/** Whole numbers, rising, from one to 31 of them: `1,2,4,8`. */
export function parsePeriods(value: string): number[] | undefined {
  const periods = value.split(',').map(Number);
  const isRising = periods.every(
    (period, i) => Number.isInteger(period) && period > (periods[i - 1] ?? 0),
  );
  return isRising && periods.length <= 31 ? periods : undefined;
}

/**
 * Every hyperparameter: its name is its key in a configuration file and, with dashes, its flag on the command line.
 * The defaults are what did best on development data (bench/README.md).
 */
export const hyperparameters = {
  recipe: {
    default: 'auto',
    choices: ['auto', 'pos', 'spans'],
    about: 'what to be good at, plain tags or spans (auto: by the tags); the defaults go by it',
  },
  wordDim: whole(100, 1, 4096, 'width of the word embedding'),
  freeze: { default: false, about: 'leave the word embedding as it begins' },
  keepVectors: whole(0, 0, 1e7, 'pretrained vectors of words beyond the corpus that are kept'),
  charEncoder: {
    default: 'cnn',
    choices: ['cnn', 'lstm', 'none'],
    about: 'how the characters of a word are read',
  },
  charDim: whole(30, 1, 4096, 'width of the character embedding'),
  charWidth: whole(3, 1, 99, 'characters that a filter of the cnn sees (odd)'),
  charFilters: whole(50, 1, 4096, 'filters of the cnn'),
  charHidden: whole(25, 1, 4096, 'units a direction of the character lstm'),
  features: {
    default: 'none',
    normalise: (value) => parseFeatures(value)?.join() ?? (value === 'none' ? value : undefined),
    expected: `none, all, or some of ${featureNames.join(',')}`,
    about: 'hashed features of the form of words',
  },
  featureBuckets: whole(4096, 1, 1e6, 'rows into which each group of features is hashed'),
  featureDim: whole(16, 1, 4096, 'width of the embedding of each group of features'),
  columnDim: whole(
    16,
    1,
    4096,
    'width of the embedding of each --feature-column, and of what --gazetteer finds',
  ),
  gazetteerDropout: real(
    0.4,
    0,
    1,
    'share of the phrases that a gazetteer finds which training overlooks, so as not to lean on it alone',
  ),
  cell: { default: 'lstm', choices: cellNames, about: 'recurrent cell' },
  activation: { default: 'tanh', choices: ['tanh', 'relu'], about: 'of the units of the cell rnn' },
  periods: {
    default: '1,2,4,8',
    normalise: (value) => parsePeriods(value)?.join(),
    expected: 'rising whole numbers such as 1,2,4,8',
    about: "of the modules of the cell clockwork: units move at multiples of their module's",
  },
  direction: {
    default: 'both',
    choices: ['both', 'forward', 'backward'],
    about: 'which way layers read (forward: a token is tagged without seeing what follows)',
  },
  merge: {
    default: 'concat',
    choices: ['concat', 'sum', 'mean', 'product'],
    about: 'how the two directions meet',
  },
  layers: whole(1, 1, 64, 'stacked recurrent layers'),
  residual: { default: false, about: 'add to what a layer above the first gives what it reads' },
  highway: { default: false, about: 'the same through a gate' },
  hidden: whole(100, 1, 16_384, 'units a direction of each layer'),
  dense: whole(0, 0, 64, 'dense layers of hidden tanh units before the softmax layer'),
  decoder: {
    default: 'softmax',
    choices: ['softmax', 'crf', 'constrained'],
    about: "how tags are chosen: each token's best, a CRF, or the best path that the scheme allows",
  },
  biasRecall: {
    default: '0',
    normalise: (value) => {
      const bias = parseRecallBias(value);
      return value === 'auto' ? value : bias && recallBiasText(bias);
    },
    expected: 'auto, a number of nats, or TAG=NATS',
    about:
      'nats taken from the score of O after training, or TAG=X of a tag: more spans are found, more of them wrong; auto: what dev F1 likes',
  },
  forgetBias: real(1, -100, 100, 'bias of the gate that keeps the past, at the start'),
  dropout: real(0.33, 0, 0.99, 'share dropped of what each layer reads, one mask a sentence'),
  outputDropout: real(0.5, 0, 0.99, 'share dropped of what the softmax layer reads'),
  recurrentDropout: real(0.25, 0, 0.99, 'share dropped of the hidden state in the recurrence'),
  wordDropout: real(0, 0, 0.99, 'share of words that train the unknown word'),
  charDropout: real(
    0,
    0,
    0.99,
    'share of characters that train the unknown character, drawn for each form in each quarter of a batch',
  ),
  unknownProbability: real(0.5, 0, 1, 'share of words seen once that train the unknown word'),
  minCount: whole(1, 1, 1e9, 'words seen less often are unknown'),
  lowercase: { default: true, about: 'fold the case of words (characters keep it)' },
  tagScheme: {
    default: 'auto',
    choices: ['auto', 'corpus', 'BIO', 'BIOES'],
    about: 'scheme in which span tags are trained (auto: BIOES)',
  },
  partial: {
    default: false,
    about:
      'tags of the corpora may be ? (unknown) or NN|VB (one of these), learned by what they tell',
  },
  tagWeight: {
    default: 'none',
    normalise: (value) => {
      const weights = [...(parseTagWeights(value) ?? [])].map(
        ([tag, weight]) => `${tag}=${weight}`,
      );
      return value === 'none' ? value : weights.join() || undefined;
    },
    expected: 'TAG=WEIGHT,..., each weight above 0, at most 1000',
    about:
      'TAG=WEIGHT,...: how much the loss of tokens of that tag, or type of span, counts; of a crf, by what the odds of wrong tags there are multiplied in training',
    repeatable: true,
  },
  labelSmoothing: real(
    0,
    0,
    0.99,
    "share of probability that gold labels give to the others (crf: in each token's own loss besides)",
  ),
  optimizer: {
    default: 'adam',
    choices: ['sgd', 'adam', 'adamw'],
    about: 'how weights are updated',
  },
  learningRate: real(3e-3, 1e-12, 100, 'step size at the start'),
  decay: real(0.05, 0, 100, 'inverse: the rate in epoch e is divided by 1 + decay * e'),
  plateauFactor: real(0.5, 0.01, 1, 'plateau: the rate is multiplied by it'),
  plateauPatience: whole(2, 1, 1e6, 'plateau: after so many epochs without a better dev score'),
  momentum: real(0.9, 0, 0.9999, "sgd's momentum, adam's beta1"),
  beta2: real(0.999, 0, 0.999999, "adam's beta2"),
  epsilon: real(1e-8, 1e-12, 1, "adam's epsilon"),
  weightDecay: real(0, 0, 1, 'decay of the dense weights (adamw, sgd)'),
  bptt: {
    default: 'full',
    normalise: (value) => (parseBptt(value) ? value : undefined),
    expected: 'full, regular:K (a whole number of tokens) or random:P (a probability)',
    about:
      'backpropagation through time: full, cut every K tokens, or each link cut with P, unbiased',
  },
  clip: {
    default: 'norm:5',
    normalise: (value) => {
      const clip = parseClip(value);
      return clip && (clip.kind === 'none' ? 'none' : `${clip.kind}:${clip.limit}`);
    },
    expected: 'norm:X, value:X or none',
    about: 'gradients are clipped to a global norm, or each element to a value',
  },
  batchSize: whole(0, 0, 8192, 'sentences an update (0: a hundredth of the corpus, from 4 to 32)'),
  accumulate: whole(
    1,
    1,
    1e6,
    'batches whose gradients are summed for an update: as one batch of so many times the size, in the memory of one',
  ),
  schedule: {
    default: 'inverse',
    choices: ['inverse', 'cosine', 'plateau', 'constant'],
    about: 'how the rate falls',
  },
  warmup: whole(0, 0, 1e9, 'updates over which the rate rises from 0'),
  averageEpochs: whole(5, 1, 1e6, 'epochs over which weights are averaged for tagging (1: none)'),
  epochs: whole(60, 1, 1e6, 'passes over the corpus at most'),
  patience: whole(8, 1, 1e6, 'epochs without a better dev score before it stops'),
  ensemble: whole(
    1,
    1,
    MOST_MEMBERS,
    'networks trained with seed, seed + 1, ... that tag together',
  ),
  refit: {
    default: false,
    about:
      'trains again at last, for as many epochs, on the development sentences too; without --dev it does unless --no-refit',
  },
  seed: whole(1, 0, 2 ** 31 - 1, 'of everything random'),
} satisfies Record<string, Choice | Quantity | Pattern | Switch>;

type Kinds = typeof hyperparameters;
export type HyperparameterName = keyof Kinds;
export type Hyperparameters = {
  readonly [K in HyperparameterName]: Kinds[K] extends Quantity
    ? number
    : Kinds[K] extends Choice | Pattern
      ? string
      : boolean;
};

export const hyperparameterNames = Object.keys(hyperparameters) as HyperparameterName[];

/** `learningRate` -> `learning-rate`. */
export const flagOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Hyperparameters that were asked for; a recipe gives the others. */
export type Settings = Partial<Hyperparameters>;

/**
 * What does best for a kind of tags where it is not what does best for the other (bench/README.md), given the tokens of
 * the corpus: more units pay only where there is enough to learn from.
 */
export const recipes = {
  pos: (tokens) => ({ features: featureNames.join(), hidden: tokens < 100_000 ? 100 : 200 }),
  spans: (_, { partial }) => ({
    // Of unknown tags only a CRF learns what the rules of the scheme tell.
    ...(partial ? { decoder: 'crf' } : { decoder: 'constrained', labelSmoothing: 0.2 }),
    biasRecall: 'auto',
    features: 'shape,case',
    charFilters: 100,
    charWidth: 5,
  }),
} satisfies Record<string, (tokens: number, asked: Settings) => Settings>;
export type RecipeName = keyof typeof recipes;

/** Every hyperparameter: as asked for, else as the recipe says for a corpus of `tokens`, else its default. */
export const completeSettings = (
  settings: Settings,
  recipe: RecipeName,
  tokens = 0,
): Hyperparameters =>
  ({ ...defaults, ...recipes[recipe](tokens, settings), ...settings }) as Hyperparameters;

const defaults = Object.fromEntries(
  hyperparameterNames.map((name) => [name, hyperparameters[name].default]),
);

/**
 * Fills in defaults, without regard to recipes, and checks names, kinds and ranges. Names may be written either way
 * (`learningRate`, `learning-rate`); values may be strings, as they come from a command line.
 * @param where what a message begins with, e.g. the configuration file
 */
export const checkHyperparameters = (
  given: Readonly<Record<string, unknown>>,
  where: string,
): Hyperparameters => ({ ...defaults, ...checkSettings(given, where) }) as Hyperparameters;

/** Checks what was given, as `checkHyperparameters` does, and fills in nothing. */
export function checkSettings(given: Readonly<Record<string, unknown>>, where: string): Settings {
  const settings: Record<string, unknown> = {};
  const names = new Map(
    hyperparameterNames.flatMap((name) => [
      [name as string, name] as const,
      [flagOf(name), name] as const,
    ]),
  );
  for (const [key, value] of Object.entries(given)) {
    const name = names.get(key);
    if (!name)
      throw new UserError(
        `${where}: no hyperparameter \`${key}\`. There are: ${hyperparameterNames.map(flagOf).join(', ')}.`,
      );
    settings[name] = checkValue(name, value, `${where}: ${flagOf(name)} ${String(value)}`);
  }
  const h = { ...defaults, ...settings } as Hyperparameters;
  if (h.charWidth % 2 === 0)
    throw new UserError(`${where}: char-width ${h.charWidth}: expected an odd number.`);
  if (h.optimizer === 'adam' && h.weightDecay !== 0)
    throw new UserError(`${where}: weight-decay: adam has none. Use optimizer adamw or sgd.`);
  if (h.residual && h.highway)
    throw new UserError(`${where}: residual and highway: one of the two.`);
  const modules = h.periods.split(',').length;
  if (h.cell === 'clockwork' && modules > h.hidden)
    throw new UserError(
      `${where}: ${modules} periods for ${h.hidden} units. Raise hidden or name fewer periods.`,
    );
  return settings as Settings;
}

function checkValue(name: HyperparameterName, value: unknown, where: string): unknown {
  const kind: Choice | Quantity | Pattern | Switch = hyperparameters[name];
  if ('choices' in kind) {
    if (!kind.choices.includes(value as string))
      throw new UserError(`${where}: expected one of ${kind.choices.join(', ')}.`);
    return value;
  }
  if ('normalise' in kind) {
    const kept = kind.normalise(String(value));
    if (kept === undefined) throw new UserError(`${where}: expected ${kind.expected}.`);
    return kept;
  }
  if (!('least' in kind)) {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw new UserError(`${where}: expected true or false.`);
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (
    typeof number !== 'number' ||
    !(number >= kind.least && number <= kind.most) ||
    (kind.whole && !Number.isInteger(number))
  )
    throw new UserError(
      `${where}: expected a ${kind.whole ? 'whole ' : ''}number from ${kind.least} to ${kind.most}.`,
    );
  return number;
}
