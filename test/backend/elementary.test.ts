import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { levelNames, openLevel } from './levels.ts';

const arena = new Arena(131_072);
arena.reserve(2 ** 22);

/** Distance of `value` from `exact`, in units of the last place of a 32-bit float near `exact`. */
function ulps(value: number, exact: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(exact) || 2 ** -149)));
  return Math.abs(value - exact) / 2 ** (exponent - 23);
}

/** Floats of every order of magnitude from 2^-149 to 2^127, both signs, and more of them from -100 to 100. */
function inputs(): Float32Array {
  const points = [0, 1e-7, 3e38, -3e38];
  for (let power = -149; power < 128; power++)
    for (const mantissa of [1, 1.2345678, 1.7654321])
      points.push(mantissa * 2 ** power, -mantissa * 2 ** power);
  for (let x = -100; x <= 100; x += 1 / 64) points.push(x, x / 100);
  return Float32Array.from(points);
}

/** What `kernel` makes of the inputs, at an address of the arena. */
function computed(x: Float32Array, kernel: (at: number, n: number) => void): Float32Array {
  const at = arena.layout.end;
  arena.f32(at, x.length).set(x);
  kernel(at, x.length);
  return arena.f32(at, x.length).slice();
}

/** The worst error over `x`, with the input that has it. */
function worst(x: Float32Array, y: Float32Array, exact: (x: number) => number) {
  let [at, most] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const error = ulps(y[i]!, exact(x[i]!));
    if (!(error <= most)) [at, most] = [i, error];
  }
  return { ulps: most, input: x[at] };
}

it('counts units of the last place', () => {
  expect(ulps(1 + 2 ** -23, 1)).toBe(1);
  expect(ulps(2 ** -149, 0)).toBe(1);
  expect(ulps(Number.NaN, 1)).toBeNaN();
  expect(worst(Float32Array.of(1, 2), Float32Array.of(1, Number.NaN), (x) => x).ulps).toBeNaN();
});

describe.each(levelNames)('elementary functions, %s', (name) => {
  const { kernels } = openLevel(name, arena.memory);

  it('tanh is within 4 ulp of the truth for every input, also tiny ones', () => {
    const x = inputs();
    const y = computed(x, (at, n) => kernels.tanh_forward(at, n));
    const error = worst(x, y, Math.tanh);
    expect(error.ulps, `at ${error.input}`).toBeLessThan(4);
    expect(Math.max(...y.map(Math.abs))).toBe(1);
  });

  it('sigmoid is within 4 ulp of the truth above -87, and below next to 0', () => {
    const all = inputs();
    const logistic = (x: Float32Array): Float32Array => {
      const zeros = arena.layout.end + 8 * x.length;
      arena.f32(zeros, x.length).fill(0);
      return computed(x, (at, n) => kernels.highway_forward(zeros + 4 * n, at, zeros, zeros, n));
    };
    const x = all.filter((value) => value > -87);
    const error = worst(x, logistic(x), (value) => 1 / (1 + Math.exp(-value)));
    expect(error.ulps, `at ${error.input}`).toBeLessThan(4);
    for (const y of logistic(all.filter((value) => value <= -87))) {
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(2e-38);
    }
  });

  it('exp is within 4 ulp of the truth, in the probabilities of a softmax', () => {
    const x = inputs().filter((value) => value > -87 && value < 0);
    const n = x.length;
    const at = arena.layout.end;
    const [logits, dlogits, gold] = [at + 64, at + 64 + 8 * n, at + 64 + 16 * n];
    arena
      .f32(logits, 2 * n)
      .set(Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? x[i >> 1]! : 0)));
    arena.i32(gold, n).fill(0);
    kernels.softmax_cross_entropy(at, dlogits, logits, gold, 0, 0, n, 2, 1, 0);
    const y = arena.f32(dlogits, 2 * n).filter((_, i) => i % 2);
    const error = worst(x, y, (value) => Math.exp(value) / (1 + Math.exp(value)));
    expect(error.ulps, `at ${error.input}`).toBeLessThan(4);
  });
});
