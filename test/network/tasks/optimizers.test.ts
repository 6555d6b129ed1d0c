import { describe, expect, it } from 'vitest';
import type { TrainingOptions } from '../../../src/network/engine.ts';
import { levelNames } from '../../backend/levels.ts';
import { expectClose } from '../../oracle/close.ts';
import { adamStep, adamStepRows, clipGlobalNorm, globalNorm } from '../../oracle/optimizers.ts';
import { rng } from '../../oracle/rng.ts';
import { namedArrays, taggerStep } from '../../oracle/tagger.ts';
import {
  createBatch,
  createFilled,
  createSample,
  momentOf,
  noClipping,
  openSingle,
  oracleBatch,
  oracleWeights,
  plainSgd,
  snapshot,
} from '../sample.ts';
import { ADAM, clockwork, dropout, GRADIENT, NORM, read } from '../settings.ts';

describe('optimizers', () => {
  const adam: TrainingOptions = {
    ...plainSgd,
    optimizer: {
      optimizer: 'adam',
      momentum: Math.fround(0.9),
      beta2: Math.fround(0.99),
      epsilon: Math.fround(1e-4), // so that the rounding of small gradients does not decide the sign of a step
      weightDecay: 0,
    },
  };

  it.each(
    levelNames.flatMap((level) =>
      (['cnn', 'lstm'] as const).flatMap((charEncoder) =>
        [0, 0.02].map((weightDecay) => ({ level, charEncoder, weightDecay })),
      ),
    ),
  )(
    'three steps of Adam, clipped: $level, characters $charEncoder, decay $weightDecay',
    ({ level, charEncoder, weightDecay }) => {
      const sample = createSample({ seed: 2, lengths: [], config: { charEncoder, words: 20 } });
      const { config, types } = sample;
      const optimizer = { ...adam.optimizer, weightDecay };
      const backend = openSingle(level);
      const engine = createFilled({ backend, config, training: { ...adam, optimizer } });
      const weights = oracleWeights(config, read(engine));
      const named = namedArrays(weights);
      const state = Object.fromEntries(
        Object.entries(named).map(([name, w]) => [
          name,
          { m: new Float64Array(w.length), v: new Float64Array(w.length) },
        ]),
      );
      const random = rng(3);
      const everUsed = new Set<number>();
      const initial = engine.getParameter('word.embedding');
      for (let step = 1; step <= 3; step++) {
        const batch = createBatch(random, { config, types, lengths: [3, 1, 2, 4, 2] });
        const before = {
          w: engine.getParameter('word.embedding'),
          m: momentOf(engine, 'word.embedding', 0).slice(),
          v: momentOf(engine, 'word.embedding', 1).slice(),
        };
        const clipNorm = step === 2 ? 1000 : 0.05; // the second is not clipped
        const { gradientNorm: norm } = engine.trainStep(batch, {
          learningRate: Math.fround(0.01),
          clipNorm,
        });
        const { gradients } = taggerStep({ weights, batch: oracleBatch({ ...sample, batch }) });
        const all = namedArrays(gradients);
        const clip = clipGlobalNorm(Object.values(all), { maxNorm: clipNorm });
        expectClose(norm, clip.norm, { ...NORM, name: `norm of step ${step}` });
        expect(clip.scale < 1).toBe(step !== 2);
        const rows = [...new Set(batch.words.flatMap((words) => [...words]))];
        for (const row of rows) everUsed.add(row);
        Object.keys(all).forEach((name, i) => {
          const { momentum: beta1, beta2, epsilon } = optimizer;
          const options = { w: named[name]!, g: clip.clipped[i]!, ...state[name]!, step };
          const rates = { lr: Math.fround(0.01), beta1, beta2, epsilon };
          if (name === 'words') adamStepRows({ ...options, ...rates, rows, D: config.wordDim });
          else adamStep({ ...options, ...rates, decay: Math.fround(weightDecay) });
        });
        const D = config.wordDim;
        const now = {
          w: engine.getParameter('word.embedding'),
          m: momentOf(engine, 'word.embedding', 0),
          v: momentOf(engine, 'word.embedding', 1),
        };
        let untouched = 0;
        for (let row = 0; row < config.words; row++) {
          const same = (['w', 'm', 'v'] as const).map((key) => {
            const [a, b] = [now[key], before[key]].map((x) => x.slice(row * D, (row + 1) * D));
            return Buffer.from(a!.buffer).equals(Buffer.from(b!.buffer));
          });
          expect(same).toEqual(Array(3).fill(!rows.includes(row)));
          if (!rows.includes(row)) untouched++;
        }
        expect(untouched).toBeGreaterThan(0);
      }
      expect(engine.getOptimizerState().updates).toBe(3);
      const expected = namedArrays(weights);
      const actual = namedArrays(oracleWeights(config, read(engine)));
      for (const [name, values] of Object.entries(expected))
        expectClose(actual[name]!, values, { ...ADAM, name });
      for (const which of [0, 1] as const) {
        const moments = namedArrays(oracleWeights(config, (name) => momentOf(engine, name, which)));
        for (const [name, values] of Object.entries(moments))
          expectClose(values, state[name]![which === 0 ? 'm' : 'v'], { ...GRADIENT, name });
      }
      const never = [...Array(config.words).keys()].filter((row) => !everUsed.has(row));
      expect(never.length).toBeGreaterThan(0);
      for (const row of never) {
        const D = config.wordDim;
        const now = engine.getParameter('word.embedding').slice(row * D, (row + 1) * D);
        expect(now).toEqual(initial.slice(row * D, (row + 1) * D));
      }
    },
  );

  it('SGD has momentum, and decays all but the word embedding', () => {
    const { config, types, batch } = createSample({ seed: 2, lengths: [3, 1, 2] });
    const optimizer = { ...plainSgd.optimizer, momentum: 0.5, weightDecay: 0.25 };
    const engine = createFilled({
      backend: openSingle('wasm'),
      config,
      training: { ...plainSgd, optimizer },
    });
    const options = { learningRate: 0.125, clipNorm: noClipping };
    engine.trainStep(batch, options);
    const names = engine.parameters.map(({ name }) => name);
    const copies = (of: (name: string) => Float32Array) => names.map((name) => of(name).slice());
    const [w, v] = [copies(read(engine)), copies((name) => momentOf(engine, name, 0))];
    const weights = oracleWeights(config, read(engine));
    const { gradients } = taggerStep({ weights, batch: oracleBatch({ config, types, batch }) });
    const g = namedArrays(gradients);
    engine.trainStep(batch, options);
    const flat = (values: Float32Array[]) => {
      const byName = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      return namedArrays(oracleWeights(config, (name) => byName[name]!));
    };
    const [before, velocity] = [flat(w), flat(v)];
    const after = flat(copies(read(engine)));
    for (const [name, values] of Object.entries(after)) {
      const decay = name === 'words' ? 0 : 0.25;
      const used = (i: number) =>
        name !== 'words' ||
        batch.words.some((words) => words.includes(Math.floor(i / config.wordDim)));
      const expected = before[name]!.map((x, i) =>
        used(i) ? x - 0.125 * (0.5 * velocity[name]![i]! + g[name]![i]! + decay * x) : x,
      );
      expectClose(values, expected, { ...GRADIENT, name });
    }
  });

  it('clips by the norm of all gradients together', () => {
    const { config, batch } = createSample({ seed: 2, lengths: [3, 1, 2] });
    const gradientsAt = (clipNorm: number) => {
      const engine = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
      const { gradientNorm: norm } = engine.trainStep(batch, { learningRate: 0, clipNorm });
      const all = engine.parameters.map(({ name }) => Float64Array.from(momentOf(engine, name, 0)));
      return { norm, clipped: globalNorm(all), all };
    };
    const free = gradientsAt(noClipping);
    expectClose(free.clipped, free.norm, NORM);
    for (const clipNorm of [free.norm * 0.999, free.norm / 10]) {
      const { norm, clipped, all } = gradientsAt(clipNorm);
      expect(norm).toBe(free.norm); // reported as before clipping
      expectClose(clipped, clipNorm, NORM);
      expectClose(
        all.flatMap((g) => [...g]),
        free.all.flatMap((g) => [...g.map((x) => (x * clipNorm) / norm)]),
        GRADIENT,
      );
    }
    const loose = gradientsAt(free.norm * 1.001);
    expect(loose.all).toEqual(free.all);
  });

  it('clips every element by its value, after the norm, and reports it', () => {
    const { config, batch } = createSample({ seed: 2, lengths: [3, 1, 2] });
    const step = (options: { clipNorm?: number; clipValue?: number }) => {
      const engine = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
      const { gradientNorm: norm, clipped } = engine.trainStep(batch, {
        learningRate: 0,
        ...options,
      });
      const g = engine.parameters.flatMap(({ name }) => [...momentOf(engine, name, 0)]);
      return { norm, clipped, g };
    };
    const free = step({});
    const most = Math.max(...free.g.map(Math.abs));
    const limit = Math.fround(most / 3);
    const within = (g: readonly number[]) => g.map((x) => Math.min(limit, Math.max(-limit, x)));
    const tight = step({ clipValue: limit });
    expect(tight).toEqual({ norm: free.norm, clipped: true, g: within(free.g) });
    expect(tight.g.filter((x) => Math.abs(x) === limit).length).toBeGreaterThan(1);
    expect(step({ clipValue: most * 1.001 })).toEqual({ ...free, clipped: false });
    const scaled = step({ clipNorm: free.norm / 2 });
    expect(scaled.clipped).toBe(true);
    const both = step({ clipNorm: free.norm / 2, clipValue: limit });
    expect(both).toEqual({ norm: free.norm, clipped: true, g: within(scaled.g) });
  });

  it('leaves the weights of a clockwork from faster to slower modules at 0', () => {
    const sample = createSample({
      seed: 2,
      lengths: [5, 6, 2],
      config: { ...clockwork, hidden: 7, layers: 2 },
    });
    const training = { ...adam, optimizer: { ...adam.optimizer, weightDecay: 0.1 } };
    const engine = createFilled({ backend: openSingle('wasm'), config: sample.config, training });
    const recurrentWeights = () =>
      [0, 1].flatMap((l) => [...engine.getParameter(`clockwork.${l}.backward.recurrent`)]);
    const before = recurrentWeights();
    for (let step = 0; step < 3; step++) engine.trainStep(sample.batch, { learningRate: 0.1 });
    const module = [0, 0, 0, 1, 1, 2, 2];
    recurrentWeights().forEach((u, i) => {
      const isUphill = module[Math.floor(i / 7) % 7]! < module[i % 7]!;
      if (isUphill) expect(u).toBe(0);
      else expect(u).not.toBe(before[i]);
    });
  });

  it('goes on from a saved state as if it had not stopped, after steps of one batch and of two', () => {
    const sample = createSample({
      seed: 2,
      lengths: [3, 1, 2, 4, 4],
      config: { charEncoder: 'cnn' },
    });
    const { config, batch } = sample;
    const training = { ...adam, dropout };
    const options = { learningRate: 0.01, clipNorm: 1 };
    const whole = createFilled({ backend: openSingle('wasm'), config, training });
    whole.trainStep(batch, options);
    whole.trainStep([batch, batch], options);
    const state = whole.getOptimizerState();
    const resumed = createFilled({ backend: openSingle('wasm'), config, training, seed: 77 });
    for (const { name } of whole.parameters) resumed.setParameter(name, whole.getParameter(name));
    resumed.setOptimizerState(state);
    for (let step = 0; step < 2; step++)
      expect(resumed.trainStep(batch, options)).toEqual(whole.trainStep(batch, options));
    expect(snapshot(resumed)).toEqual(snapshot(whole));
    expect(whole.getOptimizerState().updates).toBe(4);
    expect(state.updates).toBe(2); // a copy
  });
});
