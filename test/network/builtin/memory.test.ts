import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { createBuiltinEngine, createEngineOver } from '../../../src/network/builtin/engine.ts';
import { type NetworkConfig, plainBiLstm } from '../../../src/network/config.ts';
import { createSample, openSingle, plainSgd } from '../sample.ts';

const config: NetworkConfig = {
  ...plainBiLstm,
  words: 1000,
  wordDim: 100,
  charEncoder: 'none',
  chars: 100,
  charDim: 10,
  charWidth: 3,
  charFilters: 10,
  charHidden: 10,
  layers: 1,
  hidden: 16_384,
  tags: [10],
};

describe('a network of more than 4 GiB', () => {
  const refusal = (change: Partial<NetworkConfig>, training = plainSgd): UserError => {
    const backend = openSingle('wasm');
    const before = backend.arena.memory.buffer.byteLength;
    try {
      createEngineOver(backend, { config: { ...config, ...change }, training });
    } catch (error) {
      expect(backend.arena.memory.buffer.byteLength).toBe(before);
      expect(error).toBeInstanceOf(UserError);
      return error as UserError;
    }
    throw new Error('not refused');
  };

  it('is refused before memory is taken, with the size and a remedy', () => {
    const error = refusal({});
    expect(error).toMatchObject({ code: 'SEQTAG_MEMORY', option: 'hidden' });
    expect(error.message).toMatch(
      /^a network with 16384 hidden units in 1 layer needs \d+\.\d GiB of memory for training, and 4 GiB is the limit\. Reduce the hidden units\.$/,
    );
    expect(refusal({ layers: 3 }).message).toMatch(/Reduce the hidden units or the layers\.$/);
  });

  it('names the words if they need most of it', () => {
    const big = { words: 3_000_000, wordDim: 300, hidden: 10 };
    const adam = { ...plainSgd, optimizer: { ...plainSgd.optimizer, optimizer: 'adam' as const } };
    const error = refusal(big, adam);
    expect(error).toMatchObject({ code: 'SEQTAG_MEMORY', option: 'wordDim' });
    expect(error.message).toMatch(
      /^a network with 3000000 words of 300 dimensions needs 10\.\d GiB/,
    );
    // words that are not learned have no moments
    const engine = createBuiltinEngine({
      config: { ...config, ...big },
      training: { ...adam, freezeWords: true },
      compute: { backend: 'wasm', threads: 1 },
    });
    expect(Object.keys(engine.getOptimizerState().moments)).not.toContain('word.embedding');
  });
});

it('the optimizer state has what the optimizer needs of each learned parameter', () => {
  const sample = createSample({ seed: 5, lengths: [3, 2], config: { charEncoder: 'cnn' } });
  const momentsOf = (optimizer: 'sgd' | 'adam', freezeWords: boolean) => {
    const engine = createEngineOver(openSingle('wasm'), {
      config: sample.config,
      training: {
        ...plainSgd,
        freezeWords,
        optimizer: { ...plainSgd.optimizer, optimizer, momentum: 0.5, beta2: 0.5, epsilon: 1e-8 },
      },
    });
    engine.trainStep(sample.batch, { learningRate: 0.1 });
    const { updates, batches, moments } = structuredClone(engine.getOptimizerState());
    expect([updates, batches]).toEqual([1, 1]);
    const names = engine.parameters.map(({ name }) => name);
    expect(Object.keys(moments)).toEqual(freezeWords ? names.slice(1) : names);
    for (const spec of engine.parameters)
      for (const moment of moments[spec.name] ?? [])
        expect(moment).toHaveLength(engine.getParameter(spec.name).length);
    return Object.values(moments).map(({ length }) => length);
  };
  expect(new Set(momentsOf('sgd', false))).toEqual(new Set([1]));
  expect(new Set(momentsOf('adam', false))).toEqual(new Set([2]));
  expect(new Set(momentsOf('adam', true))).toEqual(new Set([2]));
});

it('a parameter is copied in and out', () => {
  const { config } = createSample({ seed: 5, lengths: [3] });
  const engine = createEngineOver(openSingle('wasm'), { config });
  const bias = engine.getParameter('output.bias');
  bias[0] = 7;
  expect(engine.getParameter('output.bias')[0]).toBe(0);
  engine.setParameter('output.bias', bias);
  bias[0] = 8;
  const into = new Float32Array(bias.length);
  expect(engine.getParameter('output.bias', into)).toBe(into);
  expect(into[0]).toBe(7);
  expect(() => engine.setParameter('output.bias', [1])).toThrow('output.bias has 5 values, not 1');
  expect(() => engine.getParameter('none')).toThrow('the network has no parameter none');
});
