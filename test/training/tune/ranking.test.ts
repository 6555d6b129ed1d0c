import { expect, it } from 'vitest';
import type { Settings } from '../../../src/training/hyperparameters.ts';
import { chooseRun, noiseBetweenSeeds, rankRecipes } from '../../../src/training/tune/ranking.ts';
import type { StepRecord } from '../../../src/training/tune/records.ts';

const run = (
  combination: Settings,
  { seed = 1, score, rung = null }: { seed?: number; score: number | null; rung?: number | null },
): StepRecord => ({
  seqtag: '0',
  key: '',
  combination,
  seed,
  dev: score === null ? null : [{ accuracy: score }],
  parameters: 1,
  tokensPerSecond: 1,
  seconds: 1,
  epochs: rung ?? 10,
  bestEpoch: 5,
  hyperparameters: { ...combination, seed },
  rung,
  score,
  secondsPerEpoch: 1,
  ...(Object.keys(combination).length === 0 && {
    default: { hyperparameters: {} as never, rungs: { 4: 0.5 } },
  }),
});
const gru: Settings = { cell: 'gru' };
const wide: Settings = { hidden: 200 };

it('chooses the best run of the recipe with the best mean', () => {
  const done = [
    run({}, { score: 0.7 }),
    run(gru, { score: 0.9 }),
    run(wide, { score: 0.85 }),
    run({}, { seed: 2, score: 0.7 }),
    run(gru, { seed: 2, score: 0.7 }),
    run(wide, { seed: 2, score: 0.86 }),
  ];
  expect(chooseRun(done)).toMatchObject({ combination: wide, seed: 2 });
  expect(chooseRun(done, { seed: 1 })).toMatchObject({ combination: wide, seed: 1 });
});

it('never chooses a model that is worse than a model of the default recipe', () => {
  const done = [
    run({}, { score: 0.9 }),
    run(gru, { score: 0.82 }),
    run({}, { seed: 2, score: 0.7 }),
    run(gru, { seed: 2, score: 0.81 }),
  ];
  expect(chooseRun(done)).toMatchObject({ combination: {}, seed: 1 });
});

it('keeps the default recipe if another is only as good', () => {
  const done = [run({}, { score: 0.9 }), run(gru, { score: 0.9 })];
  expect(chooseRun(done)?.combination).toEqual({});
  expect(chooseRun([])).toBeUndefined();
});

it('ranks recipes in full by their mean, then the others by how far they came', () => {
  const done = [
    run({}, { score: 0.7 }),
    run(wide, { score: 0.6, rung: 4 }),
    run({ dropout: 0.5 }, { score: 0.65, rung: 4 }),
    run({ layers: 2 }, { score: null, rung: 4 }),
    run(gru, { score: 0.4, rung: 4 }),
    run(gru, { score: 0.8, rung: 8 }),
    run(gru, { score: 0.9 }),
    run({}, { seed: 2, score: 0.8 }),
    run(gru, { seed: 2, score: 0.8 }),
  ];
  const rows = rankRecipes(done);
  expect(rows.map(({ combination, rung, runs }) => [combination, rung, runs])).toEqual([
    [gru, null, 2],
    [{}, null, 2],
    [{ dropout: 0.5 }, 4, 0],
    [wide, 4, 0],
    [{ layers: 2 }, 4, 0],
  ]);
  const [first, , third, , last] = rows;
  expect(first!.dev.mean).toBeCloseTo(0.85);
  expect(first!.difference).toBeCloseTo((0.9 - 0.7 + 0) / 2); // by seed
  expect(third!.difference).toBeCloseTo(0.15); // after the same epoch
  expect([last!.dev.mean, last!.difference]).toEqual([null, null]);
});

it('pools the deviation between seeds over recipes', () => {
  const done = [
    run({}, { score: 0.7 }),
    run(gru, { score: 0.6 }),
    run(wide, { score: 0.1 }),
    run({}, { seed: 2, score: 0.8 }),
    run(gru, { seed: 2, score: 0.9 }),
  ];
  expect(noiseBetweenSeeds(done)).toBeCloseTo(Math.sqrt((0.1 ** 2 / 2 + 0.3 ** 2 / 2) / 2));
  expect(noiseBetweenSeeds(done.slice(0, 3))).toBeNull();
});
