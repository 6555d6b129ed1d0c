import fs from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Settings } from '../../../src/training/hyperparameters.ts';
import { openWorkspace } from '../../../src/training/sweep/workspace.ts';
import { readTrainingFiles } from '../../../src/training/training-files.ts';
import type { Step } from '../../../src/training/tune/events.ts';
import type { StepRecord } from '../../../src/training/tune/records.ts';
import { createSteps, type Steps } from '../../../src/training/tune/steps.ts';
import { createFolder, sentences } from '../../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);
const corpus = folder.path('corpus.conll');
fs.writeFileSync(corpus, sentences('english.train.conll', 20));

// a learning rate of 100 diverges in a later epoch
const small: Settings = {
  ...{ wordDim: 8, charEncoder: 'none', hidden: 4, batchSize: 4, learningRate: 0.02, epochs: 30 },
  ...{ features: 'none', optimizer: 'sgd', clip: 'none', weightDecay: 1, patience: 30 },
};
const wild: Settings = { learningRate: 100 };

let made = 0;
/** Steps with a clock that counts epochs. */
async function withSteps(
  use: (perform: (step: Partial<Step>, limit?: number) => Promise<StepRecord>) => Promise<void>,
): Promise<void> {
  const output = folder.path(`${made++}.safetensors`);
  const options = {
    corpora: [corpus],
    dev: corpus,
    output,
    threads: 1,
    read: { tagColumn: 1 },
    hyperparameters: small,
  };
  const workspace = openWorkspace(output);
  let time = 0;
  const steps: Steps = createSteps({
    options,
    workspace,
    files: await readTrainingFiles(options),
    key: '',
    records: new Map(),
    file: `${output}.tune.jsonl`,
    budget: 100,
    clock: () => time,
  });
  const perform = async (step: Partial<Step>, limit?: number): Promise<StepRecord> => {
    const one: Step = {
      ...{ stage: 'bracket', bracket: 1, index: 1, count: 1, combination: {}, seed: 1, rung: null },
      ...step,
    };
    const events = steps.perform(one, limit);
    for (;;) {
      const { value, done } = await events.next();
      if (done) return value!;
      if ('type' in value! && value.type === 'epoch') time++;
    }
  };
  try {
    await use(perform);
  } finally {
    await steps.close();
    workspace.remove();
  }
}

describe('a step', () => {
  it('fails if training diverges', () =>
    withSteps(async (perform) => {
      const record = await perform({ combination: wild, rung: 20 });
      expect(record).toMatchObject({
        score: null,
        dev: null,
        failed: expect.stringMatching(/loss/),
      });
    }));

  it('fails if the recipe takes too long, and does not if it is fast enough', () =>
    withSteps(async (perform) => {
      const combination: Settings = { cell: 'gru' };
      const slow = await perform({ combination, rung: 20 }, 3);
      expect(slow).toMatchObject({ score: null, failed: 'it takes too long', epochs: 4 });
      const fast = await perform({ combination: { cell: 'rnn' }, rung: 4 }, 4);
      expect(fast).toMatchObject({ score: expect.any(Number), epochs: 4, seconds: 4 });
      expect(fast.failed).toBeUndefined();
    }));

  it('fails if the network is not possible, and tuning goes on', () =>
    withSteps(async (perform) => {
      const record = await perform({ combination: { hidden: 16_384, layers: 60 }, rung: 1 });
      expect(record).toMatchObject({ score: null, failed: expect.stringMatching(/4 GiB/) });
      expect((await perform({ combination: { cell: 'rnn' }, rung: 1 })).score).not.toBeNull();
    }));

  it('of the default recipe records its score at each possible rung', () =>
    withSteps(async (perform) => {
      const record = await perform({ stage: 'default', combination: {} });
      expect(record.score).not.toBeNull();
      expect(record.default?.rungs).toHaveProperty('1');
    }));
});
