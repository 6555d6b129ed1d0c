import { writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { createFolder, seqtag } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

const bio = 'Ada B-PER\nLee I-PER\nran O\n\nBo B-PER\nsaw O\nRome B-LOC\n';
const write = (name: string, content: string): string => {
  const file = folder.path(name);
  writeFileSync(file, content);
  return file;
};
const swapped = bio.replace(/([BI])-(\w+)/g, '$2-$1');

it.each([
  ['suffix.conll', swapped, 'Ada PER-B\nLee PER-E\nran O\n\nBo PER-S\nsaw O\nRome LOC-S\n'],
  [
    'lower.conll',
    bio.replace(/ \S+/g, (tag) => tag.toLowerCase()),
    'Ada b-per\nLee e-per\nran o\n\nBo s-per\nsaw o\nRome s-loc\n',
  ],
  [
    'zero.conll',
    bio.replaceAll(' O', ' 0'),
    'Ada B-PER\nLee E-PER\nran 0\n\nBo S-PER\nsaw 0\nRome S-LOC\n',
  ],
])('convert answers in the notation of %s', async (name, content, expected) => {
  const file = write(name, content);
  const { stdout, stderr, code } = await seqtag(['convert', file, '--scheme=BIOES']);
  expect([code, stdout]).toEqual([0, expected]);
  expect(stderr).toMatch(/^seqtag: \S+: \S+ is written [^\n]+\n$/);
});

it('reads runs of labels as spans when asked for, and says how to ask', async () => {
  const file = write('io.conll', bio.replace(/[BI]-/g, ''));
  const asked = await seqtag(['convert', file, '--from-scheme=IO', '--scheme=BIO']);
  expect(asked.stdout).toBe(bio);
  for (const from of [[], ['--from-scheme=IOB1']]) {
    const { code, stdout, stderr } = await seqtag(['convert', file, ...from, '--scheme=BIO']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/--from-scheme IO/);
  }
});

it('inspect --lint reports errors and exits with 1', async () => {
  const file = write('empty.conll', 'Ada\tB-PER\t\nran\tO\t\n\nBo\tB-PER\t\nsat\tO\t\n');
  const { code, stdout } = await seqtag(['inspect', '--lint', file, '--json', '--tag-column=2']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'lint',
    findings: [{ check: 'empty-tags', severity: 'error', count: 4 }],
  });
});

it('train refuses empty tags, with the line', async () => {
  const file = write('tags.conll', 'Ada\tB-PER\t\nran\tO\t\n\nBo\tB-PER\t\nsat\tO\t\n');
  const model = folder.path('m.safetensors');
  const { code, stderr } = await seqtag(['train', file, '-o', model, '--tag-column=2']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/tags\.conll:1: the tag column is empty in all 4 lines.*--force/);
});
