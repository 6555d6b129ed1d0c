import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  convert,
  evaluate,
  lint,
  loadTagger,
  readCorpus,
  type TrainOptions,
  train,
} from '../../src/index.ts';
import { createFolder } from '../cli/world.ts';
import { wrong } from './wrong.ts';

const folder = createFolder();
afterAll(folder.remove);

const write = (name: string, content: string | Buffer): string => {
  const path = folder.path(name);
  writeFileSync(path, content);
  return path;
};

const lower = 'Ada\tb-per\nLovelace\ti-per\nsang\to\n\nBo\tb-per\nslept\to\n\n'.repeat(6);
const small = { hidden: 4, wordDim: 4, charEncoder: 'none', epochs: 2 } as const;

describe('options', () => {
  it.each([
    ['a Date', new Date()],
    ['a Map', new Map([['hidden', 20]])],
    ['a Set', new Set()],
    ['a Buffer', Buffer.from('x')],
  ])('are no %s', async (name, value) => {
    const message = new RegExp(`not ${name}\\.`);
    await expect(readCorpus('a', wrong(value))).rejects.toThrow(message);
    expect(() => train(wrong(value))).toThrow(TypeError);
    expect(() => train({ corpora: 'a', output: 'b', hyperparameters: wrong(value) })).toThrow(
      message,
    );
    expect(() => lint([], wrong(value))).toThrow(message);
  });

  it('may come from Object.create(null)', async () => {
    const options = Object.assign(Object.create(null), { format: 'columns' }) as object;
    expect(await readCorpus(write('a.txt', 'a\tX\n'), options)).toHaveLength(1);
  });
});

describe('reading', () => {
  it('takes the comments, the encoding and the names of labels, and says what it assumes', async () => {
    const path = write('latin.conll', Buffer.from('%% caf\xe9\ncaf\xe9\tX\nO\tO\n', 'latin1'));
    const options = { comment: '%%', encoding: 'latin1' } as const;
    const [sentence] = await readCorpus(path, options);
    expect(sentence).toMatchObject({ tokens: ['café', 'O'], tags: ['X', 'O'] });
    const numbers = write('numbers.jsonl', '{"tokens":["a","b"],"tags":[1,0]}\n');
    const [numbered] = await readCorpus(numbers, { labels: ['O', 'X'] });
    expect(numbered!.tags).toEqual(['X', 'O']);
    await expect(readCorpus(path, { comment: wrong(true) })).rejects.toThrow(TypeError);
    await expect(readCorpus(path, { onNote: wrong('x') })).rejects.toThrow(/expected a function/);

    const spans = write('spans.jsonl', '{"text":"Hello Berlin","label":[[7,12,"LOC"]]}\n');
    const notes: string[] = [];
    await readCorpus(spans, { onNote: (note) => notes.push(note) });
    expect(notes.join()).toMatch(/spans\.jsonl/);
    await expect(readCorpus(spans, { strictSpans: true })).rejects.toThrow(/spans\.jsonl/);
  });
});

describe('tags that are not in the usual notation', () => {
  const corpus = write('lower.conll', lower);
  const model = folder.path('lower.safetensors');
  const training: TrainOptions = { corpora: corpus, output: model, hyperparameters: small };

  it('are learned, and written back as they were', async () => {
    const notes: string[] = [];
    await train({ ...training, onNote: (note) => notes.push(note) }).result();
    expect(notes.join('\n')).toMatch(/B-PER is written b-per/);
    await using tagger = await loadTagger(model);
    const [{ tags, spans }] = tagger.tag([['Ada', 'Lovelace', 'sang']]) as [
      ReturnType<typeof tagger.tag>[number],
    ];
    for (const tag of tags) expect(tag).toMatch(/^(?:b-per|i-per|o)$/);
    expect(spans.length).toBe(tags.filter((tag) => tag === 'b-per').length);
    const report = await evaluate({ gold: corpus, predicted: tagger });
    expect(report.spans?.gold).toBe(12);
    expect(Object.keys(report.spans?.types ?? {})).toEqual(['per']);
  });

  it('are compared with others, and converted', async () => {
    const usual = write(
      'usual.conll',
      lower.replace(/\t(.*)/g, (tag) => tag.toUpperCase()),
    );
    const { spans } = await evaluate({ gold: usual, predicted: corpus });
    expect(spans).toMatchObject({ gold: 12, f1: 1 });
    const output = folder.path('bioes.conll');
    await convert(corpus, output, { scheme: 'BIOES' });
    const [first] = await readCorpus(output);
    expect(first!.tags).toEqual(['b-per', 'e-per', 'o']);
  });

  it('are runs of one label, if asked', async () => {
    const runs = write('runs.conll', 'Ada\tPER\nLovelace\tPER\nsang\tO\n\n'.repeat(4));
    const options = { gold: runs, predicted: runs } as const;
    expect((await evaluate(options)).spans).toBeUndefined();
    expect((await evaluate({ ...options, fromScheme: 'IO' })).spans).toMatchObject({ gold: 4 });
  });
});

it('refuses a corpus that makes a worthless model, unless forced', async () => {
  const one = write('one.conll', 'a\tX\nb\tX\n\n'.repeat(4));
  const options = { corpora: one, output: folder.path('one.safetensors'), hyperparameters: small };
  await expect(train(options).result()).rejects.toThrow(/so there is nothing to learn/);
  await expect(train({ ...options, force: true }).result()).resolves.toBeDefined();
});

describe('lint', () => {
  it('finds what is wrong in corpora', () => {
    const sentences = [{ tokens: ['a', 'b'], tags: ['X', 'X'], file: 'a.conll', line: 7 }];
    const findings = lint([{ role: 'train', name: 'a.conll', sentences }]);
    expect(findings[0]).toMatchObject({ check: 'one-tag', severity: 'error', count: 2 });
    expect(findings[0]!.message).toMatch(/^a\.conll: all 2 tokens have the tag X/);
    expect(lint([{ role: 'train', name: 'a', sentences: [] }])).toEqual([]);
  });

  it('refuses wrong arguments', () => {
    expect(() => lint(wrong({}))).toThrow('lint: expected an array of corpora');
    expect(() => lint([wrong(7)])).toThrow('lint: corpus 1: expected an object {role, name, ');
    expect(() => lint([{ role: wrong('x'), name: 'a', sentences: [] }])).toThrow(RangeError);
    const uneven = [{ tokens: ['a'], tags: [] }];
    expect(() => lint([{ role: 'dev', name: 'a', sentences: uneven }])).toThrow(
      /corpus 1: sentence 1: tags: expected 1 tags/,
    );
  });
});
