import { describe, expect, it } from 'vitest';

interface Exploration {
  workers: number;
  counts: number[];
  preemptions: number;
  deaths?: number;
  change?: (text: string) => string;
}
const { explore } = (await import(new URL('./interleavings.js', import.meta.url).href)) as {
  explore(exploration: Exploration): { runs: number; reported: number };
};
const twoRounds = { workers: 1, counts: [2, 3], preemptions: 2 };

describe('tickets, in every interleaving', () => {
  it('are computed once, with the numbers of their round', () => {
    expect(explore(twoRounds).runs).toBeGreaterThan(1000);
    expect(explore({ workers: 2, counts: [2, 3], preemptions: 1 }).runs).toBeGreaterThan(100);
  });

  it('end when a worker dies at any moment: computed, or with an error, and never in a wait', () => {
    const { runs, reported } = explore({ ...twoRounds, counts: [2, 2], preemptions: 1, deaths: 1 });
    expect(runs).toBeGreaterThan(300);
    expect(reported).toBeGreaterThan(10);
  });

  it.each([
    [
      'stay open while a round begins',
      'Atomics.store(words, NEXT, ((round & 0xffff) << 16) | MOST_TICKETS);',
      '',
    ],
    [
      'are drawn without a comparison',
      'Atomics.compareExchange(words, NEXT, ticket, ticket + 1)',
      'Atomics.exchange(words, NEXT, ticket + 1)',
    ],
    [
      'are done before they are computed',
      '        try {\n            tasks',
      '        Atomics.add(words, DONE, 1);\n        try {\n            tasks',
    ],
  ])('fail if they %s', (_, part, by) => {
    const change = (text: string): string => {
      expect(text).toContain(part);
      return text.replace(part, by);
    };
    expect(() => explore({ ...twoRounds, change })).toThrow(/all threads wait|round \d computed/);
  });

  it('fail if a dead worker is not marked as busy', () => {
    const change = (text: string): string => text.replace('Atomics.store(words, busy, 1);', '');
    expect(() => explore({ ...twoRounds, deaths: 1, preemptions: 1, change })).toThrow(
      'all threads wait',
    );
  });
});
