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
    const number = async (tokens: string[], ids: Int32Array, next: number) =>
      lexicon.number([tokens], ids, next);
    return { lexicon, number };
  },
  bytes: () => {
    const lexicon = createByteLexicon();
    const number = async (tokens: string[], ids: Int32Array, next: number) =>
      lexicon.number(await linesOf(tokens), ids, next);
    return { lexicon, number };
  },
};

describe.each(Object.entries(kinds))('a lexicon of %s', (_, open) => {
  it('numbers what is new, and knows it the next time', async () => {
    const { lexicon, number } = open();
    const ids = new Int32Array(5);
    expect(await number(['a', 'b', 'a', 'Zoë', 'b'], ids, 7)).toEqual([0, 1, 3]);
    expect([...ids]).toEqual([7, 8, 7, 9, 8]);
    expect(await number(['Zoë', 'c', 'a', 'b'], ids, 20)).toEqual([1]);
    expect([...ids.subarray(0, 4)]).toEqual([9, 20, 7, 8]);
    lexicon.clear();
    expect(await number(['c'], ids, 0)).toEqual([0]);
    expect(ids[0]).toBe(0);
  });

  it('tells thousands of types apart', async () => {
    const { number } = open();
    const words = Array.from({ length: 5000 }, (_, i) => `w${i * 7919}`);
    const ids = new Int32Array(words.length);
    expect(await number(words, ids, 0)).toEqual(words.map((_, i) => i));
    expect(await number(words.toReversed(), ids, 5000)).toEqual([]);
    expect([...ids]).toEqual(words.map((_, i) => 4999 - i));
  });

  it('is heavy when its types are long, until it is cleared', async () => {
    const { lexicon, number } = open();
    const ids = new Int32Array(2);
    await number(['x'.repeat(3_000_000)], ids, 0);
    expect(lexicon.isHeavy).toBe(false);
    await number(['y'.repeat(3_000_000)], ids, 1);
    expect(lexicon.isHeavy).toBe(true);
    lexicon.clear();
    expect(lexicon.isHeavy).toBe(false);
    expect(await number(['z', 'x'.repeat(3_000_000)], ids, 0)).toHaveLength(2);
  });
});
