import { Layout } from '../../backend/arena.ts';
import { byFallingLength, packTokens, sortTypes, type Types } from '../batch.ts';
import type { Emissions, Engine } from '../engine.ts';
import { layoutChunk, layoutTypeBlock, writeChunkSizes, writeTypeBlockSizes } from '../layouts.ts';
import { TaskId } from '../program.ts';
import type { Context } from './context.ts';

const TYPES_BLOCK = 128;
const CHUNK_SENTENCES = 32;

/** Tagging by way of the cache of word types. */
export function createInference(
  context: Context,
): Pick<Engine, 'cached' | 'encode' | 'clearCache' | 'beginInfer'> {
  const { backend, config, network, cacheSize, scratch } = context;
  const { arena, pool } = backend;
  let cached = 0;

  function encode(types: Types): Int32Array {
    const count = types.words.length;
    if (cached + count > cacheSize)
      throw new RangeError(`${cached} + ${count} types in a cache of ${cacheSize}`);
    const numbering = context.numberingFor(types);
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
      const ids = sortTypes(types, numbering);
      const Y = ids.length;
      const input = network.input.prepare({
        types,
        ids,
        words: Int32Array.from(ids, (id) => types.words[id]!),
        eachToken(visit) {
          for (const id of ids) visit(types.tokens, id);
        },
      });
      const sizes = { Y, input: input.sizes };
      const at = layout.end;
      const t = layoutTypeBlock(network, sizes, at);
      layout.end = t.end;
      arena.reserve(t.end);
      writeTypeBlockSizes(arena, at, sizes);
      input.write(arena, t.input);
      arena.i32(table + block * 8, 2).set([at / 64, cached]);
      const numbers = arena.i32(t.types, Y);
      ids.forEach((id, y) => {
        numbers[y] = y;
        slots[id] = cached + y;
      });
      cached += Y;
    }
    context.run(TaskId.encode, blocks, [table]);
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
      const c = layoutChunk(network, sizes, at);
      layout.end = c.end;
      arena.reserve(c.end);
      writeChunkSizes(arena, at, sizes);
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
    context.begin(TaskId.infer, chunks, [table]);
    context.countTagged(places.length);
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

  return {
    get cached() {
      return cached;
    },
    encode,
    clearCache: () => {
      cached = 0;
    },
    beginInfer,
  };
}
