import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildVocabulary } from '../../src/corpus/vocabulary.ts';
import { openModel } from '../../src/model/model-file.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { inTrainedScheme, type LabelledSentence } from '../../src/training/labelled-corpus.ts';
import { numberCorpus } from '../../src/training/numbered-corpus.ts';
import { checkSettings } from '../../src/training/settings.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';
import { sentences } from '../cli/world.ts';
import { rng } from '../oracle/rng.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-partial-'));
afterAll(() => rmSync(folder, { recursive: true }));
const model = join(folder, 'model.safetensors');
const small = {
  recipe: 'pos',
  features: 'none',
  hidden: 24,
  wordDim: 24,
  charDim: 6,
  charFilters: 8,
  batchSize: 4,
  learningRate: 0.02,
  epochs: 10,
};
const english = join(folder, 'english.conll');
writeFileSync(english, sentences('english.dev.conll', 110));

test('labels become tags, sets and unknowns', () => {
  const sentences: LabelledSentence[] = [
    { tokens: [...'abcdef'], tags: ['X', '?', 'Y|X', 'X|Y', 'Z', 'Y|Z'] },
  ];
  const options = { lowercase: true, minCount: 1, partial: true };
  const { vocabulary } = buildVocabulary([sentences], options);
  expect(vocabulary.tags).toEqual([['X', 'Y', 'Z']]);
  const { sentences: numbered, sets } = numberCorpus([sentences], vocabulary, { partial: true });
  expect([...numbered[0]!.tags[0]!]).toEqual([0, -1, -2, -3, 2, -4]);
  expect([...sets[0]!]).toEqual([1, 1, 0, 1, 1, 0, 0, 1, 1]);
  const plain = buildVocabulary([sentences], { ...options, partial: false }).vocabulary;
  expect(plain.tags[0]).toContain('Y|X');
  expect(numberCorpus([sentences], plain).sets).toEqual([undefined]);
});

test('labels are converted to the trained scheme', () => {
  const sentences = [{ tokens: [...'abc'], tags: ['B-X', '?', 'O'] }];
  const [converted] = inTrainedScheme(
    sentences,
    { scheme: 'BIO', trainedScheme: 'BIOES' },
    { partial: true },
  );
  expect(converted!.tags).toEqual(['B-X|S-X', 'E-X|O|S-X', 'O']);
});

/** A column of the corpus, each tag passed through `change` with a number below 100 and another tag of the corpus. */
function write(
  name: string,
  column: number,
  change: (tag: string, chance: number, other: string) => string,
): string {
  const lines = readFileSync(english, 'utf8').split('\n');
  const tags = lines.map((line) => line.split('\t')[column]!).filter(Boolean);
  const random = rng(2);
  const file = join(folder, name);
  const changed = lines.map((line) => {
    const cells = line.split('\t');
    if (cells.length < 2) return line;
    const other = tags[random.integer(tags.length)]!;
    return `${cells[0]}\t${change(cells[column]!, random.integer(100), other)}`;
  });
  writeFileSync(file, changed.join('\n'));
  return file;
}

async function run(
  file: string,
  h: object,
  dev?: string,
): Promise<TrainingEvent & { type: 'end' }> {
  let last: TrainingEvent | undefined;
  for await (const event of train({
    corpora: [file],
    output: model,
    dev,
    threads: 1,
    hyperparameters: checkSettings({ ...small, partial: true, ...h }, 'test'),
  }))
    last = event;
  return last as TrainingEvent & { type: 'end' };
}

/** The share of all tokens whose true tag the model gives. */
async function accuracy(column: number): Promise<number> {
  const sentences = readFileSync(english, 'utf8')
    .trimEnd()
    .split('\n\n')
    .map((block) => block.split('\n').map((line) => line.split('\t')));
  const tagger = loadTagger(model, { threads: 1 });
  const tags = tagger.tag(sentences.map((rows) => rows.map((cells) => cells[0]!))).flat();
  await tagger.close();
  const gold = sentences.flat().map((cells) => cells[column]!);
  return tags.filter((tag, i) => tag === gold[i]).length / tags.length;
}

test.each(['softmax', 'crf'])('partial labels train a usable model: %s', async (decoder) => {
  const file = write('pos.conll', 1, (tag, chance, other) =>
    chance < 40 ? '?' : chance < 70 ? `${other}|${tag}` : tag,
  );
  const { dev } = await run(file, { decoder });
  expect(await accuracy(1)).toBeGreaterThan(0.65);
  using trained = openModel(model);
  expect(trained.vocabulary.tags[0]).not.toContain('?');
  expect(trained.vocabulary.tags[0]!.filter((tag) => tag.includes('|'))).toEqual([]);
  expect(trained.record.command).toContain('--partial');
  // of the tokens held out three in ten are certain
  expect(dev[0]!.tokens).toBeLessThan(0.4 * trained.record.corpora[0]!.tokens * 0.2);
});

test('spans are learned although most O labels are unknown', async () => {
  const file = write('ner.conll', 2, (tag, chance) => (tag === 'O' && chance < 60 ? '?' : tag));
  const { dev } = await run(file, { recipe: 'spans' }, english);
  using trained = openModel(model);
  expect(trained.tagColumns[0]).toMatchObject({ scheme: 'BIO', trainedScheme: 'BIOES' });
  expect(dev[0]!.spans!.f1).toBeGreaterThan(0.4);
});

test('the recall bias is not tuned on development labels that leave O unknown', async () => {
  const file = write('ner.conll', 2, (tag) => (tag === 'O' ? '?' : tag));
  await run(file, { recipe: 'spans', epochs: 2, biasRecall: 'auto' });
  using trained = openModel(model);
  expect(trained.record.recallBias).toBeUndefined();
});

test('without partial labels ? and | are ordinary characters', async () => {
  const file = write('plain.conll', 1, (tag, chance) => (chance < 40 ? '?' : `${tag}|X`));
  await run(file, { partial: false, epochs: 1 });
  using trained = openModel(model);
  expect(trained.vocabulary.tags[0]).toContain('?');
  expect(trained.vocabulary.tags[0]).toContain('NOUN|X');
});

test('labels without a certain tag are refused', async () => {
  const nothing = write('nothing.conll', 1, () => '?');
  await expect(run(nothing, {})).rejects.toThrow(/^The training sentences have no tag but \?/);
  const sets = write('sets.conll', 1, () => 'A|B');
  await expect(run(sets, {})).rejects.toThrow(/^The development sentences have no certain tag/);
});
