import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  hasEnded,
  isTemporaryName,
  removeStaleFiles,
  temporaryName,
} from '../../src/files/temporary-files.ts';
import { checkWritable } from '../../src/files/write.ts';
import { createFolder } from '../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);
const target = folder.path('model.safetensors');
/** The id of a process that has ended. */
const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
const ofProcess = (pid: number): string => {
  const name = temporaryName(target).replace(/seqtag-\d+/, `seqtag-${pid}`);
  fs.writeFileSync(name, 'half');
  return name;
};

it('knows which processes have ended', () => {
  expect(hasEnded(ended)).toBe(true);
  expect(hasEnded(process.pid)).toBe(false);
});

it('removes files of processes that have ended, and no others', () => {
  const stale = ofProcess(ended);
  const own = ofProcess(process.pid);
  const elsewhere = stale.replace(/-[0-9a-f]{12}-/, '-000000000000-');
  fs.writeFileSync(elsewhere, 'half');
  const others = [own, elsewhere, folder.path('.seqtag-notes.tmp'), folder.path('a.tmp')];
  for (const name of others) fs.writeFileSync(name, 'kept');
  removeStaleFiles(path.dirname(target));
  expect(fs.existsSync(stale)).toBe(false);
  for (const name of others) expect(fs.existsSync(name)).toBe(true);
  expect(isTemporaryName(path.basename(own))).toBe(true);
  expect(isTemporaryName('.seqtag-notes.tmp')).toBe(false);
});

it('removes them before a long computation begins', () => {
  const stale = ofProcess(ended);
  checkWritable(target);
  expect(fs.existsSync(stale)).toBe(false);
});

it('a folder that cannot be read is no error', () => {
  expect(() => removeStaleFiles(folder.path('missing'))).not.toThrow();
});
