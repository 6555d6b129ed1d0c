import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { hasBfloat16, openBackend, packedSize } from '../../src/backend/backend.ts';
import { bfloatToFloat, floatToBfloat } from '../../src/model/half.ts';
import { expectClose } from '../oracle/close.ts';
import { matmul } from '../oracle/matmul.ts';
import { rng } from '../oracle/rng.ts';
import { openLevel } from './levels.ts';
import { type Piece, Sheet } from './sheet.ts';

const arena = new Arena(131_072);
arena.reserve(2 ** 24);
const sheet = new Sheet(arena, 131_072);
const NONE = 0;

/** Numbers that bfloat16 has, so that every product is exact and only sums round. */
const random16 = (random: ReturnType<typeof rng>, size: number): Float64Array =>
  Float64Array.from(bfloatToFloat(floatToBfloat(Float32Array.from(random.array(size)))));

function transposed(A: Float64Array, rows: number, columns: number): Float64Array {
  return A.map((_, i) => A[(i % rows) * columns + Math.floor(i / rows)]!);
}

it('is refused by machines and backends that have it not', () => {
  expect(() => openBackend({ backend: 'wasm', products: 'bfloat16' })).toThrow('--bfloat16');
  if (!hasBfloat16()) expect(() => openBackend({ products: 'bfloat16' })).toThrow('--bfloat16');
});

describe.runIf(hasBfloat16())('products in bfloat16', () => {
  if (!hasBfloat16()) return; // what is not run is still read
  const { kernels, panelWidth } = openLevel('amx', arena.memory);
  const tilesOf = (K: number, N: number): number => Math.ceil(K / 32) * Math.ceil(N / 16) * 256;

  function pack(B: Float64Array, K: number, N: number, turn: boolean): Piece {
    const packed = sheet.output(tilesOf(K, N));
    const b = sheet.input(turn ? transposed(B, K, N) : B);
    kernels.gemm_pack(packed.at, b.at, K, N, turn ? 1 : N, turn ? K : 1);
    return packed;
  }

  it('fit where those of single precision do', () => {
    for (let K = 1; K < 200; K++)
      for (let N = 1; N < 100; N++)
        expect(tilesOf(K, N)).toBeLessThanOrEqual(packedSize(panelWidth, K, N));
  });

  it('come out the same from either way to store a factor', () => {
    for (const [K, N] of [
      [1, 1],
      [2, 17],
      [31, 16],
      [32, 15],
      [33, 33],
      [70, 40],
    ] as const) {
      sheet.clear();
      const B = random16(rng(K), K * N);
      const [plain, turned] = [pack(B, K, N, false), pack(B, K, N, true)];
      sheet.verify();
      const bits = ({ at }: Piece): Int32Array => arena.i32(at, tilesOf(K, N));
      expect(bits(turned)).toEqual(bits(plain));
    }
  });

  it.each([1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 50, 70])('C (M, N) = A B, M=%i', (M) => {
    for (const N of [1, 5, 15, 16, 17, 31, 32, 33, 50]) {
      for (const K of [1, 2, 5, 31, 32, 33, 100, 520]) {
        const random = rng(M * 10_000 + N * 100 + K);
        const [A, B] = [random16(random, M * K), random16(random, K * N)];
        const [bias, C] = [random16(random, N), random16(random, M * N)];
        const product = matmul(A, B, { M, N, K });
        for (let variant = 0; variant < 8; variant++) {
          const [turn, biased, add] = [variant & 1, variant & 2, variant & 4].map(Boolean);
          sheet.clear();
          const packed = pack(B, K, N, biased!);
          const a = turn
            ? sheet.input(transposed(A, M, K), { columns: M, ld: M + 3 })
            : sheet.input(A, { columns: K, ld: K + 2 });
          const b = biased ? sheet.input(bias).at : NONE;
          const shape = { columns: N, ld: biased ? N + 3 : N };
          const c = add ? sheet.changed(C, shape) : sheet.output(M * N, shape);
          const [row, column] = turn ? ([1, M + 3] as const) : ([K + 2, 1] as const);
          kernels.gemm(c.at, a.at, packed.at, b, M, N, K, row, column, shape.ld, add ? 1 : 0);
          sheet.verify();
          const expected = product.map(
            (x, i) => x + (biased ? bias[i % N]! : 0) + (add ? C[i]! : 0),
          );
          const name = `C, N=${N} K=${K} variant ${variant}`;
          expectClose(c.values(), expected, { abs: 4e-6 * Math.sqrt(K), rel: 1e-6, name });
        }
      }
    }
  });

  it('round their factors to 8 bits, to the nearest', () => {
    sheet.clear();
    const c = sheet.output(2);
    const a = sheet.input([1 + 2 ** -8 + 2 ** -9, 1 + 2 ** -9]);
    const packed = pack(Float64Array.of(1), 1, 1, false);
    kernels.gemm(c.at, a.at, packed.at, NONE, 2, 1, 1, 1, 1, 1, 0);
    expect(c.values()).toEqual([1 + 2 ** -7, 1]);
  });

  it('have rows that do not depend on the rows beside them, bit for bit', () => {
    const [M, N, K] = [45, 53, 529];
    const random = rng(7);
    const [A, B, C] = [M * K, K * N, M * N].map((size) => random.array(size)) as Float64Array[];
    for (const add of [0, 1] as const) {
      sheet.clear();
      const packed = pack(B!, K, N, false);
      const all = add ? sheet.changed(C!) : sheet.output(M * N);
      const a = sheet.input(A!);
      kernels.gemm(all.at, a.at, packed.at, NONE, M, N, K, K, 1, N, add);
      const rows = Array.from({ length: M }, (_, m) => {
        const row = add ? sheet.changed(C!.slice(m * N, (m + 1) * N)) : sheet.output(N);
        kernels.gemm(row.at, a.at + m * K * 4, packed.at, NONE, 1, N, K, K, 1, N, add);
        return row.values();
      });
      sheet.verify();
      expect(rows.flat()).toEqual(all.values());
    }
  });

  it('write nothing without rows, and the bias without inner columns', () => {
    sheet.clear();
    const c = sheet.output(6);
    const [a, packed, bias] = [sheet.input([1]), sheet.input([1]), sheet.input([4, 5, 6])];
    kernels.gemm(c.at, a.at, packed.at, NONE, 0, 3, 1, 1, 1, 3, 0);
    expect(c.values()).toEqual(Array(6).fill(Number.NaN));
    kernels.gemm(c.at, a.at, packed.at, bias.at, 2, 3, 0, 1, 1, 3, 0);
    sheet.verify();
    expect(c.values()).toEqual([4, 5, 6, 4, 5, 6]);
  });

  it('hide no NaN', () => {
    sheet.clear();
    const A = new Float64Array(20 * 3);
    A[17 * 3 + 1] = Number.NaN;
    const c = sheet.output(20 * 5);
    const packed = pack(new Float64Array(15), 3, 5, false);
    kernels.gemm(c.at, sheet.input(A).at, packed.at, NONE, 20, 5, 3, 3, 1, 5, 0);
    c.values().forEach((value, i) => {
      expect(value).toBe(Math.floor(i / 5) === 17 ? Number.NaN : 0);
    });
  });
});
