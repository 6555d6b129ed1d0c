import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../src/training/checkpoint/checkpoint-file.ts';
import type { Settings } from '../../../src/training/hyperparameters.ts';
import { type TrainingEvent, type TrainOptions, train } from '../../../src/training/train.ts';
import { createFolder, sentences } from '../../cli/world.ts';
import { rng } from '../../oracle/rng.ts';

const folder = createFolder();
afterAll(folder.remove);
const corpus = folder.path('corpus.conll');
const dev = folder.path('dev.conll');
writeFileSync(corpus, sentences('english.train.conll', 24));
writeFileSync(dev, sentences('english.dev.conll', 8));
const small: Settings = {
  ...{ features: 'none', hidden: 5, wordDim: 6, charDim: 3, charFilters: 4, batchSize: 4 },
  ...{ epochs: 3, refit: false },
};
const teacher = folder.path('teacher.safetensors');
beforeAll(() => run({ output: teacher, hyperparameters: { ...small, epochs: 1 } }));
let count = 0;
const newOutput = (): string => folder.path(`m${count++}.safetensors`);
const checkpointOf = (output: string): string => `${output}.checkpoint`;

async function run(options: Partial<TrainOptions>): Promise<TrainingEvent> {
  const all = { corpora: [corpus], dev, output: newOutput(), threads: 1, hyperparameters: small };
  let last: TrainingEvent | undefined;
  for await (const event of train({ ...all, ...options })) last = event;
  return last!;
}

/** A signal that is aborted when training has looked at it a number of times: after each step, and a few other times. */
function abortedAfter(looks: number): AbortSignal {
  let left = looks;
  return {
    get aborted() {
      return --left < 0;
    },
  } as AbortSignal;
}

/** Trains, stops at random steps, and resumes each time until the end. Returns the bytes of the model. */
async function trainInPieces(
  hyperparameters: Settings,
  { seed, ...options }: { seed: number } & Partial<TrainOptions>,
): Promise<{ bytes: Buffer; pieces: number }> {
  const random = rng(seed);
  const output = newOutput();
  const checkpoints = { file: checkpointOf(output), minutes: 5 };
  for (let pieces = 1; ; pieces++) {
    const resume = existsSync(checkpoints.file) ? readCheckpoint(checkpoints.file) : undefined;
    const event = await run({
      // what a checkpoint has is all that the command line knows when it resumes
      ...(resume ? { dev: undefined, ...resume.options, resume } : { ...options, hyperparameters }),
      ...{ output, checkpoints },
      threads: 1 + (pieces % 2),
      signal: abortedAfter(1 + random.integer(10)),
    });
    if (event.type === 'end') return { bytes: readFileSync(output), pieces };
    expect(event).toMatchObject({ type: 'interrupted', checkpoint: checkpoints.file });
    expect(existsSync(output)).toBe(false);
  }
}

describe('a training that is stopped and resumed again and again writes the model of an uninterrupted one', () => {
  it.each<[string, Settings, Partial<TrainOptions>?]>([
    ['lstm and dropout', { charDropout: 0.1, wordDropout: 0.1 }],
    ['a CRF, plateau', { decoder: 'crf', schedule: 'plateau', plateauPatience: 1, accumulate: 2 }],
    ['gru, sgd, a language model', { cell: 'gru', optimizer: 'sgd', lmWeight: 0.1, lmWords: 20 }],
    ['frozen words, random truncation', { freeze: true, bptt: 'random:0.3', layers: 2 }],
    ['an ensemble', { ensemble: 2, epochs: 2 }],
    ['distillation', {}, { teacher: { model: teacher } }],
    ['a column of lemmas', {}, { lemmaColumn: '1', read: { tagColumn: '1' } }],
    ['a refit', { refit: true, epochs: 2 }, { dev: undefined }],
    ['an ensemble with a refit', { ensemble: 2, refit: true, epochs: 2 }],
    [
      'the character LSTM, features of tokens',
      { charEncoder: 'lstm', charHidden: 3 },
      { read: { featureColumn: 1 } },
    ],
  ])('%s', async (_, settings, options = {}) => {
    const hyperparameters = { ...small, ...settings };
    const output = newOutput();
    await run({ ...options, hyperparameters, output });
    const whole = readFileSync(output);
    const { bytes, pieces } = await trainInPieces(hyperparameters, { ...options, seed: 3 });
    expect(pieces).toBeGreaterThan(3);
    expect(bytes.equals(whole)).toBe(true);
  });
});
