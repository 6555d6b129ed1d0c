import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createFolder,
  expectRefused,
  type Outcome,
  program,
  sentences,
  seqtag,
  tiny,
} from './world.ts';

const folder = createFolder();
const gold = folder.path('gold.conll');
const dev = folder.path('dev.conll');
const model = folder.path('model.safetensors');
const quick = ['-q', '--epochs=1', ...tiny];
const contents = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dirname(gold)).map((name) => [name, readFileSync(folder.path(name), 'latin1')]),
  );
const bash = (command: string, options: { input?: string } = {}): Outcome => {
  const script = `seqtag() { '${process.execPath}' '${program}' "$@"; }; ${command}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    encoding: 'utf8',
    ...options,
  });
  return { code: status ?? -1, stdout, stderr };
};

beforeAll(async () => {
  const text = sentences('english.train.conll', 30);
  writeFileSync(gold, text);
  writeFileSync(dev, `${text}\n`);
  writeFileSync(folder.path('raw.txt'), 'Nadia left.\n');
  writeFileSync(folder.path('v.vec'), `Nadia${' 0.5'.repeat(16)}\n`);
  writeFileSync(folder.path('places.txt'), 'New York\n');
  writeFileSync(folder.path('config.json'), '{"patience": 3}');
  expect((await seqtag(['train', gold, '-o', model, ...quick])).code).toBe(0);
});
afterAll(folder.remove);

describe('an output that is an input is refused, and the input stays', () => {
  const train = (...args: string[]): string[] => ['train', gold, ...args, ...quick];
  const cases: [string, string, string[]][] = [
    ['the corpus', 'gold.conll', train()],
    ['the dev set', 'dev.conll', train('--dev', dev)],
    ['the test set', 'dev.conll', train('--test', dev)],
    ['the embeddings', 'v.vec', train('--embeddings', folder.path('v.vec'))],
    ['a gazetteer', 'places.txt', train('--gazetteer', folder.path('places.txt'))],
    ['the configuration', 'config.json', train('--config', folder.path('config.json'))],
    ['the corpus of a sweep', 'gold.conll', train('--sweep', 'seed=1,2')],
    [
      'the configuration of a sweep',
      'config.json',
      train('--sweep', 'seed=1,2', '--config', folder.path('config.json')),
    ],
    ['the teacher', 'model.safetensors', ['distill', model, gold, ...quick]],
    ['raw text', 'raw.txt', ['distill', model, gold, '--raw', folder.path('raw.txt'), ...quick]],
    ['the text', 'raw.txt', ['embed', folder.path('raw.txt'), '-q', '--min-count=1']],
    ['the model', 'model.safetensors', ['tag', '-m', model, gold]],
  ];
  it.each(cases)('%s', async (_, output, args) => {
    const before = contents();
    expectRefused(
      await seqtag([...args, '-o', folder.path(output)]),
      /would replace .*\. Give another/,
    );
    expect(contents()).toEqual(before);
  });

  it('also by a link, and through standard input', async () => {
    const before = contents();
    for (const link of [symlinkSync, linkSync]) {
      link(gold, folder.path('link'));
      expectRefused(await seqtag([...train(), '-o', folder.path('link')]), /would replace/);
      rmSync(folder.path('link'));
    }
    const redirected = bash(`seqtag train - -o '${gold}' ${quick.join(' ')} < '${gold}'`);
    expectRefused(redirected, /would replace standard input/);
    expect(contents()).toEqual(before);
  });
});

it('tag and convert may write over their input, whose permissions stay', async () => {
  const file = folder.path('in-place.conll');
  writeFileSync(file, readFileSync(gold));
  chmodSync(file, 0o666);
  for (const command of [
    ['tag', '-m', model, '--threads=1'],
    ['convert', '--scheme=BIOES'],
  ]) {
    const { code, stderr } = await seqtag([...command, file, '-o', file]);
    expect([code, stderr]).toEqual([0, '']);
    expect(statSync(file).mode & 0o777).toBe(0o666);
  }
  expect(readFileSync(file, 'utf8')).not.toBe(readFileSync(gold, 'utf8'));
  rmSync(file);
});

it('/dev/stdout is standard output, and what was in the file before stays', () => {
  const log = folder.path('log');
  const tag = `seqtag tag -m '${model}' --threads=1 '${gold}'`;
  const direct = bash(tag);
  expect(bash(`${tag} -o /dev/stdout`)).toEqual(direct);
  writeFileSync(log, 'before\n');
  expect(bash(`${tag} -o /dev/stdout >> '${log}'`).code).toBe(0);
  expect(readFileSync(log, 'utf8')).toBe(`before\n${direct.stdout}`);
  expect(bash(`${tag} -o /dev/fd/3 3>> '${log}'`).code).toBe(0);
  expect(readFileSync(log, 'utf8')).toBe(`before\n${direct.stdout.repeat(2)}`);
  rmSync(log);
});

describe('where there is no room left', () => {
  // a file may have so many blocks of 1024 bytes
  const limited = (blocks: number, command: string): Outcome =>
    bash(`ulimit -f ${blocks}; ${command}`);
  it.each([
    ['tag', `tag -m '${model}' --threads=1 '${gold}'`],
    ['convert', `convert --to jsonl '${gold}'`],
    ['train', `train '${gold}' --no-checkpoint ${quick.join(' ')}`],
    ['embed', `embed '${gold}' --input columns -q --min-count=1 --epochs=1 --dim=64 --max-ngram=0`],
  ])('%s leaves the earlier file', (_, command) => {
    const output = folder.path('earlier');
    writeFileSync(output, 'earlier');
    const outcome = limited(4, `seqtag ${command} -o '${output}'`);
    expectRefused(outcome, /earlier: larger than the file system or a limit permits\. /);
    expect(readFileSync(output, 'utf8')).toBe('earlier');
    expect(readdirSync(dirname(output)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    rmSync(output);
  });
});

it('a full device is one line', () => {
  const { code, stderr } = bash(`seqtag convert '${gold}' --to jsonl -o /dev/full`);
  expect(stderr).toBe('seqtag: /dev/full: the disk is full. Free some space.\n');
  expect(code).toBe(2);
});

it('training is refused before it begins if the model could not be loaded again', async () => {
  const wide = folder.path('wide.vec');
  writeFileSync(wide, `Nadia${' 0.5'.repeat(5000)}\n`);
  const args = ['train', gold, '-q', '--epochs=1', '--embeddings', wide];
  expectRefused(
    await seqtag([...args, '-o', folder.path('wide.safetensors')]),
    /could not be loaded again: config\.vectorDim is 5000, expected a whole number from 1 to 4096/,
  );
});

it('inspect finds a bundled model though a directory is called so', () => {
  const { code, stdout } = bash(`cd '${dirname(gold)}' && mkdir en-ner && seqtag inspect en-ner`);
  expect(stdout).toMatch(/en-ner\.safetensors/);
  expect(code).toBe(0);
  rmSync(folder.path('en-ner'), { recursive: true });
});

describe('compressed input that is cut short is refused', () => {
  const cut = (name: string, content: string | Buffer): string => {
    const path = folder.path(name);
    const packed = gzipSync(content);
    writeFileSync(path, packed.subarray(0, packed.length - 4));
    return path;
  };
  it('as corpus, vectors and gazetteer', async () => {
    const pattern = /\.gz: the gzip data is damaged or cut short\./;
    const output = folder.path('cut.safetensors');
    const corpus = cut('cut.conll.gz', readFileSync(gold));
    const vectors = cut('cut.vec.gz', readFileSync(folder.path('v.vec')));
    const phrases = cut('cut.txt.gz', 'New York\n');
    expectRefused(await seqtag(['train', corpus, '-o', output, ...quick]), pattern);
    for (const option of [`--embeddings=${vectors}`, `--gazetteer=${phrases}`])
      expectRefused(await seqtag(['train', gold, option, '-o', output, ...quick]), pattern);
    expectRefused(await seqtag(['convert', corpus, '--to=jsonl', '-o', output]), pattern);
    expectRefused(await seqtag(['embed', corpus, '-o', output, '-q']), pattern);
  });
});
