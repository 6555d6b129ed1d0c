import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTensorFlow } from '../../../src/network/tensorflow/package.ts';

let isInstalled = true;
try {
  createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json');
} catch {
  isInstalled = false;
}

// With the package, `npm run test:tensorflow` tests the engine.
describe.skipIf(isInstalled)('without a package that works', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seqtag-tensorflow-'));
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  /** Writes a package to the working directory. */
  function install(name: string, main: string): void {
    const path = join(folder, 'node_modules', name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'package.json'), '{"version": "4.22.0", "main": "main.js"}');
    writeFileSync(join(path, 'main.js'), main);
  }

  it('says what to install', () => {
    expect(() => openTensorFlow()).toThrow(
      'TensorFlow is not installed. Run `npm install @tensorflow/tfjs-node`, or use the built-in engine, which needs nothing.',
    );
  });

  it('says why a package does not work, and prefers that for graphics processors', () => {
    install('@tensorflow/tfjs-node', 'throw new Error("no library\\nRequire stack: ...");');
    expect(() => openTensorFlow()).toThrow(
      '@tensorflow/tfjs-node 4.22.0 does not work here (no library). Run `npm rebuild @tensorflow/tfjs-node --build-addon-from-source`, or use the built-in engine, which needs nothing.',
    );
    install('@tensorflow/tfjs-node-gpu', 'throw new Error("no CUDA");');
    expect(() => openTensorFlow()).toThrow('@tensorflow/tfjs-node-gpu 4.22.0 does not work here');
  });

  it('provides what Node.js 23 has removed before it loads the package', () => {
    install(
      '@tensorflow/tfjs-node',
      `const util = require('util');
       if (!util.isNullOrUndefined(null) || util.isNullOrUndefined(0) || !util.isArray([])) throw new Error('no shim');
       const binding = { TF_Version: '2.15.1' };
       exports.backend = () => ({ binding, isUsingGpuDevice: false });`,
    );
    expect(openTensorFlow({ threads: 3 })).toMatchObject({
      package: '@tensorflow/tfjs-node 4.22.0',
      version: '2.15.1',
      device: 'cpu',
      threads: 3,
    });
  });
});
