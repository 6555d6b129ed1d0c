import type { Address } from '../backend/kernels.ts';
import type { Task, TaskContext } from '../backend/pool.ts';
import { clearUphill, ticks } from './cells/clockwork.ts';
import { type CharLayout, charBackward, charForward, type TypeSizes } from './characters.ts';
import {
  charSize,
  directionsOf,
  featureSize,
  headName,
  inputSize,
  type NetworkConfig,
  times,
  tokenSize,
} from './config.ts';
import { denseBackward, denseForward, denseWeights } from './dense.ts';
import type { Bptt, Dropout, OptimizerOptions } from './engine.ts';
import { type FeatureLayout, featuresBackward, featuresForward } from './features.ts';
import { isReverse, joinForward, layerBackward, layerForward, layerWeights } from './layer.ts';
import { type Crf, crfCosts, crfDecode, crfLoss, packCrf } from './layers/decoders/crf.ts';
import {
  cacheWidth,
  chunkKeys,
  type LayoutOptions,
  layoutChunk,
  layoutShard,
  layoutTypes,
  memberCacheWidth,
  readSizes,
  type ShardLayout,
  type ShardSizes,
  shardKeys,
  typeKeys,
} from './layouts.ts';
import { type TokenLayout, tokensBackward, tokensForward } from './tokens.ts';
import {
  addProduct,
  type Gradients,
  type Matrix,
  memberWeights,
  packMatrix,
  project,
  type Weights,
} from './weights.ts';

export interface TrainingSpec {
  readonly dropout: Dropout;
  readonly bptt: Bptt;
  readonly labelSmoothing: number;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
  /** Of each head: (K) weights of its tags, of a CRF their natural logarithms; 0 where all weigh 1. */
  readonly tagWeights: readonly Address[];
  /** Gradients of the dense parameters: one block a shard, of which those of matrices stay empty, then their sum. */
  readonly gradients: Address;
  readonly summed: Address;
  /** Three doubles a shard and matrix: x, dy packed, and rows of both, whose product is the matrix's gradient. */
  readonly factors: Address;
  /** First and second moments of the dense parameters, and of the word embedding. */
  readonly moments: readonly [Address, Address];
  readonly wordMoments: readonly [Address, Address];
  /** A float a shard, a cache line apart. */
  readonly losses: Address;
  /** Two doubles a block of `reduce`: the sum of squares, the greatest magnitude. */
  readonly squares: Address;
}

/** Where types are encoded. */
interface TypeSpace {
  readonly chars: CharLayout;
  readonly features: FeatureLayout;
  readonly tokens: TokenLayout;
}

/** Everything the tasks must know: plain data, the same on every thread. */
export interface ProgramSpec {
  readonly config: NetworkConfig;
  readonly weights: Weights;
  readonly layout: LayoutOptions;
  /** Cache of first-layer pre-activations: a row of `cacheWidth` floats for each type, one direction after the other. */
  readonly cache: Address;
  /** The place of the network among the members of an ensemble, 0 of a network alone. */
  readonly member?: number;
  /** Of each head: its CRF, or of a constrained decoder the links that are allowed; undefined where tokens stand alone. */
  readonly fields: readonly (Crf | undefined)[];
  readonly training?: TrainingSpec;
}

/** Parts that a batch is cut into, whatever the number of threads, so that sums are always taken in the same order. */
export const SHARDS = 4;
/** Floats of the dense parameters, or rows of the word embedding, that one ticket handles. */
export const DENSE_BLOCK = 16_384;
export const ROW_BLOCK = 64;
/** Rows of the gradient of a matrix that one ticket computes. */
const PRODUCT_ROWS = 64;

/** Places in the list that `createTasks` returns. */
export const TaskId = {
  backpropagate: 0,
  multiply: 1,
  reduce: 2,
  update: 3,
  pack: 4,
  encode: 5,
  infer: 6,
  probe: 7,
} as const;

/** Streams of random numbers that one shard of one step has: inputs of layers and the output, masks, links. */
export const streams = ({ layers }: NetworkConfig): number => layers + 1 + 4 * layers;

/**
 * Calls `visit(row, age)` for every row of a packed batch; its age is its distance from the sentence's beginning, as the
 * direction reads it.
 */
export function eachAge(
  rows: Int32Array,
  reverse: boolean,
  visit: (row: number, age: number) => void,
): void {
  const lengths = new Int32Array(rows[0] ?? 0);
  rows.forEach((live) => {
    for (let b = 0; b < live; b++) lengths[b]!++;
  });
  let row = 0;
  rows.forEach((live, t) => {
    for (let b = 0; b < live; b++) visit(row++, reverse ? lengths[b]! - 1 - t : t);
  });
}

/** The parts of the gradients of all matrices, one a ticket, great ones first. A clockwork's is cleared whole. */
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

/** What of the dense parameters no matrix has: bytes [from, to) from their beginning. */
function outsideMatrices({ matrices, dense, denseSize }: Weights): [from: number, to: number][] {
  const rest: [number, number][] = [];
  let from = 0;
  const end = { at: dense + denseSize * 4, K: 0, N: 0 };
  for (const { at, K, N } of [...Object.values(matrices).sort((a, b) => a.at - b.at), end]) {
    if (at - dense > from) rest.push([from, at - dense]);
    from = Math.ceil((at - dense + K * N * 4) / 64) * 64;
  }
  return rest;
}

/**
 * The tasks of a network. Those of an ensemble are its members', one after another: each has its part of every row of
 * the cache and adds its scores to those of the members before it; the last finds the tags.
 */
export function createTasks(context: TaskContext, spec: ProgramSpec): Task[] {
  const { config, weights, cache } = spec;
  if (config.members === 1) return createNetworkTasks(context, spec);
  const [first, ...others] = Array.from({ length: config.members }, (_, member) =>
    createNetworkTasks(context, {
      ...spec,
      member,
      weights: memberWeights(weights, member),
      cache: cache + member * memberCacheWidth(config) * 4,
    }),
  ) as [Task[], ...Task[][]];
  return first.map(
    (task, id): Task =>
      (index, args) => {
        task(index, args);
        for (const tasks of others) tasks[id]!(index, args);
      },
  );
}

function createNetworkTasks({ kernels, arena, thread }: TaskContext, spec: ProgramSpec): Task[] {
  const { config, weights, layout: options, cache, fields, training, member = 0 } = spec;
  const { wordDim, hidden: H, tags, layers, periods } = config;
  const D = inputSize(config, 0);
  const sides = directionsOf(config);
  const matrices = Object.values(weights.matrices);
  const present = fields.filter((field) => field !== undefined);
  const stack = Array.from({ length: layers }, (_, l) => layerWeights(config, weights, l));
  const dense = Array.from({ length: config.dense }, (_, i) => denseWeights(weights, `dense.${i}`));
  const heads = tags.map((_, head) => denseWeights(weights, headName(head)));

  /** Encodes types by their characters and features. */
  const encodeTypes = (s: TypeSpace, sizes: TypeSizes): void => {
    charForward(kernels, config, weights, s.chars, sizes);
    featuresForward(kernels, config, weights, s.features, sizes.Y);
  };

  // What stands beside the word embedding in x.
  const [C, F, P] = [charSize(config), featureSize(config), tokenSize(config)];
  const besides = (
    [
      { part: 'chars', place: wordDim, width: C },
      { part: 'features', place: wordDim + C, width: F },
      { part: 'tokens', place: wordDim + C + F, width: P },
    ] as const
  ).filter(({ width }) => width > 0);

  /** x (n, D): word embeddings beside the encodings of types and the features of tokens. */
  const embed = (x: Address, words: Address, types: Address, space: TypeSpace, n: number): void => {
    kernels.rows_gather(x, weights.at['word.embedding']!, words, n, wordDim, D);
    tokensForward(kernels, config, weights, space.tokens, n);
    for (const { part, place, width } of besides) {
      const rows = part === 'tokens' ? space.tokens.rows : types;
      kernels.rows_gather(x + place * 4, space[part].out, rows, n, width, D);
    }
  };

  /** A clockwork's clocks, for each direction. */
  const wind = (
    clocks: readonly Address[],
    rows: Address,
    sizes: { N: number; T: number },
  ): void => {
    if (config.cell !== 'clockwork') return;
    sides.forEach((_, d) => {
      const clock = arena.i32(clocks[d]!, sizes.N);
      eachAge(arena.i32(rows, sizes.T), isReverse(config, d), (row, age) => {
        clock[row] = ticks(age, periods);
      });
    });
  };

  /** What dense layer `i` reads, of those that stand on `x`; after the last, what the heads read. */
  const denseInput = (x: Address, between: readonly Address[], i: number): Address =>
    i === 0 ? x : between[i - 1]!;

  /** From what the layers give to the logits of every head, added to those of the members before this one. */
  const headForward = (
    x: Address,
    between: readonly Address[],
    logits: readonly Address[],
    n: number,
  ): void => {
    dense.forEach((w, i) => {
      denseForward(kernels, between[i]!, denseInput(x, between, i), w, { n });
      kernels.tanh_forward(between[i]!, n * H);
    });
    heads.forEach((w, h) => {
      const accumulate = member > 0;
      denseForward(kernels, logits[h]!, denseInput(x, between, dense.length), w, { n, accumulate });
    });
  };

  /** Dropout's masks and the links of truncated backpropagation, for layer `l`, direction `d`. */
  function prepareNoise(s: ShardLayout, sizes: ShardSizes, stream: number): void {
    const { dropout, bptt, seed } = training!;
    const { N, T, B } = sizes;
    s.layers.forEach(({ tapes }, l) => {
      tapes.forEach((tape, d) => {
        const site = stream + layers + 1 + 2 * l + d;
        if (tape.mask) kernels.dropout_mask(tape.mask, B * H, 1 - dropout.recurrent, seed, site);
        if (bptt.kind === 'random')
          kernels.dropout_mask(tape.links, N, 1 - bptt.probability, seed, site + 2 * layers);
        if (bptt.kind === 'regular') {
          const links = arena.f32(tape.links, N);
          eachAge(arena.i32(s.rows, T), isReverse(config, d), (row, age) => {
            links[row] = age % bptt.length === 0 ? 0 : 1;
          });
        }
      });
    });
  }

  /** @param stream of the random numbers of this step and shard; without it nothing is dropped */
  function forward(s: ShardLayout, sizes: ShardSizes, stream?: number): void {
    const { dropout, seed } = training!;
    const { N, T, B } = sizes;
    const noise = stream !== undefined;
    const drop = (x: Address, level: number): void => {
      const share = level === layers ? dropout.output : dropout.input;
      if (!noise || share === 0) return;
      const width = inputSize(config, level);
      kernels.dropout_mask(s.masks[level]!, B * width, 1 - share, seed, stream + level);
      kernels.dropout_apply(x, s.masks[level]!, s.rows, T, width, width);
    };
    if (noise) prepareNoise(s, sizes, stream);
    wind(s.clocks, s.rows, sizes);
    encodeTypes(s, sizes);
    embed(s.x, s.words, s.types, s, N);
    drop(s.x, 0);
    s.layers.forEach((tape, layer) => {
      const below = s.layers[layer - 1];
      layerForward(kernels, config, stack[layer]!, tape, {
        ...packing(s, sizes),
        noise,
        layer,
        x: below?.out ?? s.x,
        below,
      });
      drop(tape.out, layer + 1);
    });
    const logits = s.heads.map((head) => head.logits);
    headForward(s.layers[layers - 1]!.out, s.dense, logits, N);
  }
  const packing = ({ rows, clocks }: ShardLayout, { N, T, B }: ShardSizes) => ({
    rows,
    clocks,
    N,
    T,
    B,
  });

  /** From the gradients of the logits to that of what the layers give, which comes to s.dout. */
  function headBackward(s: ShardLayout, { N: n }: ShardSizes, gradients: Gradients): void {
    const x = (i: number): Address => denseInput(s.layers[layers - 1]!.out, s.dense, i);
    const dx = (i: number): Address =>
      i === 0 ? s.dout[(layers - 1) % 2]! : s.ddense[(i - 1) % 2]!;
    heads.forEach((w, h) => {
      const at = dense.length;
      const { dlogits, packed } = s.heads[h]!;
      denseBackward(kernels, gradients, dx(at), dlogits, x(at), w, {
        n,
        packed,
        accumulate: h > 0,
      });
    });
    for (let i = dense.length - 1; i >= 0; i--) {
      kernels.tanh_backward(dx(i + 1), s.dense[i]!, n * H);
      const packed = s.packedDense[i]!;
      denseBackward(kernels, gradients, dx(i), dx(i + 1), x(i), dense[i]!, { n, packed });
    }
  }

  function backward(s: ShardLayout, sizes: ShardSizes, gradients: Gradients, dx: Address): void {
    const { N, T, Y } = sizes;
    const { dropout } = training!;
    const undrop = (d: Address, level: number): void => {
      const width = inputSize(config, level);
      if ((level === layers ? dropout.output : dropout.input) > 0)
        kernels.dropout_apply(d, s.masks[level]!, s.rows, T, width, width);
    };
    headBackward(s, sizes, gradients);
    for (let layer = layers - 1; layer >= 0; layer--) {
      const below = s.layers[layer - 1];
      const dout = s.dout[layer % 2]!;
      undrop(dout, layer + 1);
      layerBackward(kernels, arena, gradients, config, stack[layer]!, s.layers[layer]!, {
        ...packing(s, sizes),
        noise: true,
        layer,
        x: below?.out ?? s.x,
        dx: below ? s.dout[(layer - 1) % 2]! : dx,
        dout,
        below,
        scratch: s.scratch,
      });
    }
    undrop(dx, 0);
    for (const { part, place, width } of besides) {
      const { dout } = s[part];
      const [rows, n] = part === 'tokens' ? [s.tokens.rows, N] : [s.types, Y];
      arena.f32(dout, n * width).fill(0);
      kernels.rows_scatter_add(dout, dx + place * 4, rows, N, width, D);
    }
    const features = weights.at['feature.embedding'];
    if (features) featuresBackward(kernels, config, gradients.at(features), s.features, Y);
    const tokens = weights.at['token.embedding'];
    if (tokens) tokensBackward(kernels, config, gradients.at(tokens), s.tokens, N);
    charBackward(kernels, arena, config, weights, gradients, s.chars, sizes);
  }

  // args: [i] shard i, [SHARDS + i] what its backward leaves, [2 SHARDS + i] its dx (N, D), then space for each thread and
  // its bytes, the dropout stream, for each head 1 / tokens of the batch of which it knows something, and its sets of tags,
  // or 0
  const backpropagate: Task = (shard, args) => {
    const { labelSmoothing, tagWeights, gradients, losses } = training!;
    const factors = factorsOf(shard);
    const at = args[shard]!;
    const sizes = readSizes(arena.i32(at, shardKeys.length), shardKeys);
    const loss = losses + shard * 64;
    arena.f32(loss, 1)[0] = 0;
    if (sizes.N === 0) {
      factors.fill(0);
      return;
    }
    const [spaces, bytes, stream] = args.subarray(3 * SHARDS) as unknown as [
      Address,
      number,
      number,
    ];
    const s = layoutShard(config, options, sizes, {
      integers: at,
      kept: args[SHARDS + shard]!,
      scratch: spaces + thread * bytes,
    });
    forward(s, sizes, stream + shard * streams(config));
    const block = gradients + shard * weights.denseSize * 4 - weights.dense;
    const own: Gradients = {
      at: (parameter) => parameter + block,
      product: (w, ...factor) => factors.set(factor, 3 * matrices.indexOf(w)),
    };
    s.heads.forEach(({ gold, logits, dlogits, crf: scratch }, h) => {
      const scale = args[3 * SHARDS + 3 + h]!;
      const sets = args[3 * SHARDS + 3 + heads.length + h]!;
      const { rows } = s;
      const { N, T } = sizes;
      const smoothed = (weights: Address): void =>
        kernels.softmax_cross_entropy(
          loss,
          dlogits,
          logits,
          gold,
          sets,
          weights,
          N,
          tags[h]!,
          scale,
          labelSmoothing,
        );
      if (config.decoder === 'crf') {
        const weights = tagWeights[h]!;
        if (labelSmoothing === 0) arena.f32(dlogits, N * tags[h]!).fill(0);
        else smoothed(0);
        if (weights) crfCosts(arena, logits, { gold, costs: weights, N, K: tags[h]! });
        const batch = { emissions: logits, gold, sets, scratch, rows, T, scale };
        crfLoss(kernels, own.at, loss, dlogits, fields[h]!, batch);
      } else smoothed(tagWeights[h]!);
    });
    backward(s, sizes, own, args[2 * SHARDS + shard]!);
  };

  const factorsOf = (shard: number): Float64Array =>
    arena.f64(training!.factors + shard * matrices.length * 24, matrices.length * 3);
  const products = productTickets(weights);
  // The gradient of a part of a matrix: of each shard the product of what its backward left. args: [0] 1 where it is added
  // to what is there
  const multiply: Task = (index, args) => {
    const { w, from, rows } = products[index]!;
    const to = training!.summed + w.at - weights.dense;
    let accumulate = args[0] === 1;
    for (let shard = 0; shard < SHARDS; shard++) {
      const [x, dy, n] = factorsOf(shard).subarray(3 * matrices.indexOf(w)) as unknown as number[];
      if (n === 0) continue;
      addProduct(kernels, to, w, [x!, dy!, n!], { from, rows, accumulate });
      accumulate = true;
    }
    if (!accumulate) arena.f32(to + from * w.N * 4, rows * w.N).fill(0);
    if (w.modules) clearUphill(arena.f32(to, w.K * w.N), { H: w.K, modules: w.modules });
  };

  const denseBlocks = Math.ceil(weights.denseSize / DENSE_BLOCK);
  const denseRange = (block: number): [at: number, count: number] => [
    block * DENSE_BLOCK * 4,
    Math.min(DENSE_BLOCK, weights.denseSize - block * DENSE_BLOCK),
  ];
  const rest = outsideMatrices(weights);
  const rowRange = (block: number, n: number): [from: number, count: number] => {
    const from = (block - denseBlocks) * ROW_BLOCK;
    return [from, Math.min(ROW_BLOCK, n - from)];
  };

  // Sums gradients and their squares. args: [0] word rows used, [1] their gradients (n, wordDim), [2] offsets (n + 1),
  // [3] members, [4] dx of the whole batch (., D)
  const reduce: Task = (block, args) => {
    const { gradients, summed, squares } = training!;
    const square = squares + block * 16;
    arena.f64(square, 2).fill(0);
    if (block < denseBlocks) {
      const [at, count] = denseRange(block);
      for (const [begin, end] of rest) {
        const from = Math.max(begin, at);
        const n = (Math.min(end, at + count * 4) - from) / 4;
        if (n > 0)
          kernels.sum_shards(summed + from, gradients + from, SHARDS, weights.denseSize, n);
      }
      kernels.measure(square, summed + at, count);
      return;
    }
    const [from, count] = rowRange(block, args[0]!);
    const out = args[1]! + from * wordDim * 4;
    kernels.segment_sum(out, args[4]!, args[2]! + from * 4, args[3]!, count, wordDim, D);
    kernels.measure(square, out, count * wordDim);
  };

  // args: [0], [1] as for reduce, [2] ids (n), [3] scale and [4] limit of the gradient, [5] rate, [6], [7] Adam's bias
  // corrections
  const update: Task = (block, args) => {
    const { optimizer: o, summed, moments, wordMoments } = training!;
    const [n, rowGradients, ids, scale, limit, rate, correct1, correct2] =
      args as unknown as number[];
    const step = (
      w: Address,
      [m, v]: readonly [Address, Address],
      g: Address,
      options: { ids: Address; n: number; width: number; decay: number },
    ): void => {
      const { ids, n, width, decay } = options;
      if (o.optimizer === 'sgd')
        kernels.sgd(w, m, g, ids, n, width, scale!, limit!, rate!, o.momentum, decay);
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
          limit!,
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

  const pack: Task = (index) => {
    if (index < matrices.length) packMatrix(kernels, matrices[index]!);
    else packCrf(kernels, present[index - matrices.length]!);
  };

  // args: [0] a table of pairs: address of a block of types in units of 64 bytes, the cache row of its first type
  const encode: Task = (block, args) => {
    const [unit, slot] = arena.i32(args[0]! + block * 8, 2) as unknown as [number, number];
    const at = unit * 64;
    const row = cache + slot * cacheWidth(config) * 4;
    const sizes = readSizes(arena.i32(at, typeKeys.length), typeKeys);
    const t = layoutTypes(config, options, sizes, at);
    encodeTypes(t, sizes);
    embed(t.x, t.words, t.places, t, sizes.Y);
    stack[0]!.directions.forEach(({ input, bias }, d) => {
      const ldy = cacheWidth(config);
      project(kernels, row + d * input.N * 4, t.x, input, { n: sizes.Y, ldy, bias });
    });
  };

  // args: [0] a table of chunk addresses in units of 64 bytes
  const infer: Task = (index, args) => {
    const at = arena.i32(args[0]! + index * 4, 1)[0]! * 64;
    const { N, T, B } = readSizes(arena.i32(at, chunkKeys.length), chunkKeys);
    const c = layoutChunk(config, options, { N, T, B }, at);
    wind(c.clocks, c.rows, { N, T });
    stack.forEach((w, layer) => {
      const space = c.layers[layer]!;
      const below = c.layers[layer - 1];
      w.directions.forEach(({ cell, input, bias, recurrent, candidate, own }, d) => {
        if (below) project(kernels, c.pre, below.out, input, { n: N, bias });
        kernels[`${cell.kernels}_infer`](
          space.h + d * H * 4,
          space.c[d]!,
          c.scratch,
          below ? c.pre : cache + d * input.N * 4,
          below ? 0 : c.slots,
          recurrent.packed,
          candidate?.packed ?? 0,
          own,
          cell.clocked ? c.clocks[d]! : cell.below ? below!.c[d]! : 0,
          c.rows,
          T,
          H,
          below ? input.N : cacheWidth(config),
          sides.length * H,
          isReverse(config, d) ? 1 : 0,
        );
      });
      joinForward(kernels, config, w, space, { x: below?.out ?? 0, N, layer });
    });
    const logits = c.heads.map((head) => head.logits);
    headForward(c.layers[layers - 1]!.out, c.dense, logits, N);
    if (member < config.members - 1) return;
    c.heads.forEach(({ best, logits: emissions, score, crf: scratch }, h) => {
      const field = fields[h];
      if (field)
        crfDecode(kernels, best, score, field, { emissions, gold: 0, scratch, rows: c.rows, T });
      else kernels.argmax(best, emissions, N, tags[h]!);
    });
  };

  // The gradient of the first head's loss of each sentence's last token, as direction d of the top layer reads it, by every h of that
  // direction. args: [0] a shard, [1] and [2] space for what it keeps and does not keep, [3] d, [4] (N, H) for the gradients
  const probe: Task = (_, args) => {
    const [at, kept, scratch, d, trace] = args as unknown as [
      Address,
      Address,
      Address,
      number,
      Address,
    ];
    const { losses, gradients } = training!;
    const sizes = readSizes(arena.i32(at, shardKeys.length), shardKeys);
    const { N, T } = sizes;
    const s = layoutShard(config, options, sizes, { integers: at, kept, scratch });
    const golds = s.heads.map(({ gold }) => arena.i32(gold, N));
    eachAge(arena.i32(s.rows, T), !isReverse(config, d), (row, age) => {
      golds.forEach((gold, h) => {
        if (h > 0 || age !== 0) gold[row] = -1;
      });
    });
    forward(s, sizes);
    s.heads.forEach(({ gold, logits, dlogits }, h) => {
      kernels.softmax_cross_entropy(losses, dlogits, logits, gold, 0, 0, N, tags[h]!, 1, 0);
    });
    const own: Gradients = {
      at: (parameter) => parameter + gradients - weights.dense,
      product: () => undefined,
    };
    headBackward(s, sizes, own);
    const layer = layers - 1;
    const below = s.layers[layer - 1];
    layerBackward(kernels, arena, own, config, stack[layer]!, s.layers[layer]!, {
      ...packing(s, sizes),
      noise: false,
      layer,
      x: below?.out ?? s.x,
      dx: s.dout[layers % 2]!,
      dout: s.dout[layer % 2]!,
      below,
      scratch: s.scratch,
      trace: { direction: d, at: trace },
    });
    arena.f32(gradients, weights.denseSize).fill(0);
  };

  return [backpropagate, multiply, reduce, update, pack, encode, infer, probe];
}
