import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// Top first: a part may import itself and those after it.
const parts = [
  'cli',
  'library',
  'training',
  'embedding',
  'tagging',
  'evaluation',
  'model',
  'network',
  'backend',
  'vectors',
  'corpus',
  'files',
];
const terminal = ['@bomb.sh', 'chalk', 'ora', 'commander'];

interface File {
  /** From src on, with slashes: `network/engine.ts`. */
  path: string;
  text: string;
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

/** What a file imports or exports from, dynamic imports included. */
function importsOf(text: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]+)\1/g;
  return [...withoutComments(text).matchAll(pattern)].map((match) => match[2]!);
}

/** The part a file belongs to: a folder, or nothing for a file directly in src. */
const partOf = (path: string): string => (path.includes('/') ? path.split('/')[0]! : '');

function violations(files: readonly File[]): string[] {
  const found: string[] = [];
  for (const { path, text } of files) {
    const part = partOf(path);
    const report = (what: string): void => {
      found.push(`${path}: ${what}`);
    };
    if (part !== '' && !parts.includes(part)) report('in no known part');
    const code = withoutComments(text);
    for (const from of importsOf(text)) {
      if (!from.startsWith('.')) {
        if (terminal.includes(from.split('/')[0]!) && part !== 'cli') report(`imports ${from}`);
        continue;
      }
      const target = posix.join(posix.dirname(path), from);
      if (target.startsWith('..')) report(`imports ${from}, outside of src`);
      else if (!/\.ts$/.test(from)) report(`imports ${from}, which does not end in .ts`);
      else if (path === 'index.ts') continue;
      else if (target === 'index.ts') report('imports index.ts');
      else if (part === '') {
        if (partOf(target) !== '') report(`imports ${target}: files of src itself are for all`);
      } else if (partOf(target) !== '' && parts.indexOf(partOf(target)) < parts.indexOf(part))
        report(`imports ${target}, which is above ${part}`);
    }
    if (/\bprocess\s*\.\s*exit\b/.test(code) && part !== 'cli') report('calls process.exit');
    if (/\bexport\s+default\b|\bas\s+default\b/.test(code)) report('has a default export');
  }
  return found;
}

describe('the rules themselves', () => {
  const check = (path: string, text: string): string[] => violations([{ path, text }]);

  it.each([
    ['network/a.ts', "import { b } from '../training/b.ts';", 'training/b.ts, which is above'],
    ['corpus/a.ts', "import type {\n  B,\n} from '../backend/b.ts';", 'backend/b.ts, which is'],
    ['corpus/a.ts', "export * from '../model/b.ts';", 'model/b.ts, which is above corpus'],
    ['backend/a.ts', "const b = await import('../network/b.ts');", 'network/b.ts, which is above'],
    ['backend/a.ts', "import '../cli/b.ts';", 'cli/b.ts, which is above backend'],
    ['model/deep/a.ts', "import { b } from '../../tagging/b.ts';", 'tagging/b.ts, which is above'],
    ['errors.ts', "import { b } from './corpus/b.ts';", 'files of src itself'],
    ['cli/a.ts', "import { b } from '../index.ts';", 'imports index.ts'],
    ['cli/a.ts', "import { b } from '../../test/b.ts';", 'outside of src'],
    ['cli/a.ts', "import { b } from './b.js';", 'does not end in .ts'],
    ['training/a.ts', "import chalk from 'chalk';", 'imports chalk'],
    ['tagging/a.ts', "import { b } from 'ora/b';", 'imports ora/b'],
    ['index.ts', 'import { Command } from "commander";', 'imports commander'],
    ['tagging/a.ts', 'process.exit(1);', 'calls process.exit'],
    ['cli/a.ts', 'export default 1;', 'default export'],
    ['cli/a.ts', 'export { a as default };', 'default export'],
    ['stray/a.ts', '', 'in no known part'],
  ])('%s may not: %s', (path, text, message) => {
    expect(check(path, text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['cli/a.ts', "import chalk from 'chalk'; import { b } from '../corpus/b.ts'; process.exit();"],
    ['index.ts', "export * from './training/a.ts';"],
    ['corpus/a.ts', "import { b } from '../errors.ts'; import { c } from './c.ts';"],
    [
      'corpus/a.ts',
      "// import { b } from '../cli/b.ts';\n/* export default */ process.exitCode = 1;",
    ],
    ['network/a.ts', "import { readFileSync } from 'node:fs'; const url = 'https://a.b';"],
  ])('%s may: %s', (path, text) => {
    expect(check(path, text)).toEqual([]);
  });
});

describe('src', () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const files = readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry): File => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(src, file).split(sep).join('/');
      return { path, text: readFileSync(file, 'utf8') };
    });

  it('keeps its rules', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(violations(files)).toEqual([]);
  });

  it('imports files that exist', () => {
    const paths = new Set(files.map(({ path }) => path));
    for (const { path, text } of files)
      for (const from of importsOf(text))
        if (from.startsWith('.')) expect(paths).toContain(posix.join(dirname(path), from));
  });
});
