import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';
import { createPool, type Pool } from './pool.ts';

export type BackendKind = 'native' | 'wasm';

/** What computes: kernels over one arena, and the threads that share it. */
export interface Backend {
  readonly kind: BackendKind;
  /** Instruction set in use: avx512, avx2, base, or simd128 in WebAssembly. */
  readonly isa: string;
  /** Columns of a packed panel; `packedSize` knows what to do with it. */
  readonly panelWidth: number;
  readonly kernels: Kernels;
  readonly arena: Arena;
  readonly pool: Pool;
}

export interface BackendOptions {
  /** `auto` takes native kernels where they were built, else WebAssembly. An explicit choice never falls back. */
  backend?: 'auto' | BackendKind;
  /** Threads that compute, this one included; by default one for each core. */
  threads?: number;
}

// Both src/backend and dist/backend are two levels below the package.
const kernelsFile = (name: string): string =>
  fileURLToPath(new URL(`../../kernels/${name}`, import.meta.url));
const nativeFile = kernelsFile('build/kernels.node');

export const hasNative = (): boolean => existsSync(nativeFile);

interface Addon {
  attach(arena: Uint8Array): Kernels;
  readonly panelWidth: number;
  readonly isa: string;
}

const STACK = 65_536; // of a WebAssembly instance, in bytes
/** Everything below is the linker's: the stack and what constants the kernels have. */
const HEAP_BASE = 2 * STACK;

/** Kernels for this thread over `memory`; `stack` is the end of this thread's WebAssembly stack. */
export function loadKernels(
  kind: BackendKind,
  memory: WebAssembly.Memory,
  stack: number,
): Pick<Backend, 'kernels' | 'isa' | 'panelWidth'> {
  if (kind === 'native') {
    const addon = createRequire(import.meta.url)(nativeFile) as Addon;
    const kernels = addon.attach(new Uint8Array(memory.buffer));
    return { kernels, isa: addon.isa, panelWidth: addon.panelWidth };
  }
  const module = new WebAssembly.Module(readFileSync(kernelsFile('kernels.wasm')));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.__stack_pointer as WebAssembly.Global).value = stack;
  const panelWidth = (exports.panel_width as () => number)();
  return { kernels: exports as unknown as Kernels, isa: 'simd128', panelWidth };
}

/**
 * Opens the kernels and an empty arena; workers start with the first parallel work.
 * @throws UserError when `native` was asked for and was not built.
 */
export function openBackend(options: BackendOptions = {}): Backend {
  const { backend = 'auto', threads = availableParallelism() } = options;
  if (backend === 'native' && !hasNative())
    throw new UserError(
      '--backend native: the native kernels are not built. Install a C compiler and run `npm rebuild seqtag`, or use --backend wasm.',
    );
  const kind: BackendKind = backend === 'auto' ? (hasNative() ? 'native' : 'wasm') : backend;
  const arena = new Arena(HEAP_BASE);
  return {
    kind,
    ...loadKernels(kind, arena.memory, STACK),
    arena,
    pool: createPool({ kind, arena, threads, stack: STACK }),
  };
}

/** Floats that `gemm_pack` writes for a matrix of K rows and N columns. */
export const packedSize = (panelWidth: number, K: number, N: number): number =>
  Math.ceil(N / panelWidth) * panelWidth * K;
