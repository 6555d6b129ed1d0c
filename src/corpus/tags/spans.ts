import { UserError } from '../../errors.ts';
import { continuesSpan, outside, type Scheme, type TagParts, tagParts } from './tag-parts.ts';

/** Tokens `start` to `end - 1` of a sentence, from 0. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The spans of one sentence, from left to right, without overlaps. Every sequence of tags has spans, by
 * conlleval's startOfChunk and endOfChunk (Tjong Kim Sang & Buchholz 2000): a span continues only from B
 * or I to I or E of the same type. Any other span tag opens a new span. So `O I-X` opens a span at I-X,
 * and `B-X I-Y` opens one at I-Y. The scheme `none` has no spans.
 */
export function spans(tags: readonly string[], scheme: Scheme): Span[] {
  const found: Span[] = [];
  if (scheme === 'none') return found;
  let start = -1; // -1: no span is open
  let before = outside;
  for (let i = 0; i < tags.length; i++) {
    const parts = tagParts(tags[i]!, scheme);
    if (!continuesSpan(before, parts)) {
      if (start >= 0) found.push({ type: before.type, start, end: i });
      start = parts.role === 'outside' ? -1 : i;
    }
    before = parts;
  }
  if (start >= 0) found.push({ type: before.type, start, end: tags.length });
  return found;
}

/**
 * The tags of the same spans in another scheme. The result is well formed, even if the source is not, and
 * if both schemes are the same. Separators are kept. Tags that no scheme knows (`.`) stay as they are.
 * @throws UserError if one scheme has spans and the other is `none`
 */
export function convert(tags: readonly string[], from: Scheme, to: Scheme): string[] {
  const written = tags.slice();
  if (from === 'none' && to === 'none') return written;
  if (from === 'none' || to === 'none') {
    throw new UserError(
      `tags cannot be converted from ${from} to ${to}: plain tags hold no spans. Name a span scheme on both sides.`,
      { code: 'SEQTAG_TAGS' },
    );
  }
  let previous = { end: -1, type: '' };
  for (const { type, start, end } of spans(tags, from)) {
    const { separator } = tagParts(tags[start]!, from);
    const adjoins = previous.end === start && previous.type === type;
    for (let i = start; i < end; i++) {
      const position = { isFirst: i === start, isLast: i === end - 1, adjoins };
      written[i] = spanTag(to, position, { separator, type });
    }
    previous = { end, type };
  }
  return written;
}

/** The letters of a span of one token, and of the first, the middle and the last token of a longer one. */
interface Letters {
  readonly single: string;
  readonly first: string;
  readonly middle: string;
  readonly last: string;
  /** The first token of a span that follows another of its type directly. */
  readonly adjoining?: string;
}

const writers: Readonly<Record<Exclude<Scheme, 'none'>, Letters>> = {
  IOB1: { single: 'I', first: 'I', middle: 'I', last: 'I', adjoining: 'B' },
  BIO: { single: 'B', first: 'B', middle: 'I', last: 'I' },
  BIOES: { single: 'S', first: 'B', middle: 'I', last: 'E' },
  BILOU: { single: 'U', first: 'B', middle: 'I', last: 'L' },
  BMES: { single: 'S', first: 'B', middle: 'M', last: 'E' },
  IO: { single: '', first: '', middle: '', last: '' },
};

/** The position of a token in its span, and whether another span of the type ends just before the span. */
export interface SpanPosition {
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly adjoins: boolean;
}

function letterOf(write: Letters, { isFirst, isLast, adjoins }: SpanPosition): string {
  if (isFirst && adjoins && write.adjoining !== undefined) return write.adjoining;
  if (isFirst) return isLast ? write.single : write.first;
  return isLast ? write.last : write.middle;
}

/** The letter that a scheme writes at a position. */
export const spanLetter = (scheme: Exclude<Scheme, 'none'>, position: SpanPosition): string =>
  letterOf(writers[scheme], position);

/** The tag that a scheme writes at a position in a span. Tags without letters (`IO`) have no separator. */
export function spanTag(
  scheme: Exclude<Scheme, 'none'>,
  position: SpanPosition,
  { separator, type }: Pick<TagParts, 'separator' | 'type'>,
): string {
  if (scheme === 'IO') return type === '' ? 'I' : type;
  return spanLetter(scheme, position) + (separator === '' && type !== '' ? '-' : separator) + type;
}
