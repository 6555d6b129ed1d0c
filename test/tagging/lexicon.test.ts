import { describe, expect, it } from 'vitest';
import { readTokenLines, type TokenLines } from '../../src/corpus/index.ts';
import { createByteLexicon, createLexicon } from '../../src/tagging/lexicon.ts';
import { stream } from '../corpus/helpers.ts';

async function linesOf(tokens: readonly string[]): Promise<TokenLines> {
  const source = stream(Buffer.from(tokens.join(' ')));
  for await (const batch of readTokenLines(source, { file: 'file', most: 4 })) return batch;
  throw new Error('no tokens');
}

const kinds = {
  strings: () => {
    const lexicon = createLexicon();
    return { lexicon, look: async (t: string[], p: Int32Array) => lexicon.look([t], p) };
  },
  bytes: () => {
    const lexicon = createByteLexicon(4);
    return {
      lexicon,
      look: async (t: string[], p: Int32Array) => lexicon.look(await linesOf(t), p),
    };
  },
};

describe.each(Object.entries(kinds))('a lexicon of %s', (_, open) => {
  it('says once what is new, and where the rest is', async () => {
    const { lexicon, look } = open();
    const places = new Int32Array(5);
    expect(await look(['a', 'b', 'a', 'Zoë', 'b'], places)).toEqual([0, 1, 3]);
    expect([...places]).toEqual([-1, -2, -1, -3, -2]);
    lexicon.settle(Int32Array.of(7, 5, 6));
    expect(await look(['Zoë', 'c', 'a', 'b'], places)).toEqual([1]);
    expect([...places.subarray(0, 4)]).toEqual([6, -1, 7, 5]);
    lexicon.settle(Int32Array.of(8));
    lexicon.clear();
    expect(await look(['c'], places)).toEqual([0]);
  });

  it('tells thousands of types apart', async () => {
    const { lexicon, look } = open();
    const words = Array.from({ length: 5000 }, (_, i) => `w${i * 7919}`);
    const places = new Int32Array(words.length);
    expect(await look(words, places)).toEqual(words.map((_, i) => i));
    lexicon.settle(Int32Array.from(words, (_, i) => i));
    expect(await look(words.toReversed(), places)).toEqual([]);
    expect([...places]).toEqual(words.map((_, i) => 4999 - i));
  });

  it('is heavy when its types are long, until it is cleared', async () => {
    const { lexicon, look } = open();
    const places = new Int32Array(2);
    await look(['x'.repeat(3_000_000)], places);
    lexicon.settle(Int32Array.of(0));
    expect(lexicon.isHeavy).toBe(false);
    await look(['y'.repeat(3_000_000)], places);
    expect(lexicon.isHeavy).toBe(true);
    lexicon.clear();
    expect(lexicon.isHeavy).toBe(false);
    expect(await look(['z', 'x'.repeat(3_000_000)], places)).toHaveLength(2);
  });
});
