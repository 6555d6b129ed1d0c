import { byFallingLength, type Numbering, packTokens, sortTypes } from '../batch.ts';
import { type Direction, directionsOf, type NetworkConfig } from '../config.ts';
import type { Bags, Batch, PreparedBatch, TrainingBatch } from '../engine.ts';
import { wordClass } from '../layers/language-model.ts';
import { SHARDS } from '../tasks/spec.ts';
import { characterArrays } from './characters.ts';
import { goldName, nextWordName, padName, unpadName } from './names.ts';
import type { Ops } from './ops.ts';
import type { Tensor } from './tfjs.ts';

// A batch as arrays of numbers, which are copied to the device in one piece for each type.
//
// Tokens are packed: row by row all first tokens, then all second tokens, with the longest sentence first. Recurrent
// layers read a padded batch (T, B) instead, in which every direction begins at step 0.

export type Arrays = Readonly<Record<string, Int32Array | Float32Array>>;

export interface BatchSizes {
  /** Tokens, sentences, steps and word types. */
  readonly N: number;
  readonly B: number;
  readonly T: number;
  readonly Y: number;
}

/** A batch prepared for this engine. */
export interface ArrayBatch extends PreparedBatch {
  readonly sizes: BatchSizes;
  /** (B) The sentences, as indices in the batch, by descending length. */
  readonly order: readonly number[];
  /** (T) The number of sentences that are longer than t. */
  readonly rows: Int32Array;
  /** (N) Rows of the word embedding. */
  readonly words: Int32Array;
  readonly arrays: Arrays;
}

/** A batch to learn from. */
export interface ArrayTrainingBatch extends ArrayBatch {
  /** For each head (N), the gold tags as in `TrainingBatch`. */
  readonly golds: readonly Int32Array[];
  readonly tagSets: readonly (Float32Array | undefined)[];
}

interface Source extends Batch {
  readonly config: NetworkConfig;
  /** Numbers the word types of the table. */
  readonly numbering: Numbering;
  readonly words?: TrainingBatch['words'];
  readonly tokenFeatures?: TrainingBatch['tokenFeatures'];
  readonly replaceChar?: TrainingBatch['replaceChar'];
}

/** The arrays that the input layers and the recurrent layers read. */
export function createArrays(source: Source): ArrayBatch {
  const { config, wordTypes, sentences, words, tokenFeatures, replaceChar } = source;
  const lengths = sentences.map(({ length }) => length);
  const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
  const B = order.length;
  const T = B > 0 ? lengths[order[0]!]! : 0;
  const rows = new Int32Array(T);
  const tokens: [sentence: number, t: number][] = [];
  packTokens(rows, order, lengths, (_, s, t) => tokens.push([s, t]));
  const N = tokens.length;
  const { ids, types } = numberTypes(source, order, tokens);
  const arrays: Record<string, Int32Array | Float32Array> = {
    ...paddings({ directions: directionsOf(config), rows, lengths: order.map((s) => lengths[s]!) }),
    types,
    sentences: Int32Array.from(
      [...rows].flatMap((live) => Array.from({ length: live }, (_, b) => b)),
    ),
  };
  return {
    tokens: N,
    sizes: { N, B, T, Y: ids.length },
    order,
    rows,
    words: Int32Array.from(tokens, ([s, t]) =>
      words ? words[s]![t]! : wordTypes.words[sentences[s]![t]!]!,
    ),
    arrays: {
      ...arrays,
      ...(config.vectorDim && { vectors: vectorsOf(source, ids) }),
      ...(config.charEncoder !== 'none' &&
        characterArrays(config, { types: wordTypes, ids, replaceChar })),
      ...(config.featureGroups > 0 &&
        bagArrays(
          'feature',
          config.featureGroups,
          Array.from(ids, (id) => [wordTypes.bags, id]),
        )),
      ...(config.tokenFeatures &&
        bagArrays(
          'token',
          config.tokenFeatures.groups,
          tokens.map(([s, t]) =>
            words ? [tokenFeatures?.[s], t] : [wordTypes.tokenFeatures, sentences[s]![t]!],
          ),
        )),
    },
  };
}

/** As `createArrays`, with what the losses read. */
export function createTrainingArrays(
  config: NetworkConfig,
  numbering: Numbering,
  batch: TrainingBatch,
): ArrayTrainingBatch {
  const arrays = createArrays({ ...batch, config, numbering });
  const { order, sizes, rows } = arrays;
  const { sentences, wordTypes } = batch;
  const packed = (of: (sentence: number, t: number) => number): Int32Array => {
    const values = new Int32Array(sizes.N);
    const lengths = sentences.map(({ length }) => length);
    packTokens(new Int32Array(sizes.T), order, lengths, (row, s, t) => {
      values[row] = of(s, t);
    });
    return values;
  };
  const golds = batch.tags.map((head) => packed((s, t) => head[s]![t]!));
  const next: Record<string, Int32Array> = {};
  if (config.languageModel) {
    const { words } = config.languageModel;
    const isRead = languageModelRows(rows, sizes.N);
    for (const direction of directionsOf(config)) {
      const classes = packed((s, t) => {
        const type = sentences[s]![direction === 'forward' ? t + 1 : t - 1];
        return wordClass(type === undefined ? undefined : wordTypes.words[type], words);
      });
      next[nextWordName(direction)] = classes.map((word, row) => (isRead(row) ? word : -1));
    }
  }
  return {
    ...arrays,
    golds,
    tagSets: config.tags.map((_, h) => batch.tagSets?.[h]),
    arrays: {
      ...arrays.arrays,
      ...Object.fromEntries(golds.map((gold, h) => [goldName(h), gold])),
      ...next,
    },
  };
}

/**
 * Copies arrays to the device, all integers in one piece and all floats in another. Each tensor has one dimension.
 */
export function upload({ tf }: Ops, arrays: Arrays): Readonly<Record<string, Tensor>> {
  const found: Record<string, Tensor> = {};
  for (const dtype of ['int32', 'float32'] as const) {
    const chosen = Object.entries(arrays).filter(
      ([, values]) => values instanceof Int32Array === (dtype === 'int32'),
    );
    if (chosen.length === 0) continue;
    const sizes = chosen.map(([, { length }]) => length);
    const length = sizes.reduce((sum, n) => sum + n, 0);
    const all = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
    let end = 0;
    for (const [, values] of chosen) {
      all.set(values, end);
      end += values.length;
    }
    const parts = tf.split(tf.tensor(all, [length], dtype), sizes, 0);
    chosen.forEach(([name], i) => {
      found[name] = parts[i]!;
    });
  }
  return found;
}

/** For each t, the packed row of the first sentence's token t. */
export function rowStarts(rows: Int32Array): Int32Array {
  const starts = new Int32Array(rows.length);
  for (let t = 1; t < rows.length; t++) starts[t] = starts[t - 1]! + rows[t - 1]!;
  return starts;
}

/**
 * The distinct word types, and the index (N) of each token's type. With character dropout, which differs between the
 * shards of the built-in engine, each shard has separate types.
 */
function numberTypes(
  { wordTypes, sentences, numbering, replaceChar }: Source,
  order: readonly number[],
  tokens: readonly [number, number][],
): { ids: number[]; types: Int32Array } {
  const shards = replaceChar ? SHARDS : 1;
  const shardOf = new Map(order.map((s, i) => [s, i % shards]));
  const ids: number[] = [];
  const types = new Int32Array(tokens.length);
  for (let shard = 0; shard < shards; shard++) {
    numbering.reset();
    order.forEach((s, i) => {
      if (i % shards === shard) for (const type of sentences[s]!) numbering.number(type);
    });
    const begin = ids.length;
    ids.push(...sortTypes(wordTypes, numbering));
    tokens.forEach(([s, t], row) => {
      if (shardOf.get(s) === shard) types[row] = begin + numbering.number(sentences[s]![t]!);
    });
  }
  return { ids, types };
}

/** For each direction: the packed row (T B) of each padded one, N for padding, and the padded row (N) of each packed one. */
function paddings(options: {
  directions: readonly Direction[];
  rows: Int32Array;
  lengths: readonly number[];
}): Record<string, Int32Array> {
  const { directions, rows, lengths } = options;
  const starts = rowStarts(rows);
  const B = lengths.length;
  const N = lengths.reduce((sum, n) => sum + n, 0);
  const arrays: Record<string, Int32Array> = {};
  for (const direction of directions) {
    const pad = new Int32Array(rows.length * B).fill(N);
    const unpad = new Int32Array(N);
    lengths.forEach((length, b) => {
      for (let t = 0; t < length; t++) {
        const row = starts[direction === 'forward' ? t : length - 1 - t]! + b;
        pad[t * B + b] = row;
        unpad[row] = t * B + b;
      }
    });
    arrays[padName(direction)] = pad;
    arrays[unpadName(direction)] = unpad;
  }
  return arrays;
}

function vectorsOf({ config, wordTypes }: Source, ids: readonly number[]): Float32Array {
  const width = config.vectorDim!;
  const vectors = new Float32Array(ids.length * width);
  ids.forEach((id, y) => {
    vectors.set(wordTypes.vectors!.subarray(id * width, (id + 1) * width), y * width);
  });
  return vectors;
}

/** The members of all bags, and the bag of each. */
function bagArrays(
  name: string,
  groups: number,
  items: readonly (readonly [bags: Bags | undefined, i: number])[],
): Record<string, Int32Array> {
  const members: number[] = [];
  const segments: number[] = [];
  items.forEach(([bags, i], item) => {
    if (!bags) return;
    for (let g = 0; g < groups; g++)
      for (let m = bags.offsets[i * groups + g]!; m < bags.offsets[i * groups + g + 1]!; m++) {
        members.push(bags.members[m]!);
        segments.push(item * groups + g);
      }
  });
  return {
    [`${name}.members`]: Int32Array.from(members),
    [`${name}.segments`]: Int32Array.from(segments),
  };
}

/** As in the built-in engine: the language model reads the first 1024 tokens of each shard. */
function languageModelRows(rows: Int32Array, N: number): (row: number) => boolean {
  const MOST_TOKENS = 1024;
  const isRead = new Uint8Array(N);
  const read = new Int32Array(SHARDS);
  let row = 0;
  for (const live of rows)
    for (let b = 0; b < live; b++, row++) isRead[row] = read[b % SHARDS]!++ < MOST_TOKENS ? 1 : 0;
  return (r) => isRead[r] === 1;
}
