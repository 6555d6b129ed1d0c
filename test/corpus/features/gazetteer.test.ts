import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createMatcher,
  type Gazetteer,
  type Match,
  packGazetteer,
  readGazetteers,
  unpackGazetteer,
} from '../../../src/corpus/features/gazetteer.ts';
import { expectUserErrorAsync } from '../helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-gazetteer-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const gazetteer = (types: readonly string[], entries: Record<string, number[]>): Gazetteer => {
  const phrases = Object.keys(entries).sort();
  return { types, phrases, typesOf: phrases.map((phrase) => entries[phrase]!) };
};

const found = (of: Gazetteer, text: string): string[] => {
  const tokens = text.split(' ');
  return createMatcher(of)(tokens).map(
    ({ type, from, to }) => `${of.types[type]} ${tokens.slice(from, to).join(' ')}`,
  );
};

describe('matching', () => {
  it('takes the longest from the left, of each type by itself', () => {
    const lists = gazetteer(['city', 'paper'], {
      'New York': [0],
      York: [0],
      'York Minster': [0],
      'New York Times': [1],
    });
    expect(found(lists, 'in New York Times , York')).toEqual([
      'city New York',
      'paper New York Times',
      'city York',
    ]);
    // what begins inside a match is none
    expect(found(lists, 'New York Minster')).toEqual(['city New York']);
    expect(found(lists, 'New')).toEqual([]);
  });

  it('folds case, unless a phrase is written just so', () => {
    const lists = gazetteer(['company', 'fruit'], { Apple: [0], apple: [1] });
    expect(found(lists, 'Apple')).toEqual(['company Apple']);
    expect(found(lists, 'apple')).toEqual(['fruit apple']);
    expect(found(lists, 'APPLE')).toEqual(['company APPLE', 'fruit APPLE']);
  });

  const tokens = fc.array(fc.constantFrom('a', 'A', 'b', 'B', 'c', 'é', 'É'), {
    minLength: 1,
    maxLength: 12,
  });
  const phrases = fc.dictionary(
    fc
      .array(fc.constantFrom('a', 'A', 'b', 'é'), { minLength: 1, maxLength: 3 })
      .map((words) => words.join(' ')),
    fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1 }),
    { maxKeys: 12 },
  );

  it('equals a search for every phrase at every token', () => {
    fc.assert(
      fc.property(phrases, tokens, (entries, sentence) => {
        const lists = gazetteer(['x', 'y', 'z'], entries);
        const naive: Match[] = [];
        for (let type = 0; type < 3; type++)
          for (let from = 0; from < sentence.length; ) {
            const ends = [3, 2, 1].filter((length) => {
              const text = sentence.slice(from, from + length).join(' ');
              if (from + length > sentence.length) return false;
              const exact = entries[text];
              if (exact) return exact.includes(type);
              return Object.entries(entries).some(
                ([phrase, types]) =>
                  phrase.toLowerCase() === text.toLowerCase() && types.includes(type),
              );
            });
            if (ends[0]) naive.push({ type, from, to: from + ends[0] });
            from += ends[0] ?? 1;
          }
        naive.sort((a, b) => a.from - b.from || a.type - b.type);
        expect(createMatcher(lists)(sentence)).toEqual(naive);
      }),
    );
  });

  it('is restored from the bytes of a model file; truncated bytes are refused', () => {
    fc.assert(
      fc.property(phrases, (entries) => {
        const lists = gazetteer(['x', 'y', 'z'], entries);
        const bytes = packGazetteer(lists);
        expect(unpackGazetteer(bytes, lists.types)).toEqual(lists);
        if (bytes.length > 0)
          expect(unpackGazetteer(bytes.slice(0, -1), lists.types)).toBeUndefined();
      }),
    );
    const long = gazetteer(['x'], { [`${'é'.repeat(500)} a`]: [0], [`${'é'.repeat(500)} b`]: [0] });
    expect(unpackGazetteer(packGazetteer(long), ['x'])).toEqual(long);
    expect(packGazetteer(long).length).toBeLessThan(1020);
    expect(unpackGazetteer(Uint8Array.of(0, 1, 65, 1, 7), ['x'])).toBeUndefined();
    expect(unpackGazetteer(Uint8Array.of(0, 1, 0xff, 0), ['x'])).toBeUndefined();
  });

  it('that share all of the one before do not take memory without end', () => {
    const growing = (phrases: number): Uint8Array => {
      const bytes: number[] = [];
      for (let shared = 0; shared < phrases; shared++)
        bytes.push(...(shared < 128 ? [shared] : [(shared & 127) | 128, shared >> 7]), 1, 65, 0);
      return Uint8Array.from(bytes);
    };
    expect(unpackGazetteer(growing(1000), [])?.phrases).toHaveLength(1000);
    expect(unpackGazetteer(growing(12_000), [])).toBeUndefined(); // 72 MB of 60 kB
  });
});

describe('reading', () => {
  it('takes types from tabs or names of files, and every reading of a phrase', async () => {
    const cities = write('cities.txt', "\ufeffParis\r\n\n  New   York \nSt. John's\nParis\n");
    const packed = gzipSync('Paris\tperson\nAda Lovelace\nU.S.\tcity of cities\n');
    const people = write('people.list.gz', packed);
    const { gazetteer: lists, files } = await readGazetteers([cities, people]);
    expect(lists.types).toEqual(['cities', 'person', 'people', 'city of cities']);
    expect(
      Object.fromEntries(lists.phrases.map((phrase, p) => [phrase, lists.typesOf[p]])),
    ).toEqual({
      'Ada Lovelace': [2],
      'New York': [0],
      Paris: [0, 1],
      "St. John's": [0],
      "St. John 's": [0],
      'U.S.': [3],
    });
    expect(files.map(({ file, entries }) => [file, entries])).toEqual([
      [cities, 3],
      [people, 3],
    ]);
    expect(files[1]!.sha256).toBe(createHash('sha256').update(packed).digest('hex'));
  });

  it('reports a file that is not a list of phrases, with its line', async () => {
    const refused = (content: string | Uint8Array, pattern: RegExp): Promise<void> =>
      expectUserErrorAsync(() => readGazetteers([write('bad.tsv', content)]), pattern);
    await refused(
      'a\tb\nc\td\te\n',
      /bad\.tsv:2: 3 columns, expected a phrase, or a phrase, a tab/,
    );
    await refused('\tb\n', /bad\.tsv:1: no phrase before the tab/);
    await refused('\n \n', /bad\.tsv: no phrases/);
    await refused(`ok\n${'word '.repeat(65)}\n`, /bad\.tsv:2: a phrase of 65 tokens, at most 64/);
    await refused(Uint8Array.of(65, 10, 0xff, 10), /bad\.tsv:2: invalid UTF-8/);
    const types = Array.from({ length: 257 }, (_, i) => `a\tt${i}`).join('\n');
    await refused(types, /bad\.tsv:257: "t256" is one type more than 256/);
    const three = write('three.txt', 'a\nb\nc\n');
    await expectUserErrorAsync(
      () => readGazetteers([three], { mostPhrases: 2 }),
      /three\.txt:3: more than 2 phrases or .* too many for a model/,
    );
    await expectUserErrorAsync(() => readGazetteers([join(folder, 'none')]), /none: no such file/);
  });
});
