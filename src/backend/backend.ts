import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.ts';
import { Arena } from './arena.ts';
import type { Kernels } from './kernels.ts';
import { createPool, type Pool } from './pool.ts';

export type BackendKind = 'native' | 'wasm';

/** How matrix products are computed: `single`, in 32 bits; `bfloat16`, of factors of 16 bits that are summed in 32. */
export type Products = 'single' | 'bfloat16';

/** What computes: kernels over one arena, and the threads that share it. */
export interface Backend {
  readonly kind: BackendKind;
  /** Instruction set in use: avx512, avx2, base, amx with products in bfloat16, or simd128 in WebAssembly. */
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
  /** Default: `single`. A choice never falls back either. */
  products?: Products;
}

// Both src/backend and dist/backend are two levels below the package.
const kernelsFile = (name: string): string =>
  fileURLToPath(new URL(`../../kernels/${name}`, import.meta.url));
const nativeFile = kernelsFile('build/kernels.node');

export const hasNative = (): boolean => existsSync(nativeFile);

export interface KernelsOptions {
  readonly kind: BackendKind;
  readonly products: Products;
  readonly memory: WebAssembly.Memory;
  readonly stack: number;
}

interface Level {
  attach(arena: Uint8Array): Kernels;
  readonly panelWidth: number;
  readonly isa: string;
}
type Addon = { readonly single: Level } & { readonly [products in Products]?: Level };

const openAddon = (): Addon => createRequire(import.meta.url)(nativeFile) as Addon;

/** Whether native kernels, the processor and the system have products in bfloat16. */
export const hasBfloat16 = (): boolean => hasNative() && openAddon().bfloat16 !== undefined;

const STACK = 65_536; // of a WebAssembly instance, in bytes
/** Everything below is the linker's: the stack and what constants the kernels have. */
const HEAP_BASE = 2 * STACK;

/** Kernels for a thread over `memory`; `stack` is the end of that thread's WebAssembly stack. */
export function loadKernels({
  kind,
  products,
  memory,
  stack,
}: KernelsOptions): Pick<Backend, 'kernels' | 'isa' | 'panelWidth'> {
  if (kind === 'native') {
    const { attach, isa, panelWidth } = openAddon()[products]!;
    return { kernels: attach(new Uint8Array(memory.buffer)), isa, panelWidth };
  }
  const module = new WebAssembly.Module(readFileSync(kernelsFile('kernels.wasm')));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.__stack_pointer as WebAssembly.Global).value = stack;
  const panelWidth = (exports.panel_width as () => number)();
  return { kernels: exports as unknown as Kernels, isa: 'simd128', panelWidth };
}

/**
 * Opens the kernels and an empty arena; workers start with the first parallel work.
 * @throws UserError when `native` was asked for and was not built, or bfloat16 and this machine has not got it.
 */
export function openBackend(options: BackendOptions = {}): Backend {
  const { backend = 'auto', threads = availableParallelism(), products = 'single' } = options;
  if (backend === 'native' && !hasNative())
    throw new UserError(
      '--backend native: the native kernels are not built. Install a C compiler and run `npm rebuild seqtag`, or use --backend wasm.',
    );
  const kind: BackendKind = backend === 'auto' ? (hasNative() ? 'native' : 'wasm') : backend;
  if (products === 'bfloat16' && !(kind === 'native' && hasBfloat16()))
    throw new UserError(
      '--bfloat16: neither WebAssembly nor every processor has matrix products in bfloat16: it takes native kernels and AMX, under Linux. Leave it out.',
    );
  const arena = new Arena(HEAP_BASE);
  const how = { kind, products, stack: STACK };
  return {
    kind,
    ...loadKernels({ ...how, memory: arena.memory }),
    arena,
    pool: createPool({ ...how, arena, threads }),
  };
}

/** Floats that `gemm_pack` writes at most for a matrix of K rows and N columns; in bfloat16 its tiles are 32 rows deep. */
export const packedSize = (panelWidth: number, K: number, N: number): number =>
  Math.ceil(N / panelWidth) * panelWidth * Math.max(K, 16);
