import type { Members } from './object.ts';

/*
 * Annotations as offsets into a text, as annotation tools export them:
 *  - doccano: `"label": [[0, 4, "PER"]]`, or `"entities": [{"start_offset": 0, "end_offset": 4, "label": "PER"}]`
 *  - spaCy and Prodigy: `"spans": [{"start": 0, "end": 4, "label": "PER"}]`
 *  - Label Studio: `"annotations": [{"result": [{"value": {"start": 0, "end": 4, "labels": ["PER"]}}]}]`
 * Offsets count code points, but in Label Studio UTF-16 units.
 */

/** A part of a text with a label. Offsets count UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

const KEYS = ['label', 'labels', 'entities', 'spans'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A span as one of the tools writes it; undefined if it is none. */
function asSpan(value: unknown): TextSpan | undefined {
  const of = (start: unknown, end: unknown, label: unknown): TextSpan | undefined =>
    Number.isInteger(start) && Number.isInteger(end) && typeof label === 'string'
      ? { start: start as number, end: end as number, label }
      : undefined;
  if (Array.isArray(value))
    return value.length === 3 ? of(value[0], value[1], value[2]) : undefined;
  if (!isObject(value)) return undefined;
  const { labels } = value;
  const label = value['label'] ?? (Array.isArray(labels) ? labels[0] : undefined);
  return of(value['start_offset'] ?? value['start'], value['end_offset'] ?? value['end'], label);
}

function asSpans(values: unknown): readonly TextSpan[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const spans = values.map(asSpan);
  return spans.includes(undefined) ? undefined : (spans as readonly TextSpan[]);
}

/** The spans of Label Studio, of the first annotation of a text. */
function studioSpans(annotations: unknown): readonly TextSpan[] | undefined {
  if (!Array.isArray(annotations)) return undefined;
  const [first] = annotations;
  if (first === undefined) return [];
  const result: unknown = isObject(first) ? first['result'] : undefined;
  if (!Array.isArray(result)) return undefined;
  // relations and choices have no offsets
  const values = result.map((item: unknown) => (isObject(item) ? item['value'] : undefined));
  return asSpans(values.filter((value) => isObject(value) && 'start' in value));
}

/**
 * The spans of an object, if it has any of these keys with offsets; undefined otherwise.
 * @param asked the key that has them. Default: the first of those that are known
 */
export function spansOf(
  members: Members,
  text: string,
  asked: string | undefined,
): readonly TextSpan[] | undefined {
  if (asked === undefined || asked === 'annotations') {
    const spans = studioSpans(members['annotations']);
    if (spans !== undefined) return spans;
  }
  for (const key of asked === undefined ? KEYS : [asked]) {
    const spans = Object.hasOwn(members, key) ? asSpans(members[key]) : undefined;
    if (spans !== undefined) return inUnits(spans, text);
  }
  return undefined;
}

/** Spans whose offsets count code points, in UTF-16 units. */
function inUnits(spans: readonly TextSpan[], text: string): readonly TextSpan[] {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return spans;
  const units = [0];
  for (const point of text) units.push(units.at(-1)! + point.length);
  const unit = (at: number): number => units[at] ?? text.length + 1;
  return spans.map(({ start, end, label }) => ({ start: unit(start), end: unit(end), label }));
}

/** Tokens with BIO tags, and the spans that do not begin and end with a token. */
export interface AlignedTags {
  readonly tags: readonly string[];
  /** Spans that were widened to whole tokens. */
  readonly widened: number;
  /** Spans that were left out: outside the text, or overlapping another. */
  readonly dropped: number;
}

/**
 * The BIO tags of tokens for spans of their text. Of spans that overlap, the longest is kept.
 * @param offsets where each token begins and ends: from, to, from, to, ...
 */
export function alignSpans(
  spans: readonly TextSpan[],
  offsets: readonly number[],
  isFirst: (token: number) => boolean,
): AlignedTags {
  const tags: string[] = new Array(offsets.length / 2).fill('O');
  let widened = 0;
  let dropped = 0;
  const bySize = [...spans].sort(
    (a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start,
  );
  for (const { start, end, label } of bySize) {
    const inside: number[] = [];
    for (let t = tokenAfter(offsets, start); t < tags.length && offsets[2 * t]! < end; t++)
      inside.push(t);
    const first = inside[0];
    if (first === undefined || inside.some((t) => tags[t] !== 'O')) {
      dropped++;
      continue;
    }
    const last = inside.at(-1)!;
    if (offsets[2 * first] !== start || offsets[2 * last + 1] !== end) widened++;
    const type = label.replace(/[\t\r\n]+/g, ' ');
    for (const t of inside) tags[t] = `${t === first || isFirst(t) ? 'B' : 'I'}-${type}`;
  }
  return { tags, widened, dropped };
}

/** The first token that ends after `at`. */
function tokenAfter(offsets: readonly number[], at: number): number {
  let [low, high] = [0, offsets.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[2 * middle + 1]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where tokens are in a text: from, to, from, to, ... Undefined if one is not there. */
export function offsetsOf(
  tokens: readonly string[],
  text: string,
  start = 0,
): readonly number[] | undefined {
  const offsets: number[] = [];
  let at = 0;
  for (const token of tokens) {
    const from = text.indexOf(token, at);
    if (from < 0) return undefined;
    at = from + token.length;
    offsets.push(start + from, start + at);
  }
  return offsets;
}
