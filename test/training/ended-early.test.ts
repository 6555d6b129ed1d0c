import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DivergedError } from '../../src/errors.ts';
import { openModel } from '../../src/model/model-file.ts';
import { sweep } from '../../src/training/sweep/sweep.ts';
import { type TrainingEvent, type TrainOptions, train } from '../../src/training/train.ts';
import { createFolder, sentences } from '../cli/world.ts';

// Networks that diverge at will: `diverging` says where, by member (from 0) and whether it is a refit.
type End = 'at once' | 'after a good epoch';
const diverging = new Map<string, End>();
const onLearnt: (() => void)[] = [];
vi.mock(import('../../src/training/learn.ts'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    async *learn(prepared, options) {
      const end = diverging.get(`${options.member}${options.developmentRun ? ' refit' : ''}`);
      const message = 'epoch 2, update 1: the loss is NaN';
      if (end === 'at once') throw new DivergedError(message);
      const network = (yield* original.learn(prepared, options))!;
      for (const callback of onLearnt) callback();
      return end ? { ...network, stopped: 'diverged', divergence: message } : network;
    },
  };
});
beforeEach(() => {
  diverging.clear();
  onLearnt.length = 0;
});

const folder = createFolder();
afterAll(folder.remove);
const corpus = folder.path('corpus.conll');
writeFileSync(corpus, sentences('english.train.conll', 16));
const small = {
  ...{ recipe: 'pos', features: 'none', hidden: 4, wordDim: 4, charDim: 2, charFilters: 2 },
  ...{ batchSize: 4, epochs: 2, learningRate: 0.02 },
};
let models = 0;

async function run(
  h: object,
  options: Partial<TrainOptions> = {},
): Promise<{ output: string; end: Extract<TrainingEvent, { type: 'end' }> }> {
  const output = folder.path(`${models++}.safetensors`);
  let last: TrainingEvent | undefined;
  for await (const event of train({
    corpora: [corpus],
    dev: corpus,
    output,
    read: { tagColumn: 1 },
    threads: 1,
    hyperparameters: { ...small, ...h },
    ...options,
  }))
    last = event;
  if (last?.type !== 'end') throw new Error('no end');
  return { output, end: last };
}
const seedsOf = (output: string): number[] => {
  using file = openModel(output);
  const { members, seed } = file.record;
  return members?.map((member) => member.seed) ?? [seed];
};

describe('a network that diverges', () => {
  it('leaves its best epoch', async () => {
    diverging.set('0', 'after a good epoch');
    const { output, end } = await run({});
    expect(end).toMatchObject({
      stopped: 'diverged',
      divergences: [expect.stringMatching(/loss is NaN/)],
    });
    expect(existsSync(output)).toBe(true);
  });

  it('is an error without a finished epoch, and leaves no file', async () => {
    diverging.set('0', 'at once');
    await expect(run({})).rejects.toThrow(DivergedError);
    expect(existsSync(folder.path(`${models - 1}.safetensors`))).toBe(false);
  });

  it('costs an ensemble none of its other members', async () => {
    diverging.set('1', 'at once');
    const { output, end } = await run({ ensemble: 3, seed: 5 });
    expect(end.stopped).toBe('diverged');
    expect(end.divergences).toEqual(['member 2: epoch 2, update 1: the loss is NaN']);
    expect(seedsOf(output)).toEqual([5, 7]);
    expect(end.members).toHaveLength(2);
  });

  it('is a member if the others score higher with it', async () => {
    diverging.set('1', 'after a good epoch');
    const { output, end } = await run({ ensemble: 2, seed: 5 });
    expect(end).toMatchObject({
      stopped: 'diverged',
      divergences: [expect.stringMatching(/^member 2: /)],
    });
    const first = await run({ seed: 5 });
    expect(seedsOf(output)).toEqual(end.score > first.end.score ? [5, 6] : [5]);
  });

  it('as the first member does not end the others', async () => {
    diverging.set('0', 'at once');
    const { output, end } = await run({ ensemble: 2, seed: 5, refit: true });
    expect(end).toMatchObject({
      stopped: 'diverged',
      divergences: [expect.stringMatching(/^member 1: /)],
    });
    expect(end.refit?.sentences).toBe(32);
    using file = openModel(output);
    expect([file.record.bestEpoch, file.config.members]).toEqual([end.bestEpoch, 1]);
  });

  it.each(['at once', 'after a good epoch'] as const)(
    'in a refit leaves the model as it was scored: %s',
    async (when) => {
      diverging.set('0 refit', when);
      const { output, end } = await run({ refit: true });
      expect(end).toMatchObject({
        stopped: 'diverged',
        divergences: [expect.stringMatching(/^refit: epoch 2/)],
      });
      expect(end.refit).toBeUndefined();
      using file = openModel(output);
      expect(file.record.refit).toBeUndefined();
      expect(file.record.dev).toEqual([{ accuracy: end.dev[0]!.accuracy }]);
    },
  );

  it('is ranked last by a sweep, which goes on', async () => {
    let learnt = 0;
    diverging.set('0', 'after a good epoch');
    onLearnt.push(() => {
      learnt++;
      diverging.clear(); // the first run only
    });
    const output = folder.path('sweep.safetensors');
    const events = [];
    for await (const event of sweep({
      corpora: [corpus],
      dev: corpus,
      output,
      read: { tagColumn: 1 },
      threads: 1,
      hyperparameters: small,
      values: { hidden: [4, 3] },
    }))
      events.push(event);
    expect(learnt).toBe(2);
    expect(events.at(-1)).toMatchObject({
      type: 'sweep',
      complete: true,
      best: { combination: { hidden: 3 } },
      rows: [
        { combination: { hidden: 3 }, runs: 1, diverged: 0 },
        { combination: { hidden: 4 }, runs: 0, diverged: 1 },
      ],
    });
  });
});

describe('a signal', () => {
  it('between two members is the reason why training ended', async () => {
    const controller = new AbortController();
    onLearnt.push(() => controller.abort());
    const { end } = await run({ ensemble: 2 }, { signal: controller.signal });
    expect(end).toMatchObject({ type: 'end', stopped: 'signal' });
    expect(end.members).toBeUndefined();
  });

  it('before the refit is the reason why training ended', async () => {
    const controller = new AbortController();
    onLearnt.push(() => controller.abort());
    const { end } = await run({ refit: true }, { signal: controller.signal });
    expect(end).toMatchObject({ type: 'end', stopped: 'signal' });
    expect(end.refit).toBeUndefined();
  });
});
