import type { Transitions } from '../../corpus/tags/scheme.ts';

/**
 * The transitions that a decoder allows, as 1 or 0: (K, K) from the row's tag to the column's tag, then (K) starts,
 * then (K) ends. A transition is allowed by `rules`, or because it occurs in one of the tag sequences `observed`:
 * otherwise training data that break the rules of their scheme would have probability 0. Negative (unknown) tags allow
 * no transitions.
 */
export function allowedTransitions(
  rules: Transitions,
  observed: Iterable<ArrayLike<number>> = [],
): Int32Array {
  const K = rules.start.length;
  const [start, end] = [K * K, K * K + K];
  const allowed = Int32Array.from([...rules.between, ...rules.start, ...rules.end]);
  for (const tags of observed) {
    const last = tags.length - 1;
    if (last < 0) continue;
    if (tags[0]! >= 0) allowed[start + tags[0]!] = 1;
    if (tags[last]! >= 0) allowed[end + tags[last]!] = 1;
    for (let t = 1; t <= last; t++)
      if (tags[t - 1]! >= 0 && tags[t]! >= 0) allowed[tags[t - 1]! * K + tags[t]!] = 1;
  }
  return allowed;
}
