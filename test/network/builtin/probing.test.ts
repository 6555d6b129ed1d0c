import { describe, expect, it } from 'vitest';
import { directionsOf, type NetworkConfig } from '../../../src/network/config.ts';
import type { Engine, TrainingOptions } from '../../../src/network/engine.ts';
import { expectClose } from '../../oracle/close.ts';
import { packingOfLengths, sentenceRows } from '../../oracle/packing.ts';
import { rng } from '../../oracle/rng.ts';
import { oracleTrace } from '../oracle.ts';
import { createFilled, createSample, openSingle, orderOf, plainSgd, snapshot } from '../sample.ts';
import { dropout, everything, GRADIENT, kindsOfCells, named, read } from '../settings.ts';

describe('gradient norms', () => {
  const lengths = [4, 1, 7, 0, 2, 5];
  const cases: readonly Partial<NetworkConfig>[] = [
    ...kindsOfCells,
    everything,
    { layers: 2, direction: 'forward' },
    { cell: 'gru', direction: 'backward', merge: 'product', tags: [5, 4] },
  ];

  it.each(named(cases))('agree with the oracle, from the last token: $name', ({ config: own }) => {
    const sample = createSample({ seed: 6, lengths, config: own });
    const { config } = sample;
    const random = rng(1);
    const gold = lengths.map((length) => random.integers(length, config.tags[0]!));
    const batch = { ...sample.batch, tags: [gold, ...sample.batch.tags.slice(1)] };
    const training = {
      ...plainSgd,
      dropout,
      labelSmoothing: 0.1,
      bptt: { kind: 'regular', length: 2 },
    };
    const engine = createFilled({
      backend: openSingle('wasm'),
      config,
      training: training as TrainingOptions,
    });
    const norms = engine.gradientNorms(batch, { distance: 100 });
    const directions = directionsOf(config);
    expect(Object.keys(norms)).toEqual(directions);
    const order = orderOf(batch.sentences);
    const packing = packingOfLengths(order.map((s) => lengths[s]!));
    for (const direction of directions) {
      const isLast = (length: number, t: number): boolean =>
        t === (direction === 'forward' ? length - 1 : 0);
      const last = gold.map((tags) => tags.map((tag, t) => (isLast(tags.length, t) ? tag : -1)));
      const trace = oracleTrace({ ...sample, batch: { ...batch, tags: [last] } }, read(engine));
      const H = config.hidden;
      const expected = Array.from({ length: 7 }, (_, k) => {
        const rows = order.flatMap((_, b) => {
          const inOrder = sentenceRows(packing, b);
          if (direction === 'forward') inOrder.reverse();
          return inOrder.slice(k, k + 1);
        });
        const each = rows.map((row) =>
          Math.hypot(...trace[direction]!.subarray(row * H, (row + 1) * H)),
        );
        return each.reduce((sum, norm) => sum + norm, 0) / each.length;
      });
      expectClose(norms[direction]!, expected, { ...GRADIENT, name: direction });
      const near = engine.gradientNorms(batch, { distance: 2 });
      expect(near[direction]).toEqual(norms[direction]!.slice(0, 3));
    }
  });

  it('leave no trace in training', () => {
    const sample = createSample({ seed: 6, lengths, config: everything });
    const { config, batch } = sample;
    const [probed, other] = [1, 2].map(() =>
      createFilled({ backend: openSingle('wasm'), config, training: { ...plainSgd, dropout } }),
    ) as [Engine, Engine];
    for (let step = 0; step < 2; step++) {
      probed.gradientNorms(batch, { distance: 3 });
      expect(probed.trainStep(batch, { learningRate: 0.1 })).toEqual(
        other.trainStep(batch, { learningRate: 0.1 }),
      );
    }
    expect(snapshot(probed)).toEqual(snapshot(other));
  });
});
