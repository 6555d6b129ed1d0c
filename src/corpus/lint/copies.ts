import type { Finding, Part } from './finding.ts';

/*
 * Columns that repeat another: a model of them learns to copy, and its scores say nothing.
 */

/** Every tag is its token: the tag column is the token column. */
export function tagsThatAreTokens({ name, sentences }: Part): Finding | undefined {
  const count = countIfAll(sentences, ({ tokens, tags }) => [tokens, tags]);
  if (count === undefined) return undefined;
  return {
    check: 'tags-are-tokens',
    severity: 'error',
    count,
    code: 'SEQTAG_TAGS',
    option: 'tagColumn',
    message: `${name}: every tag is its token, so the tag column is the token column. Name the right tag column.`,
  };
}

/** Every value of a feature column is the tag. */
export function featuresThatAreTags({ name, sentences }: Part): (Finding | undefined)[] {
  const columns = sentences[0]?.featureColumns?.length ?? 0;
  return Array.from({ length: columns }, (_, c): Finding | undefined => {
    const count = countIfAll(sentences, ({ tags, featureColumns }) => [
      tags,
      featureColumns?.[c] ?? [],
    ]);
    if (count === undefined) return undefined;
    const which = columns > 1 ? `feature column ${c + 1} of ${columns}` : 'the feature column';
    return {
      check: 'features-are-tags',
      severity: 'error',
      count,
      code: 'SEQTAG_COLUMN',
      option: 'featureColumn',
      message: `${name}: ${which} has the tags themselves, so the model would only copy them. Name another column.`,
    };
  });
}

/** The number of tokens, if two columns are equal at each of them and have more than one value; otherwise undefined. */
function countIfAll(
  sentences: Part['sentences'],
  columns: (sentence: Part['sentences'][number]) => readonly [readonly string[], readonly string[]],
): number | undefined {
  let count = 0;
  const values = new Set<string>();
  for (const sentence of sentences) {
    const [a, b] = columns(sentence);
    for (let t = 0; t < a.length; t++) if (a[t] !== b[t]) return undefined;
    for (const value of a) values.add(value);
    count += a.length;
  }
  return values.size > 1 ? count : undefined;
}
