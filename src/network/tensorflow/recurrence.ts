import type { Cell } from '../cells/cell.ts';
import { type State, steps } from './cells.ts';
import { fusedCells, fusedRecurrence } from './fused.ts';
import type { Ops } from './ops.ts';
import type { Tensor } from './tfjs.ts';

// One direction of a recurrent layer over a padded batch (T, B), in which the direction begins at step 0. What is
// computed after the end of a sentence is never read.

export interface RecurrenceOptions {
  readonly cell: Cell;
  /** Prefix of the names of the parameters. */
  readonly name: string;
  parameter(name: string): Tensor;
  /** (B, H) Variational recurrent dropout. */
  readonly mask?: Tensor | undefined;
  /** (T, B, 1) Factors of the gradient from a step to the previous one. */
  readonly truncation?: Tensor | undefined;
  /** (T, B, H) Zeros that are added to h, so that their gradient is that of h. */
  readonly probe?: Tensor | undefined;
  /** (T, B, H) The cell state of the lower layer. */
  readonly lower?: Tensor | undefined;
  /** Clockwork: (T, H) the units that are updated at each step, and (H, H) which units are joined, as 1 and 0. */
  readonly clocks?: { readonly ticks: Tensor; readonly joined: Tensor } | undefined;
  /** Whether the next layer reads the cell state. */
  readonly isRead?: boolean | undefined;
}

export interface States {
  /** (T, B, H) */
  readonly h: Tensor;
  /** (T, B, H); undefined unless it is read. */
  readonly c?: Tensor | undefined;
}

/** h from x (T, B, D). */
export function recurrence(ops: Ops, x: Tensor, options: RecurrenceOptions): States {
  const { cell, truncation, probe, isRead } = options;
  const isFused = fusedCells.includes(cell.kernels) && !truncation && !probe && !isRead;
  return isFused ? { h: fusedRecurrence(ops, x, options) } : composed(ops, x, options);
}

/** The recurrence as a loop of elementary operations. */
function composed(ops: Ops, x: Tensor, options: RecurrenceOptions): States {
  const { tf } = ops;
  const { cell, name, parameter, mask, clocks, isRead } = options;
  const [T, B, D] = x.shape as [number, number, number];
  const bias = parameter(`${name}.bias`);
  const U = clocks
    ? tf.mul(parameter(`${name}.recurrent`), clocks.joined)
    : parameter(`${name}.recurrent`);
  const H = U.shape[0]!;
  const flat = ops.affine(tf.reshape(x, [T * B, D]), parameter(`${name}.input`), bias);
  const pre = tf.unstack(tf.reshape(flat, [T, B, cell.gates * H]));
  const each = (all: Tensor | undefined): Tensor[] => (all ? tf.unstack(all) : []);
  const [factors, probes, lower, ticks] = [
    each(options.truncation),
    each(options.probe),
    each(options.lower),
    each(clocks?.ticks),
  ];
  const peepholes = cell.peepholes ? tf.unstack(parameter(`${name}.peephole`)) : [];
  const candidate = cell.reset ? parameter(`${name}.candidate`) : undefined;
  const step = steps[cell.kernels];
  const zeros = ops.zeros(B, H);
  let state: State = { h: zeros, c: zeros };
  const states: State[] = [];
  for (let t = 0; t < T; t++) {
    const factor = factors[t];
    if (factor && t > 0)
      state = {
        h: ops.scaleGradient(state.h, factor),
        c: ops.scaleGradient(state.c, factor),
      };
    const masked = mask ? tf.mul(state.h, mask) : state.h;
    const now = step(tf, {
      ...state,
      pre: pre[t]!,
      product: tf.matMul(masked, U),
      masked,
      peepholes,
      candidate,
      lower: lower[t],
      ticks: ticks[t],
    });
    state = probes[t] ? { ...now, h: tf.add(now.h, probes[t]!) } : now;
    states.push(state);
  }
  return {
    h: tf.stack(states.map(({ h }) => h)),
    ...(isRead && { c: tf.stack(states.map(({ c }) => c)) }),
  };
}
