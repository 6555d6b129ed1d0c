#!/usr/bin/env node
// @ts-check Builds kernels.wasm and kernels.lock.json: `npm run build:wasm`. With `--check` it builds to a temporary
// folder and compares bytes.
//
// The bytes depend on the compiler, so its version is fixed here and recorded in kernels.lock.json. Compiling and linking are
// two commands because the clang driver would run any `wasm-opt` that it finds.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { common, wasm } from './flags.js';

const compiler = 'clang-19';
const linker = 'wasm-ld-19';
const linkFlags = [
  '--no-entry',
  '--import-memory',
  '--shared-memory',
  '--max-memory=4294967296',
  '--stack-first',
  '-z',
  'stack-size=65536',
  '--export=__stack_pointer',
  '--export=__heap_base',
  '--strip-all',
];
const here = fileURLToPath(new URL('.', import.meta.url));
const sources = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.[ch]$/.test(name) && !name.startsWith('build') && name !== 'addon.c')
  .sort();
/** @param {string | Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const folder = mkdtempSync(join(tmpdir(), 'seqtag-wasm-'));
try {
  execFileSync(compiler, [...common, ...wasm, '-c', 'kernels.c', '-o', join(folder, 'kernels.o')], {
    cwd: here,
    stdio: 'inherit',
  });
  execFileSync(
    linker,
    [...linkFlags, join(folder, 'kernels.o'), '-o', join(folder, 'kernels.wasm')],
    { stdio: 'inherit' },
  );
  const bytes = readFileSync(join(folder, 'kernels.wasm'));
  const lock = `${JSON.stringify(
    {
      compiler: execFileSync(compiler, ['--version'], { encoding: 'utf8' }).split('\n')[0],
      linker: execFileSync(linker, ['--version'], { encoding: 'utf8' }).split('\n')[0],
      flags: [...common, ...wasm],
      linkFlags,
      sources: Object.fromEntries(sources.map((name) => [name, sha256(readFileSync(here + name))])),
      'kernels.wasm': sha256(bytes),
    },
    null,
    2,
  )}\n`;
  if (!process.argv.includes('--check')) {
    writeFileSync(`${here}kernels.wasm`, bytes);
    writeFileSync(`${here}kernels.lock.json`, lock);
    console.log(`kernels.wasm: ${bytes.length} bytes`);
  } else if (
    !bytes.equals(readFileSync(`${here}kernels.wasm`)) ||
    lock !== readFileSync(`${here}kernels.lock.json`, 'utf8')
  ) {
    console.error(
      'kernels.wasm or kernels.lock.json differs from the output of the compiler. Run `npm run build:wasm`.',
    );
    process.exitCode = 1;
  } else console.log('kernels.wasm is reproducible');
} finally {
  rmSync(folder, { recursive: true });
}
