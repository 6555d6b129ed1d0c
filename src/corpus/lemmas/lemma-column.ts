import { conlluFields } from '../formats/conllu/fields.ts';
import { isName } from '../index.ts';
import type { Column, Format } from '../sentence.ts';

/**
 * Whether a column has lemmas: the column that was named, else a column that is called `lemma`, as in CoNLL-U.
 * @param options.lemmaColumn the column that was named
 */
export function isLemmaColumn(
  column: Column | undefined,
  { format, lemmaColumn }: { format?: Format | undefined; lemmaColumn?: Column | undefined } = {},
): boolean {
  if (column === undefined) return false;
  if (lemmaColumn !== undefined && String(column) === String(lemmaColumn)) return true;
  const name = isName(column)
    ? column
    : format === 'conllu'
      ? conlluFields.at(Number(column))
      : undefined;
  return name?.toLowerCase() === 'lemma';
}
