import type { Annotation } from '../sentence.ts';

const SPAN_TAG = /^(?:O|[BIESLUM]-.*)$/s;

/** A tag without its B-, I-, ... prefix. `O` and tags without a prefix stay as they are. */
export function tagType(tag: string): string {
  return tag.charCodeAt(1) === 45 && SPAN_TAG.test(tag) ? tag.slice(2) : tag;
}

/** Whether these are tags of spans: each is `O` or has a prefix of IOB, IOBES, BILOU or BMES. */
export function areSpanTags(tags: readonly string[]): boolean {
  return tags.every((tag) => SPAN_TAG.test(tag));
}

/** Tokens `from` to `to - 1`, which have a type: a span, or a token with its plain tag. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly type: string;
  readonly confidence?: number | undefined;
  /** A token with its plain tag. */
  readonly isToken?: boolean;
}

/** The order of chunks: by their beginning, and a longer one before those inside it. */
export function compareChunks(a: Chunk, b: Chunk): number {
  return a.from - b.from || b.to - a.to;
}

/** The type of a span for a format in which each span has one. */
export const typeName = (type: string): string => type || 'SPAN';

/** The name without spaces, for a format in which a space ends it. */
export const wordName = (type: string): string => typeName(type).replace(/\s+/g, '_');

/**
 * The spans of all tag columns that have span tags. If none has, each token with its tag in the first, except for the tag `O`.
 * @param columns `columns[column][token]`
 */
export function chunksOf(
  columns: readonly (readonly string[])[],
  annotations?: readonly Annotation[],
): Chunk[] {
  const chunks = columns.flatMap((tags, c) =>
    areSpanTags(tags) ? [withConfidences(spanChunks(tags), annotations?.[c])] : [],
  );
  if (chunks.length > 0) {
    return chunks.length === 1 ? chunks[0]! : chunks.flat().sort(compareChunks);
  }
  const confidences = annotations?.[0]?.confidences;
  return columns[0]!
    .map((type, i) => ({ from: i, to: i + 1, type, confidence: confidences?.[i], isToken: true }))
    .filter(({ type }) => type !== 'O');
}

/** The chunks with their confidences, where these are known. */
function withConfidences(chunks: Chunk[], annotation: Annotation | undefined): Chunk[] {
  const { spans = [], confidences } = annotation ?? {};
  if (confidences === undefined) return chunks;
  const spanAt = new Map(spans.map((span) => [span.start, span]));
  return chunks.map((chunk) => {
    const { from, to, type } = chunk;
    const span = spanAt.get(from);
    if (span?.end === to && span.type === type) return { ...chunk, confidence: span.confidence };
    // tags that only look like spans are as certain as the least certain of them
    let least = 1;
    for (let i = from; i < to; i++) least = Math.min(least, confidences[i]!);
    return { ...chunk, confidence: least };
  });
}

/** The spans that a sentence's tags write, from left to right. */
export function spanChunks(tags: readonly string[]): Chunk[] {
  const chunks: Chunk[] = [];
  let open: { from: number; type: string } | undefined;
  const close = (to: number): void => {
    if (open !== undefined) chunks.push({ from: open.from, to, type: open.type });
    open = undefined;
  };
  for (const [i, tag] of tags.entries()) {
    if (tag === 'O') {
      close(i);
      continue;
    }
    const prefix = tag.charAt(0);
    const type = tag.slice(2);
    if (prefix === 'B' || prefix === 'S' || prefix === 'U' || open?.type !== type) close(i);
    open ??= { from: i, type };
    if (prefix === 'E' || prefix === 'L' || prefix === 'S' || prefix === 'U') close(i + 1);
  }
  close(tags.length);
  return chunks;
}
