/** Reads JSON from left to right, in one pass, and only the values that it is asked for. */
export interface JsonReader {
  /** The character at this position, after white space; `''` at the end. */
  peek(): string;
  /** Reads an object: calls `visit` after each key, to read its value. */
  members(visit: (key: string) => void): void;
  string(): string;
  /** Reads a value whose text has at most `MOST_TEXT` characters. */
  small(): unknown;
}

const MOST_TEXT = 4096;

/** @param fail throws the error for a text that is not JSON, or has a value that is too long */
export function jsonReader(text: string, fail: () => never): JsonReader {
  let at = 0;

  function peek(): string {
    while (' \n\r\t'.includes(text.charAt(at) || '?')) at++;
    return text.charAt(at);
  }

  function expect(char: string): void {
    if (peek() !== char) fail();
    at++;
  }

  function parse(begin: number): unknown {
    try {
      return JSON.parse(text.slice(begin, at));
    } catch {
      return fail();
    }
  }

  /** Moves from a quote to the character after the quote that ends its string. */
  function skipString(): void {
    for (;;) {
      const end = text.indexOf('"', at + 1);
      if (end < 0) fail();
      let first = end;
      while (text.charCodeAt(first - 1) === 0x5c && first - 1 > at) first--;
      at = end;
      if ((end - first) % 2 === 0) break;
    }
    at++;
  }

  function string(): string {
    if (peek() !== '"') fail();
    const begin = at;
    skipString();
    return parse(begin) as string;
  }

  return {
    peek,
    string,
    members(visit) {
      expect('{');
      if (peek() !== '}')
        for (let isFirst = true; isFirst || peek() === ','; isFirst = false) {
          if (!isFirst) at++;
          const key = string();
          expect(':');
          visit(key);
        }
      expect('}');
    },
    small() {
      peek();
      const begin = at;
      for (let depth = 0; ; ) {
        if (at - begin > MOST_TEXT || at >= text.length) fail();
        const char = text.charAt(at);
        if (depth === 0 && at > begin && ',]}'.includes(char)) break;
        if (char === '"') skipString();
        else at++;
        if (char === '[' || char === '{') depth++;
        else if (char === ']' || char === '}') depth--;
      }
      return parse(begin);
    },
  };
}
