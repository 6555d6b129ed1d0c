// Words that are followed by their tags.

export const SEPARATORS = ['/', '_', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

const TAG = /^(?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\p{L}\p{N}\s]{1,3})$/u;

export const wordsOf = (line: string): string[] =>
  line.split(/[ \t]+/).filter((word) => word !== '');

/** The word and its tags; one string if it has none. */
export function fieldsOf(word: string, separator: Separator): string[] {
  if (separator === '|')
    return word.startsWith('||') ? ['|', ...word.slice(2).split('|')] : word.split('|');
  const at = word.lastIndexOf(separator);
  return at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word];
}

/** What separates word and tag in a line, if each word has a tag. */
export const separatorOf = (line: string): Separator | undefined =>
  SEPARATORS.find((separator) =>
    wordsOf(line).every((word) => {
      const fields = fieldsOf(word, separator);
      return fields.length > 1 && TAG.test(fields.at(-1)!);
    }),
  );

/** So many lines tell how tags are written. */
export const ENOUGH_LINES = 16;
