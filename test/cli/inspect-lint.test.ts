import { expect, it } from 'vitest';
import { rolesOf } from '../../src/cli/inspect-lint.ts';
import { expectRefused, seqtag } from './world.ts';

it.each([
  [
    ['a/dev.conll', 'a/test.conll', 'a/train.conll'],
    ['dev', 'test', 'train'],
  ],
  [
    ['en-ud-train.conllu', 'en-ud-dev.conllu', 'en-ud-test.conllu'],
    ['train', 'dev', 'test'],
  ],
  [
    ['eng.train', 'eng.testa', 'eng.testb'],
    ['train', 'dev', 'test'],
  ],
  [
    ['train.txt', 'valid.txt'],
    ['train', 'dev'],
  ],
  // by their order, unless all names tell
  [
    ['x.conll', 'y.conll', 'z.conll', 'w.conll'],
    ['train', 'dev', 'test', 'test'],
  ],
  [
    ['test.conll', 'x.conll'],
    ['train', 'dev'],
  ],
  [['test.conll'], ['train']],
  [
    ['train1.conll', 'train2.conll'],
    ['train', 'dev'],
  ],
])('what corpora are for, by their names: %j', (files, roles) => {
  expect(rolesOf(files)).toEqual(roles);
});

it('reads standard input, unless it is a terminal', async () => {
  const stdin = 'a b\tX\nc d\tY\ne\tX\n';
  const { code, stdout } = await seqtag(['inspect', '--lint'], { stdin });
  expect(code).toBe(0);
  expect(stdout).toMatch(/<stdin> .*1 sentence, 3 tokens/);
  expect(stdout).toMatch(/; 1 more such token\. /);
  expect((await seqtag(['inspect'], { stdin })).stdout).toContain('<stdin>');
  expectRefused(
    await seqtag(['inspect', '--lint'], { terminals: ['stdin'] }),
    /inspect: no file\. Usage: seqtag inspect /,
  );
});
