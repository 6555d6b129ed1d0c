import type { NetworkConfig } from '../config.ts';

// The random streams of a shard in a step. Their order must not change: results for a seed depend on it.

/** Number of streams. */
export const streamCount = ({ layers }: NetworkConfig): number => 5 * layers + 1;

/** Dropout of the input of recurrent layer `layer`, or of the output of the last layer if `layer` = `layers`. */
export const inputDropoutStream = (layer: number): number => layer;

/** Dropout of the hidden state. */
export const recurrentDropoutStream = (
  { layers }: NetworkConfig,
  { layer, direction }: { layer: number; direction: number },
): number => layers + 1 + 2 * layer + direction;

/** Random truncation of backpropagation. */
export const truncationStream = (
  { layers }: NetworkConfig,
  { layer, direction }: { layer: number; direction: number },
): number => 3 * layers + 1 + 2 * layer + direction;
