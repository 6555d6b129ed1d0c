/** Counts one more of an item. */
export const tally = (counts: Map<string, number>, item: string): void => {
  counts.set(item, (counts.get(item) ?? 0) + 1);
};

/**
 * The items that were counted at least `least` times, the most frequent first. Equal counts are ordered by
 * code units, so that the order of reading does not matter.
 */
export const byCount = (counts: ReadonlyMap<string, number>, least: number): string[] =>
  [...counts]
    .filter(([, n]) => n >= least)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([item]) => item);
