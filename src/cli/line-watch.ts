/** Characters of a text that are looked at. */
const MOST_CHARACTERS = 64 * 1024;
/** Lines of a text that are looked at. */
const MOST_LINES = 30;
/** Fewer lines tell nothing. */
const FEWEST_LINES = 4;

/** A mark after which a sentence may have ended, perhaps with closing quotes or brackets after it. */
const END_MARK = /[.!?:;…。！？‥؟।]["'”’»)\]]*$/u;

const wordCount = (line: string): number => line.split(/\s+/).length;

/**
 * Whether lines are probably texts of their own: most lines end without a mark that ends a sentence, and were not broken to fit
 * a width. So they are if the first word of the next line would have fitted in the width of the longest line, if all lines have
 * as many words, or if all begin with a capital or a digit.
 * @param lines the first lines of a text, with blank lines
 */
export function looksLikeLines(lines: readonly string[]): boolean {
  const content = lines.map((line) => line.trim());
  while (content.at(-1) === '') content.pop();
  if (content.length < FEWEST_LINES || content.includes('')) return false;
  const width = Math.max(...content.map((line) => line.length));
  const isEven =
    new Set(content.map(wordCount)).size === 1 ||
    content.every((line) => /^[\p{Lu}\p{N}]/u.test(line));
  const breaks = content.slice(1).filter((next, i) => {
    const line = content[i]!;
    const [word = ''] = next.split(/\s/, 1);
    return !END_MARK.test(line) && (isEven || line.length + 1 + word.length <= width);
  });
  return 2 * breaks.length > content.length - 1;
}

/**
 * Passes the bytes of a text on at once, and calls `onLines` if it looks like one text a line, after its first lines or at
 * its end.
 */
export async function* watchLines(
  bytes: AsyncIterable<Uint8Array>,
  onLines: () => void,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  let head: string | undefined = '';
  const decide = (): void => {
    const lines = head!.split(/\r?\n/).slice(0, MOST_LINES);
    head = undefined;
    if (looksLikeLines(lines)) onLines();
  };
  for await (const chunk of bytes) {
    yield chunk;
    if (head === undefined) continue;
    head += decoder.decode(chunk.subarray(0, 4 * MOST_CHARACTERS), { stream: true });
    if (head.length < MOST_CHARACTERS && countOf(head, '\n') < MOST_LINES) continue;
    decide();
  }
  if (head !== undefined) decide();
}

function countOf(text: string, mark: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) count++;
  return count;
}
