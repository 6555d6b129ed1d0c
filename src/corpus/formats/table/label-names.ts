import { UserError } from '../../../errors.ts';
import { problem, quantity } from '../../lines.ts';

/**
 * The name of a label that is written as a number.
 * @param where the place in the file, and the name of the column
 * @throws UserError if the names are not known, or if there are too few
 */
export function labelName(
  label: string,
  labels: readonly string[] | undefined,
  where: { file: string; line: number; column: string },
): string {
  const { file, line, column } = where;
  if (labels === undefined)
    throw new UserError(
      `${file}:${line}: column ${column} has numbers. Give the names of the labels in their order, as O,B-PER,I-PER or in a file.`,
      { code: 'SEQTAG_COLUMN', option: 'labels' },
    );
  const name = labels[Number(label)];
  if (name !== undefined) return name;
  throw problem(
    file,
    line,
    `label ${label} in column ${column}, but ${quantity(labels.length, 'name')} (0 to ${labels.length - 1}) were given. Name all labels in their order.`,
  );
}
