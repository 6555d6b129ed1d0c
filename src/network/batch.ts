import type { WordTypes } from './engine.ts';

/** Numbers things as they are first met; `reset` forgets them at no cost. */
export class Numbering {
  private readonly seen: Int32Array;
  private readonly place: Int32Array;
  private round = 0;
  items: number[] = [];

  /** @param size all ids are less than it */
  constructor(readonly size: number) {
    this.seen = new Int32Array(size);
    this.place = new Int32Array(size);
  }

  reset(): void {
    this.round++;
    this.items = [];
  }

  number(id: number): number {
    if (this.seen[id] !== this.round) {
      this.seen[id] = this.round;
      this.place[id] = this.items.length;
      this.items.push(id);
    }
    return this.place[id]!;
  }

  /** Gives `items` a new order. */
  renumber(items: number[]): void {
    this.items = items;
    for (let i = 0; i < items.length; i++) this.place[items[i]!] = i;
  }
}

/** The types that `numbering` has met, by falling number of characters. They are renumbered in this order. */
export function sortTypes({ offsets }: WordTypes, numbering: Numbering): readonly number[] {
  const { items } = numbering;
  const order = byFallingLength(items.map((id) => offsets[id + 1]! - offsets[id]!));
  numbering.renumber(order.map((i) => items[i]!));
  return numbering.items;
}

/** The order of sentences by falling length; equal lengths keep their order. */
export function byFallingLength(lengths: ArrayLike<number>): number[] {
  const n = lengths.length;
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, lengths[i]!);
  const next = new Int32Array(most + 2); // of each length, from the greatest on: the place of the next that has it
  for (let i = 0; i < n; i++) next[most - lengths[i]! + 1]!++;
  for (let place = 0; place < most; place++) next[place + 1]! += next[place]!;
  const order: number[] = new Array(n).fill(0);
  for (let i = 0; i < n; i++) order[next[most - lengths[i]!]!++] = i;
  return order;
}

/** Calls `visit(row, sentence, t)` for each row of the packed batch of `sentences` (by falling length) and fills `rows`. */
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
