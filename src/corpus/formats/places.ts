import { UserError } from '../../errors.ts';
import { count } from '../lines.ts';
import type { Column, Document } from '../sentence.ts';

/** Where a column of tags goes in a line: the index of a column to replace; undefined: after the last. */
export type Place = number | undefined;

/** The columns that `asked` names. */
export function listed(asked: Column | readonly Column[] | undefined): readonly Column[] {
  if (asked === undefined) return [];
  return typeof asked === 'object' ? asked : [asked];
}

/** A name, unless it is a number. */
export function isName(column: Column | undefined): column is string {
  return typeof column === 'string' && !/^-?\d+$/.test(column);
}

/** `column` counted from 0 in a line of `columns`, or undefined if it is not there. */
export function resolve(column: number, columns: number): number | undefined {
  const index = column < 0 ? columns + column : column;
  return Number.isInteger(index) && index >= 0 && index < columns ? index : undefined;
}

/**
 * Where columns of tags go in a document, given the indices asked for, from 0 or backwards from -1.
 * undefined asks for a new column, as the first index after the last does.
 * @param orAppend all are new if one of them is not there, or is that of the token
 * @throws UserError if there is no such column, or if two go to one
 */
export function placeTags(
  { file, columns, token }: Document,
  asked: readonly (number | undefined)[],
  orAppend: boolean,
): Place[] {
  const places = asked.map((index) => (index === undefined ? index : resolve(index, columns)));
  const fits = (place: Place, c: number): boolean =>
    asked[c] === undefined || (place !== undefined && place !== token);
  if (orAppend && !places.every(fits)) return asked.map(() => undefined);
  let next = columns;
  places.forEach((place, c) => {
    if (place !== undefined) return;
    const index = asked[c] ?? next;
    if (index !== next++)
      throw new UserError(
        `${file}: ${count(columns, 'column')}, but the tag was to replace column ${index}. Columns count from 0, or backwards from -1.`,
      );
  });
  const known = places.filter((place) => place !== undefined);
  checkDistinct(known, file);
  return places;
}

/** The columns to replace, in the order in which they are in a line. */
export function replacements(places: readonly Place[]): { place: number; column: number }[] {
  return places
    .flatMap((place, column) => (place === undefined ? [] : [{ place, column }]))
    .sort((a, b) => a.place - b.place);
}

type Places = readonly (number | string)[];

const repeated = (places: Places): number | string | undefined =>
  places.find((place, c) => places.indexOf(place) < c);

/** @throws UserError if two columns of tags go to one place */
export function checkDistinct(places: Places, file: string): void {
  const twice = repeated(places);
  if (twice === undefined) return;
  throw new UserError(`${file}: two columns of tags for column ${twice}. Give each its own.`);
}

/** @throws UserError if two columns of tags that are asked for are one */
export function checkAsked(places: Places, file: string): void {
  const twice = repeated(places);
  if (twice === undefined) return;
  throw new UserError(
    `${file}: column ${twice} is asked for twice. Name each column of tags once.`,
  );
}
