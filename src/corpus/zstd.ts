/*
 * Where frames of zstd end (RFC 8878, 3.1), without unpacking them: Node's decompressor takes data whose end is missing for
 * whole.
 */

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const RLE = 1;

/** So many bytes, and what they say of those that follow; only of four at most is it looked at. */
interface Step {
  readonly size: number;
  next(bytes: DataView): Step;
}

const skip = (size: number, next: Step): Step => (size === 0 ? next : { size, next: () => next });
const broken: Step = { size: Number.POSITIVE_INFINITY, next: () => broken };

const frame: Step = {
  size: 4,
  next(bytes) {
    const magic = bytes.getUint32(0, true);
    if (magic === FRAME) return header;
    if ((magic & ~15) === SKIPPABLE)
      return { size: 4, next: (bytes) => skip(bytes.getUint32(0, true), frame) };
    return broken;
  },
};

const header: Step = {
  size: 1,
  next(bytes) {
    const descriptor = bytes.getUint8(0);
    const isSingle = (descriptor & 32) !== 0;
    const content = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const dictionary = [0, 1, 2, 4][descriptor & 3]!;
    const end = skip(descriptor & 4, frame); // the checksum
    return skip((isSingle ? 0 : 1) + dictionary + content, blockBefore(end));
  },
};

function blockBefore(end: Step): Step {
  const block: Step = {
    size: 3,
    next(bytes) {
      const [isLast, type] = [bytes.getUint8(0) & 1, (bytes.getUint8(0) >> 1) & 3];
      const size = (bytes.getUint8(0) >> 3) | (bytes.getUint16(1, true) << 5);
      return skip(type === RLE ? 1 : size, isLast ? end : block);
    },
  };
  return block;
}

/** Follows data as it passes, cut anywhere; `isWhole` when it may end where it is. */
export function createFrames(): { push(chunk: Uint8Array): void; readonly isWhole: boolean } {
  const seen = new DataView(new ArrayBuffer(4));
  let step = frame;
  let have = 0;
  return {
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (have < seen.byteLength) seen.setUint8(have, chunk[at]!);
        const taken = have < seen.byteLength ? 1 : Math.min(step.size - have, chunk.length - at);
        at += taken;
        have += taken;
        if (have < step.size) continue;
        step = step.next(seen);
        have = 0;
      }
    },
    get isWhole() {
      return step === frame && have === 0;
    },
  };
}
