import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createWriter,
  type Format,
  readCorpus,
  type WriteOptions,
} from '../../src/corpus/index.ts';
import { tagStream } from '../../src/tagging/stream.ts';
import { loadTagger, type Tagger } from '../../src/tagging/tagger.ts';
import { checkHyperparameters } from '../../src/training/settings.ts';
import { train } from '../../src/training/train.ts';
import { expectUserErrorAsync, stream } from '../corpus/helpers.ts';

const corpus = 'corpora/english.dev.conll';
const model = join(tmpdir(), `seqtag-stream-${process.pid}.safetensors`);
let tagger: Tagger;

beforeAll(async () => {
  const small = { wordDim: 16, charDim: 8, charFilters: 8, hidden: 16, epochs: 4 };
  const events = train({
    corpora: [corpus],
    output: model,
    read: { tagColumn: 1 },
    threads: 1,
    hyperparameters: checkHyperparameters({ ...small, learningRate: 0.02 }, 'test'),
  });
  for await (const _ of events);
  tagger = loadTagger(model, { threads: 1 });
});
afterAll(async () => {
  await tagger.close();
  rmSync(model);
});

/** The first sentences of a bundled corpus. */
const beginning = (file: string): string =>
  `${readFileSync(file, 'utf8').split('\n\n').slice(0, 30).join('\n\n')}\n\n`;
const text = beginning(corpus);
const conllu = beginning('corpora/english.dev.conllu');

async function tagged(
  bytes: Uint8Array,
  { format, cuts = [], write = {} }: { format: Format; cuts?: number[]; write?: WriteOptions },
): Promise<string> {
  const out: Uint8Array[] = [];
  const options = { read: { format }, writer: createWriter(write) };
  for await (const piece of tagStream(stream(bytes, cuts), tagger, options)) {
    expect(piece).not.toHaveLength(0);
    out.push(Buffer.from(piece));
  }
  return Buffer.concat(out).toString();
}

/** The last cell of each line that has one. */
const lastCells = (output: string): string[] =>
  output
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t').at(-1)!);

describe('tagStream', () => {
  it('keeps blank lines of a text a line, by bytes and by strings, however its input is cut', async () => {
    const part = fc.constantFrom(
      'One',
      ' two',
      '. ',
      '\n',
      '\n\n',
      ' \n',
      '\r\n',
      '\u200d',
      '\ufeff',
      '名前。',
      '! No',
    );
    const input = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(input, fc.array(fc.nat(60), { maxLength: 8 }), async (text, cuts) => {
        const bytes = Buffer.from(text);
        const byBytes = await tagged(bytes, { format: 'lines', cuts });
        // only a plain writer is bypassed
        const paint = (cell: string): string => cell;
        expect(await tagged(bytes, { format: 'lines', cuts, write: { paint } })).toBe(byBytes);
        const inline = await tagged(bytes, { format: 'lines', cuts, write: { format: 'inline' } });
        const lines = text.replace(/^\ufeff/, '').split('\n');
        if (lines.at(-1) === '') lines.pop();
        expect(inline.split('\n').length - 1).toBe(lines.length);
        const isBlank = (line: string): boolean => /^(?:\s|\u200d)*$/.test(line);
        expect(
          inline
            .split('\n')
            .slice(0, -1)
            .map((line) => line === ''),
        ).toEqual(lines.map(isBlank));
        const blank = byBytes.split('\n').filter((line) => line === '').length - 1;
        const sentences = await tagged(bytes, {
          format: 'lines',
          cuts,
          write: { format: 'jsonl' },
        });
        expect(blank).toBe(lines.filter(isBlank).length + sentences.split('\n').length - 1);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('gives the tags of one call of tag, in order, however its input is cut', async () => {
    const sentences = await readCorpus(stream(Buffer.from(text)), { format: 'columns' });
    const expected = tagger.tag(sentences.map(({ tokens }) => tokens)).flat();
    expect(new Set(expected).size).toBeGreaterThan(5);
    const bytes = Buffer.from(text);
    const whole = await tagged(bytes, { format: 'columns' });
    expect(lastCells(whole)).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        expect(await tagged(bytes, { format: 'columns', cuts })).toBe(whole);
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('does not mind being cut after every byte, in text with wide characters too', async () => {
    const bytes = Buffer.from('Zoë met 日本 friends – “gladly”. Then\nshe left 🙂!\n\nYes.');
    const cuts = Array.from(bytes, (_, i) => i);
    expect(await tagged(bytes, { format: 'text', cuts })).toBe(
      await tagged(bytes, { format: 'text' }),
    );
  });

  it.each<[string, Format, string]>([
    ['columns', 'columns', text],
    [
      'columns with comments, CRLF, BOM and runs of spaces',
      'columns',
      '\ufeff# about this file\r\n-DOCSTART- O\r\n\r\nthe  N\r\nend   N\r\n\r\n\r\n\r\nYes N',
    ],
  ])('gives %s back byte for byte, plus a column', async (_, format, source) => {
    const output = await tagged(Buffer.from(source), { format });
    const without = output
      .split('\n')
      .map((line) =>
        /^(\ufeff?# |-DOCSTART-|\s*$)/.test(line)
          ? line
          : line.replace(/[ \t]+[^ \t\r]+(\r?)$/, '$1'),
      );
    expect(without.join('\n')).toBe(source);
  });

  it('changes nothing in conllu but the field of each word', async () => {
    const source = `\ufeff${conllu}# at the end\n`;
    const output = await tagged(Buffer.from(source), { format: 'conllu' });
    const blank = (whole: string): string =>
      whole.replace(/^(\d+\t[^\t]*\t[^\t]*\t)[^\t]*/gm, '$1');
    expect(blank(output)).toBe(blank(source));
    expect(output).not.toBe(source);
    const misc = await tagged(Buffer.from(source), {
      format: 'conllu',
      write: { tagColumn: 'Guess' },
    });
    expect(misc.replace(/\|?Guess=[^|\n]*/g, '')).toBe(source.replace(/^(\d+\t.*\t)_$/gm, '$1'));
  });

  it.each<Format>(['jsonl', 'columns'])(
    'answers when its input pauses, and not before: %s',
    async (format) => {
      const answered: (() => void)[] = [];
      async function* typed(): AsyncGenerator<Uint8Array> {
        for (const line of ['One .\n', 'Two .\n', 'Three .\n']) {
          yield Buffer.from(line);
          // nothing more comes before the answer
          await new Promise<void>((resolve) => answered.push(resolve));
        }
      }
      const read = { format: 'horizontal' } as const;
      for (const maxLatency of [0, 1]) {
        const options = { read, writer: createWriter({ format }), maxLatency };
        const words: string[] = [];
        for await (const piece of tagStream(typed(), tagger, options)) {
          words.push(/[A-Z]\w+/.exec(String(Buffer.from(piece)))![0]);
          answered.pop()!();
        }
        expect(words).toEqual(['One', 'Two', 'Three']);
      }
    },
  );

  it('gives lines of tokens, as bytes, the tags of the same tokens as strings', async () => {
    const token = fc.oneof(
      fc.constantFrom(
        'the',
        'The',
        'dog',
        '日本',
        'Zoë',
        '🙂',
        '\u00a0',
        '\ufeff',
        '#',
        'a'.repeat(70),
      ),
      fc
        .string({ minLength: 1, maxLength: 3, unit: 'grapheme' })
        .filter((s) => !/[\0-\x20]/.test(s)),
    );
    const space = fc.constantFrom(' ', ' ', ' ', '\n', '\t', '\r\n', '\n\n', '\v', '\r', ' \f ');
    const source = fc
      .tuple(
        fc.constantFrom('', '\ufeff', ' '),
        fc.array(fc.tuple(token, space), { maxLength: 60 }),
      )
      .map(([start, all]) => start + all.flat().join(''));
    await fc.assert(
      fc.asyncProperty(source, fc.array(fc.nat(200), { maxLength: 4 }), async (text, cuts) => {
        const bytes = Buffer.from(text);
        if (!text.includes('\n') && /\r[\s\S]/.test(text)) {
          const refused = expect(tagged(bytes, { format: 'horizontal', cuts })).rejects;
          await refused.toThrow('line ends are CR alone');
          return;
        }
        const asBytes = await tagged(bytes, { format: 'horizontal', cuts });
        // a painter keeps them strings
        const paint = (tag: string): string => tag;
        expect(asBytes).toBe(await tagged(bytes, { format: 'horizontal', write: { paint } }));
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('batches, windows and a cache that turns over change no tag of lines of tokens', async () => {
    const few: Tagger = loadTagger(model, { threads: 2 });
    const sentences = Array.from({ length: 700 }, (_, s) =>
      Array.from(
        { length: 1 + ((s * 7) % 29) },
        (_, i) => `${'the dog saw Zoë'.split(' ')[(s * i) % 4]}${(s * i) % 5000}x`,
      ),
    );
    sentences[300] = Array.from({ length: 9000 }, (_, i) => `w${i % 30}`);
    const source = Buffer.from(sentences.map((tokens) => `${tokens.join(' ')}\n`).join(''));
    const expected = tagger
      .tag(sentences)
      .map((tags, s) => tags.map((tag, i) => `${sentences[s]![i]}\t${tag}\n`).join(''));
    const options = { read: { format: 'horizontal' } as const, writer: createWriter() };
    let out = '';
    for await (const piece of tagStream(stream(source, [70_001]), few, options)) out += piece;
    await few.close();
    expect(out).toBe(`${expected.join('\n')}\n`);
  });

  it.each([
    [
      'invalid UTF-8',
      Buffer.from('one two\nthree \xff four\n', 'latin1'),
      /^<stdin>:2: invalid UTF-8/,
    ],
    ['a NUL byte', Buffer.from('one\n\ntwo \0\n'), /^<stdin>:3: a binary file/],
    ['UTF-16', Buffer.from('\ufeffone\n', 'utf16le'), /^<stdin>:1: UTF-16/],
    [
      'a cut character at the end',
      Buffer.from('one\nZo\xc3', 'latin1'),
      /^<stdin>:2: invalid UTF-8/,
    ],
  ])(
    'refuses %s in lines of tokens, and goes on with the next input',
    async (_, bytes, message) => {
      await expectUserErrorAsync(() => tagged(bytes, { format: 'horizontal' }), message);
      expect(await tagged(Buffer.from('two\n'), { format: 'horizontal' })).toMatch(
        /^two\t\S+\n\n$/,
      );
    },
  );

  it('joins what comes within the latency', async () => {
    const options = {
      read: { format: 'horizontal' } as const,
      writer: createWriter(),
      maxLatency: 60_000,
    };
    let pieces = 0;
    const bytes = Buffer.from('One .\nTwo .\n'.repeat(20));
    for await (const _ of tagStream(
      stream(
        bytes,
        Array.from(bytes, (_, i) => i),
      ),
      tagger,
      options,
    ))
      pieces++;
    expect(pieces).toBe(1); // at the end, long before the minute is over
  });

  it('ends at once when nobody wants more of a source that waits', async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('One .\n');
      await new Promise(() => undefined);
    }
    const options = { read: { format: 'horizontal' } as const, writer: createWriter() };
    for (const maxLatency of [0, 1])
      for await (const _ of tagStream(silent(), tagger, { ...options, maxLatency })) break;
  });

  it('stops reading when nobody wants more', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('One .\n');
      } finally {
        closed = true;
      }
    }
    const options = { read: { format: 'horizontal' } as const, writer: createWriter() };
    for await (const _ of tagStream(endless(), tagger, options)) break;
    expect(closed).toBe(true);
  });

  it('gives nothing for nothing, and blank lines for blank lines', async () => {
    expect(await tagged(Buffer.from(''), { format: 'columns' })).toBe('');
    expect(await tagged(Buffer.from('\n\r\n'), { format: 'columns' })).toBe('\n\r\n');
    expect(await tagged(Buffer.from('# only this\n'), { format: 'conllu' })).toBe('# only this\n');
  });

  it('gives the same tags for a file as for its stream', async () => {
    const all: string[] = [];
    for await (const piece of tagStream(corpus, tagger, { read: {}, writer: createWriter() }))
      all.push(String(piece));
    const bytes = readFileSync(corpus);
    expect(all.join('')).toBe(await tagged(bytes, { format: 'columns' }));
  });
});

it('keeps what was begun when something else is begun, and loses no thread by it', async () => {
  const threads = loadTagger(model, { threads: 2 });
  const batches = Array.from({ length: 12 }, (_, b) =>
    Array.from({ length: 200 }, (_, s) =>
      Array.from({ length: 1 + (s % 9) }, (_, i) => `w${b}${i}`),
    ),
  );
  const finishes = batches.map((batch) => threads.begin(batch));
  const expected = batches.map((batch) => tagger.tagColumns(batch));
  expect(finishes.map((finish) => finish())).toEqual(expected);
  expect(finishes[0]!()).toEqual(expected[0]); // once more
  await threads.close();
});

it('keeps two models apart in one process', async () => {
  const sentences = [['Ada', 'Lovelace', 'lived', 'in', 'London', '.']];
  const upos = loadTagger('en-upos', { threads: 1 });
  const before = upos.tag(sentences);
  const ner = loadTagger('en-ner', { threads: 1 });
  const entities = ner.tag(sentences);
  expect(upos.tag([...sentences, ['new', 'words', 'come']])[0]).toEqual(before[0]);
  expect(ner.tag(sentences)).toEqual(entities);
  expect(entities).not.toEqual(before);
  await upos.close();
  await ner.close();
});
