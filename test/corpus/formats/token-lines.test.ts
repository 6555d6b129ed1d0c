import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readTokenLines,
  type TokenLines,
  tokensWithin,
  tokenText,
} from '../../../src/corpus/index.ts';
import { expectUserErrorAsync, hasLineFeeds, parseText, stream } from '../helpers.ts';

async function read(source: AsyncIterable<Uint8Array>, most = 8): Promise<TokenLines[]> {
  const all: TokenLines[] = [];
  for await (const batch of readTokenLines(source, { file: 'file', most })) all.push(batch);
  return all;
}

const sentencesOf = (batch: TokenLines): { tokens: string[]; line: number }[] =>
  batch.ends.map((end, s) => {
    const start = batch.ends[s - 1] ?? 0;
    const tokens = Array.from({ length: end - start }, (_, i) => tokenText(batch, start + i));
    return { tokens, line: batch.lines[s]! };
  });

describe('lines of tokens', () => {
  it('are the sentences of the format horizontal, however they are cut', async () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '日本',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '\r',
      '\v',
      '\u00a0',
      '\ufeff',
    );
    const text = fc
      .array(piece, { maxLength: 60 })
      .map((parts) => parts.join(''))
      .filter(hasLineFeeds);
    const cuts = fc.array(fc.nat(100), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(text, cuts, fc.integer({ min: 1, max: 9 }), async (text, cuts, most) => {
        const batches = await read(stream(Buffer.from(text), cuts), most);
        const { sentences } = parseText(text, { format: 'horizontal' });
        expect(batches.flatMap(sentencesOf)).toEqual(
          sentences.map(({ tokens, line }) => ({ tokens, line })),
        );
        for (const { tokens, ends } of batches) {
          expect(tokens).toBe(ends.at(-1));
          expect(ends.length === 1 || tokens <= most).toBe(true);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('have windows', async () => {
    const [batch] = await read(stream(Buffer.from('a b c d e\n')));
    expect(sentencesOf(tokensWithin(batch!, { start: 1, end: 4 }))).toEqual([
      { tokens: ['b', 'c', 'd'], line: 1 },
    ]);
  });

  it.each([
    ['token', 'x', /^file:1: a line longer than 16 MiB\./],
    ['line of tokens', 'x ', /^file:1: a sentence of more than 1000000 tokens\./],
    ['line of spaces', ' ', /^file:1: a line longer than 16 MiB\./],
  ])('an endless %s is refused before it fills the memory', async (_, text, message) => {
    let chunks = 0;
    const chunk = Buffer.from(text.repeat(65_536 / text.length));
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; ; chunks++) yield chunk;
    }
    await expectUserErrorAsync(() => read(endless()), message);
    expect(chunks).toBeLessThanOrEqual(257);
  });
});
