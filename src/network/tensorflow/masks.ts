import { type Direction, directionsOf, type NetworkConfig } from '../config.ts';
import type { TrainingOptions } from '../engine.ts';
import {
  inputDropoutStream,
  recurrentDropoutStream,
  streamCount,
  truncationStream,
} from '../layers/random-streams.ts';
import { SHARDS } from '../tasks/spec.ts';
import { type Arrays, type BatchSizes, rowStarts } from './batch.ts';
import { dropoutMaskName, recurrentMaskName, truncationName } from './names.ts';

// The masks of dropout and of truncated backpropagation. They are those of the built-in engine, which deals the
// sentences of a batch to its shards one after another.

/** Width of the input of each recurrent layer, and of the output of the last one. */
export function maskWidths(config: NetworkConfig): number[] {
  const { charEncoder, charFilters, charHidden, featureGroups, featureDim, tokenFeatures } = config;
  const characters = { none: 0, cnn: charFilters, lstm: 2 * charHidden }[charEncoder];
  const input =
    config.wordDim +
    (config.vectorDim ?? 0) +
    characters +
    featureGroups * featureDim +
    (tokenFeatures ? tokenFeatures.groups * tokenFeatures.dim : 0);
  const isWide = config.direction === 'both' && config.merge === 'concat';
  const output = isWide ? 2 * config.hidden : config.hidden;
  return [input, ...Array.from({ length: config.layers }, () => output)];
}

/**
 * @param options.batch number of batches before this one
 * @param options.widths width of the input of each recurrent layer, and of the output of the last one
 */
export function createMasks(
  { dropout, bptt, seed }: TrainingOptions,
  options: {
    config: NetworkConfig;
    sizes: BatchSizes;
    rows: Int32Array;
    batch: number;
    widths: readonly number[];
  },
): Arrays {
  const { config, sizes, rows, batch, widths } = options;
  const stream = (shard: number, place: number): number =>
    (batch * SHARDS + shard) * streamCount(config) + place;
  const sentenceMask = (width: number, probability: number, place: number): Float32Array => {
    const mask = new Float32Array(sizes.B * width);
    for (let shard = 0; shard < SHARDS; shard++) {
      const valueAt = randomMask({ keep: 1 - probability, seed, stream: stream(shard, place) });
      for (let b = shard, i = 0; b < sizes.B; b += SHARDS)
        for (let j = 0; j < width; j++) mask[b * width + j] = valueAt(i++);
    }
    return mask;
  };
  const arrays: Record<string, Float32Array> = {};
  widths.forEach((width, layer) => {
    const probability = layer === config.layers ? dropout.output : dropout.input;
    if (probability > 0)
      arrays[dropoutMaskName(layer)] = sentenceMask(width, probability, inputDropoutStream(layer));
  });
  for (let layer = 0; layer < config.layers; layer++)
    directionsOf(config).forEach((name, direction) => {
      const site = { layer, direction };
      if (dropout.recurrent > 0)
        arrays[recurrentMaskName(site)] = sentenceMask(
          config.hidden,
          dropout.recurrent,
          recurrentDropoutStream(config, site),
        );
      if (bptt?.kind === 'regular')
        arrays[truncationName(site)] = regularTruncation(rows, { name, length: bptt.length });
      if (bptt?.kind === 'random')
        arrays[truncationName(site)] = randomTruncation(rows, (shard) =>
          randomMask({
            keep: 1 - bptt.probability,
            seed,
            stream: stream(shard, truncationStream(config, site)),
          }),
        );
    });
  return arrays;
}

/** 0 at every multiple of `length`, as the direction reads, and 1 elsewhere: (N). */
function regularTruncation(
  rows: Int32Array,
  { name, length }: { name: Direction; length: number },
): Float32Array {
  const factors: number[] = [];
  const lengths = new Int32Array(rows[0] ?? 0);
  for (const live of rows) for (let b = 0; b < live; b++) lengths[b]!++;
  rows.forEach((live, t) => {
    for (let b = 0; b < live; b++) {
      const age = name === 'forward' ? t : lengths[b]! - 1 - t;
      factors.push(age % length === 0 ? 0 : 1);
    }
  });
  return Float32Array.from(factors);
}

/** Each shard draws a number for each of its packed tokens: (N). */
function randomTruncation(
  rows: Int32Array,
  maskOf: (shard: number) => (i: number) => number,
): Float32Array {
  const starts = rowStarts(rows);
  const factors = new Float32Array(rows.reduce((sum, live) => sum + live, 0));
  for (let shard = 0; shard < SHARDS; shard++) {
    const valueAt = maskOf(shard);
    let i = 0;
    rows.forEach((live, t) => {
      for (let b = shard; b < live; b += SHARDS) factors[starts[t]! + b] = valueAt(i++);
    });
  }
  return factors;
}

/** As the kernel `dropout_mask`: a function from i to 1 / keep with probability `keep`, else 0. */
function randomMask(options: { keep: number; seed: number; stream: number }) {
  const keep = Math.fround(options.keep);
  const key = mix(options.seed ^ mix(options.stream + 0x9e3779b9));
  const limit = Math.floor(keep * 2 ** 24);
  const scale = Math.fround(1 / keep);
  return (i: number): number => (mix(mix(i + 0x9e3779b9) ^ key) >>> 8 < limit ? scale : 0);
}

/** The finaliser of MurmurHash3 (Appleby 2011). */
function mix(x: number): number {
  let y = x;
  y = Math.imul(y ^ (y >>> 16), 0x85ebca6b);
  y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return (y ^ (y >>> 16)) >>> 0;
}
