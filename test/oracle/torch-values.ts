import { readFileSync } from 'node:fs';
import { toFloat64 } from './arrays.ts';
import type { CellChoice } from './cells.ts';
import type { Tolerance } from './close.ts';
import type { Direction, Merge } from './layer.ts';

/** Two float64 programs that add in different orders. */
export const ROUNDING: Tolerance = { abs: 1e-12, rel: 1e-11 };

interface Lstm<A> {
  W: A;
  U: A;
  b: A;
}
interface AnyCell<A> extends Lstm<A> {
  peephole?: A;
  candidate?: A;
}
interface BiLstm<A> {
  forward: Lstm<A>;
  backward: Lstm<A>;
}
interface Words<A> {
  ids: A;
  starts: A;
}
interface CharConvolution<A> {
  width: number;
  embedding: A;
  kernel: A;
  bias: A;
}
interface CharLstm<A> extends BiLstm<A> {
  embedding: A;
}
interface OptimizerCase<A, Options> {
  name: string;
  options: Options;
  initial: A;
  /** Gradient of each step, and the weights after it. */
  g: A[];
  w: A[];
}
interface TaggerGradients<A> {
  table: A;
  encoder?: CharConvolution<A> | CharLstm<A>;
  layers: BiLstm<A>[];
  dense: { W: A; b: A };
}

/** What test/fixtures/torch_values.py writes, with `A` for its lists of numbers. */
interface Values<A> {
  torch: string;
  lstm: {
    lengths: number[];
    D: number;
    H: number;
    x: A;
    layers: BiLstm<A>[];
    y: A;
    hLast: A;
    cLast: A;
    dy: A;
    dx: A;
    gradients: BiLstm<A>[];
  }[];
  maskedLstm: {
    lengths: number[];
    reverse: boolean;
    x: A;
    mask: A;
    weights: Lstm<A>;
    h: A;
    dh: A;
    dx: A;
    gradients: Lstm<A>;
  }[];
  convolution: {
    words: Words<A>;
    weights: CharConvolution<A>;
    y: A;
    dy: A;
    gradients: CharConvolution<A>;
  }[];
  charLstm: { words: Words<A>; weights: CharLstm<A>; y: A; dy: A; gradients: CharLstm<A> }[];
  cells: {
    cell: CellChoice['cell'];
    activation: 'tanh' | 'relu';
    periods: A;
    lengths: number[];
    reverse: boolean;
    x: A;
    mask: A;
    links: A;
    weights: AnyCell<A>;
    h: A;
    dh: A;
    dx: A;
    gradients: AnyCell<A>;
    /** Of cells that have one; of those that see one below. */
    c?: A;
    dc?: A;
    below?: A;
    dbelow?: A;
  }[];
  rnn: {
    activation: 'tanh' | 'relu';
    lengths: number[];
    x: A;
    layers: BiLstm<A>[];
    y: A;
    dy: A;
    dx: A;
    gradients: BiLstm<A>[];
  }[];
  networks: {
    cell: CellChoice['cell'];
    activation: 'tanh' | 'relu';
    periods: A;
    direction: 'both' | Direction;
    merge: Merge;
    between: 'none' | 'residual' | 'highway';
    layerCount: number;
    dense: number;
    lengths: number[];
    V: number;
    D: number;
    H: number;
    K: number;
    ids: A;
    gold: A;
    masks: { input: A; forward?: A; backward?: A }[];
    outputMask: A;
    links: { forward?: A; backward?: A }[];
    /** As `namedArrays` calls them. */
    parameters: Record<string, A>;
    logits: A;
    loss: number;
    gradients: Record<string, A>;
  }[];
  crossEntropy: { logits: A; gold: A; smoothing: number; loss: number; dlogits: A }[];
  clip: { maxNorm: number; gradients: A[]; norm: number; clipped: A[] }[];
  sgd: OptimizerCase<A, { lr: number; momentum: number }>[];
  adam: OptimizerCase<
    A,
    { lr: number; beta1?: number; beta2?: number; epsilon: number; decay?: number }
  >[];
  sparseAdam: { lr: number; D: number; initial: A; rows: A[]; g: A[]; w: A[] };
  tagger: (TaggerGradients<A> & {
    kind: 'none' | 'convolution' | 'lstm';
    lengths: number[];
    words: A;
    gold: A;
    characters: Words<A> | null;
    smoothing: number;
    D: number;
    masks: { input: A; forward?: A; backward?: A }[];
    outputMask: A;
    logits: A;
    loss: number;
    gradients: TaggerGradients<A>;
  })[];
}

/** Every list of numbers in the file becomes a Float64Array, `lengths` apart. */
export const torchValues = JSON.parse(
  readFileSync(new URL('../fixtures/torch_values.json', import.meta.url), 'utf8'),
  (key, value) =>
    key !== 'lengths' && Array.isArray(value) && value.every((v) => typeof v === 'number')
      ? toFloat64(value)
      : value,
) as Values<Float64Array>;
