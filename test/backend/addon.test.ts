import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { hasNative } from '../../src/backend/backend.ts';

interface Addon {
  single: { attach(...args: unknown[]): Record<string, (...args: unknown[]) => void> };
}
const open = (): Addon =>
  createRequire(import.meta.url)('../../kernels/build/kernels.node') as Addon;

describe.runIf(hasNative())('the addon', () => {
  it('throws if a kernel gets too few or too many arguments, or an argument that is not a number', () => {
    const arena = new Arena(0);
    const kernels = open().single.attach(new Uint8Array(arena.memory.buffer));
    arena.f32(64, 2).set([1, 2]);
    expect(() => kernels.tanh_forward!(64)).toThrow('too few or too many arguments');
    expect(() => kernels.tanh_forward!(64, 2, 3)).toThrow('too few or too many arguments');
    expect(() => kernels.tanh_forward!()).toThrow('too few or too many arguments');
    expect(() => kernels.tanh_forward!(64, '2')).toThrow('A number was expected');
    expect(() => kernels.tanh_forward!(64n, 2)).toThrow('A number was expected');
    expect([...arena.f32(64, 2)]).toEqual([1, 2]);
    kernels.tanh_forward!(64, 2);
    expect(arena.f32(64, 1)[0]).toBeCloseTo(Math.tanh(1), 6);
  });

  it('attaches only to bytes', () => {
    for (const given of [[], [undefined], [5], ['text'], [{}], [new ArrayBuffer(8)]])
      expect(() => open().single.attach(...given)).toThrow('Invalid argument');
  });
});
