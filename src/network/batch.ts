import type { Arena } from '../backend/arena.ts';
import type { CharLayout, TypeSizes } from './characters.ts';
import type { NetworkConfig } from './config.ts';
import { type Bags, membersOf } from './features.ts';

/**
 * Word types as the network sees them: type f is row words[f] of the word embedding and the characters
 * chars[offsets[f]] .. chars[offsets[f + 1]], at least one.
 */
export interface Types {
  readonly words: Int32Array;
  readonly offsets: Int32Array;
  readonly chars: Int32Array;
  /** Where the network has features. */
  readonly bags?: Bags;
  /** Tagging, where the network has features of tokens: those of the type, which is a form in its context. */
  readonly tokens?: Bags;
}

/** A set of types in the order of a batch: by falling length, then as first met. */
export interface TypeBatch {
  readonly ids: readonly number[];
  readonly charset: readonly number[];
  readonly sizes: TypeSizes;
}

/** Numbers things as they are first met; `reset` forgets them at no cost. */
export class Numbering {
  private readonly seen: Int32Array;
  private readonly place: Int32Array;
  private round = 0;
  items: number[] = [];

  /** @param size ids are below it */
  constructor(size: number) {
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

const lengthOf = ({ offsets }: Types, id: number): number => offsets[id + 1]! - offsets[id]!;

/** Sorts the types that `numbering` has met and gathers their characters. */
export function collectTypes(
  types: Types,
  { numbering, charset, groups }: { numbering: Numbering; charset: Numbering; groups: number },
): TypeBatch {
  const ids = [...numbering.items].sort((a, b) => lengthOf(types, b) - lengthOf(types, a));
  numbering.renumber(ids);
  charset.reset();
  let L = 0;
  let M = 0;
  for (const id of ids) {
    for (let at = types.offsets[id]!; at < types.offsets[id + 1]!; at++)
      charset.number(types.chars[at]!);
    L += lengthOf(types, id);
    if (groups > 0) M += membersOf(types, id, groups).length;
  }
  const sizes = {
    Y: ids.length,
    L,
    Q: charset.items.length,
    longest: ids.length > 0 ? lengthOf(types, ids[0]!) : 0,
    M,
  };
  return { ids, charset: charset.items, sizes };
}

/** Writes the integers of a CharLayout; `charset` must still number the batch's characters. */
export function writeTypes(
  arena: Arena,
  config: NetworkConfig,
  layout: CharLayout,
  types: Types,
  batch: TypeBatch,
  charset: Numbering,
): void {
  const { Y, L, Q, longest } = batch.sizes;
  arena.i32(layout.charset, Q).set(batch.charset);
  const offsets = arena.i32(layout.offsets, Y + 1);
  offsets[0] = 0; // scratch holds what the last batch left
  batch.ids.forEach((id, y) => {
    offsets[y + 1] = offsets[y]! + lengthOf(types, id);
  });
  const chars = arena.i32(layout.chars, L);
  if (config.charEncoder !== 'lstm') {
    let at = 0;
    for (const id of batch.ids)
      for (let from = types.offsets[id]!; from < types.offsets[id + 1]!; from++)
        chars[at++] = charset.number(types.chars[from]!);
    return;
  }
  const rows = arena.i32(layout.rows, longest);
  const first = arena.i32(layout.first, Y);
  const last = arena.i32(layout.last, Y);
  let base = 0;
  for (let t = 0; t < longest; t++) {
    let b = 0;
    for (; b < Y && lengthOf(types, batch.ids[b]!) > t; b++) {
      const id = batch.ids[b]!;
      chars[base + b] = charset.number(types.chars[types.offsets[id]! + t]!);
      if (t === 0) first[b] = b;
      if (t === lengthOf(types, id) - 1) last[b] = base + b;
    }
    rows[t] = b;
    base += b;
  }
}

/** The order of sentences by falling length; equal lengths keep their order. */
export const byFallingLength = (lengths: ArrayLike<number>): number[] =>
  Array.from(lengths, (_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);

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
