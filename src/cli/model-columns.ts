import { corpusFormatOf } from '../corpus/index.ts';
import { openModel } from '../model/model-file.ts';
import type { TrainingFlags } from './training-options.ts';

/** The columns that a model was trained on, if the corpora have the same format. */
export function columnsOf(
  nameOrPath: string,
  { corpora, flags }: { corpora: readonly string[]; flags: TrainingFlags },
): Pick<TrainingFlags, 'tokenColumn' | 'tagColumn' | 'lemmaColumn' | 'featureColumn'> {
  using model = openModel(nameOrPath);
  const [{ format, tokenColumn }] = model.tagColumns as [(typeof model.tagColumns)[number]];
  if ((flags.format ?? corpusFormatOf(corpora[0]!) ?? format) !== format) return {};
  const columns = model.tagColumns.flatMap(({ tagColumn }) => tagColumn ?? []);
  const lemmaColumn = model.tagColumns.find(({ lemmas }) => lemmas)?.tagColumn;
  const features = model.vocabulary.tokenFeatures?.columns.map(({ column }) => column) ?? [];
  return {
    ...(tokenColumn !== undefined && { tokenColumn: String(tokenColumn) }),
    ...(columns.length > 0 && { tagColumn: columns.join() }),
    ...(lemmaColumn !== undefined && { lemmaColumn: String(lemmaColumn) }),
    ...(features.length > 0 && { featureColumn: features.join() }),
  };
}
