/*
 * Lists in cells, as data sets with a sentence per row have them:
 *  - JSON: `["EU", "rejects"]`
 *  - Python: `['EU', "it's"]`, as pandas writes lists
 *  - NumPy: `['EU' 'rejects']`, as pandas writes arrays
 *  - words separated by spaces: `O O B-LOC`
 */

type Notation = 'json' | 'python' | 'numpy' | 'spaces';

/** A list in a cell. Numbers are given as they are written. */
export interface CellList {
  readonly notation: Notation;
  readonly items: readonly string[];
  /** Whether the items are whole numbers without quotes. */
  readonly areNumbers: boolean;
}

const isBracketed = (cell: string): boolean => /^\s*\[[\s\S]*\]\s*$/.test(cell);

/** Reads a list in brackets; undefined if the cell is none. */
export function parseList(cell: string): CellList | undefined {
  if (!isBracketed(cell)) return undefined;
  return jsonList(cell) ?? pythonList(cell.trim().slice(1, -1));
}

/** The words of a cell, with one space or more between them. */
export function parseWords(cell: string): CellList {
  const items = cell.split(/[ \t\r\n]+/).filter((word) => word !== '');
  return {
    notation: 'spaces',
    items,
    areNumbers: items.length > 0 && items.every((item) => /^\d+$/.test(item)),
  };
}

function jsonList(cell: string): CellList | undefined {
  let value: unknown;
  try {
    value = JSON.parse(cell);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  if (value.every((item) => typeof item === 'string'))
    return { notation: 'json', items: value, areNumbers: false };
  return value.every((item) => Number.isInteger(item))
    ? { notation: 'json', items: value.map(String), areNumbers: true }
    : undefined;
}

const ITEM = /\s*(?:'((?:[^'\\]|\\[\s\S])*)'|"((?:[^"\\]|\\[\s\S])*)"|(-?\d+)(?![\d.]))/y;
const COMMA = /\s*,/y;
const SPACE = /\s+|$/y;

/** Reads the content of a list in the notation of Python or NumPy. */
function pythonList(inside: string): CellList | undefined {
  const items: string[] = [];
  let numbers = 0;
  let hasCommas: boolean | undefined;
  const match = (pattern: RegExp, at: number): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(inside);
  };
  for (let at = 0; at < inside.length; ) {
    const item = match(ITEM, at);
    if (item === null) return undefined;
    const [all, single, double, number] = item;
    items.push(number ?? unescapePython(single ?? double ?? ''));
    if (number !== undefined) numbers++;
    at += all.length;
    if (inside.slice(at).trim() === '') break;
    const comma = match(COMMA, at);
    // a list has commas between all of its items, or none
    if (hasCommas !== undefined && hasCommas !== (comma !== null)) return undefined;
    hasCommas = comma !== null;
    const gap = comma ?? match(SPACE, at);
    if (gap === null || gap[0] === '') return undefined;
    at += gap[0].length;
  }
  if (numbers > 0 && numbers < items.length) return undefined;
  return {
    notation: hasCommas === false ? 'numpy' : 'python',
    items,
    areNumbers: numbers > 0,
  };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };

const unescapePython = (text: string): string =>
  text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
    (whole, x?: string, u?: string, long?: string, char?: string) => {
      const code = Number.parseInt(x ?? u ?? long ?? '', 16);
      if (char !== undefined) return ESCAPES[char] ?? (/[\\'"]/.test(char) ? char : whole);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );

/** A string as Python writes it. */
function quotePython(item: string): string {
  const quote = item.includes("'") && !item.includes('"') ? '"' : "'";
  const escaped = item
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return quote + escaped + quote;
}

/** A list of strings as a cell in a notation. */
export function formatList(items: readonly string[], notation: Notation): string {
  switch (notation) {
    case 'json':
      return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
    case 'python':
      return `[${items.map(quotePython).join(', ')}]`;
    case 'numpy':
      return `[${items.map(quotePython).join(' ')}]`;
    case 'spaces':
      return items.join(' ');
  }
}
