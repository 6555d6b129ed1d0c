import { moduleOf, ticks } from '../cells/clockwork.ts';
import { cellOf } from '../cells/index.ts';
import { type Direction, directionsOf } from '../config.ts';
import { dropoutMaskName, padName, recurrentMaskName, truncationName, unpadName } from './names.ts';
import type { Pass } from './pass.ts';
import { recurrence } from './recurrence.ts';
import type { Tensor } from './tfjs.ts';

// The layers between x (N, D) and the heads.

/** The results of the hidden layers; each (N, its width). */
export interface Hidden {
  /** What the heads read. */
  readonly output: Tensor;
  /** The output of the first recurrent layer after dropout, which the language models read. */
  readonly first: Tensor;
}

/** Zeros (N, H) that are added to the hidden states of a direction of the top recurrent layer. */
export interface Probe {
  readonly direction: Direction;
  readonly zeros: Tensor;
}

export function hiddenLayers(pass: Pass, x: Tensor, probe?: Probe): Hidden {
  const { ops, config, parameter } = pass;
  const { tf } = ops;
  let output = x;
  let first: Tensor | undefined;
  let lower: Lower = {};
  for (let layer = 0; layer < config.layers; layer++) {
    const read = dropped(pass, output, layer);
    if (layer === 1) first = read;
    const isTop = layer === config.layers - 1;
    const found = recurrentLayer(pass, read, { layer, lower, probe: isTop ? probe : undefined });
    lower = found.states;
    output = layer === 0 ? found.value : connected(pass, { layer, from: read, to: found.value });
  }
  output = dropped(pass, output, config.layers);
  first ??= output;
  for (let layer = 0; layer < config.dense; layer++) {
    const name = `dense.${layer}`;
    output = tf.tanh(ops.affine(output, parameter(`${name}.weight`), parameter(`${name}.bias`)));
  }
  return { output, first };
}

/** Variational dropout (Gal & Ghahramani 2016): one mask for all tokens of a sentence. */
function dropped({ ops, has, input, sizes: { B } }: Pass, x: Tensor, place: number): Tensor {
  const name = dropoutMaskName(place);
  if (!has(name)) return x;
  const mask = ops.tf.reshape(input(name), [B, x.shape[1]!]);
  return ops.tf.mul(x, ops.tf.gather(mask, input('sentences')));
}

/** The cell states (T, B, H) of a layer that the next one reads. */
type Lower = Partial<Record<Direction, Tensor>>;

function recurrentLayer(
  pass: Pass,
  x: Tensor,
  { layer, lower, probe }: { layer: number; lower: Lower; probe: Probe | undefined },
): { value: Tensor; states: Lower } {
  const { ops, config, sizes, parameter, has, input } = pass;
  const { tf } = ops;
  const { hidden: H, layers } = config;
  const { N, B, T } = sizes;
  const cell = cellOf(config, layer);
  const isRead = layer + 1 < layers && cellOf(config, layer + 1).readsLowerState === true;
  const states: Lower = {};
  const outputs = directionsOf(config).map((direction, d) => {
    const [to, from] = [input(padName(direction)), input(unpadName(direction))];
    const padded = (packed: Tensor): Tensor =>
      tf.reshape(ops.permute(packed, to, from), [T, B, packed.shape[1]!]);
    const site = { layer, direction: d };
    const [mask, factors] = [recurrentMaskName(site), truncationName(site)];
    const { h, c } = recurrence(ops, padded(x), {
      ...{ cell, parameter, isRead },
      name: `${config.cell}.${layer}.${direction}`,
      mask: has(mask) ? tf.reshape(input(mask), [B, H]) : undefined,
      truncation: has(factors) ? padded(tf.reshape(input(factors), [N, 1])) : undefined,
      probe: probe?.direction === direction ? padded(probe.zeros) : undefined,
      lower: cell.readsLowerState ? lower[direction] : undefined,
      clocks: cell.clocked ? clocks(pass) : undefined,
    });
    if (c) states[direction] = c;
    return ops.permute(tf.reshape(h, [T * B, H]), from, to);
  });
  return { value: merged(pass, outputs), states };
}

function merged({ ops: { tf }, config }: Pass, outputs: readonly Tensor[]): Tensor {
  const [a, b] = outputs as [Tensor, Tensor | undefined];
  if (!b) return a;
  switch (config.merge) {
    case 'concat':
      return tf.concat([a, b], 1);
    case 'sum':
      return tf.add(a, b);
    case 'mean':
      return tf.mul(tf.add(a, b), 0.5);
    case 'product':
      return tf.mul(a, b);
  }
}

/** The residual or highway connection around a layer. */
function connected(
  { ops, config, parameter }: Pass,
  { layer, from, to }: { layer: number; from: Tensor; to: Tensor },
): Tensor {
  const { tf } = ops;
  switch (config.between) {
    case 'none':
      return to;
    case 'residual':
      return tf.add(from, to);
    case 'highway': {
      const name = `highway.${layer}`;
      const gate = ops.affine(from, parameter(`${name}.weight`), parameter(`${name}.bias`));
      return tf.add(from, tf.mul(tf.sigmoid(gate), tf.sub(to, from)));
    }
  }
}

/** Clockwork: which units are updated at each step (T, H), and which units are joined (H, H). */
function clocks({ ops: { tf }, config, sizes: { T } }: Pass): { ticks: Tensor; joined: Tensor } {
  const { hidden: H, periods } = config;
  const sizes = { H, modules: periods.length };
  const modules = Array.from({ length: H }, (_, unit) => moduleOf(unit, sizes));
  const updated = new Float32Array(T * H);
  for (let t = 0; t < T; t++) {
    const bits = ticks(t, periods);
    modules.forEach((module, unit) => {
      updated[t * H + unit] = (bits >> module) & 1;
    });
  }
  const joined = Float32Array.from({ length: H * H }, (_, i) =>
    modules[Math.floor(i / H)]! >= modules[i % H]! ? 1 : 0,
  );
  return {
    ticks: tf.tensor(updated, [T, H], 'float32'),
    joined: tf.tensor(joined, [H, H], 'float32'),
  };
}
