import fs from 'node:fs';
import { UserError } from '../errors.ts';
import { fileError } from './system-errors.ts';

/** Number of bytes that are read from a file at a time. */
const CHUNK = 128 * 1024;

/** The bytes of a file, without decompression.
 * @throws UserError if the file cannot be read
 */
export async function* readBytes(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* fs.createReadStream(file, { highWaterMark: CHUNK });
  } catch (error) {
    throw fileError(error, { file, action: 'read' });
  }
}

/**
 * The text of a small file, decoded as UTF-8, without a byte order mark.
 * @throws UserError if the file cannot be read
 */
export function readTextFile(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw fileError(error, { file, action: 'read' });
  }
}

/** A regular file, a directory, or a stream that can be read only once: a pipe, a socket or a device. */
export type FileKind = 'file' | 'directory' | 'stream';

/** Kind and size in bytes of a path, with symbolic links followed; undefined if it does not exist. */
export function describeFile(file: string): { kind: FileKind; bytes: number } | undefined {
  const stats = statOf(file);
  if (!stats) return undefined;
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'stream';
  return { kind, bytes: stats.size };
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined; // opening it will report the reason
  }
}

/**
 * Opens a regular file for reading at any position.
 * @throws UserError if it is not a regular file, or cannot be read
 */
export function openRegularFile(file: string): { fd: number; bytes: number } {
  try {
    // before opening, because opening a pipe blocks until it has a writer
    const stats = fs.statSync(file);
    if (!stats.isFile() && !stats.isDirectory())
      throw new UserError(`${file}: not a regular file. Write it to a file first.`, {
        code: 'SEQTAG_FILE_TYPE',
      });
    if (stats.isDirectory())
      throw new UserError(`${file}: a directory. Name a file in it.`, {
        code: 'SEQTAG_FILE_TYPE',
      });
    const fd = fs.openSync(file, 'r');
    return { fd, bytes: fs.fstatSync(fd).size };
  } catch (error) {
    throw fileError(error, { file, action: 'read' });
  }
}
