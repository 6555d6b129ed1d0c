import { isBlank } from '../../lines.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

/** Where the object is in a record, which is an object or `[text, object]`. */
export function objectIn(record: string): readonly [from: number, to: number] {
  if (record.startsWith('{')) return [0, record.length];
  const from = record.indexOf('{', stringEnd(record, record.indexOf('"')));
  return [from, record.lastIndexOf('}') + 1];
}

/**
 * An object with one member set to an array. All else stays as it is written, and so does the member if
 * it has these values. Spaces are as between the other members.
 * @param line a valid JSON object
 */
export function withMember(line: string, key: string, values: readonly unknown[]): string {
  const { value, end, comma, colon } = findMember(line, key);
  const json = `[${values.map((item) => JSON.stringify(item)).join(comma)}]`;
  if (value === undefined)
    return `${line.slice(0, end)}${comma}${JSON.stringify(key)}${colon}${json}${line.slice(end)}`;
  const [from, to] = value;
  const present: unknown = JSON.parse(line.slice(from, to));
  return isSame(values, present) ? line : line.slice(0, from) + json + line.slice(to);
}

/** Whether a parsed value is the same as ours. It recurses as deep as ours only. */
function isSame(ours: unknown, value: unknown): boolean {
  if (typeof ours !== 'object' || ours === null) return ours === value;
  if (typeof value !== 'object' || value === null || Array.isArray(ours) !== Array.isArray(value))
    return false;
  const [keys, others] = [Object.keys(ours), Object.keys(value)];
  return (
    keys.length === others.length &&
    keys.every((key, k) => key === others[k] && isSame(valueAt(ours, key), valueAt(value, key)))
  );
}

const valueAt = (value: object, key: string): unknown => (value as Record<string, unknown>)[key];

interface Found {
  /** The value of the key; of several the last, as JSON.parse has it. */
  readonly value: readonly [from: number, to: number] | undefined;
  /** Where the last value of the object ends. */
  readonly end: number;
  /** How the object writes a comma and a colon, with or without a space. */
  readonly comma: string;
  readonly colon: string;
}

/** Finds a member of an object in valid JSON. */
function findMember(line: string, key: string): Found {
  let value: readonly [number, number] | undefined;
  let depth = 0;
  let name: string | undefined;
  let from = 0;
  /** The end of what is no white space so far. */
  let end = 0;
  let comma: string | undefined;
  let colon: string | undefined;
  const close = (): void => {
    if (name === key) value = [from, end];
    name = undefined;
  };
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (isBlank(line, i, i + 1)) continue;
    if (code === QUOTE) {
      const start = i;
      i = stringEnd(line, i) - 1;
      if (depth === 1 && name === undefined) name = JSON.parse(line.slice(start, i + 1)) as string;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      depth--;
      if (depth === 0) {
        close();
        break;
      }
    } else if (depth === 1 && code === COMMA) {
      close();
      comma ??= isBlank(line, i + 1, i + 2) ? ', ' : ',';
    } else if (depth === 1 && code === COLON) {
      from = i + 1;
      while (isBlank(line, from, from + 1)) from++;
      colon ??= from > i + 1 ? ': ' : ':';
      // the value begins there; white space before it is not its end
      i = from - 1;
    }
    end = i + 1;
  }
  colon ??= ':';
  return { value, end, comma: comma ?? (colon === ':' ? ',' : ', '), colon };
}

/** The position after the string that begins at `at`. */
function stringEnd(line: string, at: number): number {
  for (let end = line.indexOf('"', at + 1); ; end = line.indexOf('"', end + 1)) {
    let slashes = 0;
    while (line.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}
