import type { Direction } from '../config.ts';

// Names of the arrays of a batch that several files use.

interface Site {
  readonly layer: number;
  /** Index of the direction. */
  readonly direction: number;
}

/** (T B) For each padded token its packed row, or N for padding. */
export const padName = (direction: Direction): string => `pad.${direction}`;
/** (N) For each packed token its padded row. */
export const unpadName = (direction: Direction): string => `unpad.${direction}`;
/** (B width) The dropout mask of the input of recurrent layer `place`, or of the output of the last layer. */
export const dropoutMaskName = (place: number): string => `dropout.${place}`;
/** (B H) */
export const recurrentMaskName = ({ layer, direction }: Site): string =>
  `dropout.recurrent.${layer}.${direction}`;
/** (N) */
export const truncationName = ({ layer, direction }: Site): string =>
  `truncation.${layer}.${direction}`;
/** (N) A tag, or a negative number. */
export const goldName = (head: number): string => `gold.${head}`;
/** (N) The loss weight of each token. */
export const weightName = (head: number): string => `weight.${head}`;
/** (N K) 1 for the tags that are in a token's set, else 0. */
export const setName = (head: number): string => `set.${head}`;
/** (N) The class of the next word. */
export const nextWordName = (direction: Direction): string => `next.${direction}`;
/** (K K + K + K) 1 for the transitions, starts and ends that are allowed, else 0. */
export const allowedName = (head: number): string => `allowed.${head}`;
/** (K) What a wrong tag costs, in nats. */
export const costsName = (head: number): string => `costs.${head}`;
