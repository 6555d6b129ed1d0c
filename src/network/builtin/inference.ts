import { Layout } from '../../backend/arena.ts';
import type { Address } from '../../backend/kernels.ts';
import { byFallingLength, packTokens, sortTypes } from '../batch.ts';
import type { Batch, EmissionOptions, Emissions, WordTypes } from '../engine.ts';
import {
  type Chunk,
  layoutChunk,
  layoutTypeBlock,
  writeChunkSizes,
  writeTypeBlockSizes,
} from '../layouts.ts';
import { TaskId } from '../program.ts';
import { type Context, largestIn } from './context.ts';

/** Word types that one ticket encodes, and sentences that one ticket tags. */
const TYPES_BLOCK = 128;
const CHUNK_SENTENCES = 32;
const MOST_TOKENS = 4096;

export interface Inference {
  readonly maxTokens: number;
  beginEmissions(batch: Batch, options?: EmissionOptions): () => Emissions;
  /** Empties the cache of word types. */
  clear(): void;
}

/**
 * Tagging. The input of the first recurrent layer's gates depends only on the word type. It is computed once for each
 * type and cached. A full cache is emptied.
 */
export function createInference(context: Context): Inference {
  const { backend, network, cachedTypes, scratch, reserve } = context;
  const { arena, pool } = backend;
  const cache = createTypeCache(context);
  const maxTokens = Math.min(cachedTypes, MOST_TOKENS);

  /** Lays out a chunk of sentences, by descending length, and writes the integers that its task reads. */
  function writeChunk(
    layout: Layout,
    chosen: readonly number[],
    { sentences, lengths, starts }: Lengths & { sentences: readonly Int32Array[] },
  ): WrittenChunk {
    const N = chosen.reduce((sum, s) => sum + lengths[s]!, 0);
    const sizes = { N, T: lengths[chosen[0]!]!, B: chosen.length };
    const at = layout.end;
    const chunk = layoutChunk(network, sizes, at);
    layout.end = chunk.end;
    reserve(layout);
    writeChunkSizes(arena, at, sizes);
    const rows = arena.i32(chunk.rows, sizes.T);
    const slots = arena.i32(chunk.slots, N);
    const tokens = new Int32Array(N);
    const { rowOf } = cache;
    packTokens(rows, chosen, lengths, (row, sentence, t) => {
      tokens[row] = starts[sentence]! + t;
      slots[row] = rowOf(sentences[sentence]![t]!);
    });
    return { at, chunk, tokens };
  }

  return {
    maxTokens,
    clear: cache.clear,
    beginEmissions(batch, { scores = false } = {}) {
      const { sentences } = batch;
      const { lengths, starts } = lengthsOf(sentences);
      const count = starts[sentences.length]!;
      cache.encode(batch);
      const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
      const chunks = Math.ceil(order.length / CHUNK_SENTENCES);
      const layout = new Layout(scratch);
      const table = layout.take(chunks);
      reserve(layout);
      const written = Array.from({ length: chunks }, (_, i) => {
        const chosen = order.slice(i * CHUNK_SENTENCES, (i + 1) * CHUNK_SENTENCES);
        return writeChunk(layout, chosen, { sentences, lengths, starts });
      });
      arena.i32(table, chunks).set(written.map(({ at }) => at / 64));
      context.begin(TaskId.infer, chunks, [table]);
      context.countTagged(count);
      return () => {
        pool.finish();
        return readEmissions(context, written, { count, scores });
      };
    },
  };
}

/** A part of a batch that one ticket tags. */
interface WrittenChunk {
  readonly at: Address;
  readonly chunk: Chunk;
  /** (N) index in the batch of the token in each row. */
  readonly tokens: Int32Array;
}

interface Lengths {
  /** (sentences) */
  readonly lengths: Int32Array;
  /** (sentences + 1) the first token of each sentence; the last entry is the number of tokens. */
  readonly starts: Int32Array;
}

function lengthsOf(sentences: readonly Int32Array[]): Lengths {
  const lengths = Int32Array.from(sentences, ({ length }) => length);
  const starts = new Int32Array(lengths.length + 1);
  for (let s = 0; s < lengths.length; s++) starts[s + 1] = starts[s]! + lengths[s]!;
  return { lengths, starts };
}

function readEmissions(
  { backend: { arena }, config }: Context,
  chunks: readonly WrittenChunk[],
  { count, scores }: { count: number; scores: boolean },
): Emissions {
  const best = config.tags.map(() => new Int32Array(count));
  let areFinite = true;
  const all = scores ? config.tags.map((K) => new Float32Array(count * K)) : [];
  for (const { chunk, tokens } of chunks)
    chunk.heads.forEach((head, h) => {
      if (!(largestIn(arena.f64(head.measured, 2)) < Infinity)) areFinite = false;
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
  return { best, areFinite, ...(scores && { scores: all }) };
}

/** Keeps track of which word types of a table are in the cache, and in which rows. */
function createTypeCache(context: Context) {
  const { backend, network, cachedTypes, scratch, reserve } = context;
  const { arena } = backend;
  let table: WordTypes | undefined;
  /** For each type: 1 + its row in the cache, or 0 if it is not there. */
  let rows = new Int32Array(0);
  let used = 0;

  function clear(): void {
    rows.fill(0);
    used = 0;
  }

  /** The types of the batch that are not in the cache. Marks them as cached, because the caller encodes them next. */
  function missingTypes(sentences: readonly Int32Array[]): number[] {
    const missing: number[] = [];
    for (const sentence of sentences)
      for (let t = 0; t < sentence.length; t++) {
        const type = sentence[t]!;
        if (rows[type] !== 0) continue;
        rows[type] = -1;
        missing.push(type);
      }
    return missing;
  }

  /** Encodes the types of a batch that are not in the cache. Empties the cache first if it has no room for them. */
  function encode({ wordTypes, sentences }: Batch): void {
    const count = wordTypes.words.length;
    if (table !== wordTypes) {
      table = wordTypes;
      clear();
    }
    if (rows.length < count) {
      const longer = new Int32Array(2 * count);
      longer.set(rows);
      rows = longer;
    }
    let missing = missingTypes(sentences);
    if (used + missing.length > cachedTypes) {
      clear();
      missing = missingTypes(sentences);
    }
    if (missing.length === 0) return;
    try {
      if (missing.length > cachedTypes)
        throw new RangeError(
          `a batch of ${missing.length} word types; the engine takes at most ${cachedTypes}`,
        );
      encodeTypes(wordTypes, missing);
    } catch (error) {
      clear();
      throw error;
    }
  }

  function encodeTypes(types: WordTypes, missing: readonly number[]): void {
    const order = byFallingLength(
      missing.map((id) => types.offsets[id + 1]! - types.offsets[id]!),
    ).map((i) => missing[i]!);
    const blocks = Math.ceil(order.length / TYPES_BLOCK);
    const layout = new Layout(scratch);
    const addresses = layout.take(2 * blocks);
    reserve(layout);
    for (let block = 0; block < blocks; block++) {
      const chosen = order.slice(block * TYPES_BLOCK, (block + 1) * TYPES_BLOCK);
      const at = writeBlock(layout, types, chosen);
      arena.i32(addresses + block * 8, 2).set([at / 64, used]);
      used += chosen.length;
    }
    context.run(TaskId.encode, blocks, [addresses]);
  }

  /** Lays out a block of types and writes the integers that its task reads. Returns the block's address. */
  function writeBlock(layout: Layout, types: WordTypes, chosen: readonly number[]): Address {
    const numbering = context.numberingFor(types);
    numbering.reset();
    for (const id of chosen) numbering.number(id);
    const ids = sortTypes(types, numbering);
    const Y = ids.length;
    const input = network.input.prepare({
      types,
      ids,
      words: Int32Array.from(ids, (id) => types.words[id]!),
      eachToken(visit) {
        for (const id of ids) visit(types.tokenFeatures, id);
      },
    });
    const sizes = { Y, input: input.sizes };
    const at = layout.end;
    const block = layoutTypeBlock(network, sizes, at);
    layout.end = block.end;
    reserve(layout);
    writeTypeBlockSizes(arena, at, sizes);
    input.write(arena, block.input);
    const numbers = arena.i32(block.types, Y);
    ids.forEach((id, y) => {
      numbers[y] = y;
      rows[id] = 1 + used + y;
    });
    return at;
  }

  return { encode, clear, rowOf: (type: number): number => rows[type]! - 1 };
}
