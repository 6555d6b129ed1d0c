import { describe, expect, it } from 'vitest';
import { accumulate, dot } from './arrays.ts';
import {
  type Cell,
  cellNames,
  cellOf,
  clockwork,
  connects,
  depthGated,
  gru,
  lstm,
  peephole,
  periodOf,
  rnn,
} from './cells.ts';
import { expectAllClose, expectClose } from './close.ts';
import { expectGradient } from './gradient.ts';
import { denseForward } from './matmul.ts';
import { packedRow, packingOfLengths, packSentences, unpackSentence } from './packing.ts';
import {
  agesOf,
  type CellWeights,
  directionBackward,
  directionForward,
  recurrenceBackward,
  recurrenceForward,
} from './recurrence.ts';
import { rng } from './rng.ts';
import { randomCell } from './samples.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

/** The arrays that there are. */
function arraysOf(of: object): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined));
}

const allCells: { name: string; cell: Cell }[] = [
  ...cellNames.map((name) => ({ name, cell: cellOf({ cell: name, periods: [1, 2, 3] }, 1) })),
  { name: 'rnn of rectified units', cell: rnn('relu') },
];
const hasState = (cell: Cell) => ['lstm', 'peephole', 'coupled', 'depth-gated'].includes(cell.name);

describe('PyTorch', () => {
  it.each(torchValues.maskedLstm)(
    'nn.LSTMCell with a recurrent mask, reverse $reverse',
    ({ x, weights, mask, reverse, lengths, h, dh, dx, gradients }) => {
      const packing = packingOfLengths(lengths);
      const options = { cell: lstm, x, weights, mask, reverse, packing };
      const states = directionForward(options);
      expectClose(states.h, h, { ...ROUNDING, name: 'h' });
      const actual = directionBackward({ ...options, dh, states });
      expectClose(actual.dx, dx, { ...ROUNDING, name: 'dx' });
      expectAllClose(arraysOf(actual.gradients), arraysOf(gradients), ROUNDING);
    },
  );

  it.each(torchValues.cells)(
    'autograd of $cell ($activation), mask and links, reverse $reverse',
    (fixture) => {
      const { x, weights, mask, reverse, below, links, dh, dc } = fixture;
      const packing = packingOfLengths(fixture.lengths);
      const cell = cellOf({ ...fixture, periods: [...fixture.periods] }, 1);
      const options = { cell, x, weights, mask, reverse, below, packing };
      const states = directionForward(options);
      expectClose(states.h, fixture.h, { ...ROUNDING, name: 'h' });
      expectClose(states.c, fixture.c ?? states.c.map(() => 0), { ...ROUNDING, name: 'c' });
      const actual = directionBackward({ ...options, dh, dc, states, links });
      expectClose(actual.dx, fixture.dx, { ...ROUNDING, name: 'dx' });
      expectAllClose(arraysOf(actual.gradients), { ...fixture.gradients }, ROUNDING);
      expect(actual.dbelow === undefined).toBe(below === undefined);
      if (fixture.dbelow) expectClose(actual.dbelow!, fixture.dbelow, ROUNDING);
    },
  );
});

describe('a worked example', () => {
  // two tanh units over x = 1, 2 from h = 0, and a linear output; in exact arithmetic of 40 digits
  const weights: CellWeights = {
    W: Float64Array.of(0.5, 0.6),
    U: Float64Array.of(0.1, 0.2, 0.3, 0.4),
    b: Float64Array.of(0.1, -0.1),
  };
  const expected = {
    h: [0.537049566998035, 0.46211715726001, 0.859738184346261, 0.883666411943735],
    o: [1.561283881518055, 2.727071008233732],
  };

  it('is the oracle of an Elman network', () => {
    const x = Float64Array.of(1, 2);
    const packing = packingOfLengths([2]);
    const { h } = directionForward({ cell: rnn('tanh'), x, weights, packing });
    expectClose(h, expected.h, { abs: 1e-14, rel: 0, name: 'h' });
    const o = denseForward(h, { W: Float64Array.of(1, 2), b: Float64Array.of(0.1) });
    expectClose(o, expected.o, { abs: 1e-14, rel: 0, name: 'o' });
    expect(o[0]!.toFixed(2)).toBe('1.56');
  });
});

const batches = [
  { lengths: [1, 1], D: 3, H: 3 },
  { lengths: [4], D: 1, H: 1 },
  { lengths: [5, 3, 3, 1], D: 2, H: 3 },
];

describe.each(allCells)('finite differences of one direction: $name', ({ cell }) => {
  it.each(batches.flatMap((batch) => [false, true].map((masked) => ({ ...batch, masked }))))(
    'lengths $lengths, D=$D, H=$H, masked $masked',
    ({ lengths, D, H, masked }) => {
      const packing = packingOfLengths(lengths);
      const { B, N } = packing;
      for (const reverse of [false, true]) {
        const random = rng(D * 10 + H + 1);
        const weights = randomCell(random, cell, D, H);
        const x = random.array(N * D);
        const below = cell.below && random.array(N * H);
        const dh = random.array(N * H);
        const dc = random.array(N * H);
        // a smooth mask: no row of dU may vanish because its unit happened to fall
        const mask = masked ? random.array(B * H) : undefined;
        const options = { cell, x, weights, packing, reverse, mask, below };
        const states = directionForward(options);
        const back = directionBackward({ ...options, dh, dc, states });
        const lossOf = ({ h, c }: { h: Float64Array; c: Float64Array }) => dot(h, dh) + dot(c, dc);
        const zero = lengths[0] === 1 ? ['U', ...(cell.candidate ? ['candidate'] : [])] : [];
        expectGradient({
          loss: () => lossOf(directionForward(options)),
          variables: arraysOf({ x, below, ...weights }),
          gradients: arraysOf({ x: back.dx, below: back.dbelow, ...back.gradients }),
          zero,
        });

        const { P } = states;
        const recurrence = { cell, P, weights, packing, reverse, mask, below };
        expect(recurrenceForward(recurrence).h).toEqual(states.h);
        const { dP, dU } = recurrenceBackward({ ...recurrence, dh, dc, states });
        expect({ dP, dU }).toEqual({ dP: back.dP, dU: back.dU });
        expectGradient({
          loss: () => lossOf(recurrenceForward(recurrence)),
          variables: { P },
          gradients: { P: dP },
        });
      }
    },
  );
});

describe.each(allCells)('truncated backpropagation: $name', ({ cell }) => {
  const [D, H, length] = [2, 3, 7];
  const random = rng(31);
  const weights = randomCell(random, cell, D, H);
  const packing = packingOfLengths([length]);
  const x = random.array(length * D);
  const dh = random.array(length * H);
  const below = cell.below && random.array(length * H);
  const mask = random.array(H);

  /** The tokens that a direction reads as its from-th, …, (to - 1)-th. */
  const slice = (values: Float64Array, width: number, range: [number, number], reverse: boolean) =>
    reverse
      ? values.slice((length - range[1]) * width, (length - range[0]) * width)
      : values.slice(range[0] * width, range[1] * width);

  it.each([1, 2, 3, 7].flatMap((K) => [false, true].map((reverse) => ({ K, reverse }))))(
    'cut at every multiple of $K, each piece begins at constant states; reverse $reverse',
    ({ K, reverse }) => {
      const options = { cell, weights, packing, reverse, mask, below };
      const states = directionForward({ ...options, x });
      const links = Float64Array.from(agesOf(packing, reverse), (age) => (age % K === 0 ? 0 : 1));
      const truncated = directionBackward({ ...options, x, dh, states, links });
      const sum = arraysOf(weights);
      for (const name in sum) sum[name] = new Float64Array(sum[name]!.length);
      for (let from = 0; from < length; from += K) {
        const range: [number, number] = [from, Math.min(length, from + K)];
        const cut = (values: Float64Array, width: number) => slice(values, width, range, reverse);
        const past = (values: Float64Array) =>
          from === 0 ? new Float64Array(H) : slice(values, H, [from - 1, from], reverse);
        const piece = {
          ...options,
          packing: packingOfLengths([range[1] - range[0]]),
          x: cut(x, D),
          below: below && cut(below, H),
          begin: { h: past(states.h), c: past(states.c), age: from },
        };
        const own = directionForward(piece);
        expect(own.h).toEqual(cut(states.h, H));
        const back = directionBackward({ ...piece, dh: cut(dh, H), states: own });
        expectClose(cut(truncated.dx, D), back.dx, ROUNDING);
        for (const [name, values] of Object.entries(arraysOf(back.gradients))) {
          accumulate(sum[name]!, values);
        }
        // and those are the derivatives of the piece alone
        if (K === 3 && !reverse) {
          expectGradient({
            loss: () => dot(directionForward(piece).h, cut(dh, H)),
            variables: { ...arraysOf(weights), x: piece.x },
            gradients: { ...arraysOf(back.gradients), x: back.dx },
          });
        }
      }
      expectAllClose(arraysOf(truncated.gradients), sum, ROUNDING);
    },
  );

  it('dhTotal is how the loss answers to each h', () => {
    const options = { cell, weights, packing, mask, below };
    const states = directionForward({ ...options, x });
    const { dhTotal } = directionBackward({ ...options, x, dh, states });
    for (let t = 0; t < length; t++) {
      const own = slice(dh, H, [t, t + 1], false);
      if (t + 1 === length) {
        expectClose(dhTotal.slice(t * H), own, ROUNDING);
        continue;
      }
      const rest: [number, number] = [t + 1, length];
      const h = slice(states.h, H, [t, t + 1], false);
      const later = {
        ...options,
        packing: packingOfLengths([length - t - 1]),
        x: slice(x, D, rest, false),
        below: below && slice(below, H, rest, false),
        begin: { h, c: slice(states.c, H, [t, t + 1], false), age: t + 1 },
      };
      expectGradient({
        loss: () => dot(h, own) + dot(directionForward(later).h, slice(dh, H, rest, false)),
        variables: { h },
        gradients: { h: dhTotal.slice(t * H, (t + 1) * H) },
      });
    }
  });
});

describe('behaviour', () => {
  const random = rng(99);
  const [D, H] = [3, 6];
  const lengths = [7, 5, 1];
  const packing = packingOfLengths(lengths);
  const { B, N } = packing;
  const sentences = lengths.map((length) => random.array(length * D));
  const x = packSentences(sentences, packing, D);
  const zeros = (values: Float64Array) => new Float64Array(values.length);

  it.each(allCells)('reverse is the forward pass over reversed sentences: $name', ({ cell }) => {
    const weights = randomCell(random, cell, D, H);
    const mask = random.mask(B * H, 0.5);
    const turn = (values: Float64Array, width: number) =>
      Float64Array.from({ length: values.length }, (_, i) => {
        const t = values.length / width - 1 - Math.floor(i / width);
        return values[t * width + (i % width)]!;
      });
    const turned = (parts: Float64Array[], width: number) =>
      packSentences(
        parts.map((part) => turn(part, width)),
        packing,
        width,
      );
    const states = lengths.map((length) => random.array(length * H));
    const below = cell.below && packSentences(states, packing, H);
    const all = { cell, weights, packing, mask };
    const backward = directionForward({ ...all, x, below, reverse: true }).h;
    const forward = directionForward({
      ...all,
      x: turned(sentences, D),
      below: cell.below && turned(states, H),
    }).h;
    lengths.forEach((_, b) => {
      expect(unpackSentence(backward, packing, b)).toEqual(
        turn(unpackSentence(forward, packing, b), H),
      );
    });
  });

  it.each(allCells)('a token reaches those after it and none before: $name', ({ cell }) => {
    const weights = randomCell(random, cell, D, H);
    const below = cell.below && random.array(N * H);
    const changed = Float64Array.from(x);
    changed[packedRow(packing, 3, 0) * D]! += 1;
    const options = { cell, weights, packing, below };
    const base = directionForward({ ...options, x }).h;
    const other = directionForward({ ...options, x: changed }).h;
    for (let t = 0; t < 7; t++) {
      const at = packedRow(packing, t, 0) * H;
      const same = base.slice(at, at + H).every((h, k) => h === other[at + k]);
      // relu units may all be off, and a clockwork's may rest
      if (t < 3 || !cell.name.match(/rnn|clockwork/)) expect([t, same]).toEqual([t, t < 3]);
    }
    expect(other).not.toEqual(base);
  });

  it.each(allCells)('a mask of ones is no mask, one of zeros is no U: $name', ({ cell }) => {
    const weights = randomCell(random, cell, D, H);
    const below = cell.below && random.array(N * H);
    const options = { cell, x, weights, packing, below };
    const plain = directionForward(options);
    const ones = directionForward({ ...options, mask: new Float64Array(B * H).fill(1) });
    expect(ones.h).toEqual(plain.h);
    const cut = { ...options, mask: new Float64Array(B * H) };
    const states = directionForward(cut);
    const { candidate } = weights;
    const noU = { ...weights, U: zeros(weights.U), candidate: candidate && zeros(candidate) };
    expect(states.h).toEqual(directionForward({ ...options, weights: noU }).h);
    const { dU, dcandidate } = directionBackward({ ...cut, dh: random.array(N * H), states });
    expect([...dU, ...(dcandidate ?? [])].every((g) => g === 0)).toBe(true);
  });

  it('without peepholes a peephole LSTM is an LSTM; with the depth gate shut, the other too', () => {
    const deep = randomCell(random, depthGated, D, H);
    const below = random.array(N * H);
    deep.b.fill(-1000, 4 * H);
    deep.W.forEach((_, i) => {
      if (i % (5 * H) >= 4 * H) deep.W[i] = 0;
    });
    const four = deep.W.filter((_, i) => i % (5 * H) < 4 * H);
    const plain = { W: four, U: deep.U, b: deep.b.slice(0, 4 * H) };
    const seeing = { ...plain, peephole: deep.peephole!.slice(0, 3 * H) };
    const h = (cell: Cell, weights: CellWeights) =>
      directionForward({ cell, weights, x, packing, below }).h;
    expectClose(h(depthGated, deep), h(peephole, seeing), ROUNDING);
    expect(h(peephole, seeing)).not.toEqual(h(lstm, plain));
    seeing.peephole.fill(0);
    expectClose(h(peephole, seeing), h(lstm, plain), ROUNDING);
  });

  it('a clockwork of one period of 1 is an Elman network', () => {
    const weights = randomCell(random, rnn('tanh'), D, H);
    const h = (cell: Cell) => directionForward({ cell, weights, x, packing }).h;
    expect(h(clockwork([1]))).toEqual(h(rnn('tanh')));
  });

  it('units of a clockwork rest between the ticks of their module, and slow ones hear no fast ones', () => {
    const cell = clockwork([1, 3]); // of units 0 to 2, and 3 to 5
    const weights = randomCell(random, cell, D, H);
    for (const reverse of [false, true]) {
      const states = directionForward({ cell, weights, x, packing, reverse });
      const { h } = states;
      for (let age = 1; age < 7; age++) {
        const row = (place: number) => packedRow(packing, reverse ? 6 - place : place, 0);
        const moved = [...Array(H).keys()].filter(
          (k) => h[row(age) * H + k] !== h[row(age - 1) * H + k],
        );
        expect(moved).toEqual(age % 3 === 0 ? [0, 1, 2, 3, 4, 5] : [0, 1, 2]);
      }
      const { dU } = directionBackward({
        ...{ cell, weights, x, packing, reverse, states },
        dh: random.array(N * H),
      });
      const other = { ...weights, U: Float64Array.from(weights.U) };
      for (let i = 0; i < H * H; i++) {
        const [from, to] = [Math.floor(i / H), i % H];
        const isShut = from < 3 && to >= 3;
        expect(connects(cell, { from, to, H })).toBe(!isShut);
        expect([from, to, dU[i] === 0]).toEqual([from, to, isShut]);
        if (isShut) other.U[i] = 100;
      }
      expect(directionForward({ cell, weights: other, x, packing, reverse }).h).toEqual(h);
    }
  });

  it('deals the units of a clockwork as evenly as can be', () => {
    const cell = clockwork([1, 2, 4]);
    const ofFive = [0, 1, 2, 3, 4].map((j) => periodOf(cell, j, 5));
    expect(ofFive).toEqual([1, 1, 2, 2, 4]);
  });

  it.each(allCells)('stays finite at large pre-activations: $name', ({ cell }) => {
    const P = random.array(N * cell.gates * H, 1000);
    const weights = randomCell(random, cell, D, H);
    const below = cell.below && random.array(N * H);
    const options = { cell, P, weights, packing, below };
    const states = recurrenceForward(options);
    const { dP, dU } = recurrenceBackward({ ...options, dh: states.h, states });
    for (const values of [states.h, states.c, dP, dU]) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
    expect(states.c.some((c) => c !== 0)).toBe(hasState(cell));
  });

  it('rejects weights and masks of another size, and missing ones', () => {
    const weights = randomCell(random, gru, D, H);
    const options = { cell: gru, x, packing, weights };
    const U = new Float64Array(3);
    expect(() => directionForward({ ...options, weights: { ...weights, U } })).toThrow(
      'U: 3 values',
    );
    const { candidate: _, ...rest } = weights;
    expect(() => directionForward({ ...options, weights: rest })).toThrow('candidate: 0 values');
    const mask = new Float64Array(H);
    expect(() => directionForward({ ...options, mask })).toThrow('mask: 6 values');
    const states = directionForward(options);
    const back = { ...options, states, dh: states.h, links: [1] };
    expect(() => directionBackward(back)).toThrow('links: 1 values');
  });
});
