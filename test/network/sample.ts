import { createHash } from 'node:crypto';
import { Arena } from '../../src/backend/arena.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { createPool } from '../../src/backend/pool.ts';
import { createEngineOver } from '../../src/network/builtin/engine.ts';
import { directionsOf, type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import type {
  Bags,
  Engine,
  TrainingBatch,
  TrainingOptions,
  WordTypes,
} from '../../src/network/engine.ts';
import { parameterSpecs } from '../../src/network/network.ts';
import { openLevel } from '../backend/levels.ts';
import { expectedMask } from '../backend/masks.ts';
import { cellOf, connects } from '../oracle/cells.ts';
import type { LayerLinks, LayerMasks, LayerWeights } from '../oracle/layer.ts';
import type { DenseWeights } from '../oracle/matmul.ts';
import {
  expandMask,
  type Packing,
  packedRow,
  packingOfLengths,
  sentenceRows,
} from '../oracle/packing.ts';
import { agesOf, type CellWeights } from '../oracle/recurrence.ts';
import { type Rng, rng } from '../oracle/rng.ts';
import type { CharEncoder, TaggerBatch, TaggerMasks, TaggerWeights } from '../oracle/tagger.ts';

/** Widths of the parts of the first layer's input: words, characters, hashed features, features of tokens. */
export function inputWidths(config: NetworkConfig): [number, number, number, number] {
  const { wordDim, charEncoder, charFilters, charHidden, tokenFeatures } = config;
  return [
    wordDim,
    { none: 0, cnn: charFilters, lstm: 2 * charHidden }[charEncoder],
    config.featureGroups * config.featureDim,
    (tokenFeatures?.groups ?? 0) * (tokenFeatures?.dim ?? 0),
  ];
}

/** Width of the pretrained vectors, whose columns come after those of the words. */
export const vectorWidth = ({ vectorDim = 0 }: NetworkConfig): number => vectorDim;

/** Width of the input of recurrent layer `layer`. */
function inputSize(config: NetworkConfig, layer: number): number {
  if (layer === 0)
    return inputWidths(config).reduce((sum, width) => sum + width, vectorWidth(config));
  return config.direction === 'both' && config.merge === 'concat'
    ? 2 * config.hidden
    : config.hidden;
}

export interface Sample {
  config: NetworkConfig;
  types: WordTypes;
  batch: TrainingBatch;
  /** Of each head, as `allowedTransitions` returns it. */
  allowed?: readonly Int32Array[];
}

const smallConfig: NetworkConfig = {
  ...plainBiLstm,
  words: 11,
  wordDim: 5,
  charEncoder: 'none',
  chars: 6,
  charDim: 3,
  charWidth: 3,
  charFilters: 7,
  charHidden: 4,
  layers: 1,
  hidden: 3,
  tags: [5],
};

/** WordTypes of a few words and characters, and sentences of the given lengths over them. */
export function createSample(options: {
  seed: number;
  lengths: readonly number[];
  types?: number;
  config?: Partial<NetworkConfig>;
}): Sample {
  const { seed, lengths, types: count = 14 } = options;
  const config = { ...smallConfig, ...options.config };
  const random = rng(seed);
  const offsets = [0];
  for (let f = 0; f < count; f++) offsets.push(offsets[f]! + 1 + random.integer(7));
  const types: WordTypes = {
    words: random.integers(count, config.words),
    offsets: Int32Array.from(offsets),
    chars: random.integers(offsets[count]!, config.chars),
    ...(config.featureGroups > 0 && {
      bags: createBags(random, {
        count,
        groups: config.featureGroups,
        rowsOf: config.featureBuckets,
      }),
    }),
    ...(config.tokenFeatures && { tokenFeatures: createTokens(random, config, count) }),
    ...(config.vectorDim && {
      vectors: Float32Array.from(random.array(count * config.vectorDim)),
    }),
  };
  return { config, types, batch: createBatch(random, { config, types, lengths }) };
}

/** Bags of 0 to 3 features of each group, which has `rowsOf` rows, for each of `count` types. */
function createBags(
  random: Rng,
  { count, groups, rowsOf }: Record<'count' | 'groups' | 'rowsOf', number>,
): Bags {
  const offsets = [0];
  const members: number[] = [];
  for (let bag = 0; bag < count * groups; bag++) {
    const own = random.integers(random.integer(4), rowsOf);
    members.push(...own.map((row) => (bag % groups) * rowsOf + row));
    offsets.push(members.length);
  }
  return { offsets: Int32Array.from(offsets), members: Int32Array.from(members) };
}

/** The sample where of each head one transition, start or end in six is forbidden. */
export function withForbidden(sample: Sample): Sample {
  const random = rng(4);
  const allowed = sample.config.tags.map((K) =>
    Int32Array.from({ length: K * (K + 2) }, () => (random.integer(6) === 0 ? 0 : 1)),
  );
  return { ...sample, allowed };
}

/** Features for each of `count` tokens. */
export function createTokens(random: Rng, config: NetworkConfig, count: number): Bags {
  const { groups, rows } = config.tokenFeatures!;
  return createBags(random, { count, groups, rowsOf: rows / groups });
}

/** The bags of these types, one after another. */
function chosenBags({ offsets, members }: Bags, ids: Int32Array, groups: number): Bags {
  const bags = [...ids].flatMap((id) =>
    Array.from({ length: groups }, (_, g) => {
      const bag = id * groups + g;
      return [...members.subarray(offsets[bag]!, offsets[bag + 1]!)];
    }),
  );
  const ends = bags.map((_, b) => bags.slice(0, b + 1).flat().length);
  return { offsets: Int32Array.of(0, ...ends), members: Int32Array.from(bags.flat()) };
}

/** Random sentences: a word in seven is unknown (row 0), a tag in five is not given. */
export function createBatch(
  random: Rng,
  { config, types, lengths }: Omit<Sample, 'batch'> & { lengths: readonly number[] },
): TrainingBatch {
  const sentences = lengths.map((length) => random.integers(length, types.words.length));
  return {
    wordTypes: types,
    sentences,
    words: sentences.map((ids) =>
      ids.map((id) => (random.integer(7) === 0 ? 0 : types.words[id]!)),
    ),
    ...(types.tokenFeatures && {
      tokenFeatures: sentences.map((ids) =>
        chosenBags(types.tokenFeatures!, ids, config.tokenFeatures!.groups),
      ),
    }),
    tags: config.tags.map((tags) =>
      lengths.map((length) =>
        random.integers(length, tags).map((tag) => (random.integer(5) === 0 ? -1 : tag)),
      ),
    ),
  };
}

/** Sentences `from` to `to` of a batch. */
export const sliceBatch = (
  { sentences, words, tokenFeatures, tags, ...batch }: TrainingBatch,
  from: number,
  to: number,
): TrainingBatch => ({
  ...batch,
  sentences: sentences.slice(from, to),
  words: words.slice(from, to),
  ...(tokenFeatures && { tokenFeatures: tokenFeatures.slice(from, to) }),
  tags: tags.map((head) => head.slice(from, to)),
});

/** SGD without momentum, whose velocity is the gradient itself. */
export const plainSgd: TrainingOptions = {
  dropout: { input: 0, output: 0, recurrent: 0 },
  labelSmoothing: 0,
  optimizer: { optimizer: 'sgd', momentum: 0, beta2: 0, epsilon: 0, weightDecay: 0 },
  seed: 1,
};

export const noClipping = 0;

/** One thread over the kernels of a level. */
export function openSingle(level: string): Backend {
  const arena = new Arena(131_072);
  const { kernels, isa, panelWidth } = openLevel(level, arena.memory);
  const kind = level === 'wasm' ? 'wasm' : 'native';
  const pool = createPool({
    kind,
    products: 'single',
    arena,
    threads: 1,
    stack: 65_536,
    onWarning: console.warn,
  });
  return { kind, isa, panelWidth, kernels, arena, pool };
}

/** An engine with random parameters, whose scratch space is full of NaN. */
export function createFilled(options: {
  backend: Backend;
  config: NetworkConfig;
  training?: TrainingOptions;
  allowed?: readonly Int32Array[] | undefined;
  seed?: number;
}): Engine {
  const { backend, config, training, allowed, seed = 5 } = options;
  const engine = createEngineOver(backend, {
    config,
    cachedTypes: 512,
    ...(training && { training }),
    ...(allowed && { transitions: allowed }),
  });
  fillParameters(engine, seed);
  poison(backend);
  return engine;
}

/** Sets all parameters to random values. */
export function fillParameters(engine: Engine, seed = 5): void {
  const random = rng(seed);
  for (const { name, shape } of engine.parameters) {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = random.array(size, name.endsWith('.embedding') ? 1 : 0.5);
    engine.setParameter(
      name,
      name.startsWith('clockwork.') && name.endsWith('.recurrent')
        ? values.map((u, i) => (isConnected(engine.config, i) ? u : 0))
        : values,
    );
  }
}

/** Whether units of a clockwork are joined by entry i of their matrix (H, H), which else is 0 for ever. */
const isConnected = (config: NetworkConfig, i: number): boolean => {
  const { hidden: H } = config;
  return connects(cellOf(config, 0), { from: Math.floor(i / H), to: i % H, H });
};

/** Fills what the engine uses as scratch with NaN. */
export function poison({ arena }: Backend): void {
  const scratch = arena.layout.end;
  arena.reserve(scratch + 2 ** 22);
  arena.i32(scratch, (arena.memory.buffer.byteLength - scratch) / 4).fill(-1);
}

/** Hashes of the bytes of everything that training changes, and its number of steps. */
export function snapshot(engine: Engine): Record<string, string> {
  const hash = (x: Float32Array): string =>
    createHash('sha256')
      .update(new Uint8Array(Float32Array.from(x).buffer))
      .digest('hex');
  const { updates, moments } = engine.getOptimizerState();
  return {
    updates: `${updates}`,
    ...Object.fromEntries(
      Object.entries(moments).map(([name, all]) => [`moments of ${name}`, all.map(hash).join()]),
    ),
    ...Object.fromEntries(
      engine.parameters.map(({ name }) => [name, hash(engine.getParameter(name))]),
    ),
  };
}

/** What the optimizer keeps for a parameter: its velocity or first moment (0), or its second moment (1). */
export const momentOf = (engine: Engine, name: string, which: 0 | 1): Float32Array =>
  engine.getOptimizerState().moments[name]![which]!;

/** The oracle's tagger with the values that `read` gives for the engine's names. */
export function oracleWeights(
  config: NetworkConfig,
  read: (name: string) => ArrayLike<number>,
): TaggerWeights {
  const names = new Set(parameterSpecs(config).map(({ name }) => name));
  const values = (name: string): Float64Array => Float64Array.from(read(name));
  const present = (name: string): Float64Array | undefined =>
    names.has(name) ? values(name) : undefined;
  const direction = (name: string): CellWeights => ({
    W: values(`${name}.input`),
    U: values(`${name}.recurrent`),
    b: values(`${name}.bias`),
    peephole: present(`${name}.peephole`),
    candidate: present(`${name}.candidate`),
  });
  const dense = (name: string): DenseWeights => ({
    W: values(`${name}.weight`),
    b: values(`${name}.bias`),
  });
  const { charEncoder, charWidth: width, charDim: E, charFilters: F } = config;
  let characters: CharEncoder | undefined;
  if (charEncoder === 'cnn') {
    const kernel = values('char.conv.kernel'); // (E, width, F); the oracle's is (width, E, F)
    characters = {
      kind: 'convolution',
      width,
      embedding: values('char.embedding'),
      kernel: kernel.map((_, i) => {
        const [k, e, f] = [Math.floor(i / (E * F)), Math.floor(i / F) % E, i % F];
        return kernel[(e * width + k) * F + f]!;
      }),
      bias: values('char.conv.bias'),
    };
  } else if (charEncoder === 'lstm')
    characters = {
      kind: 'lstm',
      embedding: values('char.embedding'),
      forward: direction('char.lstm.forward'),
      backward: direction('char.lstm.backward'),
    };
  return {
    words: { table: values('word.embedding'), D: config.wordDim },
    characters,
    layers: Array.from({ length: config.layers }, (_, l) => {
      const layer: LayerWeights = { cell: cellOf(config, l), merge: config.merge };
      for (const d of directionsOf(config)) layer[d] = direction(`${config.cell}.${l}.${d}`);
      layer.residual = config.between === 'residual' && l > 0;
      if (config.between === 'highway' && l > 0) layer.highway = dense(`highway.${l}`);
      return layer;
    }),
    dense: Array.from({ length: config.dense }, (_, i) => dense(`dense.${i}`)),
    output: dense('output'),
  };
}

/** Sentences by falling length, those of equal length in their order. */
export const orderOf = (sentences: readonly { length: number }[]): number[] =>
  [...sentences.keys()]
    .filter((s) => sentences[s]!.length > 0)
    .sort((a, b) => sentences[b]!.length - sentences[a]!.length || a - b);

/** The batch packed for the oracle, with its sentences in the order of `orderOf`. */
export function oracleBatch({ config, types, batch }: Sample): TaggerBatch {
  const order = orderOf(batch.sentences);
  const packing = packingOf({ batch });
  const packed = (of: readonly Int32Array[]): number[] =>
    packing.rows.flatMap((live, t) => order.slice(0, live).map((s) => of[s]![t]!));
  const chars = packed(batch.sentences).map((id) =>
    types.chars.slice(types.offsets[id]!, types.offsets[id + 1]!),
  );
  const starts = [0];
  for (const word of chars) starts.push(starts.at(-1)! + word.length);
  return {
    packing,
    words: packed(batch.words),
    gold: packed(batch.tags[0]!),
    characters:
      config.charEncoder === 'none' ? undefined : { ids: chars.flatMap((c) => [...c]), starts },
  };
}

const packingOf = ({ batch }: Pick<Sample, 'batch'>): Packing =>
  packingOfLengths(orderOf(batch.sentences).map((s) => batch.sentences[s]!.length));

/**
 * Random numbers of a shard in step `step` (from 0), 0 or, with probability `keep`, 1 / keep. Each shard has a stream of
 * them for each place: each layer's input (0, 1, ...), the output, each recurrence's mask, each truncation mask.
 */
const drawn = (
  { config, seed, step }: { config: NetworkConfig; seed: number; step: number },
  { shard, place, n, keep }: { shard: number; place: number; n: number; keep: number },
): Float64Array =>
  Float64Array.from(
    expectedMask({ n, keep, seed, stream: (step * 4 + shard) * (5 * config.layers + 1) + place }),
  );

/** The shards' sentences, as places in the packed batch: dealt like cards. */
const shardsOf = ({ B }: Packing): number[][] =>
  [0, 1, 2, 3].map((shard) =>
    Array.from({ length: B }, (_, b) => b).filter((b) => b % 4 === shard),
  );

/** The masks of step `step` (from 0), from their definition. */
export function oracleMasks(
  sample: Sample,
  { dropout, seed }: TrainingOptions,
  step: number,
): TaggerMasks {
  const { config } = sample;
  const { hidden: H, layers } = config;
  const packing = packingOf(sample);
  const mask = (width: number, share: number, place: number): Float64Array => {
    const all = new Float64Array(packing.B * width); // (B, width)
    shardsOf(packing).forEach((sentences, shard) => {
      const n = sentences.length * width;
      const own = drawn({ config, seed, step }, { shard, place, n, keep: 1 - share });
      sentences.forEach((b, i) => {
        all.set(own.subarray(i * width, (i + 1) * width), b * width);
      });
    });
    return all;
  };
  const spread = (width: number, share: number, place: number): Float64Array | undefined =>
    share > 0 ? expandMask(mask(width, share, place), packing) : undefined;
  const { input, output, recurrent } = dropout;
  return {
    layers: Array.from({ length: layers }, (_, l) => {
      const masks: LayerMasks = { input: spread(inputSize(config, l), input, l) };
      if (recurrent > 0)
        directionsOf(config).forEach((direction, d) => {
          masks[direction] = mask(H, recurrent, layers + 1 + 2 * l + d);
        });
      return masks;
    }),
    output: spread(inputSize(config, layers), output, layers),
  };
}

/** The truncation masks of step `step` (from 0), from their definition: all of them 1, cut at multiples, or random. */
export function oracleTruncation(
  sample: Sample,
  { bptt = { kind: 'full' }, seed }: TrainingOptions,
  step: number,
): LayerLinks[] {
  const { config } = sample;
  const { layers } = config;
  const packing = packingOf(sample);
  const random = (keep: number, place: number): Float64Array => {
    const all = new Float64Array(packing.N); // (N)
    shardsOf(packing).forEach((sentences, shard) => {
      const own = packingOfLengths(sentences.map((b) => packing.lengths[b]!));
      const links = drawn({ config, seed, step }, { shard, place, n: own.N, keep });
      sentences.forEach((b, i) => {
        sentenceRows(own, i).forEach((row, t) => {
          all[packedRow(packing, t, b)] = links[row]!;
        });
      });
    });
    return all;
  };
  return Array.from({ length: layers }, (_, l) => {
    const links: LayerLinks = {};
    directionsOf(config).forEach((direction, d) => {
      const ages = agesOf(packing, direction === 'backward');
      if (bptt.kind === 'regular')
        links[direction] = Float64Array.from(ages, (age) => (age % bptt.length === 0 ? 0 : 1));
      if (bptt.kind === 'random')
        links[direction] = random(1 - bptt.probability, 3 * layers + 1 + 2 * l + d);
    });
    return links;
  });
}
