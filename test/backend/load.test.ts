import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { hasNative, type openBackend } from '../../src/backend/backend.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the built backend and its kernels, whose list of kernels has changed since the addon was built. */
async function openOutdated(...options: Parameters<typeof openBackend>) {
  folder = mkdtempSync(join(tmpdir(), 'seqtag-load-'));
  for (const name of ['dist/backend', 'dist/files', 'dist/errors.js', 'kernels', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  appendFileSync(join(folder, 'kernels/kernels.h'), '// another kernel\n');
  const { href } = pathToFileURL(join(folder, 'dist/backend/backend.js'));
  const backend = (await import(href)) as { openBackend: typeof openBackend };
  return backend.openBackend(...options);
}

describe.runIf(hasNative())('native kernels that were built for another list of kernels', () => {
  it('are not used: WebAssembly is, with a warning', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: string) => warnings.push(warning);
    expect((await openOutdated({ threads: 1, onWarning })).kind).toBe('wasm');
    expect(warnings).toEqual([expect.stringContaining('built for another version')]);
    expect((await openOutdated({ threads: 1, onWarning, backend: 'wasm' })).kind).toBe('wasm');
    expect(warnings.length).toBe(1);
  });

  it('are refused if they were requested', async () => {
    await expect(openOutdated({ threads: 1, backend: 'native' })).rejects.toMatchObject({
      code: 'SEQTAG_BACKEND',
      option: 'backend',
    });
  });
});
