import type { CellName } from './cells/index.ts';

/** The architecture of a network: it determines all parameters and computations. Sizes are numbers of units or rows. */
export interface NetworkConfig {
  /** Rows of the word embedding, including that of the unknown word. */
  readonly words: number;
  readonly wordDim: number;
  /** Width of the pretrained word vectors. Default: none. */
  readonly vectorDim?: number;
  readonly charEncoder: 'cnn' | 'lstm' | 'none';
  /** Rows of the character embedding. */
  readonly chars: number;
  readonly charDim: number;
  /** Width of a filter in characters; odd. */
  readonly charWidth: number;
  readonly charFilters: number;
  /** Units of each direction of the character LSTM. */
  readonly charHidden: number;
  /** Number of groups of word-form features; 0: no features. */
  readonly featureGroups: number;
  /** Rows of the feature embedding for each group. */
  readonly featureBuckets: number;
  readonly featureDim: number;
  /**
   * Token features other than the word form: number of groups, and rows and width of their embedding. Default: none.
   */
  readonly tokenFeatures?: { readonly groups: number; readonly rows: number; readonly dim: number };
  readonly cell: CellName;
  /** Activation of the cell `rnn`. */
  readonly activation: 'tanh' | 'relu';
  /** Periods of the modules of the cell `clockwork`, ascending. */
  readonly periods: readonly number[];
  /** Reading direction of the recurrent layers. With `forward`, a tag does not depend on later tokens. */
  readonly direction: 'both' | Direction;
  /** How the outputs of two directions are combined. */
  readonly merge: 'concat' | 'sum' | 'mean' | 'product';
  /** Number of recurrent layers. */
  readonly layers: number;
  /** Connection around each recurrent layer above the first. */
  readonly between: 'none' | 'residual' | 'highway';
  /** Units of each direction. */
  readonly hidden: number;
  /** Number of dense layers of `hidden` tanh units between the recurrent layers and the heads. */
  readonly dense: number;
  /** The loss and the choice of tags; see layers/decoders/. */
  readonly decoder: 'softmax' | 'crf' | 'constrained';
  /** Number of tags of each head. There is a head for each tag column. */
  readonly tags: readonly number[];
  /**
   * In training, a language model for each direction: the number of words that it tells apart, and the width of its
   * hidden layer. `merge` must be `concat`. Default: none.
   */
  readonly languageModel?: { readonly words: number; readonly dim: number };
  /** Number of networks of this shape whose scores are summed. An ensemble of more than one can only tag. */
  readonly members: number;
}

/** Values of options that are missing in models of early versions. */
export const plainBiLstm = {
  featureGroups: 0,
  featureBuckets: 1,
  featureDim: 1,
  cell: 'lstm',
  activation: 'tanh',
  periods: [1, 2, 4, 8],
  direction: 'both',
  merge: 'concat',
  between: 'none',
  dense: 0,
  decoder: 'softmax',
  members: 1,
} as const satisfies Partial<NetworkConfig>;

export type Direction = 'forward' | 'backward';

const both = ['forward', 'backward'] as const;
export const directionsOf = ({ direction }: NetworkConfig): readonly Direction[] =>
  direction === 'both' ? both : [direction];

/** Maximum number of tag columns of a model. */
export const MOST_HEADS = 16;

/** Maximum number of tags of a CRF. With more tags its sums could overflow a float. */
export const MOST_CRF_TAGS = 2048;

/** Maximum number of networks in an ensemble. */
export const MOST_MEMBERS = 64;

/** Prefix of the names of a head's parameters. */
export const headName = (head: number): string => (head === 0 ? 'output' : `output.${head}`);
