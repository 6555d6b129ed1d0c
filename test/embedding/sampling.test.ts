import { describe, expect, it } from 'vitest';
import {
  aliasTable,
  keepProbabilities,
  keepThresholds,
  noiseProbabilities,
} from '../../src/embedding/sampling.ts';
import { expectClose } from '../oracle/close.ts';

const exact = { abs: 1e-12, rel: 0 };

describe('aliasTable', () => {
  it.each([[[1]], [[0.5, 0.5]], [[0.7, 0.1, 0.1, 0.1]], [[0.01, 0.02, 0.9, 0.03, 0.04]]])(
    'draws %j',
    (shares) => {
      const n = shares.length;
      const table = aliasTable(Float64Array.from(shares));
      const drawn = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        const stays = ((table[2 * i]! >>> 0) + 1) / 2 ** 32;
        drawn[i]! += stays / n;
        drawn[table[2 * i + 1]!]! += (1 - stays) / n;
      }
      expectClose(drawn, shares, { abs: 1e-9, rel: 0 });
    },
  );
});

it('noise words are proportional to counts to the power of 0.75', () => {
  expectClose(noiseProbabilities(Int32Array.of(16, 1, 1)), [0.8, 0.1, 0.1], exact);
});

describe('keepProbabilities', () => {
  it('subsamples frequent words only', () => {
    // shares 0.96 and 0.04 of the text
    const counts = Int32Array.of(96, 4);
    const [often, seldom] = keepProbabilities(counts, 0.01);
    expectClose(often!, Math.sqrt(0.01 / 0.96) + 0.01 / 0.96, exact);
    expectClose(seldom!, 0.75, exact);
    expect(keepProbabilities(counts, 0.04)[1]).toBe(1);
    expect([...keepProbabilities(counts, 0)]).toEqual([1, 1]);
  });

  it('become thresholds of 32 bits', () => {
    expect([...keepThresholds(Float64Array.of(1, 0.5, 0))]).toEqual([-1, 2 ** 31 - 1, 0]);
  });
});
