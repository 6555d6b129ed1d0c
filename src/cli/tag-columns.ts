import type { Column, Format, WriteOptions } from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { columnNames, findColumn, kindOf } from '../model/column-names.ts';
import type { TagColumn } from '../model/model.ts';
import type { ModelFile } from '../model/model-file.ts';

type Described = Pick<ModelFile, 'tagColumns' | 'vocabulary' | 'path'>;

/**
 * The tag columns of a model that a flag selects: those whose names it lists, or all.
 * @param asked the value of the flag
 * @throws UserError for other names, unless there are as many as tag columns: they are then columns of the file
 */
export function chosenColumns(
  model: Described,
  asked: string | undefined,
  flag = '--tag-column',
): readonly number[] {
  const { tagColumns, path } = model;
  const all = [...tagColumns.keys()];
  if (asked === undefined || tagColumns.length === 1) return all;
  const wanted = asked.split(',');
  const selected = wanted.map((name) => findColumn(model, name));
  if (!selected.includes(-1)) return selected;
  if (wanted.length === tagColumns.length) return all;
  throw new UserError(
    `${flag} ${asked}: ${path} has the tag columns ${columnNames(model).join(', ')}. Name some of them, or ${tagColumns.length} columns of the file.`,
    { code: 'SEQTAG_COLUMN' },
  );
}

/**
 * The output columns of the selected tag columns: those that were asked for, or those of training. A model with one tag
 * column writes by default where the format has its tags; in CoNLL-U this depends on the kind of the tags.
 */
export function writtenColumns(
  model: Described,
  { format, asked }: { format: Format; asked: string | undefined },
): Pick<WriteOptions, 'tagColumn' | 'orAppend'> {
  const { tagColumns } = model;
  if (tagColumns.length === 1) {
    const [only] = tagColumns as [TagColumn];
    const trained = only.format === 'conllu' ? only.tagColumn : undefined;
    return {
      tagColumn: asked ?? (format === 'conllu' ? (trained ?? kindOf(model, 0)) : undefined),
    };
  }
  const wanted = asked?.split(',') ?? [];
  if (wanted.some((name) => findColumn(model, name) < 0)) return { tagColumn: wanted };
  const names = columnNames(model);
  const usual = tagColumns.map(
    (trained, c) => (trained.format === format && trained.tagColumn) || names[c]!,
  );
  return {
    tagColumn: chosenColumns(model, asked).map((column) => usual[column]!),
    orAppend: true,
  };
}

/** The tag columns with known tags, and where the input has them: as in training, or by their names. */
export function givenColumns(
  model: Described,
  { format, asked }: { format: Format | undefined; asked: string },
): { columns: readonly number[]; tagColumn: readonly Column[] } {
  const { tagColumns } = model;
  const columns = chosenColumns(model, asked, '--given');
  if (tagColumns.length === 1) return { columns, tagColumn: [asked] };
  const tagColumn = asked.split(',').map((name) => {
    const trained = tagColumns[findColumn(model, name)];
    return (trained?.format === format && trained?.tagColumn) || name;
  });
  return { columns, tagColumn };
}
