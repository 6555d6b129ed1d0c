import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { hasBfloat16 } from '../../src/backend/backend.ts';
import { DivergedError, UserError } from '../../src/errors.ts';
import { openModel } from '../../src/model/model-file.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { prepare } from '../../src/training/prepare.ts';
import { chooseRecipe } from '../../src/training/recipes.ts';
import { checkHyperparameters } from '../../src/training/settings.ts';
import { type TrainingEvent, type TrainOptions, train } from '../../src/training/train.ts';
import { readTrainingFiles } from '../../src/training/training-files.ts';
import { traitsOf } from '../../src/training/traits.ts';
import { sentences } from '../cli/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-train-'));
afterAll(() => rmSync(folder, { recursive: true }));
const corpus = (name: string): string =>
  fileURLToPath(new URL(`../../corpora/english.${name}`, import.meta.url));
/** The first sentences of a corpus: enough for whatever needs no good model. */
const short = (name: string, count: number): string => {
  const file = join(folder, `short.${name}`);
  writeFileSync(file, sentences(`english.${name}`, count));
  return file;
};
const [shortTrain, shortDev] = [short('dev.conll', 48), short('test.conll', 24)];
const small = { hidden: 12, wordDim: 12, charDim: 6, charFilters: 8, batchSize: 16, epochs: 2 };

async function run(
  name: string,
  options: Partial<TrainOptions> = {},
  h: object = {},
): Promise<{ output: string; events: TrainingEvent[] }> {
  const output = join(folder, `${name}.safetensors`);
  const events: TrainingEvent[] = [];
  const hyperparameters = checkHyperparameters({ ...small, ...h }, 'test');
  for await (const event of train({
    corpora: [shortTrain],
    output,
    threads: 1,
    hyperparameters,
    ...options,
  }))
    events.push(event);
  return { output, events };
}
/** Sentences of tokens of cells. */
const textOf = (file: string): string[][][] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n\n')
    .map((block) => block.split('\n').map((line) => line.split('\t')));
/** What a generator returns. */
async function result<T>(generator: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const { done, value } = await generator.next();
    if (done) return value;
  }
}
const last = <T>(items: readonly T[]): T => items[items.length - 1]!;

test('the same run gives the same bytes for any number of threads', async () => {
  for (const charEncoder of ['cnn', 'lstm']) {
    const options = { charEncoder, recurrentDropout: 0.2, layers: 2 };
    const files = [];
    for (const threads of [1, 3])
      files.push(readFileSync((await run(`threads-${threads}`, { threads }, options)).output));
    expect(files[0]!.equals(files[1]!)).toBe(true);
  }
  const other = readFileSync((await run('seed', {}, { seed: 2 })).output);
  expect(other.equals(readFileSync((await run('seed', {}, { seed: 3 })).output))).toBe(false);
});

const losses = async (h: object, options?: Partial<TrainOptions>): Promise<number[]> => {
  const none = { dropout: 0, outputDropout: 0, recurrentDropout: 0, unknownProbability: 0 };
  const { events } = await run(
    'losses',
    { corpora: [corpus('dev.conll')], ...options },
    { ...none, ...h },
  );
  return events.filter((event) => event.type === 'epoch').map(({ loss }) => loss);
};

test.runIf(hasBfloat16())(
  'products in bfloat16 learn almost the same, with any number of threads',
  async () => {
    const products = 'bfloat16';
    const [one, two] = [1, 2].map(async (threads) => {
      const { output } = await run(`bfloat16-${threads}`, { products, threads });
      return readFileSync(output);
    });
    expect((await one)!.equals((await two)!)).toBe(true);
    const [exact, rounded] = [await losses({}), await losses({}, { products })];
    expect(rounded).not.toEqual(exact);
    rounded!.forEach((loss, epoch) => {
      expect(Math.abs(loss / exact![epoch]! - 1)).toBeLessThan(0.02);
    });
  },
);

test('accumulated batches have the gradient of one batch of the same sentences', async () => {
  // two batches, whose order then does not matter
  const [whole, halves] = [
    await losses({ batchSize: 8192 }),
    await losses({ batchSize: 100, accumulate: 2 }),
  ];
  halves!.forEach((loss, epoch) => {
    expect(loss).toBeCloseTo(whole![epoch]!, 4);
  });
  expect((await losses({ batchSize: 100 }))[1]).not.toBeCloseTo(whole![1]!, 3);
});

test('dropped characters depend on the seed, not on the number of threads', async () => {
  const bytes = async (name: string, threads: number, charDropout: number) =>
    readFileSync((await run(name, { threads }, { charDropout, accumulate: 3 })).output);
  const dropped = await bytes('chars-1', 1, 0.3);
  expect(dropped.equals(await bytes('chars-2', 2, 0.3))).toBe(true);
  expect((await losses({ charDropout: 0.3 }))[1]).not.toBeCloseTo((await losses({}))[1]!, 3);
});

test('language models change what is learned, but are not in the model file', async () => {
  const h = { lmWeight: 0.2, lmWords: 30, lmDim: 7 };
  const [one, two] = [1, 2].map(async (threads) => {
    const { output } = await run(`lm-${threads}`, { threads }, h);
    return readFileSync(output);
  });
  expect((await one)!.equals((await two)!)).toBe(true);
  expect((await one)!.includes('language-model')).toBe(false);
  const { config } = openModel(join(folder, 'lm-1.safetensors'));
  const { output, events } = await run('no-lm');
  expect(config).toEqual(openModel(output).config);
  const { events: withModel } = await run('lm', {}, h);
  const epochLosses = (all: TrainingEvent[]) =>
    all.map((event) => event.type === 'epoch' && event.loss);
  expect(epochLosses(withModel)).not.toEqual(epochLosses(events));
});

test('events and the record hold sizes, epochs and scores', async () => {
  const { output, events } = await run('events', {
    corpora: [corpus('dev.conll')],
    dev: corpus('test.conll'),
    test: corpus('train.conll'),
  });
  expect(events[0]).toMatchObject({
    type: 'start',
    train: { sentences: 144 },
    dev: { sentences: 146, heldOut: false },
    scheme: 'BIO',
    threads: 1,
  });
  const epochs = events.filter((event) => event.type === 'epoch');
  expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  expect(epochs[1]!.loss).toBeLessThan(epochs[0]!.loss);
  const end = last(events);
  if (end.type !== 'end') throw new Error('the last event is not the end');
  expect(end.bytes).toBe(readFileSync(output).length);
  expect(end.test?.[0]?.sentences).toBe(507);
  using file = openModel(output);
  expect(file.record.corpora.map(({ role, sentences }) => [role, sentences])).toEqual([
    ['train', 144],
    ['dev', 146],
    ['test', 507],
  ]);
  expect(file.record.corpora[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(file.record.command).toContain('--hidden 12');
  expect(file.record.epochs).toEqual(
    epochs.map(({ loss, score, norm, clipped }) => ({ loss, score, norm, clipped })),
  );
  expect(file.tagColumns).toEqual([{ scheme: 'BIO', trainedScheme: 'BIOES', format: 'columns' }]);
});

test('the saved model gives the predictions that training scored', async () => {
  const { output, events } = await run(
    'again',
    { read: { tagColumn: 1 } },
    { epochs: 12, hidden: 24, learningRate: 0.02, batchSize: 4, dropout: 0, outputDropout: 0 },
  );
  const end = last(events);
  const tagger = loadTagger(output, { threads: 1 });
  const text = textOf(shortTrain);
  const tags = tagger.tag(text.map((sentence) => sentence.map((cells) => cells[0]!)));
  const right = tags.flat().filter((tag, i) => tag === text.flat()[i]![1]).length;
  // Nine tenths of these sentences were trained on.
  expect(right / tags.flat().length).toBeGreaterThan(0.8);
  expect(end.type === 'end' && end.dev[0]?.accuracy).toBeGreaterThan(0.6);
  await tagger.close();
});

test('without a dev file every tenth sentence is held out', async () => {
  const { events } = await run('heldout');
  expect(events[0]).toMatchObject({ dev: { sentences: expect.any(Number), heldOut: true } });
  expect(events[0]).toMatchObject({
    train: { sentences: 48 - (events[0] as { dev: { sentences: number } }).dev.sentences },
  });
});

test('training stops after patience, and the best epoch is kept', async () => {
  const { events } = await run('patience', {}, { epochs: 50, patience: 2, learningRate: 1e-9 });
  const epochs = events.filter((event) => event.type === 'epoch');
  expect(last(events)).toMatchObject({ stopped: 'patience', bestEpoch: epochs.length - 2 });
});

test('a signal stops training after the current update and keeps the best epoch', async () => {
  const controller = new AbortController();
  const output = join(folder, 'signal.safetensors');
  const events: TrainingEvent[] = [];
  const hyperparameters = checkHyperparameters({ ...small, epochs: 100, patience: 100 }, 'test');
  for await (const event of train({
    corpora: [corpus('dev.conll')],
    output,
    threads: 1,
    hyperparameters,
    signal: controller.signal,
  })) {
    events.push(event);
    if (event.type === 'epoch') controller.abort();
  }
  expect(last(events)).toMatchObject({ type: 'end', stopped: 'signal' });
  expect(existsSync(output)).toBe(true);
});

describe('refit', () => {
  const files = { dev: shortDev, test: shortDev };
  const h = { refit: true, epochs: 3, biasRecall: 'auto', decoder: 'constrained', ensemble: 2 };

  test('retrains with the development sentences, up to the best epoch', async () => {
    const once = await run('fit', files, { ...h, refit: false });
    const { output, events } = await run('refit', files, h);
    using before = openModel(once.output);
    using after = openModel(output);
    const sentences = textOf(shortTrain).length + textOf(shortDev).length;
    expect(after.record.refit).toMatchObject({ sentences });
    const { dev, epochs, bestEpoch, recallBias, members } = after.record;
    expect({ dev, epochs, bestEpoch, recallBias, members }).toEqual({
      dev: before.record.dev,
      epochs: before.record.epochs,
      bestEpoch: before.record.bestEpoch,
      recallBias: before.record.recallBias,
      members: before.record.members,
    });
    const words = (text: string[][][]) => text.flat().map(([token]) => token!.toLowerCase());
    const [old, added] = [new Set(words(textOf(shortTrain))), words(textOf(shortDev))];
    const only = added.find((word) => !old.has(word))!;
    expect(before.vocabulary.words).not.toContain(only);
    expect(after.vocabulary.words).toContain(only);
    const again = events.filter((event) => event.type === 'epoch' && event.refit);
    expect(again).toHaveLength(members!.reduce((sum, member) => sum + member.bestEpoch, 0));
    expect(again[0]).toMatchObject({ dev: [], refit: { sentences }, member: 1, members: 2 });

    // the test score is that of the file, of sentences that it has learned from now
    const end = last(events);
    if (end.type !== 'end') throw new Error('no end');
    const tagger = loadTagger(output, { threads: 1 });
    const text = textOf(shortDev);
    const tags = tagger.tag(text.map((s) => s.map((cells) => cells[0]!))).flat();
    const right = tags.filter((tag, i) => tag === text.flat()[i]!.at(-1)).length;
    expect(end.test![0]!.correctTokens).toBe(right);
    expect(end.dev[0]!.correctTokens).not.toBe(right);
    await tagger.close();
  });

  test('gives the same bytes for any number of threads, and learns the held-out sentences', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(
        async (threads) => (await run(`refit-${threads}`, { threads }, { refit: true })).output,
      ),
    );
    expect(readFileSync(one!).equals(readFileSync(two!))).toBe(true);
    using file = openModel(one!);
    expect(file.record.refit).toMatchObject({ sentences: textOf(shortTrain).length });
    expect(file.record.command).not.toMatch(/refit/); // without --dev it is the default
  });

  test('has the hyperparameters of the development run, even if more tokens would change the defaults', async () => {
    const file = join(folder, 'many.conll');
    const sentence = `${'a\tX\n'.repeat(20)}\n`;
    writeFileSync(file, sentence.repeat(5100)); // 91,800 tokens, and 102,000 with what is held out
    const options = {
      corpora: [file],
      output: join(folder, 'many.safetensors'),
      hyperparameters: {},
      force: true, // one tag
    };
    const files = await readTrainingFiles(options);
    const first = await result(prepare(options, files));
    const again = await result(prepare(options, files, first));
    expect([first.tokens, again.tokens]).toEqual([91_800, 102_000]);
    expect([first.config.hidden, again.config.hidden]).toEqual([100, 100]);
    const traits = traitsOf(again.trainSentences, {
      scheme: 'none',
      partial: false,
      vectors: false,
    });
    expect(chooseRecipe('auto', traits).settings.hidden).toBe(200);
  });

  test('that is interrupted leaves the model of the development run', async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const output = join(folder, 'interrupted-refit.safetensors');
    const hyperparameters = checkHyperparameters({ ...small, refit: true }, 'test');
    let end: TrainingEvent | undefined;
    for await (const event of train({
      corpora: [shortTrain],
      output,
      threads: 1,
      hyperparameters,
      ...options,
    })) {
      if (event.type === 'epoch' && event.refit) controller.abort();
      end = event;
    }
    expect(end).toMatchObject({ type: 'end', stopped: 'signal' });
    expect(end).not.toHaveProperty('refit');
    using file = openModel(output);
    expect(file.record.refit).toBeUndefined();
  });
});

describe('training that diverges', () => {
  const hot = { optimizer: 'sgd', learningRate: 100, weightDecay: 1, clip: 0, epochs: 30 };

  test('in the first epoch is an error, and leaves no file', async () => {
    const diverge = run('nan', {}, { ...hot, batchSize: 1 });
    await expect(diverge).rejects.toThrow(DivergedError);
    await expect(diverge).rejects.toThrow(
      /^epoch 1, update \d+: the loss is .*Lower the learning rate \(100\)/,
    );
    expect(readdirSync(folder).filter((name) => name.startsWith('nan'))).toEqual([]);
  });

  test('goes back three times, each time with half the learning rate', async () => {
    const { events } = await run('back', { dev: shortDev }, { ...hot, learningRate: 10 });
    const setbacks = events.filter((event) => event.type === 'setback');
    expect(setbacks.map(({ learningRate }) => learningRate)).toEqual(
      [5, 2.5, 1.25].slice(0, setbacks.length),
    );
    expect(setbacks.length).toBeGreaterThan(0);
    expect(setbacks[0]!.message).toMatch(/training diverged/);
  });

  test('a lower rate may save it', async () => {
    // with weight decay 1, weights grow without end at rates above 2
    const cool = { ...hot, learningRate: 5, batchSize: 4, epochs: 4 };
    const { events } = await run('saved', { dev: shortDev }, cool);
    expect(events.map(({ type }) => type)).toContain('setback');
    expect(last(events)).toMatchObject({ type: 'end', stopped: 'epochs' });
  });

  test('later keeps the best epoch so far', async () => {
    const { output, events } = await run('late', { dev: shortDev }, { ...hot, learningRate: 40 });
    const epochs = events.filter(({ type }) => type === 'epoch');
    const end = last(events);
    expect(epochs.length).toBeGreaterThan(0);
    expect(end).toMatchObject({
      type: 'end',
      stopped: 'diverged',
      divergences: [expect.stringMatching(`^epoch ${epochs.length + 1}, update`)],
    });
    using model = openModel(output);
    expect(model.record.epochs).toHaveLength(epochs.length);
    const tagger = loadTagger(output, { threads: 1 });
    expect(tagger.tag([['a', 'b']])[0]).toHaveLength(2);
    await tagger.close();
  });
});

test('wrong hyperparameters are refused before anything is read', async () => {
  const missing = { corpora: [join(folder, 'missing.conll')] };
  for (const [hyperparameters, message] of [
    [{ hidden: Number.NaN }, /^hyperparameters: hidden NaN: expected a whole number/],
    [
      { dropout: Number.POSITIVE_INFINITY },
      /^hyperparameters: dropout Infinity: expected a number/,
    ],
    [{ epochs: [3] }, /^hyperparameters: epochs \[3\]: expected a whole number/],
    [{ hiden: 3 }, /^hyperparameters: no hyperparameter `hiden`. Did you mean hidden\?/],
    [null, /^hyperparameters: expected an object/],
  ] as const) {
    const refused = run('x', { ...missing, hyperparameters: hyperparameters as never });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'SEQTAG_OPTION' }));
  }
});

test('a wrong corpus or output is refused before training', async () => {
  const empty = join(folder, 'empty.conll');
  writeFileSync(empty, '\n\n');
  await expect(run('x', { corpora: [empty] })).rejects.toThrow(/empty.conll/);
  await expect(run('x', { corpora: [join(folder, 'missing.conll')] })).rejects.toThrow(UserError);
  await expect(run('x', { output: join(folder, 'no/such/folder/m.safetensors') })).rejects.toThrow(
    UserError,
  );
  expect(existsSync(join(folder, 'x.safetensors'))).toBe(false);
});

test('a tag that only dev has is an error that is reported, not a failure', async () => {
  const dev = join(folder, 'unseen.conll');
  writeFileSync(dev, 'Zork\tX\tB-NEW\nsang\tVERB\tO\n\n');
  const { events } = await run('unseen', { dev });
  const end = last(events);
  expect(end.type === 'end' && end.dev[0]?.unseenTags).toEqual([{ tag: 'B-NEW', count: 1 }]);
});

test('several tag columns have a report and a score each, and their mean is the score', async () => {
  const conllu = { corpora: [corpus('dev.conllu')], read: { tagColumn: 'upos,NER' } };
  const { output, events } = await run('columns', { ...conllu, test: corpus('test.conllu') });
  const end = last(events);
  if (end.type !== 'end') throw new Error('the last event is not the end');
  expect(end.dev.map(({ spans }) => spans !== undefined)).toEqual([false, true]);
  const [upos, ner] = end.dev;
  expect(end.score).toBeCloseTo((upos!.accuracy! + (ner!.spans!.f1 ?? 0)) / 2, 12);
  expect(end.test).toHaveLength(2);
  using file = openModel(output);
  expect(file.config.tags).toEqual(file.vocabulary.tags.map((tags) => tags.length));
  expect(file.vocabulary.tags[0]).toContain('NOUN');
  expect(file.vocabulary.tags[1]).toContain('B-PER');
  expect(file.tagColumns).toEqual([
    { scheme: 'none', trainedScheme: 'none', format: 'conllu', tagColumn: 'upos' },
    { scheme: 'BIO', trainedScheme: 'BIOES', format: 'conllu', tagColumn: 'NER' },
  ]);
  expect(file.record.dev).toEqual([
    { accuracy: upos!.accuracy },
    { accuracy: ner!.accuracy, f1: ner!.spans!.f1 },
  ]);
  expect(file.record.test).toHaveLength(2);
  expect(file.record.command).toContain('--tag-column upos,NER');
  const tagger = loadTagger(output, { threads: 1 });
  const columns = tagger.tagColumns([['Ada', 'sang'], ['.']]);
  expect(columns.map((column) => column.map((tags) => tags.length))).toEqual([
    [2, 1],
    [2, 1],
  ]);
  expect(file.vocabulary.tags[0]).toContain(columns[0]![0]![0]);
  await tagger.close();
});

test('the record has gradient norms by distance, in both directions, before and after training', async () => {
  const rnn = { cell: 'rnn', dropout: 0, recurrentDropout: 0, outputDropout: 0 };
  const full = { corpora: [corpus('dev.conll')] };
  const { output, events } = await run('gradients', full, rnn);
  using file = openModel(output);
  const { initial, trained } = file.record.gradients!;
  for (const profile of [initial, trained]) {
    expect(Object.keys(profile)).toEqual(['forward', 'backward']);
    for (const norms of Object.values(profile)) {
      expect(norms.length).toBeGreaterThan(15);
      expect(norms.every((norm) => norm! > 0)).toBe(true);
      // units of tanh forget
      for (const [near, far] of [
        [0, 2],
        [2, 5],
        [5, 10],
        [10, 15],
      ] as const)
        expect(norms[far]).toBeLessThan(norms[near]!);
    }
  }
  expect(trained).not.toEqual(initial);
  const start = events[0] as { train: { sentences: number } };
  expect(start.train.sentences).toBeGreaterThan(64);

  const { output: oneWay } = await run('one-way', {}, { ...rnn, direction: 'backward' });
  using other = openModel(oneWay);
  expect(Object.keys(other.record.gradients!.trained)).toEqual(['backward']);
});

test('the fraction of clipped updates is reported', async () => {
  const shares = async (clip: string): Promise<number[]> => {
    const { events } = await run('clip', {}, { clip });
    return events.filter((event) => event.type === 'epoch').map(({ clipped }) => clipped);
  };
  expect(await shares('value:1e-9')).toEqual([1, 1]);
  expect(await shares('norm:1e-9')).toEqual([1, 1]);
  expect(await shares('value:1e6')).toEqual([0, 0]);
  expect(await shares('none')).toEqual([0, 0]);
});

test.each([
  { cell: 'gru', bptt: 'regular:5', merge: 'sum', layers: 2, residual: true },
  { cell: 'clockwork', periods: '1,2,4', bptt: 'random:0.2', features: 'all', featureDim: 4 },
  { cell: 'depth-gated', layers: 2, highway: true, dense: 1, direction: 'forward' },
])('%j is trained, saved, and predicts what training scored', async (h) => {
  const { output, events } = await run('kinds', { dev: shortDev }, { ...h, epochs: 3 });
  const epochs = events.filter((event) => event.type === 'epoch');
  expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss);
  const end = last(events);
  const tagger = loadTagger(output, { threads: 1 });
  const text = textOf(shortDev);
  const tags = tagger.tag(text.map((sentence) => sentence.map((cells) => cells[0]!))).flat();
  const right = tags.filter((tag, i) => tag === text.flat()[i]!.at(-1)).length;
  expect(end.type === 'end' && end.dev[0]!.correctTokens).toBe(right);
  await tagger.close();
});

describe('an ensemble', () => {
  const dev = { dev: shortDev };
  const settings = { ensemble: 2, epochs: 3, seed: 5, decoder: 'crf', biasRecall: 'auto' };

  test('has the networks of single runs as members, and the scores of its file', async () => {
    const options = { ...dev, test: shortDev };
    const { output, events } = await run('ensemble', options, settings);
    const epochs = events.filter((event) => event.type === 'epoch');
    expect(epochs.map(({ member, members, epoch }) => [member, members, epoch])).toEqual(
      [1, 2].flatMap((member) => [1, 2, 3].map((epoch) => [member, 2, epoch])),
    );
    expect(events.filter(({ type }) => type === 'start')).toHaveLength(1);
    const end = last(events);
    if (end.type !== 'end') throw new Error('the last event is not the end');
    using file = openModel(output);
    expect(file.config.members).toBe(2);
    const { members, ...record } = file.record;
    const alone = [];
    for (const seed of [5, 6]) {
      const single = await run('single', options, { ...settings, seed, ensemble: 1 });
      using model = openModel(single.output);
      expect(model.config).toEqual({ ...file.config, members: 1 });
      expect(model.vocabulary).toEqual(file.vocabulary);
      const { bestEpoch, epochs, dev, test, recallBias } = model.record;
      alone.push({ seed, bestEpoch, epochs, dev, test, ...(recallBias && { recallBias }) });
    }
    expect(members).toEqual(alone);
    expect(end.members).toEqual(members);
    expect(record.dev).toEqual(record.test);
    expect(record.dev[0]).toMatchObject({ f1: end.score });
    expect(record.command).toContain('--ensemble 2');
    const tagger = loadTagger(output, { threads: 1 });
    const text = textOf(shortDev);
    const tags = tagger.tag(text.map((s) => s.map((cells) => cells[0]!))).flat();
    const right = tags.filter((tag, i) => tag === text.flat()[i]!.at(-1)).length;
    expect(end.dev[0]!.correctTokens).toBe(right);
    await tagger.close();
  });

  test('holds out the same sentences for all members', async () => {
    const { output, events } = await run('held', {}, { ensemble: 2, epochs: 1 });
    using file = openModel(output);
    const tokens = new Set(events.flatMap((e) => (e.type === 'epoch' ? [e.dev[0]!.tokens] : [])));
    expect(tokens.size).toBe(1);
    const alone = await run('held-alone', {}, { epochs: 1 });
    expect(last(alone.events)).toMatchObject({ dev: [{ tokens: [...tokens][0] }] });
    expect(file.record.members).toHaveLength(2);
  });

  test('that is interrupted keeps its finished members, and the unfinished one if it raises the dev score', async () => {
    const keptAfter = async (member: number, h: object): Promise<number> => {
      const controller = new AbortController();
      const output = join(folder, 'interrupted.safetensors');
      const hyperparameters = checkHyperparameters(
        { ...small, ensemble: 4, epochs: 2, ...h },
        'test',
      );
      const options = { corpora: [corpus('dev.conll')], output, threads: 1, hyperparameters };
      let end: TrainingEvent | undefined;
      for await (const event of train({ ...options, signal: controller.signal })) {
        if (event.type === 'epoch' && event.member === member && event.epoch === 1)
          controller.abort();
        end = event;
      }
      expect(end).toMatchObject({ type: 'end', stopped: 'signal' });
      using file = openModel(output);
      expect(file.record.members?.length ?? 1).toBe(file.config.members);
      return file.config.members;
    };
    const plain = { tagScheme: 'corpus', decoder: 'softmax' };
    expect(await keptAfter(1, plain)).toBe(1);
    // of networks that learn nothing none is better with others
    expect(await keptAfter(3, { ...plain, learningRate: 1e-9 })).toBe(2);
  });
});

test('patience begins with the first score above 0', async () => {
  const file = join(folder, 'spans.conll');
  writeFileSync(file, 'Nadia B-PER\nleft O\n\nit O\nleft O\n\n');
  const model = join(folder, 'nothing.safetensors');
  const settings = { learningRate: 1e-12, epochs: 4, patience: 1, biasRecall: '0', hidden: 4 };
  const events = [];
  for await (const event of train({
    corpora: [file],
    dev: file,
    output: model,
    hyperparameters: settings,
  }))
    events.push(event);
  expect(events.at(-1)).toMatchObject({ type: 'end', score: 0, bestEpoch: 4, stopped: 'epochs' });
});

test('the model carries its licence and attribution', async () => {
  const about = { licence: 'CC-BY-4.0', attribution: ['A. Author: A Corpus, 2020'] };
  const { output } = await run('about', { about }, { epochs: 1 });
  using model = openModel(output);
  expect(model.record.about).toEqual(about);
});
