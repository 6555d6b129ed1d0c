import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFolder, type Outcome, program } from '../cli/world.ts';

/** A folder to work in, with `seqtag` on the PATH as `npm link` puts it there. */
export interface Shell {
  path(name: string): string;
  /** Writes a file of that name. @returns its path */
  file(name: string, content: string | Uint8Array): string;
  run(command: string, args: readonly string[], env?: Record<string, string>): Outcome;
  /** How often `seqtag` was started since this was asked. */
  starts(): number;
  remove(): void;
}

/** @param folders of what else goes before all on the PATH */
export function createShell(...folders: readonly string[]): Shell {
  const { path, remove } = createFolder();
  const bin = path('bin');
  const log = path('starts');
  mkdirSync(bin);
  writeFileSync(
    `${bin}/seqtag`,
    `#!/bin/sh\necho >> '${log}'\nexec '${process.execPath}' '${program}' "$@"\n`,
    { mode: 0o755 },
  );
  return {
    path,
    file(name, content) {
      writeFileSync(path(name), content);
      return path(name);
    },
    run(command, args, env = {}) {
      const { status, stdout, stderr } = spawnSync(command, args, {
        env: { ...process.env, PATH: [bin, ...folders, process.env.PATH].join(':'), ...env },
        encoding: 'utf8',
      });
      return { code: status ?? -1, stdout, stderr };
    },
    starts() {
      const count = existsSync(log) ? readFileSync(log).length : 0;
      writeFileSync(log, '');
      return count;
    },
    remove,
  };
}

/** A file of an example. */
export const example = (file: string): string =>
  fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));

/** Does the command run, and say what it should? */
export function runs(command: string, args: readonly string[], says = /(?:)/): boolean {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 && says.test(stdout);
}
