// JSON.parse can take many times the memory of its text, and values may be nested deeper than the stack of the programs that
// print them.

/** Above this length, the memory that a text will take is estimated before it is parsed. */
const LONG = 2 ** 20;
const MOST_DEPTH = 32;

/** Bytes that JSON.parse takes at most, in V8: 40 and the text for a string, 64 for an object or list, 16 for another value. */
function memoryOf(text: string): number {
  let bytes = 2 * text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      bytes += 40;
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++)
        if (text.charCodeAt(i) === 0x5c) i++;
    } else if (c === 0x7b || c === 0x5b) bytes += 64;
    else if (c === 0x2c) bytes += 16;
  }
  return bytes;
}

function isDeep(value: unknown, most = MOST_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (most === 0) return true;
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const item of items) if (typeof item === 'object' && isDeep(item, most - 1)) return true;
  return false;
}

/**
 * Parses JSON from a stranger. A string says what is wrong with it, as in "is not JSON".
 * @param memory bytes that the value may take
 */
export function parseBounded(
  text: string,
  { memory }: { memory: number },
): { value: unknown } | string {
  if (text.length > LONG && memoryOf(text) > memory) return 'would take too much memory';
  try {
    const value: unknown = JSON.parse(text);
    return isDeep(value) ? `is nested more than ${MOST_DEPTH} deep` : { value };
  } catch {
    return 'is not JSON';
  }
}
