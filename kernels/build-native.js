#!/usr/bin/env node
// @ts-check Builds the Node-API addon at install, if there is a C compiler: CC, or cc, gcc or clang. A failure does not
// fail the install, except with `--require`, because the WebAssembly kernels are always available.
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { common, extras, levels } from './flags.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = `${here}build`;

/**
 * Builds all levels of `chosen`, and the levels of `wanted` that the compiler supports. Returns their names.
 * @param {Record<string, string[]>} chosen flags by instruction-set level @param {Record<string, string[]>} wanted
 * @param {string} compiler
 */
async function build(chosen, wanted, compiler) {
  const run = (/** @type {string[]} */ args) => promisify(execFile)(compiler, args);
  mkdirSync(out, { recursive: true });
  const objectOf = (/** @type {string} */ isa) => `${out}/kernels-${isa}.o`;
  const compile = async (/** @type {[string, string[]]} */ [isa, flags]) => {
    const source = [`-DSUFFIX=_${isa}`, '-c', `${here}kernels.c`, '-o', objectOf(isa)];
    await run([...common, ...flags, '-fPIC', ...source]);
    return isa;
  };
  const [built, tried] = await Promise.all([
    Promise.all(Object.entries(chosen).map(compile)),
    Promise.allSettled(Object.entries(wanted).map(compile)),
  ]);
  const extra = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const objects = [...built, ...extra].map(objectOf);
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
  const link =
    process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const temporary = `${out}/kernels-${process.pid}.node`;
  await run([
    ...common,
    '-fPIC',
    ...link,
    `-I${headers}`,
    ...extra.map((isa) => `-DWITH_${isa.toUpperCase()}`),
    `${here}addon.c`,
    ...objects,
    '-o',
    temporary,
  ]);
  // src/backend/load.ts compares this file, to reject an addon that was built for another list of kernels.
  copyFileSync(`${here}kernels.h`, `${out}/interface.txt`);
  renameSync(temporary, `${out}/kernels.node`);
  for (const object of objects) rmSync(object);
  return [...extra, ...built];
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
  await build(chosen, extras[`${process.platform} ${process.arch}`] ?? {}, compiler).then(
    (names) => console.log(`seqtag: native kernels built (${names.join(', ')})`),
    (error) =>
      giveUp(
        `${compiler} failed: ${
          String(error.stderr ?? error.message)
            .trim()
            .split('\n')[0]
        }`,
      ),
  );
