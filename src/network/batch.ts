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
  /** Word after word, places in the charset; those of type y begin at offsets[y]. */
  readonly chars: Int32Array;
  readonly offsets: Int32Array;
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

/** Sorts the types that `numbering` has met and gathers their characters, each as `charAs` has it. */
export function collectTypes(
  types: Types,
  options: {
    numbering: Numbering;
    charset: Numbering;
    groups: number;
    charAs?: ((char: number) => number) | undefined;
  },
): TypeBatch {
  const { numbering, charset, groups, charAs } = options;
  const { items } = numbering;
  const ids = byFallingLength(items.map((id) => lengthOf(types, id))).map((i) => items[i]!);
  numbering.renumber(ids);
  charset.reset();
  const Y = ids.length;
  const offsets = new Int32Array(Y + 1);
  let M = 0;
  for (let y = 0; y < Y; y++) {
    offsets[y + 1] = offsets[y]! + lengthOf(types, ids[y]!);
    if (groups > 0) M += membersOf(types, ids[y]!, groups).length;
  }
  const chars = new Int32Array(offsets[Y]!);
  for (let y = 0, to = 0; y < Y; y++)
    for (let at = types.offsets[ids[y]!]!; at < types.offsets[ids[y]! + 1]!; at++) {
      const char = types.chars[at]!;
      chars[to++] = charset.number(charAs ? charAs(char) : char);
    }
  const sizes = { Y, L: chars.length, Q: charset.items.length, longest: offsets[1] ?? 0, M };
  return { ids, charset: charset.items, chars, offsets, sizes };
}

/** Writes the integers of a CharLayout. */
export function writeTypes(
  arena: Pick<Arena, 'i32'>,
  config: NetworkConfig,
  layout: CharLayout,
  { charset, chars, offsets, sizes }: TypeBatch,
): void {
  const { Y, L, Q, longest } = sizes;
  arena.i32(layout.charset, Q).set(charset);
  arena.i32(layout.offsets, Y + 1).set(offsets);
  const packed = arena.i32(layout.chars, L);
  if (config.charEncoder !== 'lstm') {
    packed.set(chars);
    return;
  }
  const rows = arena.i32(layout.rows, longest);
  const first = arena.i32(layout.first, Y);
  const last = arena.i32(layout.last, Y);
  let base = 0;
  for (let t = 0; t < longest; t++) {
    let b = 0;
    for (; b < Y && offsets[b + 1]! - offsets[b]! > t; b++) {
      packed[base + b] = chars[offsets[b]! + t]!;
      if (t === 0) first[b] = b;
      last[b] = base + b;
    }
    rows[t] = b;
    base += b;
  }
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
