import type { WordTypes } from './engine.ts';

/** Numbers ids in the order in which they are first seen. `reset` forgets all ids in constant time. */
export class Numbering {
  private readonly seen: Int32Array;
  private readonly numbers: Int32Array;
  private round = 0;
  items: number[] = [];

  /** @param size every id is less than this */
  constructor(readonly size: number) {
    this.seen = new Int32Array(size);
    this.numbers = new Int32Array(size);
  }

  reset(): void {
    this.round++;
    this.items = [];
  }

  number(id: number): number {
    if (this.seen[id] !== this.round) {
      this.seen[id] = this.round;
      this.numbers[id] = this.items.length;
      this.items.push(id);
    }
    return this.numbers[id]!;
  }

  /** Sets a new order of the ids: each id's number is its index in `items`. */
  renumber(items: number[]): void {
    this.items = items;
    for (let i = 0; i < items.length; i++) this.numbers[items[i]!] = i;
  }
}

/**
 * Sorts the word types that `numbering` has seen by descending number of characters, and renumbers them in this order.
 */
export function sortTypes({ offsets }: WordTypes, numbering: Numbering): readonly number[] {
  const { items } = numbering;
  const order = byFallingLength(items.map((id) => offsets[id + 1]! - offsets[id]!));
  numbering.renumber(order.map((i) => items[i]!));
  return numbering.items;
}

/** The indices of sentences by descending length. A counting sort: sentences of equal length keep their order. */
export function byFallingLength(lengths: ArrayLike<number>): number[] {
  const n = lengths.length;
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, lengths[i]!);
  const next = new Int32Array(most + 2); // next[most - n]: where the next sentence of length n goes
  for (let i = 0; i < n; i++) next[most - lengths[i]! + 1]!++;
  for (let i = 0; i < most; i++) next[i + 1]! += next[i]!;
  const order: number[] = new Array(n).fill(0);
  for (let i = 0; i < n; i++) order[next[most - lengths[i]!]!++] = i;
  return order;
}

/**
 * Packs sentences time step by time step. They must be sorted by descending length. Calls `visit(row, sentence, t)` for
 * each row, and writes the number of sentences that are longer than t to rows[t].
 */
export function packTokens(
  rows: Int32Array,
  sentences: readonly number[],
  lengths: ArrayLike<number>,
  visit: (row: number, sentence: number, t: number) => void,
): void {
  let row = 0;
  let live = sentences.length;
  for (let t = 0; live > 0; t++) {
    while (live > 0 && lengths[sentences[live - 1]!]! <= t) live--;
    if (live === 0) break;
    rows[t] = live;
    for (let b = 0; b < live; b++) visit(row++, sentences[b]!, t);
  }
}
