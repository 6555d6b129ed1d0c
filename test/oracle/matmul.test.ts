import { describe, expect, it } from 'vitest';
import { concatColumns, dot, splitColumns } from './arrays.ts';
import { expectClose } from './close.ts';
import { dropoutBackward, dropoutForward } from './dropout.ts';
import { expectGradient } from './gradient.ts';
import { denseBackward, denseForward, matmul, matmulBackward } from './matmul.ts';
import { rng } from './rng.ts';

const flags = [false, true];
const sizes = [
  [1, 1, 1],
  [3, 5, 7],
  [7, 1, 3],
  [1, 7, 5],
  [5, 3, 1],
] as const;

const transpose = (A: Float64Array, rows: number) => {
  const columns = A.length / rows;
  return Float64Array.from(A, (_, i) => A[(i % rows) * columns + Math.floor(i / rows)]!);
};

describe('matmul', () => {
  it('multiplies a known example', () => {
    const A = Float64Array.of(1, 2, 3, 4, 5, 6); // (2, 3)
    const B = Float64Array.of(7, 8, 9, 10, 11, 12); // (3, 2)
    expect([...matmul(A, B, { M: 2, N: 2, K: 3 })]).toEqual([58, 64, 139, 154]);
  });

  it('takes each operand transposed', () => {
    const random = rng(1);
    const [M, N, K] = [3, 5, 7];
    const A = random.array(M * K);
    const B = random.array(K * N);
    const C = matmul(A, B, { M, N, K });
    for (const transposeA of flags) {
      for (const transposeB of flags) {
        const a = transposeA ? transpose(A, M) : A;
        const b = transposeB ? transpose(B, K) : B;
        expect(matmul(a, b, { M, N, K, transposeA, transposeB })).toEqual(C);
      }
    }
  });

  it('rejects operands of another size', () => {
    expect(() => matmul(new Float64Array(5), new Float64Array(6), { M: 2, N: 2, K: 3 })).toThrow(
      'A: 5 values, expected 6',
    );
  });

  it('rejects a bias that does not fit its weights', () => {
    const [W, b] = [new Float64Array(6), new Float64Array(4)];
    expect(() => denseForward(new Float64Array(3), { W, b })).toThrow('K: 1.5');
  });

  it.each(sizes)('has the gradient of finite differences, M=%i N=%i K=%i', (M, N, K) => {
    for (const transposeA of flags) {
      for (const transposeB of flags) {
        const random = rng(M * 100 + N * 10 + K);
        const options = { M, N, K, transposeA, transposeB };
        const A = random.array(M * K);
        const B = random.array(K * N);
        const dC = random.array(M * N);
        const { dA, dB } = matmulBackward(dC, A, B, options);
        expectGradient({
          loss: () => dot(matmul(A, B, options), dC),
          variables: { A, B },
          gradients: { A: dA, B: dB },
        });
      }
    }
  });
});

describe('dense', () => {
  it.each(sizes)('has the gradient of finite differences, N=%i D=%i K=%i', (N, D, K) => {
    const random = rng(N + D + K);
    const x = random.array(N * D);
    const weights = { W: random.array(D * K), b: random.array(K) };
    const dy = random.array(N * K);
    const { dx, dW, db } = denseBackward({ dy, x, weights });
    expectGradient({
      loss: () => dot(denseForward(x, weights), dy),
      variables: { x, ...weights },
      gradients: { x: dx, W: dW, b: db },
    });
  });
});

describe('dropout', () => {
  it('has the gradient of finite differences', () => {
    const random = rng(3);
    const x = random.array(15);
    const mask = random.mask(15, 0.4);
    const dy = random.array(15);
    expectGradient({
      loss: () => dot(dropoutForward(x, mask), dy),
      variables: { x },
      gradients: { x: dropoutBackward(dy, mask) },
    });
    expectClose(
      dropoutForward(
        x,
        x.fill(1).map(() => 1),
      ),
      x,
      { abs: 0, rel: 0 },
    );
  });
});

describe('columns', () => {
  it('are joined and split', () => {
    const joined = concatColumns([Float64Array.of(1, 2), Float64Array.of(3, 4, 5, 6)], [1, 2]);
    expect([...joined]).toEqual([1, 3, 4, 2, 5, 6]);
    expect(splitColumns(joined, [1, 2]).map((part) => [...part])).toEqual([
      [1, 2],
      [3, 4, 5, 6],
    ]);
  });
});
