/*
 * A sentence a line. Tags of parts of speech follow their word after a slash, `Dogs/NNS bark/VBP ./.`;
 * cut at the last slash, words and tags come back (NLTK's `str2tuple` reads it). Tags of spans become
 * brackets, `[PER Barack Obama] visited [LOC Paris] .`, for people to read. A sentence has span tags
 * if each of its tags is `O` or begins with a prefix of IOB, IOBES, BILOU or BMES.
 */

const SPAN_TAG = /^(?:O|[BIESLUM]-.*)$/;

/** A tag without its B-, I-, ... prefix; `O` and tags without a prefix are themselves. */
export function tagType(tag: string): string {
  return tag.charCodeAt(1) === 45 && SPAN_TAG.test(tag) ? tag.slice(2) : tag;
}

/** A token without white space that would end it; a space becomes U+00A0, nothing becomes `_`. */
export function unspaced(token: string): string {
  if (token === '') return '_';
  return /[\t-\r ]/.test(token) ? token.replace(/[\t-\r ]/g, '\u00a0') : token;
}

/** One sentence as a line. `paint` colours `/TAG` or `[TYPE ...]`, its second argument is the type. */
export function formatInline(
  tokens: readonly string[],
  tags: readonly string[],
  paint: (text: string, type: string) => string,
): string {
  if (!tags.every((tag) => SPAN_TAG.test(tag))) {
    const words = tokens.map((token, i) => {
      const tag = tags[i] ?? '';
      return unspaced(token) + paint(`/${tag}`, tag);
    });
    return `${words.join(' ')}\n`;
  }
  const parts: string[] = [];
  let open: { type: string; words: string[] } | undefined;
  const close = (): void => {
    if (open !== undefined) {
      parts.push(paint(`[${[open.type, ...open.words].join(' ')}]`, open.type));
    }
    open = undefined;
  };
  for (let i = 0; i < tokens.length; i++) {
    const word = unspaced(tokens[i] ?? '');
    const tag = tags[i] ?? 'O';
    if (tag === 'O') {
      close();
      parts.push(word);
      continue;
    }
    const prefix = tag.charAt(0);
    const type = tag.slice(2);
    if (prefix === 'B' || prefix === 'S' || prefix === 'U' || open?.type !== type) close();
    open ??= { type, words: [] };
    open.words.push(word);
    if (prefix === 'E' || prefix === 'L' || prefix === 'S' || prefix === 'U') close();
  }
  close();
  return `${parts.join(' ')}\n`;
}
