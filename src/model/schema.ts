/*
 * Checks of values that were parsed from JSON. A check is a function. Checks are combined into
 * larger ones: `fields({ seed: int(0, 9), tags: list(string) })`.
 */

/** Why a value was refused: its path, the value, and the expected kind of value. */
export interface Problem {
  /** The path from the checked value: `.tags[3]`. */
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
}

/** Returns the first problem, or undefined for a valid value. */
export type Check = (value: unknown) => Problem | undefined;

const when =
  (isValid: (value: unknown) => boolean, expected: string): Check =>
  (value) =>
    isValid(value) ? undefined : { path: '', value, expected };

export const string: Check = when((value) => typeof value === 'string', 'a string');
export const bool: Check = when((value) => typeof value === 'boolean', 'true or false');
export const float: Check = when(Number.isFinite, 'a number');

/** A whole number, both limits included. */
export const int = (least: number, most: number): Check =>
  when(
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    `a whole number from ${least} to ${most}`,
  );

export const choice = (choices: readonly string[]): Check =>
  when((value) => choices.includes(value as string), `one of ${choices.join(', ')}`);

/** A value that passes one of the checks. */
export const anyOf =
  (...checks: readonly Check[]): Check =>
  (value) => {
    const problems: Problem[] = [];
    for (const check of checks) {
      const problem = check(value);
      if (!problem) return undefined;
      problems.push(problem);
    }
    return { path: '', value, expected: problems.map(({ expected }) => expected).join(' or ') };
  };

export const nothing: Check = when((value) => value === null, 'null');

/** A field that may be left out. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);

export const list =
  (item: Check, { least = 0, most = Number.POSITIVE_INFINITY } = {}): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length < least || value.length > most)
      return { path: '', value, expected: `a list${lengthText(least, most)}` };
    for (let i = 0; i < value.length; i++) {
      const problem = item(value[i]);
      if (problem) return within(`[${i}]`, problem);
    }
    return undefined;
  };

/** An object with these fields. Other fields are ignored, so that later versions may add some. */
export const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    problemOfField(value, Object.keys(checks), (name) => checks[name]!);

/** An object with any fields, all of which pass the check. */
export const dictionary =
  (check: Check): Check =>
  (value) =>
    problemOfField(value, isJsonObject(value) ? Object.keys(value) : [], () => check);

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `config.hidden is -1, expected a whole number from 1 to 9`. */
export function problemText(name: string, { path, value, expected }: Problem): string {
  const shown = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value));
  const cut = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
  return `${name}${path} is ${cut}, expected ${expected}`;
}

const within = (path: string, problem: Problem): Problem => ({
  ...problem,
  path: `${path}${problem.path}`,
});

/** A key from a stranger, which may be long or have line breaks. */
const keyText = (name: string): string =>
  /^[\w-]{1,60}$/.test(name) ? `.${name}` : `[${JSON.stringify(name.slice(0, 60))}]`;

function problemOfField(
  value: unknown,
  names: readonly string[],
  checkOf: (name: string) => Check,
): Problem | undefined {
  if (!isJsonObject(value)) return { path: '', value, expected: 'an object' };
  for (const name of names) {
    const problem = checkOf(name)(value[name]);
    if (problem) return within(keyText(name), problem);
  }
  return undefined;
}

function lengthText(least: number, most: number): string {
  if (least === most) return ` of ${least}`;
  if (most === Number.POSITIVE_INFINITY) return least === 0 ? '' : ` of at least ${least}`;
  return ` of ${least} to ${most}`;
}
