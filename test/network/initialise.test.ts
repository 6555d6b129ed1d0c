import { describe, expect, it } from 'vitest';
import { type NetworkConfig, parameterSpecs, sizeOf } from '../../src/network/config.ts';
import { initialise } from '../../src/network/initialise.ts';
import { createRandom, seedState } from '../../src/network/random.ts';
import { expectClose } from '../oracle/close.ts';
import { matmul } from '../oracle/matmul.ts';

const config: NetworkConfig = {
  words: 400,
  wordDim: 12,
  charEncoder: 'cnn',
  chars: 90,
  charDim: 8,
  charWidth: 3,
  charFilters: 30,
  charHidden: 9,
  layers: 2,
  hidden: 17,
  tags: 20,
};

const initialised = (options: Partial<NetworkConfig> = {}, seed = 1) => {
  const random = createRandom(seedState(seed));
  return parameterSpecs({ ...config, ...options }).map((spec) => ({
    ...spec,
    values: initialise(spec, random),
  }));
};
const parameters = [
  ...initialised(),
  ...initialised({ charEncoder: 'lstm' }).filter(({ name }) => name.startsWith('char.lstm')),
];
const of = (init: string) => parameters.filter((parameter) => parameter.init === init);

/** Values uniform in +-limit: all within, filling it, with its mean and its variance. */
function expectUniform(values: Float32Array, limit: number): void {
  const n = values.length;
  const most = values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  expect(most).toBeLessThanOrEqual(Math.fround(limit));
  expect(most).toBeGreaterThan(limit * (1 - 20 / n));
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const square = values.reduce((sum, x) => sum + x * x, 0) / n;
  const variance = limit ** 2 / 3;
  expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / n));
  // x^2 has the variance 4 / 45 limit^4
  expect(Math.abs(square - variance)).toBeLessThan(4 * Math.sqrt(4 / 45 / n) * limit ** 2);
}

it('fills every parameter, the same for a seed', () => {
  for (const { values, shape } of parameters) expect(values.length).toBe(sizeOf(shape));
  const kinds = new Set(parameters.map(({ init }) => init));
  expect([...kinds].sort()).toEqual(['embedding', 'glorot', 'lstm-bias', 'orthogonal', 'zero']);
  const values = (seed: number) => initialised({}, seed).map((parameter) => parameter.values);
  expect(values(1)).toEqual(values(1));
  expect(values(2)[0]).not.toEqual(values(1)[0]);
});

it.each(of('embedding'))('$name is uniform in +-sqrt(3 / width)', ({ values, shape }) => {
  expectUniform(values, Math.sqrt(3 / shape[1]!));
});

describe('Glorot', () => {
  // fan-in and fan-out: an LSTM's gate for itself, a filter with all that it sees
  const fans: Record<string, [number, number]> = {
    'char.conv.kernel': [8 * 3, 30],
    'char.lstm.forward.input': [8, 9],
    'char.lstm.backward.input': [8, 9],
    'lstm.0.forward.input': [12 + 30, 17],
    'lstm.0.backward.input': [12 + 30, 17],
    'lstm.1.forward.input': [34, 17],
    'lstm.1.backward.input': [34, 17],
    'output.weight': [34, 20],
  };

  it('is for all matrices that are not recurrent', () => {
    const names = of('glorot').map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(fans).sort());
  });

  it.each(of('glorot'))('$name is within +-sqrt(6 / (fan-in + fan-out))', ({ name, values }) => {
    const [fanIn, fanOut] = fans[name]!;
    expectUniform(values, Math.sqrt(6 / (fanIn + fanOut)));
  });
});

it.each(of('orthogonal'))('$name has an orthogonal matrix for each gate', ({ values, shape }) => {
  const [n, width] = shape as [number, number];
  expect(width).toBe(4 * n);
  const gates = [0, 1, 2, 3].map((gate) =>
    Float64Array.from({ length: n * n }, (_, i) => {
      return values[Math.floor(i / n) * width + gate * n + (i % n)]!;
    }),
  );
  const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  for (const gate of gates) {
    const product = matmul(gate, gate, { M: n, N: n, K: n, transposeB: true });
    expectClose(product, identity, { abs: 1e-6, rel: 0 }); // rounded to float32
  }
  expect(new Set(gates.map(String)).size).toBe(4);
});

it.each(of('lstm-bias'))('$name is 1 for the forget gate, else 0', ({ values, shape }) => {
  const H = shape[0]! / 4;
  const expected = [0, 1, 0, 0].flatMap((value) => Array<number>(H).fill(value));
  expect([...values]).toEqual(expected);
});

it.each(of('zero'))('$name is 0', ({ values }) => {
  expect(values.every((x) => Object.is(x, 0))).toBe(true);
});
