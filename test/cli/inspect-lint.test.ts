import { expect, it } from 'vitest';
import { rolesOf } from '../../src/cli/inspect-lint.ts';

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
