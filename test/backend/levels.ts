import { fileURLToPath } from 'node:url';
import { hasNative, loadKernels } from '../../src/backend/backend.ts';
import type { Kernels } from '../../src/backend/kernels.ts';

/** Kernels for one instruction-set level. */
export interface Level {
  name: string;
  isa: string;
  kernels: Kernels;
  panelWidth: number;
}

interface AddonLevel {
  attach(memory: Uint8Array): Kernels;
  isa: string;
  panelWidth: number;
}

const nativeFile = fileURLToPath(new URL('../../kernels/build/kernels.node', import.meta.url));
const STACK_END = 65_536;

// The addon chooses its level each time it is opened, so one process can open all levels.
function openAddon(isa: string): AddonLevel | undefined {
  const before = process.env.SEQTAG_ISA;
  process.env.SEQTAG_ISA = isa;
  const opened = { exports: {} };
  process.dlopen(opened, nativeFile);
  if (before === undefined) delete process.env.SEQTAG_ISA;
  else process.env.SEQTAG_ISA = before;
  return Object.values(opened.exports as Record<string, AddonLevel>).find(
    (level) => level.isa === isa,
  );
}

/** WebAssembly and, if the addon is built, all native levels that this processor has. */
export const levelNames: readonly string[] = [
  'wasm',
  ...(hasNative() ? ['base', 'avx2', 'avx512'] : []).filter(openAddon),
];

/** Kernels of a level, over `memory`. */
export function openLevel(name: string, memory: WebAssembly.Memory): Level {
  if (name === 'wasm')
    return { name, ...loadKernels({ kind: 'wasm', products: 'single', memory, stack: STACK_END }) };
  const { attach, isa, panelWidth } = openAddon(name)!;
  return { name, kernels: attach(new Uint8Array(memory.buffer)), isa, panelWidth };
}
