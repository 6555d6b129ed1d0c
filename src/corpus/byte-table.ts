/**
 * Numbers strings of bytes from 0 on, in the order in which they come: a hash table with open addressing. It makes no object
 * for a string.
 */
export interface ByteTable {
  /** How many strings it has. */
  readonly size: number;
  /** Their total length. */
  readonly bytes: number;
  /**
   * The number of bytes `from` to `to - 1`. A new string gets the number `size`.
   * @param hash FNV-1a of these bytes
   */
  number(bytes: Uint8Array, from: number, to: number, hash: number): number;
  /** The bytes of a string. They are valid until the next one is added. */
  bytesOf(number: number): Uint8Array;
  clear(): void;
}

/** Bytes of memory that an empty table keeps. */
const MOST_KEPT = 4 * 2 ** 20;

export function createByteTable(): ByteTable {
  let slots = new Int32Array(8192); // 0, or 1 + number; a power of 2, at least twice the strings
  /** The hash of each string, and where it begins in `keys`; the last one ends where the next would begin. */
  let entries = new Int32Array(slots.length + 2);
  let keys = new Uint8Array(2 ** 16);
  let size = 0;

  /** The number of the string, or the complement of the free slot where it belongs. */
  function find(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const length = to - from;
    const mask = slots.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const number = slots[i]! - 1;
      if (number < 0) return ~i;
      if (entries[2 * number] !== hash) continue;
      const start = entries[2 * number + 1]!;
      if (entries[2 * number + 3]! - start !== length) continue;
      let n = 0;
      while (n < length && keys[start + n] === bytes[from + n]) n++;
      if (n === length) return number;
    }
  }

  function grow(): void {
    slots = new Int32Array(2 * slots.length);
    const more = new Int32Array(slots.length + 2);
    more.set(entries);
    entries = more;
    const mask = slots.length - 1;
    for (let number = 0; number < size; number++) {
      let i = entries[2 * number]! & mask;
      while (slots[i] !== 0) i = (i + 1) & mask;
      slots[i] = number + 1;
    }
  }

  function add(bytes: Uint8Array, hash: number, slot: number): void {
    const start = entries[2 * size + 1]!;
    const end = start + bytes.length;
    if (end > keys.length) {
      const more = new Uint8Array(Math.max(2 * keys.length, end));
      more.set(keys);
      keys = more;
    }
    keys.set(bytes, start);
    entries[2 * size] = hash;
    entries[2 * size + 3] = end;
    slots[slot] = ++size;
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return entries[2 * size + 1]!;
    },
    number(bytes, from, to, hash) {
      let found = find(bytes, from, to, hash);
      if (found >= 0) return found;
      if (2 * (size + 1) > slots.length) {
        grow();
        found = find(bytes, from, to, hash);
      }
      add(bytes.subarray(from, to), hash, ~found);
      return size - 1;
    },
    bytesOf: (number) => keys.subarray(entries[2 * number + 1], entries[2 * number + 3]),
    clear() {
      slots.fill(0);
      size = 0;
      if (keys.length > 2 * MOST_KEPT) keys = new Uint8Array(MOST_KEPT);
    },
  };
}
