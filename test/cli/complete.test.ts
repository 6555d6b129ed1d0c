import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createFolder, seqtag } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

/** The offers for the last word, and the sum of directives: 2 is no space, 4 is no file names. */
async function complete(...words: string[]): Promise<{ offers: string[]; directive: number }> {
  const { code, stdout, stderr } = await seqtag(['complete', '--', ...words]);
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  const directive = Number(/^:(\d)$/.exec(lines.pop()!)![1]);
  return { offers: lines.map((line) => line.split('\t')[0]!), directive };
}

it('offers commands with their summaries, but not itself', async () => {
  const { offers, directive } = await complete('');
  expect(offers).toEqual(expect.arrayContaining(['train', 'tag', 'help', 'completion']));
  expect(offers).not.toContain('complete');
  expect(directive).toBe(4);
  expect(await complete('t')).toEqual({ offers: ['train', 'tag'], directive: 4 });
  expect(await complete('help', 'ins')).toEqual({ offers: ['inspect'], directive: 4 });
  expect((await seqtag(['complete', '--', 'conv'])).stdout).toBe(
    'convert\tconvert a corpus between formats and tag schemes\n:4\n',
  );
});

it('offers the options of the command that are not there yet', async () => {
  expect((await complete('-')).offers).toEqual(['--version', '--help']);
  expect(await complete('tag', 'x.txt', '--n')).toEqual({
    offers: ['--n-best', '--no-header', '--no-color'],
    directive: 4,
  });
  expect((await complete('train', '--hidden', '5', '--hid')).offers).toEqual([]);
  expect((await complete('tag', '--model', 'en-ner', '--mod')).offers).toEqual(['--model']);
});

it('offers the values of an option, in the ways in which shells cut words', async () => {
  const columns = { offers: ['columns', 'conllu'], directive: 4 };
  expect(await complete('train', '--format', 'co')).toEqual(columns);
  expect(await complete('train', '--format=co')).toEqual(columns);
  expect(await complete('train', '--format', '=', 'co')).toEqual(columns);
  expect((await complete('train', '--format', '=')).offers).toContain('conllu');
  expect((await complete('train', '--cell', 'g')).offers).toEqual(['gru']);
  expect((await complete('convert', '--scheme', 'BI')).offers).toEqual(['BIO', 'BIOES', 'BILOU']);
  expect(await complete('train', '--sweep', 'hid')).toEqual({ offers: ['hidden='], directive: 6 });
  expect(await complete('train', '--epochs', '')).toEqual({ offers: [], directive: 4 });
  expect(await complete('tag', '--tag-column', 'x')).toEqual({ offers: ['xpos'], directive: 4 });
});

it('leaves file names to the shell, and offers models', async () => {
  expect(await complete('train', '')).toEqual({ offers: [], directive: 0 });
  expect(await complete('train', '--dev', '')).toEqual({ offers: [], directive: 0 });
  expect(await complete('train', '--freeze', '')).toEqual({ offers: [], directive: 0 });
  expect(await complete('inspect', '')).toEqual({ offers: [], directive: 0 });
  expect((await complete('inspect', 'en-')).offers).toEqual(['en-upos', 'en-ner']);
  mkdirSync(folder.path('m'));
  for (const name of ['a.safetensors', 'b.txt']) writeFileSync(folder.path(`m/${name}`), '');
  expect(await complete('tag', '-m', folder.path('m/'))).toEqual({
    offers: [folder.path('m/a.safetensors')],
    directive: 0,
  });
  expect((await complete('tag', '-m', 'en-n')).offers).toEqual(['en-ner']);
});

it('offers shells to `completion`, and nothing to an unknown command', async () => {
  expect(await complete('completion', '')).toEqual({
    offers: ['bash', 'zsh', 'fish', 'powershell'],
    directive: 4,
  });
  expect(await complete('tga', '')).toEqual({ offers: [], directive: 4 });
});
