import type { Bags, WordTypes } from '../network/engine.ts';

/** A growing table of word types. `types` stays the same object, as `WordTypes` requires. */
export interface WordTable {
  readonly types: WordTypes;
  readonly size: number;
  append(more: WordTypes): void;
}

export function createWordTable(): WordTable {
  const words = createIntegers();
  const offsets = createIntegers();
  const chars = createIntegers();
  const vectors = createNumbers(Float32Array);
  const bags = createBags();
  const tokenFeatures = createBags();
  offsets.append([0]);
  const types: { -readonly [K in keyof WordTypes]: WordTypes[K] } = {
    words: words.view(),
    offsets: offsets.view(),
    chars: chars.view(),
  };
  return {
    types,
    get size() {
      return types.words.length;
    },
    append(more) {
      offsets.append(more.offsets.subarray(1), chars.view().length);
      words.append(more.words);
      chars.append(more.chars);
      types.words = words.view();
      types.offsets = offsets.view();
      types.chars = chars.view();
      if (more.vectors) {
        vectors.append(more.vectors);
        types.vectors = vectors.view();
      }
      if (more.bags) types.bags = bags.append(more.bags);
      if (more.tokenFeatures) types.tokenFeatures = tokenFeatures.append(more.tokenFeatures);
    },
  };
}

function createBags(): { append(more: Bags): Bags } {
  const offsets = createIntegers();
  const members = createIntegers();
  offsets.append([0]);
  return {
    append(more) {
      offsets.append(more.offsets.subarray(1), members.view().length);
      members.append(more.members);
      return { offsets: offsets.view(), members: members.view() };
    },
  };
}

const createIntegers = () => createNumbers(Int32Array);

/** A growing array of numbers. */
function createNumbers<Numbers extends Int32Array | Float32Array>(
  Type: new (length: number) => Numbers,
): {
  /** Appends values, `shift` added to each. */
  append(values: ArrayLike<number>, shift?: number): void;
  view(): Numbers;
} {
  let all = new Type(1024);
  let length = 0;
  return {
    append(values, shift = 0) {
      if (length + values.length > all.length) {
        const longer = new Type(Math.max(2 * all.length, length + values.length));
        longer.set(all);
        all = longer;
      }
      for (let i = 0; i < values.length; i++) all[length + i] = values[i]! + shift;
      length += values.length;
    },
    view: () => all.subarray(0, length) as Numbers,
  };
}
