export interface Rng {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  /** Standard normal. */
  normal(): number;
  /** `size` normal values times `scale` (1). */
  array(size: number, scale?: number): Float64Array;
  /** `size` whole numbers in [0, below). */
  integers(size: number, below: number): Int32Array;
  /** Inverted dropout: 0 with probability `drop`, else 1 / (1 - drop). */
  mask(size: number, drop: number): Float64Array;
}

/**
 * A small deterministic generator for tests: mulberry32 (Tommy Ettinger), with Box & Muller (1958)
 * for normal values. The same seed gives the same values on every machine up to the rounding of
 * `Math.log` and `Math.cos`.
 */
export function rng(seed: number): Rng {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(uniform() * below);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    integer,
    normal,
    array: (size, scale = 1) => Float64Array.from({ length: size }, () => scale * normal()),
    integers: (size, below) => Int32Array.from({ length: size }, () => integer(below)),
    mask: (size, drop) =>
      Float64Array.from({ length: size }, () => (uniform() < drop ? 0 : 1 / (1 - drop))),
  };
}
