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
  let hashes = new Int32Array(slots.length / 2);
  /** Where each string begins in `keys`, and where the last one ends. */
  let starts = new Int32Array(slots.length / 2 + 1);
  let keys = new Uint8Array(2 ** 16);
  let size = 0;

  /** The slot of the string, or the free one where it belongs. */
  function find(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const mask = slots.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const key = slots[i]! - 1;
      if (key < 0) return i;
      if (hashes[key] !== hash) continue;
      const start = starts[key]!;
      const length = to - from;
      if (starts[key + 1]! - start !== length) continue;
      let n = 0;
      while (n < length && keys[start + n] === bytes[from + n]) n++;
      if (n === length) return i;
    }
  }

  function grow(): void {
    slots = new Int32Array(2 * slots.length);
    hashes = withLength(hashes, slots.length / 2);
    starts = withLength(starts, slots.length / 2 + 1);
    const mask = slots.length - 1;
    for (let key = 0; key < size; key++) {
      let i = hashes[key]! & mask;
      while (slots[i] !== 0) i = (i + 1) & mask;
      slots[i] = key + 1;
    }
  }

  return {
    get size() {
      return size;
    },
    get bytes() {
      return starts[size]!;
    },
    number(bytes, from, to, hash) {
      let i = find(bytes, from, to, hash);
      if (slots[i] !== 0) return slots[i]! - 1;
      if (size === hashes.length) {
        grow();
        i = find(bytes, from, to, hash);
      }
      const start = starts[size]!;
      const end = start + to - from;
      if (end > keys.length) {
        const more = new Uint8Array(Math.max(2 * keys.length, end));
        more.set(keys);
        keys = more;
      }
      keys.set(bytes.subarray(from, to), start);
      hashes[size] = hash;
      starts[size + 1] = end;
      slots[i] = ++size;
      return size - 1;
    },
    bytesOf: (number) => keys.subarray(starts[number], starts[number + 1]),
    clear() {
      slots.fill(0);
      size = 0;
      if (keys.length > 2 * MOST_KEPT) keys = new Uint8Array(MOST_KEPT);
    },
  };
}

function withLength(numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(numbers);
  return longer;
}
