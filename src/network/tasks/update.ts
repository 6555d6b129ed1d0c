import type { Task, TaskContext } from '../../backend/pool.ts';
import { clearUphill } from '../cells/clockwork.ts';
import { times } from '../layouts.ts';
import type { Network } from '../network.ts';
import type { Matrix } from '../parameters.ts';
import { addProduct, type Weights } from '../weights.ts';
import { FACTORS, factorsOf } from './backpropagation.ts';
import { updateParameters } from './optimizers.ts';
import { DENSE_BLOCK, type ProgramSpec, ROW_BLOCK, SHARDS } from './spec.ts';

/** Rows of a matrix whose gradient one ticket of `multiply` computes. */
const PRODUCT_ROWS = 64;

/**
 * The part of a matrix gradient that each ticket of `multiply` computes, large parts first. A clockwork matrix is one
 * part.
 */
export const productTickets = ({
  matrices,
}: Weights): { w: Matrix; from: number; rows: number }[] =>
  Object.values(matrices)
    .flatMap((w) => {
      const most = w.modules ? w.K : PRODUCT_ROWS;
      return times(Math.ceil(w.K / most), (i) => ({
        w,
        from: i * most,
        rows: Math.min(most, w.K - i * most),
      }));
    })
    .sort((a, b) => b.rows * b.w.N - a.rows * a.w.N);

/** The parts of the dense parameters outside matrices, as byte ranges [from, to). */
function outsideMatrices({ matrices, dense, denseSize }: Weights): [from: number, to: number][] {
  const parts: [number, number][] = [];
  let from = 0;
  const end = { address: dense + denseSize * 4, K: 0, N: 0 };
  const sorted = Object.values(matrices).sort((a, b) => a.address - b.address);
  for (const { address, K, N } of [...sorted, end]) {
    if (address - dense > from) parts.push([from, address - dense]);
    from = Math.ceil((address - dense + K * N * 4) / 64) * 64;
  }
  return parts;
}

/**
 * Computes the gradients of matrices: the sum over shards of the products of the factors that their backward passes
 * stored. Arguments: [0] 1 to add to the gradients of the previous batches.
 */
export function multiplyTask(
  { kernels, arena }: TaskContext,
  { weights, training }: ProgramSpec,
): Task {
  const matrices = Object.values(weights.matrices);
  const products = productTickets(weights);
  return (index, args) => {
    const { w, from, rows } = products[index]!;
    const to = training!.summed + w.address - weights.dense;
    let accumulate = args[0] === 1;
    for (let shard = 0; shard < SHARDS; shard++) {
      const factors = factorsOf({ arena }, training!, { shard, matrices: matrices.length });
      const [x, dy, n, ldx] = factors.subarray(
        FACTORS * matrices.indexOf(w),
      ) as unknown as number[];
      if (n === 0) continue;
      addProduct(kernels, to, w, [x!, dy!, n!, ldx!], { from, rows, accumulate });
      accumulate = true;
    }
    if (!accumulate) arena.f32(to + from * w.N * 4, rows * w.N).fill(0);
    if (w.modules) clearUphill(arena.f32(to, w.K * w.N), { H: w.K, modules: w.modules });
  };
}

/**
 * The work of each ticket of `reduce` and `update`: first blocks of dense parameters, then rows of the word embedding.
 */
function blocksOf({ denseSize }: Weights) {
  const denseBlocks = Math.ceil(denseSize / DENSE_BLOCK);
  return {
    isDense: (block: number): boolean => block < denseBlocks,
    /** Offset in the dense parameters, in bytes, and the number of floats. */
    denseRange: (block: number): [at: number, count: number] => [
      block * DENSE_BLOCK * 4,
      Math.min(DENSE_BLOCK, denseSize - block * DENSE_BLOCK),
    ],
    /** The first row and the number of rows, of `n` rows that are used. */
    rowRange: (block: number, n: number): [from: number, count: number] => {
      const from = (block - denseBlocks) * ROW_BLOCK;
      return [from, Math.min(ROW_BLOCK, n - from)];
    },
  };
}

/**
 * Sums gradients over shards, or over the tokens of a word, and measures the sums. Arguments: [0] the number n of words
 * used, [1] the address for their gradients (n, wordDim), [2] offsets (n + 1) and [3] members of the list of each
 * word's tokens, [4] dx (tokens, D) of all batches.
 */
export function reduceTask(
  { kernels, arena }: TaskContext,
  { config: { wordDim }, weights, training }: ProgramSpec,
  { input: { width: D } }: Network,
): Task {
  const { isDense, denseRange, rowRange } = blocksOf(weights);
  const parts = outsideMatrices(weights);
  return (block, args) => {
    const { gradients, summed, squares } = training!;
    const square = squares + block * 16;
    arena.f64(square, 2).fill(0);
    if (isDense(block)) {
      const [at, count] = denseRange(block);
      for (const [begin, end] of parts) {
        const from = Math.max(begin, at);
        const n = (Math.min(end, at + count * 4) - from) / 4;
        if (n > 0)
          kernels.sum_shards(summed + from, gradients + from, SHARDS, weights.denseSize, n);
      }
      kernels.measure(square, summed + at, count);
      return;
    }
    const [words, rowGradients, offsets, members, dx] = args as unknown as number[];
    const [from, count] = rowRange(block, words!);
    const out = rowGradients! + from * wordDim * 4;
    kernels.segment_sum(out, dx!, offsets! + from * 4, members!, count, wordDim, D);
    kernels.measure(square, out, count * wordDim);
  };
}

/**
 * Makes one step of the optimizer. Arguments: [0] and [1] as for `reduce`, [2] the rows of the words used, then the
 * fields of `StepRates`: [3] scale, [4] limit, [5] learning rate, [6] and [7] Adam's corrections.
 */
export function updateTask(
  { kernels }: TaskContext,
  { config, weights, training }: ProgramSpec,
): Task {
  const { wordDim } = config;
  const { isDense, denseRange, rowRange } = blocksOf(weights);
  return (block, args) => {
    const { optimizer, summed, moments, wordMoments } = training!;
    const [words, rowGradients, ids, scale, limit, learningRate, correction1, correction2] =
      args as unknown as [number, number, number, number, number, number, number, number];
    const rates = { scale, limit, learningRate, correction1, correction2 };
    if (isDense(block)) {
      const [at, count] = denseRange(block);
      updateParameters(
        kernels,
        optimizer,
        {
          w: weights.dense + at,
          moments: [moments[0] + at, moments[1] + at],
          gradient: summed + at,
          ids: 0,
          n: 1,
          width: count,
          weightDecay: optimizer.weightDecay,
        },
        rates,
      );
      return;
    }
    const [from, n] = rowRange(block, words);
    updateParameters(
      kernels,
      optimizer,
      {
        w: weights.at['word.embedding']!,
        moments: wordMoments,
        gradient: rowGradients + from * wordDim * 4,
        ids: ids + from * 4,
        n,
        width: wordDim,
        weightDecay: 0,
      },
      rates,
    );
  };
}
