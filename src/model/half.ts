// Half precision is kept as bits in a Uint16Array, because not every supported Node has Float16Array.

/**
 * The last half of the bytes of an array, as 16-bit numbers. They can be widened in place from there, because each is
 * read before it is overwritten.
 */
export const lastHalf = ({ buffer, byteOffset, length }: Float32Array): Uint16Array =>
  new Uint16Array(buffer, byteOffset + 2 * length, length);

/** Whether all values stay finite in half precision. Its largest number is 65,504; numbers below 65,520 round to it. */
export function fitsHalf(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]!) < 65_520)) return false;
  return true;
}

/** Applies `halfToFloat` to the last half of `floats`, in place. */
export const widenHalves = (floats: Float32Array): void => {
  halfToFloat(lastHalf(floats), floats);
};

/** IEEE 754 binary16 bits to F32, exactly. NaNs keep their sign and payload. Returns `target`. */
export function halfToFloat(
  halves: Uint16Array,
  target: Float32Array = new Float32Array(halves.length),
): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = half & 0x7c00;
    if (exponent !== 0 && exponent !== 0x7c00) {
      bits[i] = ((half & 0x8000) << 16) | (((half & 0x7fff) << 13) + 0x38000000);
    } else if (exponent === 0) {
      const magnitude = (half & 0x3ff) * 2 ** -24;
      target[i] = half & 0x8000 ? -magnitude : magnitude;
    } else {
      bits[i] = ((half & 0x8000) << 16) | 0x7f800000 | ((half & 0x3ff) << 13);
    }
  }
  return target;
}

/**
 * F32 to IEEE 754 binary16 bits, rounded to nearest, ties to even. Numbers from 65,520 on become infinite; NaNs stay
 * NaNs. Returns `target`.
 */
export function floatToHalf(
  floats: Float32Array,
  target: Uint16Array = new Uint16Array(floats.length),
): Uint16Array {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let i = 0; i < floats.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const magnitude = bits[i]! & 0x7fffffff;
    let half: number;
    if (magnitude >= 0x38800000 && magnitude < 0x47800000) {
      // normal; the carry of rounding correctly enters the exponent, up to infinity
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    } else if (magnitude < 0x38800000) {
      // subnormal (below 2^-14): a multiple of 2^-24; 0 below 2^-25
      const shift = 126 - (magnitude >>> 23);
      const significand = (magnitude & 0x7fffff) | 0x800000;
      half = shift > 24 ? 0 : roundedShift(significand, shift);
    } else if (magnitude <= 0x7f800000) {
      half = 0x7c00;
    } else {
      const payload = (magnitude >>> 13) & 0x3ff;
      half = 0x7c00 | (payload === 0 ? 0x200 : payload);
    }
    target[i] = sign | half;
  }
  return target;
}

function roundedShift(significand: number, shift: number): number {
  const kept = significand >>> shift;
  const rest = significand - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}

/** bfloat16 bits to F32, exactly. Returns `target`. */
export function bfloatToFloat(
  bfloats: Uint16Array,
  target: Float32Array = new Float32Array(bfloats.length),
): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < bfloats.length; i++) bits[i] = bfloats[i]! << 16;
  return target;
}

/** F32 to bfloat16 bits, rounded to nearest, ties to even; NaNs stay NaNs. Returns `target`. */
export function floatToBfloat(
  floats: Float32Array,
  target: Uint16Array = new Uint16Array(floats.length),
): Uint16Array {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let i = 0; i < floats.length; i++) {
    const b = bits[i]!;
    const isNumber = (b & 0x7fffffff) <= 0x7f800000;
    target[i] = isNumber ? (b + 0x7fff + ((b >>> 16) & 1)) >>> 16 : (b >>> 16) | 0x40;
  }
  return target;
}
