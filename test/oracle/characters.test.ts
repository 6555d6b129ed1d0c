import { describe, expect, it } from 'vitest';
import { dot } from './arrays.ts';
import { lstm } from './cells.ts';
import {
  charConvolutionBackward,
  charConvolutionForward,
  charLstmBackward,
  charLstmForward,
  type Words,
} from './characters.ts';
import { expectClose } from './close.ts';
import { embeddingBackward, embeddingForward } from './embedding.ts';
import { expectGradient } from './gradient.ts';
import { layerForward } from './layer.ts';
import { packedRow, packingOfLengths, packSentences } from './packing.ts';
import { rng } from './rng.ts';
import { randomCell, randomWords } from './samples.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

describe('embedding', () => {
  it('gathers rows, and adds the gradients of repeated ones', () => {
    const table = Float64Array.of(1, 2, 3, 4, 5, 6); // (3, 2)
    const ids = [2, 0, 2];
    expect([...embeddingForward({ table, ids, D: 2 })]).toEqual([5, 6, 1, 2, 5, 6]);
    const dy = Float64Array.of(1, 2, 3, 4, 10, 20);
    expect([...embeddingBackward({ dy, ids, V: 3, D: 2 })]).toEqual([3, 4, 0, 0, 11, 22]);
    expect(() => embeddingForward({ table, ids: [3], D: 2 })).toThrow('ids[0] = 3');
    expect(() => embeddingForward({ table, ids: [-1], D: 2 })).toThrow('ids[0] = -1');
  });

  it.each([1, 3, 5, 7])('has the gradient of finite differences, N=%i', (N) => {
    const random = rng(N);
    const [V, D] = [4, 3];
    const table = random.array(V * D);
    const ids = random.integers(N, V);
    const dy = random.array(N * D);
    expectGradient({
      loss: () => dot(embeddingForward({ table, ids, D }), dy),
      variables: { table },
      gradients: { table: embeddingBackward({ dy, ids, V, D }) },
    });
  });
});

describe('character convolution', () => {
  it.each(torchValues.convolution)(
    'agrees with nn.Conv1d and max, width $weights.width',
    ({ words, weights, y, dy, gradients }) => {
      const states = charConvolutionForward(words, weights);
      expectClose(states.y, y, { ...ROUNDING, name: 'y' });
      const actual = charConvolutionBackward({ dy, words, weights, states });
      expectClose(actual.dembedding, gradients.embedding, { ...ROUNDING, name: 'dembedding' });
      expectClose(actual.dkernel, gradients.kernel, { ...ROUNDING, name: 'dkernel' });
      expectClose(actual.dbias, gradients.bias, { ...ROUNDING, name: 'dbias' });
    },
  );

  it.each([
    { width: 1, E: 1, F: 1, lengths: [1] },
    { width: 3, E: 1, F: 3, lengths: [1] },
    { width: 3, E: 3, F: 5, lengths: [3, 1, 7, 2] },
    { width: 5, E: 5, F: 7, lengths: [1, 2, 3, 5, 7] },
    { width: 7, E: 7, F: 1, lengths: [7, 5] },
  ])(
    'has the gradient of finite differences, $width $E $F $lengths',
    ({ width, E, F, lengths }) => {
      const random = rng(width * 100 + E * 10 + F);
      const C = 8;
      const words = randomWords(random, lengths, C);
      const embedding = random.array(C * E);
      const kernel = random.array(width * E * F);
      const bias = random.array(F);
      const weights = { width, embedding, kernel, bias };
      const dy = random.array(lengths.length * F);
      const states = charConvolutionForward(words, weights);
      const gradients = charConvolutionBackward({ dy, words, weights, states });
      expectGradient({
        loss: () => dot(charConvolutionForward(words, weights).y, dy),
        variables: { embedding, kernel, bias },
        gradients: {
          embedding: gradients.dembedding,
          kernel: gradients.dkernel,
          bias: gradients.dbias,
        },
      });
    },
  );

  it('gives a tie to the first position, and all of its gradient', () => {
    // the word "abab", width 1: positions 1 and 3 tie for the maximum
    const words: Words = { ids: [0, 1, 0, 1], starts: [0, 4] };
    const weights = {
      width: 1,
      embedding: Float64Array.of(-1, 2),
      kernel: Float64Array.of(3),
      bias: Float64Array.of(0.5),
    };
    const states = charConvolutionForward(words, weights);
    expect([...states.convolved]).toEqual([-2.5, 6.5, -2.5, 6.5]);
    expect([...states.y]).toEqual([6.5]);
    expect([...states.argmax]).toEqual([1]);
    const dy = Float64Array.of(10);
    const d = charConvolutionBackward({ dy, words, weights, states });
    expect([...d.dembedding]).toEqual([0, 30]);
    expect([...d.dkernel]).toEqual([20]);
    expect([...d.dbias]).toEqual([10]);
  });

  it('knows where a tie was won: neighbours differ', () => {
    // "abac" with a kernel that reads only the character itself, but of width 3: "a" ties at 0 and
    // 2, whose neighbours differ, and the kernel's gradient sees those of position 0
    const words: Words = { ids: [0, 1, 0, 2], starts: [0, 4] };
    const weights = {
      width: 3,
      embedding: Float64Array.of(3, 1, 2),
      kernel: Float64Array.of(0, 1, 0),
      bias: Float64Array.of(0),
    };
    const states = charConvolutionForward(words, weights);
    expect([...states.argmax]).toEqual([0]);
    const d = charConvolutionBackward({ dy: Float64Array.of(1), words, weights, states });
    expect([...d.dkernel]).toEqual([0, 3, 1]);
  });

  it('sees zeros outside the word, not its neighbours, and maxima below zero', () => {
    const weights = {
      width: 3,
      embedding: Float64Array.of(-1, -7),
      kernel: Float64Array.of(1, 1, 1),
      bias: Float64Array.of(-1),
    };
    const alone = charConvolutionForward({ ids: [0], starts: [0, 1] }, weights);
    expect([...alone.y]).toEqual([-2]);
    const among = charConvolutionForward({ ids: [1, 0, 1], starts: [0, 1, 2, 3] }, weights);
    expect([...among.y]).toEqual([-8, -2, -8]);
  });

  it('rejects an even width and a word without characters', () => {
    const weights = {
      width: 2,
      embedding: Float64Array.of(1),
      kernel: Float64Array.of(1, 1),
      bias: Float64Array.of(0),
    };
    expect(() => charConvolutionForward({ ids: [0], starts: [0, 1] }, weights)).toThrow('odd');
    const one = { ...weights, width: 1, kernel: Float64Array.of(1) };
    expect(() => charConvolutionForward({ ids: [0], starts: [0, 1, 1] }, one)).toThrow('word 1');
  });
});

describe('character BiLSTM', () => {
  it.each(torchValues.charLstm)('agrees with nn.LSTM, case %#', (fixture) => {
    const { words, weights, dy, gradients } = fixture;
    const states = charLstmForward(words, weights);
    expectClose(states.y, fixture.y, { ...ROUNDING, name: 'y' });
    const actual = charLstmBackward({ dy, words, weights, states });
    expectClose(actual.dembedding, gradients.embedding, { ...ROUNDING, name: 'dembedding' });
    for (const direction of ['forward', 'backward'] as const) {
      for (const name of ['W', 'U', 'b'] as const) {
        expectClose(actual[direction][name], gradients[direction][name], {
          ...ROUNDING,
          name: `${direction}.${name}`,
        });
      }
    }
  });

  it.each([
    { E: 1, H: 1, lengths: [1] },
    { E: 3, H: 5, lengths: [1, 7, 3] },
    { E: 5, H: 3, lengths: [2, 2, 5, 1] },
  ])('has the gradient of finite differences, E=$E H=$H $lengths', ({ E, H, lengths }) => {
    const random = rng(E * 10 + H);
    const C = 6;
    const words = randomWords(random, lengths, C);
    const weights = {
      embedding: random.array(C * E),
      forward: randomCell(random, lstm, E, H),
      backward: randomCell(random, lstm, E, H),
    };
    const dy = random.array(lengths.length * 2 * H);
    const states = charLstmForward(words, weights);
    const d = charLstmBackward({ dy, words, weights, states });
    const flat = ({ forward, backward }: Pick<typeof weights, 'forward' | 'backward'>) => ({
      forwardW: forward.W,
      forwardU: forward.U,
      forwardB: forward.b,
      backwardW: backward.W,
      backwardU: backward.U,
      backwardB: backward.b,
    });
    expectGradient({
      loss: () => dot(charLstmForward(words, weights).y, dy),
      variables: { embedding: weights.embedding, ...flat(weights) },
      gradients: { embedding: d.dembedding, ...flat(d) },
      zero: lengths.every((length) => length === 1) ? ['forwardU', 'backwardU'] : [],
    });
  });

  it('is the packed BiLSTM over words sorted by length', () => {
    const random = rng(5);
    const [C, E, H] = [6, 3, 2];
    const lengths = [5, 3, 3, 1];
    const words = randomWords(random, lengths, C);
    const weights = {
      cell: lstm,
      forward: randomCell(random, lstm, E, H),
      backward: randomCell(random, lstm, E, H),
    };
    const embedding = random.array(C * E);
    const e = embeddingForward({ table: embedding, ids: words.ids, D: E });
    const packing = packingOfLengths(lengths);
    const spelled = lengths.map((length, w) =>
      e.slice(words.starts[w]! * E, (words.starts[w]! + length) * E),
    );
    const { y } = layerForward({ x: packSentences(spelled, packing, E), weights, packing });
    const expected = lengths.flatMap((length, w) => {
      const last = packedRow(packing, length - 1, w) * 2 * H;
      const first = packedRow(packing, 0, w) * 2 * H;
      return [...y.subarray(last, last + H), ...y.subarray(first + H, first + 2 * H)];
    });
    expect([...charLstmForward(words, { embedding, ...weights }).y]).toEqual(expected);
  });
});
