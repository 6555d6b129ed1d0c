// White space in UTF-8, as `isSpace` has it in UTF-16.

/** Number of bytes of white space at `i`, by the rules of `TextParser`; 0 if there is none. */
export function spaceAt(bytes: Uint8Array, i: number): number {
  const byte = bytes[i]!;
  if (byte < 0x80) return byte === 32 || (byte >= 9 && byte <= 13) ? 1 : 0;
  const next = bytes[i + 1];
  if (byte === 0xc2) return next === 0x85 || next === 0xa0 ? 2 : 0;
  const third = bytes[i + 2]!;
  switch (byte) {
    case 0xe1:
      return next === 0x9a && third === 0x80 ? 3 : 0;
    case 0xe2:
      if (next === 0x80)
        return (third >= 0x80 && third <= 0x8b) ||
          third === 0xa8 ||
          third === 0xa9 ||
          third === 0xaf
          ? 3
          : 0;
      return next === 0x81 && third === 0x9f ? 3 : 0;
    case 0xe3:
      return next === 0x80 && third === 0x80 ? 3 : 0;
    case 0xef:
      return next === 0xbb && third === 0xbf ? 3 : 0;
    default:
      return 0;
  }
}

export const isSpaceOnly = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let i = from; i < to; ) {
    const space = spaceAt(bytes, i);
    if (space === 0) return false;
    i += space;
  }
  return true;
};

/**
 * The position after the last white space before `to`; `to` if there is only white space before it.
 */
export function lastSpace(bytes: Uint8Array, from: number, to: number): number {
  let i = to;
  while (i > from) {
    const before = i - 1;
    if (bytes[before]! < 0x80 ? spaceAt(bytes, before) > 0 : spaceEndsAt(bytes, i, from)) break;
    i--;
  }
  return isSpaceOnly(bytes, from, i) ? to : i;
}

const spaceEndsAt = (bytes: Uint8Array, end: number, from: number): boolean =>
  (end - 2 >= from && spaceAt(bytes, end - 2) === 2) ||
  (end - 3 >= from && spaceAt(bytes, end - 3) === 3);
