// FNV-1a over 32 bits (Fowler, Noll & Vo): hash = (hash ^ byte) * prime, from the offset on.
export const FNV_OFFSET = 0x811c9dc5;
export const FNV_PRIME = 0x01000193;

/** The hash of bytes `from` to `to - 1`. */
export function fnv(bytes: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  return hash;
}
