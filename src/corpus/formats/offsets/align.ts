import type { SpanReport } from './report.ts';

// Spans of a text, as annotation tools write them, and the tags of tokens.

/** A part of a text with a label. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  /** What the span should contain, if its file says so. */
  readonly text?: string | undefined;
  /** BRAT: the parts of a span that has gaps. */
  readonly parts?: readonly Part[] | undefined;
  /** Where the span is in its file, for messages. */
  readonly line?: number | undefined;
}

export type Part = readonly [start: number, end: number];

export type Unit = 'utf-16' | 'code-points';

/** Where each token begins and ends in its text, in UTF-16 units: from, to, from, to, ... */
export type Offsets = readonly number[];

const partsOf = ({ start, end, parts }: TextSpan): readonly Part[] => parts ?? [[start, end]];

// tools differ in how they write the white space inside a span
const withoutSpace = (text: string): string => text.replace(/\s+|\\[nrt]/g, '');

/** Whether a span contains what its file says, so far as it says so. */
export function fitsText(span: TextSpan, text: string): boolean {
  if (span.text === undefined) return true;
  const found = partsOf(span).map(([start, end]) => text.slice(start, end));
  return withoutSpace(found.join('')) === withoutSpace(span.text);
}

/**
 * Spans with offsets in UTF-16 units. Files do not say whether they count UTF-16 units or code points, and versions of
 * one tool differ. So both are tried where they differ, and the better fit counts.
 * @param options.usual the unit of the tool, which decides where both fit
 */
export function inUtf16(
  spans: readonly TextSpan[],
  text: string,
  { usual, offsets }: { usual: Unit; offsets: Offsets },
): { readonly spans: readonly TextSpan[]; readonly unit: Unit } {
  if (spans.length === 0 || !/[\ud800-\udbff][\udc00-\udfff]/.test(text))
    return { spans, unit: usual };
  const counted = fromPoints(spans, text);
  const bounds = new Set(offsets);
  const faults = (tried: readonly TextSpan[]): number =>
    tried.filter((one) => !(bounds.has(one.start) && bounds.has(one.end))).length +
    tried.filter((one) => !fitsText(one, text)).length;
  const [units, points] = [faults(spans), faults(counted)];
  const unit = units === points ? usual : units < points ? 'utf-16' : 'code-points';
  return { spans: unit === 'utf-16' ? spans : counted, unit };
}

/** Spans whose offsets count code points, in UTF-16 units. */
function fromPoints(spans: readonly TextSpan[], text: string): readonly TextSpan[] {
  const units = new Int32Array(text.length + 1);
  let points = 0;
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1)
    units[points++] = at;
  units[points] = text.length;
  // beyond the text stays beyond the text
  const unit = (at: number): number => (at >= 0 && at <= points ? units[at]! : text.length + 1);
  return spans.map((span) => ({
    ...span,
    start: unit(span.start),
    end: unit(span.end),
    ...(span.parts && {
      parts: span.parts.map(([start, end]): Part => [unit(start), unit(end)]),
    }),
  }));
}

/**
 * The BIO tags of the tokens of a text. A span that does not begin and end with a token is widened to whole tokens. Of
 * spans that overlap, the longest is kept, and of those as long the first. The report counts all of these.
 * @param spans offsets in UTF-16 units
 */
export function alignSpans(
  spans: readonly TextSpan[],
  { text, offsets, report }: { text: string; offsets: Offsets; report: SpanReport },
): string[] {
  const tags: string[] = new Array(offsets.length / 2).fill('O');
  const bySize = [...spans].sort(
    (a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start,
  );
  for (const { start, end, label, parts = [] } of bySize) {
    report.count('spans');
    const from = tokenAfter(offsets, start);
    let to = from;
    while (to < tags.length && offsets[2 * to]! < end) to++;
    const isOutside = start < 0 || end > text.length || start >= end;
    if (isOutside || from === to) report.count('outside');
    else if (tags.slice(from, to).some((tag) => tag !== 'O')) report.count('overlapping');
    else {
      if (offsets[2 * from] !== start || offsets[2 * to - 1] !== end) report.count('widened');
      if (hasGap(parts, text)) report.count('joined');
      const type = label === '' ? '' : `-${label.replace(/[\t\r\n]+/g, ' ')}`;
      for (let t = from; t < to; t++) tags[t] = `${t === from ? 'B' : 'I'}${type}`;
    }
  }
  return tags;
}

/** Whether there is more than white space between the parts of a span. */
const hasGap = (parts: readonly Part[], text: string): boolean =>
  parts.some(([start], p) => p > 0 && text.slice(parts[p - 1]![1], start).trim() !== '');

/** The first token that ends after `at`. */
function tokenAfter(offsets: Offsets, at: number): number {
  let [low, high] = [0, offsets.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[2 * middle + 1]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Where tokens are in a text; undefined if one is not there. */
export function offsetsOf(
  tokens: readonly string[],
  text: string,
  start = 0,
): number[] | undefined {
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
