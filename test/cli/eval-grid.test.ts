import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type GridRow, gridText } from '../../src/cli/eval-grid.ts';
import { plain } from '../../src/cli/style.ts';
import { countPairs } from '../../src/evaluation/counts.ts';
import { createCorporaReport } from '../../src/evaluation/report.ts';
import { createFolder, expectRefused, sentences, seqtag } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);
const [dev, test] = ['dev', 'test'].map((part) => {
  const file = folder.path(`${part}.conllu`);
  writeFileSync(file, sentences(`english.${part}.conllu`, 10));
  return file;
}) as [string, string];
const models = ['-m', 'en-upos', '-m', 'en'];
const args = ['eval', ...models, dev, test, '--tag-column=upos', '--threads=1'];

/** A model with these tags for a gold sentence. */
const row = (model: string, { gold, tags }: { gold: string; tags: string }): GridRow => {
  const words = gold.split(' ');
  const pair = { tokens: words, gold: words, predicted: tags.split(' ') };
  const scheme = gold.includes('-') ? 'BIO' : 'none';
  const counts = countPairs([pair], { scheme });
  return { model, scheme, ...createCorporaReport([{ name: 'news|1', counts }]) };
};
const spans = row('a_b', { gold: 'B-X O', tags: 'B-X O' });
const tags = row('c', { gold: 'X Y', tags: 'X X' });

describe('a table of models', () => {
  it.each([
    ['text', 'F1         a_b\nnews|1  100.00\n'],
    ['markdown', '| F1 | a_b |\n|---|---:|\n| news\\|1 | 100.00 |\n'],
    [
      'csv',
      'model,column,corpus,scheme,sentences,tokens,accuracy,precision,recall,f1\na_b,,news|1,BIO,1,2,1,1,1,1\n',
    ],
    [
      'latex',
      '\\begin{tabular}{lr}\n\\toprule\nF1 & a\\_b \\\\\n\\midrule\nnews|1 & 100.00 \\\\\n\\bottomrule\n\\end{tabular}\n',
    ],
  ] as const)('in %s', (format, expected) => {
    expect(gridText([spans], { format, style: plain })).toBe(expected);
  });

  it('names the score of each model if they differ', () => {
    expect(gridText([spans, tags], { format: 'markdown', style: plain })).toBe(
      '|  | a_b (F1) | c (accuracy) |\n|---|---:|---:|\n| news\\|1 | 100.00 | 50.00 |\n',
    );
  });
});

describe('several models on several files', () => {
  it('have the scores of each model alone', async () => {
    const { code, stdout, stderr } = await seqtag([...args, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const { models: rows } = JSON.parse(stdout) as { models: GridRow[] };
    expect(rows.map(({ model }) => model)).toEqual(['en-upos', 'en']);
    const alone = await seqtag(['eval', '-m', 'en-upos', dev, test, '--threads=1', '--json']);
    expect(rows[0]).toEqual(JSON.parse(alone.stdout));
  });

  it('are a table, and fail for each score below a threshold', async () => {
    const { code, stdout, stderr } = await seqtag([...args, '--min-accuracy=100']);
    expect(stdout).toMatch(/^accuracy +en-upos +en\n\S+dev\.conllu +\d+\.\d\d +\d+\.\d\d\n/);
    expect(stdout).toMatch(/^total +\d+\.\d\d +\d+\.\d\d$/m);
    expect(stderr).toMatch(/^seqtag: en-upos: \S+test\.conllu: accuracy \S+ is below /m);
    expect(code).toBe(1);
    expect((await seqtag([...args, '--min-accuracy=50'])).code).toBe(0);
  });

  it('read standard input once', async () => {
    const twice = ['eval', '-m', 'en-upos', '-m', 'en-upos', '--threads=1'];
    const conllu = { stdin: sentences('english.test.conllu', 10) };
    expect((await seqtag(twice, conllu)).stdout).toMatch(/^<stdin> +(\S+) +\1$/m);
  });

  it.each([
    [['--table=csv', test], /--table without --model/],
    [['-m', 'en', '--table=csv', '--json', test], /--json with a table of models/],
    [['-m', 'en', '-m', 'en-upos', '--details', test], /--details with a table of models/],
    [['-m', 'en', '-m', 'en-upos', '--gold', test], /--model with --gold/],
  ])('refuse %j', async (wrong, message) => {
    expectRefused(await seqtag(['eval', ...wrong]), message);
  });
});
