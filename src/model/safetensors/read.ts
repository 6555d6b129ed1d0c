import fs from 'node:fs';
import { UserError } from '../../errors.ts';
import { openRegularFile } from '../../files/read.ts';
import { fileError } from '../../files/system-errors.ts';
import { bfloatToFloat, lastHalf, widenHalves } from '../half.ts';
import { crc32 } from './checksums.ts';
import { elementBytes, quotedName, type TensorLocation } from './format.ts';
import { damaged, type Header, readHeader } from './header.ts';

/** An open file with a header that was checked against the file's length. */
export interface SafetensorsFile extends Pick<Header, 'metadata' | 'tensors'>, Disposable {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  /**
   * Reads the bytes of a tensor into `target`, which has exactly its length and may be shared memory.
   * @throws UserError if the file cannot be read or has become shorter, or the bytes do not have their checksum; Error for an
   * unknown name or a wrong length
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

/** Bytes that are read at a time. Their checksum is computed while they are in the cache of the processor. */
const PIECE = 2 ** 18;

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
        const got = fs.readSync(fd, target, done, target.length - done, from + done);
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
    let crc = 0;
    for (let at = 0; at < target.length; at += PIECE) {
      const piece = target.subarray(at, at + PIECE);
      read(piece, begin + at);
      if (checksums) crc = crc32(piece, crc);
    }
    if (checksums && crc !== checksums.get(name))
      throw damaged(file, `tensor ${quotedName(name)} does not have its checksum`);
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

  let tensors: Header['tensors'];
  let checksums: Header['checksums'];
  try {
    const header = readHeader(read, { file, fileBytes: bytes });
    ({ tensors, checksums } = header);
    const { metadata } = header;
    const reading = { readInto, readFloats, close, [Symbol.dispose]: close };
    return { path: file, bytes, metadata, tensors, ...reading };
  } catch (error) {
    close();
    throw error;
  }
}
