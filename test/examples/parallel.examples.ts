import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus } from '../cli/world.ts';
import { createShell, example, runs } from './shell.ts';

const isInstalled = runs('parallel', ['--version'], /^GNU parallel/);
const shell = createShell();
afterAll(shell.remove);

const conllu = readFileSync(corpus('english.test.conllu'));
const tag = (format: string, input: string, env: Record<string, string>) =>
  shell.run(
    example('parallel/tag.sh'),
    ['en-upos', format, input, shell.path('out'), '--tag-column', 'NER'],
    env,
  );
/** What one process makes of it. */
const alone = (input: string): string =>
  shell.run('seqtag', ['tag', '-m', 'en-upos', '--threads=1', '--tag-column=NER', input]).stdout;

const title = 'GNU parallel (if skipped: apt-get install parallel)';
describe.skipIf(!isInstalled)(title, { timeout: 120_000 }, () => {
  const input = shell.path('in.conllu');
  beforeAll(() => {
    shell.file('in.conllu', conllu);
    shell.file('in.jsonl', shell.run('seqtag', ['convert', input, '--to=jsonl']).stdout);
    shell.file('in.conllu.gz', gzipSync(conllu));
  });

  test.each(['conllu', 'jsonl'])(
    '%s in parts is what it is in one, a model for each part',
    (format) => {
      const file = shell.path(`in.${format}`);
      const expected = alone(file);
      shell.starts();
      expect(tag(format, file, { JOBS: '3' })).toMatchObject({ code: 0, stderr: '' });
      expect(shell.starts()).toBe(3);
      expect(readFileSync(shell.path('out'), 'utf8')).toBe(expected);
    },
  );

  test('gzip-ed input is dealt out in blocks', () => {
    const expected = alone(input);
    shell.starts();
    const block = String(Math.ceil(conllu.length / 1.5));
    const { code } = tag('conllu', `${input}.gz`, { JOBS: '2', BLOCK: block });
    expect(code).toBe(0);
    expect(shell.starts()).toBe(2);
    expect(readFileSync(shell.path('out'), 'utf8')).toBe(expected);
  });

  test('a failed part is reported, and no output is incomplete', () => {
    const before = readdirSync(shell.path('.'));
    const bad = shell.file('in.conllu', `${conllu}1\tone\n\n`);
    const args = ['en-upos', 'conllu', bad, shell.path('none')];
    const { code, stderr } = shell.run(example('parallel/tag.sh'), args, { JOBS: '2' });
    expect(stderr).toMatch(/^seqtag: <stdin>:\d+: 2 columns, expected 10/m);
    expect(code).toBe(2);
    shell.file('in.conllu.gz', gzipSync(conllu).subarray(0, -9));
    args[2] = `${bad}.gz`;
    expect(shell.run(example('parallel/tag.sh'), args, { JOBS: '2' }).code).toBe(1);
    expect(existsSync(shell.path('none'))).toBe(false);
    expect(readdirSync(shell.path('.'))).toEqual(before);
  });

  test('formats that cannot be cut are refused', () => {
    const { code, stderr } = tag('csv', 'in.csv', {});
    expect(stderr).toBe(
      'tag.sh: csv cannot be cut. Convert it before: seqtag convert --to jsonl.\n',
    );
    expect(code).toBe(2);
  });
});
