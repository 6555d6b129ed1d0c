import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../src/model/model-file.ts';
import { parameterSpecs } from '../../../src/network/network.ts';
import { sizeOf } from '../../../src/network/parameters.ts';
import { loadTagger } from '../../../src/tagging/tagger.ts';
import { readCheckpoint } from '../../../src/training/checkpoint/checkpoint-file.ts';
import type { Settings } from '../../../src/training/hyperparameters.ts';
import { sweep } from '../../../src/training/sweep/sweep.ts';
import { type TrainingEvent, type TrainOptions, train } from '../../../src/training/train.ts';
import { corpus, createFolder, sentences } from '../../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);
let count = 0;
const newOutput = (): string => folder.path(`m${count++}.safetensors`);
const file = (name: string, text: string): string => {
  writeFileSync(folder.path(name), text);
  return folder.path(name);
};

const conll = file('corpus.conll', sentences('english.train.conll', 24));
const small: Settings = {
  ...{
    features: 'shape,case',
    ownVectors: 0,
    hidden: 8,
    wordDim: 8,
    charDim: 4,
    charFilters: 6,
    batchSize: 4,
  },
  ...{ epochs: 2, refit: false, learningRate: 0.02, biasRecall: '0' },
};
/** Changes no weight by more than rounding. */
const still: Settings = {
  ...{ learningRate: 1e-12, averageEpochs: 1, epochs: 1, refit: false, biasRecall: '0' },
};

interface Trained {
  readonly model: string;
  readonly start: Extract<TrainingEvent, { type: 'start' }>;
  readonly end: Extract<TrainingEvent, { type: 'end' }>;
}

async function run(options: Partial<TrainOptions>): Promise<Trained> {
  const output = newOutput();
  const all = { corpora: [conll], dev: conll, output, threads: 1, hyperparameters: small };
  const events: TrainingEvent[] = [];
  for await (const event of train({ ...all, ...options })) events.push(event);
  const find = (type: string): TrainingEvent => events.find((event) => event.type === type)!;
  return {
    model: options.output ?? output,
    start: find('start') as Trained['start'],
    end: find('end') as Trained['end'],
  };
}

function parametersOf(model: string): Map<string, Float32Array> {
  using file = openModel(model);
  const values = new Map(
    parameterSpecs(file.config).map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
  );
  file.readParameters((name) => values.get(name)!);
  return values;
}

/** The tags of the sentences of a corpus, in every tag column. */
async function tagsOf(model: string, features?: string[][][]): Promise<unknown> {
  const tagger = loadTagger(model, { threads: 1 });
  const tokens = readFileSync(conll, 'utf8')
    .trim()
    .split('\n\n')
    .map((lines) => lines.split('\n').map((line) => line.split('\t')[0]!));
  const tags = tagger.tagColumns(tokens, features);
  await tagger.close();
  return tags;
}

describe('a training that learns nothing tags as the model with which it begins', () => {
  const conllu = file('corpus.conllu', sentences('english.train.conllu', 24));
  const vectors = file('vectors.txt', 'the 1 0\nof 0 1\nin 1 1\nNadia -1 0\n');
  const phrases = file('cities.txt', 'Berlin\nLondon\n');
  it.each<[string, Partial<TrainOptions>]>([
    ['constrained spans', {}],
    ['a CRF, two layers', { hyperparameters: { ...small, decoder: 'crf', layers: 2 } }],
    ['plain tags, gru', { hyperparameters: { ...small, cell: 'gru' }, read: { tagColumn: '1' } }],
    ['two columns', { read: { tagColumn: '2,1' }, hyperparameters: { ...small, dense: 1 } }],
    ['lemmas', { lemmaColumn: '0', read: { tagColumn: '0' } }],
    ['word vectors', { embeddings: vectors }],
    ['a gazetteer', { gazetteers: [phrases] }],
    [
      'clockwork, residual',
      { hyperparameters: { ...small, cell: 'clockwork', layers: 2, residual: true } },
    ],
    ['an ensemble', { hyperparameters: { ...small, ensemble: 2, biasRecall: '1' } }],
    ['conllu', { corpora: [conllu], dev: conllu }],
  ])('%s', async (_, options) => {
    const { model } = await run(options);
    const ensemble = options.hyperparameters?.ensemble ?? 1;
    const biasRecall = options.hyperparameters?.biasRecall ?? '0';
    const { embeddings: __, gazetteers: ___, ...same } = options;
    const again = await run({
      ...same,
      init: { model },
      hyperparameters: { ...still, ensemble, biasRecall },
    });
    const [after, weights] = [again.model, model].map(parametersOf);
    let difference = 0;
    for (const [name, values] of weights!)
      after!.get(name)!.forEach((x, i) => {
        difference = Math.max(difference, Math.abs(x - values[i]!));
      });
    expect(difference).toBeLessThan(1e-5);
    expect(await tagsOf(again.model)).toEqual(await tagsOf(model));
    expect(again.start.init!.words).toMatchObject({ new: 0, dropped: 0 });
    using now = openModel(again.model);
    using before = openModel(model);
    expect(now.config).toEqual(before.config);
    expect(now.vocabulary.words).toEqual(before.vocabulary.words);
    expect(now.record.init!.file).toBe(model);
  });

  it('on other sentences with new words, characters and tags too', async () => {
    const { model } = await run({ hyperparameters: { ...small, epochs: 12 } });
    const other = file(
      'other.conll',
      'Žofie\tX\tB-PER\nžije\tX\tO\nv\tX\tO\nŽofie\tX\tB-PER\n\n'.repeat(4),
    );
    const { start, ...again } = await run({
      corpora: [other],
      dev: other,
      init: { model },
      hyperparameters: still,
    });
    expect(await tagsOf(again.model)).toEqual(await tagsOf(model));
    expect(start.init).toMatchObject({
      words: { inCorpora: 0, new: 3, dropped: 0 },
      chars: { dropped: 0 },
      tagColumns: [{ name: 'NER', from: 'NER', new: 0, dropped: 0 }],
    });
    expect(start.init!.chars.new).toBeGreaterThan(0);
  });
});

describe('the tags of the new model', () => {
  let model: string;
  beforeAll(async () => {
    ({ model } = await run({ read: { tagColumn: '1,2' } }));
  });
  const people = 'Nadia\tPROPN\tS-PER\nleft\tVERB\tO\nBonn\tPROPN\tS-LOC\n\n'.repeat(4);
  const withTags = (tags: string): string =>
    file(`${count++}.conll`, people.replaceAll('S-', tags));
  const tagsAfter = async (options: Partial<TrainOptions>) => {
    const { start, model } = await run({ ...options, hyperparameters: still });
    using file = openModel(model);
    return { tags: file.vocabulary.tags, columns: start.init!.tagColumns };
  };

  it('are those of the corpora and of the most similar column of the model', async () => {
    const known = withTags('B-');
    const { tags, columns } = await tagsAfter({
      ...{ corpora: [known], dev: known },
      init: { model },
      read: { tagColumn: '2' },
    });
    using before = openModel(model);
    expect(tags).toEqual([before.vocabulary.tags[1]]);
    expect(columns).toMatchObject([{ from: 'NER', new: 0, dropped: 0 }]);
    expect(columns[0]!.inCorpora).toBe(3);
  });

  it('drop what the corpora lack if asked, but complete the types of spans', async () => {
    const known = withTags('B-');
    const { tags } = await tagsAfter({
      ...{ corpora: [known], dev: known },
      init: { model, tags: 'drop' },
      read: { tagColumn: '2' },
    });
    expect(new Set(tags[0]!.map((tag) => tag.slice(2)))).toEqual(new Set(['', 'PER', 'LOC']));
    expect(tags[0]).toContain('E-PER');
  });

  it('have new types beside the old ones, and only the new ones if most are new', async () => {
    const more = file(
      'more.conll',
      `${people}Acme\tPROPN\tB-FIRM\nsold\tVERB\tO\n\n`.replaceAll('S-', 'B-'),
    );
    const mixed = await tagsAfter({
      ...{ corpora: [more], dev: more },
      init: { model },
      read: { tagColumn: '2' },
    });
    expect(mixed.columns).toMatchObject([{ from: 'NER', new: 1, dropped: 0 }]);
    expect(mixed.tags[0]).toContain('B-ORG');
    const other = file('diseases.conll', 'Flu\tX\tB-Disease\nhurts\tX\tO\n\n'.repeat(4));
    const changed = await tagsAfter({
      ...{ corpora: [other], dev: other },
      init: { model },
      read: { tagColumn: '2' },
    });
    expect(changed.tags).toEqual([['O', 'S-Disease']]);
    expect(changed.columns).toMatchObject([{ from: 'NER', kept: 1, new: 1 }]);
  });

  it('begin with random weights in a column that has no tag in common with the model', async () => {
    const other = file('kinds.conll', 'Flu\tX\tnew\nhurts\tX\told\n\n'.repeat(4));
    const { columns } = await tagsAfter({
      ...{ corpora: [other], dev: other },
      init: { model },
      read: { tagColumn: '2' },
    });
    expect(columns).toMatchObject([{ from: null, kept: 0, new: 2, dropped: 0 }]);
  });
});

describe('what else a training takes from the model', () => {
  it('drops the words that the corpora lack if asked', async () => {
    const { model } = await run({});
    const { start, ...again } = await run({
      corpora: [file('few.conll', sentences('english.dev.conll', 12))],
      init: { model, words: 'drop' },
      hyperparameters: still,
    });
    using now = openModel(again.model);
    expect(now.vocabulary.words).toHaveLength(start.words);
    expect(start.init!.words.dropped).toBeGreaterThan(0);
    expect(start.init!.words.kept).toBe(start.init!.words.inCorpora);
  });

  it('reads more inputs: word vectors, a gazetteer and feature columns that the model lacks', async () => {
    const { model } = await run({ hyperparameters: { ...small, epochs: 6 } });
    const { model: more } = await run({
      init: { model },
      embeddings: file('two.txt', 'the 1 0\nof 0 1\n'),
      gazetteers: [file('towns.txt', 'Berlin\n')],
      read: { featureColumn: '1' },
      hyperparameters: still,
    });
    using now = openModel(more);
    expect(now.config).toMatchObject({ vectorDim: 2, tokenFeatures: { groups: 2 } });
    const values = readFileSync(conll, 'utf8')
      .trim()
      .split('\n\n')
      .map((lines) => [lines.split('\n').map((line) => line.split('\t')[1]!)]);
    expect(await tagsOf(more, values)).toEqual(await tagsOf(model));
  });

  it('keeps the edit scripts of lemmas', async () => {
    const lemmas = (pairs: string): string =>
      pairs
        .split(' ')
        .map((pair) => pair.replace('/', '\t'))
        .join('\n');
    const old = file(
      'old.conll',
      `${lemmas('walked/walk went/go ran/run cats/cat')}\n\n`.repeat(9),
    );
    const options = { lemmaColumn: '1', read: { tagColumn: '1' } };
    const { model } = await run({ ...options, corpora: [old], dev: old });
    const few = file('few-lemmas.conll', `${lemmas('talked/talk dogs/dog')}\n\n`.repeat(4));
    const { start } = await run({
      ...{ ...options, corpora: [few], dev: old },
      init: { model },
      hyperparameters: still,
    });
    expect(start.init!.tagColumns).toMatchObject([
      { from: 'lemma', kept: 4, inCorpora: 2, new: 0, dropped: 0 },
    ]);
  });

  it('keeps the rules for raw text that the corpora do not show', async () => {
    const hyphens = 'well-known\tX\tO\nco-op\tX\tO\nAnn\tX\tB-PER\n\n'.repeat(12);
    const old = file('hyphens.conll', hyphens);
    const { model } = await run({ corpora: [old], dev: old });
    const { model: again } = await run({ init: { model }, hyperparameters: still });
    using now = openModel(again);
    expect(now.vocabulary.tokenization!.treatments.hyphens).toBe('keep');
  });

  it('begins with the networks of an ensemble in turn', async () => {
    const { model } = await run({ hyperparameters: { ...small, ensemble: 2 } });
    const { model: single, start } = await run({ init: { model }, hyperparameters: still });
    expect(start.init!.networks).toBe(2);
    const [all, own] = [model, single].map(parametersOf);
    const same = own!.get('word.embedding')!;
    expect(same).toEqual(all!.get('member.0.word.embedding'));
    const weight = all!.get('member.0.output.weight')!;
    const restored = weight.map((x) => 2 * x); // the file has it divided by the number of networks
    expect(own!.get('output.weight')!.every((x, i) => Math.abs(x - restored[i]!) < 1e-6)).toBe(
      true,
    );
  });

  it('takes the training settings from the recipe and from the options', async () => {
    const { model } = await run({
      hyperparameters: { ...small, dropout: 0.1, decoder: 'softmax' },
    });
    const { model: again } = await run({
      init: { model },
      hyperparameters: { ...still, decoder: 'crf' },
    });
    using now = openModel(again);
    expect(now.record.hyperparameters).toMatchObject({
      ...{ hidden: 8, wordDim: 8, features: 'shape,case', decoder: 'crf' },
      ...{ dropout: 0.33, labelSmoothing: 0.2 },
    });
    expect(now.record.command).toContain(`--init ${model}`);
    expect(now.record.command).not.toContain('--hidden');
  });
});

it('beats training from the beginning on few sentences of another domain', async () => {
  const documents = readFileSync(corpus('english.train.conllu'), 'utf8').split(/^# newdoc/m);
  const isReview = (text: string): boolean => text.startsWith(' id = review');
  const part = (name: string, texts: string[]): string =>
    file(name, texts.map((text) => `# newdoc${text}`).join(''));
  const reviews = documents.filter(isReview);
  const few = part('few.conllu', reviews.slice(0, 1));
  const dev = part('dev.conllu', reviews.slice(1));
  const rest = part(
    'rest.conllu',
    documents.slice(1).filter((text) => !isReview(text)),
  );
  const learning = { learningRate: 0.02, epochs: 6 };
  const settings: Settings = { ...small, ...learning, hidden: 16, wordDim: 16 };
  const { model } = await run({ corpora: [rest], dev, hyperparameters: settings });
  const { end: fresh } = await run({ corpora: [few], dev, hyperparameters: settings });
  const { end: tuned } = await run({
    ...{ corpora: [few], dev },
    init: { model },
    hyperparameters: learning,
  });
  expect(tuned.score).toBeGreaterThan(fresh.score + 0.1);
});

describe('a training that cannot continue a model', () => {
  let model: string;
  beforeAll(async () => {
    const embeddings = file('vectors.txt', 'the 1 0\nof 0 1\n');
    ({ model } = await run({ embeddings, read: { featureColumn: '1' } }));
  });
  const features = { read: { featureColumn: '1' } };

  it.each<[string, () => Partial<TrainOptions>, object]>([
    [
      'another cell',
      () => ({ ...features, hyperparameters: { cell: 'gru' } }),
      {
        code: 'SEQTAG_MODEL_MISMATCH',
        message: /m\d+\.safetensors: its weights are for `cell` lstm, not gru\. /,
      },
    ],
    [
      'another size',
      () => ({ ...features, hyperparameters: { hidden: 9 } }),
      { code: 'SEQTAG_MODEL_MISMATCH', message: /its weights are for `hidden` 8, not 9\. / },
    ],
    [
      'case folding',
      () => ({ ...features, hyperparameters: { lowercase: false } }),
      {
        code: 'SEQTAG_MODEL_MISMATCH',
        message: /its weights are for `lowercase` true, not false\. /,
      },
    ],
    [
      'own word vectors',
      () => ({ ...features, hyperparameters: { ownVectors: 5 } }),
      { code: 'SEQTAG_MODEL_MISMATCH', message: /learns no word vectors from the corpus/ },
    ],
    [
      'other word vectors',
      () => ({ ...features, embeddings: folder.path('vectors.txt') }),
      { code: 'SEQTAG_MODEL_MISMATCH', message: /m\d+\.safetensors: has word vectors/ },
    ],
    [
      'no feature columns',
      () => ({}),
      { code: 'SEQTAG_COLUMN', message: /reads 1 feature columns? \(1\), but 0 are read/ },
    ],
    [
      'a teacher',
      () => ({ ...features, teacher: { model } }),
      {
        code: 'SEQTAG_OPTION_CONFLICT',
        message: /an initial model and a teacher exclude each other/,
      },
    ],
    ['its own output', () => ({ ...features, output: model }), { code: 'SEQTAG_SAME_FILE' }],
  ])('%s', async (_, options, { code, message = /./ }: { code?: string; message?: RegExp }) => {
    const error = await run({ ...options(), init: { model } }).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'UserError', code });
    expect((error as Error).message).toMatch(message);
  });

  it('a missing model', async () => {
    await expect(run({ init: { model: folder.path('none.safetensors') } })).rejects.toMatchObject({
      code: 'SEQTAG_MODEL_NOT_FOUND',
    });
  });

  it('a sweep over sizes', async () => {
    const runs = sweep({
      ...{ ...features, corpora: [conll], dev: conll, output: newOutput(), threads: 1 },
      init: { model },
      values: { epochs: [1], hidden: [8, 9] },
    });
    await expect(runs.next()).rejects.toMatchObject({ code: 'SEQTAG_MODEL_MISMATCH' });
  });
});

it('goes on after an interruption to the same bytes, if the initial model is the same', async () => {
  const { model } = await run({});
  const other = file('few.conll', sentences('english.dev.conll', 12));
  const options = {
    ...{ corpora: [other], dev: conll, init: { model }, threads: 1 },
    hyperparameters: { epochs: 3, ensemble: 2, refit: false },
  };
  const { model: whole } = await run(options);
  const output = newOutput();
  const checkpoints = { file: `${output}.checkpoint`, minutes: 5 };
  let looks = 0;
  const signal = {
    get aborted() {
      return ++looks > 20;
    },
  } as AbortSignal;
  for await (const _ of train({ ...options, output, checkpoints, signal }));
  expect(existsSync(output)).toBe(false);
  const resume = readCheckpoint(checkpoints.file);
  await run({ ...resume.options, output, checkpoints, resume });
  expect(readFileSync(output).equals(readFileSync(whole))).toBe(true);

  const changed = { ...resume, options: { ...resume.options, init: { model: whole } } };
  await expect(
    run({ ...changed.options, output: newOutput(), checkpoints, resume: changed }),
  ).rejects.toMatchObject({ code: 'SEQTAG_RECORD_MISMATCH' });
});
