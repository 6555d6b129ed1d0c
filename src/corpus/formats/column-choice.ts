import { UserError } from '../../errors.ts';
import { quantity } from '../lines.ts';
import type { Column, Document } from '../sentence.ts';

/** Where a tag column goes in a line: the index of the column it replaces; undefined: after the last. */
export type TagSlot = number | undefined;

/** One column, several or none as a list. */
export function asColumns(asked: Column | readonly Column[] | undefined): readonly Column[] {
  if (asked === undefined) return [];
  return typeof asked === 'object' ? asked : [asked];
}

/** Whether a column is given by name, not by index. */
export function isName(column: Column | undefined): column is string {
  return typeof column === 'string' && !/^-?\d+$/.test(column);
}

/** The index from 0 of `column`, which may count from the end; undefined if there is no such column. */
export function columnIndex(column: number, columns: number): number | undefined {
  const index = column < 0 ? columns + column : column;
  return Number.isInteger(index) && index >= 0 && index < columns ? index : undefined;
}

/**
 * Where tag columns go in a document.
 * @param asked an index for each tag column, from 0 or backwards from -1. undefined asks for a new
 * column, and so does the first index after the last column.
 * @param orAppend append all columns if one of them does not exist or is the token's
 * @throws UserError if a column does not exist, or if two go to one slot
 */
export function tagSlots(
  { file, columns, token }: Document,
  asked: readonly (number | undefined)[],
  orAppend: boolean,
): TagSlot[] {
  const slots = asked.map((index) => (index === undefined ? index : columnIndex(index, columns)));
  const fits = (slot: TagSlot, c: number): boolean =>
    asked[c] === undefined || (slot !== undefined && slot !== token);
  if (orAppend && !slots.every(fits)) return asked.map(() => undefined);
  let next = columns;
  slots.forEach((slot, c) => {
    if (slot !== undefined) return;
    const index = asked[c] ?? next;
    if (index !== next++)
      throw new UserError(
        `${file}: ${quantity(columns, 'column')}, but the tag was to replace column ${index}. Columns count from 0, or backwards from -1.`,
        { code: 'SEQTAG_COLUMN' },
      );
  });
  checkDistinct(
    slots.filter((slot) => slot !== undefined),
    file,
  );
  return slots;
}

/** The tag columns that replace a column, from left to right. */
export function replacements(slots: readonly TagSlot[]): { slot: number; column: number }[] {
  return slots
    .flatMap((slot, column) => (slot === undefined ? [] : [{ slot, column }]))
    .sort((a, b) => a.slot - b.slot);
}

type Names = readonly (number | string)[];

const repeated = (names: Names): number | string | undefined =>
  names.find((name, c) => names.indexOf(name) < c);

/** @throws UserError if two tag columns go to the same column */
export function checkDistinct(names: Names, file: string): void {
  const twice = repeated(names);
  if (twice === undefined) return;
  throw new UserError(`${file}: two tag columns go to column ${twice}. Give each its own.`, {
    code: 'SEQTAG_COLUMN',
  });
}

/** @throws UserError if a tag column is asked for twice */
export function checkAskedOnce(names: Names, file: string): void {
  const twice = repeated(names);
  if (twice === undefined) return;
  throw new UserError(`${file}: column ${twice} is asked for twice. Name each tag column once.`, {
    code: 'SEQTAG_COLUMN',
  });
}
