import { describe, expect, it } from 'vitest';
import { type BackendKind, hasNative } from '../../src/backend/backend.ts';
import { createEngineOver } from '../../src/network/builtin/engine.ts';
import { cellNames } from '../../src/network/cells/index.ts';
import { directionsOf, MOST_HEADS, type NetworkConfig } from '../../src/network/config.ts';
import type {
  Emissions,
  Engine,
  TrainingBatch,
  TrainingOptions,
  WordTypes,
} from '../../src/network/engine.ts';
import { initialise } from '../../src/network/initialise.ts';
import { sizeOf } from '../../src/network/parameters.ts';
import { createRandom, seedState } from '../../src/network/random.ts';
import { levelNames } from '../backend/levels.ts';
import { expectAllClose, expectClose } from '../oracle/close.ts';
import { type CrfWeights, viterbi } from '../oracle/crf.ts';
import { adamStep, adamStepRows, clipGlobalNorm, globalNorm } from '../oracle/optimizers.ts';
import { packedRow, packingOfLengths, sentenceRows } from '../oracle/packing.ts';
import { rng } from '../oracle/rng.ts';
import { namedArrays, taggerForward, taggerStep } from '../oracle/tagger.ts';
import { fieldOf, oracleNamed, oracleScores, oracleStep, oracleTrace } from './oracle.ts';
import {
  createBatch,
  createFilled,
  createSample,
  createTokens,
  momentOf,
  noClipping,
  openSingle,
  oracleBatch,
  oracleMasks,
  oracleWeights,
  orderOf,
  plainSgd,
  poison,
  type Sample,
  sliceBatch,
  snapshot,
  withForbidden,
} from './sample.ts';
import { openThreads } from './threads.ts';

// Float32 through a whole network against float64.
const LOSS = { abs: 1e-6, rel: 1e-6 };
const GRADIENT = { abs: 1e-6, rel: 1e-5 };
const NORM = { abs: 1e-6, rel: 1e-5 };
const SCORES = { abs: 4e-6, rel: 2e-6 };
const ADAM = { abs: 1e-5, rel: 1e-6 }; // after three steps of rate 0.01

const kinds: BackendKind[] = hasNative() ? ['wasm', 'native'] : ['wasm'];
const encoders = ['none', 'cnn', 'lstm'] as const;
const dropout = { input: 0.3, output: 0.4, recurrent: 0.2 };

const read =
  (engine: Engine) =>
  (name: string): Float32Array =>
    engine.getParameter(name);

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

/** A sentence of every type of a table. */
const allOf = ({ words }: WordTypes): Int32Array => words.map((_, type) => type);

/** Loss, norm and every gradient of one step of the engine, beside the oracle's. */
function expectStep(options: {
  level: string;
  sample: Sample;
  training?: TrainingOptions;
  /** What the engine is given of the sample's batch. */
  cut?: (batch: TrainingBatch) => TrainingBatch[];
  /** The word embedding is left as it is: then its gradient counts as 0. */
  freezeWords?: boolean;
}): void {
  const { level, sample, training = plainSgd, freezeWords = false } = options;
  const { cut = (batch) => [batch] } = options;
  const { config, batch, allowed } = sample;
  const backend = openSingle(level);
  const engine = createFilled({
    backend,
    config,
    training: { ...training, freezeWords },
    allowed,
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

const clockwork = { cell: 'clockwork', periods: [1, 2, 3] } as const;
const kindsOfCells: readonly Partial<NetworkConfig>[] = [
  ...cellNames.filter((cell) => cell !== 'clockwork').map((cell) => ({ cell })),
  { cell: 'rnn', activation: 'relu' },
  clockwork,
];
/** Networks with something of each kind that a network may have. */
const networks: readonly Partial<NetworkConfig>[] = [
  ...kindsOfCells.flatMap((cell) => [1, 2, 3].map((layers) => ({ ...cell, layers }))),
  ...(['forward', 'backward'] as const).flatMap((direction) => [
    { cell: 'lstm', direction, layers: 2 } as const,
    { cell: 'gru', direction, layers: 1 } as const,
    { cell: 'depth-gated', direction, layers: 3 } as const,
    { ...clockwork, direction, layers: 2 },
  ]),
  ...(['sum', 'mean', 'product'] as const).flatMap((merge) => [
    { merge, layers: 2 },
    { merge, cell: 'depth-gated', between: 'highway', layers: 2 } as const,
    { merge, cell: 'gru', between: 'residual', layers: 3 } as const,
  ]),
  { between: 'residual', layers: 3 },
  { between: 'highway', layers: 3 },
  { between: 'highway', direction: 'backward', cell: 'rnn', layers: 2 },
  { dense: 1 },
  { dense: 3, direction: 'forward', cell: 'coupled' },
  { tags: [5, 3] },
  { tags: [2, 7, 4], dense: 2, layers: 2 },
  { tags: Array<number>(MOST_HEADS).fill(2) },
  { decoder: 'crf' },
  { decoder: 'crf', tags: [4, 9], cell: 'gru', layers: 2 },
  { featureGroups: 3, featureBuckets: 6, featureDim: 4 },
  { featureGroups: 2, featureBuckets: 4, featureDim: 3, charEncoder: 'cnn', layers: 2 },
  { featureGroups: 1, featureBuckets: 9, featureDim: 1, charEncoder: 'lstm', cell: 'gru' },
  { tokenFeatures: { groups: 1, rows: 7, dim: 3 } },
  { tokenFeatures: { groups: 3, rows: 12, dim: 1 }, charEncoder: 'cnn', layers: 2, cell: 'gru' },
];
const whole: Partial<NetworkConfig> = {
  cell: 'depth-gated',
  merge: 'mean',
  between: 'highway',
  layers: 3,
  dense: 1,
  charEncoder: 'cnn',
  featureGroups: 2,
  featureBuckets: 5,
  featureDim: 3,
  tokenFeatures: { groups: 2, rows: 10, dim: 4 },
  tags: [5, 3],
};
const named = (configs: readonly Partial<NetworkConfig>[]) =>
  configs.map((config) => ({
    config,
    name: Object.entries(config)
      .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', '),
  }));

describe.each(levelNames)('a training step is the oracle, %s', (level) => {
  const characters = encoders.flatMap((charEncoder) =>
    [1, 2, 3].map((layers) => ({ charEncoder, layers })),
  );
  it.each(characters)('characters $charEncoder, $layers layers', ({ charEncoder, layers }) => {
    const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
    const sample = createSample({ seed: layers, lengths, config: { charEncoder, layers } });
    expectStep({ level, sample });
  });

  it.each(encoders)('sizes beside those of the tiles, characters %s', (charEncoder) => {
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
    expectStep({ level, sample: createSample({ seed: 8, lengths, types: 60, config }) });
  });

  it.each(encoders)('units of one, characters %s', (charEncoder) => {
    const ones = { wordDim: 1, charDim: 1, charWidth: 1, charFilters: 1, charHidden: 1, hidden: 1 };
    const config = { ...ones, charEncoder, tags: [2], layers: 2 };
    expectStep({ level, sample: createSample({ seed: 4, lengths: [3, 1, 2, 2, 5], config }) });
  });

  it.each([
    { seed: 5, lengths: [3] },
    { seed: 1, lengths: [1] },
    { seed: 2, lengths: [2, 5] },
    { seed: 3, lengths: [1, 1, 1] },
    { seed: 4, lengths: [4, 0, 2, 0, 0, 0, 3] },
  ])('few, short and empty sentences: $lengths', ({ seed, lengths }) => {
    for (const charEncoder of encoders) {
      expectStep({ level, sample: createSample({ seed, lengths, config: { charEncoder } }) });
    }
  });

  it.each(encoders)('dropout everywhere and label smoothing, characters %s', (charEncoder) => {
    const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
    const sample = createSample({ seed: 6, lengths, config: { charEncoder, layers: 2 } });
    expectStep({ level, sample, training: { ...plainSgd, dropout, labelSmoothing: 0.1, seed: 9 } });
  });

  it('each kind of dropout alone', () => {
    const none = { input: 0, output: 0, recurrent: 0 };
    for (const config of [{ layers: 2 }, whole]) {
      const sample = createSample({ seed: 6, lengths: [4, 1, 7, 2, 5], config });
      for (const kind of ['input', 'output', 'recurrent'] as const)
        expectStep({ level, sample, training: { ...plainSgd, dropout: { ...none, [kind]: 0.5 } } });
    }
  });

  const lengths = [4, 1, 7, 2, 5, 5, 1, 3, 6];
  it.each(named(networks))('$name', ({ config }) => {
    expectStep({ level, sample: createSample({ seed: 3, lengths, config }) });
  });

  const crf = { decoder: 'crf', tags: [4, 3] } as const;
  it.each(named([...kindsOfCells, crf, whole]))('with dropout: $name', ({ config }) => {
    const sample = createSample({ seed: 6, lengths, config: { layers: 2, ...config } });
    expectStep({ level, sample, training: { ...plainSgd, dropout, labelSmoothing: 0.1, seed: 9 } });
  });

  // without rectified units: at this size they make much of a rounding error
  const bounded = kindsOfCells.filter(({ activation }) => activation !== 'relu');
  it.each(named(bounded))('with sizes beside those of the tiles: $name', ({ config }) => {
    const wide = { wordDim: 9, layers: 2, hidden: 17, tags: [9], ...config };
    expectStep({
      level,
      sample: createSample({ seed: 8, lengths: [9, 8, 3, 1, 4], config: wide }),
    });
  });

  const several = [
    { layers: 2, charEncoder: 'lstm' } as const,
    { decoder: 'crf', tags: [4, 9] } as const,
    whole,
  ];
  it.each(named(several))('of several batches, some of them empty: $name', ({ config }) => {
    const sample = createSample({ seed: 3, lengths, config });
    // of these sentences nothing is known, so that batches weigh by tokens, not alike
    for (const tags of sample.batch.tags[0]!.slice(3, 5)) tags.fill(-1);
    const cut = (batch: TrainingBatch) =>
      [0, 1, 5, 5, 9].map((end, i, ends) => sliceBatch(batch, ends[i - 1] ?? 0, end));
    expectStep({ level, sample, cut });
  });

  const fields = [
    { decoder: 'constrained' },
    { decoder: 'constrained', tags: [4, 6], layers: 2 },
    { decoder: 'crf' },
    { decoder: 'crf', tags: [4, 6], cell: 'gru' },
  ] as const;
  it.each(named(fields))('with links that are forbidden: $name', ({ config }) => {
    expectStep({ level, sample: withForbidden(createSample({ seed: 3, lengths, config })) });
  });

  it.each(named([{ charEncoder: 'cnn' }, { decoder: 'crf' }, whole]))(
    'with words that are frozen: $name',
    ({ config }) => {
      const sample = createSample({ seed: 3, lengths, config });
      expectStep({ level, sample, freezeWords: true });
      const cut = (batch: TrainingBatch) => [sliceBatch(batch, 0, 4), sliceBatch(batch, 4, 9)];
      expectStep({ level, sample, cut, freezeWords: true });
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
    expectStep({ level, sample: { ...sample, batch: { ...sample.batch, tokenFeatures } } });
  });

  it.each(named([...kindsOfCells, whole]))('truncated: $name', ({ config }) => {
    const sample = createSample({ seed: 6, lengths, config: { layers: 2, ...config } });
    for (const bptt of truncations) expectStep({ level, sample, training: { ...plainSgd, bptt } });
    const bptt = truncations[2];
    expectStep({ level, sample, training: { ...plainSgd, bptt, dropout, seed: 3 } });
  });
});

it('the gradient of features of tokens is that of finite differences', () => {
  const config = { tokenFeatures: { groups: 2, rows: 6, dim: 2 }, featureGroups: 1 };
  const sample = createSample({ seed: 3, lengths: [3, 1, 4], config });
  const engine = createFilled({ backend: openSingle('wasm'), config: sample.config });
  const table = Float64Array.from(engine.getParameter('token.embedding'));
  const values = (name: string): ArrayLike<number> =>
    name === 'token.embedding' ? table : engine.getParameter(name);
  const step = () => oracleStep(sample, { read: values, training: plainSgd });
  const { tokens: gradient } = step().gradients;
  const differences = table.map((x, i) => {
    const losses = [1e-5, -1e-5].map((h) => {
      table[i] = x + h;
      return step().loss;
    }) as [number, number];
    table[i] = x;
    return (losses[0] - losses[1]) / 2e-5;
  });
  expectClose(gradient!, differences, { abs: 1e-9, rel: 1e-6 });
});

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

  it('clips every element by its value, after the norm, and says so', () => {
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

  it('leaves a clockwork without links from faster modules to slower ones', () => {
    const sample = createSample({
      seed: 2,
      lengths: [5, 6, 2],
      config: { ...clockwork, hidden: 7, layers: 2 },
    });
    const training = { ...adam, optimizer: { ...adam.optimizer, weightDecay: 0.1 } };
    const engine = createFilled({ backend: openSingle('wasm'), config: sample.config, training });
    const links = () =>
      [0, 1].flatMap((l) => [...engine.getParameter(`clockwork.${l}.backward.recurrent`)]);
    const before = links();
    for (let step = 0; step < 3; step++) engine.trainStep(sample.batch, { learningRate: 0.1 });
    const module = [0, 0, 0, 1, 1, 2, 2];
    links().forEach((u, i) => {
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

  it('each step has masks of its own, those of its number', () => {
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

describe('truncated backpropagation', () => {
  const sample = createSample({ seed: 6, lengths: [4, 1, 7, 2], config: { layers: 2 } });
  const { config, batch } = sample;
  const train = (bptt?: TrainingOptions['bptt']) => {
    const training = { ...plainSgd, dropout, ...(bptt && { bptt }) };
    const engine = createFilled({ backend: openSingle('wasm'), config, training });
    const losses = [1, 2, 3].map(() => engine.trainStep(batch, { learningRate: 0.1 }).loss);
    return { losses, state: snapshot(engine) };
  };

  it('is full, bit for bit, where nothing is cut', () => {
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

describe('gradient norms', () => {
  const lengths = [4, 1, 7, 0, 2, 5];
  const cases: readonly Partial<NetworkConfig>[] = [
    ...kindsOfCells,
    whole,
    { layers: 2, direction: 'forward' },
    { cell: 'gru', direction: 'backward', merge: 'product', tags: [5, 4] },
  ];

  it.each(named(cases))('are the oracle, from the last token: $name', ({ config: own }) => {
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
    const sample = createSample({ seed: 6, lengths, config: whole });
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
  const configs = [...encoders.map((charEncoder) => ({ charEncoder, layers: 2 })), whole];
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

describe('tagging', () => {
  /** The tags of the best paths of a field; of one of zeros, those of the greatest scores. */
  function bestOf(field: CrfWeights, scores: Float32Array, lengths: Int32Array): number[] {
    let at = 0;
    return [...lengths].flatMap((length) => {
      const emissions = Float64Array.from(scores.subarray(at, at + length * field.K));
      at += length * field.K;
      return length > 0 ? viterbi(field, emissions) : [];
    });
  }

  /** What is said of sentences of types, one after another. */
  function emissions(engine: Engine, sample: Sample, sentences: readonly Int32Array[]): Emissions {
    const lengths = Int32Array.from(sentences, (s) => s.length);
    const wordTypes = { ...sample.types }; // another table, so that nothing of it is in the cache
    const { best, scores } = engine.emissions({ wordTypes, sentences }, { scores: true });
    engine.config.tags.forEach((_, head) => {
      const field = fieldOf(sample, read(engine), head);
      expect([...best[head]!]).toEqual(bestOf(field, scores![head]!, lengths));
    });
    return { best, scores: scores! };
  }

  /** Scores of the first head, (tokens, tags). */
  const score = (engine: Engine, sample: Sample, sentences: readonly Int32Array[]): Float32Array =>
    emissions(engine, sample, sentences).scores![0]!;

  const cases = levelNames.flatMap((level) =>
    encoders.flatMap((charEncoder) => [1, 2, 3].map((layers) => ({ level, charEncoder, layers }))),
  );
  it.each(cases)(
    'is the forward pass of the oracle: $level, characters $charEncoder, $layers layers',
    ({ level, charEncoder, layers }) => {
      const lengths = [4, 0, 1, 7, 2, 5, 0, 5, 1, 3, 6, 17];
      const config = { charEncoder, layers, hidden: 7 };
      const sample = createSample({ seed: 5, lengths, config });
      const engine = createFilled({ backend: openSingle(level), config: sample.config });
      const scores = score(engine, sample, sample.batch.sentences);
      const { types, batch } = sample;
      const known = {
        ...batch,
        words: batch.sentences.map((ids) => ids.map((id) => types.words[id]!)),
      };
      const packed = oracleBatch({ ...sample, batch: known });
      const weights = oracleWeights(sample.config, read(engine));
      const { logits } = taggerForward({ weights, batch: packed });
      const order = orderOf(batch.sentences);
      const [K] = sample.config.tags as [number];
      const expected = batch.sentences.flatMap((ids, s) =>
        [...ids.keys()].flatMap((t) => {
          const row = packedRow(packed.packing, t, order.indexOf(s));
          return [...logits.subarray(row * K, (row + 1) * K)];
        }),
      );
      expectClose(scores, expected, SCORES);
    },
  );

  it.each(levelNames.flatMap((level) => named([...networks, whole]).map((n) => ({ level, ...n }))))(
    'is the forward pass of the oracle: $level, $name',
    ({ level, config }) => {
      const lengths = [4, 0, 1, 7, 2, 5, 5, 1, 17];
      const sample = createSample({ seed: 5, lengths, config: { hidden: 7, ...config } });
      const engine = createFilled({ backend: openSingle(level), config: sample.config });
      const { types, batch } = sample;
      const words = batch.sentences.map((ids) => ids.map((id) => types.words[id]!));
      const order = orderOf(batch.sentences);
      const packing = packingOfLengths(order.map((s) => lengths[s]!));
      const expected = oracleScores({ ...sample, batch: { ...batch, words } }, read(engine));
      const actual = emissions(engine, sample, batch.sentences);
      sample.config.tags.forEach((K, head) => {
        const inOrder = lengths.flatMap((length, s) =>
          Array.from({ length }, (_, t) => {
            const row = packedRow(packing, t, order.indexOf(s));
            return [...expected[head]!.subarray(row * K, (row + 1) * K)];
          }).flat(),
        );
        expectClose(actual.scores![head]!, inOrder, { ...SCORES, name: `head ${head}` });
      });
    },
  );

  it.each(levelNames)('goes the best path over the links that are allowed: %s', (level) => {
    for (const decoder of ['constrained', 'crf'] as const) {
      const config = { decoder, tags: [5, 7] };
      const sample = createSample({ seed: 5, lengths: [4, 0, 1, 7, 2, 5, 5, 1, 17], config });
      const tagged = [sample, withForbidden(sample)].map((own) => {
        const backend = openSingle(level);
        const engine = createFilled({ backend, config: own.config, allowed: own.allowed });
        return emissions(engine, own, own.batch.sentences);
      });
      expect(tagged[1]!.scores).toEqual(tagged[0]!.scores);
      expect(tagged[1]!.best).not.toEqual(tagged[0]!.best);
    }
  });

  it.each(named([...kindsOfCells, { layers: 2 }, { layers: 3, between: 'residual' }]))(
    'a direction sees only what it has read: $name',
    ({ config }) => {
      for (const direction of ['forward', 'backward'] as const) {
        const sample = createSample({ seed: 5, lengths: [6], config: { ...config, direction } });
        const engine = createFilled({ backend: openSingle('wasm'), config: sample.config });
        const [sentence] = sample.batch.sentences as [Int32Array];
        const changed = sentence.slice();
        changed[3] = (changed[3]! + 1) % sample.types.words.length;
        const [K] = sample.config.tags as [number];
        const [before, after] = [sentence, changed].map((s) => score(engine, sample, [s]));
        const isSame = Array.from(sentence, (_, t) =>
          Array.from({ length: K }, (_, k) => before![t * K + k] === after![t * K + k]).every(
            Boolean,
          ),
        );
        const seen = direction === 'forward' ? [0, 1, 2] : [5, 4];
        for (const t of seen) expect([t, isSame[t]]).toEqual([t, true]);
        const changes = direction === 'forward' ? [3, 4] : [3, 2];
        for (const t of changes) expect([t, isSame[t]]).toEqual([t, false]);
      }
    },
  );

  it.each(levelNames)('a sentence does not depend on its neighbours, bit for bit: %s', (level) => {
    for (const charEncoder of encoders) {
      const random = rng(9);
      const lengths = Array.from({ length: 70 }, () => random.integer(9)); // in three chunks
      const config = { charEncoder, layers: 2, hidden: 17, charFilters: 9 };
      const sample = createSample({ seed: 5, lengths, types: 40, config });
      const backend = openSingle(level);
      const engine = createFilled({ backend, config: sample.config });
      const sentences = sample.batch.sentences;
      const together = score(engine, sample, sentences);
      expect(together.every(Number.isFinite)).toBe(true);
      poison(backend);
      const alone = sentences.flatMap((sentence) => [...score(engine, sample, [sentence])]);
      expect(alone).toEqual([...together]);
      const [K] = sample.config.tags as [number];
      const backwards = score(engine, sample, [...sentences].reverse());
      let at = backwards.length;
      const turned = sentences.flatMap(({ length }) => {
        at -= length * K;
        return [...backwards.subarray(at, at + length * K)];
      });
      expect(turned).toEqual([...together]);
    }
  });

  it.each(levelNames)(
    'a type does not depend on those encoded beside it, bit for bit: %s',
    (level) => {
      for (const charEncoder of encoders) {
        const config = { charEncoder, hidden: 17, chars: 30 };
        const sample = createSample({ seed: 5, lengths: [], types: 300, config }); // three blocks
        const { types } = sample;
        const engine = createFilled({ backend: openSingle(level), config: sample.config });
        const all = allOf(types);
        const together = engine.emissions({ wordTypes: types, sentences: [all] }, { scores: true });
        // a table that grows
        const { offsets, chars, words } = types;
        const table = { ...types };
        for (const to of [1, 2, 9, 140, 300]) {
          table.words = words.slice(0, to);
          table.offsets = offsets.slice(0, to + 1);
          table.chars = chars.slice(0, offsets[to]!);
          engine.emissions({ wordTypes: table, sentences: [all.slice(0, to)] });
        }
        const apart = engine.emissions({ wordTypes: table, sentences: [all] }, { scores: true });
        expect(apart).toEqual(together);
      }
    },
  );

  it('the last token changes the scores of the first', () => {
    for (const charEncoder of encoders) {
      const sample = createSample({ seed: 5, lengths: [6], config: { charEncoder } });
      const engine = createFilled({ backend: openSingle('wasm'), config: sample.config });
      const [sentence] = sample.batch.sentences;
      const changed = sentence!.slice();
      changed[5] = (changed[5]! + 1) % sample.types.words.length;
      const [before, after] = [
        score(engine, sample, [sentence!]),
        score(engine, sample, [changed]),
      ];
      for (let k = 0; k < sample.config.tags[0]!; k++) expect(after[k]).not.toBe(before[k]);
      expect(Math.abs(after[0]! - before[0]!)).toBeGreaterThan(1e-5);
    }
  });

  it('nothing gives nothing', () => {
    const { config, types } = createSample({ seed: 5, lengths: [] });
    const engine = createFilled({ backend: openSingle('wasm'), config });
    const none = Int32Array.of();
    const empty = { best: [Int32Array.of()], scores: [Float32Array.of()] };
    const tag = (sentences: Int32Array[], wordTypes = types) =>
      engine.emissions({ wordTypes, sentences }, { scores: true });
    expect(tag([])).toEqual(empty);
    expect(tag([none, none])).toEqual(empty);
    expect(engine.emissions({ wordTypes: types, sentences: [none] })).toEqual({ best: [none] });
    const [two, one] = [Int32Array.of(0, 1), Int32Array.of(2)];
    expect(tag([none, two, none, one, none])).toEqual(tag([two, one]));
    expect(tag([], { words: none, offsets: Int32Array.of(0), chars: none })).toEqual(empty);
  });

  it('the cache is emptied when it is full, and when a parameter or the table changes', () => {
    const { config, types, batch } = createSample({ seed: 5, lengths: [3, 2], types: 40 });
    const create = (cachedTypes: number): Engine => {
      const engine = createEngineOver(openSingle('wasm'), {
        config,
        training: plainSgd,
        cachedTypes,
      });
      const random = rng(3);
      for (const { name, shape } of engine.parameters)
        engine.setParameter(name, random.array(sizeOf(shape), 1));
      return engine;
    };
    const [small, large] = [create(16), create(1000)];
    expect([small.maxTokens, large.maxTokens]).toEqual([16, 1000]);
    const random = rng(8);
    const same = (wordTypes: WordTypes): void => {
      const sentences = [random.integers(9, 40), random.integers(7, 40)];
      const asked = { wordTypes, sentences };
      const expected = large.emissions(asked, { scores: true });
      expect(small.emissions(asked, { scores: true })).toEqual(expected);
      const fresh = { wordTypes: { ...wordTypes }, sentences };
      expect(small.emissions(fresh, { scores: true })).toEqual(expected);
    };
    for (let round = 0; round < 20; round++) same(types);
    for (const engine of [small, large]) engine.trainStep(batch, { learningRate: 0.1 });
    same(types);
    const other = { ...types, words: types.words.toReversed() };
    same(other);
    for (const name of ['word.embedding', 'output.bias', 'lstm.0.forward.bias']) {
      const sentences = [Int32Array.of(0, 1, 2)];
      const before = small.emissions({ wordTypes: types, sentences }, { scores: true });
      for (const engine of [small, large])
        engine.setParameter(
          name,
          engine.getParameter(name).map((x) => x + 1),
        );
      const after = small.emissions({ wordTypes: types, sentences }, { scores: true });
      expect(after.scores).not.toEqual(before.scores);
      same(types);
    }
    expect(() => small.emissions({ wordTypes: types, sentences: [allOf(types)] })).toThrow(
      'a batch of 40 word types; the engine takes at most 16',
    );
    same(types);
  });

  it('an engine that only tags has no optimizer, and tags as one that trains', () => {
    const sample = createSample({ seed: 5, lengths: [3, 2] });
    const { config, batch } = sample;
    const engine = createFilled({ backend: openSingle('wasm'), config });
    expect(() => engine.trainStep(batch, { learningRate: 1 })).toThrow('only tags');
    expect(() => engine.getOptimizerState()).toThrow('only tags');
    expect(() => engine.getParameter('lstm.1.forward.bias')).toThrow('no parameter lstm.1');
    const trains = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
    expect(score(engine, sample, batch.sentences)).toEqual(score(trains, sample, batch.sentences));
  });
});

describe('training', () => {
  it('a batch without tokens or without tags moves nothing under SGD', () => {
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
