import { SPACE, TAB } from '../corpus/lines.ts';
import { UserError } from '../errors.ts';

/** Maximum size of a row of text in bytes. */
export const MAX_ROW = 4 * 1024 * 1024;

/** A number, nan or infinity. */
const NUMERIC = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan|inf|infinity)$/i;

/**
 * The end of a word that is probably a word and a surplus value (`the 0.1`), if the row has one
 * field too many.
 */
export const ENDS_IN_VALUE = /[ \t][-+]?(?:\d*\.\d+(?:e[-+]?\d+)?|\d+\.?e[-+]?\d+)$/i;

export const isNumeric = (field: string): boolean => NUMERIC.test(field);

/** The fields of a line. Only ASCII spaces and tabs separate them; U+00A0 is part of a word. */
export const fieldsOf = (line: string): string[] =>
  line.split(/[ \t\r]+/).filter((field) => field !== '');

export const isSeparator = (byte: number): boolean => byte === SPACE || byte === TAB;

/** The start of the last `n` fields of a line, or -1 if it has fewer. */
export function lastFields(
  bytes: Uint8Array,
  { from, to, n }: { from: number; to: number; n: number },
): number {
  let at = to;
  for (let left = n; left > 0; left--) {
    while (at > from && bytes[at - 1]! <= SPACE) at--;
    if (at === from) return -1;
    while (at > from && bytes[at - 1]! > SPACE) at--;
  }
  return at;
}

/** A word in quotes for a message. */
export const quotedWord = (text: string): string => JSON.stringify(text.slice(0, 40));

/** An error in a word vector file. `where` is the file, with the line or row if it is known. */
export const vectorsError = (where: string, message: string): UserError =>
  new UserError(`${where}: ${message}`, { code: 'SEQTAG_VECTORS' });
