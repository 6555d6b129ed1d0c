import type { CellName } from './cells/index.ts';

/** The shape of a network: everything that fixes its parameters and what it computes. Sizes are counts of units or rows. */
export interface NetworkConfig {
  /** Rows of the word embedding, including that of the unknown word. */
  readonly words: number;
  readonly wordDim: number;
  readonly charEncoder: 'cnn' | 'lstm' | 'none';
  /** Rows of the character embedding. */
  readonly chars: number;
  readonly charDim: number;
  /** Characters that a filter sees; odd. */
  readonly charWidth: number;
  readonly charFilters: number;
  /** Units of each direction of the character LSTM. */
  readonly charHidden: number;
  /** Groups of features of a word's form; 0: no features. */
  readonly featureGroups: number;
  /** Rows of the feature embedding for each group. */
  readonly featureBuckets: number;
  readonly featureDim: number;
  /** Features of tokens apart from their form: groups, rows of their table, and its width. Default: none. */
  readonly tokenFeatures?: { readonly groups: number; readonly rows: number; readonly dim: number };
  readonly cell: CellName;
  /** Activation of the cell `rnn`. */
  readonly activation: 'tanh' | 'relu';
  /** Periods of the modules of the cell `clockwork`, rising. */
  readonly periods: readonly number[];
  /** Direction in which the recurrent layers read. With `forward` alone a tag does not depend on later tokens. */
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
  /** How tags are trained and chosen; see layers/decoders/. */
  readonly decoder: 'softmax' | 'crf' | 'constrained';
  /** Number of tags of each head. There is a head for each tag column. */
  readonly tags: readonly number[];
  /** Number of networks of this shape whose scores add up. An ensemble of more than one can only tag. */
  readonly members: number;
}

/** Values of the options that models of early versions do not have. */
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

/** Greatest number of tag columns of a model. */
export const MOST_HEADS = 16;

/** Greatest number of tags of a CRF. With more, its sums could leave the range of a float. */
export const MOST_CRF_TAGS = 2048;

/** Greatest number of networks in an ensemble. */
export const MOST_MEMBERS = 64;

/** Prefix of the names of a head's parameters. */
export const headName = (head: number): string => (head === 0 ? 'output' : `output.${head}`);
