import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Hyperparameters } from '../../src/library/hyperparameters.ts';
import { loadTagger } from '../../src/library/tagger.ts';
import { sweep, train } from '../../src/library/train.ts';
import type { TrainOptions } from '../../src/library/training-types.ts';
import { corpus, createFolder, seqtag, tiny } from '../cli/world.ts';
import { expectClose } from '../oracle/close.ts';

const { path, remove } = createFolder();
afterAll(remove);

/** Short sentences of a bundled corpus. */
const part = (name: string, sentences: number, to: string): string => {
  const all = readFileSync(corpus(name), 'utf8').split('\n\n');
  const short = all.filter((sentence) => sentence.split('\n').length < 12);
  writeFileSync(path(to), `${short.slice(0, sentences).join('\n\n')}\n\n`);
  return path(to);
};
const engines = ['tensorflow', 'builtin'] as const;
const small: Hyperparameters = { hidden: 8, wordDim: 8, charFilters: 6, epochs: 1 };
const vectors = path('vectors.vec');
writeFileSync(vectors, 'the 1 2 3\nin 3 4 5\nof 0 1 0\n');
const names = path('names.txt');
writeFileSync(names, 'Germany\nAngela Merkel\n');

const options = (more: Partial<TrainOptions>): TrainOptions => ({
  corpora: part('english.train.conllu', 16, 'train.conllu'),
  dev: part('english.dev.conllu', 8, 'dev.conllu'),
  output: path('model.safetensors'),
  threads: 1,
  ...more,
  hyperparameters: { ...small, ...more.hyperparameters },
});

describe('training with all options goes the same way on both engines', () => {
  const cases: Record<string, Partial<TrainOptions>> = {
    defaults: {},
    'a CRF of names, with a penalty': { tagColumn: 'NER', hyperparameters: { decoder: 'crf' } },
    'an ensemble of GRUs': { hyperparameters: { ensemble: 2, cell: 'gru', layers: 2 } },
    'several columns, vectors, a gazetteer and a language model': {
      tagColumn: ['upos', 'NER'],
      embeddings: vectors,
      gazetteers: [names],
      featureColumn: 'xpos',
      hyperparameters: { lmWeight: 0.1, lmDim: 4 },
    },
    'truncated backpropagation, accumulated and averaged': {
      hyperparameters: { bptt: 'regular:3', accumulate: 2, averageEpochs: 2, optimizer: 'adamw' },
    },
  };
  it.each(Object.entries(cases))('%s', async (_, more) => {
    const runs = [];
    for (const engine of engines) {
      const output = path(`${engine}.safetensors`);
      const losses: number[] = [];
      const run = train(options({ ...more, engine, output }));
      for await (const event of run) if (event.type === 'epoch') losses.push(event.loss);
      runs.push({ losses, result: await run.result() });
    }
    expectClose(runs[0]!.losses, runs[1]!.losses, { abs: 1e-4, rel: 1e-4, name: 'losses' });
    expect(runs[0]!.result.score).toBeCloseTo(runs[1]!.result.score!, 2);
    const sentences = ['Angela Merkel lives in Germany .'.split(' '), ['No', '!']].map(
      (tokens) => ({
        tokens,
        ...(more.featureColumn !== undefined && { featureColumns: [tokens.map(() => 'NNP')] }),
      }),
    );
    const tags = [];
    for (const engine of engines) {
      const tagger = await loadTagger(path('tensorflow.safetensors'), { engine, threads: 1 });
      tags.push(sentences.map((sentence) => tagger.tag([sentence])[0]!.tags));
      await tagger.close();
    }
    expect(tags[0]).toEqual(tags[1]);
  });
});

it('a student learns from a teacher, and a sweep finds the best model', async () => {
  const teacher = path('teacher.safetensors');
  await train(options({ engine: 'tensorflow', output: teacher })).result();
  const student = options({ engine: 'tensorflow', teacher: { model: teacher } });
  expect((await train(student).result()).stopped).toBe('epochs');
  const { rows } = await sweep({
    ...options({ engine: 'tensorflow', output: path('best.safetensors') }),
    values: { cell: ['coupled', 'rnn'] },
  }).result();
  expect(rows).toHaveLength(2);
});

it('the command line trains, evaluates and tags, and writes nothing of its own', async () => {
  const model = path('command.safetensors');
  const flag = ['--engine=tensorflow', '--threads=1'];
  const training = ['train', path('train.conllu'), '--dev', path('dev.conllu'), '-o', model];
  const outcomes = [
    await seqtag([...training, '-q', '--epochs=1', ...tiny, ...flag]),
    await seqtag(['eval', '-m', model, path('dev.conllu'), '--json', '--allow-unseen', ...flag]),
    await seqtag(['tag', '-m', model, ...flag], { stdin: 'No .\n' }),
  ];
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  const foreign = outcomes.flatMap(({ stderr }) => stderr.match(/^(?!seqtag: ).+/gm) ?? []);
  expect(foreign).toEqual([]);
  const refused = await seqtag(['tag', '-m', model, ...flag, '--backend=wasm'], {
    stdin: 'No .\n',
  });
  expect([refused.code, refused.stderr]).toEqual([
    2,
    'seqtag: --backend is for the built-in engine. Leave it out with --engine tensorflow.\n',
  ]);
});
