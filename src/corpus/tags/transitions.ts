import { outside, type Role, type Scheme, tagParts } from './tag-parts.ts';

/** Which of K tags may follow which, as a CRF needs it: 1 allowed, 0 forbidden. */
export interface Transitions {
  /** (K): may the tag be a sentence's first? */
  readonly start: Uint8Array;
  /** (K): may the tag be a sentence's last? */
  readonly end: Uint8Array;
  /** (K, K), row-major, from the row's tag to the column's. */
  readonly between: Uint8Array;
}

/**
 * Whether the tag `to` may follow `from` in a well-formed sentence. null is the start of the sentence (as
 * `from`) or its end (as `to`). In the schemes `none` and `IO` every tag may.
 */
export function validTransition(from: string | null, to: string | null, scheme: Scheme): boolean {
  if (scheme === 'none' || scheme === 'IO') return true;
  const a = from === null ? outside : tagParts(from, scheme);
  const b = to === null ? outside : tagParts(to, scheme);
  const isOpen = a.role === 'begin' || a.role === 'inside';
  const isSame = isOpen && a.type === b.type;
  if (scheme === 'IOB1') return b.role === 'begin' ? isSame : isIob(b.role);
  if (scheme === 'BIO') return b.role === 'inside' ? isSame : isIob(b.role);
  // The other schemes mark the end of a span: an open span must continue, and a closed one cannot.
  const isContinuation = b.role === 'inside' || b.role === 'end';
  return isOpen ? isSame && isContinuation : !isContinuation;
}

function isIob(role: Role): boolean {
  return role === 'outside' || role === 'begin' || role === 'inside';
}

/** `validTransition` for every pair of K tags, and for the start and the end of a sentence. */
export function transitions(tags: readonly string[], scheme: Scheme): Transitions {
  const size = tags.length;
  const between = new Uint8Array(size * size); // (K, K)
  tags.forEach((from, row) => {
    tags.forEach((to, column) => {
      between[row * size + column] = validTransition(from, to, scheme) ? 1 : 0;
    });
  });
  return {
    start: Uint8Array.from(tags, (tag) => (validTransition(null, tag, scheme) ? 1 : 0)),
    end: Uint8Array.from(tags, (tag) => (validTransition(tag, null, scheme) ? 1 : 0)),
    between,
  };
}
