import { UserError } from '../errors.ts';
import type { Address } from './kernels.ts';

const PAGE = 65_536;
const MOST_PAGES = 65_536; // 4 GiB, the reach of 32-bit addresses

/** Rounds up to whole cache lines, so that no two buffers share one. */
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/**
 * Hands out addresses one after another from `begin`. Buffers are not freed one by one: scratch
 * space is laid out again for every batch. Every thread runs the same code for that, and so gets
 * the same addresses.
 */
export class Layout {
  end: Address;

  constructor(begin: Address) {
    this.end = aligned(begin);
  }

  /** Reserves `count` 4-byte numbers (32-bit floats or integers), aligned to 64 bytes. */
  take(count: number): Address {
    const at = this.end;
    this.end = aligned(at + count * 4);
    return at;
  }
}

/** Layouts for the buffers of one task, by lifetime. Two of them may be the same layout. */
export interface Space {
  /** Inputs that are written before the task begins. */
  readonly integers: Layout;
  /** Results that other tasks read. */
  readonly kept: Layout;
  /** Temporary values. The next task of the thread reuses them while they are in its cache. */
  readonly scratch: Layout;
}

/**
 * The part of `WebAssembly.Memory` that is used. Published types name this interface because a
 * program may compile without the declarations of WebAssembly, which are in TypeScript's `dom`.
 */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

/**
 * Address space for the largest arena. RAM is taken only as it is used.
 * @throws UserError (`SEQTAG_MEMORY`) if the system limits the address space
 */
function reserveMemory(): SharedMemory {
  try {
    return new WebAssembly.Memory({ initial: 64, maximum: MOST_PAGES, shared: true });
  } catch (cause) {
    throw new UserError(
      'the address space of the process is limited, and 4 GiB of it cannot be reserved. Raise the limit, for example with ulimit -v unlimited.',
      { code: 'SEQTAG_MEMORY', cause },
    );
  }
}

/** One shared memory for all threads and for both kinds of kernels. It grows but never moves. */
export class Arena {
  readonly memory: SharedMemory;
  readonly layout: Layout;
  /** A copy of `memory.buffer`, which is slow to read. It may be shorter than the memory is now. */
  private buffer: SharedArrayBuffer;

  constructor(begin: Address, memory: SharedMemory = reserveMemory()) {
    this.memory = memory;
    this.buffer = memory.buffer;
    this.layout = new Layout(begin);
  }

  /** Takes permanent space for `count` 4-byte numbers, set to 0. */
  take(count: number): Address {
    const at = this.layout.take(count);
    // Only earlier scratch space must be cleared. New pages are 0 already, and take no RAM until they are written.
    const old = Math.min(this.buffer.byteLength, this.layout.end);
    if (old > at) this.f32(at, (old - at) / 4).fill(0);
    this.reserve(this.layout.end);
    return at;
  }

  /**
   * Grows the memory so that all addresses before `end` exist. Earlier views stay valid.
   * @throws RangeError beyond 4 GiB.
   */
  reserve(end: Address): void {
    const missing = end - this.buffer.byteLength;
    if (missing <= 0) return;
    const pages = Math.ceil(missing / PAGE);
    const have = this.buffer.byteLength / PAGE;
    // A quarter more than needed keeps the number of growths small.
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
    return new Float32Array(this.bufferUpTo(at + 4 * length), at, length);
  }
  f64(at: Address, length: number): Float64Array {
    return new Float64Array(this.bufferUpTo(at + 8 * length), at, length);
  }
  i32(at: Address, length: number): Int32Array {
    return new Int32Array(this.bufferUpTo(at + 4 * length), at, length);
  }

  /**
   * The memory, at least up to `end`. A thread that started while another grew the memory may not
   * see the new pages; growing by 0 pages makes it see them.
   */
  private bufferUpTo(end: Address): SharedArrayBuffer {
    if (end > this.buffer.byteLength) {
      this.memory.grow(0);
      this.buffer = this.memory.buffer;
    }
    return this.buffer;
  }
}
