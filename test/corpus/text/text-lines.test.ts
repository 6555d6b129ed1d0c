import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextParser } from '../../../src/corpus/text/text.ts';
import { textTokenLines } from '../../../src/corpus/text/text-lines.ts';
import { tokenizerOf } from '../../../src/corpus/text/tokenizer.ts';
import { expectUserErrorAsync } from '../helpers.ts';

/** Whole lines, as they are read; the last may be unfinished. */
async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = bytes.lastIndexOf(10, cut) + 1;
    if (end <= from) continue;
    yield bytes.subarray(from, end);
    from = end;
  }
  yield bytes.subarray(from);
}

const most = 50;
const decoder = new TextDecoder();

async function byBytes(text: string, cuts: readonly number[], format: 'text' | 'lines') {
  const sentences: { tokens: string[]; line: number }[] = [];
  const options = {
    file: 'file',
    most,
    tokenizer: tokenizerOf(),
    isByLine: format === 'lines',
  };
  for await (const batch of textTokenLines(pieces(Buffer.from(text), cuts), options)) {
    expect(batch.tokens <= most || batch.ends.length === 1).toBe(true);
    batch.ends.forEach((end, s) => {
      const tokens: string[] = [];
      for (let t = batch.ends[s - 1] ?? 0; t < end; t++)
        tokens.push(decoder.decode(batch.bytes.subarray(batch.from[t], batch.to[t])));
      sentences.push({ tokens, line: batch.lines[s]! });
    });
  }
  return sentences;
}

function byStrings(text: string, format: 'text' | 'lines') {
  const parser = createTextParser({ format, file: 'file', gold: false });
  return [...parser.push(text), ...parser.end()].map(({ tokens, line }) => ({
    tokens: [...tokens],
    line,
  }));
}

const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...['One ', 'two', '. ', ' ', '\n', '\r\n', '\n\n', '? ', '"', 'Mr. ', '。', '名前', '😂'],
      ...[
        '\u2028',
        '\u00a0',
        '\u0085',
        '\u3000',
        '\u200b',
        '\u200d',
        '1. ',
        "don't ",
        '!No',
        'end...So',
      ],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 3 }) },
);
const text = fc
  .array(piece, { maxLength: 60 })
  .map((parts) => parts.join('').replace(/[\0\ufeff]/g, ''));

describe('textTokenLines', () => {
  test.each(['text', 'lines'] as const)(
    '%s: the sentences of the parser of strings',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(
          text,
          fc.array(fc.nat({ max: 200 }), { maxLength: 5 }),
          async (text, cuts) => {
            expect(await byBytes(text, cuts, format)).toEqual(byStrings(text, format));
          },
        ),
        { numRuns: 300, seed: 7 },
      );
    },
  );

  test('long paragraphs too', async () => {
    const long = fc.tuple(text, fc.constantFrom('', 'x', ' é', '𝄞')).map(([part, end]) => {
      const unit = `${part.replaceAll('\n', ' ')}${end}a`;
      return unit.repeat(Math.ceil(70_000 / unit.length));
    });
    await fc.assert(
      fc.asyncProperty(long, async (text) => {
        const found = await byBytes(text, [], 'text');
        const expected = byStrings(text, 'text');
        expect(found.length).toBe(expected.length);
        expect(found).toEqual(expected);
      }),
      { numRuns: 6, seed: 7 },
    );
  });

  test('more distinct chunks than are kept', async () => {
    const words = Array.from({ length: 34_000 }, (_, i) => (i % 500 === 0 ? 'Dr.\n\n5' : `w${i}`));
    const text = [...words, ...words.slice(0, 1000)].join(' ');
    const found = await byBytes(text, [100_000], 'text');
    expect(found).toEqual(byStrings(text, 'text'));
  });

  test('refuses what is no text, with its line', async () => {
    const read = async (bytes: number[]): Promise<void> => {
      const options = { file: 'file', most, tokenizer: tokenizerOf(), isByLine: false };
      for await (const _ of textTokenLines(pieces(Uint8Array.from(bytes), []), options));
    };
    await expectUserErrorAsync(() => read([97, 10, 97, 0xff, 10]), /^file:2: invalid UTF-8/);
    await expectUserErrorAsync(() => read([97, 10, 10, 97, 0]), /^file:3: a binary file/);
  });
});
