import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { corpus, type Outcome } from '../cli/world.ts';
import { createShell, example, runs } from './shell.ts';

// On a cluster (`examples/slurm/check.sh` makes one of this machine) its sbatch, elsewhere one that stands in for it.
const isCluster = runs('sinfo', ['--noheader'], /\S/);
const standIn = fileURLToPath(new URL('stand-in', import.meta.url));
const shell = createShell(...(isCluster ? [] : [standIn]));
afterAll(shell.remove);

const conllu = readFileSync(corpus('english.test.conllu'));
/** In three parts. */
function tag(format: string, input: string, output: string, bytes = conllu.length): Outcome {
  const args = ['en-upos', format, input, shell.path(output)];
  return shell.run(example('slurm/tag.sh'), args, { SIZE: String(Math.ceil(bytes / 2.5)) });
}
/** What one process makes of it. */
const alone = (input: string): string => {
  const { stdout } = shell.run('seqtag', ['tag', '-m', 'en-upos', '--threads=1', input]);
  shell.starts();
  return stdout;
};

describe(isCluster ? 'Slurm' : 'a stand-in for sbatch, there being no Slurm', () => {
  test('an array job that tags parts gives the output of a single run', {
    timeout: 120_000,
  }, () => {
    const gold = shell.file('in.conllu', conllu);
    const lines = shell.file(
      'in.jsonl',
      shell.run('seqtag', ['convert', gold, '--to=jsonl']).stdout,
    );
    const packed = shell.file('in.conllu.gz', gzipSync(conllu));
    for (const [format, input, from] of [
      ['conllu', gold, packed],
      ['jsonl', lines, lines],
    ] as const) {
      const expected = alone(input);
      const { code, stderr } = tag(format, from, `out.${format}`, statSync(input).size);
      expect([code, stderr]).toEqual([0, '']);
      expect(shell.starts()).toBe(3);
      expect(readFileSync(shell.path(`out.${format}`), 'utf8')).toBe(expected);
      expect(existsSync(shell.path(`out.${format}.parts`))).toBe(false);
    }
  });

  test('failed parts are reported, and only they are rerun once the input is corrected', {
    timeout: 120_000,
  }, () => {
    const bad = shell.file('bad.conllu', `${conllu}1\tone\n\n`);
    for (const starts of [3, 1]) {
      const { code, stderr } = tag('conllu', bad, 'out');
      expect(stderr).toMatch(/^tag\.sh: not tagged: 2 of .*out\.parts$/m);
      expect(stderr).toMatch(/^seqtag: .*out\.parts\/0002\.gz:\d+: 2 columns, expected 10/m);
      expect(code).toBe(2);
      expect(shell.starts()).toBe(starts);
      expect(existsSync(shell.path('out'))).toBe(false);
    }
    shell.file('bad.conllu', conllu);
    const expected = alone(bad);
    expect(tag('conllu', bad, 'out').code).toBe(0);
    expect(readFileSync(shell.path('out'), 'utf8')).toBe(expected);
  });

  test('input that is damaged, empty or not there', () => {
    shell.file('cut.conllu.gz', gzipSync(conllu).subarray(0, -9));
    for (const file of ['cut.conllu.gz', 'nothing.conllu'])
      expect(tag('conllu', shell.path(file), 'none').code).toBe(1);
    expect(readdirSync(shell.path('.')).filter((name) => name.startsWith('none'))).toEqual([]);
    expect(tag('conllu', shell.file('empty.conllu', ''), 'empty').code).toBe(0);
    expect(readFileSync(shell.path('empty'), 'utf8')).toBe('');
  });
});
