/** The finaliser of MurmurHash3 (Appleby 2011). */
function mix(x: number): number {
  let y = x >>> 0;
  y = Math.imul(y ^ (y >>> 16), 0x85ebca6b);
  y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return (y ^ (y >>> 16)) >>> 0;
}

/** The definition of `dropout_mask`: 0 or 1 / keep, from seed, stream and index alone. */
export function expectedMask(options: {
  n: number;
  keep: number;
  seed: number;
  stream: number;
}): Float64Array {
  const { n, seed, stream } = options;
  const keep = Math.fround(options.keep);
  const key = mix(seed ^ mix(stream + 0x9e3779b9));
  const limit = Math.floor(keep * 2 ** 24);
  return Float64Array.from({ length: n }, (_, i) =>
    mix(mix(i + 0x9e3779b9) ^ key) >>> 8 < limit ? Math.fround(1 / keep) : 0,
  );
}
