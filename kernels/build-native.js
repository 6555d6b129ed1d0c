#!/usr/bin/env node
// @ts-check
// Builds the Node-API addon at install, where a C compiler exists: CC, or cc, gcc or clang. Where it cannot be built,
// the WebAssembly kernels do the same work, so this never fails an install; `--require` makes it fail instead.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { common, levels } from './flags.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = `${here}build`;

/** @param {Record<string, string[]>} chosen flags by instruction-set level @param {string} compiler */
async function build(chosen, compiler) {
  const run = (/** @type {string[]} */ args) => promisify(execFile)(compiler, args);
  mkdirSync(out, { recursive: true });
  const objects = await Promise.all(
    Object.entries(chosen).map(async ([isa, flags]) => {
      const object = `${out}/kernels-${isa}.o`;
      const source = [`-DSUFFIX=_${isa}`, '-c', `${here}kernels.c`, '-o', object];
      await run([...common, ...flags, '-fPIC', ...source]);
      return object;
    }),
  );
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
  const link =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const temporary = `${out}/kernels-${process.pid}.node`;
  await run([
    ...common,
    '-fPIC',
    ...link,
    `-I${headers}`,
    `${here}addon.c`,
    ...objects,
    '-o',
    temporary,
  ]);
  renameSync(temporary, `${out}/kernels.node`);
  for (const object of objects) rmSync(object);
}

/** @param {string} why */
function giveUp(why) {
  rmSync(out, { recursive: true, force: true });
  console.log(`seqtag: no native kernels (${why}); using WebAssembly`);
  if (process.argv.includes('--require')) process.exitCode = 1;
}

const chosen = process.platform === 'win32' ? undefined : levels[process.arch];
const compiler = [process.env.CC, 'cc', 'gcc', 'clang'].find(
  (name) => name && spawnSync(name, ['--version']).status === 0,
);
if (!chosen) giveUp(`none for ${process.platform} ${process.arch}`);
else if (!compiler) giveUp('no C compiler found');
else
  await build(chosen, compiler).then(
    () => console.log(`seqtag: native kernels built (${Object.keys(chosen).join(', ')})`),
    (error) =>
      giveUp(
        `${compiler} failed: ${
          String(error.stderr ?? error.message)
            .trim()
            .split('\n')[0]
        }`,
      ),
  );
