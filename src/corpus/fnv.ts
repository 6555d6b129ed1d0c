// FNV-1a over 32 bits (Fowler, Noll & Vo): hash = (hash ^ byte) * prime, from the offset on.
export const FNV_OFFSET = 0x811c9dc5;
export const FNV_PRIME = 0x01000193;
