import type { Sample, Verdict } from '../definition.ts';
import { isObject, parseJson } from '../json/object.ts';

type SpanObject = Readonly<Record<string, unknown>> & {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly type: string;
};

/** Whether this is an object of the format `spans`. */
export const isSpan = (value: unknown): value is SpanObject =>
  isObject(value) &&
  Number.isInteger(value['start']) &&
  Number.isInteger(value['end']) &&
  typeof value['text'] === 'string' &&
  typeof value['type'] === 'string';

export function sniffSpans({ content: [first], isLast }: Sample): Verdict {
  if (first === undefined) return isLast ? 'no' : 'maybe';
  const value = first.startsWith('{') ? parseJson(first) : undefined;
  return isSpan(value) && typeof value['sentence'] === 'number' ? 'yes' : 'no';
}

export function sniffBrat({ content: [first], isLast }: Sample): Verdict {
  if (first === undefined) return isLast ? 'no' : 'maybe';
  return /^T\d+\t\S+ \d/.test(first) ? 'yes' : 'no';
}
