import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { hasBfloat16, openBackend, packedSize } from '../../src/backend/backend.ts';
import { bfloatToFloat, floatToBfloat } from '../../src/model/half.ts';
import { transposed } from '../oracle/arrays.ts';
import { rng } from '../oracle/rng.ts';
import { testGemm } from './gemm.ts';
import { openLevel } from './levels.ts';
import { type Piece, Sheet } from './sheet.ts';

const arena = new Arena(131_072);
arena.reserve(2 ** 24);
const sheet = new Sheet(arena, 131_072);
const NONE = 0;

/** Random numbers that are exact in bfloat16: then products are exact too, and only sums round. */
const random16 = (random: ReturnType<typeof rng>, size: number): Float64Array =>
  Float64Array.from(bfloatToFloat(floatToBfloat(Float32Array.from(random.array(size)))));

it('is refused by machines and backends that do not have it', () => {
  expect(() => openBackend({ backend: 'wasm', products: 'bfloat16' })).toThrow(
    'bfloat16 products need',
  );
  if (!hasBfloat16())
    expect(() => openBackend({ products: 'bfloat16' })).toThrow('bfloat16 products need');
});

describe.runIf(hasBfloat16())('products in bfloat16', () => {
  if (!hasBfloat16()) return; // vitest collects skipped tests too
  const { kernels, panelWidth } = openLevel('amx', arena.memory);
  const tilesOf = (K: number, N: number): number => Math.ceil(K / 32) * Math.ceil(N / 16) * 256;

  function pack(B: Float64Array, K: number, N: number, turn: boolean): Piece {
    const packed = sheet.output(tilesOf(K, N));
    const b = sheet.input(turn ? transposed(B, K, N) : B);
    kernels.gemm_pack(packed.at, b.at, K, N, turn ? 1 : N, turn ? K : 1);
    return packed;
  }

  it('fit into the space of single precision', () => {
    for (let K = 1; K < 200; K++)
      for (let N = 1; N < 100; N++)
        expect(tilesOf(K, N)).toBeLessThanOrEqual(packedSize(panelWidth, K, N));
  });

  it('are the same for a matrix and its stored transpose', () => {
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

  testGemm({
    kernels,
    sheet,
    pack,
    numbers: random16,
    tolerance: (K) => ({ abs: 4e-6 * Math.sqrt(K), rel: 1e-6 }),
    Ms: [1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 50, 70],
    Ns: [1, 5, 15, 16, 17, 31, 32, 33, 50],
    Ks: [1, 2, 5, 31, 32, 33, 100, 520],
    large: [45, 53, 529],
  });

  it('round factors to the nearest of 8 bits', () => {
    sheet.clear();
    const c = sheet.output(2);
    const a = sheet.input([1 + 2 ** -8 + 2 ** -9, 1 + 2 ** -9]);
    const packed = pack(Float64Array.of(1), 1, 1, false);
    kernels.gemm(c.at, a.at, packed.at, NONE, 2, 1, 1, 1, 1, 1, 0);
    expect(c.values()).toEqual([1 + 2 ** -7, 1]);
  });

  it('do not hide NaN', () => {
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
