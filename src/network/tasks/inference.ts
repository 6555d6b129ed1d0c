import type { Task, TaskContext } from '../../backend/pool.ts';
import type { InferencePass } from '../layers/layer.ts';
import { cacheWidth } from '../layers/recurrent.ts';
import { layoutChunk, layoutTypeBlock, readChunkSizes, readTypeBlockSizes } from '../layouts.ts';
import type { Network } from '../network.ts';
import type { ProgramSpec } from './spec.ts';

/**
 * Encodes a block of word types and projects them into the cache. Arguments: [0] a table of pairs: the address of a block
 * in units of 64 bytes, and the cache row of its first type.
 */
export function encodeTask(
  { kernels, arena }: TaskContext,
  { config, cache }: Pick<ProgramSpec, 'config' | 'cache'>,
  network: Network,
): Task {
  return (block, args) => {
    const [unit, slot] = arena.i32(args[0]! + block * 8, 2) as unknown as [number, number];
    const at = unit * 64;
    const b = layoutTypeBlock(network, readTypeBlockSizes(arena, network, at), at);
    network.input.forward({ kernels }, b.input);
    network.first.fillCache({ kernels }, b.x, cache + slot * cacheWidth(config) * 4, b.Y);
  };
}

/**
 * Tags a chunk of sentences. Arguments: [0] a table of the addresses of chunks in units of 64 bytes. The last member of
 * an ensemble decodes the tags, because it has the sum of all scores.
 */
export function inferTask(
  { kernels, arena }: TaskContext,
  { config, cache }: Pick<ProgramSpec, 'config' | 'cache'>,
  network: Network,
  member: number,
): Task {
  return (index, args) => {
    const at = arena.i32(args[0]! + index * 4, 1)[0]! * 64;
    const c = layoutChunk(network, readChunkSizes(arena, at), at);
    const { rows, slots, N, T, B } = c;
    const pass: InferencePass = { kernels, arena, rows, N, T, B, cache, slots };
    network.hidden.forEach((layer, i) => {
      layer.infer(pass, c.hidden[i]!);
    });
    network.heads.forEach((head, h) => {
      head.forward(pass, c.heads[h]!);
    });
    if (member < config.members - 1) return;
    network.heads.forEach((head, h) => {
      head.decode(pass, c.heads[h]!);
    });
  };
}
