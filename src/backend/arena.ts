import type { Address } from './kernels.ts';

const PAGE = 65_536;
const MOST_PAGES = 65_536; // 4 GiB, what 32-bit offsets reach

/** Rounds up to whole cache lines, so that no two buffers share one. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/**
 * Hands out addresses one after another from `begin`. Nothing is freed singly: scratch space is laid out anew for every
 * batch, by the same code on every thread, which is how they agree on addresses.
 */
export class Layout {
  end: Address;

  constructor(begin: Address) {
    this.end = aligned(begin);
  }

  /** Space for `count` numbers of 4 bytes (32-bit floats or integers), 64-byte aligned. */
  take(count: number): Address {
    const at = this.end;
    this.end = aligned(at + count * 4);
    return at;
  }
}

/** Where buffers are taken from, by how long they are needed; any two may be the same. */
export interface Space {
  /** What is written before a task begins. */
  readonly integers: Layout;
  /** What a task leaves to others. */
  readonly kept: Layout;
  /** What it needs itself: the thread's next task has the same, which is still in its cache. */
  readonly scratch: Layout;
}

/** One shared memory, seen by every thread and by both backends; it grows but never moves. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly layout: Layout;
  /** As far as it is known to reach; `memory.buffer` itself is slow to ask. */
  private buffer: SharedArrayBuffer;

  constructor(
    begin: Address,
    memory = new WebAssembly.Memory({ initial: 64, maximum: MOST_PAGES, shared: true }),
  ) {
    this.memory = memory;
    this.buffer = memory.buffer;
    this.layout = new Layout(begin);
  }

  /** Permanent space for `count` 4-byte numbers, zeroed. */
  take(count: number): Address {
    const at = this.layout.take(count);
    // New memory is zero; what was there before may have been scratch. New pages stay untouched, so they cost nothing yet.
    const old = Math.min(this.buffer.byteLength, this.layout.end);
    if (old > at) this.f32(at, (old - at) / 4).fill(0);
    this.reserve(this.layout.end);
    return at;
  }

  /** Grows the memory so that addresses below `end` exist. Views made before stay valid but do not see the new part. */
  reserve(end: Address): void {
    const missing = end - this.buffer.byteLength;
    if (missing <= 0) return;
    const pages = Math.ceil(missing / PAGE);
    const have = this.buffer.byteLength / PAGE;
    // Growing by a quarter more than asked keeps the number of growths small.
    const generous = Math.min(MOST_PAGES - have, pages + (have >> 2));
    try {
      this.memory.grow(Math.max(pages, generous));
    } catch {
      throw new RangeError(
        `the arena cannot grow to ${Math.ceil(end / 2 ** 20)} MiB (its limit is 4096)`,
      );
    }
    this.buffer = this.memory.buffer;
  }

  f32(at: Address, length: number): Float32Array {
    return new Float32Array(this.seen(at + 4 * length), at, length);
  }
  f64(at: Address, length: number): Float64Array {
    return new Float64Array(this.seen(at + 8 * length), at, length);
  }
  i32(at: Address, length: number): Int32Array {
    return new Int32Array(this.seen(at + 4 * length), at, length);
  }

  /**
   * The memory, at least as far as `end`. A thread that was starting while another grew it may have missed that; to grow
   * by nothing shows it the whole.
   */
  private seen(end: Address): SharedArrayBuffer {
    if (end > this.buffer.byteLength) {
      this.memory.grow(0);
      this.buffer = this.memory.buffer;
    }
    return this.buffer;
  }
}
