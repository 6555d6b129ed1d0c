// Builds the kernels with AddressSanitizer and UndefinedBehaviorSanitizer, and trains and tags with them: every cell, decoder,
// layer and optimizer, at every instruction-set level of this processor. Between the buffers of the arena are redzones, so
// that an access past a buffer is noticed although it is inside the arena.
//
// npm run fuzz:sanitizers
//
// CC must be gcc. At first an access past a buffer is made on purpose, which must be noticed.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { common, levels } from '../kernels/flags.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'seqtag-sanitizers-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const compiler = process.env['CC'] ?? 'gcc';
const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');

const sanitize = ['-O1', '-g', '-fno-omit-frame-pointer', '-fno-sanitize-recover=all'];
const compile = async (/** @type {string[]} */ ...args) => {
  await promisify(execFile)(compiler, [...common, ...sanitize, '-fPIC', `-I${headers}`, ...args]);
};
const both = '-fsanitize=address,undefined';

const runtime = execFileSync(compiler, ['-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).trim();
const chosen = levels[process.arch];
if (!existsSync(runtime) || chosen === undefined) {
  console.error(`${compiler} has no AddressSanitizer for ${process.arch}. Install gcc.`);
  process.exit(2);
}
const kernels = join(folder, 'kernels.node');
const redzones = join(folder, 'redzones.node');
const objects = await Promise.all(
  Object.entries(chosen).map(async ([isa, flags]) => {
    const object = join(folder, `${isa}.o`);
    await compile(
      both,
      ...flags,
      `-DSUFFIX=_${isa}`,
      '-c',
      join(root, 'kernels/kernels.c'),
      '-o',
      object,
    );
    return object;
  }),
);
await compile(both, '-shared', join(root, 'kernels/addon.c'), ...objects, '-o', kernels);
await compile('-fsanitize=address', '-shared', join(root, 'fuzz/redzones.c'), '-o', redzones);

/** @param {string} isa @param {'all' | 'overrun'} what @returns {Promise<{ output: string, hasFailed: boolean }>} */
const run = (isa, what) =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      ...{ LD_PRELOAD: runtime, SEQTAG_ISA: isa, UBSAN_OPTIONS: 'print_stacktrace=1' },
      ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
    };
    const args = [join(root, 'fuzz/sanitized.js'), kernels, redzones, what];
    execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
      resolve({ output: `${stdout}${stderr}`, hasFailed: error !== null }),
    );
  });

let [passed, failed] = [0, 0];
/** @param {boolean} isRight @param {string} text */
function tell(isRight, text) {
  console.log(text.slice(0, 10_000).trim());
  if (isRight) passed++;
  else failed++;
}
await Promise.all(
  Object.keys(chosen).map(async (isa) => {
    const overrun = await run(isa, 'overrun');
    const isNoticed = overrun.hasFailed && /use-after-poison[\s\S]*\badd_/.test(overrun.output);
    tell(
      isNoticed,
      `${isa}: an access past a buffer is ${isNoticed ? 'noticed' : `not noticed: ${overrun.output}`}`,
    );
    const { output, hasFailed } = await run(isa, 'all');
    tell(!hasFailed, output);
  }),
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
