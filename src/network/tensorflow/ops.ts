import type { Attribute, Dtype, Tensor, Tfjs } from './tfjs.ts';

// TensorFlow's kernels that tfjs has no functions for, and operations on rows with their gradients.

export interface Ops {
  readonly tf: Tfjs;
  /** Runs a kernel by name. */
  run(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
  readonly attribute: {
    type(name: string, type?: Dtype): Attribute;
    float(name: string, value: number): Attribute;
    integer(name: string, value: number): Attribute;
    boolean(name: string, value: boolean): Attribute;
    text(name: string, value: string): Attribute;
    shape(name: string, value: readonly number[]): Attribute;
  };
  /**
   * The gradients of a scalar for inputs; undefined for an input on which it does not depend. tfjs disposes of all
   * intermediate results before the backward pass, but for those that `hold` was called with.
   */
  differentiate(
    f: () => Tensor,
    inputs: readonly Tensor[],
  ): { value: Tensor; gradients: readonly (Tensor | undefined)[] };
  hold(...tensors: readonly Tensor[]): void;
  /** Disposes of all that is kept. */
  close(): void;
  /** A scalar of 64 bits, which must not be disposed of. */
  long(value: number): Tensor;
  /** Zeros that are kept, and must not be disposed of. */
  zeros(...shape: number[]): Tensor;
  /** Half the sum of squares of x, as a scalar. */
  halfSquares(x: Tensor): Tensor;
  /** The number that a scalar has. */
  scalarOf(x: Tensor): number;
  /** The parts x[i] of x, without gradient. */
  unpack(x: Tensor): Tensor[];
  /** The inverse of `unpack`, without gradient. */
  pack(parts: readonly Tensor[]): Tensor;
  /** y[i] = x[indices[i]]; x (R, width), indices (n). */
  rows(x: Tensor, indices: Tensor): Tensor;
  /** As `rows`, but the row of index R is zeros, and no row has more than one index: `inverse` (R) finds it, or n. */
  permute(x: Tensor, indices: Tensor, inverse: Tensor): Tensor;
  /** y[s] = the sum of the rows of x (n, width) in segment s, of `count` segments. */
  segmentSums(x: Tensor, segments: Tensor, count: number): Tensor;
  /** y[s] = the maximum, column by column, of the rows of x (n, width) in segment s, which has at least one. */
  segmentMaxima(x: Tensor, segments: Tensor, count: number): Tensor;
  /** x; its gradient is multiplied by `factors`. */
  scaleGradient(x: Tensor, factors: Tensor): Tensor;
  /** y = x W + b. */
  affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor;
}

export function createOps(tf: Tfjs): Ops {
  const backend = tf.backend();
  const { binding } = backend;
  const run: Ops['run'] = (...call) => backend.executeMultipleOutputs(...call);
  const attribute: Ops['attribute'] = {
    type: (name, type = 'float32') => ({
      name,
      type: binding.TF_ATTR_TYPE,
      value: type === 'int32' ? binding.TF_INT32 : binding.TF_FLOAT,
    }),
    float: (name, value) => ({ name, type: binding.TF_ATTR_FLOAT, value }),
    integer: (name, value) => ({ name, type: binding.TF_ATTR_INT, value }),
    boolean: (name, value) => ({ name, type: binding.TF_ATTR_BOOL, value }),
    text: (name, value) => ({ name, type: binding.TF_ATTR_STRING, value }),
    shape: (name, value) => ({ name, type: binding.TF_ATTR_SHAPE, value }),
  };
  const segmentTypes = [
    attribute.type('T'),
    attribute.type('Tindices', 'int32'),
    attribute.type('Tnumsegments', 'int32'),
  ];
  let held: Tensor[] | undefined;
  const longs = new Map<number, Tensor>();
  const allZeros = new Map<string, Tensor>();

  /** tfjs has no integers of 64 bits. It is told that the result has 32; only kernels read it. */
  function createLong(value: number): Tensor {
    const x = tf.tensor(Int32Array.of(value), [], 'int32');
    const [metadata] = binding.executeOp(
      'Cast',
      [
        attribute.type('SrcT', 'int32'),
        { name: 'DstT', type: binding.TF_ATTR_TYPE, value: binding.TF_INT64 },
        attribute.boolean('Truncate', false),
      ],
      backend.getInputTensorIds([x]),
      1,
    );
    x.dispose();
    return tf.keep(backend.createOutputTensor({ ...metadata!, dtype: binding.TF_INT32 }));
  }

  const withZeroRow = (x: Tensor): Tensor => tf.concat([x, ops.zeros(1, x.shape[1]!)], 0);

  const ops: Ops = {
    tf,
    run,
    attribute,
    differentiate(f, inputs) {
      held = [];
      try {
        const { value, grads } = tf.engine().gradients(f, inputs, null, true);
        return { value, gradients: grads };
      } finally {
        tf.dispose(held);
        held = undefined;
      }
    },
    hold(...tensors) {
      if (!held) return;
      for (const tensor of tensors) {
        // zeros and weights live longer
        if (tensor.kept) continue;
        held.push(tf.keep(tensor));
      }
    },
    close() {
      tf.dispose([...longs.values(), ...allZeros.values()]);
      longs.clear();
      allZeros.clear();
    },
    long: (value) => remembered(longs, value, () => createLong(value)),
    zeros: (...shape) => remembered(allZeros, shape.join(), () => tf.keep(tf.zeros(shape))),

    halfSquares: (x) => run('L2Loss', [attribute.type('T')], [x], 1)[0]!,
    scalarOf: (x) => x.dataSync()[0]!,

    unpack(x) {
      const num = x.shape[0]!;
      const kind = [
        attribute.integer('num', num),
        attribute.integer('axis', 0),
        attribute.type('T'),
      ];
      return run('Unpack', kind, [x], num);
    },
    pack(parts) {
      const count = attribute.integer('N', parts.length);
      return run('Pack', [count, attribute.integer('axis', 0), attribute.type('T')], parts, 1)[0]!;
    },

    rows: (x, indices) =>
      tf.customGrad(() => ({
        value: tf.gather(x, indices),
        gradFunc: (dy) => [tf.unsortedSegmentSum(dy, indices, x.shape[0]!)],
      }))(x),

    permute: (x, indices, inverse) =>
      tf.customGrad(() => ({
        value: tf.gather(withZeroRow(x), indices),
        gradFunc: (dy) => [tf.gather(withZeroRow(dy), inverse)],
      }))(x),

    segmentSums: (x, segments, count) =>
      tf.customGrad(() => ({
        value: tf.unsortedSegmentSum(x, segments, count),
        gradFunc: (dy) => [tf.gather(dy, segments)],
      }))(x),

    segmentMaxima: (x, segments, count) =>
      tf.customGrad(() => {
        const size = tf.tensor(Int32Array.of(count), [], 'int32');
        const value = run('UnsortedSegmentMax', segmentTypes, [x, segments, size], 1)[0]!;
        ops.hold(x, value);
        return {
          value,
          // equal maxima share the gradient
          gradFunc(dy) {
            const isMaximum = tf.cast(tf.equal(x, tf.gather(value, segments)), 'float32');
            const shares = tf.div(dy, tf.unsortedSegmentSum(isMaximum, segments, count));
            return [tf.mul(tf.gather(shares, segments), isMaximum)];
          },
        };
      })(x),

    scaleGradient(x, factors) {
      ops.hold(factors);
      return tf.customGrad(() => ({
        value: tf.mul(x, 1),
        gradFunc: (dy) => [tf.mul(dy, factors)],
      }))(x);
    },

    affine: (x, weight, bias) => tf.add(tf.matMul(x, weight), bias),
  };
  return ops;
}

function remembered<Key>(all: Map<Key, Tensor>, key: Key, create: () => Tensor): Tensor {
  let tensor = all.get(key);
  if (!tensor) {
    tensor = create();
    all.set(key, tensor);
  }
  return tensor;
}
