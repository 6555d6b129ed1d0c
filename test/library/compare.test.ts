import { expect, it } from 'vitest';
import { compare, evaluate } from '../../src/index.ts';
import { wrong } from './wrong.ts';

const sentence = (s: number, tag: string) => ({ tokens: [`Ada${s}`, 'sang'], tags: [tag, 'O'] });
const predictions = (isWrong: (s: number) => boolean) =>
  Array.from({ length: 20 }, (_, s) => sentence(s, isWrong(s) ? 'O' : 'B-PER'));
const gold = predictions(() => false);
const good = predictions((s) => s === 3);
const bad = predictions((s) => s % 2 === 0);
const systems = [
  { name: 'good', runs: [good] },
  { name: 'bad', runs: [bad, bad] },
];

it('compares systems with the scores of evaluate', async () => {
  const comparison = await compare({ gold, systems, samples: 200 });
  expect(comparison).toMatchObject({ score: 'f1', sentences: 20 });
  const { spans } = await evaluate({ gold, predicted: good });
  expect(comparison.systems[0]!.score).toBeCloseTo(spans!.f1!, 12);
  expect(comparison.systems[1]!.runs).toHaveLength(2);
  const [pair] = comparison.pairs;
  expect(pair).toMatchObject({ a: 'good', b: 'bad', onlyB: [3] });
  expect(pair!.onlyA).toHaveLength(10);
  expect(pair!.p).toBeLessThan(0.05);
  expect(await compare({ gold, systems, samples: 200 })).toEqual(comparison);
});

it('refuses wrong arguments', async () => {
  await expect(compare({ gold, systems: [systems[0]!] })).rejects.toThrow(RangeError);
  await expect(compare({ gold, systems, samples: 5 })).rejects.toThrow('samples');
  await expect(compare(wrong({ gold, systems, sampels: 5 }))).rejects.toThrow('samples');
  const empty = [systems[0]!, { name: 'x', runs: [] }];
  await expect(compare({ gold, systems: empty })).rejects.toThrow('systems[1]: runs');
  const other = [systems[0]!, { name: 'x', runs: [wrong(5)] }];
  await expect(compare({ gold, systems: wrong(other) })).rejects.toThrow(TypeError);
});
