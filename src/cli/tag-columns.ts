import type { Column, Format, WriteOptions } from '../corpus/index.ts';
import { UserError } from '../errors.ts';
import { columnNames, findColumn, kindOf } from '../model/column-names.ts';
import type { TagColumn } from '../model/model.ts';
import type { ModelFile } from '../model/model-file.ts';

type Described = Pick<ModelFile, 'tagColumns' | 'vocabulary' | 'path'>;

/**
 * Which of a model's columns are meant: those that are asked for by names of its own, else all.
 * @param flag that asked
 * @throws UserError for other names, unless there are as many as columns
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
  const own = wanted.map((name) => findColumn(model, name));
  if (!own.includes(-1)) return own;
  if (wanted.length === tagColumns.length) return all;
  throw new UserError(
    `${flag} ${asked}: ${path} gives ${columnNames(model).join(', ')}. Name some of these, or ${tagColumns.length} columns${flag === '--given' ? '' : ' to put them in'}.`,
  );
}

/**
 * Where the chosen columns go in output of a format: where they are asked to, else where they were in training. The tags
 * of a model of one column go by default where the format has them, in CoNLL-U by what they are.
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

/** Which of a model's columns something is given of, and where in input of a format: as in training, else by their names. */
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
