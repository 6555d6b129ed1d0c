import type { Sentence } from '../sentence.ts';

/**
 * White space between tokens of raw text: `\s`, U+0085 and U+200B. Unlike in other formats, U+00A0 is
 * white space too.
 */
export function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x200b) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0x1680 ||
    code === 0xfeff
  );
}

/** The first position from `from` on, before `to`, that is no white space, or `to`. */
export function skipSpace(text: string, from: number, to: number): number {
  let i = from;
  while (i < to && isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** The first position from `from` on, before `to`, that is white space, or `to`. */
export function skipChunk(text: string, from: number, to: number): number {
  let i = from;
  while (i < to && !isSpace(text.charCodeAt(i))) i++;
  return i;
}

/**
 * Whether white space follows each token in the raw text that the sentence was read from. It does after
 * all tokens if there is no such text.
 */
export function spacesAfter(sentence: Sentence): boolean[] {
  const { source, tokens } = sentence;
  const format = source?.document.format;
  const raw = format === 'text' || format === 'lines' ? source?.raw : source?.prose;
  if (raw === undefined) return tokens.map(() => true);
  let pos = 0;
  return tokens.map((token) => {
    // invisible characters, of which no token is made, may stand between
    pos = raw.indexOf(token, pos) + token.length;
    return pos < raw.length && isSpace(raw.charCodeAt(pos));
  });
}
