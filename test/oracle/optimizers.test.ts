import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { adamStep, adamStepRows, clipGlobalNorm, globalNorm, sgdStep } from './optimizers.ts';
import { rng } from './rng.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

describe('clipGlobalNorm', () => {
  it.each(torchValues.clip)('agrees with clip_grad_norm_, maximum $maxNorm', (fixture) => {
    const { maxNorm, gradients } = fixture;
    const { norm, clipped } = clipGlobalNorm(gradients, { maxNorm, epsilon: 1e-6 });
    expectClose(norm, fixture.norm, ROUNDING);
    clipped.forEach((gradient, i) => {
      expectClose(gradient, fixture.clipped[i]!, ROUNDING);
    });
  });

  it('gives exactly the maximum above it and changes nothing below', () => {
    const gradients = [Float64Array.of(3), Float64Array.of(0, 4)];
    const { norm, scale, clipped } = clipGlobalNorm(gradients, { maxNorm: 1 });
    expect(norm).toBe(5);
    expectClose(scale, 0.2, ROUNDING);
    expectClose(globalNorm(clipped), 1, ROUNDING);
    expect(clipGlobalNorm(gradients, { maxNorm: 5 }).clipped).toEqual(gradients);
    const zero = [new Float64Array(2)];
    expect(clipGlobalNorm(zero, { maxNorm: 1 })).toEqual({ norm: 0, scale: 1, clipped: zero });
  });
});

describe('sgdStep', () => {
  it.each(torchValues.sgd)('agrees with torch.optim.SGD, $name', (fixture) => {
    const w = Float64Array.from(fixture.initial);
    const v = new Float64Array(w.length);
    fixture.g.forEach((g, s) => {
      sgdStep({ w, g, v, ...fixture.options });
      expectClose(w, fixture.w[s]!, { ...ROUNDING, name: `step ${s + 1}` });
    });
  });
});

describe('adamStep', () => {
  it.each(torchValues.adam)('agrees with torch.optim, $name', (fixture) => {
    const w = Float64Array.from(fixture.initial);
    const m = new Float64Array(w.length);
    const v = new Float64Array(w.length);
    fixture.g.forEach((g, s) => {
      adamStep({ w, g, m, v, step: s + 1, ...fixture.options });
      expectClose(w, fixture.w[s]!, { ...ROUNDING, name: `step ${s + 1}` });
    });
  });

  it('moves by lr against the sign of the gradient on the first step', () => {
    const w = new Float64Array(3);
    const [m, v] = [new Float64Array(3), new Float64Array(3)];
    adamStep({ w, g: Float64Array.of(5, -0.01, 0), m, v, step: 1, lr: 0.1, epsilon: 1e-12 });
    expectClose(w, [-0.1, 0.1, 0], { abs: 1e-9, rel: 0 });
  });

  it('rejects a step below 1', () => {
    const one = () => new Float64Array(1);
    expect(() => adamStep({ w: one(), g: one(), m: one(), v: one(), step: 0, lr: 1 })).toThrow(
      'step 0',
    );
  });
});

describe('adamStepRows', () => {
  it('agrees with torch.optim.SparseAdam', () => {
    const { initial, D, lr, rows, g, w: expected } = torchValues.sparseAdam;
    const w = Float64Array.from(initial);
    const m = new Float64Array(w.length);
    const v = new Float64Array(w.length);
    g.forEach((gradient, s) => {
      adamStepRows({ w, g: gradient, m, v, rows: rows[s]!, D, step: s + 1, lr, epsilon: 0 });
      expectClose(w, expected[s]!, { ...ROUNDING, name: `step ${s + 1}` });
    });
    expect([...w.subarray(D, 2 * D)]).toEqual([...initial.subarray(D, 2 * D)]); // row 1: never used
  });

  it('is Adam when every row is used, and leaves the others alone, decay included', () => {
    const random = rng(8);
    const [V, D] = [3, 2];
    const options = { lr: 0.1, decay: 0.2 };
    const start = random.array(V * D);
    const state = () => ({
      w: Float64Array.from(start),
      m: new Float64Array(V * D),
      v: new Float64Array(V * D),
    });
    const [dense, all, some] = [state(), state(), state()];
    for (let step = 1; step <= 4; step++) {
      const g = random.array(V * D);
      adamStep({ ...dense, g, step, ...options });
      adamStepRows({ ...all, g, step, rows: [2, 0, 1], D, ...options });
      const before = { w: [...some.w], m: [...some.m], v: [...some.v] };
      adamStepRows({ ...some, g, step, rows: [1], D, ...options });
      for (const name of ['w', 'm', 'v'] as const) {
        some[name].forEach((value, i) => {
          if (Math.floor(i / D) === 1) expect(value).toBe(dense[name][i]);
          else expect(value).toBe(before[name][i]);
        });
      }
    }
    expect(all).toEqual(dense);
  });

  it('corrects the bias by the global step, not by the uses of a row', () => {
    const once = (step: number) => {
      const w = new Float64Array(1);
      const [m, v] = [new Float64Array(1), new Float64Array(1)];
      adamStepRows({ w, g: Float64Array.of(1), m, v, rows: [0], D: 1, step, lr: 1, epsilon: 0 });
      return w[0]!;
    };
    expectClose(once(1), -1, ROUNDING);
    const mHat = 0.1 / (1 - 0.9 ** 10);
    const vHat = 0.001 / (1 - 0.999 ** 10);
    expectClose(once(10), -mHat / Math.sqrt(vHat), ROUNDING);
  });

  it('rejects a row given twice and a row outside', () => {
    const two = () => new Float64Array(2);
    const options = { w: two(), g: two(), m: two(), v: two(), D: 1, step: 1, lr: 1 };
    expect(() => adamStepRows({ ...options, rows: [1, 1] })).toThrow('twice');
    expect(() => adamStepRows({ ...options, rows: [2] })).toThrow('not a row');
  });
});
