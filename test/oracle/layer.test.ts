import { describe, expect, it } from 'vitest';
import { accumulate, dot } from './arrays.ts';
import { cellNames, lstm, rnn } from './cells.ts';
import { expectAllClose, expectClose } from './close.ts';
import { expectGradient } from './gradient.ts';
import {
  directions,
  type LayerLinks,
  type LayerMasks,
  type LayerWeights,
  stackBackward,
  stackForward,
} from './layer.ts';
import { packedRow, packingOfLengths, packSentences, unpackSentence } from './packing.ts';
import { agesOf } from './recurrence.ts';
import { rng } from './rng.ts';
import { layerWidth, randomMasks, randomStack, type StackSizes } from './samples.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

/** Arrays of layers under flat names. */
function named(layers: readonly LayerWeights[]): Record<string, Float64Array> {
  const arrays: Record<string, Float64Array> = {};
  layers.forEach((layer, l) => {
    for (const part of [...directions, 'highway'] as const) {
      for (const [name, values] of Object.entries(layer[part] ?? {})) {
        if (values) arrays[`${l}.${part}.${name}`] = values;
      }
    }
  });
  return arrays;
}

describe('PyTorch', () => {
  it.each(torchValues.lstm)('nn.LSTM, lengths $lengths, D=$D, H=$H', (fixture) => {
    const { x, dy, H } = fixture;
    const layers = fixture.layers.map((layer) => ({ cell: lstm, ...layer }));
    const packing = packingOfLengths(fixture.lengths);
    const { B } = packing;
    const { states, out } = stackForward({ x, layers, packing });
    expectClose(out, fixture.y, { ...ROUNDING, name: 'y' });

    // h_n and c_n: (layers * directions, B, H), the last state of each direction
    states.forEach((state, l) => {
      for (const [d, direction] of directions.entries()) {
        const { h, c } = state[direction]!;
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

    const gradients = stackBackward({ dout: dy, layers, states, packing });
    expectClose(gradients.dx, fixture.dx, { ...ROUNDING, name: 'dx' });
    const expected = fixture.gradients.map((layer) => ({ cell: lstm, ...layer }));
    expectAllClose(named(gradients.layers), named(expected), ROUNDING);
  });

  it.each(torchValues.rnn)('nn.RNN of $activation units', (fixture) => {
    const { x, dy, activation } = fixture;
    const cell = rnn(activation);
    const layers = fixture.layers.map((layer) => ({ cell, ...layer }));
    const packing = packingOfLengths(fixture.lengths);
    const { states, out } = stackForward({ x, layers, packing });
    expectClose(out, fixture.y, { ...ROUNDING, name: 'y' });
    const gradients = stackBackward({ dout: dy, layers, states, packing });
    expectClose(gradients.dx, fixture.dx, { ...ROUNDING, name: 'dx' });
    const expected = fixture.gradients.map((layer) => ({ cell, ...layer }));
    expectAllClose(named(gradients.layers), named(expected), ROUNDING);
  });
});

// every cell in every place, and every joint of layers with each cell and each place
const places: Pick<StackSizes, 'direction' | 'merge'>[] = [
  ...(['concat', 'sum', 'mean', 'product'] as const).map(
    (merge) => ({ direction: 'both', merge }) as const,
  ),
  { direction: 'forward', merge: 'concat' },
  { direction: 'backward', merge: 'concat' },
];
const joints = ['none', 'residual', 'highway'] as const;
const networks = cellNames.flatMap((cell, c) =>
  places.map((place, p) => ({ cell, ...place, between: joints[(c + p) % joints.length]! })),
);

describe('finite differences of layers', () => {
  const periods = [1, 2];
  const plain = { direction: 'both', merge: 'concat', between: 'none' } as const;
  const shapes = [
    ...networks.map((network) => ({ ...network, lengths: [3, 1], layers: 2, masked: true })),
    { ...plain, cell: 'lstm', lengths: [1, 1, 1], layers: 2, masked: false },
    { ...plain, cell: 'lstm', lengths: [5, 4], layers: 1, masked: false },
    { ...plain, cell: 'depth-gated', lengths: [3, 3, 2], layers: 3, masked: false },
    { ...plain, cell: 'gru', between: 'highway', lengths: [3, 1], layers: 3, masked: false },
  ] as const;
  it.each(shapes)('$cell $direction $merge $between, $layers layers, lengths $lengths', (shape) => {
    const { lengths, masked, ...rest } = shape;
    const sizes: StackSizes = { ...rest, H: 2, periods };
    const D = 3;
    const random = rng(lengths.length);
    const packing = packingOfLengths(lengths);
    const layers = randomStack(random, D, sizes);
    const M = layerWidth(sizes);
    const x = random.array(packing.N * D);
    const dout = random.array(packing.N * M);
    const mask = () => random.array(packing.B * sizes.H);
    const masks: LayerMasks[] | undefined = masked
      ? layers.map((layer, l) => ({
          input: random.array(packing.N * (l === 0 ? D : M)),
          forward: layer.forward && mask(),
          backward: layer.backward && mask(),
        }))
      : undefined;
    const options = { x, layers, packing, masks };
    const { states } = stackForward(options);
    const gradients = stackBackward({ ...options, dout, states });
    const variables = { x, ...named(layers) };
    expectGradient({
      loss: () => dot(stackForward(options).out, dout),
      variables,
      gradients: { x: gradients.dx, ...named(gradients.layers) },
      zero: lengths[0] === 1 ? Object.keys(variables).filter((name) => name.endsWith('U')) : [],
    });
  });
});

describe('random truncation', () => {
  const P = 0.3; // the share of links that are cut
  const [D, H, length] = [2, 2, 3];

  it.each(cellNames)(
    'its gradient is right in the mean, links of layers and directions apart: %s',
    (cell) => {
      const random = rng(43);
      const packing = packingOfLengths([length]);
      const layers = randomStack(random, D, { cell, periods: [1, 2], layers: 2, H });
      const x = random.array(length * D);
      const dout = random.array(length * 2 * H);
      const masks = layers.map((layer) => randomMasks(random, { layer, packing, drop: 0.2 }));
      const options = { x, layers, packing, masks };
      const { states } = stackForward(options);
      const full = stackBackward({ ...options, dout, states });
      const isLink = directions.map((direction) => agesOf(packing, direction === 'backward'));
      const each = length - 1; // links of a sentence in one direction of one layer
      const mean: Record<string, Float64Array> = {};
      let certain = 0;
      let spread = 0;
      for (let outcome = 0; outcome < 2 ** (4 * each); outcome++) {
        let bit = 0;
        let probability = 1;
        const draw = (): number => {
          const isCut = (outcome >> bit++) % 2 === 1;
          probability *= isCut ? P : 1 - P;
          return isCut ? 0 : 1 / (1 - P);
        };
        const links = layers.map(
          (): LayerLinks =>
            Object.fromEntries(
              directions.map((direction, d) => [
                direction,
                // that of a first token leads nowhere
                Float64Array.from(isLink[d]!, (age) => (age === 0 ? Number.MAX_VALUE : draw())),
              ]),
            ),
        );
        const own = stackBackward({ ...options, dout, states, links });
        certain += probability;
        for (const [name, values] of Object.entries({ x: own.dx, ...named(own.layers) })) {
          mean[name] ??= new Float64Array(values.length);
          accumulate(
            mean[name],
            values.map((g) => probability * g),
          );
        }
        spread = Math.max(spread, Math.abs(own.dx[0]! - full.dx[0]!));
      }
      expectClose(certain, 1, ROUNDING);
      expect(spread).toBeGreaterThan(1e-3);
      expectAllClose(mean, { x: full.dx, ...named(full.layers) }, ROUNDING);
    },
  );
});

describe('behaviour', () => {
  const random = rng(99);
  const D = 3;
  const H = 5;
  const layers = randomStack(random, D, { H, layers: 2 });
  const lengths = [7, 5, 1];
  const packing = packingOfLengths(lengths);
  const sentences = lengths.map((length) => random.array(length * D));
  const x = packSentences(sentences, packing, D);
  const first = (y: Float64Array) => [...y.subarray(0, 2 * H)];

  it('a later token changes the first output through the backward direction alone', () => {
    const base = stackForward({ x, layers, packing });
    const changed = Float64Array.from(x);
    changed[packedRow(packing, 6, 0) * D]! += 1;
    const other = stackForward({ x: changed, layers, packing });
    const [was, is] = [base.states[0]!.out, other.states[0]!.out];
    expect(first(is).slice(0, H)).toEqual(first(was).slice(0, H));
    for (let k = H; k < 2 * H; k++) expect(is[k]).not.toBe(was[k]);
    // after two layers both halves of the first output have seen the last token
    for (let k = 0; k < 2 * H; k++) expect(other.out[k]).not.toBe(base.out[k]);
    // and no other sentence has
    for (const b of [1, 2]) {
      expect(unpackSentence(other.out, packing, b)).toEqual(unpackSentence(base.out, packing, b));
    }
  });

  it('forward layers alone hide the tokens to come', () => {
    const ahead = randomStack(random, D, { H, layers: 3, direction: 'forward' });
    const changed = Float64Array.from(x);
    changed[packedRow(packing, 6, 0) * D]! += 1;
    const base = stackForward({ x, layers: ahead, packing }).out;
    const other = stackForward({ x: changed, layers: ahead, packing }).out;
    const [was, is] = [base, other].map((out) => unpackSentence(out, packing, 0));
    expect(is!.slice(0, 6 * H)).toEqual(was!.slice(0, 6 * H));
    expect(is!.slice(6 * H)).not.toEqual(was!.slice(6 * H));
  });

  it('other sentences in the batch change nothing, forward or backward', () => {
    const douts = lengths.map((length) => random.array(length * 2 * H));
    const whole = stackForward({ x, layers, packing });
    const dout = packSentences(douts, packing, 2 * H);
    const { dx } = stackBackward({ dout, layers, states: whole.states, packing });
    lengths.forEach((length, b) => {
      const own = packingOfLengths([length]);
      const alone = stackForward({ x: sentences[b]!, layers, packing: own });
      expect(unpackSentence(whole.out, packing, b)).toEqual(alone.out);
      const { states } = alone;
      const back = stackBackward({ dout: douts[b]!, layers, states, packing: own });
      expect(unpackSentence(dx, packing, b)).toEqual(back.dx);
    });
  });

  it('a highway whose gate is shut carries its input on; one that is open, the output', () => {
    const gated = randomStack(random, D, { H, layers: 2, between: 'highway' });
    const { W, b } = gated[1]!.highway!;
    W.fill(0);
    const run = () => stackForward({ x, layers: gated, packing });
    b.fill(-1000);
    const shut = run();
    expect(shut.out).toEqual(shut.states[0]!.out);
    b.fill(1000);
    const open = run();
    expect(open.out).toEqual(open.states[1]!.y);
  });

  it('takes dropped units as given', () => {
    const masks = layers.map((layer) => randomMasks(random, { layer, packing, drop: 0.5 }));
    const base = stackForward({ x, layers, packing, masks }).out;
    // what an input mask drops cannot matter
    const noise = x.map((value, i) => (masks[0]!.input![i] === 0 ? value + 1 : value));
    expect(stackForward({ x: noise, layers, packing, masks }).out).toEqual(base);
  });

  it('a cell that looks below needs a layer there', () => {
    const [, top] = randomStack(random, 2 * H, { cell: 'depth-gated', H, layers: 2 });
    const of = { x: new Float64Array(packing.N * 2 * H), layers: [top!], packing };
    expect(() => stackForward(of)).toThrow('forward: no layer below');
  });
});
