import type { OptimizerOptions } from '../engine.ts';
import { type ParameterSpec, sizeOf } from '../parameters.ts';
import type { Ops } from './ops.ts';
import type { Tensor } from './tfjs.ts';

// Variables of TensorFlow, which kernels change in place.

export interface Variable {
  readonly shape: readonly number[];
  readonly size: number;
  /** The values, without a copy. They must be disposed of before the variable is changed, or the change copies it. */
  read(): Tensor;
  /** A copy. */
  values(): Float32Array;
  /** Copies the values. */
  assign(values: ArrayLike<number>): void;
  /** Rows of the variable (R, width). */
  gather(ids: Tensor): Tensor;
  scatter(ids: Tensor, rows: Tensor): void;
  /** The variable's handle, for kernels that change it. */
  readonly handle: Tensor;
  close(): void;
}

let created = 0;

/** A variable of zeros. */
export function createVariable({ tf, run, attribute }: Ops, shape: readonly number[]): Variable {
  const dtype = attribute.type('dtype');
  const indices = attribute.type('Tindices', 'int32');
  const handle = tf.keep(
    run(
      'VarHandleOp',
      [
        attribute.text('container', ''),
        attribute.text('shared_name', `seqtag.${created++}`),
        dtype,
        attribute.shape('shape', shape),
      ],
      [],
      1,
    )[0]!,
  );
  const variable: Variable = {
    shape,
    size: sizeOf(shape),
    handle,
    values: () => tf.tidy(() => variable.read().dataSync() as Float32Array),
    read: () => run('ReadVariableOp', [dtype], [handle], 1)[0]!,
    assign(values) {
      // TensorFlow uses the memory of the array itself
      const tensor = tf.tensor(Float32Array.from(values), shape, 'float32');
      run('AssignVariableOp', [dtype], [handle, tensor], 0);
      tensor.dispose();
    },
    gather: (ids) =>
      run(
        'ResourceGather',
        [
          attribute.integer('batch_dims', 0),
          attribute.boolean('validate_indices', true),
          dtype,
          indices,
        ],
        [handle, ids],
        1,
      )[0]!,
    scatter(ids, rows) {
      run('ResourceScatterUpdate', [dtype, indices], [handle, ids, rows], 0);
    },
    close() {
      run('DestroyResourceOp', [attribute.boolean('ignore_lookup_error', true)], [handle], 0);
      handle.dispose();
    },
  };
  variable.assign(new Float32Array(variable.size));
  return variable;
}

/** The numbers of an update; see `StepRates` of the built-in engine. */
export interface Rates {
  readonly learningRate: number;
  readonly scale: number;
  readonly limit: number;
  /** The number of this update, from 1. */
  readonly update: number;
}

/** A parameter with its moments: the velocity of SGD, the first and second moment of Adam. */
export interface LearnedVariable {
  readonly spec: ParameterSpec;
  readonly variable: Variable;
  readonly moments: readonly Variable[];
}

export const momentCount = ({ optimizer }: OptimizerOptions): number =>
  optimizer === 'sgd' ? 1 : 2;

/** The gradient after clipping. */
function clipped({ tf }: Ops, gradient: Tensor, { scale, limit }: Rates): Tensor {
  const scaled = scale < 1 ? tf.mul(gradient, scale) : gradient;
  return Number.isFinite(limit) ? tf.clipByValue(scaled, -limit, limit) : scaled;
}

/** One step of the optimizer for a whole parameter; see kernels/optimizers.c for the equations. */
export function updateVariable(
  ops: Ops,
  { variable, moments }: LearnedVariable,
  gradient: Tensor,
  { rates, options }: { rates: Rates; options: OptimizerOptions },
): void {
  const { tf, run, attribute } = ops;
  const { learningRate, update } = rates;
  const { momentum, beta2, epsilon, weightDecay } = options;
  const g = clipped(ops, gradient, rates);
  if (weightDecay > 0) {
    const decay = tf.tidy(() => tf.mul(variable.read(), learningRate * weightDecay));
    run('AssignSubVariableOp', [attribute.type('dtype')], [variable.handle, decay], 0);
  }
  const type = [
    attribute.type('T'),
    attribute.boolean('use_locking', false),
    attribute.boolean('use_nesterov', false),
  ];
  const scalars = (...values: number[]): Tensor[] => values.map((value) => tf.scalar(value));
  const handles = [variable, ...moments].map(({ handle }) => handle);
  if (options.optimizer === 'sgd') {
    const [rate, factor] = scalars(learningRate, momentum);
    run('ResourceApplyMomentum', type, [...handles, rate!, g, factor!], 0);
    return;
  }
  // TensorFlow adds epsilon to the root of the second moment before its correction
  const power2 = beta2 ** update;
  const inputs = scalars(
    momentum ** update,
    power2,
    learningRate,
    momentum,
    beta2,
    epsilon * Math.sqrt(1 - power2),
  );
  run('ResourceApplyAdam', type, [...handles, ...inputs, g], 0);
}

/** The same step for some rows of an embedding, without weight decay. */
export function updateRows(
  ops: Ops,
  { variable, moments }: LearnedVariable,
  { ids, gradient }: { ids: Tensor; gradient: Tensor },
  { rates, options }: { rates: Rates; options: OptimizerOptions },
): void {
  const { tf } = ops;
  const { learningRate, update } = rates;
  const { momentum, beta2, epsilon } = options;
  const g = clipped(ops, gradient, rates);
  const w = variable.gather(ids);
  const [m, v] = moments as [Variable, Variable];
  if (options.optimizer === 'sgd') {
    const velocity = tf.add(tf.mul(m.gather(ids), momentum), g);
    m.scatter(ids, velocity);
    variable.scatter(ids, tf.sub(w, tf.mul(velocity, learningRate)));
    return;
  }
  const first = tf.add(tf.mul(m.gather(ids), momentum), tf.mul(g, 1 - momentum));
  const second = tf.add(tf.mul(v.gather(ids), beta2), tf.mul(tf.square(g), 1 - beta2));
  m.scatter(ids, first);
  v.scatter(ids, second);
  const root = tf.sqrt(tf.mul(second, 1 / (1 - beta2 ** update)));
  const rate = learningRate / (1 - momentum ** update);
  const step = tf.div(tf.mul(first, rate), tf.add(root, tf.scalar(epsilon)));
  variable.scatter(ids, tf.sub(w, step));
}
