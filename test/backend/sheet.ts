import type { Arena } from '../../src/backend/arena.ts';
import type { Address } from '../../src/backend/kernels.ts';

/** Rows of `columns` numbers, each row `ld` numbers after the one before. */
export interface Shape {
  columns: number;
  ld: number;
}

/** One array in the arena. */
export interface Piece {
  at: Address;
  /** The numbers, without the gaps between rows. */
  values(): number[];
}

// As a float it is NaN, as an integer a huge index: a kernel that reads it by mistake is noticed.
const GUARD = 0x7fc0_babe;
const MARGIN = 17; // words; odd, so that arrays have every alignment that the contracts allow

/**
 * Puts the arrays of one kernel call into the arena, each between guard words. `verify` finds everything that the call
 * wrote outside of its outputs.
 */
export class Sheet {
  private readonly arena: Arena;
  private readonly begin: number; // in words
  private end: number;
  private checks: (() => void)[] = [];

  constructor(arena: Arena, begin: Address) {
    this.arena = arena;
    this.begin = begin / 4;
    this.end = this.begin;
  }

  /** Removes all arrays. */
  clear(): void {
    this.end = this.begin;
    this.checks = [];
  }

  /** Floats that the call must not change. */
  input(values: ArrayLike<number>, shape?: Shape): Piece {
    return this.place('input', { float: true, count: values.length, values, shape });
  }

  /** Integers that the call must not change. */
  integers(values: ArrayLike<number>): Piece {
    return this.place('integers', { float: false, count: values.length, values, shape: undefined });
  }

  /** Floats that the call must write; NaN before. */
  output(count: number, shape?: Shape): Piece {
    return this.place('output', { float: true, count, values: undefined, shape });
  }

  integerOutput(count: number): Piece {
    return this.place('output', { float: false, count, values: undefined, shape: undefined });
  }

  /** Floats that the call changes or adds to. */
  changed(values: ArrayLike<number>, shape?: Shape): Piece {
    return this.place('changed', { float: true, count: values.length, values, shape });
  }

  /** Throws if a guard word, a gap between rows or an input has changed. */
  verify(): void {
    for (const check of this.checks) check();
  }

  private place(
    role: 'input' | 'integers' | 'output' | 'changed',
    options: {
      float: boolean;
      count: number;
      values: ArrayLike<number> | undefined;
      shape: Shape | undefined;
    },
  ): Piece {
    const { float, count, values, shape } = options;
    const { columns, ld } = shape ?? { columns: count, ld: count };
    const rows = columns === 0 ? 0 : count / columns;
    if (!Number.isInteger(rows)) throw new Error(`${count} values in rows of ${columns}`);
    const size = rows === 0 ? 0 : (rows - 1) * ld + columns;
    const first = this.end + MARGIN;
    this.end = first + size + MARGIN;
    if (this.end * 4 > this.arena.memory.buffer.byteLength) throw new Error('the sheet is full');
    const all = this.arena.i32((first - MARGIN) * 4, size + 2 * MARGIN).fill(GUARD);
    const body: Float32Array | Int32Array = float
      ? this.arena.f32(first * 4, size)
      : this.arena.i32(first * 4, size);
    const place = (n: number): number => Math.floor(n / columns) * ld + (n % columns);
    if (values) for (let n = 0; n < count; n++) body[place(n)] = values[n]!;
    const before = all.slice();
    const number = this.checks.length;
    this.checks.push(() => {
      for (let i = 0; i < all.length; i++) {
        if (all[i] === before[i]) continue;
        const inside = i - MARGIN;
        const written = inside >= 0 && inside < size && inside % ld < columns;
        if (written && role !== 'input' && role !== 'integers') continue;
        throw new Error(`array ${number} (${role}): the word at ${inside} of ${size} has changed`);
      }
    });
    return {
      at: first * 4,
      values: () => Array.from({ length: count }, (_, n) => body[place(n)]!),
    };
  }
}
