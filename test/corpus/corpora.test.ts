import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createWriter, readSentences } from '../../src/corpus/index.ts';

// real corpora beside the repository, where there are any; the counts are those of their publishers
const corpora = new URL('../../../shared/corpora/', import.meta.url);

const files = [
  ['en_ewt/train.conllu', 12_544, 204_577],
  ['en_ewt/dev.conllu', 2001, 25_147],
  ['en_ewt/test.conllu', 2077, 25_094],
  ['btc/train.conll', 6338, 99_933],
  ['btc/dev.conll', 1001, 15_027],
  ['btc/test.conll', 2001, 35_428],
  ['wnut17/train.conll', 3394, 62_730],
  ['wnut17/dev.conll', 1009, 15_733],
  ['wnut17/test.conll', 1287, 23_394],
] as const;

describe.skipIf(!existsSync(corpora))('real corpora', () => {
  test.each(files)(
    '%s: %i sentences, %i words, back byte for byte',
    async (name, sentences, words) => {
      const url = new URL(name, corpora);
      const replace = createWriter(name.endsWith('.conll') ? { tagColumn: -1 } : {});
      const append = createWriter(name.endsWith('.conllu') ? { tagColumn: 'Tag' } : {});
      let counted = [0, 0];
      let back = '';
      let more = '';
      const { pathname } = url;
      for await (const batch of readSentences(decodeURIComponent(pathname), { gold: true })) {
        const tags = batch.map((sentence) => sentence.tags);
        back += replace.write(batch, [tags]);
        more += append.write(batch, [tags.map((its) => its.map(() => 'T'))]);
        counted = [
          counted[0]! + batch.length,
          counted[1]! + batch.reduce((sum, { tokens }) => sum + tokens.length, 0),
        ];
      }
      back += replace.end();
      more += append.end();
      const text = readFileSync(url, 'utf8');
      expect(counted).toEqual([sentences, words]);
      expect(back === text).toBe(true);
      // a line with a tag is its line and the tag
      const lines = text.split('\n');
      const longer = more.split('\n').filter((line, i) => line !== lines[i]);
      expect(longer.length).toBe(words);
      expect(longer.every((line) => /(?:\t|[\t|]Tag=)T$/.test(line))).toBe(true);
      const cut = more
        .split('\n')
        .map((line, i) =>
          line === lines[i] ? line : line.replace(/(?:\t|\|Tag=|(?<=\t)Tag=)T$/, ''),
        );
      const same = cut.every((line, i) => line === lines[i] || `${line}_` === lines[i]);
      expect(same).toBe(true);
    },
  );
});
