import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { fileError, systemCode } from './system-errors.ts';
import { hasEnded, isTemporaryName, temporaryName } from './temporary-files.ts';
import { followLinks } from './write.ts';

/** The content of a lock file. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The name of a folder of the owner beside the lock, which must be removed when the owner has ended. */
  readonly folder?: string | undefined;
}

/** The locks of this process. */
const held = new Set<string>();
process.on('exit', () => {
  for (const lock of held) fs.rmSync(lock, { force: true });
});

/**
 * Locks an output for one run, by a file `OUTPUT.lock`. The lock of a process that has ended is taken over.
 * @param options.folder the name of a temporary folder beside the output. If this process is killed, the next owner of the lock
 * removes it
 * @returns removes the lock. Does nothing the second time
 * @throws UserError (SEQTAG_OUTPUT_IN_USE) if another run has the output, or as writing files does
 */
export function lockOutput(output: string, { folder }: { folder?: string } = {}): () => void {
  try {
    const lock = `${followLinks(output)}.lock`;
    takeLock(lock, { owner: { pid: process.pid, host: hostname(), folder }, output });
    held.add(lock);
    return () => {
      if (held.delete(lock)) fs.rmSync(lock, { force: true });
    };
  } catch (error) {
    throw fileError(error, { file: output, action: 'write' });
  }
}

function takeLock(lock: string, { owner, output }: { owner: Owner; output: string }): void {
  if (createLock(lock, owner)) return;
  const previous = readOwner(lock);
  if (previous !== undefined && ownerHasEnded(previous, lock)) {
    removeStale(lock, previous);
    if (createLock(lock, owner)) return;
  }
  const by = previous ? ` (process ${previous.pid} on ${previous.host})` : '';
  throw new UserError(
    `${output}: another run${by} is writing it. Wait until it ends, or remove ${lock} if it no longer runs.`,
    { code: 'SEQTAG_OUTPUT_IN_USE' },
  );
}

/** Returns false if the lock exists. */
function createLock(lock: string, owner: Owner): boolean {
  try {
    fs.closeSync(fs.openSync(lock, 'wx'));
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    fs.writeFileSync(lock, `${JSON.stringify(owner)}\n`);
  } catch (error) {
    fs.rmSync(lock, { force: true });
    throw error;
  }
  return true;
}

/** The owner that a lock file names; undefined if it is not such a file. */
function readOwner(lock: string): Owner | undefined {
  try {
    const { pid, host, folder } = JSON.parse(fs.readFileSync(lock, 'utf8')) as Partial<Owner>;
    const isOwner =
      Number.isInteger(pid) &&
      pid! > 0 &&
      typeof host === 'string' &&
      (folder === undefined || typeof folder === 'string');
    return isOwner ? { pid: pid!, host, folder } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process is known to have ended. Processes of other machines cannot be asked. */
function ownerHasEnded({ pid, host }: Owner, lock: string): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return !held.has(lock); // in a container, a new process may get the same number
  return hasEnded(pid);
}

/** Removes what a process left that has ended, unless another run has just done so and has its own lock there. */
function removeStale(lock: string, { pid, folder }: Owner): void {
  const aside = temporaryName(lock);
  try {
    fs.renameSync(lock, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const found = readOwner(aside);
  if (found?.pid !== pid || found.folder !== folder) {
    fs.renameSync(aside, lock);
    return;
  }
  fs.rmSync(aside);
  // whatever a lock file names
  if (folder !== undefined && isTemporaryName(folder))
    fs.rmSync(join(dirname(lock), folder), { recursive: true, force: true });
}
