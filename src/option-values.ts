/** An option whose value is a number from `min` to `max`. */
export interface NumberOption {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly isInteger: boolean;
  /** Help text: a noun phrase. */
  readonly help: string;
}

const numberOption =
  (isInteger: boolean) =>
  (value: number, [min, max]: readonly [min: number, max: number], help: string): NumberOption => ({
    default: value,
    min,
    max,
    isInteger,
    help,
  });

export const integer = numberOption(true);
export const real = numberOption(false);

/** The number in a value, which may be a string; undefined if it is not a number or out of range. */
export function numberFrom(
  value: unknown,
  { min, max, isInteger }: NumberOption,
): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= min && number <= max)) return undefined;
  return isInteger && !Number.isInteger(number) ? undefined : number;
}

/** `a whole number from 1 to 100` */
export const rangeText = ({ min, max, isInteger }: NumberOption): string =>
  `a ${isInteger ? 'whole ' : ''}number from ${min} to ${max}`;

/** A value as an error message shows it: on one line, at most 60 characters. */
export function valueText(value: unknown): string {
  let text: string | undefined;
  if (typeof value === 'object') {
    try {
      text = JSON.stringify(value);
    } catch {
      text = undefined; // circular, or holds a bigint
    }
    text ??= Array.isArray(value) ? 'an array' : 'an object';
  } else {
    text = String(value).replaceAll(/\s/g, ' ');
  }
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** `learningRate` -> `learning-rate`: the spelling of an option as a flag. */
export const flagOf = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The most similar name to a mistyped one, by insertions, deletions, substitutions and swaps of neighbouring
 * characters. Ignores case, dashes and underscores. Undefined if no name is similar.
 */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  const bare = (name: string): string => name.toLowerCase().replaceAll(/[-_\s]/g, '');
  const wanted = bare(typed);
  let closest: string | undefined;
  let least = Math.min(3, Math.floor(wanted.length / 3)) + 1;
  if (wanted.length > 100) return undefined;
  for (const name of names) {
    const distance = editDistance(wanted, bare(name));
    if (distance < least) [closest, least] = [name, distance];
  }
  return closest;
}

/** Damerau-Levenshtein distance, in which no part of a text is edited twice (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const [before, twoBefore] = [rows[i - 1]!, rows[i - 2]];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (isSame ? 0 : 1));
      if (twoBefore && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, twoBefore[j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** A word as a shell reads it: quoted if it needs to be. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Default minutes between checkpoints within an epoch. */
export const CHECKPOINT_MINUTES = 5;
