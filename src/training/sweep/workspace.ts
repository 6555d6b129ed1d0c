import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { fileError, systemCode } from '../../files/system-errors.ts';
import { hasEnded, isTemporaryName, temporaryName } from '../../files/temporary-files.ts';
import { followLinks } from '../../files/write.ts';

/** What a sweep or a tuning has to itself until it ends: a folder beside its output, and the lock of the output. */
export interface Workspace {
  readonly folder: string;
  /** Where runs write their model until its score is compared. */
  readonly model: string;
  /** Removes the folder and the lock. Does nothing the second time. */
  remove(): void;
}

/** The content of a lock file. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The name of its folder, which is beside the lock. */
  readonly folder: string;
}

/** The workspaces of this process, by the path of their lock. */
const open = new Map<string, Workspace>();
process.on('exit', removeWorkspaces);

/** Removes the files of all sweeps of this process that have not ended. */
export function removeWorkspaces(): void {
  for (const workspace of open.values()) workspace.remove();
}

/**
 * Locks an output for one sweep, and creates the folder for the models of its runs. The lock of a process that has
 * ended is taken over, and its folder is removed.
 * @throws UserError if another sweep has the output, or if the folder cannot be created
 */
export function openWorkspace(output: string): Workspace {
  try {
    const target = followLinks(output);
    const lock = `${target}.sweep.lock`;
    const folder = temporaryName(target);
    takeLock(lock, {
      owner: { pid: process.pid, host: hostname(), folder: basename(folder) },
      output,
    });
    const workspace: Workspace = {
      folder,
      model: join(folder, 'model.safetensors'),
      remove() {
        if (!open.delete(lock)) return;
        fs.rmSync(folder, { recursive: true, force: true });
        fs.rmSync(lock, { force: true });
      },
    };
    open.set(lock, workspace);
    try {
      fs.mkdirSync(folder);
    } catch (error) {
      workspace.remove();
      throw error;
    }
    return workspace;
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
    `${output}: another sweep or tuning${by} is writing it. Wait until it ends, or remove ${lock} if it no longer runs.`,
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
      Number.isInteger(pid) && pid! > 0 && typeof host === 'string' && typeof folder === 'string';
    return isOwner ? { pid: pid!, host, folder } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the process is known to have ended. Processes of other machines cannot be asked. */
function ownerHasEnded({ pid, host }: Owner, lock: string): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return !open.has(lock); // in a container, a new process may get the same number
  return hasEnded(pid);
}

/** Removes what a process left that has ended, unless another sweep has just done so and has its own lock there. */
function removeStale(lock: string, { folder }: Owner): void {
  const aside = temporaryName(lock);
  try {
    fs.renameSync(lock, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  if (readOwner(aside)?.folder !== folder) {
    fs.renameSync(aside, lock);
    return;
  }
  fs.rmSync(aside);
  // whatever a lock file names
  if (isTemporaryName(folder))
    fs.rmSync(join(dirname(lock), folder), { recursive: true, force: true });
}

/** An error about a file of a workspace, as one about the output: the user does not know the temporary name. */
export function namedBy(
  output: string,
  { error, file }: { error: unknown; file: string },
): unknown {
  if (!(error instanceof UserError && error.message.startsWith(`${file}: `))) return error;
  const { code, option, cause } = error;
  const message = `${output}${error.message.slice(file.length)}`;
  return new UserError(message, { code, ...(option !== undefined && { option }), cause });
}
