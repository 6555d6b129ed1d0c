import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, type Outcome } from '../cli/world.ts';
import { createShell, example, runs } from './shell.ts';

const python = process.env.PYSPARK_PYTHON ?? 'python3';
const isInstalled = runs(python, ['-c', 'import pyspark']) && runs('java', ['-version']);
// where the Python of an environment is, there is its spark-submit
const shell = createShell(...(python.includes('/') ? [dirname(python)] : []));
afterAll(shell.remove);

/** On a cluster of two workers, each a process of its own. */
const submit = (input: string, output: string): Outcome =>
  shell.run('spark-submit', [
    ...['--master', 'local-cluster[2,1,1024]', '--conf', 'spark.ui.enabled=false'],
    ...[example('spark/tag.py'), 'en-upos', shell.path(input), shell.path(output)],
  ]);

describe.skipIf(!isInstalled)('Spark (if skipped: bash examples/spark/check.sh)', () => {
  let jsonl = '';
  beforeAll(() => {
    jsonl = shell.run('seqtag', ['convert', corpus('english.test.conllu'), '--to=jsonl']).stdout;
  });

  test('gzip-ed parts come back in order, a model for each', { timeout: 300_000 }, () => {
    const lines = jsonl.match(/.*\n/g)!;
    const cuts = [0, 50, 51, 120, lines.length];
    for (const part of [3, 1, 2, 0])
      shell.file(`in-${part}.jsonl.gz`, gzipSync(lines.slice(cuts[part], cuts[part + 1]).join('')));
    const all = shell.file('all.jsonl', jsonl);
    const expected = shell.run('seqtag', ['tag', '-m', 'en-upos', '--threads=1', all]).stdout;
    shell.starts();
    const { code, stderr } = submit('in-*', 'out');
    expect(code, stderr).toBe(0);
    expect(shell.starts()).toBe(4);
    const parts = readdirSync(shell.path('out')).filter((name) => /^part-\d+\.gz$/.test(name));
    expect(parts).toHaveLength(4);
    const tagged = parts.sort().map((name) => gunzipSync(readFileSync(shell.path(`out/${name}`))));
    expect(Buffer.concat(tagged).toString()).toBe(expected);
  });

  test('a part that fails makes the job fail', { timeout: 300_000 }, () => {
    shell.file('bad.jsonl', `${jsonl}{"text":\n`);
    const { code, stderr } = submit('bad.jsonl', 'none');
    expect(stderr).toMatch(/`seqtag tag .*` exited with error code 2/);
    expect(code).toBe(1);
    expect(readdirSync(shell.path('none'))).not.toContain('_SUCCESS');
  });
});
