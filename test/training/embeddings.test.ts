import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openModel } from '../../src/model/model-file.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { type TrainingEvent, type TrainOptions, train } from '../../src/training/train.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-embeddings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

// Every word has the tag of its vector. Nothing else distinguishes words: there are no features and no characters.
const kinds = { A: ['aa', 'ab', 'ac'], B: ['ba', 'bb', 'bc'] };
const unseen = { A: 'zz', B: 'yy' };
const corpus = write(
  'corpus.conll',
  Array.from({ length: 40 }, (_, i) =>
    [0, 1, 2].map((j) => {
      const tag = (i + j) % 3 === 0 ? 'A' : 'B';
      return `${kinds[tag][(Math.floor(i / 3) + j) % 3]}\t${tag}\n`;
    }),
  )
    .map((lines) => `${lines.join('')}\n`)
    .join(''),
);
const vectors = write(
  'vectors.txt',
  [...kinds.A, unseen.A, 'Qq']
    .map((word) => `${word} 1 0\n`)
    .concat([...kinds.B, unseen.B].map((word) => `${word} -0.25 1\n`))
    .join(''),
);
const hyperparameters = {
  charEncoder: 'none',
  features: 'none',
  hidden: 8,
  wordDim: 4,
  wordDropout: 0.5,
  epochs: 30,
  learningRate: 0.01,
  refit: false,
} as const;

async function run(
  name: string,
  options: Partial<TrainOptions> = {},
): Promise<{ output: string; start: Extract<TrainingEvent, { type: 'start' }> }> {
  const output = join(folder, `${name}.safetensors`);
  let start: TrainingEvent | undefined;
  for await (const event of train({
    corpora: [corpus],
    dev: corpus,
    output,
    threads: 1,
    embeddings: vectors,
    ...options,
    hyperparameters: { ...hyperparameters, ...options.hyperparameters },
  }))
    if (event.type === 'start') start = event;
  return { output, start: start as Extract<TrainingEvent, { type: 'start' }> };
}

describe('pretrained vectors', () => {
  test('give words that training never saw the tags of similar words', async () => {
    const { output } = await run('unseen');
    const tagger = loadTagger(output, { threads: 1 });
    expect(tagger.tag([['zz', 'yy', 'ZZ', 'qq']])).toEqual([['A', 'B', 'A', 'A']]);
    await tagger.close();
  });

  test('serve all members of an ensemble, and a refit', async () => {
    const { output } = await run('ensemble', {
      dev: undefined,
      hyperparameters: { ensemble: 2, refit: true },
    });
    const tagger = loadTagger(output, { threads: 1 });
    expect(tagger.model.config.members).toBe(2);
    expect(tagger.tag([['zz', 'yy', 'ZZ', 'qq']])).toEqual([['A', 'B', 'A', 'A']]);
    await tagger.close();
  });

  test('are in the model as they were scaled, not trained, and beside the learned embedding', async () => {
    const { output } = await run('stored', { hyperparameters: { vectorBits: '16' } });
    using model = openModel(output);
    expect(model.config).toMatchObject({ vectorDim: 2, wordDim: 4, words: 7 });
    const { values, scales } = model.vocabulary.vectors!;
    const rows = [...scales].map((scale, row) =>
      [...values.subarray(2 * row, 2 * row + 2)].map((x) => x * scale),
    );
    const scale = Math.max(...rows.map(([x]) => x!)); // of the vector 1 0
    for (const [x, y] of rows) {
      const [right, up] = x! > 0 ? [1, 0] : [-0.25, 1];
      expect(x! / scale).toBeCloseTo(right, 4);
      expect(y! / scale).toBeCloseTo(up, 4);
    }
  });

  test('beyond the number to keep are kept only for words of the corpus', async () => {
    const { output, start } = await run('few', { hyperparameters: { keepVectors: 4 } });
    using model = openModel(output);
    const words = Buffer.from(model.vocabulary.vectors!.words).toString();
    expect(words.match(/../g)!.sort()).toEqual(['aa', 'ab', 'ac', 'ba', 'bb', 'bc', 'zz']);
    expect(start.pretrained).toMatchObject({ rows: 7, dim: 2, bits: 8 });
    expect(start.pretrained!.error).toBeLessThan(0.005);
    expect(start.pretrained!.coverage).toMatchObject({ words: 6, missing: 0, byTokens: 1 });
  });

  test('may have any scale', async () => {
    const text = (factor: number): string => `aa ${factor} 0\nba 0 ${-factor}\nbb 0 0\n`;
    const [small, large] = await Promise.all(
      [1, 64].map((factor) =>
        run(`scale${factor}`, { embeddings: write(`scale${factor}.txt`, text(factor)) }),
      ),
    );
    using one = openModel(small!.output);
    using other = openModel(large!.output);
    expect(other.vocabulary.vectors).toEqual(one.vocabulary.vectors);
  });
});

describe('vectors of the text of the corpus', () => {
  const learned = (name: string, options: Partial<TrainOptions> = {}) =>
    run(name, {
      ...{ embeddings: undefined, ...options },
      hyperparameters: { ownVectors: 2, epochs: 1, ...options.hyperparameters },
    });

  test('are in the model, for words that occur twice', async () => {
    const rare = write('rare.conll', 'once\tA\n\naa\tA\nba\tB\n\nAa\tA\nba\tB\n');
    const { output, start } = await learned('own', { corpora: [rare] });
    using model = openModel(output);
    expect(Buffer.from(model.vocabulary.vectors!.words).toString().match(/../g)!.sort()).toEqual([
      'aa',
      'ba',
    ]);
    expect(start.pretrained).toMatchObject({ rows: 2, dim: 100, bits: 8 });
    expect(start.pretrained!.coverage).toMatchObject({ exact: 2, folded: 1, missing: 1 });
  });

  test('are the same for any number of threads and any seed', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map((n) => learned(`threads${n}`, { threads: n, hyperparameters: { seed: n } })),
    );
    using first = openModel(one!.output);
    using second = openModel(two!.output);
    expect(first.vocabulary.vectors!.values.some((x) => x !== 0)).toBe(true);
    expect(second.vocabulary.vectors).toEqual(first.vocabulary.vectors);
  });

  test('give way to pretrained vectors', async () => {
    const { start } = await learned('given', { embeddings: vectors });
    expect(start.pretrained).toMatchObject({ dim: 2 });
  });

  test('are left out if no two words occur twice', async () => {
    const short = write('short.conll', 'aa\tA\nba\tB\naa\tA\n');
    const { start } = await learned('none', { corpora: [short] });
    expect(start.pretrained).toBeUndefined();
  });
});
