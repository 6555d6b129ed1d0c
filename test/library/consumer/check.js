#!/usr/bin/env node
// @ts-check
// Checks the package as it would be published: what is in it, its types under several versions of TypeScript, and its
// examples under several versions of Node.js, Bun and Deno. All of them come from npm, into a temporary folder.
//
// node test/library/consumer/check.js [--only NAME] [--keep]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { only: { type: 'string' }, keep: { type: 'boolean' } } });
const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../../..');
const work = mkdtempSync(join(tmpdir(), 'seqtag-package-'));
process.on('exit', () => values.keep || rmSync(work, { recursive: true, force: true }));

/** Runs a command, and gives its output. @param {string} command @param {readonly string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')}: exit code ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Installs packages from npm in a folder of their own. @param {string} name @param {readonly string[]} packages */
function install(name, ...packages) {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"type": "module", "private": true}');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], folder);
  return folder;
}

let passed = 0;
/** @type {string[]} */
const failed = [];
/** @param {string} name @param {() => void} check */
function check(name, check) {
  if (values.only && !name.includes(values.only)) return;
  const began = performance.now();
  try {
    check();
    passed++;
    console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed.push(name);
    console.log(`failed  ${name}\n${error instanceof Error ? error.message : error}`);
  }
}
/** @param {unknown} condition @param {string} message */
function assert(condition, message) {
  if (!condition) throw new Error(message);
}

// ---------------------------------------------------------------------------------------------------------------------
// The package, and a program that has installed it

const [packed] = JSON.parse(
  run('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', work], root).replace(
    /^[^[{]*(?=[[{])/,
    '',
  ),
);
const tarball = join(work, packed.filename);
const consumer = install('consumer', tarball);
const installed = join(consumer, 'node_modules/seqtag');
for (const file of ['consumer.ts', 'disposal.ts']) cpSync(join(here, file), join(consumer, file));
for (const file of ['tag.js', 'train.js'])
  cpSync(join(root, 'examples/library', file), join(consumer, file));

check('the package has what it needs and nothing else', () => {
  /** @type {string[]} */
  const files = packed.files.map((/** @type {{ path: string }} */ { path }) => path);
  const expected =
    /^(?:bin\/seqtag\.js|dist\/(?:index|cli\/main|bundle\/[\w-]+)\.js|dist\/types\/[\w/.-]+\.d\.ts|kernels\/[\w/.-]+\.(?:c|h|js|json|wasm)|models\/[\w-]+\.safetensors|models\/README\.md|corpora\/[\w.-]+|man\/seqtag(?:-[a-z]+)?\.1|dist\/bundle\/LICENSE-commander|LICENSE|README\.md|package\.json)$/;
  const stray = files.filter(
    (file) => !expected.test(file) || /^(?:dist|kernels)\/.*(?:\.test\.|build-wasm)/.test(file),
  );
  assert(stray.length === 0, `not expected: ${stray.join(', ')}`);
  for (const file of [
    'LICENSE',
    'README.md',
    'dist/index.js',
    'dist/cli/main.js',
    'dist/bundle/worker.js',
    'dist/bundle/program.js',
    'dist/bundle/skipgram-program.js',
    'dist/types/index.d.ts',
    'man/seqtag.1',
    'kernels/kernels.wasm',
  ])
    assert(files.includes(file), `${file} is missing`);
  assert(packed.size < 40e6, `${packed.size} bytes`);
});

check('publint', () => {
  run(join(root, 'node_modules/.bin/publint'), ['--strict', tarball], work);
});

check('are the types wrong', () => {
  // CommonJS may import an ES module only by import(), which is meant
  run(join(root, 'node_modules/.bin/attw'), ['--profile', 'esm-only', '--no-emoji', tarball], work);
});

check('the command starts', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert(
    run(join(consumer, 'node_modules/.bin/seqtag'), ['--version'], consumer).includes(version),
    'another version',
  );
});

// ---------------------------------------------------------------------------------------------------------------------
// Types

const strict = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  target: 'es2022',
  module: 'nodenext',
  types: [],
};

for (const version of ['5.0', '5.9', '7']) {
  const compiler = () =>
    join(install(`typescript-${version}`, `typescript@${version}`), 'node_modules/.bin/tsc');
  check(`TypeScript ${version}`, () => {
    const tsc = compiler();
    /** @param {string} name @param {object} options @param {readonly string[]} files */
    const compile = (name, options, files) => {
      const config = `tsconfig.${name}-${version}.json`;
      writeFileSync(
        join(consumer, config),
        JSON.stringify({ compilerOptions: { ...strict, ...options }, files }),
      );
      run(tsc, ['--project', config], consumer);
    };
    compile('plain', { lib: ['es2022'] }, ['consumer.ts']);
    compile('bundler', { lib: ['es2022', 'dom'], module: 'es2022', moduleResolution: 'bundler' }, [
      'consumer.ts',
    ]);
    if (version !== '5.0')
      compile('disposal', { lib: ['es2022', 'esnext.disposable'] }, ['disposal.ts']);
  });
}

check('the types of the examples', () => {
  run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--loglevel=error', '@types/node@20'],
    consumer,
  );
  const options = { ...strict, allowJs: true, checkJs: true, types: ['node'], lib: ['es2022'] };
  writeFileSync(
    join(consumer, 'tsconfig.examples.json'),
    JSON.stringify({ compilerOptions: options, files: ['tag.js', 'train.js'] }),
  );
  run(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.examples.json'], consumer);
});

// ---------------------------------------------------------------------------------------------------------------------
// Runtimes

const text = join(work, 'article.txt');
writeFileSync(text, 'Barack Obama visited London.\n\nHe met Gordon Brown there.\n');
const corpora = ['train', 'dev', 'test'].map((part) =>
  join(installed, `corpora/english.${part}.conll`),
);

/** @param {string} command @param {readonly string[]} args before the script */
function runExamples(command, args) {
  const tagged = run(command, [...args, 'tag.js', text], consumer);
  for (const line of [/^PER Angela Merkel 0-13 \d+ %$/m, /^O O O B-LOC$/m, /^LOC London$/m])
    assert(line.test(tagged), `tag.js: no line ${line} in\n${tagged}`);
  const model = join(work, `${command.replace(/\W/g, '-')}.safetensors`);
  const trained = run(command, [...args, 'train.js', ...corpora, model], consumer);
  assert(/^test: accuracy 0\.\d+, F1 0\.\d+$/m.test(trained), `train.js:\n${trained}`);
  assert(readFileSync(`${model}.jsonl`, 'utf8').split('\n').length > 100, 'too few lines');
}

/** The command under another Node.js. @param {string} node */
function runCommand(node) {
  const tagged = run(
    node,
    [join(installed, 'bin/seqtag.js'), 'tag', '-m', 'en-ner', text],
    consumer,
  );
  assert(/^London\tB-LOC$/m.test(tagged), `seqtag tag:\n${tagged}`);
}

/** @type {[name: string, packageName: string, args: string[]][]} */
const runtimes = [
  ['node', 'node@20', []],
  ['node', 'node@22', []],
  ['node', 'node@24', []],
  ['bun', 'bun@1', []],
  ['deno', 'deno@2', ['run', '--allow-all', '--no-lock']],
];
for (const [name, packageName, args] of runtimes) {
  check(packageName, () => {
    const folder = install(packageName.replace('@', '-'), packageName);
    const command = join(folder, 'node_modules/.bin', name);
    runExamples(command, args);
    if (name === 'node') runCommand(command);
  });
}

console.log(`${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
