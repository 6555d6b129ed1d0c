import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openModel } from '../../src/model/model-file.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { checkSettings } from '../../src/training/settings.ts';
import { type TrainingEvent, type TrainOptions, train } from '../../src/training/train.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-distill-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const small = {
  ...{ hidden: 12, wordDim: 12, charDim: 4, charFilters: 6, batchSize: 8, epochs: 12 },
  ...{ learningRate: 0.03, dropout: 0, outputDropout: 0, recurrentDropout: 0 },
  ...{ unknownProbability: 0, averageEpochs: 1, patience: 100, features: 'none' },
};
async function learn(
  output: string,
  options: Partial<TrainOptions>,
  h: object = small,
): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const hyperparameters = checkSettings({ ...h }, 'test');
  for await (const event of train({
    corpora: [path('gold.conll')],
    dev: path('gold.conll'),
    output: path(output),
    threads: 1,
    hyperparameters,
    ...options,
  }))
    events.push(event);
  return events;
}
async function tagsOf(model: string, sentences: string[][]): Promise<string[][]> {
  const tagger = loadTagger(path(model), { threads: 1 });
  const tags = tagger.tag(sentences);
  await tagger.close();
  return tags;
}

// The teacher knows nouns, verbs and colours; gold tags are only nouns and verbs.
const kinds = {
  NOUN: ['tree', 'house', 'river'],
  VERB: ['grows', 'stands', 'flows'],
  COLOUR: ['red', 'green', 'blue'],
};
const write = (name: string, sentences: string[][]): void =>
  writeFileSync(
    path(name),
    sentences.map((words) => `${words.map((word) => `${word}\n`).join('')}\n`).join(''),
  );
const all = Object.entries(kinds).flatMap(([tag, words]) =>
  words.map((word) => [word, tag] as const),
);
const knownWords = all.filter(([, tag]) => tag !== 'COLOUR');
/** Every word by itself, then in sentences of two and of three, and so on. */
const lines = (words: readonly (readonly [string, string])[], count: number): string[][] =>
  Array.from({ length: count }, (_, i) =>
    Array.from({ length: 1 + (Math.floor(i / words.length) % 3) }, (_, t) =>
      words[(i + 5 * t) % words.length]!.join('\t'),
    ),
  );

beforeAll(async () => {
  write('gold.conll', lines(knownWords, 24));
  write('full.conll', lines(all, 60));
  writeFileSync(
    path('raw.txt'),
    lines(all, 60)
      .map((words) => words.map((word) => word.split('\t')[0]).join(' '))
      .join('\n\n'),
  );
  await learn('teacher.safetensors', { corpora: [path('full.conll')], dev: path('full.conll') });
});

test('a student learns tags that only the teacher has from raw text', async () => {
  const colours = [['red', 'house'], ['blue'], ['green', 'tree', 'grows']];
  const expected = [['COLOUR', 'NOUN'], ['COLOUR'], ['COLOUR', 'NOUN', 'VERB']];
  expect(await tagsOf('teacher.safetensors', colours)).toEqual(expected);
  const teacher = { model: path('teacher.safetensors'), raw: [path('raw.txt')], weight: 0 };
  const events = await learn('student.safetensors', { teacher, dev: path('full.conll') });
  expect(events[0]).toMatchObject({ train: { sentences: 84 }, tags: 3 });
  expect(await tagsOf('student.safetensors', colours)).toEqual(expected);
  using file = openModel(path('student.safetensors'));
  const { record, vocabulary } = file;
  expect(vocabulary.tags).toEqual([['NOUN', 'VERB', 'COLOUR']]);
  const sha256 = createHash('sha256').update(readFileSync(teacher.model)).digest('hex');
  expect(record.teacher).toEqual({ file: teacher.model, sha256, weight: 0 });
  expect(record.corpora.map(({ role, sentences }) => [role, sentences])).toEqual([
    ['train', 24],
    ['dev', 60],
    ['raw', 60],
  ]);
  expect(record.command).toContain(`seqtag distill ${teacher.model} ${path('gold.conll')} --dev`);
  expect(record.command).toContain(`--raw ${path('raw.txt')} --teacher-weight 0`);
});

test('the weight is the probability that targets are predictions, not gold tags', async () => {
  // gold that is wrong throughout
  write(
    'wrong.conll',
    lines(
      all.map(([word]) => [word, word === 'red' ? 'VERB' : 'NOUN'] as const),
      60,
    ),
  );
  const wrong = { corpora: [path('wrong.conll')], dev: path('full.conll') };
  const words = all.map(([word]) => [word]);
  const right = await tagsOf('teacher.safetensors', words);
  const model = path('teacher.safetensors');
  await learn('gold.safetensors', {
    ...wrong,
    dev: path('wrong.conll'),
    teacher: { model, weight: 0 },
  });
  expect((await tagsOf('gold.safetensors', words)).flat().filter((t) => t === 'NOUN')).toHaveLength(
    8,
  );
  await learn('taught.safetensors', { ...wrong, teacher: { model, weight: 1 } });
  expect(await tagsOf('taught.safetensors', words)).toEqual(right);
});

test("a student has its teacher's hyperparameters and scheme by default", async () => {
  const spans = [
    ['red', 'B-C'],
    ['deep', 'B-C'],
    ['blue', 'I-C'],
    ['tree', 'O'],
  ] as const;
  write(
    'spans.conll',
    Array.from({ length: 12 }, () => spans.map((pair) => pair.join('\t'))),
  );
  const corpora = { corpora: [path('spans.conll')], dev: path('spans.conll') };
  const crf = { ...small, decoder: 'crf', tagScheme: 'BIO', ensemble: 2, seed: 7, epochs: 6 };
  await learn('spans.safetensors', corpora, crf);
  const teacher = { model: path('spans.safetensors') };
  const events = await learn('spans-student.safetensors', { ...corpora, teacher }, { hidden: 9 });
  using student = openModel(path('spans-student.safetensors'));
  expect(student.config).toMatchObject({ hidden: 9, wordDim: 12, decoder: 'crf', members: 1 });
  expect(student.tagColumns).toMatchObject([{ scheme: 'BIO', trainedScheme: 'BIO' }]);
  expect(student.record.hyperparameters).toMatchObject({ seed: 1, ensemble: 1, epochs: 6 });
  expect(student.record.command).toMatch(/--hidden 9(?! .*word-dim)/);
  expect(events.at(-1)).toMatchObject({ score: 1 });

  const plain = learn('x.safetensors', { teacher: { model: path('spans.safetensors') } });
  await expect(plain).rejects.toThrow(
    /spans\.safetensors: gives spans, but the corpora have plain tags\. Name the right tag column/,
  );
  write(
    'two.conll',
    Array.from({ length: 12 }, () => spans.map(([word, tag]) => [word, 'X', tag].join('\t'))),
  );
  const two = { teacher: { model: path('teacher.safetensors') }, read: { tagColumn: '1,2' } };
  await expect(
    learn('x.safetensors', { ...two, corpora: [path('two.conll')], dev: undefined }),
  ).rejects.toThrow(/teacher\.safetensors: gives 1 tag columns?, fewer than are read/);
});

test('gives the same bytes for any number of threads, and others for another seed', async () => {
  const teacher = { model: path('teacher.safetensors'), raw: [path('raw.txt')] };
  const bytes = async (threads: number, seed: number): Promise<string> => {
    await learn('threads.safetensors', { teacher, threads }, { ...small, epochs: 2, seed });
    return readFileSync(path('threads.safetensors')).toString('base64');
  };
  const one = await bytes(1, 1);
  expect((await bytes(3, 1)) === one).toBe(true);
  expect((await bytes(1, 2)) === one).toBe(false);
});
