import type { Layout } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { byFallingLength, packTokens, sortTypes } from '../batch.ts';
import type { PreparedBatch, Reading, TrainingBatch } from '../engine.ts';
import { layoutShard, times, writeShardSizes } from '../layouts.ts';
import { SHARDS } from '../tasks/spec.ts';
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
  { network, numberingFor }: Context,
  sentences: readonly number[],
  batch: Reading & { of: TrainingBatch; lengths: readonly number[] },
): PreparedShard {
  const { lengths, of, types: allTypes, charAs } = batch;
  const numbering = numberingFor(allTypes);
  numbering.reset();
  for (const s of sentences) for (const type of of.types[s]!) numbering.number(type);
  const ids = sortTypes(allTypes, numbering);
  const N = sentences.reduce((sum, s) => sum + lengths[s]!, 0);
  const T = sentences.length > 0 ? lengths[sentences[0]!]! : 0;
  const packed = new Int32Array(T);
  const words = new Int32Array(N);
  packTokens(packed, sentences, lengths, (row, sentence, t) => {
    words[row] = of.words[sentence]![t]!;
  });
  const input = network.input.prepare({
    types: allTypes,
    ids,
    words,
    charAs,
    eachToken(visit) {
      packTokens(packed, sentences, lengths, (_, sentence, t) => visit(of.tokens?.[sentence], t));
    },
  });
  const sizes = { N, T, B: sentences.length, Y: ids.length, input: input.sizes };
  const s = layoutShard(network, sizes, { integers: 0, kept: 0, scratch: 0, dx: 0 });
  const buffer = new ArrayBuffer(s.space.integers.end);
  const staged = { i32: (at: Address, n: number) => new Int32Array(buffer, at, n) };
  writeShardSizes(staged, 0, sizes);
  input.write(staged, s.input);
  const rows = staged.i32(s.rows, T);
  rows.set(packed);
  const typeNumbers = staged.i32(s.types, N);
  const golds = s.heads.map(({ gold }) => staged.i32(gold, N));
  packTokens(rows, sentences, lengths, (row, sentence, t) => {
    typeNumbers[row] = numbering.number(of.types[sentence]![t]!);
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
