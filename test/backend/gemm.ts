import { expect, it } from 'vitest';
import type { Address, Kernels } from '../../src/backend/kernels.ts';
import { transposed } from '../oracle/arrays.ts';
import { expectClose, type Tolerance } from '../oracle/close.ts';
import { matmul } from '../oracle/matmul.ts';
import { rng } from '../oracle/rng.ts';
import type { Piece, Sheet } from './sheet.ts';

const NONE: Address = 0;

/** An implementation of matrix products, and the sizes to test. */
export interface Products {
  readonly kernels: Kernels;
  readonly sheet: Sheet;
  /** B (K, N), packed by its kernel; `turn`: from its transpose. */
  readonly pack: (B: Float64Array, K: number, N: number, turn: boolean) => Piece;
  /** Random factors. */
  readonly numbers: (random: ReturnType<typeof rng>, size: number) => Float64Array;
  readonly tolerance: (K: number) => Tolerance;
  readonly Ms: readonly number[];
  readonly Ns: readonly number[];
  readonly Ks: readonly number[];
  /** M, N and K of a product with many tiles. */
  readonly large: readonly [number, number, number];
}

/** Tests that every implementation must pass. */
export function testGemm({ kernels, sheet, pack, numbers, tolerance, ...sizes }: Products): void {
  it.each(sizes.Ms)('C (M, N) = A B, M=%i', (M) => {
    for (const N of sizes.Ns) {
      for (const K of sizes.Ks) {
        const random = rng(M * 10_000 + N * 100 + K);
        const [A, B] = [numbers(random, M * K), numbers(random, K * N)];
        const [bias, C] = [numbers(random, N), numbers(random, M * N)];
        const product = matmul(A, B, { M, N, K });
        // A third of the variants: over all sizes, each variant meets every M, every N and every K.
        for (let variant = (M + N + K) % 3; variant < 8; variant += 3) {
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
          expectClose(c.values(), expected, { ...tolerance(K), name });
        }
      }
    }
  });

  it('a row does not depend on the other rows, bit for bit', () => {
    const [M, N, K] = sizes.large;
    const random = rng(7);
    const [A, B, C] = [random.array(M * K), random.array(K * N), random.array(M * N)];
    for (const add of [0, 1] as const) {
      sheet.clear();
      const packed = pack(B, K, N, false);
      const all = add ? sheet.changed(C) : sheet.output(M * N);
      const a = sheet.input(A);
      kernels.gemm(all.at, a.at, packed.at, NONE, M, N, K, K, 1, N, add);
      const rows = Array.from({ length: M }, (_, m) => {
        const row = add ? sheet.changed(C.slice(m * N, (m + 1) * N)) : sheet.output(N);
        kernels.gemm(row.at, a.at + m * K * 4, packed.at, NONE, 1, N, K, K, 1, N, add);
        return row.values();
      });
      sheet.verify();
      expect(rows.flat()).toEqual(all.values());
    }
  });

  it('writes nothing without rows, and the bias without inner columns', () => {
    sheet.clear();
    const c = sheet.output(6);
    const [a, packed, bias] = [sheet.input([1]), sheet.input([1]), sheet.input([4, 5, 6])];
    kernels.gemm(c.at, a.at, packed.at, NONE, 0, 3, 1, 1, 1, 3, 0);
    expect(c.values()).toEqual(Array(6).fill(Number.NaN));
    kernels.gemm(c.at, a.at, packed.at, bias.at, 2, 3, 0, 1, 1, 3, 0);
    sheet.verify();
    expect(c.values()).toEqual([4, 5, 6, 4, 5, 6]);
  });
}
