import type { Layout } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { byFallingLength, packTokens, sortTypes } from '../batch.ts';
import type { PreparedBatch, TrainingBatch } from '../engine.ts';
import { wordClass } from '../layers/language-model.ts';
import { layoutShard, times, writeShardSizes } from '../layouts.ts';
import { lossWeight } from '../loss-weights.ts';
import { SHARDS } from '../tasks/spec.ts';
import type { Context } from './context.ts';

/** A part of a batch: the integers that are copied to the arena. */
export interface PreparedShard {
  readonly integers: Int32Array;
  /** Views of `integers`. */
  readonly rows: Int32Array;
  readonly words: Int32Array;
  /** Bytes of the results that other tasks read, and bytes of the task's temporary values. */
  readonly kept: number;
  readonly scratch: number;
}

/** A batch prepared for this engine. */
export interface ShardedBatch extends PreparedBatch, Pick<Required<TrainingBatch>, 'tagSets'> {
  /** For each head, the sum of the loss weights of the tokens. */
  readonly weights: readonly number[];
  readonly shards: readonly PreparedShard[];
}

export function prepare(context: Context, batch: TrainingBatch): ShardedBatch {
  const { config } = context;
  const lengths = batch.sentences.map((sentence) => sentence.length);
  const order = byFallingLength(lengths);
  return {
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    weights: config.tags.map((_, h) => {
      const weightOf = lossWeight(context, h, batch.tagSets?.[h]);
      let sum = 0;
      for (const sentence of batch.tags[h]!) for (const tag of sentence) sum += weightOf(tag);
      return sum;
    }),
    tagSets: config.tags.map((_, h) => batch.tagSets?.[h]),
    // every SHARDS-th sentence, so that the shards take about the same time
    shards: times(SHARDS, (shard) =>
      prepareShard(
        context,
        order.filter((_, i) => i % SHARDS === shard),
        batch,
      ),
    ),
  };
}

/** Makes a shard of some sentences of a batch, by descending length. */
export function prepareShard(
  { config, network, numberingFor }: Context,
  chosen: readonly number[],
  { wordTypes, sentences, replaceChar, ...batch }: TrainingBatch,
): PreparedShard {
  const lengths = sentences.map((sentence) => sentence.length);
  const numbering = numberingFor(wordTypes);
  numbering.reset();
  for (const s of chosen) for (const type of sentences[s]!) numbering.number(type);
  const ids = sortTypes(wordTypes, numbering);
  const N = chosen.reduce((sum, s) => sum + lengths[s]!, 0);
  const T = chosen.length > 0 ? lengths[chosen[0]!]! : 0;
  const packed = new Int32Array(T);
  const words = new Int32Array(N);
  packTokens(packed, chosen, lengths, (row, sentence, t) => {
    words[row] = batch.words[sentence]![t]!;
  });
  const input = network.input.prepare({
    types: wordTypes,
    ids,
    words,
    replaceChar,
    eachToken(visit) {
      packTokens(packed, chosen, lengths, (_, sentence, t) =>
        visit(batch.tokenFeatures?.[sentence], t),
      );
    },
  });
  const sizes = { N, T, B: chosen.length, Y: ids.length, input: input.sizes };
  const s = layoutShard(network, sizes, { integers: 0, kept: 0, scratch: 0, dx: 0 });
  const buffer = new ArrayBuffer(s.space.integers.end);
  const staged = { i32: (at: Address, n: number) => new Int32Array(buffer, at, n) };
  writeShardSizes(staged, 0, sizes);
  input.write(staged, s.input);
  const rows = staged.i32(s.rows, T);
  rows.set(packed);
  const types = staged.i32(s.types, N);
  const golds = s.heads.map(({ gold }) => staged.i32(gold, N));
  packTokens(rows, chosen, lengths, (row, sentence, t) => {
    types[row] = numbering.number(sentences[sentence]![t]!);
    for (let head = 0; head < golds.length; head++)
      golds[head]![row] = batch.tags[head]![sentence]![t]!;
  });
  const { words: classes = 0 } = config.languageModel ?? {};
  network.languageModels.forEach(({ reverse }, d) => {
    const next = staged.i32(s.languageModels[d]!.gold, N);
    packTokens(rows, chosen, lengths, (row, sentence, t) => {
      const type = sentences[sentence]![reverse ? t - 1 : t + 1];
      next[row] = wordClass(type === undefined ? undefined : wordTypes.words[type], classes);
    });
  });
  const { kept, scratch } = s.space;
  return { integers: new Int32Array(buffer), rows, words, kept: kept.end, scratch: scratch.end };
}

/** Appends a shard to the layout. Returns the addresses of its integers and of the results that other tasks read. */
export function placeShard(
  { backend: { arena }, reserve }: Context,
  layout: Layout,
  { integers, kept }: PreparedShard,
): [Address, Address] {
  const at = layout.take(integers.length);
  const rest = layout.take(kept / 4);
  reserve(layout);
  arena.i32(at, integers.length).set(integers);
  return [at, rest];
}
