import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { scriptsByWord } from '../../src/corpus/lemmas/lexicon.ts';
import { openModel } from '../../src/model/model-file.ts';
import { checkSettings } from '../../src/training/settings.ts';
import { train } from '../../src/training/train.ts';
import { createFolder } from '../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);

const corpus = (name: string, words: readonly (readonly [string, string])[]): string => {
  const lines = words.map(([form, lemma]) => `${form}\t${lemma}\n`);
  writeFileSync(folder.path(name), lines.map((line) => `${line}\n`).join(''));
  return folder.path(name);
};
const pairs = 'aas bas cas das eas fas gas has'.split(' ').map((w) => [w, w.slice(0, -1)] as const);
const irregular = [
  ['was', 'be'],
  ['was', 'be'],
  ['is', 'be'],
] as const;

/** One epoch learns only the most frequent script, so that only the lexicon can give the lemma of an irregular word. */
async function lexiconAfter(dev: readonly (readonly [string, string])[], refit = false) {
  const output = folder.path('model.safetensors');
  const hyperparameters = checkSettings({
    ...{ epochs: 1, hidden: 8, wordDim: 8, charFilters: 4, features: 'none', learningRate: 0.01 },
    ...(refit && { refit }),
  });
  const events = train({
    corpora: [corpus('train.tsv', [...pairs, ...irregular])],
    dev: corpus('dev.tsv', dev),
    output,
    read: { format: 'columns' },
    lemmaColumn: 1,
    threads: 1,
    force: true,
    hyperparameters,
  });
  let end: unknown;
  for await (const event of events) end = event;
  using file = openModel(output);
  return { end, lexicon: file.tagColumns[0]!.lexicon };
}

test('a lexicon that raises the dev score is kept', async () => {
  const { end, lexicon } = await lexiconAfter([
    ['was', 'be'],
    ['is', 'be'],
    ['aas', 'aa'],
  ]);
  expect(lexicon!.least).toBe(1);
  expect([...scriptsByWord(lexicon!).keys()].sort()).toEqual(
    [...new Set([...pairs, ...irregular].map(([form]) => form))].sort(),
  );
  expect(end).toMatchObject({ dev: [{ accuracy: 1 }], score: 1 });
});

test('only frequent words are in the lexicon if that is better', async () => {
  // the network has the frequent script for all words: without the last letter
  const { lexicon } = await lexiconAfter([
    ['was', 'be'],
    ['is', 'i'],
  ]);
  expect(lexicon!.least).toBe(2);
  expect([...scriptsByWord(lexicon!).keys()]).toEqual(['was']);
});

test('no lexicon is kept that does not raise the score', async () => {
  const { lexicon } = await lexiconAfter([
    ['xyz', 'y'],
    ['zyx', 'x'],
  ]);
  expect(lexicon).toBeUndefined();
});

test('a refit has a lexicon of the development sentences too', async () => {
  const dev = [
    ['was', 'be'],
    ['is', 'be'],
    ['went', 'go'],
  ] as const;
  const { lexicon } = await lexiconAfter(dev, true);
  expect(lexicon!.least).toBe(1);
  expect(scriptsByWord(lexicon!).has('went')).toBe(true);
});
