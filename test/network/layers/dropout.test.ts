import { describe, expect, it } from 'vitest';
import type { TrainingOptions, WordTypes } from '../../../src/network/engine.ts';
import { expectClose } from '../../oracle/close.ts';
import { taggerStep } from '../../oracle/tagger.ts';
import {
  createFilled,
  createSample,
  noClipping,
  openSingle,
  oracleBatch,
  oracleMasks,
  oracleWeights,
  plainSgd,
  snapshot,
} from '../sample.ts';
import { allOf, dropout, LOSS, read } from '../settings.ts';

describe('dropout', () => {
  const sample = createSample({ seed: 6, lengths: [4, 1, 7, 2, 5], config: { layers: 2 } });
  const { config, types, batch } = sample;
  const train = (seed: number, steps: number) => {
    const training = { ...plainSgd, dropout, seed };
    const engine = createFilled({ backend: openSingle('wasm'), config, training });
    const losses: number[] = [];
    for (let step = 0; step < steps; step++)
      losses.push(engine.trainStep(batch, { learningRate: 0, clipNorm: noClipping }).loss);
    return { losses, state: snapshot(engine) };
  };

  it('the same seed gives the same bytes, another seed others', () => {
    expect(train(1, 3)).toEqual(train(1, 3));
    expect(train(2, 3).losses).not.toEqual(train(1, 3).losses);
  });

  it('each step has different masks, which depend only on its number', () => {
    const { losses } = train(1, 3);
    expect(new Set(losses).size).toBe(3);
    const engine = createFilled({ backend: openSingle('wasm'), config });
    const weights = oracleWeights(config, read(engine));
    const training = { ...plainSgd, dropout, seed: 1 };
    losses.forEach((loss, step) => {
      const masks = oracleMasks(sample, training, step);
      const expected = taggerStep({ weights, batch: oracleBatch(sample), masks });
      expectClose(loss, expected.loss, { ...LOSS, name: `step ${step}` });
    });
  });

  it('does not touch tagging', () => {
    const tag = (training?: TrainingOptions) => {
      const backend = openSingle('wasm');
      const engine = createFilled({ backend, config, ...(training && { training }) });
      return engine.emissions({ wordTypes: types, sentences: [allOf(types)] }, { scores: true });
    };
    expect(tag({ ...plainSgd, dropout })).toEqual(tag());
  });
});

it('characters that are read as others train those', () => {
  const sample = createSample({ seed: 5, lengths: [3, 1, 4], config: { charEncoder: 'cnn' } });
  const { config, types, batch } = sample;
  const trained = (types: WordTypes, replaceChar?: (char: number) => number) => {
    const engine = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
    const own = { ...batch, wordTypes: types, ...(replaceChar && { replaceChar }) };
    return [engine.trainStep(own, { learningRate: 1 }), snapshot(engine)];
  };
  const replaceChar = (char: number): number => (char > 2 ? 0 : char);
  const expected = trained({ ...types, chars: types.chars.map(replaceChar) });
  expect(trained(types, replaceChar)).toEqual(expected);
  expect(trained(types)).not.toEqual(expected);
});
