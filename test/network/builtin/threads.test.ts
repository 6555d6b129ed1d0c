import { describe, expect, it } from 'vitest';
import type { TrainingOptions } from '../../../src/network/engine.ts';
import { levelNames } from '../../backend/levels.ts';
import { rng } from '../../oracle/rng.ts';
import {
  createBatch,
  createFilled,
  createSample,
  openSingle,
  plainSgd,
  snapshot,
} from '../sample.ts';
import { allOf, dropout, encoders, everything, kinds, named } from '../settings.ts';
import { openThreads } from '../threads.ts';

describe('threads', () => {
  const lengths = [14, 3, 9, 1, 22, 7, 12, 5, 16, 2, 8, 11, 13];
  const options = {
    words: 300,
    wordDim: 20,
    chars: 25,
    charDim: 10,
    charFilters: 20,
    charHidden: 9,
    layers: 2,
    hidden: 32, // more dense parameters than one ticket updates
    tags: [9],
  };
  const bptt = { kind: 'random', probability: 0.2 } as const;
  const features = {
    featureGroups: 2,
    featureBuckets: 50,
    featureDim: 8,
    tokenFeatures: { groups: 2, rows: 40, dim: 8 },
  };
  const gru = { cell: 'gru', merge: 'sum', between: 'highway', tags: [9, 4] } as const;
  const cases = [
    ...kinds.flatMap((kind) =>
      named([{ charEncoder: 'cnn' }, { charEncoder: 'lstm' }]).map((network) => ({
        kind,
        ...network,
      })),
    ),
    { kind: kinds.at(-1)!, name: 'gru', config: gru },
    { kind: 'wasm', name: 'clockwork', config: { cell: 'clockwork', dense: 1, ...features } },
  ] as const;

  it.each(cases)('give the same bytes: 20 steps, $kind, $name', async ({ kind, config: own }) => {
    const config = { ...options, ...own };
    const sample = createSample({ seed: 3, lengths, types: 250, config });
    const { types } = sample;
    const random = rng(8);
    const batches = [
      sample.batch,
      createBatch(random, { ...sample, lengths: [30, 20, 10, 50, 1] }),
    ];
    const used = new Set(batches[0]!.words.flatMap((words) => [...words]));
    expect(used.size).toBeGreaterThan(64); // more rows than one ticket updates
    const run = async (threads: number) => {
      const backend = openThreads(kind, threads);
      const training: TrainingOptions = {
        dropout,
        ...(own.cell && { bptt }),
        labelSmoothing: 0.1,
        optimizer: {
          optimizer: 'adam',
          momentum: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay: 0.01,
        },
        seed: 4,
      };
      const engine = createFilled({ backend, config: sample.config, training });
      const ahead = (step: number) => engine.prepare!(batches[step % 2]!);
      let next = ahead(0);
      const results = Array.from({ length: 20 }, (_, step) => {
        const options = { learningRate: 0.01, clipNorm: 1 };
        if (threads === 1) return engine.trainStep(batches[step % 2]!, options);
        const meanwhile = (): void => {
          next = ahead(step + 1);
        };
        return engine.trainStep(next, { ...options, meanwhile });
      });
      const sentences = Array.from({ length: 50 }, (_, s) =>
        allOf(types).subarray(5 * s, 5 * s + 5),
      );
      const emissions = engine.emissions({ wordTypes: types, sentences }, { scores: true });
      await engine.close();
      return { state: snapshot(engine), results, emissions, drawn: backend.drawn };
    };
    const { drawn, ...one } = await run(1);
    expect(drawn.here).toBe(drawn.all);
    expect(one.results.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(one.results[18]!.loss).toBeLessThan(one.results[0]!.loss);
    for (const threads of [2, 3]) {
      const { drawn, ...many } = await run(threads);
      expect(drawn.shared).toBeGreaterThan(60);
      expect(drawn.here).toBeLessThanOrEqual(drawn.all - drawn.shared); // workers did their part
      expect(many).toEqual(one);
    }
  });
});

describe('a parameter that is not a number', () => {
  const configs = [...encoders.map((charEncoder) => ({ charEncoder, layers: 2 })), everything];
  const cases = kinds.flatMap((kind) => named(configs).map((network) => ({ ...network, kind })));
  it.each(cases)('changes nothing else: $name, $kind', ({ config, kind }) => {
    const level = kind === 'wasm' ? 'wasm' : levelNames.at(-1)!;
    const sample = createSample({ seed: 2, lengths: [4, 1, 3, 2, 2], config });
    const { types, batch } = sample;
    const backend = openSingle(level);
    const training = { ...plainSgd, dropout };
    const engine = createFilled({ backend, config: sample.config, training });
    const untouched = createFilled({
      backend: openSingle(level),
      config: sample.config,
      training,
    });
    const options = { learningRate: 0.1, clipNorm: 1 };
    // A value that the batch surely uses: of a word, a character, a feature, or of any other parameter the first.
    const { wordDim, charDim, featureDim, featureGroups } = sample.config;
    const used = batch.sentences.flatMap((ids) => [...ids]);
    const first = (name: string): number => {
      if (name === 'word.embedding') return batch.words[0]![0]! * wordDim;
      if (name === 'char.embedding') return types.chars[types.offsets[used[0]!]!]! * charDim;
      if (name !== 'feature.embedding') return 0;
      const { offsets, members } = types.bags!;
      const bag = used
        .map((id) => id * featureGroups)
        .find((at) => offsets[at + 1]! > offsets[at]!);
      return members[offsets[bag!]!]! * featureDim;
    };
    for (const { name } of engine.parameters) {
      const values = engine.getParameter(name);
      const saved = values.slice();
      values[first(name)] = Number.NaN;
      engine.setParameter(name, values);
      const before = snapshot(engine);
      const { loss, gradientNorm: norm, tokens } = engine.trainStep(batch, options);
      expect([name, loss]).toEqual([name, Number.NaN]);
      expect([name, norm]).toEqual([name, Number.NaN]);
      expect(snapshot(engine)).toEqual(before);
      expect(tokens).toBe(12);
      engine.setParameter(name, saved);
    }
    // Nothing of those steps is left behind, in gradients or elsewhere.
    expect(engine.trainStep(batch, options)).toEqual(untouched.trainStep(batch, options));
    expect(snapshot(engine)).toEqual(snapshot(untouched));
  });
});

it.each(levelNames)('NaN in the convolution reaches the loss, %s', (level) => {
  const config = { charEncoder: 'cnn' } as const;
  const sample = createSample({ seed: 2, lengths: [4, 1, 3, 2, 2], config });
  const { batch } = sample;
  const backend = openSingle(level);
  const engine = createFilled({ backend, config: sample.config, training: plainSgd });
  const kernel = engine.getParameter('char.conv.kernel');
  kernel[0] = Number.NaN;
  engine.setParameter('char.conv.kernel', kernel);
  expect(engine.trainStep(batch, { learningRate: 0.1, clipNorm: 1 }).loss).toBeNaN();
});
