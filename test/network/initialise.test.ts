import { describe, expect, it } from 'vitest';
import { cellNames } from '../../src/network/cells/index.ts';
import { type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import { initialise } from '../../src/network/initialise.ts';
import { parameterSpecs } from '../../src/network/network.ts';
import { sizeOf } from '../../src/network/parameters.ts';
import { createRandom, seedState } from '../../src/network/random.ts';
import { expectClose } from '../oracle/close.ts';
import { matmul } from '../oracle/matmul.ts';

const config: NetworkConfig = {
  ...plainBiLstm,
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
  tags: [20],
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
  ...cellNames
    .filter((cell) => cell !== 'lstm')
    .flatMap((cell) => initialised({ cell }).filter(({ name }) => name.startsWith(cell))),
  ...initialised({ between: 'highway' }).filter(({ name }) => name.startsWith('highway')),
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
  expect([...kinds].sort()).toEqual(['constant', 'embedding', 'glorot', 'orthogonal']);
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
    'highway.1.weight': [34, 34],
    'output.weight': [34, 20],
  };
  for (const cell of cellNames)
    for (const direction of ['forward', 'backward']) {
      fans[`${cell}.0.${direction}.input`] = [12 + 30, 17];
      fans[`${cell}.1.${direction}.input`] = [34, 17];
    }

  it('is for all matrices that are not recurrent', () => {
    const names = of('glorot').map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(fans).sort());
  });

  it.each(of('glorot'))('$name is within +-sqrt(6 / (fan-in + fan-out))', ({ name, values }) => {
    const [fanIn, fanOut] = fans[name]!;
    expectUniform(values, Math.sqrt(6 / (fanIn + fanOut)));
  });
});

const gatesOf = ({ values, shape }: { values: Float32Array; shape: readonly number[] }) => {
  const [n, width] = shape as [number, number];
  return Array.from({ length: width / n }, (_, gate) =>
    Float64Array.from({ length: n * n }, (_, i) => {
      return values[Math.floor(i / n) * width + gate * n + (i % n)]!;
    }),
  );
};
const recurrent = of('orthogonal');

it.each(recurrent.filter(({ modules }) => !modules))(
  '$name has an orthogonal matrix for each gate',
  (parameter) => {
    const n = parameter.shape[0]!;
    const gates = gatesOf(parameter);
    const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    for (const gate of gates) {
      const product = matmul(gate, gate, { M: n, N: n, K: n, transposeB: true });
      expectClose(product, identity, { abs: 1e-6, rel: 0 }); // rounded to float32
    }
    expect(new Set(gates.map(String)).size).toBe(gates.length);
  },
);

it('recurrent matrices have the gates of their cell', () => {
  const count = (name: string) => gatesOf(recurrent.find((p) => p.name === name)!).length;
  expect(cellNames.map((cell) => [cell, count(`${cell}.1.forward.recurrent`)])).toEqual([
    ['lstm', 4],
    ['peephole', 4],
    ['coupled', 3],
    ['gru', 2],
    ['rnn', 1],
    ['depth-gated', 4],
    ['clockwork', 1],
  ]);
  expect(count('gru.1.forward.candidate')).toBe(1);
});

it.each(recurrent.filter(({ modules }) => modules))(
  '$name is 0 from faster modules to slower ones, and only there',
  ({ values }) => {
    const module = [5, 4, 4, 4].flatMap((units, k) => Array<number>(units).fill(k)); // 17 units
    values.forEach((x, i) => {
      expect(Object.is(x, 0)).toBe(module[Math.floor(i / 17)]! < module[i % 17]!);
    });
  },
);

describe('the bias of the gate that keeps the past', () => {
  const keeping: Partial<Record<string, number[]>> = {
    lstm: [0, 1, 0, 0],
    peephole: [0, 1, 0, 0],
    coupled: [-1, 0, 0],
    gru: [1, 0, 0],
    rnn: [0],
    'depth-gated': [0, 1, 0, 0, 0],
    clockwork: [0],
  };
  const biased = parameters.filter(
    ({ name }) => /\.bias$/.test(name) && !/conv|output|highway/.test(name),
  );
  const expected = ({ name, shape }: { name: string; shape: readonly number[] }, bias: number) => {
    const [kind, layer] = name.replace('char.', '').split('.');
    const gates = keeping[kind === 'depth-gated' && layer === '0' ? 'peephole' : kind!]!;
    return gates.flatMap((x) => Array<number>(shape[0]! / gates.length).fill(x * bias));
  };

  it.each(biased)('$name begins at 1, all else at 0', (parameter) => {
    expect([...parameter.values].map((x) => x + 0)).toEqual(expected(parameter, 1));
  });

  it('has the given value', () => {
    for (const spec of biased) {
      const values = initialise(spec, Math.random, { forgetBias: 2.5 });
      expect([...values].map((x) => x + 0)).toEqual(expected(spec, 2.5).map((x) => x + 0));
    }
  });
});

it('the bias of a highway gate begins at -1, whatever the forget bias', () => {
  const highways = parameters.filter(({ name }) => /^highway.*bias$/.test(name));
  expect(highways.length).toBeGreaterThan(0);
  for (const spec of highways)
    for (const forgetBias of [0, 1, 2.5]) {
      const values = initialise(spec, Math.random, { forgetBias });
      expect([...values]).toEqual(Array<number>(34).fill(-1));
    }
});

it.each(of('constant').filter(({ forget, value }) => !forget && value === undefined))(
  '$name is 0',
  ({ values }) => {
    expect(values.every((x) => Object.is(x, 0))).toBe(true);
  },
);
