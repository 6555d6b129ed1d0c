import fs from 'node:fs';
import { UserError } from '../errors.ts';

/**
 * Refuses an output file that is also an input, because the output would replace it. Compares device and inode, so that
 * links and other spellings of a path are recognised.
 * @param inputs paths; `-` is standard input; undefined entries are skipped
 * @throws UserError with the code `SEQTAG_SAME_FILE`
 */
export function refuseSameFile(output: string, inputs: Iterable<string | undefined>): void {
  const written = identity(output);
  if (written === undefined) return;
  for (const input of inputs) {
    if (input === undefined || identity(input) !== written) continue;
    const name = input === '-' ? 'standard input' : input === output ? 'an input' : input;
    throw new UserError(`${output}: the output would replace ${name}. Give another name.`, {
      code: 'SEQTAG_SAME_FILE',
    });
  }
}

/** Device and inode of a regular file; undefined for anything else, because a new file does not replace it. */
function identity(file: string): string | undefined {
  try {
    const stats =
      file === '-' ? fs.fstatSync(0, { bigint: true }) : fs.statSync(file, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}
