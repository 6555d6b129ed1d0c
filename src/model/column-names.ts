import { conlluFields } from '../corpus/formats/conllu/fields.ts';
import { type Column, isName } from '../corpus/index.ts';
import { areFeatures } from '../corpus/tags/morphology.ts';
import type { Model, TagColumn } from './model.ts';

interface Described {
  readonly tagColumns: readonly Omit<TagColumn, 'lexicon'>[];
  readonly vocabulary: Pick<Model['vocabulary'], 'tags'>;
}

const UPOS = new Set(
  'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _'.split(' '),
);

/**
 * The kind of a column's tags in the words of CoNLL-U: `upos`, `xpos`, `feats`, `lemma`, or `NER` (a key in MISC) for
 * spans.
 */
export function kindOf({ tagColumns, vocabulary }: Described, column: number): string {
  const { scheme, lemmas } = tagColumns[column]!;
  if (lemmas) return 'lemma';
  if (scheme !== 'none') return 'NER';
  const tags = vocabulary.tags[column]!;
  if (tags.every((tag) => UPOS.has(tag))) return 'upos';
  return areFeatures(tags) ? 'feats' : 'xpos';
}

/** The names of a model's tag columns. A column without a name in training is named after the kind of its tags. */
export function columnNames(model: Described): string[] {
  const names: string[] = [];
  for (const [c, { format, tagColumn }] of model.tagColumns.entries()) {
    const field =
      format === 'conllu' && tagColumn !== undefined && !isName(tagColumn)
        ? conlluFields.at(Number(tagColumn))
        : undefined;
    const name = isName(tagColumn) ? tagColumn : (field ?? kindOf(model, c));
    names.push(names.includes(name) ? `${name}${c + 1}` : name);
  }
  return names;
}

/** The index of the tag column with this name, or with this index or name in training; -1 if there is none. */
export function findColumn(model: Described, wanted: Column): number {
  const asked = model.tagColumns.findIndex(({ tagColumn }) => String(tagColumn) === String(wanted));
  return asked >= 0 ? asked : columnNames(model).indexOf(String(wanted));
}
