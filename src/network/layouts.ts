import { type Arena, Layout, type Space } from '../backend/arena.ts';
import type { Address } from '../backend/kernels.ts';
import type { LanguageModelBuffers } from './layers/language-model.ts';
import type { Activation } from './layers/layer.ts';
import type { HeadBuffers } from './layers/output.ts';
import type { Network } from './network.ts';

// The addresses of the buffers of one batch. The thread that prepares a batch writes its sizes at the beginning. Every
// thread that works on the batch computes the same layout from these sizes.

/** [f(0), ..., f(n - 1)]. Much faster than `Array.from`; a step lays out dozens of buffers. */
export function times<T>(n: number, f: (i: number) => T): T[] {
  const all: T[] = [];
  for (let i = 0; i < n; i++) all.push(f(i));
  return all;
}

/** Sizes of a shard: N tokens in B sentences over T steps, Y word types, and the sizes for the input layers. */
export interface ShardSizes {
  readonly N: number;
  readonly T: number;
  readonly B: number;
  readonly Y: number;
  readonly input: ArrayLike<number>;
}

/** Training: the forward and backward pass of a part of a batch. */
export interface Shard extends Omit<ShardSizes, 'input'> {
  readonly rows: Address; // (T) as in `Packing`
  readonly types: Address; // (N) indices below Y
  readonly input: readonly unknown[]; // buffers of the input layers
  readonly hidden: readonly Activation[]; // buffers of the hidden layers
  readonly heads: readonly HeadBuffers[];
  readonly languageModels: readonly LanguageModelBuffers[];
  /** Where each kind of buffers ends. */
  readonly space: Space;
}

/**
 * @param begin the start of each kind of buffers, and the address of the gradient dx (N, D) of the first hidden layer's
 * input
 */
export function layoutShard(
  { input, hidden, heads, languageModels, languageModelInput }: Network,
  { N, T, B, Y, input: sizes }: ShardSizes,
  begin: Readonly<Record<keyof Space | 'dx', Address>>,
): Shard {
  const space = {
    integers: new Layout(begin.integers),
    kept: new Layout(begin.kept),
    scratch: new Layout(begin.scratch),
  };
  space.integers.take(4 + input.sizeCount);
  const rows = space.integers.take(T);
  const types = space.integers.take(N);
  const x = space.kept.take(N * input.width);
  const training = true;
  const inputs = input.layout(space, { N, Y, x, dx: begin.dx, types, training }, sizes);
  let top: Activation = { value: x, gradient: begin.dx };
  const outputs = hidden.map((layer) => {
    top = layer.layout(space, { N, B, training }, top);
    return top;
  });
  return {
    ...{ N, T, B, Y, rows, types, space },
    input: inputs,
    hidden: outputs,
    heads: heads.map((head) => head.layout(space, { N, B, training }, top)),
    languageModels: languageModels.map((model) =>
      model.layout(space, N, outputs[languageModelInput]!),
    ),
  };
}

/** Writes the sizes at the beginning of a shard's integers. */
export const writeShardSizes = (
  memory: Pick<Arena, 'i32'>,
  at: Address,
  { N, T, B, Y, input }: ShardSizes,
): void => memory.i32(at, 4 + input.length).set([N, T, B, Y, ...Array.from(input)]);

export function readShardSizes(arena: Arena, { input }: Network, at: Address): ShardSizes {
  const [N, T, B, Y] = arena.i32(at, 4) as unknown as [number, number, number, number];
  return { N, T, B, Y, input: arena.i32(at + 16, input.sizeCount) };
}

/** Tagging, first part: word types whose projected input goes to the cache. A type counts as a token. */
export interface TypeBlock {
  readonly Y: number;
  readonly types: Address; // (Y) 0, 1, 2, ...
  readonly x: Address; // (Y, D)
  readonly input: readonly unknown[];
  readonly end: Address;
}

export function layoutTypeBlock(
  { input }: Network,
  { Y, input: sizes }: Pick<ShardSizes, 'Y' | 'input'>,
  begin: Address,
): TypeBlock {
  const layout = new Layout(begin);
  const space = { integers: layout, kept: layout, scratch: layout };
  layout.take(1 + input.sizeCount);
  const types = layout.take(Y);
  const x = layout.take(Y * input.width);
  const inputs = input.layout(space, { N: Y, Y, x, dx: 0, types, training: false }, sizes);
  return { Y, types, x, input: inputs, end: layout.end };
}

export const writeTypeBlockSizes = (
  memory: Pick<Arena, 'i32'>,
  at: Address,
  { Y, input }: Pick<ShardSizes, 'Y' | 'input'>,
): void => memory.i32(at, 1 + input.length).set([Y, ...Array.from(input)]);

export const readTypeBlockSizes = (
  arena: Arena,
  { input }: Network,
  at: Address,
): Pick<ShardSizes, 'Y' | 'input'> => ({
  Y: arena.i32(at, 1)[0]!,
  input: arena.i32(at + 4, input.sizeCount),
});

/** Sizes of a chunk; see `ShardSizes`. */
export type ChunkSizes = Omit<ShardSizes, 'Y' | 'input'>;

/** Tagging, second part: a few sentences whose input is in the cache. */
export interface Chunk extends ChunkSizes {
  readonly rows: Address; // (T) as in `Packing`
  readonly slots: Address; // (N) rows of the cache
  readonly hidden: readonly Activation[];
  readonly heads: readonly HeadBuffers[];
  readonly end: Address;
}

export function layoutChunk(
  { hidden, heads }: Network,
  { N, T, B }: ChunkSizes,
  begin: Address,
): Chunk {
  const layout = new Layout(begin);
  const space = { integers: layout, kept: layout, scratch: layout };
  layout.take(3);
  const rows = layout.take(T);
  const slots = layout.take(N);
  let top: Activation = { value: 0, gradient: 0 }; // the first recurrent layer reads the cache
  return {
    ...{ N, T, B, rows, slots },
    hidden: hidden.map((layer) => {
      top = layer.layout(space, { N, B, training: false }, top);
      return top;
    }),
    heads: heads.map((head) => head.layout(space, { N, B, training: false }, top)),
    end: layout.end,
  };
}

export const writeChunkSizes = (
  memory: Pick<Arena, 'i32'>,
  at: Address,
  { N, T, B }: ChunkSizes,
): void => memory.i32(at, 3).set([N, T, B]);

export function readChunkSizes(arena: Arena, at: Address): ChunkSizes {
  const [N, T, B] = arena.i32(at, 3) as unknown as [number, number, number];
  return { N, T, B };
}
