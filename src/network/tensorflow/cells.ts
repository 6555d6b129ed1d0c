import type { Cell } from '../cells/cell.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

// The equations of the recurrent cells, for one step of a batch. They are those of kernels/layers/cells/.

/** What a cell reads at a step; each (B, H) unless stated. */
export interface StepInput {
  /** (B, G H) Pre-activations without the recurrent product. */
  readonly pre: Tensor;
  /** (B, R H) The recurrent product. */
  readonly product: Tensor;
  readonly h: Tensor;
  /** The previous h under dropout. */
  readonly masked: Tensor;
  readonly c: Tensor;
  /** Peephole vectors (H). */
  readonly peepholes: readonly Tensor[];
  /** GRU: (H, H). */
  readonly candidate: Tensor | undefined;
  /** The cell state of the lower layer. */
  readonly lower: Tensor | undefined;
  /** Clockwork: 1 for the units that are updated, else 0. */
  readonly ticks: Tensor | undefined;
}

export interface State {
  readonly h: Tensor;
  readonly c: Tensor;
}

type Step = (tf: Tfjs, input: StepInput) => State;

const gates = (tf: Tfjs, { pre, product }: StepInput, count: number): Tensor[] =>
  tf.split(tf.add(pre, product), count, 1);

const lstm: Step = (tf, input) => {
  const [i, f, g, o] = gates(tf, input, 4) as [Tensor, Tensor, Tensor, Tensor];
  const c = tf.add(tf.mul(tf.sigmoid(f), input.c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return { h: tf.mul(tf.sigmoid(o), tf.tanh(c)), c };
};

/** Also the depth-gated LSTM, if there is a lower cell state. */
const peephole: Step = (tf, { pre, product, c: past, peepholes, lower }) => {
  const [toI, toF, toO, toD, lowerToD] = peepholes as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const parts = tf.split(pre, lower ? 5 : 4, 1);
  const [i, f, g, o] = tf.split(product, 4, 1).map((part, gate) => tf.add(part, parts[gate]!)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const gate = (x: Tensor, ...from: [c: Tensor, weights: Tensor][]): Tensor =>
    tf.sigmoid(from.reduce((sum, [c, weights]) => tf.add(sum, tf.mul(c, weights)), x));
  let c = tf.add(tf.mul(gate(f, [past, toF]), past), tf.mul(gate(i, [past, toI]), tf.tanh(g)));
  if (lower) c = tf.add(c, tf.mul(gate(parts[4]!, [past, toD], [lower, lowerToD]), lower));
  return { h: tf.mul(gate(o, [c, toO]), tf.tanh(c)), c };
};

const coupled: Step = (tf, input) => {
  const [i, g, o] = gates(tf, input, 3) as [Tensor, Tensor, Tensor];
  const enters = tf.sigmoid(i);
  const c = tf.add(input.c, tf.mul(enters, tf.sub(tf.tanh(g), input.c)));
  return { h: tf.mul(tf.sigmoid(o), tf.tanh(c)), c };
};

const gru: Step = (tf, { pre, product, h, masked, candidate }) => {
  const [preZ, preR, preN] = tf.split(pre, 3, 1) as [Tensor, Tensor, Tensor];
  const [productZ, productR] = tf.split(product, 2, 1) as [Tensor, Tensor];
  const z = tf.sigmoid(tf.add(preZ, productZ));
  const r = tf.sigmoid(tf.add(preR, productR));
  const n = tf.tanh(tf.add(preN, tf.matMul(tf.mul(r, masked), candidate!)));
  const next = tf.add(n, tf.mul(z, tf.sub(h, n)));
  return { h: next, c: next };
};

const rnn =
  (activation: 'tanh' | 'relu'): Step =>
  (tf, { pre, product }) => {
    const h = tf[activation](tf.add(pre, product));
    return { h, c: h };
  };

const clockwork: Step = (tf, { pre, product, h, ticks }) => {
  const active = tf.tanh(tf.add(pre, product));
  const next = tf.add(h, tf.mul(ticks!, tf.sub(active, h)));
  return { h: next, c: next };
};

/** By the name of the cell's kernels. */
export const steps: Readonly<Record<Cell['kernels'], Step>> = {
  lstm,
  peephole,
  depth_gated: peephole,
  coupled,
  gru,
  rnn_tanh: rnn('tanh'),
  rnn_relu: rnn('relu'),
  clockwork,
};
