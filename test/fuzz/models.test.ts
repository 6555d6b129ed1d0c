import { expect, test } from 'vitest';

const load = async (name: string): Promise<unknown> =>
  import(new URL(`../../fuzz/${name}`, import.meta.url).href);
const { attempt } = (await load('models.js')) as {
  attempt: (random: () => number, index: number) => Promise<string>;
};
const { runAttempts } = (await load('harness.js')) as {
  runAttempts: (options: {
    attempt: (random: () => number, index: number) => string | Promise<string>;
    count: number;
    seed: number;
    from?: number;
    onFailure: (index: number, error: unknown) => void;
  }) => Promise<Map<string, number>>;
};

test('damaged models tag as before, or are refused; all damage to tensors is noticed', async () => {
  const failures: unknown[] = [];
  const onFailure = (index: number, error: unknown): unknown => failures.push([index, error]);
  const results = await runAttempts({ attempt, count: 150, seed: 3, onFailure });
  expect(failures).toEqual([]);
  expect(results.get('refused (SEQTAG_MODEL_DAMAGED)')).toBeGreaterThan(80);
  expect(results.get('damage to tensors noticed')).toBeGreaterThan(10);
  expect(results.get('as before')).toBeGreaterThan(0);
});

test('an attempt can be repeated by its number, and a failure has it', async () => {
  const drawn: number[] = [];
  const failed: number[] = [];
  const options = {
    seed: 5,
    attempt(random: () => number, index: number): string {
      drawn.push(random());
      if (index === 2) throw new Error('no');
      return 'done';
    },
    onFailure: (index: number): unknown => failed.push(index),
  };
  expect(await runAttempts({ ...options, count: 4 })).toEqual(
    new Map([
      ['done', 3],
      ['failed', 1],
    ]),
  );
  await runAttempts({ ...options, from: 2, count: 1 });
  expect(drawn[4]).toBe(drawn[2]);
  expect(new Set(drawn).size).toBe(4);
  expect(failed).toEqual([2, 2]);
});
