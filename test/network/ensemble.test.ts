import { expect, test } from 'vitest';
import type { Backend } from '../../src/backend/backend.ts';
import { createEngineOver } from '../../src/network/builtin/engine.ts';
import { headName, type NetworkConfig } from '../../src/network/config.ts';
import type { Emissions, Engine } from '../../src/network/engine.ts';
import { parameterSpecs } from '../../src/network/network.ts';
import { joinNetworks } from '../../src/training/ensemble.ts';
import { levelNames } from '../backend/levels.ts';
import { expectClose } from '../oracle/close.ts';
import { pathScore } from '../oracle/crf.ts';
import { packedRow, packingOfLengths } from '../oracle/packing.ts';
import { oracleScores } from './oracle.ts';
import { createFilled, createSample, openSingle, poison, type Sample } from './sample.ts';
import { openThreads } from './threads.ts';

const SCORES = { abs: 4e-6, rel: 2e-6 };
const lengths = [5, 4, 4, 2, 1]; // falling: the order of packing

type Parameters = Map<string, Float32Array>;

/** Parameters of members that have nothing in common, and of those that are the same. */
function members(config: NetworkConfig, seeds: readonly number[]): Parameters[] {
  return seeds.map((seed) => {
    const engine = createFilled({ backend: openSingle('wasm'), config, seed });
    return new Map(engine.parameters.map(({ name }) => [name, engine.getParameter(name)]));
  });
}

function createPooled(
  backend: Backend,
  config: NetworkConfig,
  all: readonly Parameters[],
  cachedTypes = 64,
): Engine {
  const pooled = joinNetworks(config, all);
  const engine = createEngineOver(backend, { config: pooled.config, cachedTypes });
  const names = engine.parameters.map(({ name }) => name);
  expect([...pooled.parameters.keys()].sort()).toEqual(names.sort());
  for (const [name, values] of pooled.parameters) engine.setParameter(name, values);
  poison(backend);
  return engine;
}

const tag = (engine: Engine, { batch }: Sample): Required<Emissions> =>
  engine.emissions(batch, { scores: true }) as Required<Emissions>;

/** Scores of a member by the oracle, for each head and sentence (L, K). */
function oracleOf(sample: Sample, parameters: Parameters): Float64Array[][] {
  const { config, types, batch } = sample;
  const words = batch.sentences.map((ids) => ids.map((id) => types.words[id]!));
  const packing = packingOfLengths(lengths);
  return oracleScores(
    { ...sample, batch: { ...batch, words } },
    (name) => parameters.get(name)!,
  ).map((scores, head) => {
    const K = config.tags[head]!;
    return lengths.map((length, s) => {
      const rows = Array.from({ length }, (_, t) => packedRow(packing, t, s));
      return Float64Array.from(rows.flatMap((row) => [...scores.subarray(row * K, (row + 1) * K)]));
    });
  });
}

const mean = (all: readonly ArrayLike<number>[]): Float64Array =>
  Float64Array.from(all[0]!, (_, i) => all.reduce((sum, x) => sum + x[i]!, 0) / all.length);

const paths = (K: number, length: number): number[][] =>
  length === 0
    ? [[]]
    : paths(K, length - 1).flatMap((path) => Array.from({ length: K }, (_, k) => [...path, k]));

const configs: Partial<NetworkConfig>[] = [
  { tags: [4] },
  { tags: [3, 2], charEncoder: 'cnn', layers: 2, dense: 1 },
  { tags: [3], charEncoder: 'lstm', cell: 'gru', layers: 2, between: 'highway' },
  { tags: [3], cell: 'clockwork', periods: [1, 2], direction: 'forward' },
  { tags: [3, 4], decoder: 'crf', featureGroups: 2, featureBuckets: 4, featureDim: 3 },
];

test.each(levelNames.flatMap((level) => configs.map((config) => ({ level, config }))))(
  'scores are the means of the members by the oracle, the tags the best path of the mean: $level, $config',
  ({ level, config }) => {
    const sample = createSample({ seed: 5, lengths, config });
    for (const seeds of [
      [1, 2],
      [3, 4, 5],
    ]) {
      const all = members(sample.config, seeds);
      const { best, scores } = tag(createPooled(openSingle(level), sample.config, all), sample);
      const expected = all.map((one) => oracleOf(sample, one));
      sample.config.tags.forEach((K, head) => {
        const own = lengths.map((_, s) => mean(expected.map((scores) => scores[head]![s]!)));
        expectClose(
          scores[head]!,
          own.flatMap((x) => [...x]),
          { ...SCORES, name: `head ${head}` },
        );
        const of = (member: Parameters, part: string): Float64Array =>
          Float64Array.from(member.get(`${headName(head)}.${part}`) ?? new Float64Array(K * K));
        // by each member's own CRF: the mean of scores of paths is the score of the mean
        const total = (s: number, path: number[]): number =>
          all.reduce((sum, member, m) => {
            const [transitions, start, end] = ['transitions', 'start', 'end'].map((part) =>
              of(member, part),
            ) as [Float64Array, Float64Array, Float64Array];
            return sum + pathScore({ K, transitions, start, end }, expected[m]![head]![s]!, path);
          }, 0);
        const chosen = lengths.flatMap((length, s) =>
          paths(K, length).reduce((a, b) => (total(s, b) > total(s, a) ? b : a)),
        );
        expect([...best[head]!]).toEqual(chosen);
      });
    }
  },
);

test('copies of one network are the network, and one is itself', () => {
  const config = { tags: [5, 3], charEncoder: 'cnn', layers: 2, decoder: 'crf' } as const;
  const sample = createSample({ seed: 5, lengths, config });
  const [one] = members(sample.config, [7]) as [Parameters];
  const alone = tag(createFilled({ backend: openSingle('wasm'), ...sample, seed: 7 }), sample);
  for (const copies of [1, 2, 3, 4]) {
    const all = Array.from({ length: copies }, () => one);
    const { best, scores } = tag(createPooled(openSingle('wasm'), sample.config, all), sample);
    expect(best).toEqual(alone.best);
    scores.forEach((own, head) => {
      expectClose(own, alone.scores[head]!, SCORES);
    });
  }
  expect(joinNetworks(sample.config, [one])).toEqual({ config: sample.config, parameters: one });
});

test('an ensemble has shared parameters once, and the others once for each member', () => {
  const { config } = createSample({ seed: 5, lengths, config: { decoder: 'crf', tags: [3, 4] } });
  const names = parameterSpecs({ ...config, members: 2 }).map(({ name }) => name);
  const alone = parameterSpecs(config).map(({ name }) => name);
  const shared = alone.filter((name) => /^output.*(bias|transitions|start|end)$/.test(name));
  const own = alone.filter((name) => !shared.includes(name));
  expect(shared).toHaveLength(8);
  expect(names).toEqual([
    ...own.map((name) => `member.0.${name}`),
    ...own.map((name) => `member.1.${name}`),
    ...shared,
  ]);
});

test('any number of threads gives the same bytes', async () => {
  const config = { tags: [5], charEncoder: 'cnn', decoder: 'crf' } as const;
  const sample = createSample({ seed: 5, lengths: [], types: 300, config });
  const all = members(sample.config, [1, 2, 3]);
  const run = async (threads: number) => {
    const backend = openThreads('wasm', threads);
    const engine = createPooled(backend, sample.config, all, 300);
    const sentences = Array.from({ length: 75 }, (_, s) =>
      Int32Array.from({ length: 4 }, (_, t) => 4 * s + t),
    );
    const emissions = engine.emissions({ wordTypes: sample.types, sentences }, { scores: true });
    await engine.close();
    return { emissions, drawn: backend.drawn };
  };
  const one = await run(1);
  const three = await run(3);
  expect(three.emissions).toEqual(one.emissions);
  expect(three.drawn.here).toBeLessThan(one.drawn.here); // workers did their part
});
