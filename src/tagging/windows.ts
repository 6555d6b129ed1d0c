/** Minimum number of context tokens on either side of a token in its window, if the sentence has them. */
const MARGIN = 64;

/** Tokens `start` to `end - 1` of a sentence. Tokens `from` to `to - 1` count in this window and in no other. */
export interface Window {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts a sentence of more than `size` tokens into windows of at most `size`, so that memory stays bounded. Neighbours
 * overlap by two margins. Each token counts in the window in which it is farthest from a cut: at least a margin of 64
 * tokens, or a quarter of a window shorter than 256. The influence of farther tokens on a recurrent layer is small:
 * `seqtag inspect` shows how far its gradient reaches.
 */
export function windows(length: number, size: number): Window[] {
  const margin = Math.min(MARGIN, size >> 2);
  const step = size - 2 * margin;
  const count = Math.max(1, Math.ceil((length - 2 * margin) / step));
  return Array.from({ length: count }, (_, i) => ({
    start: i * step,
    end: Math.min(length, i * step + size),
    from: i === 0 ? 0 : i * step + margin,
    to: i === count - 1 ? length : (i + 1) * step + margin,
  }));
}

/** Groups pieces into batches of at most `most` tokens, in order. A longer piece is a batch by itself. */
export function* batches<Piece extends { readonly tokens: ArrayLike<unknown> }>(
  pieces: readonly Piece[],
  most: number,
): Generator<readonly Piece[]> {
  for (let from = 0; from < pieces.length; ) {
    let to = from;
    for (let tokens = 0; to < pieces.length; to++) {
      tokens += pieces[to]!.tokens.length;
      if (tokens > most && to > from) break;
    }
    yield pieces.slice(from, to);
    from = to;
  }
}

/**
 * Joins the tags of a sentence's windows. Neighbours are joined at a token with the same tag in both, as near as
 * possible to the middle of their overlap. Then every transition of the joined path occurs in a window's path, so that
 * the joined path obeys the scheme. Without such a token they are joined in the middle.
 */
export function join(windows: readonly Window[], tags: readonly Int32Array[]): Int32Array {
  if (windows.length === 1) return tags[0]!;
  const joined = new Int32Array(windows.at(-1)!.end);
  let from = 0;
  windows.forEach(({ start, end, to }, w) => {
    const next = windows[w + 1];
    const tagAt = (i: number): number => tags[w]![i - start]!;
    const agrees = (i: number): boolean => tagAt(i) === tags[w + 1]![i - next!.start];
    let seam = to;
    if (next)
      for (let away = 0; away < end - to; away++) {
        const agreed = [to + away, to - 1 - away].find(agrees);
        if (agreed === undefined) continue;
        seam = agreed;
        break;
      }
    for (let i = from; i < seam; i++) joined[i] = tagAt(i);
    from = seam;
  });
  return joined;
}

/** Joins the scores (L, K) of a sentence's windows. Each token has the scores of the window in which it counts. */
export function joinScores(
  windows: readonly Window[],
  scores: readonly Float32Array[],
): Float32Array {
  if (windows.length === 1) return scores[0]!;
  const K = scores[0]!.length / windows[0]!.end;
  const joined = new Float32Array(windows.at(-1)!.end * K);
  windows.forEach(({ start, from, to }, w) => {
    joined.set(scores[w]!.subarray((from - start) * K, (to - start) * K), from * K);
  });
  return joined;
}
