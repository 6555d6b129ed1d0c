import { describe, expect, it } from 'vitest';
import type { Engine, TrainingOptions } from '../../../src/network/engine.ts';
import { createFilled, createSample, momentOf, openSingle, plainSgd, snapshot } from '../sample.ts';
import { dropout } from '../settings.ts';

describe('truncated backpropagation', () => {
  const sample = createSample({ seed: 6, lengths: [4, 1, 7, 2], config: { layers: 2 } });
  const { config, batch } = sample;
  const train = (bptt?: TrainingOptions['bptt']) => {
    const training = { ...plainSgd, dropout, ...(bptt && { bptt }) };
    const engine = createFilled({ backend: openSingle('wasm'), config, training });
    const losses = [1, 2, 3].map(() => engine.trainStep(batch, { learningRate: 0.1 }).loss);
    return { losses, state: snapshot(engine) };
  };

  it('equals full backpropagation, bit for bit, if nothing is cut', () => {
    const full = train();
    expect(train({ kind: 'full' })).toEqual(full);
    expect(train({ kind: 'regular', length: 7 })).toEqual(full);
    expect(train({ kind: 'random', probability: 0 })).toEqual(full);
  });

  it('changes gradients, not the loss before them', () => {
    for (const bptt of [
      { kind: 'regular', length: 2 },
      { kind: 'random', probability: 0.5 },
    ] as const) {
      expect(train(bptt).losses[0]).toBe(train().losses[0]);
      expect(train(bptt).losses[1]).not.toBe(train().losses[1]);
    }
  });

  it('at random is unbiased: its gradients are those of full in the mean', () => {
    const [whole, cut] = [undefined, { kind: 'random', probability: 0.3 } as const].map((bptt) => {
      const training = { ...plainSgd, ...(bptt && { bptt }) };
      return createFilled({ backend: openSingle('wasm'), config, training });
    }) as [Engine, Engine];
    const gradient = (engine: Engine): Float32Array => {
      engine.trainStep(batch, { learningRate: 0 });
      return momentOf(engine, 'lstm.0.forward.recurrent', 0);
    };
    const expected = Float64Array.from(gradient(whole));
    const n = 3000;
    const [sum, squares] = [expected.slice().fill(0), expected.slice().fill(0)];
    for (let step = 0; step < n; step++)
      gradient(cut).forEach((g, i) => {
        sum[i]! += g;
        squares[i]! += g * g;
      });
    // a tenth of a mean's standard errors are beyond 1.6, one in 16,000 is beyond 4
    const errors = expected.map((g, i) => {
      const mean = sum[i]! / n;
      return Math.abs(mean - g) / Math.sqrt((squares[i]! / n - mean ** 2) / n);
    });
    expect(Math.max(...errors)).toBeLessThan(4);
  });
});
