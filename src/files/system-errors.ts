import { dirname } from 'node:path';
import { type ErrorCode, UserError } from '../errors.ts';

/** The attempted operation. */
export type FileAction = 'read' | 'write';

type Explanation = readonly [code: ErrorCode, what: string];

const reading: Readonly<Record<string, Explanation>> = {
  ENOENT: ['SEQTAG_FILE_NOT_FOUND', 'no such file. Check the path.'],
  ENOTDIR: [
    'SEQTAG_FILE_NOT_FOUND',
    'no such file: part of the path is not a directory. Check the path.',
  ],
  EISDIR: ['SEQTAG_FILE_TYPE', 'a directory. Name a file in it.'],
  EACCES: ['SEQTAG_FILE_PERMISSION', 'no permission to read it. Check its access rights.'],
};

const writing: Readonly<Record<string, Explanation>> = {
  EISDIR: ['SEQTAG_FILE_TYPE', 'a directory. Give the name of a file to write.'],
  EACCES: ['SEQTAG_FILE_PERMISSION', 'no permission to write here. Give another path.'],
  EROFS: ['SEQTAG_FILE_PERMISSION', 'the file system is read-only. Give another path.'],
  ENOSPC: ['SEQTAG_FILE_SPACE', 'the disk is full. Free some space.'],
  EDQUOT: ['SEQTAG_FILE_SPACE', 'the disk quota is used up. Free some space.'],
  EFBIG: [
    'SEQTAG_FILE_LIMIT',
    'larger than the file system or a limit permits. Give another path, or raise the limit (ulimit -f).',
  ],
};

const both: Readonly<Record<string, Explanation>> = {
  EMFILE: [
    'SEQTAG_FILE_LIMIT',
    'too many files are open. Close some, or raise the limit (ulimit -n).',
  ],
  ENFILE: ['SEQTAG_FILE_LIMIT', 'the system has too many files open. Close some.'],
  ENAMETOOLONG: ['SEQTAG_FILE_NOT_FOUND', 'the file name is too long. Give a shorter one.'],
  ELOOP: ['SEQTAG_FILE_NOT_FOUND', 'symbolic links that lead in a circle. Give another path.'],
};

/**
 * The `UserError` for an error of the file system: one line with the file, the problem and the
 * remedy. Returns any other error unchanged.
 */
export function fileError(
  error: unknown,
  { file, action }: { file: string; action: FileAction },
): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const [errorCode, what] = explain(code, { file, action });
  return new UserError(`${file}: ${what}`, { code: errorCode, cause: error });
}

function explain(
  code: string,
  { file, action }: { file: string; action: FileAction },
): Explanation {
  const name = code === 'EPERM' ? 'EACCES' : code;
  if (action === 'write' && (name === 'ENOENT' || name === 'ENOTDIR'))
    return [
      'SEQTAG_FILE_NOT_FOUND',
      `there is no directory ${dirname(file)}. Create it, or give another path.`,
    ];
  const known = (action === 'read' ? reading : writing)[name] ?? both[name];
  if (known) return known;
  return action === 'read'
    ? ['SEQTAG_FILE_IO', `cannot be read (${code}). Check the file and the disk.`]
    : ['SEQTAG_FILE_IO', `cannot be written (${code}). Check the path and the disk.`];
}

/** The code of a failed system call, such as `ENOENT`; undefined for any other error. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
