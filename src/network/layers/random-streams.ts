import type { NetworkConfig } from '../config.ts';

// Every shard of every step has this many streams of random numbers. The order is part of what a seed means.

/** Number of streams. */
export const streamCount = ({ layers }: NetworkConfig): number => 5 * layers + 1;

/** Dropout of the input of recurrent layer `layer`; for `layer` = `layers`, of the output of the last. */
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
