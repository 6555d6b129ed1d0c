import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { packagePath } from '../files/package.ts';
import type { SharedMemory } from './arena.ts';
import type { Address, Kernels } from './kernels.ts';

export type BackendKind = 'native' | 'wasm';

/**
 * Precision of matrix products. `single`: 32-bit floats. `bfloat16`: factors are rounded to 16
 * bits, sums are in 32 bits.
 */
export type Products = 'single' | 'bfloat16';

/** Options of the kernels. Every thread of a backend loads the same kernels. */
export interface KernelsOptions {
  readonly kind: BackendKind;
  readonly products: Products;
  readonly memory: SharedMemory;
  /** End of this thread's WebAssembly stack, which grows downwards. */
  readonly stack: Address;
}

export interface LoadedKernels {
  readonly kernels: Kernels;
  /** Instruction set: avx512, avx2, base, amx (products in bfloat16), or simd128 in WebAssembly. */
  readonly isa: string;
  /** Columns of a panel of a packed matrix; see `packedSize`. */
  readonly panelWidth: number;
}

interface Level {
  attach(arena: Uint8Array): Kernels;
  readonly panelWidth: number;
  readonly isa: string;
}
type Addon = { readonly single: Level } & { readonly [products in Products]?: Level };

const fileOf = (name: string): string => packagePath(`kernels/${name}`);
const addonFile = fileOf('build/kernels.node');

const openAddon = (): Addon => createRequire(import.meta.url)(addonFile) as Addon;

/**
 * Whether the native kernels can be used. They are stale if they were built for another list of
 * kernels than the one of this version: then their arguments may differ.
 */
export function nativeState(): 'ready' | 'missing' | 'stale' {
  if (!existsSync(addonFile)) return 'missing';
  const builtFor = fileOf('build/interface.txt');
  const isCurrent =
    existsSync(builtFor) && readFileSync(builtFor).equals(readFileSync(fileOf('kernels.h')));
  return isCurrent ? 'ready' : 'stale';
}
export const hasNative = (): boolean => nativeState() === 'ready';

/** Whether the native kernels, the processor and the system have matrix products in bfloat16. */
export const hasBfloat16 = (): boolean => hasNative() && openAddon().bfloat16 !== undefined;

/** Loads the kernels for one thread. The caller has checked that they exist. */
export function loadKernels({ kind, products, memory, stack }: KernelsOptions): LoadedKernels {
  if (kind === 'native') {
    const { attach, isa, panelWidth } = openAddon()[products]!;
    return { kernels: attach(new Uint8Array(memory.buffer)), isa, panelWidth };
  }
  const module = new WebAssembly.Module(readFileSync(fileOf('kernels.wasm')));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.__stack_pointer as WebAssembly.Global).value = stack;
  const panelWidth = (exports.panel_width as () => number)();
  return { kernels: exports as unknown as Kernels, isa: 'simd128', panelWidth };
}
