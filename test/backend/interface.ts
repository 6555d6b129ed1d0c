import { readFileSync } from 'node:fs';

/** The list of `kernels/kernels.h`. */
export const header = readFileSync(new URL('../../kernels/kernels.h', import.meta.url), 'utf8');

const names = (pattern: RegExp): string[] => [...header.matchAll(pattern)].map((m) => m[1]!);

/** Kernels that the list names directly. */
export const plainKernels = names(/^ {2}X\((\w+),/gm);

/** Recurrent cells: each entry of the list stands for three kernels. */
export const recurrences = names(/^ {2}CELL\(X, (\w+)\)/gm);

export const allKernels = [
  ...plainKernels,
  ...recurrences.flatMap((cell) => ['forward', 'infer', 'backward'].map((of) => `${cell}_${of}`)),
];
