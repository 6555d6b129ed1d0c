import { Layout } from '../backend/arena.ts';
import type { Backend } from '../backend/backend.ts';
import type { Address } from '../backend/kernels.ts';
import {
  byFallingLength,
  collectTypes,
  Numbering,
  packTokens,
  type Types,
  writeTypes,
} from './batch.ts';
import { moduleOf } from './cells/clockwork.ts';
import {
  type Direction,
  directionsOf,
  headName,
  inputSize,
  type NetworkConfig,
  type ParameterSpec,
  sizeOf,
  times,
} from './config.ts';
import { type Crf, crfTablesSize } from './crf.ts';
import { type Bags, writeFeatures } from './features.ts';
import { isReverse } from './layer.ts';
import {
  cacheWidth,
  chunkKeys,
  layoutChunk,
  layoutShard,
  layoutTypes,
  shardKeys,
  typeKeys,
  writeSizes,
} from './layouts.ts';
import {
  type Bptt,
  createTasks,
  DENSE_BLOCK,
  type Dropout,
  eachAge,
  type OptimizerOptions,
  type ProgramSpec,
  productTickets,
  ROW_BLOCK,
  SHARDS,
  streams,
  TaskId,
  type TrainingSpec,
} from './program.ts';
import { tokenMembers, tokenWriter } from './tokens.ts';
import { placeWeights, type Weights } from './weights.ts';

export interface TrainingOptions {
  readonly dropout: Dropout;
  /** Left out: full. */
  readonly bptt?: Bptt;
  /** A CRF, where it is not 0, learns the smoothed cross-entropy of each token's scores besides. */
  readonly labelSmoothing: number;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
  /**
   * Of each head: (K), above 0, how often a token counts whose gold tag that is, of a set of tags their mean; of a CRF,
   * by what the odds of each wrong tag there are multiplied in training (see `crfCosts`). Undefined: 1.
   */
  readonly tagWeights?: readonly (Float32Array | undefined)[];
}

/** Labelled sentences as numbers: of each, types, rows of the word embedding, and, for each head, tags. */
export interface TrainingBatch {
  readonly types: readonly Int32Array[];
  readonly words: readonly Int32Array[];
  /** Of each sentence the features of its tokens, where the network has such. */
  readonly tokens?: readonly Bags[];
  /** tags[head][sentence]: a tag; -1 where unknown; -2 - i, one of the tags of row i of the head's sets. */
  readonly tags: readonly (readonly Int32Array[])[];
  /** Of each head: (S, K), 1 for each tag in the set, else 0, at least one a set; undefined where there are none. */
  readonly sets?: readonly (Float32Array | undefined)[];
}

/** A part of a batch: its integers as the arena will have them, of which two are views, and bytes that it takes besides. */
interface PreparedShard {
  readonly integers: Int32Array;
  readonly rows: Int32Array;
  readonly words: Int32Array;
  readonly kept: number;
  readonly scratch: number;
}

/** A batch as the engine reads it. */
export interface PreparedBatch extends Pick<Required<TrainingBatch>, 'sets'> {
  readonly tokens: number;
  /** Of each head: by what its tokens count, in all. */
  readonly weights: readonly number[];
  readonly shards: readonly PreparedShard[];
}
type Batch = TrainingBatch | PreparedBatch;

export interface StepResult {
  /** Mean cross-entropy over the batch's tokens by their weights, in nats; of several heads, their sum. */
  readonly loss: number;
  /** Global norm of the gradient before clipping, and whether it was clipped. */
  readonly norm: number;
  readonly clipped: boolean;
  readonly tokens: number;
}

/** How the words of batches are read. */
export interface Reading {
  readonly types: Types;
  /** What a character of a type is read as, asked anew for each shard's table of types; left out: as it is. */
  readonly charAs?: ((char: number) => number) | undefined;
}

export interface StepOptions extends Reading {
  readonly rate: number;
  /** The gradient is scaled down to this global norm (Pascanu et al. 2013). */
  readonly clipNorm?: number | undefined;
  /** Each element of the gradient is held within +- this. */
  readonly clipValue?: number | undefined;
  /** The word embedding is left as it is. */
  readonly freezeWords?: boolean;
  /** Done by this thread while others compute: it may prepare a batch, nothing else with the engine. */
  readonly meanwhile?: () => void;
}

export interface OptimizerState {
  /** Updates, and the batches that went into them, so far. */
  readonly step: number;
  readonly batches: number;
  readonly moments: readonly Float32Array[];
}

export interface Emissions {
  /** For each head, the best tag of every token, sentence after sentence. */
  readonly best: readonly Int32Array[];
  /** For each head, scores before the softmax, (tokens, tags), when asked for. */
  readonly scores?: readonly Float32Array[];
}

/**
 * The boundary between training or tagging and whatever computes: whole batches of numbers go in, a loss or scores come
 * out, and parameters are copied in and out by name.
 */
export interface Engine {
  readonly config: NetworkConfig;
  readonly specs: readonly ParameterSpec[];
  /** A live view of a parameter; call `weightsChanged` after writing. */
  parameter(name: string): Float32Array;
  weightsChanged(): void;
  /**
   * Forward, backward and one update, of a batch or by the sum of the gradients of several: what one batch of all their
   * sentences gives, up to rounding, in the memory of the largest. If the loss or the norm is not finite, nothing is
   * changed.
   */
  trainStep(batch: Batch | readonly Batch[], options: StepOptions): StepResult;
  /** What `trainStep` would begin with; apart, it may be done ahead. */
  prepare(batch: TrainingBatch, reading: Reading): PreparedBatch;
  /**
   * How the gradient fades or grows with distance: for each direction of the top layer, the norm of dL/dh k tokens back
   * from the token of the loss, the sentence's last as that direction reads it; a mean over the sentences longer than k.
   */
  gradientNorms(
    batch: TrainingBatch,
    options: { types: Types; distance: number },
  ): Partial<Record<Direction, number[]>>;
  /** Moments of the optimizer and its counts: with the parameters, all that training needs to go on. */
  optimizerState(): OptimizerState;
  restoreOptimizer(state: OptimizerState): void;
  /** Types that the cache can hold. */
  readonly capacity: number;
  /** Types that it holds. */
  readonly cached: number;
  /** Encodes types into the cache and returns their places, in order. */
  encode(types: Types): Int32Array;
  clearCache(): void;
  /** Tags sentences given as places in the cache, one after another. */
  infer(places: Int32Array, lengths: Int32Array, options?: { scores?: boolean }): Emissions;
  /**
   * Begins what `infer` does and returns what ends it. Until then other threads compute while this one may do something
   * else, but nothing with the engine.
   */
  beginInfer(
    places: Int32Array,
    lengths: Int32Array,
    options?: { scores?: boolean },
  ): () => Emissions;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly backend: Backend;
  readonly config: NetworkConfig;
  /** Left out where the network only tags. */
  readonly training?: TrainingOptions;
  /** For each head, the links that its paths may take, as `allowedTransitions` gives them; undefined: all. */
  readonly allowed?: readonly (Int32Array | undefined)[];
  /** Types that the cache holds. */
  readonly cacheSize?: number;
  /** So many tokens are tagged by this thread alone before others are started. Default: 0. */
  readonly alone?: number;
}

const TYPES_BLOCK = 128;
const CHUNK_SENTENCES = 32;

/** Places everything in the backend's arena. Parameters are 0 until written. */
export function createEngine(options: EngineOptions): Engine {
  const { backend, config, training, cacheSize = 8192 } = options;
  const { arena, pool, kernels, panelWidth } = backend;
  const D = inputSize(config, 0);
  const bptt = training?.bptt ?? { kind: 'full' };
  const layoutOptions = {
    panelWidth,
    recurrentDropout: (training?.dropout.recurrent ?? 0) > 0,
    links: bptt.kind !== 'full',
  };
  const weights: Weights = placeWeights(config, {
    begin: arena.layout.end,
    panelWidth,
    training: training !== undefined,
  });
  arena.take((weights.end - arena.layout.end) / 4);
  if (weights.modules) {
    const sizes = { H: config.hidden, modules: config.periods.length };
    const modules = arena.i32(weights.modules, config.hidden);
    modules.forEach((_, unit) => {
      modules[unit] = 1 << moduleOf(unit, sizes);
    });
  }
  const fields = config.tags.map((_, head) => placeField(head));
  const cache = arena.take(cacheSize * cacheWidth(config));
  const wordSize = config.words * config.wordDim;
  const denseBlocks = Math.ceil(weights.denseSize / DENSE_BLOCK);
  const products = productTickets(weights).length;
  const take = (n: number): Address => arena.take(n);
  const pair = (n: number): readonly [Address, Address] => [take(n), take(n)];
  const trainingSpec: TrainingSpec | undefined = training && {
    ...training,
    bptt,
    tagWeights: config.tags.map((K, head) => {
      const weights = training.tagWeights?.[head];
      if (!weights) return 0;
      const at = take(K);
      arena.f32(at, K).set(config.decoder === 'crf' ? weights.map(Math.log) : weights);
      return at;
    }),
    gradients: take(SHARDS * weights.denseSize),
    summed: take(weights.denseSize),
    factors: take(SHARDS * Object.keys(weights.matrices).length * 6),
    moments: pair(weights.denseSize),
    wordMoments: pair(wordSize),
    losses: take(SHARDS * 16),
    squares: take(4 * (denseBlocks + Math.ceil(config.words / ROW_BLOCK) + 1)),
  };
  const spec: ProgramSpec = {
    config,
    weights,
    layout: layoutOptions,
    cache,
    fields,
    ...(trainingSpec && { training: trainingSpec }),
  };
  const tasks = createTasks({ kernels, arena, thread: 0 }, spec);
  pool.program(new URL('./program.js', import.meta.url).href, spec, tasks);
  /** Tokens still to be tagged before other threads are worth their start. */
  let alone = options.alone ?? 0;
  const begin = (task: number, count: number, args: readonly number[]): void => {
    if (alone <= 0) pool.begin(task, count, args);
    else for (let i = 0; i < count; i++) tasks[task]!(i, Float64Array.from(args));
  };
  const run = (task: number, count: number, args: readonly number[] = []): void => {
    begin(task, count, args);
    pool.finish();
  };

  // From here on the arena is scratch, laid out anew for every batch.
  const scratch = arena.layout.end;
  let cached = 0;
  let stepCount = 0;
  let batchCount = 0;
  const charset = new Numbering(config.chars);
  const wordRows = new Numbering(config.words);
  let typeNumbering = new Numbering(0);
  let numbered: Types | undefined;
  const numberingFor = (types: Types): Numbering => {
    if (numbered !== types) {
      typeNumbering = new Numbering(types.words.length);
      numbered = types;
    }
    return typeNumbering;
  };

  /** Makes a shard of the sentences of a batch, given by their places. */
  function prepareShard(
    sentences: readonly number[],
    batch: Reading & { of: TrainingBatch; lengths: readonly number[] },
  ): PreparedShard {
    const { lengths, of, types: allTypes, charAs } = batch;
    const numbering = numberingFor(allTypes);
    numbering.reset();
    for (const s of sentences) for (const type of of.types[s]!) numbering.number(type);
    const groups = config.featureGroups;
    const typeBatch = collectTypes(allTypes, { numbering, charset, groups, charAs });
    const N = sentences.reduce((sum, s) => sum + lengths[s]!, 0);
    const T = sentences.length > 0 ? lengths[sentences[0]!]! : 0;
    const P = sentences.reduce((sum, s) => sum + (of.tokens?.[s]?.members.length ?? 0), 0);
    const sizes = { N, T, B: sentences.length, ...typeBatch.sizes, P };
    const s = layoutShard(config, layoutOptions, sizes, { integers: 0, kept: 0, scratch: 0 });
    const buffer = new ArrayBuffer(s.space.integers.end);
    const staged = { i32: (at: Address, n: number) => new Int32Array(buffer, at, n) };
    writeSizes(staged.i32(0, shardKeys.length), shardKeys, sizes);
    writeTypes(staged, config, s.chars, typeBatch);
    writeFeatures(staged, config, s.features, allTypes, typeBatch);
    const tokens = tokenWriter(staged, config, s.tokens, { n: N, P });
    const rows = staged.i32(s.rows, T);
    const words = staged.i32(s.words, N);
    const typePlaces = staged.i32(s.types, N);
    const golds = s.heads.map(({ gold }) => staged.i32(gold, N));
    packTokens(rows, sentences, lengths, (row, sentence, t) => {
      words[row] = of.words[sentence]![t]!;
      typePlaces[row] = numbering.number(of.types[sentence]![t]!);
      tokens.add(of.tokens?.[sentence], t);
      for (let head = 0; head < golds.length; head++)
        golds[head]![row] = of.tags[head]![sentence]![t]!;
    });
    const { kept, scratch } = s.space;
    return { integers: new Int32Array(buffer), rows, words, kept: kept.end, scratch: scratch.end };
  }

  /** Puts a shard at the layout's end and returns where its integers are, and what its task leaves. */
  function placeShard(layout: Layout, { integers, kept }: PreparedShard): [Address, Address] {
    const at = layout.take(integers.length);
    const rest = layout.take(kept / 4);
    arena.reserve(layout.end);
    arena.i32(at, integers.length).set(integers);
    return [at, rest];
  }

  /** How often a token counts, by what is known of its tag. */
  function weigher(head: number, sets: Float32Array | undefined): (tag: number) => number {
    const weights = config.decoder === 'crf' ? undefined : training!.tagWeights?.[head];
    if (!weights) return (tag) => (tag === -1 ? 0 : 1);
    const meanOf = (set: Float32Array): number =>
      set.reduce((sum, isIn, k) => sum + isIn * weights[k]!, 0) /
      set.reduce((sum, isIn) => sum + isIn, 0);
    const K = weights.length;
    return (tag) => {
      if (tag >= 0) return weights[tag]!;
      return tag === -1 ? 0 : meanOf(sets!.subarray((-2 - tag) * K, (-1 - tag) * K));
    };
  }

  function prepare(batch: TrainingBatch, { types, charAs }: Reading): PreparedBatch {
    const lengths = batch.types.map((sentence) => sentence.length);
    const order = byFallingLength(lengths);
    return {
      tokens: sumOf(lengths, (length) => length),
      weights: config.tags.map((_, h) => {
        const weigh = weigher(h, batch.sets?.[h]);
        let all = 0;
        for (const sentence of batch.tags[h]!) for (const tag of sentence) all += weigh(tag);
        return all;
      }),
      sets: config.tags.map((_, h) => batch.sets?.[h]),
      // Dealt like cards, so that shards are alike in work.
      shards: times(SHARDS, (shard) =>
        prepareShard(
          order.filter((_, i) => i % SHARDS === shard),
          { of: batch, lengths, types, charAs },
        ),
      ),
    };
  }

  function trainStep(given: Batch | readonly Batch[], options: StepOptions): StepResult {
    if (!trainingSpec) throw new Error('this engine only tags');
    const { clipNorm = 0, clipValue = Number.POSITIVE_INFINITY, meanwhile } = options;
    const batches = [given]
      .flat()
      .map((batch) => ('shards' in batch ? batch : prepare(batch, options)));
    const tokens = sumOf(batches, (batch) => batch.tokens);
    const scales = config.tags.map(
      (_, h) => 1 / (sumOf(batches, ({ weights }) => weights[h]!) || 1),
    );

    const kept = new Layout(scratch); // beyond it every batch has the space of the one before
    const dx = kept.take(tokens * D);
    const places = new Int32Array(tokens); // row of dx -> place among the words of all batches
    wordRows.reset();
    let layout = kept;
    let loss = 0;
    let done = 0;
    batches.forEach(({ shards, sets }, i) => {
      layout = new Layout(kept.end);
      const tables = sets.map((table) => {
        if (!table) return 0;
        const at = layout.take(table.length);
        arena.reserve(layout.end);
        arena.f32(at, table.length).set(table);
        return at;
      });
      const placed = shards.map((shard) => placeShard(layout, shard));
      const most = Math.max(...shards.map((shard) => shard.scratch));
      const spaces = layout.take((pool.threads * most) / 4);
      arena.reserve(layout.end);
      let row = done;
      pool.begin(TaskId.backpropagate, SHARDS, [
        ...placed.map(([at]) => at),
        ...placed.map(([, rest]) => rest),
        ...shards.map(({ words }) => {
          const at = dx + row * D * 4;
          row += words.length;
          return at;
        }),
        spaces,
        most,
        (batchCount + i) * SHARDS * streams(config),
        ...scales,
        ...tables,
      ]);
      pool.finish();
      // its tickets are small, so that threads end together even if this one comes late
      pool.begin(TaskId.multiply, products, [i > 0 ? 1 : 0]);
      try {
        for (const { words } of shards)
          for (const word of words) places[done++] = wordRows.number(word);
        if (i === batches.length - 1) meanwhile?.();
      } finally {
        pool.finish();
      }
      for (let shard = 0; shard < SHARDS; shard++)
        loss += arena.f32(trainingSpec.losses + shard * 64, 1)[0]!;
    });

    const used = options.freezeWords ? 0 : wordRows.items.length;
    const offsets = layout.take(used + 1);
    const members = layout.take(tokens);
    const ids = layout.take(used);
    const rowGradients = layout.take(used * config.wordDim);
    arena.reserve(layout.end);
    if (used > 0) {
      writeSegments(places, used, arena.i32(offsets, used + 1), arena.i32(members, tokens));
      arena.i32(ids, used).set(wordRows.items);
    }
    const blocks = denseBlocks + Math.ceil(used / ROW_BLOCK);
    pool.run(TaskId.reduce, blocks, [used, rowGradients, offsets, members, dx]);
    const measures = arena.f64(trainingSpec.squares, 2 * blocks);
    let squared = 0;
    let most = 0;
    for (let block = 0; block < blocks; block++) {
      squared += measures[2 * block]!;
      most = Math.max(most, measures[2 * block + 1]!);
    }
    const norm = Math.sqrt(squared);
    if (!Number.isFinite(loss) || !Number.isFinite(norm))
      return { loss, norm, tokens, clipped: false };
    stepCount++;
    batchCount += batches.length;
    const { momentum, beta2 } = trainingSpec.optimizer;
    const scale = clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1;
    pool.run(TaskId.update, blocks, [
      used,
      rowGradients,
      ids,
      scale,
      clipValue,
      options.rate,
      1 / (1 - momentum ** stepCount),
      1 / (1 - beta2 ** stepCount),
    ]);
    weightsChanged();
    return { loss, norm, tokens, clipped: scale < 1 || scale * most > clipValue };
  }

  function gradientNorms(
    batch: TrainingBatch,
    { types, distance }: { types: Types; distance: number },
  ): Partial<Record<Direction, number[]>> {
    const lengths = batch.types.map((sentence) => sentence.length);
    const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
    const H = config.hidden;
    const norms: Partial<Record<Direction, number[]>> = {};
    directionsOf(config).forEach((direction, d) => {
      const layout = new Layout(scratch);
      const trace = layout.take(lengths.reduce((sum, n) => sum + n * H, 0));
      const shard = prepareShard(order, { of: batch, lengths, types });
      const placed = placeShard(layout, shard);
      const space = layout.take(shard.scratch / 4);
      arena.reserve(layout.end);
      pool.run(TaskId.probe, 1, [...placed, space, d, trace]);
      const sums: { sum: number; count: number }[] = [];
      // The loss stands at the end of what the direction reads: distances are ages of the other way.
      eachAge(shard.rows, !isReverse(config, d), (row, back) => {
        if (back > distance) return;
        const gradient = arena.f32(trace + row * H * 4, H);
        sums[back] ??= { sum: 0, count: 0 };
        sums[back].sum += Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0));
        sums[back].count++;
      });
      norms[direction] = Array.from(sums, ({ sum, count }) => sum / count);
    });
    return norms;
  }

  /** What a head needs to find paths. */
  function placeField(head: number): Crf | undefined {
    const links = options.allowed?.[head];
    if (config.decoder === 'softmax' || (config.decoder === 'constrained' && !links))
      return undefined;
    const K = config.tags[head]!;
    const allowed = links ? arena.take(links.length) : 0;
    if (links) arena.i32(allowed, links.length).set(links);
    const parameter = (name: string): Address => weights.at[`${headName(head)}.${name}`] ?? 0;
    return {
      K,
      transitions: parameter('transitions'),
      start: parameter('start'),
      end: parameter('end'),
      allowed,
      tables: arena.take(crfTablesSize(panelWidth, K)),
    };
  }

  function weightsChanged(): void {
    const matrices = Object.keys(weights.matrices).length / config.members;
    const packed = matrices + fields.filter(Boolean).length;
    run(TaskId.pack, packed);
    cached = 0;
  }

  function encode(types: Types): Int32Array {
    const count = types.words.length;
    if (cached + count > cacheSize)
      throw new RangeError(`${cached} + ${count} types in a cache of ${cacheSize}`);
    const numbering = numberingFor(types);
    const order = byFallingLength(
      types.words.map((_, i) => types.offsets[i + 1]! - types.offsets[i]!),
    );
    const slots = new Int32Array(count);
    const blocks = Math.ceil(count / TYPES_BLOCK);
    const layout = new Layout(scratch);
    const table = layout.take(2 * blocks);
    arena.reserve(layout.end);
    for (let block = 0; block < blocks; block++) {
      numbering.reset();
      for (const id of order.slice(block * TYPES_BLOCK, (block + 1) * TYPES_BLOCK))
        numbering.number(id);
      const typeBatch = collectTypes(types, { numbering, charset, groups: config.featureGroups });
      const { Y } = typeBatch.sizes;
      const P = typeBatch.ids.reduce((sum, id) => sum + tokenMembers(config, types.tokens, id), 0);
      const sizes = { ...typeBatch.sizes, P };
      const at = layout.end;
      const t = layoutTypes(config, layoutOptions, sizes, at);
      layout.end = t.end;
      arena.reserve(t.end);
      writeSizes(arena.i32(at, typeKeys.length), typeKeys, sizes);
      writeTypes(arena, config, t.chars, typeBatch);
      writeFeatures(arena, config, t.features, types, typeBatch);
      arena.i32(table + block * 8, 2).set([at / 64, cached]);
      const tokens = tokenWriter(arena, config, t.tokens, { n: Y, P });
      const words = arena.i32(t.words, Y);
      const places = arena.i32(t.places, Y);
      typeBatch.ids.forEach((id, y) => {
        words[y] = types.words[id]!;
        tokens.add(types.tokens, id);
        places[y] = y;
        slots[id] = cached + y;
      });
      cached += Y;
    }
    run(TaskId.encode, blocks, [table]);
    return slots;
  }

  function beginInfer(
    places: Int32Array,
    lengths: Int32Array,
    { scores = false } = {},
  ): () => Emissions {
    const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
    const starts = new Int32Array(lengths.length + 1);
    lengths.forEach((n, i) => {
      starts[i + 1] = starts[i]! + n;
    });
    const chunks = Math.ceil(order.length / CHUNK_SENTENCES);
    const layout = new Layout(scratch);
    const table = layout.take(chunks);
    arena.reserve(layout.end);
    const plans = Array.from({ length: chunks }, (_, i) => {
      const sentences = order.slice(i * CHUNK_SENTENCES, (i + 1) * CHUNK_SENTENCES);
      const N = sentences.reduce((sum, s) => sum + lengths[s]!, 0);
      const sizes = { N, T: lengths[sentences[0]!]!, B: sentences.length };
      const at = layout.end;
      const c = layoutChunk(config, layoutOptions, sizes, at);
      layout.end = c.end;
      arena.reserve(c.end);
      writeSizes(arena.i32(at, chunkKeys.length), chunkKeys, sizes);
      const rows = arena.i32(c.rows, sizes.T);
      const slots = arena.i32(c.slots, N);
      const tokens = new Int32Array(N); // packed row -> token of the input
      packTokens(rows, sentences, lengths, (row, sentence, t) => {
        tokens[row] = starts[sentence]! + t;
        slots[row] = places[tokens[row]!]!;
      });
      arena.i32(table + i * 4, 1)[0] = at / 64;
      return { c, tokens };
    });
    begin(TaskId.infer, chunks, [table]);
    alone -= places.length;
    return () => {
      pool.finish();
      const best = config.tags.map(() => new Int32Array(places.length));
      const all = scores ? config.tags.map((K) => new Float32Array(places.length * K)) : [];
      for (const { c, tokens } of plans)
        c.heads.forEach((head, h) => {
          const from = arena.i32(head.best, tokens.length);
          const to = best[h]!;
          tokens.forEach((token, row) => {
            to[token] = from[row]!;
          });
          if (!scores) return;
          const K = config.tags[h]!;
          const logits = arena.f32(head.logits, tokens.length * K);
          tokens.forEach((token, row) => {
            all[h]!.set(logits.subarray(row * K, (row + 1) * K), token * K);
          });
        });
      return scores ? { best, scores: all } : { best };
    };
  }

  const moments = (): Float32Array[] => {
    if (!trainingSpec) throw new Error('this engine only tags');
    return [
      ...trainingSpec.moments.map((at) => arena.f32(at, weights.denseSize)),
      ...trainingSpec.wordMoments.map((at) => arena.f32(at, wordSize)),
    ];
  };

  return {
    config,
    specs: weights.specs,
    parameter: (name) => {
      const spec = weights.specs.find((s) => s.name === name);
      if (!spec) throw new Error(`no parameter ${name}`);
      return arena.f32(weights.at[name]!, sizeOf(spec.shape));
    },
    weightsChanged,
    trainStep,
    prepare,
    gradientNorms,
    optimizerState: () => ({
      step: stepCount,
      batches: batchCount,
      moments: moments().map((m) => m.slice()),
    }),
    restoreOptimizer: (state) => {
      stepCount = state.step;
      batchCount = state.batches;
      moments().forEach((m, i) => {
        m.set(state.moments[i]!);
      });
    },
    capacity: cacheSize,
    get cached() {
      return cached;
    },
    encode,
    clearCache: () => {
      cached = 0;
    },
    infer: (...batch) => beginInfer(...batch)(),
    beginInfer,
    close: () => pool.close(),
  };
}

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

/** Lists the members of each segment: place p of row r makes r a member of segment p, in rising order. */
function writeSegments(
  places: Int32Array,
  count: number,
  offsets: Int32Array,
  members: Int32Array,
): void {
  offsets.fill(0);
  for (const place of places) offsets[place + 1]!++;
  for (let s = 0; s < count; s++) offsets[s + 1]! += offsets[s]!;
  const next = offsets.slice(0, count);
  places.forEach((place, row) => {
    members[next[place]!++] = row;
  });
}
