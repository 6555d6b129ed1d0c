#!/usr/bin/env node
// @ts-check
// Joins the modules in dist into a few files, because Node.js takes about half a millisecond to load each module. The entries
// take the place of what tsc wrote for them; everything else is in dist/bundle, and only these files are published. Tests
// and benchmarks use the other files in dist, which tsc wrote one by one.
import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** By the path of the output, without `.js`. Workers load the last three, which lie beside the code that names them. */
const entries = {
  index: 'dist/index.js',
  'cli/main': 'dist/cli/main.js',
  'bundle/worker': 'dist/backend/worker.js',
  'bundle/program': 'dist/network/program.js',
  'bundle/skipgram-program': 'dist/embedding/skipgram-program.js',
};

/** Each file takes these modules and all that they import, except what a file before it has taken. */
const groups = Object.entries({
  base: ['errors', 'files/package', 'files/system-errors', 'model/bundled'],
  start: ['cli/help', 'cli/io', 'cli/printable', 'cli/style', 'commander'],
  network: ['backend/load', 'network/program'],
  tagging: [
    'corpus/index',
    'files/same-file',
    'model/column-names',
    'tagging/stream',
    'tagging/tagger',
  ],
  tag: ['cli/tag'],
  formats: ['corpus/formats/all', 'corpus/formats/offsets/standoff'],
}).map(([name, modules], i) => {
  const paths = modules.map((module) =>
    module === 'commander'
      ? fileURLToPath(import.meta.resolve(module))
      : join(dist, `${module}.js`),
  );
  return {
    name,
    priority: 9 - i,
    test: (/** @type {string} */ id) => paths.includes(normalize(id)),
  };
});

/** commander loads node:child_process for programs that have a file for each subcommand, as this one has not. */
const withoutChildProcess = {
  name: 'without-child-process',
  resolveId: (/** @type {string} */ id) => (id === 'node:child_process' ? `\0${id}` : null),
  load: (/** @type {string} */ id) => (id === '\0node:child_process' ? 'export {};' : null),
};

rmSync(join(dist, 'bundle'), { recursive: true, force: true });
const build = await rolldown({
  cwd: root,
  input: entries,
  external: ['@bomb.sh/tab', 'chalk', 'ora'],
  plugins: [withoutChildProcess],
  platform: 'node',
});
const { output } = await build.write({
  dir: dist,
  comments: false,
  minifyInternalExports: false,
  entryFileNames: '[name].js',
  chunkFileNames: 'bundle/[name].js',
  codeSplitting: { groups },
});
await build.close();
const commander = dirname(fileURLToPath(import.meta.resolve('commander')));
copyFileSync(join(commander, 'LICENSE'), join(dist, 'bundle/LICENSE-commander'));

// Code that looks for a file from its own place must lie two levels below the package, as it does in src.
for (const chunk of output)
  if (!chunk.fileName.startsWith('bundle/') && 'code' in chunk && /import\.meta/.test(chunk.code))
    throw new Error(`${chunk.fileName}: uses import.meta outside of dist/bundle`);
