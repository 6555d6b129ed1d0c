import { describe, expect, it } from 'vitest';
import { type NumberedText, readNumberedText } from '../../src/embedding/text.ts';
import { pieces } from '../cli/world.ts';

type Options = Parameters<typeof readNumberedText>[1];

async function read(
  texts: readonly string[],
  options: Partial<Options> = {},
): Promise<{ text: NumberedText; told: number[] }> {
  const sources = texts.map((text, i) => ({
    source: pieces([Buffer.from(text)]),
    read: { format: 'horizontal' as const, file: `text-${i}` },
  }));
  const reading = readNumberedText(sources, { lowercase: true, minCount: 1, ...options });
  const told: number[] = [];
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { text: value, told };
    told.push(value);
  }
}
const spelled = ({ words, ids }: NumberedText): string =>
  ids.flatMap((chunk) => Array.from(chunk, (id) => (id < 0 ? '|' : words[id]!))).join(' ');

describe('readNumberedText', () => {
  it('numbers words by falling count and keeps the ends of sentences', async () => {
    const { text, told } = await read(['b a A\nc a b\n', 'a d 17\n']);
    expect(text.words).toEqual(['a', 'b', '00', 'c', 'd']);
    expect([...text.counts]).toEqual([4, 2, 1, 1, 1]);
    expect(spelled(text)).toBe('b a a | c a b | a d 00 |');
    expect([text.sentences, text.tokens]).toEqual([3, 9]);
    expect(told.at(-1)).toBe(9);
  });

  it('leaves out rare words, and can keep the case', async () => {
    const { text } = await read(['a b A\na c b\n'], { minCount: 2, lowercase: false });
    expect(spelled(text)).toBe('a b | a b |');
    expect(text.tokens).toBe(6);
  });

  it('has a minimum count of 2 for a small text', async () => {
    const { text } = await read(['a a b b c\n'], { minCount: undefined });
    expect(text.words).toEqual(['a', 'b']);
  });

  it('drops the rarest words when there are too many', async () => {
    const { text } = await read(['a a b a b c d e a\n'], { mostWords: 3 });
    expect(text.words).toEqual(['a', 'e']);
    expect([...text.counts]).toEqual([4, 1]);
  });

  it('refuses texts without enough words', async () => {
    await expect(read([''])).rejects.toThrow('text-0: no words. Is the file empty');
    await expect(read(['a b c\n'], { minCount: 9 })).rejects.toThrow(
      /text-0: no word occurs at least 9 times in 3 tokens\. .*minimum count/,
    );
    await expect(read(['a b a\n'], { minCount: 2 })).rejects.toThrow(
      'only one word occurs at least 2',
    );
  });
});
