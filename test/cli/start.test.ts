import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { hasNative } from '../../src/backend/backend.ts';
import { createFolder, program, sentences, tiny } from './world.ts';

// A cold start takes as long as the modules that it loads. `npm run build` joins them; tsc alone does not.

const folder = createFolder();
afterAll(folder.remove);
const root = new URL('../../', import.meta.url);

/** The modules that a run of Node.js loads, as paths from the root of the repository. */
function loaded(name: string, args: readonly string[]): string[] {
  const coverage = folder.path(name);
  const { status, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: root, input: 'hello\n', encoding: 'utf8' },
    env: { ...process.env, NODE_V8_COVERAGE: coverage },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const urls = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(`${coverage}/${file}`, 'utf8')) as {
      result: { url: string }[];
    };
    return result.map(({ url }) => url);
  });
  return urls.filter((url) => /^file:.*js$/.test(url)).map((url) => url.replace(root.href, ''));
}

const isOwn = (path: string): boolean => !path.includes('node_modules/');
const packages = (paths: readonly string[]): Set<string> =>
  new Set(paths.flatMap((path) => /.*node_modules\/([^/]+)/.exec(path)?.[1] ?? []));

/** The modules of src that were joined into files: the bundler writes the name of each above it. */
const joined = (paths: readonly string[]): string =>
  paths
    .filter(isOwn)
    .flatMap((path) => readFileSync(new URL(path, root), 'utf8').match(/^\/\/ dist\/.*$/gm) ?? [])
    .join('\n');

describe('a cold start loads few modules', () => {
  it('seqtag --version', () => {
    const paths = loaded('version', [program, '--version']);
    expect(paths.filter(isOwn).sort()).toEqual([
      'bin/seqtag.js',
      'dist/bundle/base.js',
      'dist/bundle/rolldown-runtime.js',
      'dist/bundle/start.js',
      'dist/cli/main.js',
    ]);
    expect(packages(paths)).toEqual(new Set());
    expect(joined(paths)).not.toMatch(
      /dist\/(?:corpus|network|model(?!\/bundled\.js)|tagging|training)\//,
    );
  });

  it('seqtag tag', () => {
    const paths = loaded('tag', [program, 'tag', '-m', 'en-upos']);
    expect(paths.filter(isOwn).length, paths.join('\n')).toBeLessThan(11);
    expect(packages(paths)).toEqual(new Set());
    expect(joined(paths)).toContain('dist/tagging/');
    expect(joined(paths)).not.toMatch(
      /dist\/(?:training|embedding|evaluation|library|vectors|corpus\/lint|files\/(?:hash|write)|model\/save)/,
    );
    // raw text, and columns out: the code of other formats stays on the disk
    expect(joined(paths)).not.toMatch(
      /dist\/corpus\/formats\/(?:html|(?:conllu|inline|json|table)\/(?:reader|writer)|offsets\/(?:brat|records|standoff))/,
    );
    const bytes = paths.reduce((sum, path) => sum + statSync(new URL(path, root)).size, 0);
    expect(bytes).toBeLessThan(500_000);
  });

  it('a thread', () => {
    const paths = ['dist/bundle/worker.js', 'dist/bundle/program.js'];
    for (const path of paths)
      for (const [, name] of readFileSync(new URL(path, root), 'utf8').matchAll(
        / from "\.\/(.*)"/g,
      ))
        if (!paths.includes(`dist/bundle/${name}`)) paths.push(`dist/bundle/${name}`);
    expect(paths.sort()).toEqual([
      'dist/bundle/base.js',
      'dist/bundle/network.js',
      'dist/bundle/program.js',
      'dist/bundle/worker.js',
    ]);
  });

  it('the library, without the packages of the command line', () => {
    const paths = loaded('library', ['--input-type=module', '--eval', "await import('seqtag');"]);
    expect(paths.filter(isOwn)).toContain('dist/index.js');
    expect(paths.filter(isOwn).length, paths.join('\n')).toBeLessThan(30);
    expect(packages(paths)).toEqual(new Set());
    expect(joined(paths)).not.toContain('dist/cli/');
  });
});

it('a cold start loads no module of Node.js that takes long and is seldom needed', () => {
  const list = `data:text/javascript,process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))`;
  const args = ['--import', list, program, 'tag', '-m', 'en-upos'];
  const { status, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: root, input: 'hello\n', encoding: 'utf8' },
  });
  expect(status).toBe(0);
  expect(stderr).toMatch(/^NativeModule net$/m);
  expect(stderr).not.toMatch(/^NativeModule (?:child_process|crypto|v8|worker_threads)$/m);
});

describe('the joined modules', () => {
  it('name modules for threads that exist', () => {
    const bundle = new URL('dist/bundle/', root);
    const files = readdirSync(bundle);
    const code = files.map((file) => readFileSync(new URL(file, bundle), 'utf8'));
    const names = [...code.join('\n').matchAll(/"\.\/([^"]+)", import\.meta\.url/g)].map(
      ([, name]) => name,
    );
    expect(names.sort()).toEqual(['program.js', 'skipgram-program.js', 'worker.js']);
    expect(files).toEqual(expect.arrayContaining(names));
  });

  it.each(['native', 'wasm'].filter((kind) => kind === 'wasm' || hasNative()))(
    'train on threads with %s kernels',
    (kind) => {
      const gold = folder.path('gold.conll');
      writeFileSync(gold, sentences('english.train.conll', 300));
      const dev = folder.path('dev.conll');
      writeFileSync(dev, sentences('english.dev.conll', 50));
      const compute = ['--threads', '2', '--backend', kind, '--epochs=2', '-q'];
      const args = ['train', gold, '--dev', dev, '-o', folder.path('model.safetensors'), ...tiny];
      const { status, stderr } = spawnSync(process.execPath, [program, ...args, ...compute], {
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );
});
