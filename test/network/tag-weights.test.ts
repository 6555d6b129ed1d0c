import { expect, test } from 'vitest';
import type { TrainingBatch } from '../../src/network/engine.ts';
import { expectClose } from '../oracle/close.ts';
import { type CrfWeights, crfLoss } from '../oracle/crf.ts';
import { crossEntropy } from '../oracle/loss.ts';
import { createFilled, createSample, openSingle, plainSgd } from './sample.ts';

const lengths = [5, 1, 8, 3];
const weights = Float32Array.of(0.25, 2, 1, 3, 0.5);
const close = { abs: 1e-5, rel: 1e-5 };

/** An engine with weights, its batch, and what it gives for it before any step. */
function prepare(decoder: 'softmax' | 'crf') {
  const {
    config,
    types,
    batch: random,
  } = createSample({
    seed: 4,
    lengths,
    config: { decoder, tags: [5] },
  });
  const words = random.sentences.map((ids) => ids.map((id) => types.words[id]!));
  const batch: TrainingBatch = { ...random, words };
  const training = { ...plainSgd, tagWeights: [weights] };
  const engine = createFilled({ backend: openSingle('wasm'), config, training });
  const { scores } = engine.emissions(batch, { scores: true });
  const step = () => engine.trainStep(batch, { learningRate: 0 }).loss;
  return { engine, batch, step, logits: Float64Array.from(scores![0]!) };
}

test('the loss of a softmax is the mean by the weights of the gold tags', () => {
  const { step, batch, logits } = prepare('softmax');
  const gold = batch.tags[0]!.flatMap((own) => [...own]);
  const expected = crossEntropy({ logits, gold, weights });
  expect(Math.abs(expected.loss - crossEntropy({ logits, gold }).loss)).toBeGreaterThan(0.01);
  expectClose(step(), expected.loss, close);
});

test('the loss of a CRF is the softmax-margin, its costs the logarithms of the weights', () => {
  const { engine, step, batch, logits } = prepare('crf');
  const K = 5;
  const read = (name: string) => Float64Array.from(engine.getParameter(`output.${name}`));
  const field: CrfWeights = {
    K,
    transitions: read('transitions'),
    start: read('start'),
    end: read('end'),
  };
  let at = 0;
  let sum = 0;
  let counted = 0;
  for (const tags of batch.tags[0]!) {
    const own = logits.subarray(at * K, (at + tags.length) * K);
    at += tags.length;
    const wrong = own.map((score, i) => {
      const tag = tags[Math.floor(i / K)]!;
      return tag < 0 || tag === i % K ? score : score + Math.log(weights[tag]!);
    });
    const sets = wrong.map((_, i) => {
      const tag = tags[Math.floor(i / K)]!;
      return tag < 0 || tag === i % K ? 1 : 0;
    });
    sum += crfLoss(field, wrong, sets).loss;
    counted += tags.filter((tag) => tag >= 0).length;
  }
  expectClose(step(), sum / counted, close);
});
