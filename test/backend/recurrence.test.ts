import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { packedSize } from '../../src/backend/backend.ts';
import type { Recurrence } from '../../src/backend/kernels.ts';
import { clearUphill, moduleOf, ticks } from '../../src/network/cells/clockwork.ts';
import { type Cell, cellNames, cellOf } from '../../src/network/cells/index.ts';
import { roundToFloat32, transposed } from '../oracle/arrays.ts';
import { type Cell as OracleCell, cellOf as oracleCellOf } from '../oracle/cells.ts';
import { expectClose, type Tolerance } from '../oracle/close.ts';
import { matmul } from '../oracle/matmul.ts';
import { type Packing, packingOfLengths, sentenceRows } from '../oracle/packing.ts';
import {
  agesOf,
  type RecurrentGradients,
  type RecurrentStates,
  recurrenceBackward,
  recurrenceForward,
} from '../oracle/recurrence.ts';
import { type Rng, rng } from '../oracle/rng.ts';
import { recurrences } from './interface.ts';
import { type Level, levelNames, openLevel } from './levels.ts';
import { type Piece, Sheet } from './sheet.ts';

// Every cell at every instruction-set level against the oracle: float32 against float64, from the same float32 values.
// Backward starts from what forward has saved.
const tolerance = {
  forward: { abs: 2e-6, rel: 1e-6 },
  backward: { abs: 4e-6, rel: 2e-6 },
  sigmoid: { abs: 1e-37, rel: 6e-7 },
  tanh: { abs: 0, rel: 5e-7 },
} satisfies Record<string, Tolerance>;

const arena = new Arena(131_072);
arena.reserve(2 ** 23);
const levels = levelNames.map((name) => openLevel(name, arena.memory));
const sheet = new Sheet(arena, 131_072);
const NONE = 0;
const periods = [1, 2, 3];

interface Kind {
  name: Recurrence;
  cell: Cell;
  oracle: OracleCell;
}
const kinds = new Map<Recurrence, Kind>();
for (const cell of cellNames)
  for (const activation of ['tanh', 'relu'] as const)
    for (const layer of [0, 1]) {
      const ours = cellOf({ cell, activation }, layer);
      const oracle = oracleCellOf({ cell, activation, periods }, layer);
      kinds.set(ours.kernels, { name: ours.kernels, cell: ours, oracle });
    }

const random32 = (random: Rng, size: number, scale = 1): Float64Array =>
  roundToFloat32(random.array(size, scale));

interface Setting extends Kind {
  packing: Packing;
  H: number;
  reverse: boolean;
  /** (N, G H) */
  P: Float64Array;
  weights: {
    U: Float64Array;
    peephole?: Float64Array | undefined;
    candidate?: Float64Array | undefined;
  };
  mask: Float64Array | undefined;
  truncationMask: Float64Array | undefined;
  below: Float64Array | undefined;
  /** (N), of a clockwork network. */
  clocks: number[] | undefined;
  dh: Float64Array;
  dcAbove: Float64Array | undefined;
}

interface Variant {
  reverse: boolean;
  mask: boolean;
  truncationMask: boolean;
}
const variants: readonly Variant[] = [
  { reverse: false, mask: false, truncationMask: false },
  { reverse: true, mask: true, truncationMask: false },
  { reverse: false, mask: true, truncationMask: true },
  { reverse: true, mask: false, truncationMask: true },
];
const plain = variants[0]!;

function createSetting(
  kind: Kind,
  { H, lengths, variant }: { H: number; lengths: readonly number[]; variant: Variant },
): Setting {
  const { cell, oracle } = kind;
  const { gates: G, recurrent: R, peepholes = 0 } = cell;
  const packing = packingOfLengths(lengths);
  const { N, B } = packing;
  const random = rng(H * 100 + lengths.length);
  const size = 1 / Math.sqrt(H);
  const U = random32(random, H * R * H, size);
  if (cell.clocked) {
    const cleared = Float32Array.from(U);
    clearUphill(cleared, { H, modules: periods.length });
    U.set(cleared);
  }
  const P = random32(random, N * G * H);
  const ages = agesOf(packing, variant.reverse);
  return {
    ...kind,
    packing,
    H,
    reverse: variant.reverse,
    P,
    weights: {
      U,
      peephole: peepholes > 0 ? random32(random, peepholes * H) : undefined,
      candidate: cell.reset ? random32(random, H * H, size) : undefined,
    },
    mask: variant.mask ? roundToFloat32(random.mask(B * H, 0.4)) : undefined,
    truncationMask: variant.truncationMask
      ? random32(random, N).map((k, n) => (n % 3 === 0 ? 0 : k))
      : undefined,
    below: cell.readsLowerState ? random32(random, N * H) : undefined,
    clocks: cell.clocked ? Array.from(ages, (age) => ticks(age, periods)) : undefined,
    dh: random32(random, N * H),
    // only cells with a cell state have a gradient of it from another layer
    dcAbove: oracle.peepholes > 0 ? random32(random, N * H) : undefined,
  };
}

const oracleOptions = ({ oracle: cell, packing, reverse, mask, below, weights }: Setting) => ({
  cell,
  packing,
  reverse,
  mask,
  below,
  weights,
});

// The oracle's results, which all levels share.
const known = new Map<string, { states: RecurrentStates; gradients: RecurrentGradients }>();
function expected(s: Setting): { states: RecurrentStates; gradients: RecurrentGradients } {
  const key = JSON.stringify([
    s.name,
    s.H,
    s.packing.lengths,
    s.reverse,
    !!s.mask,
    !!s.truncationMask,
  ]);
  let both = known.get(key);
  if (!both) {
    const states = recurrenceForward({ ...oracleOptions(s), P: s.P });
    const { dh, dcAbove: dc, truncationMask } = s;
    const gradients = recurrenceBackward({
      ...oracleOptions(s),
      dh,
      dc,
      links: truncationMask,
      states,
    });
    both = { states, gradients };
    known.set(key, both);
  }
  return both;
}

/** The state before each row, after the mask (N, H); 0 at the beginning of a sentence. */
function previousStates(h: Float64Array, { packing, H, reverse, mask }: Setting): Float64Array {
  const previous = new Float64Array(h.length); // (N, H)
  for (let b = 0; b < packing.B; b++) {
    const steps = sentenceRows(packing, b);
    if (reverse) steps.reverse();
    steps.slice(1).forEach((row, s) => {
      for (let j = 0; j < H; j++)
        previous[row * H + j] = h[steps[s]! * H + j]! * (mask ? mask[b * H + j]! : 1);
    });
  }
  return previous;
}

/** B (K, N) packed by the level's own kernel. */
function pack({ kernels, panelWidth }: Level, B: Float64Array, K: number, N: number): Piece {
  const packed = sheet.output(packedSize(panelWidth, K, N));
  kernels.gemm_pack(packed.at, sheet.input(B).at, K, N, N, 1);
  return packed;
}

/** Arguments that all three kernels take. */
function place({ cell, packing, weights, H, clocks, below }: Setting) {
  const modules = Array.from(
    { length: H },
    (_, unit) => 1 << moduleOf(unit, { H, modules: periods.length }),
  );
  return {
    batchSizes: sheet.integers(packing.rows).at,
    perUnit: cell.clocked
      ? sheet.integers(modules).at
      : weights.peephole
        ? sheet.input(weights.peephole).at
        : NONE,
    perRow: clocks ? sheet.integers(clocks).at : below ? sheet.input(below).at : NONE,
  };
}

function forward(level: Level, s: Setting, { ldh = s.H } = {}) {
  const { name, cell, packing, H, P, weights, mask, reverse } = s;
  const { N, T } = packing;
  const out = {
    h: sheet.output(N * H, { columns: H, ld: ldh }),
    saved: sheet.output(N * cell.saved * H),
    c: sheet.output(N * H),
    hPrev: sheet.output(N * H),
    reset: sheet.output(cell.reset ? N * H : 0),
    pre: sheet.changed(P),
  };
  const { batchSizes, perUnit, perRow } = place(s);
  level.kernels[`${name}_forward`](
    out.h.at,
    out.saved.at,
    out.c.at,
    out.hPrev.at,
    cell.reset ? out.reset.at : NONE,
    out.pre.at,
    pack(level, weights.U, H, cell.recurrent * H).at,
    weights.candidate ? pack(level, weights.candidate, H, H).at : NONE,
    perUnit,
    perRow,
    mask ? sheet.input(mask).at : NONE,
    batchSizes,
    T,
    H,
    ldh,
    reverse ? 1 : 0,
  );
  sheet.verify();
  return out;
}

function infer(
  level: Level,
  s: Setting,
  options: { table: Float64Array; ids?: ArrayLike<number>; ld: number; withState: boolean },
): { h: number[]; c: number[] } {
  const { name, cell, packing, H, weights, reverse } = s;
  const { table, ids, ld, withState } = options;
  const { N, T, B } = packing;
  const G = cell.gates;
  const h = sheet.output(N * H, { columns: H, ld: 2 * H });
  const c = sheet.output(N * H);
  const scratch = sheet.output(B * (G + 3) * H);
  const { batchSizes, perUnit, perRow } = place(s);
  level.kernels[`${name}_infer`](
    h.at,
    withState ? c.at : NONE,
    scratch.at,
    sheet.input(table, { columns: G * H, ld }).at,
    ids ? sheet.integers(ids).at : NONE,
    pack(level, weights.U, H, cell.recurrent * H).at,
    weights.candidate ? pack(level, weights.candidate, H, H).at : NONE,
    perUnit,
    perRow,
    batchSizes,
    T,
    H,
    ld,
    2 * H,
    reverse ? 1 : 0,
  );
  sheet.verify();
  return { h: h.values(), c: c.values() };
}

function backward(
  level: Level,
  s: Setting,
  options: {
    states: ReturnType<typeof forward>;
    before: Float64Array;
    ldd?: number;
    withTotal: boolean;
  },
) {
  const { name, cell, packing, H, weights, mask, truncationMask, below, dh, dcAbove, reverse } = s;
  const { states, before, ldd = H, withTotal } = options;
  const { N, T, B } = packing;
  const R = cell.recurrent;
  const out = {
    dpre: sheet.output(N * cell.gates * H),
    dperRow: sheet.output(below ? N * H : 0),
    dperUnit: sheet.changed(before),
    dhTotal: sheet.output(withTotal ? N * H : 0),
  };
  const scratch = sheet.output(B * 4 * H);
  const { batchSizes, perUnit, perRow } = place(s);
  level.kernels[`${name}_backward`](
    out.dpre.at,
    below ? out.dperRow.at : NONE,
    weights.peephole ? out.dperUnit.at : NONE,
    withTotal ? out.dhTotal.at : NONE,
    scratch.at,
    sheet.input(dh, { columns: H, ld: ldd }).at,
    dcAbove ? sheet.input(dcAbove).at : NONE,
    states.saved.at,
    states.c.at,
    states.hPrev.at,
    pack(level, transposed(weights.U, H, R * H), R * H, H).at,
    weights.candidate ? pack(level, transposed(weights.candidate, H, H), H, H).at : NONE,
    perUnit,
    perRow,
    mask ? sheet.input(mask).at : NONE,
    truncationMask ? sheet.input(truncationMask).at : NONE,
    batchSizes,
    T,
    H,
    ldd,
    reverse ? 1 : 0,
  );
  sheet.verify();
  return out;
}

/** A ragged batch in every variant, and for each size another shape of batch in one of them. */
const shapes = [[1], [1, 1, 1], [5], [3, 3, 3, 3, 3, 2, 2, 1, 1, 1]];
const cases = [1, 3, 7, 8, 16, 17, 33].flatMap((H, i) => [
  ...variants.map((variant) => ({ H, lengths: [7, 5, 5, 3, 1], variant })),
  { H, lengths: shapes[i % shapes.length]!, variant: variants[(i + 1) % variants.length]! },
]);

it('has all recurrences', () => {
  expect([...kinds.keys()].sort()).toEqual([...recurrences].sort());
  const oracle = ({ oracle: { gates, recurrent, peepholes } }: Kind) => [
    gates,
    recurrent,
    peepholes,
  ];
  for (const kind of kinds.values())
    expect([kind.cell.gates, kind.cell.recurrent, kind.cell.peepholes ?? 0]).toEqual(oracle(kind));
});

describe.each(levels)('$name', (level) => {
  /** Calls `test` for every case, on an empty sheet. */
  function each(kind: Kind, test: (setting: Setting, where: string) => void): void {
    for (const one of cases) {
      sheet.clear();
      test(createSetting(kind, one), JSON.stringify(one));
    }
  }

  it.each([...kinds.values()])('$name runs forward', (kind) => {
    each(kind, (s, where) => {
      const { cell, packing, H, weights, P } = s;
      const { N } = packing;
      const G = cell.gates;
      const out = forward(level, s, { ldh: s.reverse ? 2 * H + 1 : H });
      const { states } = expected(s);
      const close = (name: 'h' | 'c' | 'hPrev' | 'pre', values: ArrayLike<number>): void =>
        expectClose(out[name].values(), values, {
          ...tolerance.forward,
          name: `${name}, ${where}`,
        });
      close('h', states.h);
      close('c', states.c.some((c) => c !== 0) ? states.c : states.h); // cells without a cell state keep h in c
      const hPrev = previousStates(states.h, s);
      close('hPrev', hPrev);
      const R = cell.recurrent;
      const sums = [
        { at: 0, width: R * H, product: matmul(hPrev, weights.U, { M: N, N: R * H, K: H }) },
      ];
      if (weights.candidate) {
        const reset = hPrev.map(
          (h, i) => h * states.gates[(Math.floor(i / H) * G + 1) * H + (i % H)]!,
        );
        expectClose(out.reset.values(), reset, { ...tolerance.forward, name: `reset, ${where}` });
        const product = matmul(reset, weights.candidate, { M: N, N: H, K: H });
        sums.push({ at: R * H, width: H, product });
      }
      const pre = P.slice();
      for (const { at, width, product } of sums)
        product.forEach((x, i) => {
          pre[Math.floor(i / width) * G * H + at + (i % width)]! += x;
        });
      close('pre', pre);
      expect(out.saved.values().every(Number.isFinite)).toBe(true);
    });
  });

  it.each([...kinds.values()])('$name infers the same, bit for bit', (kind) => {
    each(kind, (setting, where) => {
      if (setting.truncationMask) return; // concerns backward alone
      const { cell, packing, H, P } = setting;
      const s = { ...setting, mask: undefined };
      const trained = forward(level, s);
      const [h, c] = [trained.h.values(), trained.c.values()];
      const random = rng(H);
      const width = cell.gates * H;
      const ids = random.integers(packing.N, packing.N + 3);
      const table = random32(random, (packing.N + 3) * width);
      const direct = infer(level, s, { table: P, ld: width, withState: false });
      expect([where, direct.h]).toEqual([where, h]);
      expect(infer(level, s, { table: P, ld: width, withState: true })).toEqual({ h, c });
      // rows of a table, in any order
      const chosen = Float64Array.from(P, (_, i) => {
        return table[ids[Math.floor(i / width)]! * width + (i % width)]!;
      });
      const other = forward(level, { ...s, P: chosen });
      const byId = infer(level, s, { table, ids, ld: width + 6, withState: s.reverse });
      expect([where, byId.h]).toEqual([where, other.h.values()]);
    });
  });

  it.each([...kinds.values()])('$name runs backward', (kind) => {
    each(kind, (s, where) => {
      const { H, weights, reverse } = s;
      const states = forward(level, s);
      const before = random32(rng(H), weights.peephole?.length ?? 0);
      const ldd = reverse ? 2 * H : H;
      const out = backward(level, s, { states, before, ldd, withTotal: true });
      const { gradients } = expected(s);
      const close = (
        name: 'dpre' | 'dperRow' | 'dperUnit' | 'dhTotal',
        values: ArrayLike<number>,
      ): void =>
        expectClose(out[name].values(), values, {
          ...tolerance.backward,
          name: `${name}, ${where}`,
        });
      close('dpre', gradients.dP);
      close('dhTotal', gradients.dhTotal);
      if (gradients.dbelow) close('dperRow', gradients.dbelow);
      if (gradients.dpeephole)
        close(
          'dperUnit',
          gradients.dpeephole.map((d, i) => before[i]! + d),
        );
      const withoutTotal = backward(level, s, { states, before, withTotal: false });
      expect(withoutTotal.dpre.values()).toEqual(out.dpre.values());
    });
  });

  it.each([...kinds.values()])('$name does nothing over no steps', (kind) => {
    sheet.clear();
    const nothing = sheet.integers([]).at;
    const [a, b] = [sheet.input([1]).at, sheet.input([1]).at];
    const { kernels } = level;
    const states = [a, a, a, a, a, a, NONE, NONE, b, b, NONE] as const;
    kernels[`${kind.name}_forward`](...states, nothing, 0, 3, 3, 0);
    kernels[`${kind.name}_infer`](a, a, a, b, NONE, NONE, NONE, b, b, nothing, 0, 3, 12, 3, 1);
    const gradients = [a, a, a, a, a, b, NONE, b, b, b] as const;
    const others = [NONE, NONE, b, b, NONE, NONE] as const;
    kernels[`${kind.name}_backward`](...gradients, ...others, nothing, 0, 3, 3, 1);
    sheet.verify();
  });

  it.each([...kinds.values()])('$name keeps NaN in its sentence, and does not hide it', (kind) => {
    const [H, lengths] = [17, [4, 3, 2]];
    for (const reverse of [false, true]) {
      sheet.clear();
      const s = createSetting(kind, { H, lengths, variant: { ...plain, reverse } });
      const width = kind.cell.gates * H;
      const rows = sentenceRows(s.packing, 1);
      const [first, last] = [rows.at(reverse ? -1 : 0)!, rows.at(reverse ? 0 : -1)!];
      const P = s.P.slice().fill(Number.NaN, first * width, (first + 1) * width);
      const states = forward(level, { ...s, P });
      const h = states.h.values();
      h.forEach((x, i) => {
        expect(Number.isNaN(x)).toBe(rows.includes(Math.floor(i / H)));
      });
      expect(infer(level, s, { table: P, ld: width, withState: true })).toEqual({
        h,
        c: states.c.values(),
      });
      // backward from the last token of the recurrence
      sheet.clear();
      const dh = s.dh.slice().fill(Number.NaN, last * H, (last + 1) * H);
      const before = new Float64Array(s.weights.peephole?.length ?? 0);
      const healthy = forward(level, s);
      const out = backward(level, { ...s, dh }, { states: healthy, before, withTotal: true });
      out.dhTotal.values().forEach((x, i) => {
        const row = Math.floor(i / H);
        if (row === last) expect(x).toBeNaN();
        if (!rows.includes(row)) expect(x).not.toBeNaN();
      });
      const dpre = out.dpre.values();
      for (const row of s.packing.lengths.keys()) {
        const hasNaN = dpre.slice(row * width, (row + 1) * width).some(Number.isNaN);
        if (hasNaN) expect(rows).toContain(row);
      }
      expect(dpre.slice(last * width, (last + 1) * width).some(Number.isNaN)).toBe(true);
      if (before.length > 0) expect(out.dperUnit.values().some(Number.isNaN)).toBe(true);
    }
  });

  it('a truncation mask of 0 stops gradients, whatever they are', () => {
    for (const kind of kinds.values()) {
      sheet.clear();
      const s = createSetting(kind, { H: 8, lengths: [4, 2], variant: plain });
      const before = new Float64Array(s.weights.peephole?.length ?? 0);
      const states = forward(level, s);
      // only the last token of the longer sentence has a gradient from above
      const dh = s.dh.map((d, i) => (Math.floor(i / 8) === s.packing.N - 1 ? d : 0));
      const truncationMask = new Float64Array(s.packing.N).fill(1);
      truncationMask[4] = 0; // its third token
      const options = { states, before, withTotal: true };
      const out = backward(level, { ...s, dh, dcAbove: undefined, truncationMask }, options);
      const norms = sentenceRows(s.packing, 0).map((row) =>
        Math.max(
          ...out.dhTotal
            .values()
            .slice(row * 8, (row + 1) * 8)
            .map(Math.abs),
        ),
      );
      expect([kind.name, ...norms.map((norm) => norm > 0)]).toEqual([
        kind.name,
        false,
        false,
        true,
        true,
      ]);
    }
  });

  it('sigmoid and tanh stay within their errors from -100 to 100', () => {
    const H = 17;
    const points = [-1e-3, -1e-6, 0, 1e-6, 1e-3, 88, -88, 87.5, -87.5, 1e4, -1e4, 3e38, -3e38];
    for (let x = -100; x <= 100; x += 1 / 32) points.push(x);
    while (points.length % H > 0) points.push(points.length / 1000);
    const xs = roundToFloat32(points);
    const N = xs.length / H;
    sheet.clear();
    const s = createSetting(kinds.get('lstm')!, { H, lengths: Array(N).fill(1), variant: plain });
    const P = Float64Array.from({ length: N * 4 * H }, (_, i) => {
      return xs[Math.floor(i / (4 * H)) * H + (i % H)]!;
    });
    const saved = forward(level, { ...s, P }).saved.values(); // i f g o tanh(c)
    const gate = (g: number) =>
      Array.from(xs, (_, n) => saved[Math.floor(n / H) * 5 * H + g * H + (n % H)]!);
    const sigmoid = xs.map((x) => 1 / (1 + Math.exp(-x)));
    for (const g of [0, 1, 3])
      expectClose(gate(g), sigmoid, { ...tolerance.sigmoid, name: `gate ${g}` });
    expectClose(gate(2), xs.map(Math.tanh), { ...tolerance.tanh, name: 'tanh' });
  });
});
