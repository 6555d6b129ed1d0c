import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  chooseSchemes,
  holdOut,
  inTrainedScheme,
  type LabelledSentence,
  readLabelled,
} from '../../src/training/labelled-corpus.ts';

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

test('every tenth sentence is held out, and the seed chooses the first', () => {
  const sentences = numbered(95);
  const firsts = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const { train, dev } = holdOut(sentences, seed);
    expect(new Set([...train, ...dev])).toEqual(new Set(sentences));
    expect(train.length + dev.length).toBe(sentences.length);
    const indices = dev.map((s) => sentences.indexOf(s));
    expect(indices.slice(1).every((index, i) => index - indices[i]! === 10)).toBe(true);
    firsts.add(dev[0]!.tokens[0]!);
    expect(holdOut(sentences, seed)).toMatchObject({ train, dev });
  }
  expect(firsts.size).toBeGreaterThan(5);
});

test('few sentences still give both parts, one gives an error', () => {
  const { train, dev } = holdOut(numbered(3), 1);
  expect([train.length, dev.length]).toEqual([2, 1]);
  expect(() => holdOut(numbered(1), 1)).toThrow(/too few to hold some out/);
});

test('span tags are trained as BIOES by default, plain tags as they are', () => {
  const bio = [{ tokens: ['a', 'b', 'c'], tags: ['B-X', 'I-X', 'O'] }];
  expect(chooseSchemes('BIO', 'auto')).toEqual({
    scheme: 'BIO',
    trainedScheme: 'BIOES',
  });
  expect(chooseSchemes('BIO', 'corpus')).toEqual({
    scheme: 'BIO',
    trainedScheme: 'BIO',
  });
  expect(
    inTrainedScheme(bio, { scheme: 'BIO', trainedScheme: 'BIOES' }, { partial: false })[0]?.tags,
  ).toEqual(['B-X', 'E-X', 'O']);
  expect(chooseSchemes('none', 'auto')).toEqual({
    scheme: 'none',
    trainedScheme: 'none',
  });
});

test('if every tenth sentence has only the most frequent tag, others are held out too', () => {
  const common = Array.from({ length: 60 }, (_, i) => ({ tokens: [`w${i}`], tags: ['O'] }));
  const rare = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ tokens: [`r${i}`], tags: ['B-X'] }));
  const isRare = ({ tags }: { tags: readonly string[] }): boolean => tags[0] === 'B-X';
  for (let seed = 1; seed <= 20; seed++) {
    const { train, dev } = holdOut([...common, ...rare(2)], seed);
    expect(dev.filter(isRare)).toHaveLength(1);
    expect(train.filter(isRare)).toHaveLength(1);
    expect(train.length + dev.length).toBe(62);
  }
  const held = Array.from({ length: 20 }, (_, seed) => holdOut([...common, ...rare(1)], seed));
  expect(held.filter(({ dev }) => !dev.some(isRare)).every(({ chosen }) => chosen === 0)).toBe(
    true,
  );
});
