import type { Address } from '../backend/kernels.ts';
import type { Task, TaskContext } from '../backend/pool.ts';
import { charBackward, charForward, lstmWeights } from './characters.ts';
import { charSize, directions, inputSize, type NetworkConfig } from './config.ts';
import {
  chunkKeys,
  type LayoutOptions,
  layoutChunk,
  layoutShard,
  layoutTypes,
  readSizes,
  type ShardLayout,
  type ShardSizes,
  shardKeys,
  typeKeys,
} from './layouts.ts';
import { inputBackward, lstmBackward, lstmForward } from './lstm.ts';
import { addOuter, packMatrix, project, projectBack, type Weights } from './weights.ts';

/** Shares of units that dropout sets to 0. */
export interface Dropout {
  /** Of the first layer's input and between layers. */
  readonly input: number;
  /** Of what the dense layer reads. */
  readonly output: number;
  /** Of the hidden state where it enters the recurrence. */
  readonly recurrent: number;
}

export interface OptimizerOptions {
  readonly optimizer: 'sgd' | 'adam' | 'adamw';
  /** SGD's momentum, Adam's beta1. */
  readonly momentum: number;
  /** Adam's beta2. */
  readonly beta2: number;
  readonly epsilon: number;
  /** Decay of the weights, decoupled from the gradient; of dense parameters only. */
  readonly weightDecay: number;
}

export interface TrainingSpec {
  readonly dropout: Dropout;
  readonly labelSmoothing: number;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
  /** Gradients of the dense parameters: one block a shard, then their sum. */
  readonly gradients: Address;
  readonly summed: Address;
  /** First and second moments of the dense parameters, and of the word embedding. */
  readonly moments: readonly [Address, Address];
  readonly wordMoments: readonly [Address, Address];
  /** A float a shard, a cache line apart. */
  readonly losses: Address;
  /** A double a block of `Task.reduce`. */
  readonly squares: Address;
}

/** Everything the tasks must know: plain data, the same on every thread. */
export interface ProgramSpec {
  readonly config: NetworkConfig;
  readonly weights: Weights;
  readonly layout: LayoutOptions;
  /** Cache of first-layer projections: a row of 8H floats (forward 4H, backward 4H) for each type. */
  readonly cache: Address;
  readonly training?: TrainingSpec;
}

/** Parts that a batch is cut into, whatever the number of threads, so that sums are always taken in the same order. */
export const SHARDS = 4;
/** Floats of the dense parameters, or rows of the word embedding, that one ticket handles. */
export const DENSE_BLOCK = 16_384;
export const ROW_BLOCK = 64;

/** Places in the list that `createTasks` returns. */
export const TaskId = {
  backpropagate: 0,
  reduce: 1,
  update: 2,
  pack: 3,
  encode: 4,
  infer: 5,
} as const;

export function createTasks({ kernels, arena }: TaskContext, spec: ProgramSpec): Task[] {
  const { config, weights, layout: options, cache, training } = spec;
  const { wordDim, hidden: H, tags: K, layers } = config;
  const D = inputSize(config, 0);
  const matrices = Object.values(weights.matrices);
  const stack = Array.from({ length: layers }, (_, l) =>
    directions.map((direction) => lstmWeights(weights, `lstm.${l}.${direction}`)),
  );
  const output = weights.matrices['output.weight']!;
  const outputBias = weights.at['output.bias']!;

  /** x (n, D): word embeddings beside the encodings of their characters. */
  const embed = (x: Address, words: Address, types: Address, encoded: Address, n: number): void => {
    kernels.rows_gather(x, weights.at['word.embedding']!, words, n, wordDim, D);
    const size = charSize(config);
    if (size > 0) kernels.rows_gather(x + wordDim * 4, encoded, types, n, size, D);
  };

  function forward(s: ShardLayout, sizes: ShardSizes, stream: number): void {
    const { dropout, seed } = training!;
    const { N, T, B } = sizes;
    const drop = (x: Address, level: number): void => {
      const share = level === layers ? dropout.output : dropout.input;
      if (share === 0) return;
      const width = inputSize(config, level);
      kernels.dropout_mask(s.masks[level]!, B * width, 1 - share, seed, stream + level);
      kernels.dropout_apply(x, s.masks[level]!, s.rows, T, width, width);
    };
    charForward(kernels, config, weights, s.chars, sizes);
    embed(s.x, s.words, s.types, s.chars.out, N);
    drop(s.x, 0);
    stack.forEach((pair, l) => {
      const { tapes, out } = s.layers[l]!;
      pair.forEach((w, d) => {
        const tape = tapes[d]!;
        if (tape.mask)
          kernels.dropout_mask(
            tape.mask,
            B * H,
            1 - dropout.recurrent,
            seed,
            stream + 32 + l * 2 + d,
          );
        project(kernels, tape.pre, l === 0 ? s.x : s.layers[l - 1]!.out, w.input, {
          n: N,
          bias: w.bias,
        });
        lstmForward(kernels, out + d * H * 4, tape, w, {
          rows: s.rows,
          N,
          T,
          B,
          ldh: 2 * H,
          reverse: d === 1,
        });
      });
      drop(out, l + 1);
    });
    project(kernels, s.logits, s.layers[layers - 1]!.out, output, { n: N, bias: outputBias });
  }

  function backward(
    s: ShardLayout,
    sizes: ShardSizes,
    gradient: (parameter: Address) => Address,
    dx: Address,
  ): void {
    const { N, T, B, Y } = sizes;
    const { dropout } = training!;
    const undrop = (d: Address, level: number): void => {
      const width = inputSize(config, level);
      if ((level === layers ? dropout.output : dropout.input) > 0)
        kernels.dropout_apply(d, s.masks[level]!, s.rows, T, width, width);
    };
    const top = s.layers[layers - 1]!.out;
    kernels.gemm_pack(s.packed, s.dlogits, N, K, K, 1);
    addOuter(kernels, gradient(output.at), top, s.packed, { n: N, K: 2 * H, N: K });
    kernels.column_sums(gradient(outputBias), s.dlogits, N, K, K);
    projectBack(kernels, s.dout[(layers - 1) % 2]!, s.dlogits, output, { n: N });
    for (let l = layers - 1; l >= 0; l--) {
      const dout = s.dout[l % 2]!;
      const din = l === 0 ? dx : s.dout[(l - 1) % 2]!;
      undrop(dout, l + 1);
      stack[l]!.forEach((w, d) => {
        const tape = s.layers[l]!.tapes[d]!;
        lstmBackward(kernels, gradient, dout + d * H * 4, tape, w, {
          rows: s.rows,
          N,
          T,
          B,
          ldd: 2 * H,
          reverse: d === 1,
          scratch: s.scratch,
        });
        const x = l === 0 ? s.x : s.layers[l - 1]!.out;
        inputBackward(kernels, gradient, din, x, tape, w, {
          N,
          scratch: s.scratch,
          accumulate: d === 1,
        });
      });
    }
    undrop(dx, 0);
    const size = charSize(config);
    if (size === 0) return;
    arena.f32(s.chars.dout, Y * size).fill(0);
    kernels.rows_scatter_add(s.chars.dout, dx + wordDim * 4, s.types, N, size, D);
    charBackward(kernels, arena, config, weights, gradient, s.chars, sizes);
  }

  // args: [i] shard i, [SHARDS + i] its dx (N, D), [2 SHARDS] 1 / tokens of the batch, [2 SHARDS + 1] dropout stream
  const backpropagate: Task = (shard, args) => {
    const { labelSmoothing, gradients, losses } = training!;
    const at = args[shard]!;
    const sizes = readSizes(arena.i32(at, shardKeys.length), shardKeys);
    const loss = losses + shard * 64;
    arena.f32(loss, 1)[0] = 0;
    if (sizes.N === 0) return;
    const s = layoutShard(config, options, sizes, at);
    forward(s, sizes, args[2 * SHARDS + 1]! + shard * 64);
    kernels.softmax_cross_entropy(
      loss,
      s.dlogits,
      s.logits,
      s.gold,
      sizes.N,
      K,
      args[2 * SHARDS]!,
      labelSmoothing,
    );
    const block = gradients + shard * weights.denseSize * 4 - weights.dense;
    backward(s, sizes, (parameter) => parameter + block, args[SHARDS + shard]!);
  };

  const denseBlocks = Math.ceil(weights.denseSize / DENSE_BLOCK);
  const denseRange = (block: number): [at: number, count: number] => [
    block * DENSE_BLOCK * 4,
    Math.min(DENSE_BLOCK, weights.denseSize - block * DENSE_BLOCK),
  ];
  const rowRange = (block: number, n: number): [from: number, count: number] => {
    const from = (block - denseBlocks) * ROW_BLOCK;
    return [from, Math.min(ROW_BLOCK, n - from)];
  };

  // Sums gradients and their squares. args: [0] word rows used, [1] their gradients (n, wordDim), [2] offsets (n + 1),
  // [3] members, [4] dx of the whole batch (., D)
  const reduce: Task = (block, args) => {
    const { gradients, summed, squares } = training!;
    const square = squares + block * 8;
    arena.f64(square, 1)[0] = 0;
    if (block < denseBlocks) {
      const [at, count] = denseRange(block);
      kernels.sum_shards(summed + at, gradients + at, SHARDS, weights.denseSize, count);
      kernels.sum_squares(square, summed + at, count);
      return;
    }
    const [from, count] = rowRange(block, args[0]!);
    const out = args[1]! + from * wordDim * 4;
    kernels.segment_sum(out, args[4]!, args[2]! + from * 4, args[3]!, count, wordDim, D);
    kernels.sum_squares(square, out, count * wordDim);
  };

  // args: [0], [1] as for reduce, [2] ids (n), [3] scale of the gradient, [4] rate, [5], [6] Adam's bias corrections
  const update: Task = (block, args) => {
    const { optimizer: o, summed, moments, wordMoments } = training!;
    const [n, rowGradients, ids, scale, rate, correct1, correct2] = args as unknown as number[];
    const step = (
      w: Address,
      [m, v]: readonly [Address, Address],
      g: Address,
      options: { ids: Address; n: number; width: number; decay: number },
    ): void => {
      const { ids, n, width, decay } = options;
      if (o.optimizer === 'sgd')
        kernels.sgd(w, m, g, ids, n, width, scale!, rate!, o.momentum, decay);
      else
        kernels.adam(
          w,
          m,
          v,
          g,
          ids,
          n,
          width,
          scale!,
          rate!,
          o.momentum,
          o.beta2,
          o.epsilon,
          correct1!,
          correct2!,
          decay,
        );
    };
    if (block < denseBlocks) {
      const [at, count] = denseRange(block);
      step(weights.dense + at, [moments[0] + at, moments[1] + at], summed + at, {
        ids: 0,
        n: 1,
        width: count,
        decay: o.weightDecay,
      });
      return;
    }
    const [from, count] = rowRange(block, n!);
    step(weights.at['word.embedding']!, wordMoments, rowGradients! + from * wordDim * 4, {
      ids: ids! + from * 4,
      n: count,
      width: wordDim,
      decay: 0,
    });
  };

  const pack: Task = (index) => packMatrix(kernels, matrices[index]!);

  // args: [0] a table of pairs: address of a block of types in units of 64 bytes, the cache row of its first type
  const encode: Task = (block, args) => {
    const [unit, slot] = arena.i32(args[0]! + block * 8, 2) as unknown as [number, number];
    const at = unit * 64;
    const row = cache + slot * 8 * H * 4;
    const sizes = readSizes(arena.i32(at, typeKeys.length), typeKeys);
    const t = layoutTypes(config, options, sizes, at);
    charForward(kernels, config, weights, t.chars, sizes);
    embed(t.x, t.words, t.places, t.chars.out, sizes.Y);
    stack[0]!.forEach((w, d) => {
      project(kernels, row + d * 4 * H * 4, t.x, w.input, { n: sizes.Y, ldy: 8 * H, bias: w.bias });
    });
  };

  // args: [0] a table of chunk addresses in units of 64 bytes
  const infer: Task = (index, args) => {
    const at = arena.i32(args[0]! + index * 4, 1)[0]! * 64;
    const { N, T, B } = readSizes(arena.i32(at, chunkKeys.length), chunkKeys);
    const c = layoutChunk(config, { N, T, B }, at);
    stack.forEach((pair, l) => {
      pair.forEach((w, d) => {
        const h = c.out[l % 2]! + d * H * 4;
        const reverse = d === 1 ? 1 : 0;
        if (l === 0) {
          kernels.lstm_infer(
            h,
            c.scratch,
            cache + d * 4 * H * 4,
            c.slots,
            w.recurrent.packed,
            c.rows,
            T,
            H,
            8 * H,
            2 * H,
            reverse,
          );
        } else {
          project(kernels, c.pre, c.out[(l - 1) % 2]!, w.input, { n: N, bias: w.bias });
          kernels.lstm_infer(
            h,
            c.scratch,
            c.pre,
            0,
            w.recurrent.packed,
            c.rows,
            T,
            H,
            4 * H,
            2 * H,
            reverse,
          );
        }
      });
    });
    project(kernels, c.logits, c.out[(layers - 1) % 2]!, output, { n: N, bias: outputBias });
    kernels.argmax(c.best, c.logits, N, K);
  };

  return [backpropagate, reduce, update, pack, encode, infer];
}
