import { describe, expect, it } from 'vitest';
import { Arena, Layout } from '../../src/backend/arena.ts';

describe('Layout', () => {
  it('hands out full cache lines, one after another', () => {
    const layout = new Layout(100);
    expect([1, 16, 17, 0, 3].map((count) => layout.take(count))).toEqual([128, 192, 256, 384, 384]);
    expect(layout.end).toBe(448);
  });
});

describe('Arena', () => {
  it('grows without moving: old views stay valid, new views see the new part', () => {
    const arena = new Arena(131_072);
    const before = arena.f32(arena.take(4), 4);
    before.set([1, 2, 3, 4]);
    const size = arena.memory.buffer.byteLength;
    const far = arena.take(size / 4);
    expect(arena.memory.buffer.byteLength).toBeGreaterThanOrEqual(far + size);
    expect([...arena.f32(131_072, 4)]).toEqual([1, 2, 3, 4]);
    before[0] = 9;
    expect(arena.f32(131_072, 1)[0]).toBe(9);
    const grown = arena.i32(far, size / 4);
    expect(grown.length).toBe(size / 4);
    expect(grown.every((x) => x === 0)).toBe(true);
  });

  it('sees memory that another thread has added', () => {
    const whole = new SharedArrayBuffer(131_072);
    new Int32Array(whole)[20_000] = 7;
    const memory = { buffer: new SharedArrayBuffer(65_536), grow: () => 0 };
    memory.grow = () => {
      memory.buffer = whole;
      return 2;
    };
    const arena = new Arena(0, memory as unknown as WebAssembly.Memory);
    expect(arena.i32(80_000, 1)[0]).toBe(7);
  });

  it('keeps the values of reserved memory', () => {
    const arena = new Arena(0);
    arena.reserve(10_000_000);
    const size = arena.memory.buffer.byteLength;
    expect(size).toBeGreaterThanOrEqual(10_000_000);
    arena.reserve(5);
    expect(arena.memory.buffer.byteLength).toBe(size);
  });

  it('names the size to which it cannot grow', () => {
    const arena = new Arena(0);
    expect(() => arena.reserve(2 ** 33)).toThrow('the arena cannot grow to 8192 MiB');
    expect(arena.memory.buffer.byteLength).toBeLessThan(2 ** 25);
  });
});
