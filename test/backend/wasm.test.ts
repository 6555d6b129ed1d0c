import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasNative, openBackend } from '../../src/backend/backend.ts';
import { allKernels } from './interface.ts';

// Checks of the committed binary that need no compiler. `npm run check:wasm` rebuilds it and compares bytes.
const read = (name: string): Buffer =>
  readFileSync(new URL(`../../kernels/${name}`, import.meta.url));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const bytes = read('kernels.wasm');
const module = new WebAssembly.Module(bytes);
const lock = JSON.parse(read('kernels.lock.json').toString()) as {
  sources: Record<string, string>;
  'kernels.wasm': string;
};
/** Ids of the sections of a WebAssembly binary (specification, §5.5.2), custom sections (0) included. */
function sections(binary: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < binary.length; ) {
    ids.push(binary[at++]!);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = binary[at++]!;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return ids;
}

describe('kernels.wasm', () => {
  it('was built from these sources', () => {
    const all = readdirSync(new URL('../../kernels/', import.meta.url), { recursive: true })
      .map(String)
      .filter((name) => /\.[ch]$/.test(name) && name !== 'addon.c');
    expect(Object.keys(lock.sources)).toEqual(all.sort());
    for (const [name, hash] of Object.entries(lock.sources)) expect(sha256(read(name))).toBe(hash);
    expect(sha256(bytes)).toBe(lock['kernels.wasm']);
  });

  it('imports only the memory', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([
      expect.objectContaining({ module: 'env', name: 'memory', kind: 'memory' }),
    ]);
  });

  it('exports only the kernels and what loading needs', () => {
    const expected = [
      ...allKernels.map((name) => ({ name, kind: 'function' })),
      { name: 'panel_width', kind: 'function' },
      { name: '__stack_pointer', kind: 'global' },
      { name: '__heap_base', kind: 'global' },
    ];
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    const actual = WebAssembly.Module.exports(module).map(({ name, kind }) => ({ name, kind }));
    expect(allKernels.length).toBeGreaterThan(15);
    expect(actual.sort(byName)).toEqual(expected.sort(byName));
  });

  it('has no start function and no data: every thread may instantiate it over memory in use', () => {
    const [start, code, data] = [8, 10, 11];
    expect(sections(bytes)).toContain(code);
    expect(sections(bytes)).not.toContain(start);
    expect(sections(bytes)).not.toContain(data);
  });

  it('keeps its stack and constants below the first address of the arena', () => {
    const { arena } = openBackend({ backend: 'wasm', threads: 1 });
    const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory } });
    const heapBase = (exports.__heap_base as WebAssembly.Global).value;
    const stackEnd = (exports.__stack_pointer as WebAssembly.Global).value;
    expect(heapBase).toBeLessThanOrEqual(131_072);
    expect(stackEnd).toBe(65_536);
    expect(arena.layout.end).toBeGreaterThan(131_072);
    expect(arena.i32(0, 131_072 / 4).every((word) => word === 0)).toBe(true);
  });
});

describe('openBackend', () => {
  it('opens WebAssembly', () => {
    const { kind, isa, panelWidth, pool } = openBackend({ backend: 'wasm', threads: 3 });
    expect({ kind, isa, panelWidth }).toEqual({ kind: 'wasm', isa: 'simd128', panelWidth: 16 });
    expect(pool.threads).toBe(3);
  });

  it('takes native kernels if they are built; an explicit choice never falls back', () => {
    const { kind } = openBackend({ threads: 1 });
    expect(kind).toBe(hasNative() ? 'native' : 'wasm');
    const native = () => openBackend({ backend: 'native', threads: 1 }).kind;
    if (hasNative()) expect(native()).toBe('native');
    else expect(native).toThrow('native kernels are not built');
  });
});
