import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { statsLine, type TagStats } from '../../src/cli/tag-stats.ts';
import type { CorporaReport } from '../../src/evaluation/report.ts';
import { openModel } from '../../src/model/model-file.ts';
import { createFolder, expectRefused, seqtag, tiny } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

/** word, lemma, UPOS */
const sentences = [
  'The/the/DET dogs/dog/NOUN barked/bark/VERB ././PUNCT',
  'Dogs/dog/NOUN bark/bark/VERB ././PUNCT',
  'The/the/DET cats/cat/NOUN were/be/AUX here/here/ADV ././PUNCT',
  'Iraq/Iraq/PROPN is/be/AUX here/here/ADV ././PUNCT',
  'IRAQ/Iraq/PROPN barked/bark/VERB ././PUNCT',
  'The/the/DET cat/cat/NOUN walked/walk/VERB ././PUNCT',
  'wal/walk/VERB ked/_/X here/here/ADV ././PUNCT',
].map((line) => line.split(' ').map((token) => token.split('/') as [string, string, string]));

const featsOf = (upos: string): string => (upos === 'VERB' ? 'Tense=Past|VerbForm=Fin' : '_');

const conllu = (all: typeof sentences): string =>
  all
    .map((tokens) =>
      tokens
        .map(
          ([form, lemma, upos], t) =>
            `${t + 1}\t${form}\t${lemma}\t${upos}\t_\t${featsOf(upos)}\t0\t_\t_\t_\n`,
        )
        .join(''),
    )
    .map((block) => `${block}\n`)
    .join('');

const write = (name: string, content: string): string => {
  writeFileSync(folder.path(name), content);
  return folder.path(name);
};
const train = write('train.conllu', conllu(sentences));
const gold = write('gold.conllu', `${conllu(sentences)}\n`);
const model = folder.path('model.safetensors');
const both = ['train', train, '--dev', gold, '--tag-column', 'upos,feats,lemma', ...tiny];

beforeAll(async () => {
  const { code } = await seqtag([...both, '-o', model, '--epochs=60', '-q']);
  expect(code).toBe(0);
});

const tagged = async (args: readonly string[], stdin?: string): Promise<string> => {
  const { code, stdout, stderr } = await seqtag(
    ['tag', '-m', model, ...args],
    stdin === undefined ? {} : { stdin },
  );
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

describe('a model of tags and lemmas', () => {
  it('fills the columns of conllu', async () => {
    const blank = readFileSync(gold, 'utf8').replace(
      /^(\d+\t[^\t]+\t)[^\t]+\t[^\t]+\t_\t[^\t]+/gm,
      '$1_\t_\t_\t_',
    );
    expect(blank).not.toBe(readFileSync(gold, 'utf8'));
    expect(await tagged([write('blank.conllu', blank)])).toBe(readFileSync(gold, 'utf8'));
  });

  it('reads raw text, and applies scripts to words that it never saw', async () => {
    expect(await tagged(['--output', 'conllu'], 'The dogs walked.')).toMatch(
      /^1\tThe\tthe\tDET\t.*\n2\tdogs\tdog\tNOUN\t.*\n3\twalked\twalk\tVERB\t_\tTense=Past\|VerbForm=Fin\t/m,
    );
    expect(await tagged(['--output', 'jsonl', '--tag-column', 'lemma'], 'Dogs barked.')).toContain(
      '["dog","bark","."]',
    );
    expect(await tagged(['--output', 'columns'], 'Iraq walked.')).toBe(
      'Iraq\tPROPN\t_\tIraq\nwalked\tVERB\tTense=Past|VerbForm=Fin\twalk\n.\tPUNCT\t_\t.\n\n',
    );
  });

  it('writes confidences and alternatives', async () => {
    const out = await tagged(['--confidence', '--n-best', '2', '--output', 'jsonl'], 'Dogs bark.');
    const found = JSON.parse(out) as Record<string, unknown>;
    expect(found).toMatchObject({ lemma: ['dog', 'bark', '.'] });
    expect(found['confidences_lemma']).toHaveLength(3);
    expect(found['nbest_lemma']).toHaveLength(2);
  });

  it('is one of several models', async () => {
    const args = ['-m', model, '--output', 'columns'];
    expect(await tagged(args, 'Dogs bark.')).toContain('Dogs\tNOUN\t_\tdog\tNOUN\t_\tdog\n');
  });

  it('has statistics', async () => {
    const { stderr } = await seqtag(['tag', '-m', model, '--stats'], { stdin: 'Dogs bark.' });
    expect(stderr).toMatch(/; upos: 3 tags \(.*\); .*; lemma: 3 lemmas \(dog 1, bark 1, \. 1\); /);
    const json = await seqtag(['tag', '-m', model, '--stats', '--json'], { stdin: 'Dogs bark.' });
    const stats = JSON.parse(json.stderr) as TagStats;
    expect(stats).toMatchObject({ misfits: 0, columns: [{}, {}, { counts: 'lemmas' }] });
    expect(statsLine({ ...stats, misfits: 2 })).toContain(
      '; 2 tokens too short for the best edit script; ',
    );
  });

  it('is described with its scripts', async () => {
    const { stdout } = await seqtag(['inspect', model]);
    expect(stdout).toMatch(
      /\d+ edit scripts \(column lemma\): lower \* \(The, the\); .*lower \*-2 \(barked, bark\)/,
    );
  });
});

describe('eval', () => {
  const scores = async (args: readonly string[]): Promise<CorporaReport['total']> => {
    const { code, stdout } = await seqtag(['eval', ...args, '--json']);
    expect(code).toBe(0);
    return (JSON.parse(stdout) as CorporaReport).total;
  };

  it('scores lemmas, not scripts', async () => {
    const total = await scores(['-m', model, gold, '--tag-column', 'lemma']);
    expect(total).toMatchObject({ accuracy: 1, lemmas: true, unseenTags: [] });
    expect(total).not.toHaveProperty('tags');
    const sharp = write('sharp.conllu', conllu(sentences).replace('bark\tVERB', 'barke\tVERB'));
    const other = await scores(['-m', model, sharp, '--tag-column', 'lemma']);
    expect(other).toMatchObject({
      correctTokens: total.tokens - 1,
      confusions: [{ gold: 'barke', predicted: 'bark', count: 1 }],
      unseenTags: [], // barked without its last letter
    });
  });

  it('names the column', async () => {
    const { stdout } = await seqtag(['eval', '-m', model, gold, '--tag-column', 'lemma']);
    expect(stdout).toContain('gold.conllu lemma  7 sentences, 27 tokens\n');
    expect(await scores(['-m', model, gold])).toHaveProperty('tags');
    const json = await seqtag(['eval', '-m', model, gold, '--json']);
    expect(JSON.parse(json.stdout)).toHaveProperty('column', 'upos');
  });

  it('tells of lemmas that no script gives, and succeeds', async () => {
    const strange = write('strange.conllu', conllu([[['went', 'go', 'VERB'], ...sentences[1]!]]));
    const { code, stderr } = await seqtag(['eval', '-m', model, strange, '--tag-column', 'lemma']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      'seqtag: 1 token (25.00 %) with lemmas that no edit script of the model gives, counted as errors: go (1).\n',
    );
  });

  it('counts any lemma as right where the gold lemma is missing, as in UD', async () => {
    const missing = write('missing.conllu', conllu(sentences).replace('\tdog\t', '\t_\t'));
    expect(await scores(['-m', model, missing, '--tag-column', 'lemma'])).toMatchObject({
      accuracy: 1,
    });
    const files = ['--gold', missing, '--pred', gold, '--tag-column', 'lemma'];
    expect(await scores(files)).toMatchObject({ accuracy: 1, lemmas: true });
    const asTags = ['--gold', missing, '--pred', gold, '--tag-column', 'xpos'];
    expect(await scores(asTags)).not.toHaveProperty('lemmas');
  });
});

test('a column of lemmas may have any name, and need not be among the tag columns', async () => {
  const rows = sentences
    .map((tokens) => tokens.map(([form, lemma, upos]) => `${form}\t${upos}\t${lemma}\n`).join(''))
    .join('\n');
  const columns = write('train.conll', rows);
  const output = folder.path('columns.safetensors');
  const args = [
    'train',
    columns,
    '--format',
    'columns',
    '--tag-column',
    '1',
    '--lemma-column',
    '2',
  ];
  const { code } = await seqtag([...args, ...tiny, '--epochs=2', '-o', output, '-q']);
  expect(code).toBe(0);
  using file = openModel(output);
  expect(file.tagColumns.map(({ tagColumn, lemmas }) => [tagColumn, lemmas])).toEqual([
    ['1', undefined],
    ['2', true],
  ]);
  expect(file.record.command).toContain('--tag-column 1 --lemma-column 2 ');
  expect(file.vocabulary.tags[1]).toContain('=be');
  expect(file.vocabulary.tags[1]).toContain('lower *-2');
  for (const column of ['lemma', '2']) {
    const { stdout } = await seqtag(['eval', '-m', output, columns, '--tag-column', column]);
    expect(stdout).toContain('train.conll lemma  7 sentences');
  }
});

test('training counts lemmas that no script gives', async () => {
  const dev = write('dev.conllu', conllu([[['went', 'go', 'VERB'], ...sentences[1]!]]));
  const args = ['train', train, '--dev', dev, '--tag-column', 'lemma', ...tiny, '--epochs=1'];
  const { code, stderr } = await seqtag([...args, '-o', folder.path('again.safetensors')]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^tags +\d+ +edit scripts of lemmas$/m);
  expect(stderr).toMatch(
    /^dev has 1 token \(25\.00 %\) with lemmas that no edit script .*: go \(1\)\.$/m,
  );
});

test('a column of missing lemmas is refused', async () => {
  const none = write('none.conllu', conllu(sentences).replace(/^(\d+\t[^\t]+\t)[^\t]+/gm, '$1_'));
  const args = ['train', none, '--dev', none, '--tag-column', 'lemma', '-q'];
  expectRefused(
    await seqtag([...args, '-o', folder.path('none.safetensors')]),
    /all \d+ tokens have the tag _, so there is nothing to learn\. Name .* a key in MISC, such as NER\. See --tag-column/,
  );
});

test('a student learns the scripts of its teacher, and no other tags', async () => {
  const output = folder.path('student.safetensors');
  const args = ['distill', model, train, '--dev', gold, '-q', '-o', output];
  const { code } = await seqtag([...args, '--epochs=2']);
  expect(code).toBe(0);
  using file = openModel(output);
  expect(file.tagColumns.map(({ lemmas }) => lemmas)).toEqual([undefined, undefined, true]);
  const wrong = ['distill', model, train, '--dev', gold, '-q', '-o', output];
  expectRefused(
    await seqtag([...wrong, '--tag-column', 'lemma,feats,upos']),
    /gives plain tags, but the corpora have lemmas/,
  );
});
