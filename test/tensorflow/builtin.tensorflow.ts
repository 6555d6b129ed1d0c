import { describe, expect, it } from 'vitest';
import type { Engine, OptimizerOptions, TrainingOptions } from '../../src/network/engine.ts';
import { createRandom, seedState } from '../../src/network/random.ts';
import { openTensorFlow } from '../../src/network/tensorflow/package.ts';
import {
  createBatch,
  createSample,
  plainSgd,
  type Sample,
  withForbidden,
} from '../network/sample.ts';
import {
  dropout,
  encoders,
  everything,
  kindsOfCells,
  named,
  networks,
  SCORES,
} from '../network/settings.ts';
import { expectClose } from '../oracle/close.ts';
import { rng } from '../oracle/rng.ts';
import { createBoth } from './engine.ts';

const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
const adam: OptimizerOptions = {
  optimizer: 'adam',
  momentum: Math.fround(0.9),
  beta2: Math.fround(0.99),
  epsilon: Math.fround(1e-4),
  weightDecay: 0,
};
/** Of parameters after ten steps. */
const AFTER_TEN = { abs: 2e-5, rel: 1e-4 };

/** Ten steps of both engines with the same batches. */
function expectSameSteps(
  sample: Sample,
  training: Partial<TrainingOptions>,
  { step = {}, charDropout = false }: { step?: object; charDropout?: boolean } = {},
): { tensorflow: Engine; builtin: Engine } {
  const { config, types, allowed } = sample;
  const both = createBoth({
    config,
    training: { ...plainSgd, dropout, optimizer: adam, seed: 7, ...training },
    ...(allowed && { allowed }),
  });
  const results = Object.values(both).map((engine) => {
    const random = rng(3);
    const chars = createRandom(seedState(5));
    const replaceChar = (char: number): number => (chars() < 0.3 ? 0 : char);
    return Array.from({ length: 10 }, () => {
      const batches = [lengths, [3, 3, 2]].map((lengths) => ({
        ...createBatch(random, { config, types, lengths }),
        ...(charDropout && { replaceChar }),
      }));
      return engine.trainStep(
        batches.map((batch) => engine.prepare!(batch)),
        { learningRate: 0.01, ...step },
      );
    });
  });
  const numbers = (i: number): number[] =>
    results[i]!.flatMap(({ loss, gradientNorm }) => [loss, gradientNorm]);
  expectClose(numbers(0), numbers(1), { ...AFTER_TEN, name: 'losses and norms' });
  expect(results[0]!.map(({ clipped }) => clipped)).toEqual(
    results[1]!.map(({ clipped }) => clipped),
  );
  for (const { name } of both.builtin.parameters)
    expectClose(both.tensorflow.getParameter(name), both.builtin.getParameter(name), {
      ...AFTER_TEN,
      name,
    });
  const [state, expected] = [both.tensorflow, both.builtin].map((e) => e.getOptimizerState());
  expect([state!.updates, state!.batches]).toEqual([expected!.updates, expected!.batches]);
  expect(Object.keys(state!.moments)).toEqual(Object.keys(expected!.moments));
  for (const [name, moments] of Object.entries(expected!.moments))
    moments.forEach((values, i) => {
      expectClose(state!.moments[name]![i]!, values, { ...AFTER_TEN, name: `moments of ${name}` });
    });
  return both;
}

describe('ten steps with dropout are those of the built-in engine', () => {
  const random = { kind: 'random', probability: 0.3 } as const;
  const bounded = kindsOfCells.filter(({ activation }) => activation !== 'relu');

  it.each(encoders)('characters %s, with dropout of characters', (charEncoder) => {
    const sample = createSample({ seed: 6, lengths, config: { charEncoder, layers: 2 } });
    expectSameSteps(sample, { labelSmoothing: 0.1 }, { charDropout: true });
  });

  it.each(named([...bounded, everything, { decoder: 'crf', tags: [4, 3] }]))(
    '$name',
    ({ config }) => {
      const sample = createSample({ seed: 6, lengths, config: { layers: 2, ...config } });
      expectSameSteps(withForbidden(sample), { labelSmoothing: 0.1 });
      expectSameSteps(sample, { bptt: random });
    },
  );

  it.each([
    { ...adam, optimizer: 'adamw', weightDecay: 0.1 } as const,
    { ...adam, optimizer: 'sgd', weightDecay: 0.1 } as const,
    { ...adam, optimizer: 'sgd', momentum: 0 } as const,
  ])('$optimizer with momentum $momentum and decay $weightDecay, clipped', (optimizer) => {
    const sample = createSample({ seed: 6, lengths, config: { charEncoder: 'cnn' } });
    expectSameSteps(sample, { optimizer }, { step: { clipNorm: 0.2 } });
    expectSameSteps(sample, { optimizer }, { step: { clipNorm: 1, clipValue: 0.01 } });
    expectSameSteps(sample, { optimizer, freezeWords: true });
  });

  it('a language model', () => {
    const config = { languageModel: { words: 8, dim: 5 }, layers: 2 };
    expectSameSteps(createSample({ seed: 6, lengths, config }), { languageModelWeight: 0.3 });
  });

  it.each(['softmax', 'crf'] as const)('partial labels and tag weights: %s', (decoder) => {
    const sample = createSample({ seed: 6, lengths, config: { decoder, tags: [5, 3] } });
    const { config, types } = sample;
    const sets = config.tags.map((K) =>
      Float32Array.from({ length: 3 * K }, (_, i) => (i % 2 ? 0 : 1)),
    );
    for (const tagWeights of [[Float32Array.of(0.5, 2, 1, 3, 1), undefined], undefined]) {
      const both = createBoth({
        config,
        training: { ...plainSgd, labelSmoothing: 0.1, ...(tagWeights && { tagWeights }) },
      });
      const numbers = Object.values(both).map((engine) => {
        const random = rng(6);
        const batch = {
          ...createBatch(random, { config, types, lengths }),
          tags: config.tags.map((K) =>
            lengths.map((n) => random.integers(n, K + 4).map((tag) => tag - 4)),
          ),
          tagSets: sets,
        };
        const { loss, gradientNorm } = engine.trainStep(batch, { learningRate: 0.1 });
        return [loss, gradientNorm, ...engine.getParameter('output.bias')];
      });
      expectClose(numbers[0]!, numbers[1]!, AFTER_TEN);
    }
  });
});

describe('tagging is that of the built-in engine', () => {
  const ensemble = { members: 3, layers: 2, tags: [5, 3] };
  const cases = [
    ...networks.filter(({ languageModel }) => !languageModel),
    everything,
    { ...ensemble, charEncoder: 'cnn' } as const,
    { ...ensemble, decoder: 'crf' } as const,
    { decoder: 'constrained' } as const,
  ];

  it.each(named(cases))('$name', ({ config }) => {
    const long = [...lengths, 0, 17, ...Array<number>(70).fill(2)];
    const sample = createSample({ seed: 5, lengths: long, config: { hidden: 7, ...config } });
    const { tensorflow, builtin } = createBoth(withForbidden(sample));
    const asked = { wordTypes: sample.types, sentences: sample.batch.sentences };
    const [found, expected] = [tensorflow, builtin].map((e) =>
      e.emissions(asked, { scores: true }),
    );
    found!.scores!.forEach((scores, head) => {
      expectClose(scores, expected!.scores![head]!, SCORES);
    });
    expect(found!.best).toEqual(expected!.best);
    expect(tensorflow.beginEmissions(asked)()).toEqual({ best: expected!.best });
  });

  it('follows new parameters of a CRF', () => {
    const sample = createSample({ seed: 5, lengths, config: { decoder: 'crf' } });
    const { tensorflow, builtin } = createBoth(sample);
    const best = (engine: Engine) =>
      engine.emissions({ wordTypes: sample.types, sentences: sample.batch.sentences }).best;
    const before = best(tensorflow);
    for (const engine of [tensorflow, builtin])
      engine.setParameter('output.start', Float32Array.of(0, 0, 99, 0, 0));
    expect(best(tensorflow)).toEqual(best(builtin));
    expect(best(tensorflow)).not.toEqual(before);
  });
});

describe('the engine', () => {
  it.each(named([...kindsOfCells, everything]))('measures gradients: $name', ({ config }) => {
    const sample = createSample({ seed: 6, lengths, config });
    const random = rng(1);
    const gold = lengths.map((length) => random.integers(length, sample.config.tags[0]!));
    const batch = { ...sample.batch, tags: [gold, ...sample.batch.tags.slice(1)] };
    const { tensorflow, builtin } = createBoth({ ...sample, training: { ...plainSgd, dropout } });
    const [found, expected] = [tensorflow, builtin].map((e) =>
      e.gradientNorms(batch, { distance: 5 }),
    );
    expect(Object.keys(found!)).toEqual(Object.keys(expected!));
    for (const [direction, norms] of Object.entries(expected!))
      expectClose(found![direction as 'forward']!, norms, { abs: 1e-6, rel: 1e-4 });
  });

  it('goes on from the state of the other engine', () => {
    const sample = createSample({ seed: 6, lengths, config: { charEncoder: 'cnn' } });
    const { tensorflow, builtin } = expectSameSteps(sample, {});
    tensorflow.setOptimizerState(builtin.getOptimizerState());
    expect(tensorflow.getOptimizerState()).toEqual(builtin.getOptimizerState());
    const { moments, ...counts } = builtin.getOptimizerState();
    tensorflow.setOptimizerState({ ...counts, moments });
    tensorflow.trainStep(sample.batch, { learningRate: 0.01 });
    expect(builtin.getOptimizerState().moments).toEqual(moments); // the arrays were copied
    const { 'output.bias': _, ...rest } = moments;
    expect(() => tensorflow.setOptimizerState({ ...counts, moments: rest })).toThrow(
      'the optimizer state of output.bias does not fit this network',
    );
  });

  it('does not change its parameters without tokens, without tags, or with a loss that is not finite', () => {
    const sample = createSample({ seed: 5, lengths: [3, 2], config: { charEncoder: 'cnn' } });
    const { batch } = sample;
    const { tensorflow } = createBoth({ ...sample, training: plainSgd });
    const copy = () => tensorflow.parameters.map(({ name }) => [...tensorflow.getParameter(name)]);
    const before = copy();
    const empty = { wordTypes: batch.wordTypes, sentences: [], words: [], tags: [[]] };
    const nothing = { loss: 0, gradientNorm: 0, clipped: false };
    const options = { learningRate: 1, clipNorm: 1 };
    expect(tensorflow.trainStep(empty, options)).toEqual({ ...nothing, tokens: 0 });
    const untagged = { ...batch, tags: [batch.tags[0]!.map((tags) => tags.map(() => -1))] };
    const { loss, gradientNorm } = tensorflow.trainStep(untagged, options);
    expect([Math.abs(loss), gradientNorm]).toEqual([0, 0]);
    expect(copy()).toEqual(before);
    expect(tensorflow.getOptimizerState().updates).toBe(2);
    tensorflow.setParameter('output.bias', new Float32Array(5).fill(Number.NaN));
    expect(tensorflow.trainStep(batch, options).loss).toBeNaN();
    expect([...tensorflow.getParameter('output.weight')]).toEqual(
      before[tensorflow.parameters.findIndex(({ name }) => name === 'output.weight')],
    );
  });

  it('refuses what does not fit, as the built-in engine does', () => {
    const { tensorflow } = createBoth(createSample({ seed: 5, lengths }));
    expect(() => tensorflow.getParameter('x')).toThrow('the network has no parameter x');
    expect(() => tensorflow.setParameter('output.bias', [1])).toThrow(
      'output.bias has 5 values, not 1',
    );
    expect(() => tensorflow.getOptimizerState()).toThrow('this engine only tags');
  });

  it('keeps no tensors of a step, and none after it is closed', async () => {
    const { tf } = openTensorFlow();
    const before = tf.memory().numTensors;
    const sample = createSample({
      seed: 6,
      lengths,
      config: { ...everything, decoder: 'crf', languageModel: undefined } as never,
    });
    const { tensorflow, builtin } = createBoth({
      ...sample,
      training: { ...plainSgd, dropout, optimizer: adam, bptt: { kind: 'regular', length: 3 } },
    });
    const counts = Array.from({ length: 4 }, () => {
      tensorflow.trainStep(sample.batch, { learningRate: 0.01, clipNorm: 0.1, clipValue: 0.1 });
      tensorflow.emissions(sample.batch);
      tensorflow.gradientNorms(sample.batch, { distance: 3 });
      tensorflow.getOptimizerState();
      return tf.memory().numTensors;
    });
    expect(new Set(counts.slice(1)).size).toBe(1);
    await tensorflow.close();
    await builtin.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});
