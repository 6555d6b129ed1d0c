import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { temporaryName } from '../../src/files/temporary-files.ts';
import {
  appendToFile,
  checkWritable,
  createOutput,
  moveFile,
  openDevice,
  writeFile,
} from '../../src/files/write.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'seqtag-write-'));
const file = path.join(directory, 'output');
beforeEach(() => fs.writeFileSync(file, 'old'));
afterEach(() => vi.restoreAllMocks());
afterAll(() => fs.rmSync(directory, { recursive: true }));

const temporary = (): string[] => fs.readdirSync(directory).filter((name) => name.endsWith('.tmp'));
const put = (name: string, text: string): void =>
  writeFile(name, (write) => write(Buffer.from(text)));
const content = (name = file): string => fs.readFileSync(name, 'utf8');

/** The error of a failed action, which must be one line and leave no temporary file. */
function failure(action: () => void): UserError {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toMatch(/[\n\r]/);
    expect(temporary()).toEqual([]);
    return error;
  }
  throw new Error('nothing was thrown');
}

const failing = (call: keyof typeof fs, code: string): void => {
  vi.spyOn(fs, call as 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error(code), { code, syscall: 'any' });
  });
};

describe('an output file', () => {
  it('appears when it is finished, and the earlier one is there until then', () => {
    const output = createOutput(file);
    output.write(Buffer.from('new'));
    expect(content()).toBe('old');
    expect(temporary()).toHaveLength(1);
    output.finish();
    expect(content()).toBe('new');
    output.discard();
    expect(content()).toBe('new');
    expect(temporary()).toEqual([]);
  });

  it('leaves no file if it is discarded', () => {
    const output = createOutput(path.join(directory, 'never'));
    output.write(Buffer.from('new'));
    output.discard();
    output.discard();
    expect(fs.readdirSync(directory)).toEqual(['output']);
  });

  it('has a temporary name that no other process has, even with the same process id', () => {
    const outputs = ['one', 'two'].map((text) => {
      const output = createOutput(file);
      output.write(Buffer.from(text));
      return output;
    });
    expect(temporary()).toHaveLength(2);
    outputs[1]!.finish();
    expect(content()).toBe('two');
    outputs[0]!.finish();
    expect(content()).toBe('one');
  });

  it('does not follow a link that was planted under its temporary name', () => {
    const victim = path.join(directory, 'victim');
    fs.writeFileSync(victim, 'precious');
    const id = '00000000-0000-4000-8000-000000000000';
    vi.spyOn(crypto, 'randomUUID').mockReturnValue(id);
    fs.symlinkSync(victim, temporaryName(file));
    expect(() => createOutput(file)).toThrow(UserError);
    expect(content(victim)).toBe('precious');
    expect(content()).toBe('old');
    for (const name of [...temporary(), 'victim']) fs.rmSync(path.join(directory, name));
  });

  it.each([0o600, 0o640, 0o666, 0o755])('keeps the permissions %o', (mode) => {
    fs.chmodSync(file, mode);
    put(file, 'new');
    expect(fs.statSync(file).mode & 0o7777).toBe(mode);
    expect(content()).toBe('new');
  });

  it('goes through a symbolic link to its target, also if there is no file yet', () => {
    const link = path.join(directory, 'link');
    for (const target of [file, path.join(directory, 'fresh')]) {
      fs.symlinkSync(path.basename(target), link);
      put(link, 'new');
      expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
      expect(content(target)).toBe('new');
      fs.rmSync(link);
    }
    fs.rmSync(path.join(directory, 'fresh'));
  });

  it('is complete after short writes', () => {
    const real = fs.writeSync;
    vi.spyOn(fs, 'writeSync').mockImplementation(((
      fd: number,
      bytes: Uint8Array,
      offset: number,
      length: number,
    ) => real(fd, bytes, offset, Math.min(length, 5))) as typeof fs.writeSync);
    put(file, 'more than five bytes');
    expect(content()).toBe('more than five bytes');
  });

  it('is removed when the process exits in the middle', () => {
    const module = new URL('../../dist/files/write.js', import.meta.url).href;
    const script = `const { createOutput } = await import(${JSON.stringify(module)});
      createOutput(${JSON.stringify(file)}).write(Buffer.from('new'));
      process.exit(0);`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(temporary()).toEqual([]);
    expect(content()).toBe('old');
  });
});

describe('a failure', () => {
  it.each([
    ['writeSync', 'ENOSPC', 'the disk is full. Free some space.', 'SEQTAG_FILE_SPACE'],
    ['fsyncSync', 'EDQUOT', 'the disk quota is used up. Free some space.', 'SEQTAG_FILE_SPACE'],
    ['closeSync', 'ENOSPC', 'the disk is full. Free some space.', 'SEQTAG_FILE_SPACE'],
    ['openSync', 'EACCES', 'no permission to write here.', 'SEQTAG_FILE_PERMISSION'],
    ['openSync', 'EPERM', 'no permission to write here.', 'SEQTAG_FILE_PERMISSION'],
    ['openSync', 'EROFS', 'the file system is read-only.', 'SEQTAG_FILE_PERMISSION'],
    ['openSync', 'EMFILE', 'too many files are open.', 'SEQTAG_FILE_LIMIT'],
    ['writeSync', 'EFBIG', 'larger than the file system', 'SEQTAG_FILE_LIMIT'],
    ['renameSync', 'EIO', 'cannot be written (EIO).', 'SEQTAG_FILE_IO'],
  ] as const)('of %s (%s) leaves the earlier file', (call, code, expected, errorCode) => {
    failing(call, code);
    const error = failure(() => put(file, 'new'));
    expect(error.message).toContain(`${file}: ${expected}`);
    expect(error.code).toBe(errorCode);
    expect(error.cause).toMatchObject({ code });
    vi.restoreAllMocks();
    expect(content()).toBe('old');
  });

  it('of the caller passes through', () => {
    const fill = (): never => {
      throw new RangeError('ours');
    };
    expect(() => writeFile(file, fill)).toThrow(RangeError);
    expect(temporary()).toEqual([]);
    expect(content()).toBe('old');
  });

  it('is found in advance by `checkWritable`, which leaves no file', () => {
    const missing = path.join(directory, 'missing', 'output');
    const paths: [string, RegExp][] = [
      [missing, /there is no directory .*missing\. Create it/],
      [path.join(file, 'output'), /there is no directory/],
      [directory, /a directory/],
      [path.join(directory, 'new/'), /no file name/],
      ['/dev/null', /not a regular file/],
      ['/dev/stdout', /not a regular file|no such device/],
      [path.join(directory, 'x'.repeat(300)), /name is too long/],
    ];
    for (const [name, pattern] of paths) {
      expect(failure(() => checkWritable(name)).message).toMatch(pattern);
      expect(failure(() => createOutput(name)).message).toMatch(pattern);
    }
    checkWritable(path.join(directory, 'fresh'));
    expect(fs.readdirSync(directory)).toEqual(['output']);
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

it('a device is opened as it is, a file is not', () => {
  expect(openDevice(file)).toBeUndefined();
  expect(openDevice(path.join(directory, 'fresh'))).toBeUndefined();
  expect(openDevice(directory)).toBeUndefined();
  const fd = openDevice('/dev/null')!;
  expect(fs.writeSync(fd, 'lost')).toBe(4);
  fs.closeSync(fd);
});

it('a descriptor of this process is appended to, whatever file it is', () => {
  const log = fs.openSync(file, 'a');
  const fd = openDevice(`/dev/fd/${log}`)!;
  fs.writeSync(fd, ' and new');
  fs.closeSync(fd);
  fs.closeSync(log);
  expect(content()).toBe('old and new');
});

it('moving a file keeps the permissions of the one that it replaces', () => {
  const made = path.join(directory, 'made');
  fs.writeFileSync(made, 'new');
  fs.chmodSync(file, 0o640);
  moveFile(made, file);
  expect(content()).toBe('new');
  expect(fs.statSync(file).mode & 0o777).toBe(0o640);
  expect(fs.existsSync(made)).toBe(false);
});

it('appending adds text, and reports a full disk', () => {
  appendToFile(file, ' and new');
  expect(content()).toBe('old and new');
  failing('appendFileSync', 'ENOSPC');
  expect(failure(() => appendToFile(file, 'x')).code).toBe('SEQTAG_FILE_SPACE');
});
