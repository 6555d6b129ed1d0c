import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validTransition } from '../../src/corpus/tags/scheme.ts';
import { buildVocabulary, createEncoder } from '../../src/corpus/vocabulary.ts';
import type { TagColumn } from '../../src/model/model.ts';
import { allowedTransitionsOf } from '../../src/model/transitions.ts';
import { createEngineOver } from '../../src/network/builtin/engine.ts';
import { type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import type { Engine } from '../../src/network/engine.ts';
import { sizeOf } from '../../src/network/parameters.ts';
import { createPredictor } from '../../src/tagging/predictor.ts';
import { join, windows } from '../../src/tagging/windows.ts';
import { openSingle } from '../network/sample.ts';
import { rng } from '../oracle/rng.ts';

describe('windows', () => {
  it('count every token once, a margin away from any cut, in windows of bounded size', () => {
    fc.assert(
      fc.property(fc.nat(1500), fc.integer({ min: 1, max: 700 }), (length, size) => {
        const cuts = windows(length, size);
        const margin = Math.min(64, Math.floor(size / 4));
        expect(cuts[0]).toMatchObject({ start: 0, from: 0 });
        expect(cuts.at(-1)).toMatchObject({ end: length, to: length });
        cuts.forEach(({ start, end, from, to }, i) => {
          const next = cuts[i + 1];
          expect(end - start).toBeLessThanOrEqual(size);
          if (start > 0) expect(from - start).toBe(margin);
          if (!next) return;
          expect(end - to).toBe(margin);
          expect(next.from).toBe(to);
          expect(to).toBeGreaterThan(from);
        });
        expect(cuts.length === 1).toBe(length <= size);
      }),
      { numRuns: 40 },
    );
  });

  it('are joined next to the middle of what they share, where both say the same', () => {
    const cuts = windows(20, 16); // 0 to 15 and 8 to 19, which part at 12
    expect(cuts.map(({ to }) => to)).toEqual([12, 20]);
    const left = Int32Array.from({ length: 16 }, () => 1);
    const right = (agreed: number[]): Int32Array =>
      Int32Array.from({ length: 12 }, (_, i) => (agreed.includes(i + 8) ? 1 : 2));
    const firstOfRight = (agreed: number[]): number =>
      join(cuts, [left, right(agreed)]).findIndex((tag, i) => tag === 2 && !agreed.includes(i));
    expect(firstOfRight([])).toBe(12);
    expect(firstOfRight([12])).toBe(13);
    expect(firstOfRight([10, 15])).toBe(11);
    expect(firstOfRight([8, 15])).toBe(16);
    expect(join(windows(3, 3), [Int32Array.of(4, 5, 6)])).toEqual(Int32Array.of(4, 5, 6));
  });
});

describe('a predictor', () => {
  const tags = ['O', 'B-X', 'I-X', 'E-X', 'S-X', 'B-Y', 'I-Y', 'E-Y', 'S-Y'];
  const words = Array.from({ length: 54 }, (_, i) => 'w'.repeat(i + 1)); // digits would all be 0
  const labelled = { tokens: words, tags: words.map((_, i) => tags[i % tags.length]!) };
  const { vocabulary } = buildVocabulary([[labelled]], { lowercase: true, minCount: 1 });
  const tagColumn: TagColumn = { scheme: 'BIO', trainedScheme: 'BIOES', format: 'columns' };
  const engineOf = (decoder: NetworkConfig['decoder'], cachedTypes: number): Engine => {
    const config: NetworkConfig = {
      ...plainBiLstm,
      decoder,
      words: vocabulary.words.length,
      wordDim: 4,
      charEncoder: 'none',
      chars: vocabulary.chars.length,
      charDim: 1,
      charWidth: 1,
      charFilters: 1,
      charHidden: 1,
      layers: 1,
      hidden: 6,
      tags: [vocabulary.tags[0]!.length],
    };
    const transitions = allowedTransitionsOf(config, vocabulary, [tagColumn]);
    const engine = createEngineOver(openSingle('wasm'), { config, cachedTypes, transitions });
    const random = rng(3);
    for (const { name, shape } of engine.parameters)
      engine.setParameter(name, random.array(sizeOf(shape), name === 'output.weight' ? 3 : 1));
    return engine;
  };
  const ids = rng(9).integers(5000, words.length);
  const long = Array.from(ids, (id) => words[id]!);

  for (const decoder of ['softmax', 'constrained', 'crf'] as const)
    it(`gives in windows what it gives for the whole sentence: ${decoder}`, async () => {
      const whole = engineOf(decoder, 64);
      const wordTypes = createEncoder(vocabulary).types(words);
      const { best } = whole.emissions({ wordTypes, sentences: [ids] });
      await whole.close();
      const expected = Array.from(best[0]!, (tag) => vocabulary.tags[0]![tag]!);

      const engine = engineOf(decoder, 300); // the cache bounds the windows: 300 tokens
      const plain = { ...tagColumn, scheme: 'none', trainedScheme: 'none' } as const;
      const predictor = createPredictor(engine, vocabulary, [plain]);
      const [[tags, short]] = predictor.predict([long, ['w', 'ww'], []]) as [string[][]];
      await engine.close();
      expect(tags).toHaveLength(5000);
      expect(short).toHaveLength(2);
      const agreed = tags!.filter((tag, i) => tag === expected[i]).length;
      expect(new Set(tags).size).toBeGreaterThan(3);
      expect(agreed / 5000).toBeGreaterThan(0.999);
      if (decoder === 'softmax') return;
      const path = [null, ...tags!, null];
      const broken = path.slice(1).filter((tag, i) => !validTransition(path[i]!, tag, 'BIOES'));
      expect(broken).toEqual([]);
    });
});
