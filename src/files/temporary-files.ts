import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { systemCode } from './system-errors.ts';

// The name of a temporary file tells which process made it, so that a later process can remove the files of one that was
// killed. A process id means something only where it was given: on one machine since its last start and, on Linux, in one
// container.

const NAME = /^\.seqtag-(?<pid>\d+)-(?<place>[0-9a-f]{12})-[0-9a-f-]{36}\.tmp$/;

/** A name in the folder of the target, so that renaming stays within one file system. No other process has the same. */
export const temporaryName = (target: string): string =>
  path.join(
    path.dirname(target),
    `.seqtag-${process.pid}-${thisPlace()}-${crypto.randomUUID()}.tmp`,
  );

export const isTemporaryName = (name: string): boolean => NAME.test(name);

/** Removes the temporary files in a folder whose process is known to have ended. Failures are ignored. */
export function removeStaleFiles(folder: string): void {
  try {
    for (const name of fs.readdirSync(folder)) {
      const { pid, place } = NAME.exec(name)?.groups ?? {};
      if (pid !== undefined && place === thisPlace() && hasEnded(Number(pid)))
        fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  } catch {
    // they only take up space
  }
}

/** Whether no process of this machine or container has the number. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}

let place: string | undefined;

/** A hash of where process ids are unique. */
function thisPlace(): string {
  const linux = (read: () => string): string => {
    try {
      return read();
    } catch {
      return '';
    }
  };
  place ??= createHash('sha256')
    .update(hostname())
    .update(linux(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')))
    .update(linux(() => fs.readlinkSync('/proc/self/ns/pid')))
    .digest('hex')
    .slice(0, 12);
  return place;
}
