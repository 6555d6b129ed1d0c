import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest';
import { DivergedError } from '../../src/errors.ts';
import { evaluate } from '../../src/library/evaluate.ts';
import type { GoldSentence } from '../../src/library/evaluation-types.ts';
import type { Hyperparameters } from '../../src/library/hyperparameters.ts';
import { loadTagger } from '../../src/library/tagger.ts';
import { embed, sweep, train, tune } from '../../src/library/train.ts';
import type { TrainingEvent, TrainOptions } from '../../src/library/training-types.ts';
import { hyperparameters, type Settings } from '../../src/training/hyperparameters.ts';
import { corpus, createFolder } from '../cli/world.ts';
import { wrong } from './wrong.ts';

const { path, remove } = createFolder();
afterAll(remove);

const part = (name: string, sentences: number, to: string): string => {
  const all = readFileSync(corpus(name), 'utf8').split('\n\n');
  writeFileSync(path(to), `${all.slice(0, sentences).join('\n\n')}\n\n`);
  return path(to);
};
const small: Hyperparameters = { hidden: 8, wordDim: 8, charEncoder: 'none', epochs: 2 };
const options = (more: Partial<TrainOptions> = {}): TrainOptions => ({
  corpora: part('english.train.conllu', 60, 'train.conllu'),
  dev: part('english.dev.conllu', 20, 'dev.conllu'),
  output: path('model.safetensors'),
  threads: 1,
  hyperparameters: small,
  ...more,
});

describe('train', () => {
  it('gives events and the result, and a model that several columns can be read from', async () => {
    const run = train(options({ tagColumn: ['upos', 'NER'] }));
    const types = new Set<string>();
    for await (const event of run) types.add(event.type);
    types.delete('progress'); // a fast machine has none
    expect([...types]).toEqual(['start', 'epoch', 'end']);
    const result = await run.result();
    expect(result).toMatchObject({ model: path('model.safetensors'), stopped: 'epochs' });
    expect(result.dev).toHaveLength(2);
    expect(await run.result()).toBe(result);

    const tagger = await loadTagger(result.model);
    expect(tagger.model.tagColumns.map(({ name, scheme }) => [name, scheme])).toEqual([
      ['upos', 'none'],
      ['NER', 'BIO'],
    ]);
    const [sentence] = tagger.tagText('She is in Berlin.', { confidence: true });
    expect(sentence!.columns.map(({ name }) => name)).toEqual(['upos', 'NER']);
    expect(sentence!.tags).toEqual(sentence!.columns[0]!.tags);
    const report = await evaluate({
      gold: path('dev.conllu'),
      predicted: tagger,
      tagColumn: 'NER',
    });
    expect(report.accuracy).toBeCloseTo(result.dev[1]!.accuracy!, 10);
    expect(report.spans).toBeDefined();
    await tagger.close();
  });

  it('returns the result if the events are not read', async () => {
    const { score, bytes } = await train(options()).result();
    expect(score).toBeGreaterThan(0);
    expect(bytes).toBe(readFileSync(path('model.safetensors')).length);
  });

  it('reads features that a sentence must then have', async () => {
    const { model } = await train(options({ featureColumn: 'lemma' })).result();
    const tagger = await loadTagger(model);
    expect(tagger.model.featureColumns).toEqual(['lemma']);
    const tokens = ['She', 'is'];
    expect(tagger.tag([{ tokens, featureColumns: [['_', '_']] }])[0]!.tags).toHaveLength(2);
    expect(() => tagger.tag([tokens])).toThrow(/lemma/);
    expect(() => tagger.tagText('She is.')).toThrow(/lemma/);
    await tagger.close();
  });

  it('stops by a signal, and keeps the best epoch', async () => {
    const abort = new AbortController();
    const run = train(options({ signal: abort.signal, hyperparameters: { ...small, epochs: 50 } }));
    for await (const event of run) if (event.type === 'epoch') abort.abort();
    expect(await run.result()).toMatchObject({ stopped: 'signal' });
  });

  it('goes on from a checkpoint to the model of a run that was never stopped', async () => {
    const plain = { ...small, features: 'none', epochs: 2, refit: false };
    await train(options({ hyperparameters: plain })).result();
    const whole = readFileSync(path('model.safetensors'));
    const output = path('kept.safetensors');
    const checkpoint = path('kept.checkpoint');
    const given = (more: Partial<TrainOptions>) =>
      options({ output, checkpoint, hyperparameters: plain, ...more });
    const abort = new AbortController();
    const run = train(given({ signal: abort.signal }));
    let last: TrainingEvent | undefined;
    for await (const event of run) {
      last = event;
      if (event.type === 'epoch') abort.abort();
    }
    expect(last).toEqual({ type: 'interrupted', checkpoint, hasModel: true });
    const stopped = { code: 'SEQTAG_INTERRUPTED', message: expect.stringContaining(checkpoint) };
    await expect(run.result()).rejects.toMatchObject(stopped);
    expect(existsSync(output)).toBe(false);

    await expect(train(given({})).result()).rejects.toMatchObject({ code: 'SEQTAG_CHECKPOINT' });
    const other = given({ resume: true, hyperparameters: { ...plain, epochs: 4 } });
    await expect(train(other).result()).rejects.toMatchObject({ code: 'SEQTAG_RECORD_MISMATCH' });
    const kept = readFileSync(checkpoint);
    expect(await train(given({ resume: true })).result()).toMatchObject({ stopped: 'epochs' });
    expect(readFileSync(output).equals(whole)).toBe(true);
    expect(existsSync(checkpoint)).toBe(false);

    writeFileSync(checkpoint, kept);
    const finished = await train(given({ resume: true, finish: true })).result();
    expect(finished).toMatchObject({ bestEpoch: 1, stopped: 'signal' });
    await expect(train(given({ resume: true, finish: true })).result()).rejects.toMatchObject({
      code: 'SEQTAG_FILE_NOT_FOUND',
    });
  });

  it('refuses a second run on one output until the first ends', async () => {
    const run = train(options());
    for await (const event of run)
      if (event.type === 'start')
        await expect(train(options()).result()).rejects.toMatchObject({
          code: 'SEQTAG_OUTPUT_IN_USE',
        });
    expect(await run.result()).toMatchObject({ stopped: 'epochs' });
    expect(existsSync(path('model.safetensors.lock'))).toBe(false);
  });

  it('gives its events once', async () => {
    const run = train(options());
    for await (const event of run) if (event.type === 'start') break;
    expect(() => run[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: 'SEQTAG_CLOSED' }),
    );
  });

  it('continues a model', async () => {
    const { model } = await train(options({ output: path('first.safetensors') })).result();
    const run = train(
      options({ init: { model, tags: 'drop' }, hyperparameters: { epochs: 1 }, output: path('2') }),
    );
    for await (const event of run)
      if (event.type === 'start')
        expect(event.init).toMatchObject({ model, words: { new: 0, dropped: 0 } });
    await expect(
      train(options({ init: model, hyperparameters: { hidden: 9 }, output: path('3') })).result(),
    ).rejects.toMatchObject({ code: 'SEQTAG_MODEL_MISMATCH' });
  });

  it('rejects events and result for faulty files', async () => {
    const run = train(options({ corpora: path('none.conllu') }));
    const missing = expect.objectContaining({ name: 'UserError', code: 'SEQTAG_FILE_NOT_FOUND' });
    await expect((async () => void (await run[Symbol.asyncIterator]().next()))()).rejects.toThrow(
      missing,
    );
    await expect(run.result()).rejects.toThrow(missing);
    const hot = {
      ...small,
      optimizer: 'sgd',
      learningRate: 100,
      weightDecay: 1,
      clip: 'none',
      batchSize: 1,
    } as const;
    await expect(train(options({ hyperparameters: hot })).result()).rejects.toBeInstanceOf(
      DivergedError,
    );
  });

  it('has no result if the loop over its events ended early', async () => {
    const run = train(options());
    for await (const event of run) if (event.type === 'start') break;
    await expect(run.result()).rejects.toThrow(
      'train: there is no result, because the loop over its events ended',
    );
  });

  it.each([
    [{ ...options(), resume: true }, RangeError, 'train: resume needs checkpoint'],
    [{ ...options(), checkpoint: 'c', finish: true }, RangeError, 'train: finish needs resume'],
    [{ ...options(), checkpoint: 'c', checkpointEvery: 0 }, RangeError, 'train: checkpointEvery'],
    [{ ...options(), init: { model: 'm', words: 'some' } }, RangeError, 'train: init: words'],
    [{ ...options(), init: {} }, TypeError, 'train: init: model is missing'],
    [{ ...options(), init: 7 }, TypeError, 'train: init'],
    [undefined, TypeError, 'train: expected an object of options'],
    [{ corpora: 'a' }, TypeError, 'train: output is missing. Give a path.'],
    [
      { output: 'a' },
      TypeError,
      'train: corpora is missing. Give a path or a list of at least one path.',
    ],
    [
      { corpora: [1], output: 'a' },
      TypeError,
      'train: corpora: expected a path or a list of at least one path, not an array of 1.',
    ],
    [{ corpus: 'a', output: 'a' }, TypeError, 'train: there is no option "corpus".'],
    [
      { corpora: 'a', output: 'a', hyperparameters: { hiden: 5 } },
      TypeError,
      'train: hyperparameters: there is no hyperparameter "hiden". Do you mean hidden?',
    ],
    [
      { corpora: 'a', output: 'a', hyperparameters: { hidden: '5' } },
      TypeError,
      'train: hyperparameters: hidden: expected a number, not "5" (a string).',
    ],
    [{ corpora: 'a', output: 'a', hyperparameters: { hidden: 0 } }, RangeError, 'from 1 to 16384'],
    [{ corpora: 'a', output: 'a', hyperparameters: { cell: 'lstn' } }, RangeError, 'lstm'],
    [
      { corpora: 'a', output: 'a', hyperparameters: { residual: true, highway: true } },
      RangeError,
      'highway',
    ],
    [{ corpora: [], output: 'a' }, RangeError, 'not an array of 0.'],
    [{ corpora: 'a', output: 'a', teacher: {} }, TypeError, 'train: teacher: model is missing.'],
    [
      { corpora: 'a', output: 'a', signal: 1 },
      TypeError,
      'train: signal: expected an AbortSignal, not 1.',
    ],
  ])('refuses %j', (given, kind, message) => {
    const call = (): unknown => train(wrong(given));
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it('knows every hyperparameter by its type', () => {
    expectTypeOf<keyof Hyperparameters>().toEqualTypeOf<keyof Settings>();
    expectTypeOf<Hyperparameters>().toExtend<{
      [Name in keyof Settings]: Settings[Name] | undefined;
    }>();
    const choices: Record<string, readonly string[]> = {};
    for (const [name, option] of Object.entries(hyperparameters))
      if ('choices' in option) choices[name] = option.choices;
    // the names that the types of these options list; a new choice must be added there
    expect(choices).toMatchObject({
      recipe: ['auto', 'pos', 'spans', 'chunks'],
      charEncoder: ['cnn', 'lstm', 'none'],
      direction: ['both', 'forward', 'backward'],
      merge: ['concat', 'sum', 'mean', 'product'],
      decoder: ['softmax', 'crf', 'constrained'],
      optimizer: ['sgd', 'adam', 'adamw'],
      schedule: ['inverse', 'cosine', 'plateau', 'constant'],
    });
  });
});

describe('sweep', () => {
  it('compares values and keeps the best model', async () => {
    const { dev, corpora, threads } = options();
    const run = sweep({
      corpora,
      dev,
      threads,
      output: path('best.safetensors'),
      hyperparameters: small,
      values: { hidden: [4, 8] },
      seeds: 1,
    });
    const types = new Set<string>();
    for await (const event of run) types.add(event.type);
    expect(types).toContain('plan');
    const { rows, best, complete } = await run.result();
    expect(complete).toBe(true);
    expect(rows.map(({ combination }) => combination.hidden).sort()).toEqual([4, 8]);
    expect(best!.dev![0]!.accuracy).toBeGreaterThan(0);
    expect(existsSync(path('best.safetensors'))).toBe(true);
  });

  it.each([
    [{ values: undefined }, TypeError, 'sweep: values is missing.'],
    [
      { values: { hidden: 5 } },
      TypeError,
      'sweep: values: hidden: expected a list of values, not 5.',
    ],
    [{ values: { hidden: [] } }, RangeError, 'sweep: values: hidden: expected at least one value.'],
    [{ values: { hiden: [5] } }, TypeError, 'Do you mean hidden?'],
    [{ values: { hidden: [0] } }, RangeError, 'from 1 to 16384'],
    [{ values: { hidden: [5] }, seeds: 0 }, RangeError, 'sweep: seeds'],
  ])('refuses %j', (given, kind, message) => {
    const call = (): unknown => sweep(wrong({ corpora: 'a', output: 'b', ...given }));
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('tune', () => {
  it('trains the default recipe, and others as long as there is time', async () => {
    const { dev, corpora, threads } = options();
    const output = path('tuned.safetensors');
    const run = tune({ corpora, dev, threads, output, hyperparameters: small, budget: 1 });
    const types = new Set<string>();
    for await (const event of run) types.add(event.type);
    expect([...types]).toEqual(expect.arrayContaining(['tune', 'step', 'epoch', 'result']));
    const { complete, rows, best, command, model } = await run.result();
    expect(complete).toBe(true);
    expect(rows.some(({ combination }) => Object.keys(combination).length === 0)).toBe(true);
    expect(best!.dev[0]!.accuracy).toBeGreaterThan(0);
    expect(command).toMatch(/^seqtag train .* -o .*tuned\.safetensors$/);
    expect(existsSync(model)).toBe(true);
  });

  it.each([
    [{}, TypeError, 'tune: budget is missing.'],
    [{ budget: '30m' }, TypeError, 'tune: budget'],
    [{ budget: 0 }, RangeError, 'tune: budget'],
    [{ budget: 5, hyperparameters: { hiden: 5 } }, TypeError, 'Do you mean hidden?'],
    [{ budget: 5, values: {} }, TypeError, 'values'],
  ])('refuses %j', (given, kind, message) => {
    const call = (): unknown => tune(wrong({ corpora: 'a', output: 'b', ...given }));
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('embed', () => {
  it('learns vectors from files and streams', async () => {
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('The cat sat on the mat. The dog sat on the cat.\n'.repeat(50));
    }
    const { words, dim, vectors } = await embed({
      texts: [stream(), path('train.conllu')],
      output: path('v.vec'),
      dim: 8,
      epochs: 1,
      buckets: 100,
      minCount: 2,
      threads: 1,
    }).result();
    expect(readFileSync(vectors, 'utf8').split('\n')[0]).toBe(`${words} ${dim}`);
  });

  it.each([
    [{ output: 'v' }, TypeError, 'embed: texts is missing.'],
    [
      { texts: 5, output: 'v' },
      TypeError,
      'embed: texts: expected a path or a stream of bytes, not 5.',
    ],
    [{ texts: [], output: 'v' }, RangeError, 'embed: texts: expected at least one.'],
    [{ texts: 'a', output: 'v', dims: 5 }, TypeError, 'Do you mean dim?'],
    [
      { texts: 'a', output: 'v', dim: 0 },
      RangeError,
      'embed: dim: expected a whole number from 1 to 4096, not 0.',
    ],
    [{ texts: 'a', output: 'v', minNgram: 5, maxNgram: 4 }, RangeError, 'n-gram'],
  ])('refuses %j', (given, kind, message) => {
    const call = (): unknown => embed(wrong(given));
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('evaluate', () => {
  const gold: GoldSentence[] = [
    { tokens: ['Angela', 'Merkel', 'x'], tags: ['B-PER', 'I-PER', 'O'] },
  ];

  it('compares sentences and files, spans in any schemes', async () => {
    const predicted = [{ tokens: gold[0]!.tokens, tags: ['B-PER', 'E-PER', 'O'] }];
    expect(await evaluate({ gold, predicted })).toMatchObject({ accuracy: 1, spans: { f1: 1 } });
    writeFileSync(path('p.conll'), 'Angela B-PER\nMerkel O\nx O\n');
    const { accuracy, spans, knownAccuracy } = await evaluate({ gold, predicted: path('p.conll') });
    expect(accuracy).toBeCloseTo(2 / 3);
    expect(spans).toMatchObject({ f1: 0, gold: 1, predicted: 1 });
    expect(knownAccuracy).toBeNull();
  });

  it('measures certain labels of partial ones', async () => {
    const partial = [{ tokens: ['a', 'b'], tags: ['NN', '?'] }];
    const predicted = [{ tokens: ['a', 'b'], tags: ['NN', 'VB'] }];
    expect(await evaluate({ gold: partial, predicted, partial: true })).toMatchObject({
      tokens: 1,
    });
    const unknown = [{ tokens: ['a'], tags: ['?'] }];
    await expect(
      evaluate({ gold: unknown, predicted: [{ tokens: ['a'], tags: ['X'] }], partial: true }),
    ).rejects.toMatchObject({ code: 'SEQTAG_CORPUS_EMPTY' });
  });

  it('refuses conflicting and wrong arguments', async () => {
    const other = [{ tokens: ['Angela', 'Merkel', 'y'], tags: ['O', 'O', 'O'] }];
    await expect(evaluate({ gold, predicted: other })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('token 3'),
    });
    const plain = [{ tokens: gold[0]!.tokens, tags: ['NN', 'NN', 'VB'] }];
    await expect(evaluate({ gold, predicted: plain })).rejects.toMatchObject({
      code: 'SEQTAG_TAGS',
    });
    await expect(evaluate(wrong({ gold }))).rejects.toThrow(
      new TypeError('evaluate: predicted is missing. Give a tagger, a file or sentences.'),
    );
    await expect(evaluate(wrong({ gold, predicted: 5 }))).rejects.toThrow(
      new TypeError('evaluate: predicted: expected a tagger, a file or sentences, not 5.'),
    );
    await expect(evaluate(wrong({ gold: [['a']], predicted: gold }))).rejects.toThrow(TypeError);
    const upos = await loadTagger('en-upos');
    await upos.close();
    await expect(evaluate({ gold: plain, predicted: upos })).rejects.toMatchObject({
      code: 'SEQTAG_CLOSED',
    });
  });
});
