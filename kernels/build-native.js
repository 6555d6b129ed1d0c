#!/usr/bin/env node
// @ts-check
// Builds the Node-API addon at install, where a C compiler exists: CC, or cc, gcc or clang. Where it cannot be built,
// the WebAssembly kernels do the same work, so this never fails an install; `--require` makes it fail instead.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { common, levels } from './flags.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = `${here}build`;

/** @param {string} why @returns {never} */
function giveUp(why) {
  rmSync(`${out}/kernels.node`, { force: true });
  console.log(`seqtag: no native kernels (${why}); using WebAssembly`);
  process.exit(process.argv.includes('--require') ? 1 : 0);
}

const chosen = levels[process.arch];
if (!chosen || process.platform === 'win32') giveUp(`none for ${process.platform} ${process.arch}`);
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find((name) => name && spawnSync(name, ['--version']).status === 0);
if (!compiler) giveUp('no C compiler found');

/** @param {string[]} args */
function run(args) {
  const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (status !== 0) giveUp(`${compiler} failed: ${stderr.trim().split('\n')[0] ?? ''}`);
}

mkdirSync(out, { recursive: true });
const objects = Object.entries(chosen).map(([isa, flags]) => {
  const object = `${out}/kernels-${isa}.o`;
  run([...common, ...flags, '-fPIC', `-DSUFFIX=_${isa}`, '-c', `${here}kernels.c`, '-o', object]);
  return object;
});
const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
const link = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
const temporary = `${out}/kernels-${process.pid}.node`;
run([...common, '-fPIC', ...link, `-I${headers}`, `${here}addon.c`, ...objects, '-o', temporary]);
renameSync(temporary, `${out}/kernels.node`);
for (const object of objects) rmSync(object);
console.log(`seqtag: native kernels built (${Object.keys(chosen).join(', ')})`);
