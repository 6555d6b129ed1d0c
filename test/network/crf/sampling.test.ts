import { expect, test } from 'vitest';
import { drawPath, pathGuide } from '../../../src/network/crf/sampling.ts';
import { crfScores } from '../../../src/network/crf/scores.ts';
import { allowedTransitions } from '../../../src/network/crf/transitions.ts';
import { createRandom, seedState } from '../../../src/network/random.ts';
import { logSumExp, pathScore } from '../../oracle/crf.ts';
import { rng } from '../../oracle/rng.ts';

const K = 3;
const L = 4;
const random = rng(4);
const emissions = Float32Array.from(random.array(L * K, 2));
const parameters = {
  transitions: random.array(K * K, 1.5),
  start: random.array(K, 1.5),
  end: random.array(K, 1.5),
};
const rules = {
  between: [1, 1, 0, 1, 0, 1, 1, 1, 1],
  start: [1, 0, 1],
  end: [1, 1, 0],
};
const allowed = allowedTransitions({
  between: rules.between.map(Boolean),
  start: rules.start.map(Boolean),
  end: rules.end.map(Boolean),
} as never);

const paths = (length: number): number[][] =>
  length === 0 ? [[]] : paths(length - 1).flatMap((path) => [0, 1, 2].map((k) => [...path, k]));

test.each([
  ['a CRF', crfScores(parameters)],
  ['a CRF within rules', crfScores(parameters, allowed)],
  ['tokens that stand alone', undefined],
])('paths come as often as enumeration says: %s', (_, field) => {
  const none = crfScores({
    transitions: new Float64Array(K * K),
    start: new Float64Array(K),
    end: new Float64Array(K),
  });
  const scores = paths(L).map((path) =>
    pathScore(field ?? none, Float64Array.from(emissions), path),
  );
  const logZ = logSumExp(scores);
  const guide = pathGuide(field, emissions);
  const own = createRandom(seedState(1));
  const n = 20_000;
  const counts = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const path = drawPath(field, guide, { K, random: own }).join();
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  paths(L).forEach((path, i) => {
    const p = Math.exp(scores[i]! - logZ);
    const deviation = Math.sqrt((p * (1 - p)) / n);
    const share = (counts.get(path.join()) ?? 0) / n;
    if (p === 0) expect([path, share]).toEqual([path, 0]);
    expect(Math.abs(share - p)).toBeLessThan(4.5 * deviation + 4 / n);
  });
});

test('the greatest possible scores do not overflow', () => {
  const great = { transitions: new Float64Array(9).fill(80), start: [80, 0, -80], end: [0, 0, 0] };
  const field = crfScores(great);
  const far = Float32Array.from({ length: 300 * K }, (_, i) => (i % K === 1 ? 90 : -90));
  const path = drawPath(field, pathGuide(field, far), { K, random: () => 0.5 });
  expect([...path]).toEqual(Array(300).fill(1));
  expect([...drawPath(field, pathGuide(field, far), { K, random: () => 1 - 2 ** -32 })]).toEqual([
    ...path,
  ]);
});

test('where no allowed path goes on, a forbidden transition is crossed', () => {
  const dead = crfScores(parameters, new Int32Array(K * K + 2 * K));
  const guide = pathGuide(dead, emissions);
  expect(guide.every(Number.isFinite)).toBe(true);
  expect(drawPath(dead, guide, { K, random: () => 0.3 })).toHaveLength(L);
  expect(drawPath(dead, pathGuide(dead, Float32Array.of()), { K, random: () => 0 })).toHaveLength(
    0,
  );
});
