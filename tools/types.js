#!/usr/bin/env node
// @ts-check
// Makes the declarations of the package: those in dist that index.d.ts needs, in dist/types, and nothing else. TypeScript
// before 5.7 does not know a declaration by the name of its source, so that imports of `.ts` become those of `.js`. Imports
// without names declare nothing, and are left out.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const types = join(dist, 'types');
/** What may be in them: a type from anywhere else is an internal one that leaked. */
const allowed = /^(?:index|errors|library\/[\w-]+)\.d\.ts$/;

rmSync(types, { recursive: true, force: true });
const files = ['index.d.ts'];
for (const file of files) {
  const text = readFileSync(join(dist, file), 'utf8').replace(/^import '.*';\n/gm, '');
  const rewritten = text.replace(
    /((?:\bfrom\s+|\bimport\()['"])([^'"]+)\.ts(?=['"])/g,
    (_, before, name) => {
      const target = `${posix.join(posix.dirname(file), name)}.d.ts`;
      if (!allowed.test(target))
        throw new Error(`${file}: has types of ${target}, an internal file`);
      if (!files.includes(target)) files.push(target);
      return `${before}${name}.js`;
    },
  );
  mkdirSync(dirname(join(types, file)), { recursive: true });
  writeFileSync(join(types, file), rewritten);
}
