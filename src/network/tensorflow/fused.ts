import type { Cell } from '../cells/cell.ts';
import type { Ops } from './ops.ts';
import type { RecurrenceOptions } from './recurrence.ts';
import type { Attribute, Tensor } from './tfjs.ts';

// The LSTM by TensorFlow's kernels: `BlockLSTM` computes all steps. With recurrent dropout, `LSTMBlockCell` computes one
// step at a time, because its h comes from outside. Both have kernels for their gradients. Their gates are i g f o.

/** The cells that these kernels compute, by the names of our kernels. */
export const fusedCells: readonly Cell['kernels'][] = ['lstm', 'peephole'];

/** The inputs of the kernels. */
interface Weights {
  readonly w: Tensor; // (D + H, 4 H)
  readonly b: Tensor; // (4 H)
  /** From the cell state to i, f and o; each (H). */
  readonly peepholes: readonly [Tensor, Tensor, Tensor];
  readonly attributes: {
    readonly forward: readonly Attribute[];
    readonly backward: readonly Attribute[];
  };
}

/** h (T, B, H) from x (T, B, D). */
export function fusedRecurrence(
  ops: Ops,
  x: Tensor,
  { cell, name, parameter, mask }: RecurrenceOptions,
): Tensor {
  const { tf, attribute } = ops;
  const recurrent = parameter(`${name}.recurrent`);
  const H = recurrent.shape[0]!;
  const none = ops.zeros(H);
  const hasPeepholes = cell.peepholes !== undefined;
  const usesPeepholes = attribute.boolean('use_peephole', hasPeepholes);
  /** Our gates are i f g o. */
  const reordered = (matrix: Tensor, axis: number): Tensor => {
    const [i, f, g, o] = tf.split(matrix, 4, axis) as [Tensor, Tensor, Tensor, Tensor];
    return tf.concat([i, g, f, o], axis);
  };
  const weights: Weights = {
    w: reordered(tf.concat([parameter(`${name}.input`), recurrent], 0), 1),
    b: reordered(parameter(`${name}.bias`), 0),
    peepholes: hasPeepholes
      ? (tf.unstack(parameter(`${name}.peephole`)) as [Tensor, Tensor, Tensor])
      : [none, none, none],
    attributes: {
      forward: [
        attribute.float('forget_bias', 0),
        attribute.float('cell_clip', -1),
        usesPeepholes,
        attribute.type('T'),
      ],
      backward: [usesPeepholes, attribute.type('T')],
    },
  };
  return mask ? cellByCell(ops, x, { weights, mask }) : allSteps(ops, x, weights);
}

function allSteps(ops: Ops, x: Tensor, { w, b, peepholes, attributes }: Weights): Tensor {
  const { tf } = ops;
  const [T, B] = x.shape as [number, number];
  const H = b.shape[0]! / 4;
  const zeros = ops.zeros(B, H);
  const inputs = [ops.long(T), x, zeros, zeros, w, ...peepholes, b];
  const outputs = ops.run('BlockLSTM', attributes.forward, inputs, 7);
  ops.hold(...inputs, ...outputs);
  return tf.customGrad(() => ({
    value: outputs[6]!,
    gradFunc(dh) {
      const from = [...inputs, ...outputs, ops.zeros(T, B, H), dh];
      const [dx, , , dw, di, df, dO, db] = ops.run('BlockLSTMGrad', attributes.backward, from, 8);
      return [dx!, dw!, di!, df!, dO!, db!];
    },
  }))(x, w, ...peepholes, b);
}

function cellByCell(
  ops: Ops,
  x: Tensor,
  { weights: { w, b, peepholes, attributes }, mask }: { weights: Weights; mask: Tensor },
): Tensor {
  const { tf, run } = ops;
  const [T, B, D] = x.shape as [number, number, number];
  const H = b.shape[0]! / 4;
  const zeros = ops.zeros(B, H);
  const float = [ops.attribute.type('T')];
  const multiply = (y: Tensor, z: Tensor): Tensor => run('Mul', float, [y, z], 1)[0]!;
  const xs = ops.unpack(x);
  const steps: { inputs: Tensor[]; outputs: Tensor[] }[] = [];
  for (let t = 0; t < T; t++) {
    const [c = zeros, h] = t > 0 ? [1, 6].map((i) => steps[t - 1]!.outputs[i]!) : [];
    const masked = h ? multiply(h, mask) : zeros;
    const inputs = [xs[t]!, c, masked, w, ...peepholes, b];
    steps.push({ inputs, outputs: run('LSTMBlockCell', attributes.forward, inputs, 7) });
  }

  ops.hold(x, w, mask);
  for (const { inputs, outputs } of steps) ops.hold(...inputs, ...outputs);
  function gradFunc(dh: Tensor): Tensor[] {
    const U = tf.slice(w, [D, 0], [H, 4 * H]);
    const dhs = ops.unpack(dh);
    const grads: Tensor[][] = []; // of c, the gates and the peephole weights
    let dc = zeros;
    let dhNext: Tensor | undefined;
    for (let t = T - 1; t >= 0; t--) {
      const { inputs, outputs } = steps[t]!;
      const total = dhNext ? run('AddV2', float, [dhs[t]!, dhNext], 1)[0]! : dhs[t]!;
      const from = [...inputs, ...outputs.slice(0, 6), dc, total];
      const found = run('LSTMBlockCellGrad', attributes.backward, from, 5);
      grads.unshift(found);
      dc = found[0]!;
      if (t > 0) dhNext = multiply(tf.matMul(found[1]!, U, false, true), mask);
    }
    const dgates = tf.reshape(ops.pack(grads.map(([, gates]) => gates!)), [T * B, 4 * H]);
    const masked = ops.pack(steps.map(({ inputs }) => inputs[2]!));
    const read = tf.reshape(tf.concat([x, masked], 2), [T * B, D + H]);
    const dread = tf.matMul(dgates, tf.slice(w, [0, 0], [D, 4 * H]), false, true);
    return [
      tf.reshape(dread, [T, B, D]),
      tf.matMul(read, dgates, true, false),
      ...[2, 3, 4].map((i) => tf.addN(grads.map((found) => found[i]!))),
      tf.sum(dgates, 0),
    ];
  }
  return tf.customGrad(() => ({
    value: ops.pack(steps.map(({ outputs }) => outputs[6]!)),
    gradFunc,
  }))(x, w, ...peepholes, b);
}
