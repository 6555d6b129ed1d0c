import { conlluFields } from '../corpus/formats/conllu/fields.ts';
import { type Column, isName } from '../corpus/index.ts';
import type { Model } from './model.ts';

type Described = Pick<Model, 'tagColumns' | 'vocabulary'>;

const UPOS = new Set(
  'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _'.split(' '),
);

/** The kind of a column's tags in the words of CoNLL-U: `upos`, `xpos`, or `NER` (a key in MISC) for spans. */
export function kindOf({ tagColumns, vocabulary }: Described, column: number): string {
  if (tagColumns[column]!.scheme !== 'none') return 'NER';
  return vocabulary.tags[column]!.every((tag) => UPOS.has(tag)) ? 'upos' : 'xpos';
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
