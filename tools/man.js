#!/usr/bin/env node
// @ts-check
// Writes the manual pages to man/, which npm makes known to `man` when seqtag is installed globally.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { manPages } from '../dist/cli/man.js';

const folder = fileURLToPath(new URL('../man', import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const { name, text } of await manPages()) writeFileSync(`${folder}/${name}`, text);
