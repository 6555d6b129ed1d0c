import { isAsciiSpace } from '../../lines.ts';

const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44];
const [OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Finds the records in a text of JSON: the elements of an array, or objects one after another. */
export interface RecordScanner {
  /**
   * Scans more text.
   * @returns where records begin and end, in UTF-16 units of all the text. One may begin in an earlier text
   * @throws SyntaxFault
   */
  push(text: string): (readonly [from: number, to: number])[];
  /** Whether the text may end here: no record or array is open. */
  readonly isComplete: boolean;
}

/** What stands where a record, a comma or an end should be. */
export class SyntaxFault extends Error {
  readonly at: number;
  constructor(at: number) {
    super(`unexpected at ${at}`);
    this.at = at;
  }
}

/** What may come next between records. In `top`, an array or an object. */
type Place = 'top' | 'first' | 'after' | 'next';

/** Where the records are in a part of a text whose records have been read. The part begins between two of them. */
export function recordsIn(part: string): (readonly [from: number, to: number])[] {
  return createRecordScanner(/^\s*[,\]]/.test(part) ? 'after' : 'top').push(part);
}

/** Scans JSON without parsing it: only brackets and strings count inside a record. */
export function createRecordScanner(place: Place = 'top'): RecordScanner {
  let from = 0;
  let depth = 0;
  let isString = false;
  let isEscaped = false;
  let length = 0;

  /** Reads a character between records. */
  const between = (code: number, at: number): void => {
    if (isAsciiSpace(code)) return;
    const isRecord = code === OPEN_OBJECT || (code === OPEN && place !== 'top');
    if (isRecord && place !== 'after') {
      from = at;
      depth = 1;
    } else if (code === OPEN && place === 'top') place = 'first';
    else if (code === COMMA && place === 'after') place = 'next';
    else if (code === CLOSE && (place === 'after' || place === 'first')) place = 'top';
    else throw new SyntaxFault(at);
  };

  return {
    push(text) {
      const records: (readonly [number, number])[] = [];
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (isEscaped) isEscaped = false;
        else if (isString) {
          if (code === BACKSLASH) isEscaped = true;
          else if (code === QUOTE) isString = false;
        } else if (depth === 0) between(code, length + i);
        else if (code === QUOTE) isString = true;
        else if (code === OPEN || code === OPEN_OBJECT) depth++;
        else if (code === CLOSE || code === CLOSE_OBJECT) {
          depth--;
          if (depth > 0) continue;
          records.push([from, length + i + 1]);
          if (place !== 'top') place = 'after';
        }
      }
      length += text.length;
      return records;
    },
    get isComplete() {
      return depth === 0 && place === 'top';
    },
  };
}
