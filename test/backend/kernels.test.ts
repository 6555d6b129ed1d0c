import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { packedSize } from '../../src/backend/backend.ts';
import { halfToFloat, lastHalf } from '../../src/model/half.ts';
import { roundToFloat32, transposed } from '../oracle/arrays.ts';
import {
  charConvolutionBackward,
  charConvolutionForward,
  type Words,
} from '../oracle/characters.ts';
import { expectClose, type Tolerance } from '../oracle/close.ts';
import { crossEntropy } from '../oracle/loss.ts';
import { matmul } from '../oracle/matmul.ts';
import { adamStep, adamStepRows, sgdStep } from '../oracle/optimizers.ts';
import { packingOfLengths, sentenceRows } from '../oracle/packing.ts';
import { rng } from '../oracle/rng.ts';
import { randomWords } from '../oracle/samples.ts';
import { testGemm } from './gemm.ts';
import { allKernels, header, plainKernels } from './interface.ts';
import { type Level, levelNames, openLevel } from './levels.ts';
import { expectedMask } from './masks.ts';
import { type Piece, Sheet } from './sheet.ts';

// Float32 kernels against float64 oracles that start from the same float32 values. Kernels that only move or add numbers
// in a fixed order are compared exactly, by repeating their float32 additions.
const tolerance = {
  gemm: { abs: 4e-6, rel: 1e-6 },
  charConvolution: { abs: 2e-6, rel: 1e-6 },
  softmax: { abs: 1e-7, rel: 4e-7 },
  sumSquares: { abs: 0, rel: 3e-7 },
  sgd: { abs: 1e-7, rel: 3e-7 },
  adam: { abs: 1e-7, rel: 3e-7 },
  joint: { abs: 1e-6, rel: 1e-6 },
  tanh: { abs: 0, rel: 5e-7 },
  exp: { abs: 2e-38, rel: 6e-7 },
} satisfies Record<string, Tolerance>;

const arena = new Arena(131_072);
arena.reserve(2 ** 24);
const levels = levelNames.map((name) => openLevel(name, arena.memory));
const sheet = new Sheet(arena, 131_072);
const NONE = 0;

const fround = Math.fround;
const random32 = (random: ReturnType<typeof rng>, size: number, scale = 1): Float64Array =>
  roundToFloat32(random.array(size, scale));

/** B (K, N), packed by the level's kernel; `turn`: from its transpose. */
function pack(level: Level, B: Float64Array, K: number, N: number, turn = false): Piece {
  const packed = sheet.output(Math.ceil(N / level.panelWidth) * level.panelWidth * K);
  const b = sheet.input(turn ? transposed(B, K, N) : B);
  level.kernels.gemm_pack(packed.at, b.at, K, N, turn ? 1 : N, turn ? K : 1);
  return packed;
}

/** Sums in float32, one addition after the other. */
const sum32 = (start: number, terms: readonly number[]): number =>
  terms.reduce((sum, term) => fround(sum + term), fround(start));

it('has the levels of this processor', () => {
  expect(levels.length).toBeGreaterThan(0);
  for (const { panelWidth } of levels) expect([8, 16, 24, 48]).toContain(panelWidth);
  const widths = levels.map(({ name, panelWidth }) => `${name} ${panelWidth}`);
  expect(new Set(widths).size).toBe(levels.length);
});

describe('the sheet', () => {
  it('finds writes outside of outputs', () => {
    const write = (at: number, value: number): void => {
      arena.f32(at, 1)[0] = value;
    };
    const attempt = (stray: (a: Piece, b: Piece) => void): (() => void) => {
      sheet.clear();
      const a = sheet.input([1, 2]);
      const b = sheet.output(4, { columns: 2, ld: 3 });
      stray(a, b);
      return () => sheet.verify();
    };
    expect(attempt((_, b) => write(b.at, 1))).not.toThrow();
    expect(attempt((a) => write(a.at, 3))).toThrow('array 0 (input)');
    expect(attempt((a) => write(a.at - 4, 1))).toThrow('word at -1');
    expect(attempt((_, b) => write(b.at + 8, 1))).toThrow('array 1 (output): the word at 2 of 5');
    expect(attempt((_, b) => write(b.at + 20, 1))).toThrow('word at 5 of 5');
  });

  it('has NaN in outputs that are not written', () => {
    sheet.clear();
    expect(sheet.output(2).values()).toEqual([Number.NaN, Number.NaN]);
  });
});

describe.each(levels)('$name', (level) => {
  const { kernels, panelWidth } = level;

  describe('gemm_pack', () => {
    const sizes = [1, 3, 7, 8, 16, 17, 47, 48, 49];
    const cases = [1, 3, 5, 17].flatMap((K) => sizes.map((N) => ({ K, N })));
    it.each(cases)('packs B ($K, $N) into panels, also from its transpose', ({ K, N }) => {
      const random = rng(K * 100 + N);
      const B = random32(random, K * N);
      const panels = Math.ceil(N / panelWidth);
      const expected = Array.from({ length: panels * K * panelWidth }, (_, i) => {
        const k = Math.floor(i / panelWidth) % K;
        const n = Math.floor(i / (panelWidth * K)) * panelWidth + (i % panelWidth);
        return n < N ? B[k * N + n]! : 0;
      });
      expect(expected.length).toBeLessThanOrEqual(packedSize(panelWidth, K, N));
      sheet.clear();
      const plain = sheet.output(expected.length);
      const wide = sheet.input(B, { columns: N, ld: N + 5 });
      kernels.gemm_pack(plain.at, wide.at, K, N, N + 5, 1);
      const turned = sheet.output(expected.length);
      const tall = sheet.input(transposed(B, K, N), { columns: K, ld: K + 2 });
      kernels.gemm_pack(turned.at, tall.at, K, N, 1, K + 2);
      sheet.verify();
      expect(plain.values()).toEqual(expected);
      expect(turned.values()).toEqual(expected);
    });
  });

  describe('gemm', () => {
    testGemm({
      kernels,
      sheet,
      pack: (...B) => pack(level, ...B),
      numbers: random32,
      tolerance: () => tolerance.gemm,
      Ms: [1, 2, 3, 5, 7, 8, 9, 17, 33],
      Ns: [1, 3, 5, 7, 8, 15, 16, 17, 33, 47, 48, 49, 97],
      Ks: [1, 3, 8, 17, 33],
      large: [19, 53, 29],
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY])('does not hide %f, not even behind 0', (x) => {
      const [M, N, K] = [9, 50, 5];
      const at = { a: 3 * K + 2, b: 4 * N + 49 };
      const A = new Float64Array(M * K).fill(0);
      const B = new Float64Array(K * N).fill(0);
      A[at.a] = x;
      sheet.clear();
      const inA = sheet.output(M * N);
      kernels.gemm(inA.at, sheet.input(A).at, pack(level, B, K, N).at, NONE, M, N, K, K, 1, N, 0);
      A[at.a] = 0;
      B[at.b] = x;
      const inB = sheet.output(M * N);
      kernels.gemm(inB.at, sheet.input(A).at, pack(level, B, K, N).at, NONE, M, N, K, K, 1, N, 0);
      inA.values().forEach((value, i) => {
        expect(value).toBe(Math.floor(i / N) === 3 ? Number.NaN : 0);
      });
      inB.values().forEach((value, i) => {
        expect(value).toBe(i % N === 49 ? Number.NaN : 0);
      });
    });
  });

  describe('column_sums', () => {
    it.each([1, 3, 17, 49])('accumulates the sums of columns, N=%i', (N) => {
      for (const M of [0, 1, 3, 8, 33]) {
        const random = rng(M * 100 + N);
        const [x, start] = [random32(random, M * N), random32(random, N)];
        sheet.clear();
        const sums = sheet.changed(start);
        kernels.column_sums(sums.at, sheet.input(x, { columns: N, ld: N + 4 }).at, M, N, N + 4);
        sheet.verify();
        const column = (n: number) => Array.from({ length: M }, (_, m) => x[m * N + n]!);
        expect(sums.values()).toEqual(Array.from(start, (s, n) => sum32(s, column(n))));
      }
    });
  });

  describe('rows', () => {
    it.each([1, 3, 7, 17])('gathers, adds and sums rows of %i', (D) => {
      for (const n of [0, 1, 3, 8, 33]) {
        const random = rng(D * 100 + n);
        const V = 6;
        const [table, rows] = [random32(random, V * D), random32(random, n * D)];
        const ids = random.integers(n, V);
        sheet.clear();
        const idsAt = sheet.integers(ids).at;
        const out = sheet.output(n * D, { columns: D, ld: D + 2 });
        kernels.rows_gather(out.at, sheet.input(table).at, idsAt, n, D, D + 2);
        const added = sheet.changed(table);
        const rowsAt = sheet.input(rows, { columns: D, ld: D + 3 }).at;
        kernels.rows_scatter_add(added.at, rowsAt, idsAt, n, D, D + 3);
        const members = Array.from({ length: V }, (_, v) =>
          [...ids.keys()].filter((r) => ids[r] === v).reverse(),
        );
        const offsets = members.map((_, v) => members.slice(0, v).flat().length);
        const sums = sheet.output(V * D);
        const segments = [sheet.integers([...offsets, n]), sheet.integers(members.flat())] as const;
        kernels.segment_sum(sums.at, rowsAt, segments[0].at, segments[1].at, V, D, D + 3);
        sheet.verify();
        const gathered = [...ids].flatMap((id) => [...table.slice(id * D, (id + 1) * D)]);
        expect(out.values()).toEqual(gathered);
        const total = (start: ArrayLike<number>, order: (v: number) => number[]) =>
          Array.from({ length: V * D }, (_, i) => {
            const terms = order(Math.floor(i / D)).map((r) => rows[r * D + (i % D)]!);
            return sum32(start[i]!, terms);
          });
        expect(added.values()).toEqual(total(table, (v) => [...members[v]!].reverse()));
        expect(sums.values()).toEqual(total(new Float64Array(V * D), (v) => members[v]!));
      }
    });
  });

  it.each([1, 3, 8, 17])('segment_scatter_add adds to every member of a bag, D=%i', (D) => {
    const random = rng(D);
    const [V, offsets] = [5, [0, 3, 3, 4, 8]]; // the second bag is empty
    const members = [4, 0, 4, 2, 1, 1, 1, 0];
    const [table, dout] = [random32(random, V * D), random32(random, 4 * D)];
    sheet.clear();
    const added = sheet.changed(table);
    const segments = [sheet.integers(offsets).at, sheet.integers(members).at] as const;
    kernels.segment_scatter_add(added.at, sheet.input(dout).at, ...segments, 4, D);
    sheet.verify();
    const bagOf = [0, 0, 0, 2, 3, 3, 3, 3];
    const expected = Array.from(table, (x, i) =>
      sum32(
        x,
        members.flatMap((v, m) =>
          v === Math.floor(i / D) ? [dout[bagOf[m]! * D + (i % D)]!] : [],
        ),
      ),
    );
    expect(added.values()).toEqual(expected);
  });

  describe('joins', () => {
    const merges = [
      ['sum', 0, (f: number, b: number) => fround(f + b), () => [1, 1]],
      ['mean', 1, (f: number, b: number) => fround(f + b) / 2, () => [0.5, 0.5]],
      ['product', 2, (f: number, b: number) => fround(f * b), (f: number, b: number) => [b, f]],
    ] as const;
    it.each(merges)('merge by %s, forward and backward', (_, how, merge, slopes) => {
      for (const [N, H] of [
        [0, 3],
        [1, 1],
        [3, 3],
        [5, 8],
        [2, 17],
      ] as const) {
        const random = rng(N * 100 + H);
        const [h, d] = [random32(random, N * 2 * H), random32(random, N * H)];
        sheet.clear();
        const [out, dh] = [sheet.output(N * H), sheet.output(N * 2 * H)];
        const hAt = sheet.input(h).at;
        kernels.merge_forward(out.at, hAt, N, H, how);
        kernels.merge_backward(dh.at, sheet.input(d).at, hAt, N, H, how);
        sheet.verify();
        const of = (n: number, j: number): [number, number] => [
          h[n * 2 * H + j]!,
          h[n * 2 * H + H + j]!,
        ];
        out.values().forEach((x, i) => {
          expect(x).toBe(merge(...of(Math.floor(i / H), i % H)));
        });
        dh.values().forEach((x, i) => {
          const [n, j] = [Math.floor(i / (2 * H)), i % H];
          const slope = slopes(...of(n, j))[Math.floor(i / H) % 2]!;
          expect(x).toBe(fround(slope * d[n * H + j]!));
        });
      }
    });

    const sizes = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33];

    it('add accumulates', () => {
      for (const n of sizes) {
        const random = rng(n);
        const [x, y] = [random32(random, n), random32(random, n)];
        sheet.clear();
        const sum = sheet.changed(x);
        kernels.add(sum.at, sheet.input(y).at, n);
        sheet.verify();
        expect(sum.values()).toEqual(Array.from(x, (value, i) => fround(value + y[i]!)));
      }
    });

    it('highway: t y + (1 - t) x, and its gradients, also in place', () => {
      for (const n of sizes.slice(1)) {
        const random = rng(n);
        const [a, y, x, dout] = Array.from({ length: 4 }, () => random32(random, n)) as [
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
        ];
        sheet.clear();
        const [out, t] = [sheet.output(n), sheet.changed(a)];
        const [yAt, xAt] = [sheet.input(y).at, sheet.input(x).at];
        kernels.highway_forward(out.at, t.at, yAt, xAt, n);
        const [dt, dy, dx] = [sheet.output(n), sheet.output(n), sheet.output(n)];
        const [dt2, dy2, both] = [sheet.output(n), sheet.output(n), sheet.changed(dout)];
        kernels.highway_backward(dt.at, dy.at, dx.at, sheet.input(dout).at, t.at, yAt, xAt, n);
        kernels.highway_backward(dt2.at, dy2.at, both.at, both.at, t.at, yAt, xAt, n);
        sheet.verify();
        const T = a.map((value) => 1 / (1 + Math.exp(-value)));
        const near = (piece: Piece, name: string, of: (i: number) => number): void =>
          expectClose(piece.values(), Array.from(x.keys(), of), { ...tolerance.joint, name });
        near(t, 't', (i) => T[i]!);
        near(out, 'out', (i) => T[i]! * y[i]! + (1 - T[i]!) * x[i]!);
        near(dt, 'dt', (i) => dout[i]! * (y[i]! - x[i]!) * T[i]! * (1 - T[i]!));
        near(dy, 'dy', (i) => dout[i]! * T[i]!);
        near(dx, 'dx', (i) => dout[i]! * (1 - T[i]!));
        expect([dt2, dy2, both].map((piece) => piece.values())).toEqual(
          [dt, dy, dx].map((piece) => piece.values()),
        );
      }
    });

    it('tanh and its backward', () => {
      for (const n of sizes.slice(1)) {
        const random = rng(n);
        const [x, d] = [random32(random, n, 3), random32(random, n)];
        sheet.clear();
        const [y, dx] = [sheet.changed(x), sheet.changed(d)];
        kernels.tanh_forward(y.at, n);
        kernels.tanh_backward(dx.at, y.at, n);
        sheet.verify();
        expectClose(y.values(), x.map(Math.tanh), { ...tolerance.tanh, name: 'y' });
        const expected = d.map((value, i) => value * (1 - Math.tanh(x[i]!) ** 2));
        expectClose(dx.values(), expected, { ...tolerance.joint, name: 'dx' });
      }
    });

    it('do not hide NaN', () => {
      const at = 5;
      const x = Array.from({ length: 9 }, (_, i) => (i === at ? Number.NaN : i / 9));
      sheet.clear();
      const pieces = [x, x].map((values) => sheet.changed(values));
      const out = sheet.output(9);
      const zeros = sheet.input(Array(9).fill(0)).at;
      kernels.tanh_forward(pieces[0]!.at, 9);
      kernels.highway_forward(out.at, pieces[1]!.at, zeros, zeros, 9);
      for (const { values } of [...pieces, out])
        expect(values().map(Number.isNaN)).toEqual(x.map(Number.isNaN));
    });
  });

  describe('character convolution', () => {
    function run(options: {
      words: Words;
      table: Float64Array; // (C, width F)
      bias: Float64Array;
      width: number;
      dy: Float64Array;
    }) {
      const { words, table, bias, width, dy } = options;
      const F = bias.length;
      const n = words.starts.length - 1;
      sheet.clear();
      const out = sheet.output(n * F, { columns: F, ld: F + 3 });
      const argmax = sheet.integerOutput(n * F);
      const places = [sheet.integers(words.ids).at, sheet.integers(words.starts).at] as const;
      const inputs = [sheet.input(table).at, sheet.input(bias).at] as const;
      kernels.char_conv_forward(out.at, argmax.at, ...inputs, ...places, n, F, width, F + 3);
      const dtable = sheet.changed(new Float64Array(table.length));
      const dbias = sheet.changed(bias);
      const dyAt = sheet.input(dy, { columns: F, ld: F + 1 }).at;
      const gradients = [dtable.at, dbias.at] as const;
      kernels.char_conv_backward(...gradients, dyAt, argmax.at, ...places, n, F, width, F + 1);
      sheet.verify();
      return {
        out: out.values(),
        argmax: argmax.values(),
        dtable: Float64Array.from(dtable.values()),
        dbias: dbias.values(),
      };
    }

    const shapes = [1, 3, 5].flatMap((width) => [1, 3, 8, 17, 33].map((F) => ({ width, F })));
    const kinds = [
      { kind: 'whole numbers, exactly, with ties', whole: true },
      { kind: 'normal values', whole: false },
    ];
    const cases = shapes.flatMap((shape) => kinds.map((kind) => ({ ...shape, ...kind })));
    it.each(cases)('agrees with the oracle: width $width, F=$F, $kind', ({ width, F, whole }) => {
      const random = rng(width * 100 + F);
      const [C, E] = [5, 3];
      const lengths = [1, 7, 2, 3, 1, 5, 8, 4, 17];
      const words = randomWords(random, lengths, C);
      const draw = (size: number): Float64Array =>
        whole ? Float64Array.from(random.integers(size, 5), (x) => x - 2) : random32(random, size);
      const [embedding, kernel, bias] = [draw(C * E), draw(width * E * F), draw(F)];
      const dy = draw(lengths.length * F);
      // table[c] = E[c] K with K as (E, width F)
      const K = Float64Array.from({ length: kernel.length }, (_, i) => {
        const [e, k, f] = [Math.floor(i / (width * F)), Math.floor(i / F) % width, i % F];
        return kernel[(k * E + e) * F + f]!;
      });
      const table = roundToFloat32(matmul(embedding, K, { M: C, N: width * F, K: E }));
      const actual = run({ words, table, bias, width, dy });
      const weights = { width, embedding, kernel, bias };
      const states = charConvolutionForward(words, weights);
      const expected = charConvolutionBackward({ dy, words, weights, states });
      const allowed = whole ? { abs: 0, rel: 0 } : tolerance.charConvolution;
      expectClose(actual.out, states.y, { ...allowed, name: 'y' });
      const fromStart = actual.argmax.map((p, i) => p - words.starts[Math.floor(i / F)]!);
      expect(fromStart).toEqual([...states.argmax]);
      const sizes = { M: C, N: width * F, K: E };
      const dE = matmul(actual.dtable, K, { M: C, N: E, K: sizes.N, transposeB: true });
      expectClose(dE, expected.dembedding, { ...allowed, name: 'dE' });
      const dK = matmul(embedding, actual.dtable, { M: E, N: sizes.N, K: C, transposeA: true });
      const dkernel = Float64Array.from({ length: dK.length }, (_, i) => {
        const [k, e, f] = [Math.floor(i / (E * F)), Math.floor(i / F) % E, i % F];
        return dK[(e * width + k) * F + f]!;
      });
      expectClose(dkernel, expected.dkernel, { ...allowed, name: 'dkernel' });
      const dbias = expected.dbias.map((d, f) => d + bias[f]!); // accumulated
      expectClose(actual.dbias, dbias, { ...allowed, name: 'dbias' });
    });

    it('the first of equal positions wins', () => {
      const words: Words = { ids: [0, 1, 0, 1], starts: [0, 4] };
      const table = Float64Array.of(-6, 6);
      const options = { words, table, bias: Float64Array.of(0.5), width: 1 };
      const { out, argmax, dtable } = run({ ...options, dy: Float64Array.of(10) });
      expect([out, argmax, [...dtable]]).toEqual([[6.5], [1], [0, 10]]);
    });
  });

  it('character convolution does not hide NaN', () => {
    const words: Words = { ids: [0, 1, 2, 1], starts: [0, 3, 4] };
    const table = Float64Array.of(Number.NaN, 1, 1, 1, 1, 1); // (3, F = 2)
    sheet.clear();
    const [out, argmax] = [sheet.output(4), sheet.integerOutput(4)];
    const inputs = [sheet.input(table).at, sheet.input([0, 0]).at] as const;
    const places = [sheet.integers(words.ids).at, sheet.integers(words.starts).at] as const;
    kernels.char_conv_forward(out.at, argmax.at, ...inputs, ...places, 2, 2, 1, 2);
    expect(out.values()).toEqual([Number.NaN, 1, 1, 1]);
    expect(argmax.values().slice(1)).toEqual([0, 3, 3]);
  });

  describe('dropout', () => {
    const draw = (n: number, keep: number, seed: number, stream: number): number[] => {
      sheet.clear();
      const mask = sheet.output(n);
      kernels.dropout_mask(mask.at, n, keep, seed, stream);
      sheet.verify();
      return mask.values();
    };

    it.each([0.1, 0.5, 0.75, 1])('keeps a fraction of %f, scaled by its inverse', (keep) => {
      const n = 40_000;
      const mask = draw(n, keep, 7, 3);
      const scale = fround(1 / fround(keep));
      expect(mask.filter((x) => x !== 0 && x !== scale)).toEqual([]);
      const share = mask.filter((x) => x === scale).length / n;
      expect(Math.abs(share - keep)).toBeLessThanOrEqual(4 * Math.sqrt((keep * (1 - keep)) / n));
    });

    it('follows its definition, so a longer mask begins with a shorter one', () => {
      for (const [keep, seed, stream] of [
        [0.5, 1, 0],
        [0.7, -5, 64],
        [0.9, 0x7fffffff, 1_000_000],
      ] as const) {
        const mask = draw(1000, keep, seed, stream);
        expect(mask).toEqual([...expectedMask({ n: 1000, keep, seed, stream })]);
        for (const n of [0, 1, 7, 33])
          expect(draw(n, keep, seed, stream)).toEqual(mask.slice(0, n));
      }
    });

    it('takes seeds and streams of more than 31 bits modulo 2^32', () => {
      const options = { n: 100, keep: 0.5, seed: 0xfedcba98, stream: 2 ** 31 + 7 };
      expect(draw(100, 0.5, options.seed, options.stream)).toEqual([...expectedMask(options)]);
    });

    it('different seeds and streams give different masks', () => {
      const masks = [draw(4000, 0.5, 1, 0), draw(4000, 0.5, 2, 0), draw(4000, 0.5, 1, 1)];
      for (const [a, b] of [
        [0, 1],
        [0, 2],
        [1, 2],
      ] as const) {
        const equal = masks[a]!.filter((x, i) => x === masks[b]![i]).length;
        expect(Math.abs(equal - 2000)).toBeLessThan(4 * Math.sqrt(1000));
      }
    });

    it('applies the mask of a sentence to all of its steps', () => {
      for (const D of [1, 3, 17]) {
        const { N, T, B, rows, ...packing } = packingOfLengths([5, 3, 3, 1]);
        const random = rng(D);
        const [x, mask] = [random32(random, N * D), roundToFloat32(random.mask(B * D, 0.3))];
        sheet.clear();
        const y = sheet.changed(x, { columns: D, ld: D + 2 });
        kernels.dropout_apply(y.at, sheet.input(mask).at, sheet.integers(rows).at, T, D, D + 2);
        sheet.verify();
        const expected = x.slice();
        for (let b = 0; b < B; b++)
          for (const row of sentenceRows({ N, T, B, rows, ...packing }, b))
            for (let j = 0; j < D; j++)
              expected[row * D + j] = fround(x[row * D + j]! * mask[b * D + j]!);
        expect(y.values()).toEqual([...expected]);
      }
    });
  });

  describe('softmax_cross_entropy', () => {
    function run(options: {
      logits: ArrayLike<number>;
      gold: ArrayLike<number>;
      sets?: ArrayLike<number> | undefined;
      weights?: ArrayLike<number> | undefined;
      scale?: number;
      smoothing?: number;
      before?: number;
    }): { loss: number; dlogits: number[] } {
      const { logits, gold, sets, weights, scale = 1, smoothing = 0, before = 0 } = options;
      const N = gold.length;
      sheet.clear();
      const loss = sheet.changed([before]);
      const dlogits = sheet.output(logits.length);
      const given = (values: ArrayLike<number> | undefined) =>
        values ? sheet.input(values).at : 0;
      const known = [sheet.integers(gold).at, given(sets), given(weights)] as const;
      const inputs = [sheet.input(logits).at, ...known] as const;
      const sizes = [N, logits.length / N, scale, smoothing] as const;
      kernels.softmax_cross_entropy(loss.at, dlogits.at, ...inputs, ...sizes);
      sheet.verify();
      return { loss: loss.values()[0]!, dlogits: dlogits.values() };
    }

    const cases = [1, 3, 5, 7, 8, 16, 17, 33, 49].flatMap((K) =>
      [0, 0.1].map((smoothing) => ({ K, smoothing })),
    );
    it.each(cases)('agrees with the oracle, K=$K, smoothing $smoothing', ({ K, smoothing }) => {
      for (const N of [1, 3, 8, 17]) {
        for (const spread of [1, 30]) {
          const random = rng(K * 100 + N);
          const logits = random32(random, N * K, spread);
          const gold = random.integers(N, K).map((id, n) => (n % 3 === 1 ? -1 - (n % 2) : id));
          const expected = crossEntropy({ logits, gold, smoothing: fround(smoothing) });
          const scale = 1 / expected.counted;
          const { loss, dlogits } = run({ logits, gold, scale, smoothing, before: 2.5 });
          const name = `N=${N} spread ${spread}`;
          const { softmax } = tolerance;
          expectClose(loss, 2.5 + expected.loss, { ...softmax, name: `loss ${name}` });
          expectClose(dlogits, expected.dlogits, { ...softmax, name: `dlogits ${name}` });
          for (let n = 1; n < N; n += 3)
            expect(dlogits.slice(n * K, (n + 1) * K)).toEqual(Array(K).fill(0));
        }
      }
    });

    it.each(cases)(
      'agrees with the oracle for sets of tags, K=$K, smoothing $smoothing',
      (options) => {
        const { K, smoothing } = options;
        const [N, S] = [13, 4];
        for (const spread of [1, 30]) {
          const random = rng(K);
          const logits = random32(random, N * K, spread);
          const sets = random.integers(S * K, 2);
          for (let i = 0; i < S; i++) sets[i * K + random.integer(K)] = 1;
          const gold = Array.from({ length: N }, (_, n) =>
            n % 4 === 1 ? random.integer(K) : -1 - random.integer(S + 1),
          );
          for (const weights of [undefined, random32(random, K).map((w) => Math.abs(w) + 0.5)]) {
            const known = { logits, gold, sets, weights };
            const expected = crossEntropy({ ...known, smoothing: fround(smoothing) });
            const scale = 1 / expected.counted;
            const { loss, dlogits } = run({ ...known, scale, smoothing, before: 2.5 });
            expectClose(loss, 2.5 + expected.loss, tolerance.softmax);
            expectClose(dlogits, expected.dlogits, tolerance.softmax);
          }
        }
      },
    );

    it('is finite for huge logits inside and outside of a set', () => {
      const logits = [30_000, -1000, -1001, 0, 30_000, 29_999];
      const sets = [0, 1, 1];
      const { loss, dlogits } = run({ logits, gold: [-2, -2], sets });
      const expected = crossEntropy({ logits: Float64Array.from(logits), gold: [-2, -2], sets });
      expectClose(loss, expected.loss * 2, tolerance.softmax);
      expectClose(
        dlogits,
        expected.dlogits.map((d) => d * 2),
        tolerance.softmax,
      );
    });

    it('is finite for huge logits', () => {
      const logits = [1000, -1000, 0, -30_000, 30_000, 29_999];
      const gold = [1, 2];
      const { loss, dlogits } = run({ logits, gold });
      const expected = crossEntropy({ logits: Float64Array.from(logits), gold });
      expectClose(loss, expected.loss * 2, tolerance.softmax);
      expectClose(
        dlogits,
        expected.dlogits.map((d) => d * 2),
        tolerance.softmax,
      );
    });

    it('ignores rows without a gold tag', () => {
      const { loss, dlogits } = run({ logits: [1, 2, 3, 4], gold: [-1, -2], before: 0.5 });
      expect(loss).toBe(0.5);
      expect(dlogits).toEqual([0, 0, 0, 0]);
    });

    it('exp stays within its error from -100 to 0', () => {
      const xs: number[] = [0, -1e-6];
      for (let x = -100; x <= 0; x += 1 / 32) xs.push(x);
      const { dlogits } = run({ logits: xs.flatMap((x) => [0, x]), gold: xs.map(() => 0) });
      const p = xs.map((_, n) => dlogits[n * 2 + 1]!);
      const expected = xs.map((x) => Math.exp(x) / (1 + Math.exp(x)));
      expectClose(p, expected, tolerance.exp);
    });

    it.each([0, 1, 5])('does not hide NaN at logit %i', (at) => {
      const logits = [1, 2, 3, 4, 5, 6, 7, 8];
      logits[at] = Number.NaN;
      const { loss, dlogits } = run({ logits: [...logits, ...Array(8).fill(1)], gold: [3, 0] });
      expect(loss).toBeNaN();
      expect(dlogits.slice(0, 8)).toEqual(Array(8).fill(Number.NaN));
      expect(dlogits.slice(8)).not.toContain(Number.NaN);
    });
  });

  it('argmax is the first maximum', () => {
    const best = (logits: number[], K: number): number[] => {
      sheet.clear();
      const out = sheet.integerOutput(logits.length / K);
      kernels.argmax(out.at, sheet.input(logits).at, logits.length / K, K);
      sheet.verify();
      return out.values();
    };
    expect(best([1, 3, 3, -1, -2, -1, 0, 0, 0, 1, 2, 3], 3)).toEqual([1, 0, 0, 2]);
    expect(best([5, -5], 1)).toEqual([0, 0]);
    const random = rng(1);
    const logits = [...random32(random, 33 * 17)];
    const rows = Array.from({ length: 33 }, (_, n) => logits.slice(n * 17, (n + 1) * 17));
    expect(best(logits, 17)).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
  });

  it.each([1, 3, 8, 17, 33])('sum_shards adds %i numbers in order and clears the shards', (n) => {
    for (const S of [1, 2, 4]) {
      const shards = random32(rng(n + S), S * n);
      sheet.clear();
      const out = sheet.output(n);
      const input = sheet.changed(shards, { columns: n, ld: n + 6 });
      kernels.sum_shards(out.at, input.at, S, n + 6, n);
      sheet.verify();
      const terms = (i: number) => Array.from({ length: S }, (_, s) => shards[s * n + i]!);
      expect(out.values()).toEqual(Array.from({ length: n }, (_, i) => sum32(0, terms(i))));
      expect(input.values()).toEqual(Array(S * n).fill(0));
    }
  });

  it('measure accumulates squares in a double and keeps the greatest magnitude', () => {
    const out = arena.f64(131_072 - 64, 2);
    for (const n of [0, 1, 3, 5, 7, 8, 15, 16, 17, 33, 255, 256, 1023, 1024, 1025, 5000]) {
      const x = random32(rng(n), n);
      sheet.clear();
      out.set([0.25, 0.125]);
      kernels.measure(out.byteOffset, sheet.input(x).at, n);
      sheet.verify();
      const expected = x.reduce((sum, value) => sum + value * value, 0.25);
      expectClose(out[0]!, expected, { ...tolerance.sumSquares, name: `n=${n}` });
      expect(out[1]).toBe(Math.max(0.125, ...x.map(Math.abs)));
    }
    out[0] = 0;
    kernels.measure(out.byteOffset, sheet.input([1, Number.NaN, 2]).at, 3);
    expect(out[0]).toBeNaN();
  });

  it('widen_halves is exact for every number in binary16', () => {
    const every = Uint16Array.from({ length: 65_536 }, (_, half) => half);
    for (const n of [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100, 65_536]) {
      const halves = every.subarray(-n || 65_536);
      const values = arena.f32(131_072, n + 1).fill(7);
      lastHalf(values.subarray(0, n)).set(halves);
      kernels.widen_halves(values.byteOffset, n);
      const bytes = Buffer.from(values.slice(0, n).buffer);
      expect(bytes.equals(Buffer.from(halfToFloat(halves).buffer)), `${n} numbers`).toBe(true);
      expect(values[n], 'the number behind them').toBe(7);
    }
  });

  describe('optimizers', () => {
    const shapes = [1, 3, 8, 17, 33].flatMap((D) => [false, true].map((rows) => ({ D, rows })));
    const setting = (D: number, rows: boolean, limit: number) => {
      const random = rng(D);
      const V = 7;
      const used = rows ? [4, 0, 6] : Array.from({ length: V }, (_, v) => v);
      const g = random32(random, used.length * D);
      const whole = new Float64Array(V * D);
      const scale = fround(0.75);
      used.forEach((row, r) => {
        for (let j = 0; j < D; j++) {
          const scaled = fround(g[r * D + j]! * scale);
          whole[row * D + j] = Math.min(limit, Math.max(-limit, scaled));
        }
      });
      const [w, m] = [random32(random, V * D), random32(random, V * D)];
      const v = roundToFloat32(random.array(V * D).map((x) => x * x));
      return { V, used, g, whole, scale, w, m, v };
    };
    /** Rows that are not in `used` have exactly the values `before`. */
    const expectOthers = (
      values: number[],
      before: Float64Array,
      { used, D }: { used: number[]; D: number },
    ): void => {
      values.forEach((value, i) => {
        if (!used.includes(Math.floor(i / D))) expect(value).toBe(before[i]);
      });
    };

    it.each(shapes)('sgd, D=$D, rows only: $rows', ({ D, rows }) => {
      for (const [decay, limit] of [
        [0, Number.POSITIVE_INFINITY],
        [0.01, 0.5],
      ] as const) {
        const { used, g, whole, scale, w, m } = setting(D, rows, limit);
        sheet.clear();
        const [weights, velocity] = [sheet.changed(w), sheet.changed(m)];
        const ids = rows ? sheet.integers(used).at : NONE;
        const sizes = [used.length, D, scale, limit, 0.1, 0.9, decay] as const;
        kernels.sgd(weights.at, velocity.at, sheet.input(g).at, ids, ...sizes);
        sheet.verify();
        const [expectedW, expectedV] = [w.slice(), m.slice()];
        sgdStep({ w: expectedW, v: expectedV, g: whole, lr: fround(0.1), momentum: fround(0.9) });
        expectedW.forEach((x, i) => {
          const touched = used.includes(Math.floor(i / D));
          expectedW[i] = touched ? x - fround(0.1) * fround(decay) * w[i]! : w[i]!;
          if (!touched) expectedV[i] = m[i]!;
        });
        expectClose(weights.values(), expectedW, { ...tolerance.sgd, name: 'w' });
        expectClose(velocity.values(), expectedV, { ...tolerance.sgd, name: 'v' });
        expectOthers(weights.values(), w, { used, D });
        expectOthers(velocity.values(), m, { used, D });
      }
    });

    it.each(shapes)('adam, D=$D, rows only: $rows', ({ D, rows }) => {
      for (const [step, decay] of [
        [1, 0],
        [5, 0.01],
        [100_000, 0],
      ] as const) {
        const limit = step === 5 ? 0.5 : Number.POSITIVE_INFINITY;
        const { used, g, whole, scale, w, m, v } = setting(D, rows, limit);
        sheet.clear();
        const all = [sheet.changed(w), sheet.changed(m), sheet.changed(v)] as const;
        const ids = rows ? sheet.integers(used).at : NONE;
        const [beta1, beta2] = [fround(0.9), fround(0.999)];
        const corrections = [1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step)] as const;
        const rates = [scale, limit, 0.01, beta1, beta2, 1e-8, ...corrections, decay] as const;
        const [a, b, c] = all;
        kernels.adam(a.at, b.at, c.at, sheet.input(g).at, ids, used.length, D, ...rates);
        sheet.verify();
        const expected = [w.slice(), m.slice(), v.slice()] as const;
        const options = {
          w: expected[0],
          m: expected[1],
          v: expected[2],
          g: whole,
          step,
          lr: fround(0.01),
          beta1,
          beta2,
          epsilon: fround(1e-8),
          decay: fround(decay),
        };
        if (rows) adamStepRows({ ...options, rows: used, D });
        else adamStep(options);
        for (const [i, name] of ['w', 'm', 'v'].entries()) {
          const where = `${name}, step ${step}, decay ${decay}`;
          expectClose(all[i]!.values(), expected[i]!, { ...tolerance.adam, name: where });
          expectOthers(all[i]!.values(), [w, m, v][i]!, { used, D });
        }
      }
    });

    it('do not hide NaN', () => {
      sheet.clear();
      const w = [sheet.changed([1, 1]), sheet.changed([1, 1])] as const;
      const state = [sheet.changed([0, 0]), sheet.changed([0, 0]), sheet.changed([0, 0])] as const;
      const g = sheet.input([Number.NaN, 1]).at;
      kernels.sgd(w[0].at, state[0].at, g, NONE, 1, 2, 1, Number.POSITIVE_INFINITY, 0.1, 0, 0);
      const rates = [1, Number.POSITIVE_INFINITY, 0.1, 0.9, 0.999, 1e-8, 10, 1000, 0] as const;
      kernels.adam(w[1].at, state[1].at, state[2].at, g, NONE, 1, 2, ...rates);
      for (const { values } of w) {
        expect(values()[0]).toBeNaN();
        expect(values()[1]).toBeCloseTo(0.9, 5);
      }
    });
  });

  it('fma_peak computes all operations that it counts', () => {
    sheet.clear();
    const lanes = { wasm: 4, base: 4, avx2: 8, avx512: 16 }[level.name]!;
    const out = sheet.changed([0.5, 1, ...Array(lanes - 2).fill(0)]);
    kernels.fma_peak(out.at, 3);
    sheet.verify();
    const sums = Array.from({ length: 12 }, (_, j) => ((j * 0.5 + 1) * 0.5 + 1) * 0.5 + 1);
    expect(out.values()).toEqual(Array(lanes).fill(sums.reduce((a, b) => a + b)));
  });
});

describe('levels agree', () => {
  // Each level is within a tolerance of the oracle, so two levels are within twice that. In fact they are closer.
  const compare = (name: string, run: (level: Level) => number[], allowed: Tolerance): void => {
    it(name, () => {
      const [first, ...others] = levels.map((level) => ({ level, values: run(level) }));
      for (const { level, values } of others)
        expectClose(values, first!.values, { ...allowed, name: `${level.name} and wasm` });
    });
  };
  const [M, N, K] = [37, 61, 43];
  const random = rng(41);
  const A = random32(random, M * K);
  const B = random32(random, K * N);

  compare(
    'gemm',
    (level) => {
      sheet.clear();
      const c = sheet.output(M * N);
      const packed = pack(level, B, K, N);
      level.kernels.gemm(c.at, sheet.input(A).at, packed.at, NONE, M, N, K, K, 1, N, 0);
      return c.values();
    },
    tolerance.gemm,
  );
  compare(
    'softmax',
    (level) => {
      sheet.clear();
      const [loss, dlogits] = [sheet.changed([0]), sheet.output(M * K)];
      const gold = sheet.integers(rng(8).integers(M, K)).at;
      const inputs = [sheet.input(A).at, gold, 0, 0] as const;
      level.kernels.softmax_cross_entropy(loss.at, dlogits.at, ...inputs, M, K, 1, 0.1);
      return [...loss.values(), ...dlogits.values()];
    },
    tolerance.softmax,
  );
});

describe('the interface', () => {
  const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  it('is the same in kernels.h and kernels.ts, to the number of arguments', () => {
    const source = read('src/backend/kernels.ts');
    const typed = [
      ...source.matchAll(/^ {2}(\w+)\(([^)]*)\): void;$/gm),
      ...source.matchAll(/^type Recurrence(\w+) = \(([^)]*)\) => void;$/gm),
    ].map(([, name, args]) => `${name!.toLowerCase()} ${args!.split(':').length - 1}`);
    const declared = [...header.matchAll(/^ {2}X\((?:cell##_)?(\w+),\s*\(([PIF,]+)\)/gm)].map(
      ([, name, kinds]) => `${name} ${kinds!.split(',').length}`,
    );
    expect(typed.toSorted()).toEqual(declared.toSorted());
  });

  it.each(levels)('is complete in $name', ({ kernels }) => {
    for (const name of allKernels) expect(kernels).toHaveProperty(name, expect.any(Function));
  });

  it('has a test for each kernel', () => {
    // crf.test.ts calls most of its kernels through the functions of the CRF's decoder
    const files = ['backend/kernels', 'backend/crf', 'embedding/kernels'].map(
      (name) => `test/${name}.test.ts`,
    );
    const tests = [...files, 'src/network/layers/decoders/crf.ts'].map(read).join();
    expect(plainKernels.filter((name) => !tests.includes(`kernels.${name}(`))).toEqual([]);
  });
});
