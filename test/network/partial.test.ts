import { expect, test } from 'vitest';
import type { NetworkConfig } from '../../src/network/config.ts';
import type { TrainingBatch } from '../../src/network/engine.ts';
import { expectClose } from '../oracle/close.ts';
import { crossEntropy } from '../oracle/loss.ts';
import { rng } from '../oracle/rng.ts';
import { createFilled, createSample, openSingle, plainSgd, type Sample } from './sample.ts';

const lengths = [5, 1, 8, 3, 3, 2];
const heads = [5, 3];
const sampleOf = (decoder: NetworkConfig['decoder']): Sample =>
  createSample({ seed: 4, lengths, config: { decoder, tags: heads } });

/** Loss of one step, and the output's bias and the word embedding after it. */
function step({ config }: Sample, batch: TrainingBatch): (number | number[])[] {
  const engine = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
  const { loss } = engine.trainStep(batch, { learningRate: 0.1 });
  return [loss, ...['output.bias', 'word.embedding'].map((name) => [...engine.getParameter(name)])];
}

test.each(['softmax', 'crf'] as const)('a set of one tag is that tag: %s', (decoder) => {
  const sample = sampleOf(decoder);
  const { batch } = sample;
  const sets = heads.map((K) =>
    Float32Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0)),
  );
  const tags = batch.tags.map((head) =>
    head.map((own) => own.map((tag) => (tag < 0 ? -1 : -2 - tag))),
  );
  const expected = step(sample, batch);
  step(sample, { ...batch, tags, tagSets: sets }).forEach((values, i) => {
    expectClose(values, expected[i]!, { abs: 1e-5, rel: 1e-4 });
  });
});

test('the loss of sets agrees with the oracle on the scores of tagging', () => {
  const sample = sampleOf('softmax');
  const { config, types } = sample;
  const random = rng(6);
  const sets = heads.map((K) => Float32Array.from({ length: 3 * K }, (_, i) => (i % 2 ? 0 : 1)));
  const batch: TrainingBatch = {
    wordTypes: types,
    sentences: sample.batch.sentences,
    words: sample.batch.sentences.map((ids) => ids.map((id) => types.words[id]!)),
    tags: heads.map((K) => lengths.map((n) => random.integers(n, K + 4).map((tag) => tag - 4))),
    tagSets: sets,
  };
  const engine = createFilled({ backend: openSingle('wasm'), config, training: plainSgd });
  const { scores } = engine.emissions(batch, { scores: true });
  const expected = heads.map((_, head) => {
    const logits = Float64Array.from(scores![head]!);
    const gold = batch.tags[head]!.flatMap((own) => [...own]);
    expect(Math.min(...gold)).toBeLessThan(-1);
    return crossEntropy({ logits, gold, sets: sets[head]! }).loss;
  });
  const { loss } = engine.trainStep(batch, { learningRate: 0.1 });
  expectClose(loss, expected[0]! + expected[1]!, { abs: 1e-5, rel: 1e-5 });
});
