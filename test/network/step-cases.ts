import { expect, it } from 'vitest';
import type { Engine, TrainingBatch, TrainingOptions } from '../../src/network/engine.ts';
import { expectAllClose, expectClose } from '../oracle/close.ts';
import { globalNorm } from '../oracle/optimizers.ts';
import { rng } from '../oracle/rng.ts';
import { oracleNamed, oracleStep } from './oracle.ts';
import {
  createSample,
  createTokens,
  momentOf,
  noClipping,
  plainSgd,
  type Sample,
  sliceBatch,
  withForbidden,
} from './sample.ts';
import {
  dropout,
  encoders,
  everything,
  GRADIENT,
  kindsOfCells,
  LOSS,
  NORM,
  named,
  networks,
} from './settings.ts';

// What the oracle says of a step is the same on every level.
const steps = new Map<string, ReturnType<typeof oracleStep>>();
function expectedStep(
  sample: Sample,
  training: TrainingOptions,
  read: (name: string) => Float32Array,
) {
  const key = JSON.stringify([sample.config, training, sample.batch, sample.allowed]);
  const step = steps.get(key) ?? oracleStep(sample, { read, training });
  steps.set(key, step);
  return step;
}

/** Creates an engine with the parameters of `fillParameters`. */
export type CreateFilled = (
  options: Pick<Sample, 'config' | 'allowed'> & { training: TrainingOptions },
) => Engine;

interface StepCase {
  sample: Sample;
  training?: TrainingOptions;
  /** What the engine is given of the sample's batch. */
  cut?: (batch: TrainingBatch) => TrainingBatch[];
  /** The word embedding is left as it is: then its gradient counts as 0. */
  freezeWords?: boolean;
}

/** Compares the loss, the norm and every gradient of one step of the engine with those of the oracle. */
function expectStep(create: CreateFilled, options: StepCase): void {
  const { sample, training = plainSgd, freezeWords = false } = options;
  const { cut = (batch) => [batch] } = options;
  const { config, batch, allowed } = sample;
  const engine = create({
    config,
    training: { ...training, freezeWords },
    ...(allowed && { allowed }),
  });
  const before = Object.fromEntries(
    engine.parameters.map(({ name }) => [name, engine.getParameter(name)]),
  );
  const step = { learningRate: 0.5, clipNorm: noClipping };
  const result = engine.trainStep(cut(batch), step);
  const gradient = (name: string): Float32Array =>
    freezeWords && name === 'word.embedding'
      ? new Float32Array(before[name]!.length)
      : momentOf(engine, name, 0);
  const expected = expectedStep(sample, training, (name) => before[name]!);
  expectClose(result.loss, expected.loss, { ...LOSS, name: 'loss' });
  expect(result.tokens).toBe(batch.sentences.reduce((sum, { length }) => sum + length, 0));
  expect(result.clipped).toBe(false);
  const gradients = { ...expected.gradients };
  if (freezeWords) gradients.words = gradients.words!.map(() => 0);
  expectClose(result.gradientNorm, globalNorm(Object.values(gradients)), { ...NORM, name: 'norm' });
  expectAllClose(oracleNamed(config, gradient), gradients, GRADIENT);
  // Without a second step nothing recurs; all else must have a gradient.
  const recurs = Math.max(...batch.sentences.map(({ length }) => length)) > 1;
  for (const [name, values] of Object.entries(gradients))
    if (recurs || !/layers.*(U|candidate|peephole)$/.test(name))
      expect([name, values.some((g) => g !== 0)]).toEqual([name, !freezeWords || name !== 'words']);
  for (const { name } of engine.parameters) {
    const g = gradient(name);
    const moved = before[name]!.map((x, i) => x - 0.5 * g[i]!); // exact up to the rounding of float32
    expectClose(engine.getParameter(name), moved, { abs: 1e-7, rel: 1e-7, name: `${name} moved` });
  }
}

/** Defines tests: a training step of an engine is that of the oracle, for all kinds of networks. */
export function trainingStepCases(create: CreateFilled): void {
  const characters = encoders.flatMap((charEncoder) =>
    [1, 2, 3].map((layers) => ({ charEncoder, layers })),
  );
  it.each(characters)('characters $charEncoder, $layers layers', ({ charEncoder, layers }) => {
    const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
    const sample = createSample({ seed: layers, lengths, config: { charEncoder, layers } });
    expectStep(create, { sample });
  });

  it.each(encoders)('sizes that are not multiples of the tiles, characters %s', (charEncoder) => {
    const config = {
      charEncoder,
      words: 40,
      wordDim: 17,
      chars: 20,
      charDim: 5,
      charWidth: 5,
      charFilters: 33,
      charHidden: 8,
      layers: 2,
      hidden: 17,
      tags: [17],
    };
    const lengths = [9, 8, 3, 12, 1, 4, 4, 17, 2, 6, 5];
    expectStep(create, { sample: createSample({ seed: 8, lengths, types: 60, config }) });
  });

  it.each(encoders)('units of one, characters %s', (charEncoder) => {
    const ones = { wordDim: 1, charDim: 1, charWidth: 1, charFilters: 1, charHidden: 1, hidden: 1 };
    const config = { ...ones, charEncoder, tags: [2], layers: 2 };
    expectStep(create, { sample: createSample({ seed: 4, lengths: [3, 1, 2, 2, 5], config }) });
  });

  it.each([
    { seed: 5, lengths: [3] },
    { seed: 1, lengths: [1] },
    { seed: 2, lengths: [2, 5] },
    { seed: 3, lengths: [1, 1, 1] },
    { seed: 4, lengths: [4, 0, 2, 0, 0, 0, 3] },
  ])('few, short and empty sentences: $lengths', ({ seed, lengths }) => {
    for (const charEncoder of encoders) {
      expectStep(create, { sample: createSample({ seed, lengths, config: { charEncoder } }) });
    }
  });

  it.each(encoders)('dropout everywhere and label smoothing, characters %s', (charEncoder) => {
    const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
    const sample = createSample({ seed: 6, lengths, config: { charEncoder, layers: 2 } });
    expectStep(create, {
      sample,
      training: { ...plainSgd, dropout, labelSmoothing: 0.1, seed: 9 },
    });
  });

  it('each kind of dropout separately', () => {
    const none = { input: 0, output: 0, recurrent: 0 };
    for (const config of [{ layers: 2 }, everything]) {
      const sample = createSample({ seed: 6, lengths: [4, 1, 7, 2, 5], config });
      for (const kind of ['input', 'output', 'recurrent'] as const)
        expectStep(create, {
          sample,
          training: { ...plainSgd, dropout: { ...none, [kind]: 0.5 } },
        });
    }
  });

  const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
  it.each(named(networks))('$name', ({ config }) => {
    expectStep(create, { sample: createSample({ seed: 3, lengths, config }) });
  });

  const crf = { decoder: 'crf', tags: [4, 3] } as const;
  it.each(named([...kindsOfCells, crf, everything]))('with dropout: $name', ({ config }) => {
    const sample = createSample({ seed: 6, lengths, config: { layers: 2, ...config } });
    expectStep(create, {
      sample,
      training: { ...plainSgd, dropout, labelSmoothing: 0.1, seed: 9 },
    });
  });

  it.each([1, 2])(
    'of a language model with dropout, truncation and a weight, %i layers',
    (layers) => {
      const config = { languageModel: { words: 8, dim: 5 }, layers, charEncoder: 'cnn' } as const;
      const sample = createSample({ seed: 6, lengths, config });
      const bptt = { kind: 'random', probability: 0.4 } as const;
      const training = { ...plainSgd, dropout, bptt, seed: 3, languageModelWeight: 0.3 };
      expectStep(create, { sample, training });
      const cut = (batch: TrainingBatch) => [sliceBatch(batch, 0, 4), sliceBatch(batch, 4, 9)];
      expectStep(create, { sample, training: { ...plainSgd, languageModelWeight: 0.3 }, cut });
    },
  );

  // without rectified units: at this size they make much of a rounding error
  const bounded = kindsOfCells.filter(({ activation }) => activation !== 'relu');
  it.each(named(bounded))('with sizes that are not multiples of the tiles: $name', ({ config }) => {
    const wide = { wordDim: 9, layers: 2, hidden: 17, tags: [9], ...config };
    expectStep(create, {
      sample: createSample({ seed: 8, lengths: [9, 8, 3, 1, 4], config: wide }),
    });
  });

  const several = [
    { layers: 2, charEncoder: 'lstm' } as const,
    { decoder: 'crf', tags: [4, 9] } as const,
    everything,
  ];
  it.each(named(several))('of several batches, some of them empty: $name', ({ config }) => {
    const sample = createSample({ seed: 3, lengths, config });
    // of these sentences nothing is known, so that batches weigh by tokens, not alike
    for (const tags of sample.batch.tags[0]!.slice(3, 5)) tags.fill(-1);
    const cut = (batch: TrainingBatch) =>
      [0, 1, 5, 5, 9].map((end, i, ends) => sliceBatch(batch, ends[i - 1] ?? 0, end));
    expectStep(create, { sample, cut });
  });

  const pathDecoders = [
    { decoder: 'constrained' },
    { decoder: 'constrained', tags: [4, 6], layers: 2 },
    { decoder: 'crf' },
    { decoder: 'crf', tags: [4, 6], cell: 'gru' },
  ] as const;
  it.each(named(pathDecoders))('with forbidden transitions: $name', ({ config }) => {
    expectStep(create, { sample: withForbidden(createSample({ seed: 3, lengths, config })) });
  });

  it.each(named([{ charEncoder: 'cnn' }, { decoder: 'crf' }, everything]))(
    'with words that are frozen: $name',
    ({ config }) => {
      const sample = createSample({ seed: 3, lengths, config });
      expectStep(create, { sample, freezeWords: true });
      const cut = (batch: TrainingBatch) => [sliceBatch(batch, 0, 4), sliceBatch(batch, 4, 9)];
      expectStep(create, { sample, cut, freezeWords: true });
    },
  );

  const truncations = [
    { kind: 'regular', length: 1 },
    { kind: 'regular', length: 3 },
    { kind: 'random', probability: 0.4 },
  ] as const;
  it('features that tokens of one type have apart', () => {
    const config = { tokenFeatures: { groups: 2, rows: 8, dim: 3 }, layers: 2 };
    const sample = createSample({ seed: 3, lengths, types: 4, config });
    const random = rng(2);
    const tokenFeatures = lengths.map((length) => createTokens(random, sample.config, length));
    expectStep(create, { sample: { ...sample, batch: { ...sample.batch, tokenFeatures } } });
  });

  it.each(named([...kindsOfCells, everything]))('truncated: $name', ({ config }) => {
    const sample = createSample({ seed: 6, lengths, config: { layers: 2, ...config } });
    for (const bptt of truncations) expectStep(create, { sample, training: { ...plainSgd, bptt } });
    const bptt = truncations[2];
    expectStep(create, { sample, training: { ...plainSgd, bptt, dropout, seed: 3 } });
  });
}
