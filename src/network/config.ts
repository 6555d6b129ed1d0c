import { type Cell, type CellName, cellOf } from './cells/index.ts';
import { lstm } from './cells/lstm.ts';

/** The shape of a network: everything that fixes its parameters and what is computed. Sizes are counts of units or rows. */
export interface NetworkConfig {
  /** Rows of the word embedding, the unknown word's included. */
  readonly words: number;
  readonly wordDim: number;
  readonly charEncoder: 'cnn' | 'lstm' | 'none';
  /** Rows of the character embedding. */
  readonly chars: number;
  readonly charDim: number;
  /** Characters that a filter sees; odd. */
  readonly charWidth: number;
  readonly charFilters: number;
  /** Units of the character LSTM, a direction. */
  readonly charHidden: number;
  /** Groups of features of a word's form: so many bags has each type; 0 for none. */
  readonly featureGroups: number;
  /** Rows of the feature embedding for each group. */
  readonly featureBuckets: number;
  readonly featureDim: number;
  /** What tokens have besides their form: so many bags each, of rows of one table; left out: nothing. */
  readonly tokenFeatures?: { readonly groups: number; readonly rows: number; readonly dim: number };
  readonly cell: CellName;
  /** Of the cell `rnn`. */
  readonly activation: 'tanh' | 'relu';
  /** Of the modules of the cell `clockwork`, rising. */
  readonly periods: readonly number[];
  /** Which way the layers read; `forward` alone tags a token without seeing what follows. */
  readonly direction: 'both' | Direction;
  /** How two directions meet. */
  readonly merge: 'concat' | 'sum' | 'mean' | 'product';
  /** Stacked recurrent layers. */
  readonly layers: number;
  /** What a layer above the first does with its input x and output y: y; y + x; or a gate between them. */
  readonly between: 'none' | 'residual' | 'highway';
  /** Units a direction. */
  readonly hidden: number;
  /** Dense layers of `hidden` tanh units between the recurrent layers and the softmax layer. */
  readonly dense: number;
  /**
   * How tags are chosen: each token's best; the best path of a linear-chain CRF, trained as such; or the best path of
   * what a softmax gives over the links that the tags' scheme allows.
   */
  readonly decoder: 'softmax' | 'crf' | 'constrained';
  /** Tags of each head: a softmax layer for each column of tags that is learned. */
  readonly tags: readonly number[];
  /** Networks of this shape whose scores add up; more than one only tag. */
  readonly members: number;
}

/** What models were before there was a choice. */
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

/** Width of a word's character encoding. */
export function charSize(config: NetworkConfig): number {
  if (config.charEncoder === 'cnn') return config.charFilters;
  return config.charEncoder === 'lstm' ? 2 * config.charHidden : 0;
}

/** Width of a word's features. */
export const featureSize = ({ featureGroups, featureDim }: NetworkConfig): number =>
  featureGroups * featureDim;

/** Width of what a token has besides its form. */
export const tokenSize = ({ tokenFeatures }: NetworkConfig): number =>
  tokenFeatures ? tokenFeatures.groups * tokenFeatures.dim : 0;

/** Whether two directions meet otherwise than side by side. */
export const isMerged = ({ direction, merge }: NetworkConfig): boolean =>
  direction === 'both' && merge !== 'concat';

/** Width of what a recurrent layer gives. */
export const layerSize = (config: NetworkConfig): number =>
  config.direction === 'both' && config.merge === 'concat' ? 2 * config.hidden : config.hidden;

/** Width of what recurrent layer `layer` reads; of `layers`, what stands on the last of them. */
export const inputSize = (config: NetworkConfig, layer: number): number =>
  layer === 0
    ? config.wordDim + charSize(config) + featureSize(config) + tokenSize(config)
    : layerSize(config);

/** Widths of the inputs of the dense layers, and at last of the heads'. */
export const denseSizes = (config: NetworkConfig): number[] => [
  layerSize(config),
  ...Array.from({ length: config.dense }, () => config.hidden),
];

/** Columns of tags that one network learns at most. */
export const MOST_HEADS = 16;

/** Greatest number of tags of a CRF. With more, its sums could leave the range of a float. */
export const MOST_CRF_TAGS = 2048;

/** Networks of one ensemble at most. */
export const MOST_MEMBERS = 64;

/** By which the parameters of a head are called. */
export const headName = (head: number): string => (head === 0 ? 'output' : `output.${head}`);

export type Initialiser = 'embedding' | 'glorot' | 'orthogonal' | 'zero';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Initialiser;
  /** A matrix that enters a GEMM, as (K, N): it is kept packed as well. */
  readonly matrix?: readonly [K: number, N: number];
  /** Gates whose weights stand side by side in it: each is initialised for itself. */
  readonly gates?: number;
  /** The gate whose bias begins at `sign` times the forget bias. */
  readonly forget?: Cell['forget'];
  /** A clockwork's recurrent matrix: it is 0 for ever from units of faster modules to those of slower ones. */
  readonly modules?: number;
  /** What an ensemble has of it: a part of each member, to be summed, or one for all; left out: each member its own. */
  readonly inEnsemble?: 'summed' | 'shared';
}

/** By which the parameters of an ensemble's member are called. */
export const memberPrefix = (member: number): string => `member.${member}.`;

/**
 * Every parameter, in the order of its place in memory; `word.embedding`, whose gradient is sparse, comes first. Those
 * of an ensemble are its members', one after another, then what they share.
 */
export function parameterSpecs(config: NetworkConfig): ParameterSpec[] {
  const specs = networkSpecs(config);
  if (config.members === 1) return specs;
  const own = specs.filter(({ inEnsemble }) => inEnsemble !== 'shared');
  const all = Array.from({ length: config.members }, (_, member) =>
    own.map((spec) => ({ ...spec, name: memberPrefix(member) + spec.name })),
  );
  return [...all.flat(), ...specs.filter(({ inEnsemble }) => inEnsemble === 'shared')];
}

function networkSpecs(config: NetworkConfig): ParameterSpec[] {
  const { charDim, charWidth, charFilters, charHidden, hidden, layers, tags } = config;
  const specs: ParameterSpec[] = [
    { name: 'word.embedding', shape: [config.words, config.wordDim], init: 'embedding' },
  ];
  const matrix = (
    name: string,
    [K, N]: readonly [K: number, N: number],
    more: Partial<ParameterSpec> = {},
  ): void => {
    specs.push({ name, shape: [K, N], init: 'glorot', matrix: [K, N], ...more });
  };
  const vector = (name: string, size: number, more: Partial<ParameterSpec> = {}): void => {
    specs.push({ name, shape: [size], init: 'zero', ...more });
  };
  const recurrence = (name: string, cell: Cell, inputs: number, units: number): void => {
    const { gates, recurrent, peepholes = 0, reset, forget, clocked } = cell;
    matrix(`${name}.input`, [inputs, gates * units], { gates });
    matrix(`${name}.recurrent`, [units, recurrent * units], {
      init: 'orthogonal',
      gates: recurrent,
      ...(clocked && { modules: config.periods.length }),
    });
    if (reset) matrix(`${name}.candidate`, [units, units], { init: 'orthogonal', gates: 1 });
    vector(`${name}.bias`, gates * units, { gates, ...(forget && { forget }) });
    if (peepholes > 0)
      specs.push({ name: `${name}.peephole`, shape: [peepholes, units], init: 'zero' });
  };
  if (config.charEncoder !== 'none')
    specs.push({ name: 'char.embedding', shape: [config.chars, charDim], init: 'embedding' });
  if (config.charEncoder === 'cnn') {
    matrix('char.conv.kernel', [charDim, charWidth * charFilters], {
      shape: [charDim, charWidth, charFilters],
    });
    vector('char.conv.bias', charFilters);
  }
  if (config.charEncoder === 'lstm')
    for (const direction of ['forward', 'backward'])
      recurrence(`char.lstm.${direction}`, lstm, charDim, charHidden);
  if (config.featureGroups > 0)
    specs.push({
      name: 'feature.embedding',
      shape: [config.featureGroups * config.featureBuckets, config.featureDim],
      init: 'embedding',
    });
  if (config.tokenFeatures)
    specs.push({
      name: 'token.embedding',
      shape: [config.tokenFeatures.rows, config.tokenFeatures.dim],
      init: 'embedding',
    });
  for (let layer = 0; layer < layers; layer++) {
    for (const direction of directionsOf(config)) {
      const name = `${config.cell}.${layer}.${direction}`;
      recurrence(name, cellOf(config, layer), inputSize(config, layer), hidden);
    }
    if (config.between === 'highway' && layer > 0) {
      const width = layerSize(config);
      matrix(`highway.${layer}.weight`, [width, width]);
      // it begins by carrying its input on (Srivastava et al. 2015, section 2.2)
      vector(`highway.${layer}.bias`, width, { gates: 1, forget: { gate: 0, sign: -1 } });
    }
  }
  const widths = denseSizes(config);
  for (let i = 0; i < config.dense; i++) {
    matrix(`dense.${i}.weight`, [widths[i]!, hidden]);
    vector(`dense.${i}.bias`, hidden);
  }
  tags.forEach((size, head) => {
    const shared = { inEnsemble: 'shared' } as const;
    matrix(`${headName(head)}.weight`, [widths[config.dense]!, size], { inEnsemble: 'summed' });
    vector(`${headName(head)}.bias`, size, shared);
    if (config.decoder === 'crf') {
      specs.push({
        name: `${headName(head)}.transitions`,
        shape: [size, size],
        init: 'zero',
        ...shared,
      });
      vector(`${headName(head)}.start`, size, shared);
      vector(`${headName(head)}.end`, size, shared);
    }
  });
  return specs;
}

/** What `of` makes of 0 .. n - 1; `Array.from` takes many times as long, and a step lays out dozens of buffers. */
export function times<T>(n: number, of: (i: number) => T): T[] {
  const all: T[] = [];
  for (let i = 0; i < n; i++) all.push(of(i));
  return all;
}

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);
