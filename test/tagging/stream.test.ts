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
import { checkHyperparameters } from '../../src/training/hyperparameters.ts';
import { train } from '../../src/training/train.ts';
import { stream } from '../corpus/helpers.ts';

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
  let out = '';
  const options = { read: { format }, writer: createWriter(write) };
  for await (const piece of tagStream(stream(bytes, cuts), tagger, options)) {
    expect(piece).not.toBe('');
    out += piece;
  }
  return out;
}

/** The last cell of each line that has one. */
const lastCells = (output: string): string[] =>
  output
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t').at(-1)!);

describe('tagStream', () => {
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

  it('yields each piece before it reads the next', async () => {
    const log: string[] = [];
    async function* typed(): AsyncGenerator<Uint8Array> {
      for (const line of ['One .\n', 'Two .\n', 'Three .\n']) {
        log.push(`in ${line.slice(0, 3)}`);
        yield Buffer.from(line);
      }
    }
    const read = { format: 'horizontal' } as const;
    const options = { read, writer: createWriter({ format: 'jsonl' }) };
    for await (const piece of tagStream(typed(), tagger, options))
      log.push(`out ${(JSON.parse(piece) as { tokens: string[] }).tokens[0]!.slice(0, 3)}`);
    expect(log).toEqual(['in One', 'out One', 'in Two', 'out Two', 'in Thr', 'out Thr']);
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
      all.push(piece);
    const bytes = readFileSync(corpus);
    expect(all.join('')).toBe(await tagged(bytes, { format: 'columns' }));
  });
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
