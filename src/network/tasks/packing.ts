import type { Task, TaskContext } from '../../backend/pool.ts';
import type { Network } from '../network.ts';
import type { Matrix } from '../parameters.ts';
import { packMatrix, type Weights } from '../weights.ts';

/** The matrices of a network, or of one member of an ensemble. */
const matricesOf = (
  { matrices }: Weights,
  { members, member }: { members: number; member: number },
): Matrix[] => {
  const all = Object.values(matrices);
  const count = all.length / members;
  return all.slice(member * count, (member + 1) * count);
};

/** Number of tickets of `pack`. */
export const packTickets = ({ config, heads }: Network, { matrices }: Weights): number =>
  Object.keys(matrices).length / config.members +
  heads.filter(({ decoder }) => decoder.pack).length;

/**
 * Packs a matrix of each member, or fills the tables of a decoder, after the parameters have
 * changed.
 */
export function packTask(
  { kernels }: TaskContext,
  weights: Weights,
  network: Network,
  member: number,
): Task {
  const matrices = matricesOf(weights, { members: network.config.members, member });
  const decoders = network.heads.map(({ decoder }) => decoder).filter(({ pack }) => pack);
  return (index) => {
    if (index < matrices.length) packMatrix(kernels, matrices[index]!);
    else decoders[index - matrices.length]?.pack?.(kernels);
  };
}
