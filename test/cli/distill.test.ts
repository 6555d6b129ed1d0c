import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openModel } from '../../src/model/model-file.ts';
import { createFolder, expectRefused, sentences, seqtag, tiny } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);
const corpus = folder.path('corpus.conllu');
const raw = folder.path('raw.txt');
const teacher = folder.path('teacher.safetensors');
const student = folder.path('student.safetensors');

beforeAll(async () => {
  writeFileSync(corpus, sentences('english.train.conllu', 30));
  writeFileSync(raw, 'Ada Lovelace lived in London. She wrote.');
  const columns = ['--tag-column=upos,NER'];
  await seqtag([
    'train',
    corpus,
    '-o',
    teacher,
    ...tiny,
    '--epochs=2',
    '--ensemble=2',
    ...columns,
    '-q',
  ]);
});

it('makes a model of the columns that the teacher gives, and tells what it came from', async () => {
  const args = ['distill', teacher, corpus, '-o', student, '--threads=1', '--hidden=8'];
  const { code, stdout, stderr } = await seqtag([...args, '--raw', raw, '--raw', corpus]);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/^ +2\/2 /m);
  using model = openModel(student);
  expect(model.tagColumns.map(({ tagColumn }) => tagColumn)).toEqual(['upos', 'NER']);
  expect(model.config).toMatchObject({ hidden: 8, wordDim: 16, members: 1 });
  expect(model.record.corpora.map(({ role, sentences }) => [role, sentences])).toEqual([
    ['train', 30],
    ['raw', 2],
    ['raw', 30],
  ]);
  const { stdout: facts } = await seqtag(['inspect', student]);
  expect(facts).toMatch(/^teacher +\S+teacher\.safetensors, weight 1,\s+sha256 [0-9a-f]{16}…$/m);
  expect(facts).toMatch(/^raw +\S+raw\.txt +2 sentences/m);
});

it('reads the columns beside the tokens that the teacher reads', async () => {
  const columns = folder.path('corpus.conll');
  writeFileSync(columns, sentences('english.train.conll', 20));
  const reader = folder.path('reader.safetensors');
  const shared = [...tiny, '--epochs=1', '-q'];
  await seqtag(['train', columns, '-o', reader, ...shared, '--feature-column=1']);
  const args = ['distill', reader, columns, '-o', student, ...shared];
  expect(await seqtag(args)).toEqual({ code: 0, stdout: '', stderr: '' });
  using model = openModel(student);
  expect(model.vocabulary.tokenFeatures?.columns).toMatchObject([{ column: 1 }]);
  expectRefused(await seqtag([...args, '--raw', raw]), /raw\.txt.*column/);
});

it.each([
  [[], /distill: no output\. Name the model file with -o/],
  [['-o', student, '--teacher-weight=2'], /--teacher-weight.*expected a number from 0 to 1/],
  [['-o', student, '--raw=none.txt'], /none\.txt: no such file/],
  [['-o', student, '--seeds=2'], /unknown option --seeds=2/],
  [['-o', student, '--hidden=0'], /--hidden 0: expected a whole number/],
  [['-o', student, '--tag-column=xpos,NER,upos'], /teacher\.safetensors: gives 2 tag columns/],
])('refuses %j', async (args, message) => {
  expectRefused(await seqtag(['distill', teacher, corpus, '-q', '--threads=1', ...args]), message);
});

it('refuses a teacher that there is not, and no corpus', async () => {
  const missing = folder.path('none.safetensors');
  expectRefused(
    await seqtag(['distill', missing, corpus, '-o', student]),
    /none\.safetensors: no such model file/,
  );
  expectRefused(await seqtag(['distill', teacher, '-o', student]), /distill: no corpus\. Usage: /);
});
