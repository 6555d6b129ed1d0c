/*
 * Finds where the frames of zstd data end (RFC 8878, section 3.1) without unpacking them. Node's decompressor accepts
 * data that is cut short; the frame reader tells whether the data is complete.
 */

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const RLE_BLOCK = 1;
/** Bits of the frame header descriptor. */
const SINGLE_SEGMENT = 32;
const CHECKSUM = 4;

/** A part of the data: its size in bytes, and the part that follows it. */
interface Part {
  readonly size: number;
  /** @param bytes the first four bytes of the part, fewer if it is shorter */
  next(bytes: DataView): Part;
}

const skip = (size: number, next: Part): Part => (size === 0 ? next : { size, next: () => next });
/** Data that is not a frame: it never ends. */
const invalid: Part = { size: Number.POSITIVE_INFINITY, next: () => invalid };

const magic: Part = {
  size: 4,
  next(bytes) {
    const number = bytes.getUint32(0, true);
    if (number === FRAME) return header;
    if ((number & ~15) === SKIPPABLE)
      return { size: 4, next: (bytes) => skip(bytes.getUint32(0, true), magic) };
    return invalid;
  },
};

const header: Part = {
  size: 1,
  next(bytes) {
    const descriptor = bytes.getUint8(0);
    const isSingleSegment = (descriptor & SINGLE_SEGMENT) !== 0;
    const windowBytes = isSingleSegment ? 0 : 1;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
    const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const checksum = skip(descriptor & CHECKSUM ? 4 : 0, magic);
    return skip(windowBytes + dictionaryBytes + contentSizeBytes, blockBefore(checksum));
  },
};

function blockBefore(end: Part): Part {
  const block: Part = {
    size: 3,
    next(bytes) {
      const [isLast, type] = [bytes.getUint8(0) & 1, (bytes.getUint8(0) >> 1) & 3];
      const size = (bytes.getUint8(0) >> 3) | (bytes.getUint16(1, true) << 5);
      return skip(type === RLE_BLOCK ? 1 : size, isLast ? end : block);
    },
  };
  return block;
}

/** Reads data in chunks of any size. `isComplete` tells whether the data may end after the last chunk. */
export function createFrameReader(): {
  push(chunk: Uint8Array): void;
  readonly isComplete: boolean;
} {
  const seen = new DataView(new ArrayBuffer(4));
  let part = magic;
  let bytesOfPart = 0;
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (bytesOfPart < seen.byteLength) seen.setUint8(bytesOfPart, chunk[at]!);
        const taken =
          bytesOfPart < seen.byteLength ? 1 : Math.min(part.size - bytesOfPart, chunk.length - at);
        at += taken;
        bytesOfPart += taken;
        if (bytesOfPart < part.size) continue;
        part = part.next(seen);
        bytesOfPart = 0;
      }
    },
    get isComplete() {
      return part === magic && bytesOfPart === 0;
    },
  };
}
