// @ts-check
// A disk that is full from the n-th write on. Only files in one folder count.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

/** @param {string} folder */
export function createFullDisk(folder) {
  let left = Number.POSITIVE_INFINITY;
  let count = 0;
  /** Open files in the folder. @type {Set<number>} */
  const watched = new Set();
  const isInside = (/** @type {unknown} */ path) => resolve(String(path)).startsWith(folder + sep);
  const full = () =>
    Object.assign(new Error('ENOSPC: no space left on device, write'), {
      ...{ code: 'ENOSPC', errno: -28, syscall: 'write' },
    });

  /**
   * Writes, or fails. The write that fills the disk writes half, as on a real disk.
   * @template T
   * @param {(part: number) => T} write writes a fraction of the bytes
   */
  function attempt(write) {
    count++;
    left--;
    if (left > 0) return write(1);
    if (left === 0) return write(0.5);
    throw full();
  }

  const original = { ...fs };
  const promises = { ...fs.promises };
  const patch = {
    /** @param {Parameters<typeof fs.openSync>} args */
    openSync(...args) {
      const fd = original.openSync(...args);
      if (isInside(args[0]) && args[1] !== 'r') watched.add(fd);
      return fd;
    },
    /** @param {number} fd */
    closeSync(fd) {
      watched.delete(fd);
      original.closeSync(fd);
    },
    /** @param {number} fd @param {NodeJS.ArrayBufferView} bytes @param {number} [from] @param {number} [length] */
    writeSync(fd, bytes, from = 0, length = bytes.byteLength - from) {
      if (!watched.has(fd)) return original.writeSync(fd, bytes, from, length);
      return attempt((part) =>
        original.writeSync(fd, bytes, from, part < 1 ? Math.ceil(length * part) - 1 : length),
      );
    },
    /** @param {Parameters<typeof fs.writeFileSync>} args */
    writeFileSync(...args) {
      if (!isInside(args[0])) return original.writeFileSync(...args);
      return attempt((part) => {
        original.writeFileSync(...args);
        if (part < 1) throw full();
      });
    },
    /** @param {Parameters<typeof fs.appendFileSync>} args */
    appendFileSync(...args) {
      if (!isInside(args[0])) return original.appendFileSync(...args);
      return attempt((part) => {
        const text = String(args[1]);
        original.appendFileSync(args[0], text.slice(0, Math.ceil(text.length * part)), args[2]);
        if (part < 1) throw full();
      });
    },
    /** @param {number} fd @param {NodeJS.ArrayBufferView} bytes @param {any[]} rest */
    write(fd, bytes, ...rest) {
      const done = rest.at(-1);
      if (!watched.has(fd)) return /** @type {any} */ (original.write)(fd, bytes, ...rest);
      try {
        attempt((part) => {
          if (part < 1) throw full();
          return /** @type {any} */ (original.write)(fd, bytes, ...rest);
        });
      } catch (error) {
        process.nextTick(done, error);
      }
    },
    /** @param {any[]} args */
    open(...args) {
      const done = args.pop();
      /** @type {any} */ (original.open)(
        ...args,
        (/** @type {unknown} */ error, /** @type {number} */ fd) => {
          if (!error && isInside(args[0]) && args[1] !== 'r') watched.add(fd);
          done(error, fd);
        },
      );
    },
  };
  Object.assign(fs, patch);
  Object.assign(fs.promises, {
    /** @param {Parameters<typeof fs.promises.open>} args */
    async open(...args) {
      const handle = await promises.open(...args);
      if (!isInside(args[0])) return handle;
      const { writev, write } = handle;
      return Object.assign(handle, {
        /** @param {NodeJS.ArrayBufferView[]} chunks */
        writev: (chunks) =>
          attempt((part) =>
            writev.call(handle, part < 1 ? chunks.slice(0, Math.ceil(chunks.length / 2)) : chunks),
          ),
        /** @param {any[]} given */
        write: (...given) => attempt(() => /** @type {any} */ (write).apply(handle, given)),
      });
    },
  });
  syncBuiltinESMExports();

  return {
    /** Leaves room for a number of writes. @param {number} writes */
    leave(writes) {
      left = writes;
      count = 0;
    },
    /** The number of writes since then. */
    writes: () => count,
  };
}
