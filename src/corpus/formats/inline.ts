import type { Annotation } from '../sentence.ts';

/*
 * A sentence a line. Tags of parts of speech follow their word after a slash, `Dogs/NNS bark/VBP ./.`;
 * cut at the last slash, words and tags come back (NLTK's `str2tuple` reads it). Tags of spans become
 * brackets, `[PER Barack Obama] visited [LOC Paris] .`, for people to read. A sentence has span tags
 * if each of its tags is `O` or begins with a prefix of IOB, IOBES, BILOU or BMES. Of several columns
 * of tags the first of spans is in brackets, and all others follow their word: `Dogs/NOUN/NNS`.
 */

const SPAN_TAG = /^(?:O|[BIESLUM]-.*)$/;

/** A tag without its B-, I-, ... prefix; `O` and tags without a prefix are themselves. */
export function tagType(tag: string): string {
  return tag.charCodeAt(1) === 45 && SPAN_TAG.test(tag) ? tag.slice(2) : tag;
}

/** A token without white space that would end it; a space becomes U+00A0, nothing becomes `_`. */
export function unspaced(token: string): string {
  if (token === '') return '_';
  return /[\t-\r ]/.test(token) ? token.replace(/[\t-\r ]/g, '\u00a0') : token;
}

/** Tokens from `from` to before `to` that together are a `type`. */
export type Chunk = {
  readonly from: number;
  readonly to: number;
  readonly type: string;
  readonly confidence?: number | undefined;
};

/** Whether these are tags of spans rather than a tag a token. */
function areSpans(tags: readonly string[]): boolean {
  return tags.every((tag) => SPAN_TAG.test(tag));
}

/** The order of chunks: as they begin, the longer before those inside it. */
export function compareChunks(a: Chunk, b: Chunk): number {
  return a.from - b.from || b.to - a.to;
}

/** The spans of those columns that have spans, or the tokens one by one with the tags of the first. */
export function chunksOf(
  columns: readonly (readonly string[])[],
  annotations?: readonly Annotation[],
): Chunk[] {
  const chunks = columns.map((tags, c) =>
    areSpans(tags) ? sure(spansOf(tags), annotations?.[c]) : undefined,
  );
  const spans = chunks.filter((own) => own !== undefined);
  if (spans.length > 0) return spans.length === 1 ? spans[0]! : spans.flat().sort(compareChunks);
  const confidences = annotations?.[0]?.confidences;
  return columns[0]!.map((type, i) => ({
    from: i,
    to: i + 1,
    type,
    confidence: confidences?.[i],
  }));
}

/** The chunks with their confidence, where it is known. */
function sure(chunks: Chunk[], annotation: Annotation | undefined): Chunk[] {
  const { spans, confidences } = annotation ?? {};
  if (confidences === undefined) return chunks;
  return chunks.map((chunk) => {
    const { from, to, type } = chunk;
    const own = spans?.find((s) => s.start === from && s.end === to && s.type === type);
    // tags that only look like spans are as sure as the least sure of them
    return { ...chunk, confidence: own?.confidence ?? Math.min(...confidences.slice(from, to)) };
  });
}

/** The spans of a sentence in order. */
function spansOf(tags: readonly string[]): Chunk[] {
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

/** One sentence as a line. `paint` colours `/TAG` or `[TYPE ...]`, its second argument is the type. */
export function formatInline(
  tokens: readonly string[],
  columns: readonly (readonly string[])[],
  paint: (text: string, type: string) => string,
): string {
  const tags = columns.find(areSpans);
  const after = columns.filter((column) => column !== tags);
  const words = tokens.map((token, i) =>
    after.reduce(
      (word, column) => word + paint(`/${column[i]}`, tagType(column[i]!)),
      unspaced(token),
    ),
  );
  if (tags === undefined) return `${words.join(' ')}\n`;
  const parts: string[] = [];
  let done = 0;
  for (const { from, to, type } of spansOf(tags)) {
    parts.push(...words.slice(done, from));
    parts.push(paint(`[${[type, ...words.slice(from, to)].join(' ')}]`, type));
    done = to;
  }
  return `${[...parts, ...words.slice(done)].join(' ')}\n`;
}
