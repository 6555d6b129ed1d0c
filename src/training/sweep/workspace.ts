import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { lockOutput } from '../../files/lock.ts';
import { fileError } from '../../files/system-errors.ts';
import { temporaryName } from '../../files/temporary-files.ts';
import { followLinks } from '../../files/write.ts';

/** What a sweep or a tuning has to itself until it ends: a folder beside its output, and the lock of the output. */
export interface Workspace {
  readonly folder: string;
  /** Where runs write their model until its score is compared. */
  readonly model: string;
  /** Removes the folder and the lock. Does nothing the second time. */
  remove(): void;
}

/** The workspaces of this process. */
const open = new Set<Workspace>();
process.on('exit', removeWorkspaces);

/** Removes the files of all sweeps of this process that have not ended. */
export function removeWorkspaces(): void {
  for (const workspace of open) workspace.remove();
}

/**
 * Locks an output for one sweep, and creates the folder for the models of its runs. The lock of a process that has
 * ended is taken over, and its folder is removed.
 * @throws UserError if another run has the output, or if the folder cannot be created
 */
export function openWorkspace(output: string): Workspace {
  const folder = temporaryName(followLinks(output));
  const unlock = lockOutput(output, { folder: basename(folder) });
  const workspace: Workspace = {
    folder,
    model: join(folder, 'model.safetensors'),
    remove() {
      if (!open.delete(workspace)) return;
      fs.rmSync(folder, { recursive: true, force: true });
      unlock();
    },
  };
  open.add(workspace);
  try {
    fs.mkdirSync(folder);
    return workspace;
  } catch (error) {
    workspace.remove();
    throw fileError(error, { file: output, action: 'write' });
  }
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
