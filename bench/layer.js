// @ts-check
// One direction of one layer of any cell, outside of a network: a batch of B sentences of T tokens each, on one thread.
import { packedSize } from '../dist/backend/backend.js';
import { moduleOf, ticks } from '../dist/network/cells/clockwork.js';
import {
  inputBackward,
  layoutRecurrence,
  recurrenceBackward,
  recurrenceForward,
} from '../dist/network/layers/recurrence.js';
import { addProduct, packMatrix, project } from '../dist/network/weights.js';

const PERIODS = [1, 2, 4, 8];

/**
 * @typedef {{ B: number; T: number; D: number; H: number }} Sizes D inputs, H units
 * @param {import('../dist/backend/backend.js').Backend} backend
 * @param {import('../dist/network/cells/index.js').Cell} cell
 * @param {Sizes} sizes
 */
export function createLayer({ kernels, arena, panelWidth }, cell, { B, T, D, H }) {
  const N = B * T;
  const width = cell.gates * H;
  /** @param {number} n @param {number} frequency @param {number} scale as in torch_lstm.py */
  const numbers = (n, frequency, scale) => {
    const at = arena.take(n);
    const values = Float32Array.from({ length: n }, (_, i) => Math.sin(i * frequency) * scale);
    arena.f32(at, n).set(values);
    return at;
  };
  /** @param {number} n @param {(i: number) => number} value */
  const integers = (n, value) => {
    const at = arena.take(n);
    arena.i32(at, n).set(Int32Array.from({ length: n }, (_, i) => value(i)));
    return at;
  };
  /** @type {Map<number, Float32Array>} the gradient of each parameter, by its address */
  const gradients = new Map();
  /** @param {number} n @param {number} frequency */
  const parameter = (n, frequency) => {
    const at = numbers(n, frequency, 0.1);
    gradients.set(at, arena.f32(arena.take(n), n));
    return at;
  };
  /** @param {number} K @param {number} N @param {number} frequency */
  const matrix = (K, N, frequency) => ({
    address: parameter(K * N, frequency),
    K,
    N,
    packed: arena.take(packedSize(panelWidth, K, N)),
    transposed: arena.take(packedSize(panelWidth, N, K)),
  });
  const modules = PERIODS.length;
  const weights = {
    cell,
    input: matrix(D, width, 0.7),
    recurrent: matrix(H, cell.recurrent * H, 1.3),
    candidate: cell.reset && matrix(H, H, 1.9),
    bias: parameter(width, 1.1),
    peephole: cell.peepholes ? parameter(cell.peepholes * H, 2.3) : 0,
    modules: cell.clocked ? integers(H, (unit) => 1 << moduleOf(unit, { H, modules })) : 0,
  };
  const x = numbers(N * D, 0.9, 1);
  const dh = numbers(N * H, 1.7, 0.01);
  const sideInput = cell.clocked
    ? integers(N, (row) => ticks(Math.floor(row / B), PERIODS))
    : cell.readsLowerState
      ? numbers(N * H, 0.3, 1)
      : 0;
  const dSideInput = cell.readsLowerState ? arena.take(N * H) : 0;
  const rows = integers(T, () => B);
  const h = arena.take(N * H);
  const dx = arena.take(N * D);
  const infer = arena.take(B * (cell.gates + 3) * H);
  const space = { integers: arena.layout, kept: arena.layout, scratch: arena.layout };
  const buffers = layoutRecurrence(space, cell, { N, B, H, panelWidth, training: true });
  arena.reserve(arena.layout.end);

  /** @param {number} at */
  const gradient = (at) => /** @type {Float32Array} */ (gradients.get(at)).byteOffset;
  /** @type {import('../dist/network/weights.js').Gradients} */
  const own = {
    at: gradient,
    product: (W, x, dy, n, ldx = W.K) =>
      addProduct(kernels, gradient(W.address), W, [x, dy, n, ldx], {
        from: 0,
        rows: W.K,
        accumulate: true,
      }),
  };
  const packing = { rows, N, T, B, reverse: false, sideInput };
  const matrices = [
    weights.input,
    weights.recurrent,
    ...(weights.candidate ? [weights.candidate] : []),
  ];
  return {
    parameters: [...gradients.values()].reduce((sum, { length }) => sum + length, 0),
    /** All that training needs: packing, forward, backward to the input and to every parameter. */
    update() {
      for (const values of gradients.values()) values.fill(0);
      for (const W of matrices) packMatrix(kernels, W);
      project(kernels, buffers.pre, x, weights.input, { n: N, bias: weights.bias });
      recurrenceForward(kernels, h, buffers, weights, { ...packing, ldh: H });
      recurrenceBackward(kernels, own, dh, buffers, weights, { ...packing, ldd: H, dSideInput });
      inputBackward(kernels, own, dx, x, buffers, weights, { N, accumulate: false });
    },
    /** All that tagging needs, with the weights as `update` packed them. */
    tag() {
      project(kernels, buffers.pre, x, weights.input, { n: N, bias: weights.bias });
      kernels[`${cell.kernels}_infer`](
        h,
        cell.readsLowerState ? buffers.c : 0,
        infer,
        buffers.pre,
        0,
        weights.recurrent.packed,
        weights.candidate?.packed ?? 0,
        weights.modules || weights.peephole,
        sideInput,
        rows,
        T,
        H,
        width,
        H,
        0,
      );
    },
    h: arena.f32(h, N * H),
    dx: arena.f32(dx, N * D),
    gradientOf: {
      input: /** @type {Float32Array} */ (gradients.get(weights.input.address)),
      recurrent: /** @type {Float32Array} */ (gradients.get(weights.recurrent.address)),
      bias: /** @type {Float32Array} */ (gradients.get(weights.bias)),
    },
  };
}
