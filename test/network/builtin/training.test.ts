import { describe, expect, it } from 'vitest';
import { createEngineOver } from '../../../src/network/builtin/engine.ts';
import type { TrainingOptions } from '../../../src/network/engine.ts';
import { initialise } from '../../../src/network/initialise.ts';
import { createRandom, seedState } from '../../../src/network/random.ts';
import { levelNames } from '../../backend/levels.ts';
import { rng } from '../../oracle/rng.ts';
import { createFilled, createSample, openSingle, plainSgd } from '../sample.ts';
import { encoders, kinds } from '../settings.ts';

describe('training', () => {
  it('a batch without tokens or without tags changes no parameters under SGD', () => {
    const sample = createSample({ seed: 5, lengths: [3, 2], config: { charEncoder: 'cnn' } });
    const { config, batch } = sample;
    const engine = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
    const copy = () => engine.parameters.map(({ name }) => [...engine.getParameter(name)]);
    const before = copy();
    const options = { learningRate: 1, clipNorm: 1 };
    const empty = { wordTypes: batch.wordTypes, sentences: [], words: [], tags: [[]] };
    const nothing = { loss: 0, gradientNorm: 0, clipped: false };
    expect(engine.trainStep(empty, options)).toEqual({ ...nothing, tokens: 0 });
    const untagged = { ...batch, tags: [batch.tags[0]!.map((tags) => tags.map(() => -1))] };
    expect(engine.trainStep(untagged, options)).toEqual({ ...nothing, tokens: 5 });
    expect(copy()).toEqual(before);
    expect(engine.getOptimizerState().updates).toBe(2);
  });

  it.each(kinds.flatMap((kind) => encoders.map((charEncoder) => ({ kind, charEncoder }))))(
    'twenty sentences can be memorised: $kind, characters $charEncoder',
    ({ kind, charEncoder }) => {
      const random = rng(11);
      const lengths = Array.from({ length: 20 }, () => 1 + random.integer(12));
      const config = { charEncoder, words: 40, wordDim: 12, hidden: 16, chars: 12, charDim: 6 };
      const sample = createSample({ seed: 7, lengths, types: 45, config });
      const training: TrainingOptions = {
        ...plainSgd,
        optimizer: {
          optimizer: 'adam',
          momentum: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0,
        },
      };
      const backend = openSingle(kind === 'wasm' ? 'wasm' : levelNames.at(-1)!);
      const engine = createEngineOver(backend, { config: sample.config, training });
      const seeded = createRandom(seedState(3));
      for (const spec of engine.parameters)
        engine.setParameter(spec.name, initialise(spec, seeded));
      const { types } = sample;
      const words = sample.batch.sentences.map((ids) => ids.map((id) => types.words[id]!));
      const batch = { ...sample.batch, words };
      const gold = batch.tags[0]!.flatMap((tags) => [...tags]);
      const accuracy = (): number => {
        const { best } = engine.emissions(batch);
        const right = gold.filter((tag, n) => tag >= 0 && tag === best[0]![n]).length;
        return right / gold.filter((tag) => tag >= 0).length;
      };
      expect(accuracy()).toBeLessThan(0.5);
      const losses: number[] = [];
      for (let step = 0; step < 150; step++)
        losses.push(engine.trainStep(batch, { learningRate: 0.02, clipNorm: 5 }).loss);
      expect(accuracy()).toBe(1);
      expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]!);
    },
  );
});
