import type { Layout } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { byFallingLength, collectTypes, packTokens, writeTypes } from '../batch.ts';
import { times } from '../config.ts';
import type { PreparedBatch, Reading, TrainingBatch } from '../engine.ts';
import { writeFeatures } from '../features.ts';
import { layoutShard, shardKeys, writeSizes } from '../layouts.ts';
import { SHARDS } from '../program.ts';
import { tokenWriter } from '../tokens.ts';
import type { Context } from './context.ts';

/** A part of a batch: its integers as the arena will have them, of which two are views, and bytes that it takes besides. */
export interface PreparedShard {
  readonly integers: Int32Array;
  readonly rows: Int32Array;
  readonly words: Int32Array;
  readonly kept: number;
  readonly scratch: number;
}

/** A batch as the engine reads it. */
export interface ShardedBatch extends PreparedBatch, Pick<Required<TrainingBatch>, 'sets'> {
  /** Of each head: by what its tokens count, in all. */
  readonly weights: readonly number[];
  readonly shards: readonly PreparedShard[];
}
/** Makes a shard of the sentences of a batch, given by their places. */
export function prepareShard(
  { config, layoutOptions, charset, numberingFor }: Context,
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
export function placeShard(
  { backend: { arena } }: Context,
  layout: Layout,
  { integers, kept }: PreparedShard,
): [Address, Address] {
  const at = layout.take(integers.length);
  const rest = layout.take(kept / 4);
  arena.reserve(layout.end);
  arena.i32(at, integers.length).set(integers);
  return [at, rest];
}

/** How often a token counts, by what is known of its tag. */
function weigher(
  { config, training }: Context,
  head: number,
  sets: Float32Array | undefined,
): (tag: number) => number {
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

export function prepare(
  context: Context,
  batch: TrainingBatch,
  { types, charAs }: Reading,
): ShardedBatch {
  const { config } = context;
  const lengths = batch.types.map((sentence) => sentence.length);
  const order = byFallingLength(lengths);
  return {
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    weights: config.tags.map((_, h) => {
      const weigh = weigher(context, h, batch.sets?.[h]);
      let all = 0;
      for (const sentence of batch.tags[h]!) for (const tag of sentence) all += weigh(tag);
      return all;
    }),
    sets: config.tags.map((_, h) => batch.sets?.[h]),
    // Dealt like cards, so that shards are alike in work.
    shards: times(SHARDS, (shard) =>
      prepareShard(
        context,
        order.filter((_, i) => i % SHARDS === shard),
        { of: batch, lengths, types, charAs },
      ),
    ),
  };
}
