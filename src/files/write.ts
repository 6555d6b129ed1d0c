import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { fileError } from './system-errors.ts';
import { removeStaleFiles, temporaryName } from './temporary-files.ts';

/*
 * Every output file is written under a random temporary name in the folder of its target, flushed to the disk, and
 * renamed when it is complete. So a reader sees either the old file or the complete new one, and a failure leaves the
 * old file unchanged.
 *
 * The temporary file is created with the flag `wx`, which fails if the name exists. So nobody can redirect the output
 * by creating a symbolic link.
 */

/** A file that is being written. */
export interface OutputFile {
  /** Writes all the bytes, synchronously. */
  write(bytes: Uint8Array): void;
  /** Flushes the file to the disk and moves it to its target. */
  finish(): void;
  /** Removes the temporary file. Does nothing after `finish`. */
  discard(): void;
}

/** The path of the output with symbolic links followed, and the file that it has now. */
interface Target {
  readonly path: string;
  readonly present: fs.Stats | undefined;
}

/** One system call writes less than 2 GiB. */
const MAX_WRITE = 2 ** 30;
/** Names of open descriptors of this process, such as /dev/stdout. */
const DESCRIPTOR = /^\/(?:dev\/(?:std(?:out|err)|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * Opens an output file. An existing target keeps its permissions, and a symbolic link stays a link
 * to the new content.
 * @throws UserError for a path that cannot be written; `write` and `finish` also throw it if the disk fails
 */
export function createOutput(file: string): OutputFile {
  return translated(file, () => openTemporary(file, targetOf(file)));
}

/**
 * A descriptor for writing to a pipe, a device, or a descriptor of this process such as /dev/stderr.
 * These are written directly, because renaming a file over them would remove them.
 * @returns undefined for anything else, which `createOutput` writes
 * @throws UserError if it cannot be opened
 */
export function openDevice(file: string): number | undefined {
  return translated(file, () => {
    const present = fs.statSync(file, { throwIfNoEntry: false });
    if (present === undefined || !isDevice(file, present)) return undefined;
    return fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_APPEND);
  });
}

/**
 * Checks that `createOutput` would succeed, so that long computations fail early. Leaves no files behind, and removes those
 * of processes that were killed.
 * @throws UserError as `createOutput` does
 */
export function checkWritable(file: string): void {
  translated(file, () => {
    const name = temporaryName(targetOf(file).path);
    removeStaleFiles(path.dirname(name));
    fs.closeSync(fs.openSync(name, 'wx'));
    fs.unlinkSync(name);
  });
}

/**
 * Writes a file.
 * @param fill passes the bytes to `write`; if it throws, the old file stays
 */
export function writeFile(file: string, fill: (write: OutputFile['write']) => void): void {
  const output = createOutput(file);
  try {
    fill(output.write);
    output.finish();
  } finally {
    output.discard();
  }
}

/**
 * Writes a file in the background. The chunks must not change until it is complete.
 * @throws UserError as `createOutput` does
 */
export async function writeFileInBackground(
  file: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  let name: string | undefined;
  try {
    const target = targetOf(file);
    name = temporaryName(target.path);
    const handle = await fs.promises.open(name, 'wx');
    unfinished.add(name);
    try {
      await writeChunks(handle, chunks);
      inheritFrom(target.present, handle.fd);
      await handle.sync();
    } finally {
      await handle.close();
    }
    rename(name, target.path);
    unfinished.delete(name);
  } catch (error) {
    if (name !== undefined && unfinished.delete(name)) attempt(() => fs.unlinkSync(name!));
    throw fileError(error, { file, action: 'write' });
  }
}

async function writeChunks(
  handle: fs.promises.FileHandle,
  chunks: readonly Uint8Array[],
): Promise<void> {
  let rest = [...chunks];
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest);
    rest = withoutFirst(rest, bytesWritten);
  }
}

/** The chunks without their first `count` bytes. */
function withoutFirst(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  let skipped = 0;
  return chunks.flatMap((chunk) => {
    const from = Math.min(chunk.length, count - skipped);
    skipped += from;
    return from < chunk.length ? [chunk.subarray(from)] : [];
  });
}

/** Moves a complete file to another path on the same file system. */
export function moveFile(from: string, to: string): void {
  translated(to, () => {
    const target = targetOf(to);
    const fd = fs.openSync(from, 'r+');
    try {
      inheritFrom(target.present, fd);
    } finally {
      fs.closeSync(fd);
    }
    rename(from, target.path);
  });
}

/** Appends text to a file, which is created if it is missing. Returns when the text is on the disk. */
export function appendToFile(file: string, text: string): void {
  translated(file, () => fs.appendFileSync(file, text, { flush: true }));
}

function openTemporary(file: string, target: Target): OutputFile {
  const name = temporaryName(target.path);
  const fd = fs.openSync(name, 'wx');
  unfinished.add(name);
  let isOpen = true;
  const close = (): void => {
    isOpen = false;
    fs.closeSync(fd);
  };
  return {
    write: (bytes) => translated(file, () => writeAll(fd, bytes)),
    finish: () =>
      translated(file, () => {
        inheritFrom(target.present, fd);
        fs.fsyncSync(fd);
        close();
        rename(name, target.path);
        unfinished.delete(name);
      }),
    discard() {
      if (isOpen) attempt(close);
      if (unfinished.delete(name)) attempt(() => fs.unlinkSync(name));
    },
  };
}

/** Temporary files to remove when the process exits, as on a second interrupt. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const name of unfinished) attempt(() => fs.unlinkSync(name));
});

function targetOf(file: string): Target {
  const present = fs.statSync(file, { throwIfNoEntry: false });
  if (present?.isDirectory())
    throw new UserError(`${file}: a directory. Give the name of a file to write.`, {
      code: 'SEQTAG_FILE_TYPE',
    });
  if (present === undefined && (file === '' || /[/\\]$/.test(file)))
    throw new UserError(`${file}: no file name. Give the name of a file to write.`, {
      code: 'SEQTAG_FILE_NOT_FOUND',
    });
  if (present && isDevice(file, present))
    throw new UserError(`${file}: not a regular file. Give the name of a file to write.`, {
      code: 'SEQTAG_FILE_TYPE',
    });
  if (present) fs.accessSync(file, fs.constants.W_OK);
  return { path: followLinks(file), present };
}

const isDevice = (file: string, present: fs.Stats): boolean =>
  DESCRIPTOR.test(file) || !(present.isFile() || present.isDirectory());

/** The path with symbolic links followed, even if the file does not exist yet. */
export function followLinks(file: string): string {
  if (fs.existsSync(file)) return fs.realpathSync(file);
  if (!fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return file;
  const folder = fs.realpathSync(path.dirname(file));
  return followLinks(path.resolve(folder, fs.readlinkSync(file)));
}

/** Gives a new file the permissions and, if permitted, the owner of the file that it replaces. */
function inheritFrom(present: fs.Stats | undefined, fd: number): void {
  if (present === undefined) return;
  const { uid, gid } = fs.fstatSync(fd);
  // before the mode, because a change of owner clears some of its bits
  if (uid !== present.uid || gid !== present.gid)
    attempt(() => fs.fchownSync(fd, present.uid, present.gid));
  fs.fchmodSync(fd, present.mode & 0o7777);
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += fs.writeSync(fd, bytes, done, Math.min(bytes.length - done, MAX_WRITE));
}

function rename(from: string, to: string): void {
  fs.renameSync(from, to);
  // Makes the new name durable. Some systems cannot flush a folder; the file is complete in any case.
  attempt(() => {
    const fd = fs.openSync(path.dirname(to), 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function translated<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileError(error, { file, action: 'write' });
  }
}

/** Runs an optional step and ignores its failure. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // optional
  }
}
