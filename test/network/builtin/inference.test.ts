import { describe, expect, it } from 'vitest';
import { createEngineOver } from '../../../src/network/builtin/engine.ts';
import type { Emissions, Engine, WordTypes } from '../../../src/network/engine.ts';
import { sizeOf } from '../../../src/network/parameters.ts';
import { expectClose } from '../../oracle/close.ts';
import { type CrfWeights, viterbi } from '../../oracle/crf.ts';
import { packedRow, packingOfLengths } from '../../oracle/packing.ts';
import { rng } from '../../oracle/rng.ts';
import { taggerForward } from '../../oracle/tagger.ts';
import { fieldOf, oracleScores } from '../oracle.ts';
import {
  createFilled,
  createSample,
  openSingle,
  oracleBatch,
  oracleWeights,
  orderOf,
  plainSgd,
  poison,
  type Sample,
  withForbidden,
} from '../sample.ts';
import {
  allOf,
  encoders,
  everything,
  kindsOfCells,
  named,
  networkLevels,
  networks,
  read,
  SCORES,
} from '../settings.ts';

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

  /** The emissions of sentences of word types. The sentences follow one another. */
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

  const cases = networkLevels.flatMap((level) =>
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

  it.each(
    networkLevels.flatMap((level) =>
      named([...networks, everything]).map((n) => ({ level, ...n })),
    ),
  )('is the forward pass of the oracle: $level, $name', ({ level, config }) => {
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
  });

  it.each(networkLevels)('takes the best path over the allowed transitions: %s', (level) => {
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
    'the output of a direction depends only on the tokens it has read: $name',
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

  it.each(networkLevels)(
    'a sentence does not depend on its neighbours, bit for bit: %s',
    (level) => {
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
    },
  );

  it.each(networkLevels)(
    'the encoding of a type does not depend on the other types of its block, bit for bit: %s',
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

  it('an empty batch gives empty results', () => {
    const { config, types } = createSample({ seed: 5, lengths: [] });
    const engine = createFilled({ backend: openSingle('wasm'), config });
    const none = Int32Array.of();
    const empty = { best: [Int32Array.of()], areFinite: true, scores: [Float32Array.of()] };
    const tag = (sentences: Int32Array[], wordTypes = types) =>
      engine.emissions({ wordTypes, sentences }, { scores: true });
    expect(tag([])).toEqual(empty);
    expect(tag([none, none])).toEqual(empty);
    expect(engine.emissions({ wordTypes: types, sentences: [none] })).toEqual({
      best: [none],
      areFinite: true,
    });
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
