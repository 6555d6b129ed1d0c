import { createHash } from 'node:crypto';
import { Arena } from '../../src/backend/arena.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { createPool } from '../../src/backend/pool.ts';
import type { Types } from '../../src/network/batch.ts';
import { type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import {
  createEngine,
  type Engine,
  type TrainingBatch,
  type TrainingOptions,
} from '../../src/network/engine.ts';
import { SHARDS, streams } from '../../src/network/program.ts';
import { openLevel } from '../backend/levels.ts';
import { expectedMask } from '../backend/masks.ts';
import type { BiLstmMasks, LstmWeights } from '../oracle/lstm.ts';
import { expandMask, packingOfLengths } from '../oracle/packing.ts';
import { type Rng, rng } from '../oracle/rng.ts';
import type { CharEncoder, TaggerBatch, TaggerMasks, TaggerWeights } from '../oracle/tagger.ts';

export interface Sample {
  config: NetworkConfig;
  types: Types;
  batch: TrainingBatch;
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

/** Types of a few words and characters, and sentences of the given lengths over them. */
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
  const types: Types = {
    words: random.integers(count, config.words),
    offsets: Int32Array.from(offsets),
    chars: random.integers(offsets[count]!, config.chars),
  };
  return { config, types, batch: createBatch(random, { config, types, lengths }) };
}

/** Random sentences: a word in seven is unknown (row 0), a tag in five is not given. */
export function createBatch(
  random: Rng,
  { config, types, lengths }: Omit<Sample, 'batch'> & { lengths: readonly number[] },
): TrainingBatch {
  const sentences = lengths.map((length) => random.integers(length, types.words.length));
  return {
    types: sentences,
    words: sentences.map((ids) =>
      ids.map((id) => (random.integer(7) === 0 ? 0 : types.words[id]!)),
    ),
    tags: config.tags.map((tags) =>
      lengths.map((length) =>
        random.integers(length, tags).map((tag) => (random.integer(5) === 0 ? -1 : tag)),
      ),
    ),
  };
}

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
  const pool = createPool({ kind, arena, threads: 1, stack: 65_536 });
  return { kind, isa, panelWidth, kernels, arena, pool };
}

/** An engine with random parameters, whose scratch space is full of NaN. */
export function createFilled(options: {
  backend: Backend;
  config: NetworkConfig;
  training?: TrainingOptions;
  seed?: number;
}): Engine {
  const { backend, config, training, seed = 5 } = options;
  const engine = createEngine({ backend, config, cacheSize: 512, ...(training && { training }) });
  const random = rng(seed);
  for (const { name, shape } of engine.specs) {
    const size = shape.reduce((product, n) => product * n, 1);
    engine.parameter(name).set(random.array(size, name.endsWith('.embedding') ? 1 : 0.5));
  }
  engine.weightsChanged();
  poison(backend);
  return engine;
}

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
  const { step, moments } = engine.optimizerState();
  return {
    step: `${step}`,
    ...Object.fromEntries(moments.map((m, i) => [`moments ${i}`, hash(m)])),
    ...Object.fromEntries(engine.specs.map(({ name }) => [name, hash(engine.parameter(name))])),
  };
}

/** What the optimizer keeps for a parameter: its velocity or first moment (0), or its second moment (1). */
export function momentOf(engine: Engine, name: string, which: 0 | 1): Float32Array {
  const { moments } = engine.optimizerState();
  if (name === 'word.embedding') return moments[2 + which]!;
  const { byteOffset, length } = engine.parameter(name);
  const at = (byteOffset - engine.parameter(engine.specs[1]!.name).byteOffset) / 4;
  return moments[which]!.subarray(at, at + length);
}

/** The oracle's tagger with the values that `read` gives for the engine's names. */
export function oracleWeights(
  config: NetworkConfig,
  read: (name: string) => ArrayLike<number>,
): TaggerWeights {
  const values = (name: string): Float64Array => Float64Array.from(read(name));
  const lstm = (name: string): LstmWeights => ({
    W: values(`${name}.input`),
    U: values(`${name}.recurrent`),
    b: values(`${name}.bias`),
  });
  const pair = (name: string) => ({
    forward: lstm(`${name}.forward`),
    backward: lstm(`${name}.backward`),
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
    characters = { kind: 'lstm', embedding: values('char.embedding'), ...pair('char.lstm') };
  return {
    words: { table: values('word.embedding'), D: config.wordDim },
    characters,
    layers: Array.from({ length: config.layers }, (_, l) => pair(`lstm.${l}`)),
    dense: { W: values('output.weight'), b: values('output.bias') },
  };
}

/** Sentences by falling length, those of equal length in their order. */
export const orderOf = (sentences: readonly { length: number }[]): number[] =>
  [...sentences.keys()]
    .filter((s) => sentences[s]!.length > 0)
    .sort((a, b) => sentences[b]!.length - sentences[a]!.length || a - b);

/** The batch packed for the oracle, with its sentences in the order of `orderOf`. */
export function oracleBatch({ config, types, batch }: Sample): TaggerBatch {
  const order = orderOf(batch.types);
  const packing = packingOfLengths(order.map((s) => batch.types[s]!.length));
  const packed = (of: readonly Int32Array[]): number[] =>
    packing.rows.flatMap((live, t) => order.slice(0, live).map((s) => of[s]![t]!));
  const chars = packed(batch.types).map((id) =>
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

/**
 * The masks of step `step` (from 0), from their definition: shards are dealt like cards, and each shard has a stream of
 * random numbers for each layer's input (0, 1, ...), the output (after those) and each recurrence (after that).
 */
export function oracleMasks(
  { config, batch }: Sample,
  { dropout, seed }: TrainingOptions,
  step: number,
): TaggerMasks {
  const { hidden: H, layers } = config;
  const packing = packingOfLengths(orderOf(batch.types).map((s) => batch.types[s]!.length));
  const mask = (width: number, options: { share: number; stream: number }): Float64Array => {
    const all = new Float64Array(packing.B * width); // (B, width)
    for (let shard = 0; shard < 4; shard++) {
      const stream = (step * SHARDS + shard) * streams(config) + options.stream;
      const n = Math.ceil((packing.B - shard) / 4) * width;
      const own = expectedMask({ n: Math.max(0, n), keep: 1 - options.share, seed, stream });
      for (let b = shard; b < packing.B; b += 4) {
        const from = ((b - shard) / 4) * width;
        all.set(own.subarray(from, from + width), b * width);
      }
    }
    return all;
  };
  const charSize = { none: 0, cnn: config.charFilters, lstm: 2 * config.charHidden };
  const width = (layer: number): number =>
    layer === 0 ? config.wordDim + charSize[config.charEncoder] : 2 * H;
  const spread = (of: Float64Array): Float64Array => expandMask(of, packing);
  const { input, output, recurrent } = dropout;
  return {
    layers: Array.from(
      { length: layers },
      (_, l): BiLstmMasks => ({
        input: input > 0 ? spread(mask(width(l), { share: input, stream: l })) : undefined,
        forward:
          recurrent > 0 ? mask(H, { share: recurrent, stream: layers + 1 + 2 * l }) : undefined,
        backward:
          recurrent > 0 ? mask(H, { share: recurrent, stream: layers + 2 + 2 * l }) : undefined,
      }),
    ),
    output: output > 0 ? spread(mask(2 * H, { share: output, stream: layers })) : undefined,
  };
}
