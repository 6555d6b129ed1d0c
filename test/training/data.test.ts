import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildVocabulary } from '../../src/corpus/vocabulary.ts';
import { createRandom, seedState } from '../../src/network/random.ts';
import {
  chooseScheme,
  epochBatches,
  holdOut,
  inScheme,
  type LabelledSentence,
  numberCorpus,
  readLabelled,
} from '../../src/training/data.ts';

test('a labelled file is read once, with the hash of its bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seqtag-data-'));
  try {
    const text = 'a\tX\n\nb\tY\n';
    const hash = (bytes: string | Uint8Array): string =>
      createHash('sha256').update(bytes).digest('hex');
    const sentences = [
      { tokens: ['a'], tags: ['X'] },
      { tokens: ['b'], tags: ['Y'] },
    ];
    for (const [name, bytes] of [
      ['a.txt', text],
      ['a.conll.gz', gzipSync(text)],
    ] as const) {
      const file = join(folder, name);
      writeFileSync(file, bytes);
      const expected = { file, sha256: hash(bytes), format: 'columns', sentences };
      expect(await readLabelled(file, {})).toMatchObject(expected);
    }
    async function* input(): AsyncGenerator<Uint8Array> {
      const row = (word: string): string => `1\t${word}\t_\tX\t_\t_\t_\t_\t_\t_\n\n`;
      yield Buffer.from(row('a'));
      yield Buffer.from(row('b'));
    }
    const corpus = await readLabelled('-', { tagColumn: 'upos' }, input());
    expect(corpus).toMatchObject({
      file: '-',
      format: 'conllu',
      sentences: [{ tokens: ['a'] }, {}],
    });
    const [first, second, ...others] = (
      await readLabelled('-', { tagColumn: 'upos,form' }, input())
    ).columns;
    expect(first).toMatchObject([{ tokens: ['a'], tags: ['X'] }, { tags: ['X'] }]);
    expect(second).toMatchObject([{ tokens: ['a'], tags: ['a'] }, { tags: ['b'] }]);
    expect(others).toEqual([]);
    await expect(readLabelled('-', { format: 'csv' }, input())).rejects.toThrow(
      /^<stdin>:1: 1 col/,
    );
    await expect(readLabelled(join(folder, 'none'), {})).rejects.toThrow(/none: no such file/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const numbered = (n: number): LabelledSentence[] =>
  Array.from({ length: n }, (_, i) => ({ tokens: [`w${i}`], tags: ['A'] }));

test('every tenth sentence is held out, from where the seed says', () => {
  const sentences = numbered(95);
  const firsts = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const { train, dev } = holdOut(sentences, seed);
    expect(new Set([...train, ...dev])).toEqual(new Set(sentences));
    expect(train.length + dev.length).toBe(sentences.length);
    const places = dev.map((s) => sentences.indexOf(s));
    expect(places.slice(1).every((place, i) => place - places[i]! === 10)).toBe(true);
    firsts.add(dev[0]!.tokens[0]!);
    expect(holdOut(sentences, seed)).toEqual({ train, dev });
  }
  expect(firsts.size).toBeGreaterThan(5);
});

test('few sentences still give both parts, one gives an error', () => {
  const { train, dev } = holdOut(numbered(3), 1);
  expect([train.length, dev.length]).toEqual([2, 1]);
  expect(() => holdOut(numbered(1), 1)).toThrow(/too few to hold some out/);
});

test('span tags train as BIOES unless told otherwise, plain tags as they are', () => {
  const bio = [{ tokens: ['a', 'b', 'c'], tags: ['B-X', 'I-X', 'O'] }];
  expect(chooseScheme(bio, 'auto')).toEqual({ scheme: 'BIO', trainedScheme: 'BIOES' });
  expect(chooseScheme(bio, 'corpus')).toEqual({ scheme: 'BIO', trainedScheme: 'BIO' });
  expect(inScheme(bio, 'BIO', 'BIOES')[0]?.tags).toEqual(['B-X', 'E-X', 'O']);
  const plain = [{ tokens: ['a', 'b'], tags: ['NOUN', 'VERB'] }];
  expect(chooseScheme(plain, 'auto')).toEqual({ scheme: 'none', trainedScheme: 'none' });
});

test('an epoch has every sentence once, in batches of like length, in an order of its own', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 40 }),
      (lengths, size) => {
        const random = createRandom(seedState(3));
        const batches = epochBatches(lengths, size, random);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        expect(batches.every((batch) => batch.length <= size)).toBe(true);
        expect(batches.length).toBe(Math.ceil(lengths.length / size));
      },
    ),
  );
  const random = createRandom(seedState(3));
  const lengths = Array.from({ length: 1000 }, (_, i) => (i * 7) % 50);
  expect(epochBatches(lengths, 32, random)).not.toEqual(epochBatches(lengths, 32, random));
  const spread = epochBatches(lengths, 32, random).map((batch) => {
    const own = batch.map((i) => lengths[i]!);
    return Math.max(...own) - Math.min(...own);
  });
  expect(Math.max(...spread)).toBeLessThan(10);
});

test('long sentences are cut into windows, in which each tag is told once', () => {
  const tokens = Array.from({ length: 2500 }, (_, i) => `w${i % 7}`);
  const sentences = [{ tokens, tags: tokens.map((_, i) => `t${i % 5}`) }];
  const { vocabulary } = buildVocabulary([sentences], { lowercase: true, minCount: 1 });
  const corpus = numberCorpus([sentences], vocabulary);
  expect(corpus.sentences.map(({ words }) => words.length)).toEqual([1024, 1024, 708]);
  expect(corpus.types.words.length).toBe(7);
  const told = corpus.sentences.flatMap(({ tags }) => [...tags[0]!].filter((tag) => tag >= 0));
  expect(told.map((tag) => vocabulary.tags[0]![tag])).toEqual(sentences[0]!.tags);
  const [first, second] = [corpus.sentences[0]!, corpus.sentences[1]!];
  expect(first.tags[0]!.indexOf(-1)).toBe(960);
  expect(second.tags[0]!.findIndex((tag) => tag >= 0)).toBe(64);
  expect(second.words.slice(0, 128)).toEqual(first.words.slice(-128));
});
