import { SPACE } from '../corpus/lines.ts';
import type { UserError } from '../errors.ts';
import { MAX_ROW, quotedWord, vectorsError } from './fields.ts';
import type { VectorLayout } from './layout.ts';
import type { RowReader, RowTarget } from './rows.ts';

/*
 * JSON: an object that maps words to arrays of numbers, `{"the": [0.1, -0.2], …}`. It may be the value of a key of
 * another object, as in wink-nlp's packages: `{"dimensions": 100, "words": […], "vectors": {"the": […], …}}`. Other
 * values beside it are passed over. Numbers after the first `dim` of an array are not part of the vector: wink-nlp
 * appends the norm and the index of the word.
 */

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x5b, 0x5d, 0x7b, 0x7d];
const MAX_DEPTH = 8;

const isNumberStart = (byte: number): boolean => byte === 0x2d || (byte >= 0x30 && byte <= 0x39);

/** Where the first byte that is no white space is. */
function afterSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! <= SPACE) at++;
  return at;
}

/** The end of a string that begins at `from`, after its closing quotation mark; -1 if it is incomplete. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return -1;
}

/**
 * The dimension: the number `"dimensions"` before the first vector, else the length of the first vector. Undefined if
 * more of the file is needed; 0 if there is no vector.
 */
export function jsonDim(head: Buffer): number | undefined {
  const text = head.toString('latin1');
  const vector = /\[\s*(-?\d[^\]"{[]*)\]/.exec(text);
  const declared = /"dimensions"\s*:\s*(\d{1,6})\s*[,}]/.exec(text);
  if (declared && (!vector || declared.index < vector.index)) return Number(declared[1]);
  if (vector) return vector[1]!.split(',').length;
  return head.length > MAX_ROW ? 0 : undefined;
}

/** Reads the vectors of a JSON object. Values are parsed only in rows that are used. */
export function jsonRows({ dim }: VectorLayout, target: RowTarget, file: string): RowReader {
  /** What is open: objects, or a list that is passed over. */
  const open: ('object' | 'list')[] = [];
  let rows = 0;
  let isComplete = false;
  /** Position of the chunk in the file, in bytes. */
  let position = 0;

  const unexpected = (at: number, what: string): UserError =>
    vectorsError(
      `${file}: byte ${position + at + 1}`,
      `${what}, expected JSON that maps words to lists of numbers. Is the file complete?`,
    );

  /** Reads the list of numbers [from, to) of a word. */
  function readVector(bytes: Buffer, key: string, from: number, to: number): void {
    rows++;
    const index = target.choose(key);
    if (index < 0) return;
    let values: unknown;
    try {
      values = JSON.parse(bytes.toString('latin1', from, to));
    } catch {
      throw unexpected(from, `the value of ${quotedWord(key)} is no list of numbers`);
    }
    const numbers = values as number[];
    if (numbers.length < dim)
      throw unexpected(from, `${numbers.length} values of ${quotedWord(key)} instead of ${dim}`);
    for (let d = 0; d < dim; d++) {
      if (typeof numbers[d] !== 'number' || !Number.isFinite(Math.fround(numbers[d]!)))
        throw unexpected(from, `value ${d + 1} of ${quotedWord(key)} is no finite number`);
      target.row[d] = numbers[d]!;
    }
    target.store(index);
  }

  /** Reads a member of an object that begins at `from`. Returns its end, or -1 if it is incomplete. */
  function readMember(bytes: Buffer, from: number): number {
    if (bytes[from] !== QUOTE) throw unexpected(from, 'no key in quotation marks');
    const keyEnd = stringEnd(bytes, from);
    if (keyEnd < 0) return -1;
    const colon = afterSpace(bytes, keyEnd);
    const value = afterSpace(bytes, colon + 1);
    const first = afterSpace(bytes, value + 1);
    if (first >= bytes.length) return -1;
    if (bytes[colon] !== COLON) throw unexpected(colon, 'no colon after a key');
    if (bytes[value] === OPEN) return opened('object', value);
    if (bytes[value] === OPEN_LIST) {
      if (!isNumberStart(bytes[first]!)) return opened('list', value);
      const end = bytes.indexOf(CLOSE_LIST, first);
      if (end < 0) return -1;
      readVector(bytes, keyOf(bytes, from, keyEnd), value, end + 1);
      return end + 1;
    }
    return scalarEnd(bytes, value);
  }

  function keyOf(bytes: Buffer, from: number, to: number): string {
    try {
      return JSON.parse(bytes.toString('utf8', from, to)) as string;
    } catch {
      throw unexpected(from, 'a string that is not JSON');
    }
  }

  function opened(what: 'object' | 'list', at: number): number {
    if (open.length === MAX_DEPTH) throw unexpected(at, 'many nested values');
    open.push(what);
    return at + 1;
  }

  /** The end of a string, number or word that begins at `from`; -1 if it is incomplete. */
  function scalarEnd(bytes: Buffer, from: number): number {
    if (bytes[from] === QUOTE) return stringEnd(bytes, from);
    let at = from;
    while (at < bytes.length && ![COMMA, CLOSE, CLOSE_LIST].includes(bytes[at]!)) at++;
    return at < bytes.length ? at : -1;
  }

  /** Reads what begins at `at`. Returns its end, or -1 if it is incomplete. */
  function readItem(bytes: Buffer, at: number): number {
    const byte = bytes[at]!;
    const top = open.at(-1);
    if (top === undefined) {
      if (byte !== OPEN || isComplete) throw unexpected(at, 'text outside of the object');
      return opened('object', at);
    }
    if (byte === COMMA) return at + 1;
    if (byte === CLOSE || byte === CLOSE_LIST) {
      if ((byte === CLOSE) !== (top === 'object')) throw unexpected(at, 'a wrong bracket');
      open.pop();
      isComplete = open.length === 0;
      return at + 1;
    }
    if (top === 'object') return readMember(bytes, at);
    if (byte === OPEN) return opened('object', at);
    return byte === OPEN_LIST ? opened('list', at) : scalarEnd(bytes, at);
  }

  return {
    get rows() {
      return rows;
    },
    read(bytes) {
      let at = afterSpace(bytes, 0);
      while (at < bytes.length) {
        const end = readItem(bytes, at);
        if (end < 0) break;
        at = afterSpace(bytes, end);
      }
      if (bytes.length - at > MAX_ROW) throw unexpected(at, 'a value longer than 4 MiB');
      position += at;
      return at;
    },
    end(rest) {
      if (rest.length > 0 || !isComplete)
        throw vectorsError(file, 'the JSON is cut short. Download it again.');
    },
  };
}
