import fs from 'node:fs';
import { UserError } from '../../errors.ts';
import { openRegularFile } from '../../files/read.ts';
import { fileError } from '../../files/system-errors.ts';
import { bfloatToFloat, lastHalf, widenHalves } from '../half.ts';
import { elementBytes, quotedName, type TensorLocation } from './format.ts';
import { readHeader } from './header.ts';

/** An open file with a header that was checked against the file's length. */
export interface SafetensorsFile extends Disposable {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorLocation>;
  /**
   * Reads the bytes of a tensor into `target`, which has exactly its length and may be shared memory.
   * @throws UserError if the file cannot be read or has become shorter; Error for an unknown name or a wrong length
   */
  readInto(name: string, target: Uint8Array): void;
  /**
   * Reads F32, F16 or BF16 numbers as F32 into `target`.
   * @param widen widens the F16 numbers in the last half of an array to F32, in place
   * @throws as `readInto` does
   */
  readFloats(name: string, target: Float32Array, widen?: (floats: Float32Array) => void): void;
  close(): void;
}

/** One system call reads less than 2 GiB. */
const MAX_READ = 2 ** 30;

/**
 * Opens a file and checks its header: the length, the JSON, each dtype, shape and location, and that
 * the tensors fill the file without holes or overlap.
 * @throws UserError that says what is wrong
 */
export function openSafetensors(file: string): SafetensorsFile {
  const { fd, bytes } = openRegularFile(file);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) fs.closeSync(fd);
    isOpen = false;
  };

  function read(target: Uint8Array, from: number): void {
    try {
      for (let done = 0; done < target.length; ) {
        const wanted = Math.min(target.length - done, MAX_READ);
        const got = fs.readSync(fd, target, done, wanted, from + done);
        if (got === 0)
          throw new UserError(
            `${file}: became shorter while it was read. Copy or train it again.`,
            { code: 'SEQTAG_MODEL_DAMAGED' },
          );
        done += got;
      }
    } catch (error) {
      throw fileError(error, { file, action: 'read' });
    }
  }

  function location(name: string): TensorLocation {
    const found = tensors.get(name);
    if (found === undefined) throw new Error(`${file} has no tensor ${quotedName(name)}`);
    if (!isOpen) throw new Error(`${file} is closed`);
    return found;
  }

  function readInto(name: string, target: Uint8Array): void {
    const { begin, end } = location(name);
    if (target.length !== end - begin)
      throw new Error(`tensor ${quotedName(name)} has ${end - begin} bytes, not ${target.length}`);
    read(target, begin);
  }

  function readFloats(name: string, target: Float32Array, widen = widenHalves): void {
    const { dtype, begin, end } = location(name);
    const size = (end - begin) / elementBytes(dtype);
    if (target.length !== size)
      throw new Error(`tensor ${quotedName(name)} has ${size} elements, not ${target.length}`);
    if (dtype === 'F32') {
      readInto(name, new Uint8Array(target.buffer, target.byteOffset, target.byteLength));
    } else if (dtype === 'F16' || dtype === 'BF16') {
      const bits = lastHalf(target);
      readInto(name, new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
      if (dtype === 'F16') widen(target);
      else bfloatToFloat(bits, target);
    } else {
      throw new Error(`tensor ${quotedName(name)} is ${dtype}, not F32, F16 or BF16`);
    }
  }

  let tensors: ReadonlyMap<string, TensorLocation>;
  try {
    const header = readHeader(read, { file, fileBytes: bytes });
    tensors = header.tensors;
    return { path: file, bytes, ...header, readInto, readFloats, close, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}
