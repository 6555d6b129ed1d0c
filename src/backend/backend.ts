import { availableParallelism } from 'node:os';
import { UserError } from '../errors.ts';
import { Arena } from './arena.ts';
import {
  type BackendKind,
  hasBfloat16,
  hasNative,
  type LoadedKernels,
  loadKernels,
  nativeState,
  type Products,
} from './load.ts';
import { createPool, type Pool } from './pool.ts';

export type { BackendKind, Products };
export { hasBfloat16, hasNative, loadKernels };

/** Kernels over one arena, and the threads that share it. */
export interface Backend extends LoadedKernels {
  readonly kind: BackendKind;
  readonly arena: Arena;
  readonly pool: Pool;
}

export interface BackendOptions {
  /** `auto`: native kernels if they are built, else WebAssembly. Default: `auto`. */
  backend?: 'auto' | BackendKind;
  /** Number of threads, including the calling thread. Default: one per core. */
  threads?: number;
  /** Precision of matrix products. Default: `single`. */
  products?: Products;
  /**
   * Receives one line when the backend is slower than it could be: with fewer threads, or with WebAssembly in place of
   * outdated native kernels. Default: `process.emitWarning`.
   */
  onWarning?: (warning: string) => void;
}

const STACK = 65_536; // bytes of a WebAssembly stack
// The linker puts the stack of the first thread and the constants of the kernels below this address.
const HEAP_BASE = 2 * STACK;

/**
 * Opens the kernels and an empty arena. Threads start with the first parallel work.
 * @throws UserError (`SEQTAG_BACKEND`) if the requested kernels are not available on this machine.
 */
export function openBackend(options: BackendOptions = {}): Backend {
  const {
    backend = 'auto',
    threads = availableParallelism(),
    products = 'single',
    onWarning = (warning) => process.emitWarning(warning, 'SeqtagWarning'),
  } = options;
  const native = backend === 'wasm' ? 'missing' : nativeState();
  if (backend === 'native' && native !== 'ready') {
    const state = native === 'stale' ? 'built for another version' : 'not built';
    throw new UserError(
      `The native kernels are ${state}. Install a C compiler and run \`npm rebuild seqtag\`, or use WebAssembly.`,
      { code: 'SEQTAG_BACKEND', option: 'backend' },
    );
  }
  const kind: BackendKind = native === 'ready' ? 'native' : 'wasm';
  if (products === 'bfloat16' && !(kind === 'native' && hasBfloat16()))
    throw new UserError(
      'bfloat16 products need native kernels, Linux and a processor with AMX. Use single precision.',
      { code: 'SEQTAG_BACKEND', option: 'bfloat16' },
    );
  if (native === 'stale')
    onWarning(
      'the native kernels were built for another version: WebAssembly is used, which is slower. Run `npm rebuild seqtag`.',
    );
  const arena = new Arena(HEAP_BASE);
  const how = { kind, products, stack: STACK };
  return {
    kind,
    ...loadKernels({ ...how, memory: arena.memory }),
    arena,
    pool: createPool({ ...how, arena, threads, onWarning }),
  };
}

/**
 * Maximum number of floats that `gemm_pack` writes for a matrix (K, N). Tiles of bfloat16 are at least 32 rows deep.
 */
export const packedSize = (panelWidth: number, K: number, N: number): number =>
  Math.ceil(N / panelWidth) * panelWidth * Math.max(K, 16);
