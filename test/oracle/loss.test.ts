import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { crfLoss } from './crf.ts';
import { expectGradient } from './gradient.ts';
import { crossEntropy, softmax } from './loss.ts';
import { rng } from './rng.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

describe('crossEntropy', () => {
  it.each(torchValues.crossEntropy)('agrees with PyTorch, case %#', (fixture) => {
    const { loss, dlogits } = crossEntropy(fixture);
    expectClose(loss, fixture.loss, ROUNDING);
    expectClose(dlogits, fixture.dlogits, ROUNDING);
  });

  it.each([
    { N: 1, K: 3, smoothing: 0 },
    { N: 1, K: 5, smoothing: 0.1 },
    { N: 3, K: 7, smoothing: 0 },
    { N: 7, K: 5, smoothing: 0.03 },
    { N: 5, K: 2, smoothing: 1 },
  ])('has the gradient of finite differences, N=$N K=$K ε=$smoothing', ({ N, K, smoothing }) => {
    const random = rng(N * 10 + K);
    const logits = random.array(N * K);
    const gold = random.integers(N, K).map((id, n) => (n % 3 === 1 ? -1 : id));
    const options = { logits, gold, smoothing };
    const { dlogits, counted } = crossEntropy(options);
    expect(counted).toBe(gold.filter((id) => id >= 0).length);
    expectGradient({
      loss: () => crossEntropy(options).loss,
      variables: { logits },
      gradients: { logits: dlogits },
    });
    gold.forEach((id, n) => {
      const row = dlogits.subarray(n * K, (n + 1) * K);
      expect(row.some((g) => g !== 0)).toBe(id >= 0);
      expectClose(
        row.reduce((sum, g) => sum + g, 0),
        0,
        { abs: 1e-15, rel: 0 },
      );
    });
  });

  it.each([0, 0.1, 1])(
    'has the gradient of finite differences with sets of tags, ε=%d',
    (smoothing) => {
      const [N, K] = [7, 5];
      const logits = rng(3).array(N * K);
      const sets = [1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0];
      const weights = [2, 0.5, 1, 3, 1];
      const options = { logits, gold: [-2, 3, -3, -1, -4, -3, 0], sets, weights, smoothing };
      const { dlogits, counted } = crossEntropy(options);
      expect(counted).toBeCloseTo(1.5 + 3 + 1.375 + 3 + 1.375 + 2, 12);
      expectGradient({
        loss: () => crossEntropy(options).loss,
        variables: { logits },
        gradients: { logits: dlogits },
      });
    },
  );

  it('is the marginal likelihood of a CRF of one token', () => {
    const K = 4;
    const logits = rng(8).array(K, 3);
    const zeros = (n: number): Float64Array => new Float64Array(n);
    const field = { K, transitions: zeros(K * K), start: zeros(K), end: zeros(K) };
    for (const sets of [
      [1, 0, 1, 1],
      [0, 1, 0, 0],
      [1, 1, 1, 1],
    ]) {
      const { loss, dlogits } = crossEntropy({ logits, gold: [-2], sets });
      const expected = crfLoss(field, logits, sets);
      expectClose(loss, expected.loss, ROUNDING);
      expectClose(dlogits, expected.demissions, ROUNDING);
    }
  });

  it('is log K for equal logits and survives extreme ones', () => {
    expectClose(crossEntropy({ logits: new Float64Array(8), gold: [3, 0] }).loss, Math.log(4), {
      abs: 1e-15,
      rel: 1e-15,
    });
    const far = crossEntropy({ logits: Float64Array.of(1e4, -1e4, 0), gold: [1] });
    expectClose(far.loss, 2e4, { abs: 0, rel: 0 });
    expectClose(far.dlogits, [1, -1, 0], { abs: 0, rel: 0 });
  });

  it('has neither loss nor gradient when no token counts', () => {
    const { loss, dlogits } = crossEntropy({ logits: Float64Array.of(1, 2, 3, 4), gold: [-1, -7] });
    expect(loss).toBe(0);
    expect([...dlogits]).toEqual([0, 0, 0, 0]);
  });

  it('rejects a gold id beyond the tags', () => {
    expect(() => crossEntropy({ logits: new Float64Array(4), gold: [0, 2] })).toThrow('gold[1]');
  });
});

describe('softmax', () => {
  it('sums to one in each row and does not change with a shift', () => {
    const z = rng(4).array(15, 5);
    const p = softmax(z, 5);
    for (let n = 0; n < 3; n++) {
      expectClose(
        p.subarray(n * 5, n * 5 + 5).reduce((sum, v) => sum + v, 0),
        1,
        ROUNDING,
      );
    }
    expectClose(
      softmax(
        z.map((v) => v + 700),
        5,
      ),
      p,
      { abs: 1e-12, rel: 1e-11 },
    );
  });
});
