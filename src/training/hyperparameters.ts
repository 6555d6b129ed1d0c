import { featureNames } from '../corpus/features/features.ts';
import { cellNames } from '../network/cells/index.ts';
import { MOST_MEMBERS } from '../network/config.ts';
import { integer, type NumberOption, real } from '../option-values.ts';
import { parseRecallBias, recallBiasText } from '../tagging/recall.ts';
import { parseBptt, parseClip, parseFeatures, parsePeriods } from './hyperparameter-values.ts';
import { parseTagWeights } from './tag-weights.ts';

/** A hyperparameter whose value is one of a few names. */
interface ChoiceOption {
  readonly default: string;
  readonly choices: readonly string[];
  readonly help: string;
}

/** A hyperparameter whose value is text of a certain form. */
interface TextOption {
  readonly default: string;
  /** The canonical form of a value; undefined if the text does not have the expected form. */
  readonly normalise: (text: string) => string | undefined;
  /** The expected form, for error messages. */
  readonly expected: string;
  readonly help: string;
  /** The flag may be repeated. Its values are then joined by commas. */
  readonly repeatable?: true;
}

/** A hyperparameter that is on or off. */
interface SwitchOption {
  readonly default: boolean;
  readonly help: string;
}

export type HyperparameterOption = ChoiceOption | NumberOption | TextOption | SwitchOption;

const WIDTH = [1, 4096] as const;
const DROPOUT = [0, 0.99] as const;
const LAYERS = [0, 64] as const;
const COUNT = [1, 1e6] as const;

/**
 * All hyperparameters: default, range and help text. The name is the key in a configuration file and, written with
 * dashes, the flag on the command line. The defaults were best on development data (bench/README.md). `recipes` has the
 * defaults that depend on the kind of tags. Model files list hyperparameters in this order.
 */
export const hyperparameters = {
  recipe: {
    default: 'auto',
    choices: ['auto', 'pos', 'spans', 'chunks'],
    help: 'kind of tags that the defaults are for; auto is decided by the corpus',
  },

  // Words and characters
  wordDim: integer(100, WIDTH, 'word embedding dimension'),
  freeze: {
    default: false,
    help: 'frozen learned word embeddings, which keep their random initial values',
  },
  ownVectors: integer(
    0,
    [0, 1000],
    'epochs of learning word vectors from the text of the corpus before the network; 0 for none, as with pretrained vectors',
  ),
  keepVectors: integer(
    100_000,
    [0, 1e7],
    'pretrained vectors kept from the beginning of their file, for words that are not in the corpus',
  ),
  vectorBits: {
    default: '8',
    normalise: (text) => (text === '8' || text === '16' ? text : undefined),
    expected: '8 or 16',
    help: 'bits of each number of the pretrained vectors: 8 or 16',
  },
  charEncoder: {
    default: 'cnn',
    choices: ['cnn', 'lstm', 'none'],
    help: 'character encoder of words',
  },
  charDim: integer(30, WIDTH, 'character embedding dimension'),
  charWidth: integer(3, [1, 99], 'filter width of the character CNN: an odd number of characters'),
  charFilters: integer(50, WIDTH, 'number of filters of the character CNN'),
  charHidden: integer(25, WIDTH, 'units per direction of the character LSTM'),

  // Features
  features: {
    default: 'none',
    normalise: (text) => parseFeatures(text)?.join() ?? (text === 'none' ? text : undefined),
    expected: `none, all, or some of ${featureNames.join(',')}`,
    help: `hashed word features: none, all, or some of ${featureNames.join(',')}`,
  },
  featureBuckets: integer(4096, [1, 1e6], 'hash buckets per word feature'),
  featureDim: integer(16, WIDTH, 'embedding dimension per word feature'),
  columnDim: integer(16, WIDTH, 'embedding dimension per feature column and gazetteer type'),
  gazetteerDropout: real(
    0.4,
    [0, 1],
    'probability that training ignores a gazetteer match, so that the network does not rely on gazetteers',
  ),

  // Recurrent layers
  cell: { default: 'lstm', choices: cellNames, help: 'recurrent cell' },
  activation: {
    default: 'tanh',
    choices: ['tanh', 'relu'],
    help: 'activation function of the rnn cell',
  },
  periods: {
    default: '1,2,4,8',
    normalise: (text) => parsePeriods(text)?.join(),
    expected: 'rising whole numbers such as 1,2,4,8',
    help: 'periods of the modules of the clockwork cell, in tokens',
  },
  direction: {
    default: 'both',
    choices: ['both', 'forward', 'backward'],
    help: 'reading direction; with forward, a tag does not depend on later tokens',
  },
  merge: {
    default: 'concat',
    choices: ['concat', 'sum', 'mean', 'product'],
    help: 'combination of the two directions',
  },
  layers: integer(1, [1, 64], 'number of stacked recurrent layers'),
  residual: {
    default: false,
    help: 'residual connections around all recurrent layers but the first',
  },
  highway: {
    default: false,
    help: 'highway (gated) connections around all recurrent layers but the first',
  },
  hidden: integer(100, [1, 16_384], 'units per direction of each recurrent layer'),

  // Output
  dense: integer(0, LAYERS, 'number of dense tanh layers before the output layer'),
  decoder: {
    default: 'softmax',
    choices: ['softmax', 'crf', 'constrained'],
    help: 'decoder: best tag of each token, CRF, or best sequence that the tag scheme allows',
  },
  biasRecall: {
    default: '0',
    normalise: (text) => {
      const bias = parseRecallBias(text);
      return text === 'auto' ? text : bias && recallBiasText(bias);
    },
    expected: 'auto, a number of nats, or TAG=NATS',
    help: 'penalty on the score of O, or of another tag as TAG=X, in nats: more recall, less precision; auto is tuned on dev',
  },
  forgetBias: real(1, [-100, 100], 'initial bias of the forget gate'),

  // Language model
  lmWeight: real(
    0,
    [0, 100],
    'weight of the loss of a language model that is trained beside the tagger and then dropped; 0 for none',
  ),
  lmWords: integer(
    5000,
    [1, 100_000],
    'number of frequent words that the language model tells apart',
  ),
  lmDim: integer(50, WIDTH, 'units of the hidden layer of the language model'),

  // Regularisation and vocabulary
  dropout: real(0.33, DROPOUT, "fraction of units dropped from each layer's input, by sentence"),
  outputDropout: real(0.5, DROPOUT, "fraction of units dropped from the output layer's input"),
  recurrentDropout: real(0.25, DROPOUT, 'fraction of units dropped from the recurrent state'),
  wordDropout: real(0, DROPOUT, 'probability that training replaces a word by the unknown word'),
  charDropout: real(
    0,
    DROPOUT,
    'probability that training replaces a character by the unknown character',
  ),
  unknownProbability: real(
    0.5,
    [0, 1],
    'probability that training replaces a word of count 1 by the unknown word',
  ),
  minCount: integer(1, [1, 1e9], 'minimum word count; rarer words are treated as unknown'),
  lowercase: { default: true, help: 'case folding of words; the character encoder sees the case' },

  // Tags
  tagScheme: {
    default: 'auto',
    choices: ['auto', 'corpus', 'BIO', 'BIOES'],
    help: 'tag scheme for training on spans; auto is BIOES',
  },
  partial: {
    default: false,
    help: 'partial labels: a tag may be ? (unknown) or NN|VB (one of these)',
  },
  tagWeight: {
    default: 'none',
    normalise: (text) => {
      const weights = [...(parseTagWeights(text) ?? [])].map(([tag, weight]) => `${tag}=${weight}`);
      return text === 'none' ? text : weights.join() || undefined;
    },
    expected: 'TAG=WEIGHT,..., each weight above 0, at most 1000',
    help: 'loss weights of tags or span types, as TAG=WEIGHT,...; with a CRF, factors on the odds of wrong tags',
    repeatable: true,
  },
  labelSmoothing: real(0, DROPOUT, 'label smoothing: probability moved from gold to other tags'),

  // Optimisation
  optimizer: { default: 'adam', choices: ['sgd', 'adam', 'adamw'], help: 'optimizer' },
  learningRate: real(3e-3, [1e-12, 100], 'initial learning rate'),
  decay: real(
    0.05,
    [0, 100],
    'decay of the inverse schedule: division of the learning rate by 1 + decay × epoch',
  ),
  plateauFactor: real(0.5, [0.01, 1], 'factor of the plateau schedule on the learning rate'),
  plateauPatience: integer(
    2,
    COUNT,
    'epochs without a better dev score before the plateau schedule lowers the learning rate',
  ),
  momentum: real(0.9, [0, 0.9999], 'momentum of sgd, beta1 of adam and adamw'),
  beta2: real(0.999, [0, 0.999999], 'beta2 of adam and adamw'),
  epsilon: real(1e-8, [1e-12, 1], 'epsilon of adam and adamw'),
  weightDecay: real(0, [0, 1], 'weight decay of all parameters but embeddings, for adamw and sgd'),
  bptt: {
    default: 'full',
    normalise: (text) => (parseBptt(text) ? text : undefined),
    expected: 'full, regular:K (a whole number of tokens) or random:P (a probability)',
    help: 'truncation of backpropagation through time: full (none), regular:K (every K tokens), or random:P (after each token with probability P, unbiased)',
  },
  clip: {
    default: 'norm:5',
    normalise: (text) => {
      const clip = parseClip(text);
      return clip && (clip.kind === 'none' ? 'none' : `${clip.kind}:${clip.limit}`);
    },
    expected: 'norm:X, value:X or none',
    help: 'gradient clipping by global norm (norm:X) or by element (value:X), or none',
  },
  batchSize: integer(0, [0, 8192], 'sentences per batch; 0 for 1 % of the corpus, from 4 to 32'),
  accumulate: integer(1, COUNT, 'gradient accumulation: batches per update'),
  schedule: {
    default: 'inverse',
    choices: ['inverse', 'cosine', 'plateau', 'constant'],
    help: 'learning rate schedule',
  },
  warmup: integer(0, [0, 1e9], 'learning rate warm-up from 0, in updates'),
  averageEpochs: integer(5, COUNT, 'weight averaging: epochs in the average; 1 for none'),
  epochs: integer(60, COUNT, 'maximum number of epochs'),
  patience: integer(8, COUNT, 'early stopping: epochs without a better dev score'),

  // Runs
  ensemble: integer(
    1,
    [1, MOST_MEMBERS],
    'ensemble size: networks trained with seed, seed + 1, ...',
  ),
  refit: {
    default: false,
    help: 'final training on the development sentences too, for as many epochs as were best; on by default if they are held out',
  },
  seed: integer(1, [0, 2 ** 31 - 1], 'random seed'),
} satisfies Record<string, HyperparameterOption>;

type Table = typeof hyperparameters;
export type HyperparameterName = keyof Table;
export type Hyperparameters = {
  readonly [K in HyperparameterName]: Table[K] extends NumberOption
    ? number
    : Table[K] extends ChoiceOption | TextOption
      ? string
      : boolean;
};

/** The hyperparameters that were given; recipes and defaults supply the others. */
export type Settings = Partial<Hyperparameters>;

export const hyperparameterNames = Object.keys(hyperparameters) as HyperparameterName[];

export const defaultHyperparameters = Object.fromEntries(
  hyperparameterNames.map((name) => [name, hyperparameters[name].default]),
) as Hyperparameters;
