import { fileURLToPath } from 'node:url';
import { hasNative, loadKernels } from '../../src/backend/backend.ts';
import type { Kernels } from '../../src/backend/kernels.ts';

/** The kernels of one instruction set. */
export interface Level {
  name: string;
  kernels: Kernels;
  panelWidth: number;
}

type Addon = Kernels & { attach(memory: Uint8Array): void; isa: string; panelWidth: number };

const nativeFile = fileURLToPath(new URL('../../kernels/build/kernels.node', import.meta.url));
const STACK_END = 65_536;

/**
 * The kernels of WebAssembly and, where the addon is built, of every native level that this processor has, all over
 * `memory`. The addon chooses its level each time that it is opened, so one process can have them all.
 */
export function openLevels(memory: WebAssembly.Memory): Level[] {
  const wasm = loadKernels('wasm', memory, STACK_END);
  const levels: Level[] = [{ name: 'wasm', ...wasm }];
  if (!hasNative()) return levels;
  const before = process.env.SEQTAG_ISA;
  for (const isa of ['base', 'avx2', 'avx512']) {
    process.env.SEQTAG_ISA = isa;
    const opened = { exports: {} };
    process.dlopen(opened, nativeFile);
    const addon = opened.exports as Addon;
    if (addon.isa !== isa) continue; // more than this processor has
    addon.attach(new Uint8Array(memory.buffer));
    levels.push({ name: `native ${isa}`, kernels: addon, panelWidth: addon.panelWidth });
  }
  if (before === undefined) delete process.env.SEQTAG_ISA;
  else process.env.SEQTAG_ISA = before;
  return levels;
}
