import type { WordTypes } from './engine.ts';

/** Numbers ids in the order in which they are first seen. `reset` forgets them, at no cost. */
export class Numbering {
  private readonly seen: Int32Array;
  private readonly numbers: Int32Array;
  private round = 0;
  items: number[] = [];

  /** @param size all ids are less than it */
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

  /** Changes the order of the ids, and so their numbers. */
  renumber(items: number[]): void {
    this.items = items;
    for (let i = 0; i < items.length; i++) this.numbers[items[i]!] = i;
  }
}

/** The types that `numbering` has seen, by falling number of characters. They are renumbered in this order. */
export function sortTypes({ offsets }: WordTypes, numbering: Numbering): readonly number[] {
  const { items } = numbering;
  const order = byFallingLength(items.map((id) => offsets[id + 1]! - offsets[id]!));
  numbering.renumber(order.map((i) => items[i]!));
  return numbering.items;
}

/** The indices of sentences by falling length. Sentences of equal length keep their order: this is a counting sort. */
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
 * Packs sentences, which must be sorted by falling length, time step by time step. Calls `visit(row, sentence, t)` for each
 * row, and writes the number of sentences that are longer than t to rows[t].
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
