import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { evaluate, loadTagger, train } from '../../src/index.ts';
import { createFolder } from '../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);

const tokens = [
  ['The', 'DET', '_', 'the'],
  ['dogs', 'NOUN', 'Number=Plur', 'dog'],
  ['were', 'AUX', 'Tense=Past', 'be'],
  ['here', 'ADV', '_', 'here'],
  ['Cats', 'NOUN', 'Number=Plur', 'cat'],
  ['were', 'AUX', 'Tense=Past', 'be'],
  ['there', 'ADV', '_', 'there'],
];
const lines = tokens.map((columns) => `${columns.join('\t')}\n`);
const sentences = `${lines.slice(0, 4).join('')}\n${lines.slice(4).join('')}\n`;
const hyperparameters = {
  wordDim: 16,
  charFilters: 8,
  hidden: 16,
  learningRate: 0.02,
  dropout: 0,
  outputDropout: 0,
  recurrentDropout: 0,
  unknownProbability: 0,
  averageEpochs: 1,
  epochs: 40,
  features: 'none',
};

test('a model of tags, features and lemmas', async () => {
  const [corpus, dev] = [folder.path('train.tsv'), folder.path('dev.tsv')];
  writeFileSync(corpus, sentences.repeat(3));
  writeFileSync(dev, sentences);
  const output = folder.path('model.safetensors');
  const run = train({
    corpora: corpus,
    dev,
    output,
    format: 'columns',
    tagColumn: [1, 2],
    lemmaColumn: 3,
    hyperparameters,
    threads: 1,
  });
  const events = [];
  for await (const event of run) events.push(event);
  expect(events[0]).toMatchObject({
    type: 'start',
    tagColumns: [
      { tags: 4, scheme: 'none' },
      { tags: 3, scheme: 'none' },
      { scheme: 'none', lemmas: true },
    ],
  });
  const { dev: scores } = await run.result();
  expect(scores[2]).toMatchObject({ accuracy: 1, lemmas: true, unseenTags: [] });
  await using tagger = await loadTagger(output, { threads: 1 });
  expect(tagger.model.tagColumns).toMatchObject([
    { name: 'upos' },
    { name: 'feats' },
    { name: 'lemma', lemmas: true, labels: expect.arrayContaining(['lower *', '=be']) },
  ]);
  const [tagged] = tagger.tag([['The', 'dogs', 'were', 'here']]);
  expect(tagged!.columns.map(({ tags }) => tags)).toEqual([
    ['DET', 'NOUN', 'AUX', 'ADV'],
    ['_', 'Number=Plur', 'Tense=Past', '_'],
    ['the', 'dog', 'be', 'here'],
  ]);
  const gold = [{ tokens: ['Cats', 'were'], tags: ['cat', 'was'] }];
  expect(await evaluate({ gold, predicted: tagger, tagColumn: 'lemma' })).toMatchObject({
    accuracy: 0.5,
    lemmas: true,
    unseenTags: [{ tag: 'was', count: 1 }],
  });
});
