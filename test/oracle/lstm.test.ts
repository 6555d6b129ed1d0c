import { describe, expect, it } from 'vitest';
import { dot } from './arrays.ts';
import { expectClose } from './close.ts';
import { expectGradient } from './gradient.ts';
import {
  type BiLstmMasks,
  type BiLstmWeights,
  lstmBackward,
  lstmForward,
  recurrenceBackward,
  recurrenceForward,
  stackBackward,
  stackForward,
} from './lstm.ts';
import { packedRow, packingOfLengths, packSentences, unpackSentence } from './packing.ts';
import { rng } from './rng.ts';
import { randomLstm, randomMasks, randomStack } from './samples.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

/** Arrays of layers under flat names. */
function named(layers: readonly BiLstmWeights[]): Record<string, Float64Array> {
  return Object.fromEntries(
    layers.flatMap((layer, l) =>
      (['forward', 'backward'] as const).flatMap((direction) =>
        (['W', 'U', 'b'] as const).map((name) => [
          `${l}.${direction}.${name}`,
          layer[direction][name],
        ]),
      ),
    ),
  );
}

function expectSameArrays(
  actual: Record<string, Float64Array>,
  expected: Record<string, Float64Array>,
) {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expectClose(actual[name]!, values, { ...ROUNDING, name });
  }
}

describe('PyTorch', () => {
  it.each(torchValues.lstm)('nn.LSTM, lengths $lengths, D=$D, H=$H', (fixture) => {
    const { x, layers, dy, H } = fixture;
    const packing = packingOfLengths(fixture.lengths);
    const { B } = packing;
    const { states, y } = stackForward({ x, layers, packing });
    expectClose(y, fixture.y, { ...ROUNDING, name: 'y' });

    // h_n and c_n: (layers * directions, B, H), the last state of each direction
    states.forEach((state, l) => {
      for (const [d, direction] of (['forward', 'backward'] as const).entries()) {
        const { h, c } = state[direction];
        for (let b = 0; b < B; b++) {
          const last = direction === 'forward' ? packing.lengths[b]! - 1 : 0;
          const row = packedRow(packing, last, b);
          const at = ((l * 2 + d) * B + b) * H;
          const of = (values: Float64Array) => values.subarray(row * H, (row + 1) * H);
          expectClose(of(h), fixture.hLast.subarray(at, at + H), ROUNDING);
          expectClose(of(c), fixture.cLast.subarray(at, at + H), ROUNDING);
        }
      }
    });

    const gradients = stackBackward({ dy, layers, states, packing });
    expectClose(gradients.dx, fixture.dx, { ...ROUNDING, name: 'dx' });
    expectSameArrays(named(gradients.layers), named(fixture.gradients));
  });

  it.each(torchValues.maskedLstm)(
    'nn.LSTMCell with a recurrent mask, reverse $reverse',
    ({ x, weights, mask, reverse, lengths, h, dh, dx, gradients }) => {
      const options = { x, weights, mask, reverse, packing: packingOfLengths(lengths) };
      const states = lstmForward(options);
      expectClose(states.h, h, { ...ROUNDING, name: 'h' });
      const { dW, dU, db, ...actual } = lstmBackward({ ...options, dh, states });
      expectClose(actual.dx, dx, { ...ROUNDING, name: 'dx' });
      expectSameArrays({ W: dW, U: dU, b: db }, { ...gradients });
    },
  );
});

const batches = [
  { lengths: [1], D: 1, H: 1 },
  { lengths: [1, 1, 1], D: 3, H: 3 },
  { lengths: [7], D: 1, H: 3 },
  { lengths: [2, 1], D: 5, H: 1 },
  { lengths: [5, 5, 5], D: 3, H: 5 },
  { lengths: [7, 5, 3, 3, 1], D: 7, H: 7 },
];
const cases = batches.flatMap((batch) =>
  [false, true].map((masked) => ({ ...batch, masked, onlyOne: batch.lengths[0] === 1 })),
);

describe('finite differences', () => {
  it.each(cases)(
    'one direction: lengths $lengths, D=$D, H=$H, masked $masked',
    ({ lengths, D, H, masked, onlyOne }) => {
      const packing = packingOfLengths(lengths);
      for (const reverse of [false, true]) {
        const random = rng(D * 10 + H);
        const weights = randomLstm(random, D, H);
        const x = random.array(packing.N * D);
        const dh = random.array(packing.N * H);
        // a smooth mask: no row of dU may vanish because its unit happened to fall
        const mask = masked ? random.array(packing.B * H) : undefined;
        const options = { x, weights, packing, reverse, mask };
        const states = lstmForward(options);
        const { dx, dP, dW, dU, db } = lstmBackward({ ...options, dh, states });
        expectGradient({
          loss: () => dot(lstmForward(options).h, dh),
          variables: { x, ...weights },
          gradients: { x: dx, W: dW, U: dU, b: db },
          zero: onlyOne ? ['U'] : [],
        });

        const { P } = states;
        const { U } = weights;
        const recurrence = { P, U, packing, reverse, mask };
        expect(recurrenceForward(recurrence).h).toEqual(states.h);
        const gradients = recurrenceBackward({ ...recurrence, dh, states });
        expect(gradients).toEqual({ dP, dU });
        expectGradient({
          loss: () => dot(recurrenceForward(recurrence).h, dh),
          variables: { P, U },
          gradients: { P: gradients.dP, U: gradients.dU },
          zero: onlyOne ? ['U'] : [],
        });
      }
    },
  );

  it.each([
    ...cases.filter(({ H }) => H < 7).map((batch) => ({ ...batch, layers: 2 })),
    { lengths: [3, 1], D: 2, H: 2, masked: true, onlyOne: false, layers: 3 },
  ])(
    'stack: lengths $lengths, D=$D, H=$H, masked $masked',
    ({ lengths, D, H, masked, onlyOne, layers: depth }) => {
      const random = rng(D * 10 + H);
      const packing = packingOfLengths(lengths);
      const layers = randomStack(random, { D, H, layers: depth });
      const x = random.array(packing.N * D);
      const dy = random.array(packing.N * 2 * H);
      const masks: BiLstmMasks[] | undefined = masked
        ? layers.map((_, l) => ({
            input: random.array(packing.N * (l === 0 ? D : 2 * H)),
            forward: random.array(packing.B * H),
            backward: random.array(packing.B * H),
          }))
        : undefined;
      const options = { x, layers, packing, masks };
      const { states } = stackForward(options);
      const gradients = stackBackward({ ...options, dy, states });
      const variables = { x, ...named(layers) };
      expectGradient({
        loss: () => dot(stackForward(options).y, dy),
        variables,
        gradients: { x: gradients.dx, ...named(gradients.layers) },
        zero: onlyOne ? Object.keys(variables).filter((name) => name.endsWith('U')) : [],
      });
    },
  );
});

describe('behaviour', () => {
  const random = rng(99);
  const D = 3;
  const H = 5;
  const layers = randomStack(random, { D, H, layers: 2 });
  const lengths = [7, 5, 1];
  const packing = packingOfLengths(lengths);
  const sentences = lengths.map((length) => random.array(length * D));
  const x = packSentences(sentences, packing, D);
  const first = (y: Float64Array) => [...y.subarray(0, 2 * H)];

  it('a later token changes the first output through the backward direction alone', () => {
    const base = stackForward({ x, layers, packing }).states[0]!.y;
    const changed = Float64Array.from(x);
    changed[packedRow(packing, 6, 0) * D]! += 1;
    const other = stackForward({ x: changed, layers, packing });
    const y = other.states[0]!.y;
    expect(first(y).slice(0, H)).toEqual(first(base).slice(0, H));
    for (let k = H; k < 2 * H; k++) expect(y[k]).not.toBe(base[k]);
    // after two layers both halves of the first output have seen the last token
    const two = stackForward({ x, layers, packing }).y;
    for (let k = 0; k < 2 * H; k++) expect(other.y[k]).not.toBe(two[k]);
    // and no other sentence has
    for (const b of [1, 2]) {
      expect(unpackSentence(other.y, packing, b)).toEqual(unpackSentence(two, packing, b));
    }
  });

  it('other sentences in the batch change nothing, forward or backward', () => {
    const dys = lengths.map((length) => random.array(length * 2 * H));
    const whole = stackForward({ x, layers, packing });
    const dy = packSentences(dys, packing, 2 * H);
    const { dx } = stackBackward({ dy, layers, states: whole.states, packing });
    lengths.forEach((length, b) => {
      const own = packingOfLengths([length]);
      const alone = stackForward({ x: sentences[b]!, layers, packing: own });
      expect(unpackSentence(whole.y, packing, b)).toEqual(alone.y);
      const back = stackBackward({ dy: dys[b]!, layers, states: alone.states, packing: own });
      expect(unpackSentence(dx, packing, b)).toEqual(back.dx);
    });
  });

  it('reverse is the forward pass over reversed sentences', () => {
    const weights = layers[0]!.forward;
    const mask = random.mask(packing.B * H, 0.5);
    const turn = (values: Float64Array, width: number) =>
      Float64Array.from({ length: values.length }, (_, i) => {
        const t = values.length / width - 1 - Math.floor(i / width);
        return values[t * width + (i % width)]!;
      });
    const turned = packSentences(
      sentences.map((sentence) => turn(sentence, D)),
      packing,
      D,
    );
    const backward = lstmForward({ x, weights, packing, mask, reverse: true }).h;
    const forward = lstmForward({ x: turned, weights, packing, mask }).h;
    lengths.forEach((_, b) => {
      expect(unpackSentence(backward, packing, b)).toEqual(
        turn(unpackSentence(forward, packing, b), H),
      );
    });
  });

  it('a mask of ones is no mask; a mask of zeros cuts the recurrence but not the cell', () => {
    const weights = layers[0]!.forward;
    const size = packing.B * H;
    const plain = lstmForward({ x, weights, packing });
    const ones = lstmForward({ x, weights, packing, mask: new Float64Array(size).fill(1) });
    expect(ones.h).toEqual(plain.h);
    const cut = { x, weights, packing, mask: new Float64Array(size) };
    const noU = { ...weights, U: new Float64Array(weights.U.length) };
    const states = lstmForward(cut);
    expect(states.h).toEqual(lstmForward({ x, weights: noU, packing }).h);
    const dh = random.array(packing.N * H);
    const { dU } = lstmBackward({ ...cut, dh, states });
    expect(dU.every((g) => g === 0)).toBe(true);
  });

  it('takes dropped units as given', () => {
    const masks = layers.map((_, l) =>
      randomMasks(random, { packing, D: l === 0 ? D : 2 * H, H, drop: 0.5 }),
    );
    const base = stackForward({ x, layers, packing, masks }).y;
    // what an input mask drops cannot matter
    const noise = x.map((value, i) => (masks[0]!.input[i] === 0 ? value + 1 : value));
    expect(stackForward({ x: noise, layers, packing, masks }).y).toEqual(base);
  });

  it('stays finite at large pre-activations', () => {
    const P = random.array(packing.N * 4 * H, 1000);
    const { U } = layers[0]!.forward;
    const states = recurrenceForward({ P, U, packing });
    const { dP, dU } = recurrenceBackward({ dh: states.h, U, states, packing });
    for (const values of [states.h, states.c, dP, dU]) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('rejects weights and masks of another size', () => {
    const weights = layers[0]!.forward;
    const U = new Float64Array(3);
    expect(() => lstmForward({ x, weights: { ...weights, U }, packing })).toThrow('U: 3 values');
    const mask = new Float64Array(H);
    expect(() => lstmForward({ x, weights, packing, mask })).toThrow('mask: 5 values');
  });
});
