import type { Transitions } from '../../corpus/tags/scheme.ts';

/**
 * The transitions that a decoder allows, 1 or 0: (K, K) from the row's tag to the column's, then (K) starts, then (K)
 * ends. Allowed are those of `rules` and those that occur in `observed`, sequences of tags. Training data that break the
 * rules of their own scheme would have probability 0 otherwise. Negative tags are unknown and allow nothing.
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
