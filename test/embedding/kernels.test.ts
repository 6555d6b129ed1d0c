import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { levelNames, openLevel } from '../backend/levels.ts';
import { Sheet } from '../backend/sheet.ts';
import { roundToFloat32 } from '../oracle/arrays.ts';
import { expectClose } from '../oracle/close.ts';
import { rng } from '../oracle/rng.ts';
import { type Centre, meanOf, skipgramLoss, skipgramStep } from '../oracle/skipgram.ts';

const LOSS = 131_072; // doubles for the sums of losses; the sheet is above
const BEGIN = LOSS + 1024;
const arena = new Arena(LOSS);
arena.reserve(2 ** 22);
const levels = levelNames.map((name) => openLevel(name, arena.memory));
const sheet = new Sheet(arena, BEGIN);
// thresholds of 32 bits, unsigned
const ALWAYS = -1;
const NEVER = 0;

describe('the oracle', () => {
  it('takes the step that finite differences of the loss give', () => {
    const [D, rate, e] = [5, 1e-3, 1e-6];
    const table = rng(1).array(8 * D);
    const centre: Centre = { own: [0, 2, 1], contexts: [4, 5], noise: [6, 7] };
    const after = table.slice();
    skipgramStep(after, D, centre, rate);
    const expectSlope = (r: number, j: number, lossAt: (x: number) => number): void => {
      const slope = (lossAt(e) - lossAt(-e)) / (2 * e);
      const expected = table[r * D + j]! - rate * slope;
      expectClose(after[r * D + j]!, expected, { abs: 1e-11, rel: 0 });
    };
    for (const r of [...centre.contexts, ...centre.noise])
      for (let j = 0; j < D; j++)
        expectSlope(r, j, (x) => {
          const moved = table.slice();
          moved[r * D + j]! += x;
          return skipgramLoss(moved, D, centre);
        });
    for (const r of centre.own)
      for (let j = 0; j < D; j++)
        expectSlope(r, j, (x) => {
          const h = meanOf(table, D, centre.own);
          h[j]! += x;
          return skipgramLoss(table, D, centre, h);
        });
  });
});

describe.each(levels)('$name', ({ kernels }) => {
  // Five words and six buckets: words 0 and 3 share one, and word 1 owns one twice.
  const [words, rows] = [5, 11];
  const size = rows + words;
  const subwords = [[0, 5, 6], [1, 7, 7, 8], [2], [3, 6, 9], [4, 10]];
  const owned = [0, 3, 7, 8, 11, 13];
  const text = [0, 1, 2, -1, 3, 0, 1, 4, -1, -1, 2, -1];
  const tolerance = { abs: 4e-6, rel: 2e-6 };

  /** The centres from `begin` to `end` with a window of one word, and the noise words that are none of its contexts. */
  const centresOf = (begin: number, end: number, noise: readonly number[]): Centre[] =>
    text.slice(begin, end).flatMap((word, i) => {
      const p = begin + i;
      const contexts = [text[p - 1] ?? -1, text[p + 1] ?? -1].filter((w) => w >= 0);
      if (word < 0 || contexts.length === 0) return [];
      const inTable = (list: readonly number[]): number[] => list.map((w) => rows + w);
      const drawn = noise.filter((w) => !contexts.includes(w));
      return [{ own: subwords[word]!, contexts: inTable(contexts), noise: inTable(drawn) }];
    });

  /** A round of shards that begin at `starts`; every noise word is `noise`. */
  function round(o: { D: number; starts: readonly number[]; noise: number; negatives: number }) {
    const { D, starts, noise, negatives } = o;
    const S = starts.length;
    const before = roundToFloat32(rng(7).array(size * D, 0.7));
    sheet.clear();
    const table = sheet.changed(before);
    const values = sheet.changed(new Float32Array(S * size * D));
    const slots = sheet.integerOutput(S * size);
    const touched = sheet.integerOutput(S * (size + 1));
    const scratch = sheet.output(2 * D);
    const loss = arena.f64(LOSS, 2 * S).fill(0);
    const inputs = [
      subwords.flat(),
      owned,
      text,
      Array.from({ length: words }, () => [NEVER, noise]).flat(),
      [text.length, words, rows, D, 1, negatives, 3, 4],
    ].map((values) => sheet.integers(values).at) as [number, number, number, number, number];
    arena.i32(slots.at, S * size).fill(-1);
    for (let s = 0; s < S; s++) {
      const list = touched.at + s * (size + 1) * 4;
      arena.i32(list, 1)[0] = 0;
      // twice: what was copied before is forgotten
      for (const _ of ['first', 'again'])
        kernels.skipgram_shard(
          values.at + s * size * D * 4,
          slots.at + s * size * 4,
          list,
          scratch.at,
          LOSS + s * 16,
          table.at,
          ...inputs,
          starts[s]!,
          starts[s + 1] ?? text.length,
          0.3,
        );
    }
    expect(table.values()).toEqual([...before]); // shards only read it
    for (let s = 0; s < S; s++)
      kernels.skipgram_merge(table.at, values.at, slots.at, touched.at, s, S, size, size, D);
    sheet.verify();
    return { before, after: table.values(), loss };
  }

  it.each([16, 48])('goes through centres one after another, D %i', (D) => {
    for (const negatives of [0, 1, 3]) {
      const { before, after, loss } = round({ D, starts: [0], noise: 4, negatives });
      const noise = Array.from({ length: negatives }, () => 4);
      const centres = centresOf(0, text.length, noise);
      expect(centres.length).toBe(7);
      const expected = Float64Array.from(before);
      for (const centre of centres) skipgramStep(expected, D, centre, 0.3);
      expectClose(after, expected, tolerance);
      // the loss is that of the first centre, here in two goes; each term is taken as its target comes
      if (negatives < 2)
        expectClose(loss[0]!, 2 * skipgramLoss(before, D, centres[0]!), { abs: 0, rel: 2e-6 });
      expect(loss[1]).toBe(2 * centres[0]!.contexts.length);
    }
  });

  it('adds the changes of shards that began with the same table', () => {
    const [D, starts] = [32, [0, 2, 6]];
    const { before, after } = round({ D, starts, noise: 2, negatives: 2 });
    const expected = Float64Array.from(before);
    starts.forEach((start, s) => {
      const own = Float64Array.from(before);
      for (const centre of centresOf(start, starts[s + 1] ?? text.length, [2, 2]))
        skipgramStep(own, D, centre, 0.3);
      for (let i = 0; i < own.length; i++) expected[i]! += own[i]! - before[i]!;
    });
    expectClose(after, expected, tolerance);
  });

  it('draws windows and noise words with their probabilities', () => {
    // One sentence of n different words; `touched` tells which were met around word 32.
    const [n, D, window, rounds] = [64, 16, 4, 400];
    const met = new Float64Array(2 * n);
    sheet.clear();
    const values = sheet.output(2 * n * D);
    const slots = sheet.integerOutput(2 * n);
    const touched = sheet.integerOutput(2 * n + 1);
    const scratch = sheet.output(2 * D);
    const table = sheet.input(new Float32Array(2 * n * D));
    const identity = sheet.integers(Array.from({ length: n + 1 }, (_, i) => i));
    const half = 2 ** 31 - 1; // entry i is i or i + 1, equally likely
    const noise = sheet.integers(Array.from({ length: n }, (_, i) => [half, (i + 1) % n]).flat());
    const plan = sheet.changed(new Float32Array(8));
    arena.i32(slots.at, 2 * n).fill(-1);
    arena.i32(touched.at, 1)[0] = 0;
    const same = identity.at;
    for (let stream = 0; stream < rounds; stream++) {
      arena.i32(plan.at, 8).set([n, n, n, D, window, 1, 9, stream]);
      kernels.skipgram_shard(
        values.at,
        slots.at,
        touched.at,
        scratch.at,
        LOSS,
        table.at,
        same,
        same,
        same,
        noise.at,
        plan.at,
        32,
        33,
        0.1,
      );
      const [count = 0] = arena.i32(touched.at, 1);
      for (const row of arena.i32(touched.at + 4, count)) met[row]! += 1 / rounds;
    }
    sheet.verify();
    expect(met[32]).toBeCloseTo(1, 9); // the centre
    const contexts = met.subarray(n);
    for (const side of [-1, 1])
      for (let d = 1; d <= window; d++)
        expect(Math.abs(contexts[32 + side * d]! - (window + 1 - d) / window)).toBeLessThan(0.1);
    const far = contexts.subarray(0, 20).reduce((sum, share) => sum + share / 20, 0);
    expect(Math.abs(far - 1 / n)).toBeLessThan(0.005);
  });

  it('subsamples words by their thresholds and keeps the ends of sentences', () => {
    const n = 30_000;
    const ids = Array.from({ length: n }, (_, i) => (i % 4) - 1);
    sheet.clear();
    const kept = sheet.changed(new Float32Array(n));
    const count = sheet.integerOutput(1);
    const keep = sheet.integers([ALWAYS, NEVER, 2 ** 30 - 1]);
    kernels.skipgram_subsample(kept.at, count.at, sheet.integers(ids).at, keep.at, n, 1, 2);
    sheet.verify();
    const all = arena.i32(kept.at, arena.i32(count.at, 1)[0]!);
    const many = (id: number): number => all.filter((x) => x === id).length;
    expect([many(-1), many(0), many(1)]).toEqual([n / 4, n / 4, 0]);
    expect(Math.abs(many(2) / (n / 4) - 0.25)).toBeLessThan(0.025);
  });

  it('fills rows uniformly, and their padding with 0', () => {
    const [n, columns, ld, scale] = [500, 20, 32, 0.25];
    sheet.clear();
    const table = sheet.output(n * ld);
    kernels.uniform_rows(table.at, n, columns, ld, scale, 5, 6);
    sheet.verify();
    const values = table.values();
    const real = values.filter((_, i) => i % ld < columns);
    expect(values.every((x, i) => i % ld < columns || x === 0)).toBe(true);
    expect(new Set(real).size).toBeGreaterThan(real.length * 0.99);
    expect(Math.max(...real.map(Math.abs))).toBeLessThanOrEqual(scale);
    const mean = (f: (x: number) => number): number =>
      real.reduce((sum, x) => sum + f(x) / real.length, 0);
    expect(Math.abs(mean((x) => x))).toBeLessThan(0.01);
    expectClose(
      mean((x) => x * x),
      scale ** 2 / 3,
      { abs: 0, rel: 0.05 },
    );
  });
});
