import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../src/cli/inspect-model.ts';
import type { TrainingRecord } from '../../src/model/model.ts';
import { writeSafetensors } from '../../src/model/safetensors/write.ts';
import { readSafetensors } from '../model/read-safetensors.ts';
import { corpus, createFolder, expectRefused, sentences, seqtag, tiny } from './world.ts';

const folder = createFolder();
const gold = folder.path('gold.conll');
const model = folder.path('ner.safetensors');

beforeAll(async () => {
  writeFileSync(gold, sentences('english.train.conll', 30));
  const { code } = await seqtag(['train', gold, '-o', model, '-q', '--epochs=3', ...tiny]);
  expect(code).toBe(0);
});
afterAll(folder.remove);

const inspect = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await seqtag(['inspect', ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

describe('a model', () => {
  it('says what it is and how it came to be', async () => {
    const text = await inspect(model, '--threads=3');
    expect(text).toMatch(/^ner {2}a tagger of spans\n/);
    expect(text).toMatch(/^file +\S+ner\.safetensors, [\d.]+ kB$/m);
    expect(text).toMatch(/^tags +4 span types in BIO, trained as BIOES: LOC MISC ORG PER$/m);
    expect(text).toMatch(
      /^network +words of 16, 8 character filters of width 3, 1 bidirectional LSTM layer of 16/m,
    );
    expect(text).toMatch(/^size +[\d,]+ parameters$/m);
    expect(text).toMatch(/^runs on +(native (avx512|avx2|base)|wasm simd128), 3 threads$/m);
    expect(text).toMatch(/^ {2}\$ seqtag train .* --hidden 16 /m);
    expect(text).toMatch(/^dev +F1 \d+\.\d\d, accuracy \d+\.\d\d, before the refit$/m);
    expect(text).toMatch(
      /^train +\S+gold\.conll +30 sentences +405 tokens +sha256 [0-9a-f]{16}…$/m,
    );
    expect(text).toMatch(/^hidden +16 +100$/m);
    // the defaults are those of the recipe
    expect(text).not.toMatch(/^(?:label-smoothing|refit +true)/m);
    expect(text).toMatch(/^char-width +3 +5$/m);
    expect(text).toMatch(
      /^recipe +spans: 8\.0 % of the tokens are in spans, of [\d.]+ tokens each$/m,
    );
    expect(text).toMatch(/^epoch +loss +dev F1\n +1 +\d\.\d{4} +\d+\.\d\d( {2}best)?\n/m);
    expect(text).not.toContain('\u001b');
  });

  it('says how many pretrained vectors it has', async () => {
    const [vectors, path] = [folder.path('v.vec'), folder.path('vectors.safetensors')];
    writeFileSync(vectors, 'the 1 2 3\nin 3 4 5\n');
    const flags = ['-o', path, '-q', '--epochs=1', '--vector-bits=16', ...tiny];
    const { code } = await seqtag([
      'train',
      gold,
      '--dev',
      gold,
      '--embeddings',
      vectors,
      ...flags,
    ]);
    expect(code).toBe(0);
    const text = await inspect(path);
    expect(text).toMatch(/^vectors +2 words, 3 numbers of 16 bits each$/m);
    expect(text).toMatch(/^network +words of 16, vectors of 3, 8 character filters/m);
    const json = JSON.parse(await inspect(path, '--json')) as ModelFacts;
    expect(json.vocabulary.vectors).toEqual({ rows: 2, dim: 3, bits: 16 });
  });

  it('says what it is for, and its licence and attribution', async () => {
    const about = {
      licence: 'CC-BY-4.0',
      attribution: ['A. Author: A Corpus, 2020', 'B. Author: Another'],
    };
    const { metadata, tensors } = readSafetensors(model);
    const record = JSON.parse(metadata.get('record')!) as TrainingRecord;
    const shared = folder.path('shared.safetensors');
    const described = new Map(metadata).set('record', JSON.stringify({ ...record, about }));
    writeSafetensors(shared, new Map(tensors), described);
    const text = await inspect(shared);
    expect(text).toMatch(/^licence +CC-BY-4\.0$/m);
    expect(text).toMatch(/^attribution +A\. Author: A Corpus, 2020\n +B\. Author: Another$/m);
  });

  it('says which backend was asked for', async () => {
    expect(await inspect(model, '--backend=wasm', '--threads=1')).toMatch(
      /^runs on +wasm simd128, 1 thread$/m,
    );
  });

  it('says it all in JSON', async () => {
    const facts = JSON.parse(await inspect(model, '--json')) as Record<string, unknown>;
    expect(facts).toMatchObject({
      kind: 'model',
      name: 'ner',
      path: model,
      bytes: readFileSync(model).length,
      config: { hidden: 16 },
      tasks: [{ scheme: 'BIO', trainedScheme: 'BIOES', format: 'columns' }],
      vocabulary: { lowercase: true, words: expect.any(Number) },
      record: { bestEpoch: expect.any(Number), hyperparameters: { hidden: 16 } },
      backend: { kind: expect.stringMatching(/^(native|wasm)$/) },
    });
  });

  it('plots gradients over distance, for each direction, and their clipping by epoch', async () => {
    const text = await inspect(model, '--gradients');
    for (const direction of ['forward', 'backward'])
      expect(text).toContain(
        `dL/dh, ${direction}, by distance in tokens from the token of the loss`,
      );
    expect(text.match(/^distance +untrained +logarithmic +trained *$/gm)).toHaveLength(2);
    const rows = [
      ...text.matchAll(/^ +(\d+) +(\d\.\de[+-]\d+) +([█▏▎▍▌▋▊▉]*) +(\d\.\de[+-]\d+)/gm),
    ];
    expect(rows.slice(0, 9).map(([, distance]) => Number(distance))).toEqual([
      0, 1, 2, 3, 4, 5, 7, 10, 14,
    ]);
    // bars are as long as norms are great
    const norms = rows.slice(0, 9).map(([, , norm]) => Number(norm));
    const bars = rows.slice(0, 9).map(([, , , bar]) => bar!.length);
    const byNorm = [...norms.keys()].sort((a, b) => norms[b]! - norms[a]!);
    const sorted = byNorm.map((i) => bars[i]!);
    expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
    expect(sorted[0]).toBeGreaterThan(sorted.at(-1)!);
    expect(text).toMatch(/^epoch +gradient norm +% clipped \(clip norm:5\)\n +1 +\d/m);
    expect(text).not.toContain('\u001b');
  });

  it('has no gradients to plot if it is of an older version, or a corpus', async () => {
    const old = folder.path('old.safetensors');
    const { metadata, tensors } = readSafetensors(model);
    const { gradients, ...record } = JSON.parse(metadata.get('record')!) as TrainingRecord;
    expect(gradients).toBeDefined();
    const kept = new Map(metadata).set('record', JSON.stringify(record));
    writeSafetensors(old, new Map(tensors), kept);
    expectRefused(
      await seqtag(['inspect', old, '--gradients']),
      /old\.safetensors: the model has no record of gradients\. Train it again/,
    );
    expectRefused(
      await seqtag(['inspect', gold, '--gradients']),
      /gold\.conll: a corpus has no gradients\. Give a model/,
    );
  });

  it('is known by its content, whatever its name', async () => {
    const copy = folder.path('copy.bin');
    writeFileSync(copy, readFileSync(model));
    expect(await inspect(copy)).toMatch(/^copy\.bin {2}a tagger/);
  });
});

describe('a corpus', () => {
  it('says what is in columns', async () => {
    const text = await inspect(corpus('english.test.conll'));
    expect(text).toMatch(/english\.test\.conll {2}a corpus\n/);
    expect(text).toMatch(
      /^format +columns\nsentences +146\ntokens +2,237 \(1,026 different\)\nlongest +24 tokens, line \d+$/m,
    );
    expect(text).toMatch(/^columns +0: Just {2}1: ADV {2}2: O$/m);
    expect(text).toMatch(/^tags +9 different, spans in BIO$/m);
    expect(text).toMatch(/^O +[\d,]+ +9\d\.\d\d %$/m);
    expect(text).toMatch(/^MISC +48$/m);
  });

  it('says which fields and MISC keys of conllu are filled', async () => {
    const text = await inspect(corpus('english.test.conllu'));
    expect(text).toMatch(
      /^columns +id: 1 {2}form: Just {2}upos: ADV {2}misc NER: \S+ {2}misc SpaceAfter: No$/m,
    );
    expect(text).toMatch(/^tags +17 different, plain$/m);
    expect(await inspect(corpus('english.test.conllu'), '--tag-column=NER')).toMatch(
      /spans in BIO$/m,
    );
  });

  it('reads text, csv headers and standard input', async () => {
    const text = folder.path('some.txt');
    writeFileSync(text, 'A sentence. And another one!\n');
    expect(await inspect(text)).toMatch(/^format +text\nsentences +2\ntokens +7 /m);
    const csv = folder.path('some.csv');
    writeFileSync(csv, 'word,tag\na,N\n');
    expect(await inspect(csv)).toMatch(/^columns +word {2}tag\ntags +1 different, plain$/m);
    const { stdout } = await seqtag(['inspect', '-'], { stdin: readFileSync(gold) });
    expect(stdout).toMatch(/^<stdin> {2}a corpus\n\nformat +columns\nsentences +30$/m);
  });

  it.each(['x', 'é', '東'])('is quick with a token of 160,000 characters %s', async (letter) => {
    const file = folder.path('long.conll');
    writeFileSync(file, `${letter.repeat(160_000)}\tN\n\n`);
    const began = performance.now();
    const text = await inspect(file);
    expect(performance.now() - began).toBeLessThan(4000);
    expect(text).toMatch(new RegExp(`^columns +0: ${letter}{57}…\\n +1: N$`, 'm'));
  });

  it('shows control characters of its tags and tokens as escapes', async () => {
    const file = folder.path('control\u001b[31m.conll');
    writeFileSync(file, '\u001b[2Ja\tB-\u001b]0;x\u0007\n\n');
    const text = await inspect(file);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('control\\x1b[31m.conll');
    expect(text).toMatch(/^B-\\x1b\]0;x\\x07 +1 /m);
    expect(JSON.parse(await inspect(file, '--json'))).toMatchObject({ file });
  });

  it('says it all in JSON', async () => {
    expect(JSON.parse(await inspect(gold, '--json'))).toMatchObject({
      kind: 'corpus',
      file: gold,
      format: 'columns',
      sentences: 30,
      tokens: 405,
      scheme: 'BIO',
      tags: { O: expect.any(Number) },
      spans: { LOC: 11, PER: 10, MISC: 5, ORG: 1 },
    });
  });
});

it('refuses what is neither', async () => {
  const refused = async (file: string, message: RegExp): Promise<void> =>
    expectRefused(await seqtag(['inspect', file]), message);
  const bad = folder.path('bad.safetensors');
  writeFileSync(bad, readFileSync(model).subarray(0, 2000));
  await refused(bad, /cut short/);
  await refused(folder.path('none.conll'), /none\.conll: no such file/);
  await refused('no-such-model', /no such model file or bundled model/);
  await refused(dirname(gold), /a directory/);
  const empty = folder.path('empty.conll');
  writeFileSync(empty, '\n\n');
  await refused(empty, /no sentences/);
});

describe('engines', () => {
  it('each is there, or the remedy', async () => {
    expect(await inspect('--engines')).toMatch(
      /^builtin +\d+\.\d+\.\d+, (native|wasm) \S+\ntensorflow +(\d+\.\S+, [cg]pu \(.+\)|TensorFlow is not installed\. Run `npm install @tensorflow\/tfjs-node`, .+)\n$/,
    );
    const { engines } = JSON.parse(await inspect('--engines', '--json', '--backend=wasm'));
    expect(engines).toMatchObject([
      { name: 'builtin', device: 'wasm simd128' },
      { name: 'tensorflow' },
    ]);
  });

  it('are not in a file', async () => {
    expectRefused(
      await seqtag(['inspect', '--engines', model]),
      /--engines with \S+: engines are not in a file\. Leave one out\./,
    );
  });
});
