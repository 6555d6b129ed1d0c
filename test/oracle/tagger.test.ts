import { describe, expect, it } from 'vitest';
import { lstm } from './cells.ts';
import { expectAllClose, expectClose } from './close.ts';
import { expectGradient } from './gradient.ts';
import { adamStep } from './optimizers.ts';
import { packedRow, packingOfLengths } from './packing.ts';
import { rng } from './rng.ts';
import { randomBatch, randomTagger, randomTaggerMasks, type TaggerSizes } from './samples.ts';
import {
  type CharEncoder,
  namedArrays,
  type TaggerWeights,
  taggerForward,
  taggerStep,
} from './tagger.ts';
import { ROUNDING, torchValues } from './torch-values.ts';

type Fixture = (typeof torchValues.tagger)[number];

function weightsOf(
  { table, encoder, layers, dense }: Fixture | Fixture['gradients'],
  D: number,
): TaggerWeights {
  let characters: CharEncoder | undefined;
  if (encoder) {
    characters =
      'kernel' in encoder ? { kind: 'convolution', ...encoder } : { kind: 'lstm', ...encoder };
  }
  return {
    words: { table, D },
    characters,
    layers: layers.map((layer) => ({ cell: lstm, ...layer })),
    output: dense,
  };
}

describe('PyTorch', () => {
  it.each(torchValues.tagger)('a whole tagger, characters $kind, lengths $lengths', (fixture) => {
    const { words, gold, characters, masks, outputMask, smoothing, D } = fixture;
    const step = taggerStep({
      weights: weightsOf(fixture, D),
      batch: {
        packing: packingOfLengths(fixture.lengths),
        words,
        gold,
        characters: characters ?? undefined,
      },
      masks: { layers: masks, output: outputMask },
      smoothing,
    });
    expectClose(step.states.logits, fixture.logits, { ...ROUNDING, name: 'logits' });
    expectClose(step.loss, fixture.loss, { ...ROUNDING, name: 'loss' });
    const expected = namedArrays(weightsOf(fixture.gradients, D));
    expectAllClose(namedArrays(step.gradients), expected, ROUNDING);
  });
});

describe('autograd', () => {
  it.each(torchValues.networks)(
    'a whole tagger of $cell, $direction $merge $between, $layerCount layers',
    (fixture) => {
      const { dense, D, parameters, ids, links } = fixture;
      const sizes = { ...fixture, layers: fixture.layerCount, periods: [...fixture.periods] };
      const weights = randomTagger(rng(1), sizes);
      const named = namedArrays(weights);
      expect(weights.dense!.length).toBe(dense);
      expect(weights.words.D).toBe(D);
      expect(Object.keys(named).sort()).toEqual(Object.keys(parameters).sort());
      for (const [name, values] of Object.entries(parameters)) named[name]!.set(values);
      const step = taggerStep({
        weights,
        batch: { packing: packingOfLengths(fixture.lengths), words: ids, gold: fixture.gold },
        masks: { layers: fixture.masks, output: fixture.outputMask },
        links,
      });
      expectClose(step.states.logits, fixture.logits, { ...ROUNDING, name: 'logits' });
      expectClose(step.loss, fixture.loss, { ...ROUNDING, name: 'loss' });
      expectAllClose(namedArrays(step.gradients), fixture.gradients, ROUNDING);
    },
  );
});

const convolution = { kind: 'convolution', C: 5, E: 3, F: 3, width: 3 } as const;
const characterLstm = { kind: 'lstm', C: 5, E: 3, H: 2 } as const;
const small = { V: 7, D: 3, layers: 1, H: 3, K: 5 };

const cases: { sizes: TaggerSizes; lengths: number[]; smoothing: number; drop?: number }[] = [
  { sizes: { V: 1, D: 1, layers: 1, H: 1, K: 3 }, lengths: [1], smoothing: 0 },
  { sizes: small, lengths: [7, 5, 3, 1], smoothing: 0.1, drop: 0.3 },
  { sizes: { ...small, layers: 2, characters: convolution }, lengths: [5, 3, 3], smoothing: 0 },
  { sizes: { ...small, characters: convolution }, lengths: [3], smoothing: 0.1, drop: 0.3 },
  {
    sizes: { ...small, layers: 2, characters: characterLstm },
    lengths: [3, 1],
    smoothing: 0,
    drop: 0.3,
  },
  { sizes: { ...small, characters: characterLstm }, lengths: [5, 2, 2], smoothing: 0.03 },
  {
    sizes: { ...small, H: 2, cell: 'gru', layers: 2, merge: 'mean', between: 'highway', dense: 2 },
    lengths: [3, 1],
    smoothing: 0.1,
    drop: 0.3,
  },
  {
    sizes: { ...small, H: 2, cell: 'depth-gated', layers: 3, direction: 'backward', dense: 1 },
    lengths: [3, 2],
    smoothing: 0,
  },
];

describe('finite differences', () => {
  it.each(cases)('$sizes.cell, characters $sizes.characters.kind, lengths $lengths', (options) => {
    const { sizes, lengths, smoothing, drop } = options;
    const random = rng(17);
    const weights = randomTagger(random, sizes);
    const batch = randomBatch(random, sizes, lengths);
    const { packing } = batch;
    const masks =
      drop === undefined ? undefined : randomTaggerMasks(random, { weights, packing, drop });
    const all = { weights, batch, masks, smoothing };
    const variables = namedArrays(weights);
    const { loss, gradients } = taggerStep(all);
    expect(loss).toBeGreaterThan(0);
    expectGradient({
      loss: () => taggerStep(all).loss,
      variables,
      gradients: namedArrays(gradients),
      zero: lengths[0] === 1 ? Object.keys(variables).filter((name) => name.endsWith('.U')) : [],
    });
  });
});

describe('dhTotal', () => {
  it('holds the gradient of each h, of which those of the pre-activations follow', () => {
    const sizes: TaggerSizes = { ...small, layers: 2, cell: 'rnn', direction: 'backward' };
    const random = rng(41);
    const weights = randomTagger(random, sizes);
    const batch = randomBatch(random, sizes, [4, 2]);
    const { dhTotal, states, gradients } = taggerStep({ weights, batch });
    expect(dhTotal.length).toBe(2);
    dhTotal.forEach((layer, l) => {
      // of an Elman network: db = Σ_n dh ∘ (1 - h²)
      const { h } = states.layers[l]!.backward!;
      const db = new Float64Array(sizes.H);
      layer.backward!.forEach((d, i) => {
        db[i % sizes.H]! += d * (1 - h[i]! ** 2);
      });
      expectClose(gradients.layers[l]!.backward!.b, db, { ...ROUNDING, name: `layer ${l}` });
      expect(layer.forward).toBeUndefined();
    });
  });
});

describe('behaviour', () => {
  const random = rng(23);
  const sizes: TaggerSizes = { ...small, layers: 2, characters: convolution };
  const weights = randomTagger(random, sizes);
  const batch = randomBatch(random, sizes, [6, 4, 1]);
  const { packing } = batch;
  const { K } = sizes;

  it('the last word changes the logits of the first, and of no other sentence', () => {
    const words = Int32Array.from(batch.words);
    const last = packedRow(packing, 5, 0);
    words[last] = (words[last]! + 1) % sizes.V;
    const before = taggerForward({ weights, batch }).logits;
    const after = taggerForward({ weights, batch: { ...batch, words } }).logits;
    for (let k = 0; k < K; k++) {
      expect(after[k]).not.toBe(before[k]);
      expect(after[K + k]).toBe(before[K + k]);
    }
  });

  it('gradients of words and characters that do not occur are zero', () => {
    const { gradients } = taggerStep({ weights, batch });
    const used = new Set(Array.from(batch.words));
    const table = gradients.words.table;
    for (let v = 0; v < sizes.V; v++) {
      const row = table.subarray(v * sizes.D, (v + 1) * sizes.D);
      expect(row.some((g) => g !== 0)).toBe(used.has(v));
    }
  });

  it('needs the characters it is to encode', () => {
    const { characters: _, ...rest } = batch;
    expect(() => taggerForward({ weights, batch: rest })).toThrow('no characters');
  });

  it('memorises a batch', () => {
    const own = randomTagger(rng(29), { ...sizes, layers: 1 });
    const named = namedArrays(own);
    const moments = Object.fromEntries(
      Object.entries(named).map(([name, w]) => [
        name,
        { m: new Float64Array(w.length), v: new Float64Array(w.length) },
      ]),
    );
    for (let step = 1; step <= 100; step++) {
      const gradients = namedArrays(taggerStep({ weights: own, batch }).gradients);
      for (const [name, w] of Object.entries(named)) {
        adamStep({ w, g: gradients[name]!, ...moments[name]!, step, lr: 0.05 });
      }
    }
    const { logits } = taggerForward({ weights: own, batch });
    for (let n = 0; n < packing.N; n++) {
      if (batch.gold[n]! < 0) continue;
      const row = [...logits.subarray(n * K, (n + 1) * K)];
      expect(row.indexOf(Math.max(...row))).toBe(batch.gold[n]);
    }
  });
});
