import type { BackendOptions } from '../backend/backend.ts';
import { formats } from '../corpus/formats/formats.ts';
import { schemes } from '../corpus/tags/scheme.ts';
import { engineNames } from '../network/engines.ts';
import { closestName, valueText } from '../option-values.ts';
import type { ComputeOptions, Format } from './types.ts';

/** The allowed values of an option. A value of another type is a TypeError; other wrong values are a RangeError. */
export interface Kind {
  /** A noun phrase: `a whole number from 1 to 256`. */
  readonly expected: string;
  readonly hasType: (value: unknown) => boolean;
  readonly isAllowed?: (value: never) => boolean;
}

/** The kinds of all options of a function. */
export type Kinds = Readonly<Record<string, Kind>>;

/** A value as error messages show it, with its type if the value does not show it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(valueText(value))} (a string)`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === 'object') {
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'an object';
  }
  return valueText(value);
}

export const wrongType = (where: string, expected: string, value: unknown): TypeError =>
  new TypeError(`${where}: expected ${expected}, not ${shown(value)}.`);

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isColumn = (value: unknown): boolean => isString(value) || Number.isInteger(value);

export const boolean: Kind = {
  expected: 'true or false',
  hasType: (value) => typeof value === 'boolean',
};

/** A string that is not empty. */
export const text = (expected: string): Kind => ({
  expected,
  hasType: isString,
  isAllowed: (value: string) => value !== '',
});

export const path: Kind = text('a path');

export const oneOf = (...choices: readonly string[]): Kind => ({
  expected: `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
  hasType: isString,
  isAllowed: (value: string) => choices.includes(value),
});

export const wholeNumber = (min: number, max: number): Kind => ({
  expected: `a whole number from ${min} to ${max}`,
  hasType: isNumber,
  isAllowed: (value: number) => Number.isInteger(value) && value >= min && value <= max,
});

export const numberFrom = (min: number, max: number): Kind => ({
  expected: `a number from ${min} to ${max}`,
  hasType: isNumber,
  isAllowed: (value: number) => value >= min && value <= max,
});

export const listOf = (item: Kind, expected: string, least = 0): Kind => ({
  expected,
  // Array.from, since `every` passes over the holes of an array
  hasType: (value) => Array.isArray(value) && Array.from(value).every(item.hasType),
  isAllowed: (values: readonly never[]) =>
    values.length >= least && values.every((value) => item.isAllowed?.(value) ?? true),
});

export const either = (a: Kind, b: Kind): Kind => ({
  expected: `${a.expected} or ${b.expected}`,
  hasType: (value) => a.hasType(value) || b.hasType(value),
  isAllowed: (value: never) =>
    [a, b].some((kind) => kind.hasType(value) && (kind.isAllowed?.(value) ?? true)),
});

/** A plain object; its fields are checked separately. */
export const object = (expected = 'an object'): Kind => ({ expected, hasType: isPlainObject });

/** A function. */
const callback: Kind = {
  expected: 'a function',
  hasType: (value) => typeof value === 'function',
};

export const anything = (expected: string): Kind => ({ expected, hasType: () => true });

export const column: Kind = {
  expected: 'the name or index of a column',
  hasType: isColumn,
  isAllowed: (value: unknown) => value !== '',
};

export const columns: Kind = either(column, listOf(column, 'a list of them'));

/** An `AbortSignal`, or another object with `aborted`. */
export const signal: Kind = {
  expected: 'an AbortSignal',
  hasType: (value) =>
    isObject(value) && typeof (value as { aborted?: unknown }).aborted === 'boolean',
};

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is an object such as `{hidden: 200}`, and not a Map, a Date or another instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // objects of other realms, such as the modules of a test runner, have another Object.prototype
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

export const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/**
 * Checks an options object. An option with the value undefined counts as missing.
 * @param where the function, for messages: `loadTagger`
 * @param required the names of mandatory options
 * @throws TypeError for a value of another type, an unknown name or a missing option; RangeError for a value out of
 * range
 */
export function checkOptions(
  where: string,
  options: unknown,
  { kinds, required = [] }: { readonly kinds: Kinds; readonly required?: readonly string[] },
): void {
  const names = Object.keys(kinds);
  if (!isPlainObject(options))
    throw wrongType(where, `an object of options (${names.join(', ')})`, options);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) {
      const meant = closestName(name, names);
      const remedy =
        meant === undefined ? `There are: ${names.join(', ')}.` : `Do you mean ${meant}?`;
      throw new TypeError(`${where}: there is no option ${JSON.stringify(name)}. ${remedy}`);
    }
    if (value !== undefined) checkValue(`${where}: ${name}`, value, kinds[name]!);
  }
  for (const name of required)
    if (options[name] === undefined)
      throw new TypeError(`${where}: ${name} is missing. Give ${kinds[name]!.expected}.`);
}

/** @throws TypeError or RangeError if the value is not of this kind */
export function checkValue(where: string, value: unknown, kind: Kind): void {
  if (!kind.hasType(value)) throw wrongType(where, kind.expected, value);
  if (kind.isAllowed && !kind.isAllowed(value as never))
    throw new RangeError(`${where}: expected ${kind.expected}, not ${shown(value)}.`);
}

/**
 * Checks that a value is a list of strings of the expected length.
 * @param what the items, for messages: `tokens`
 */
export function checkStrings(
  where: string,
  value: unknown,
  { what, length }: { readonly what: string; readonly length?: number },
): asserts value is readonly string[] {
  if (!Array.isArray(value)) throw wrongType(where, `an array of ${what}`, value);
  // `every` would skip holes
  for (let i = 0; i < value.length; i++)
    if (typeof value[i] !== 'string') throw wrongType(`${where}[${i}]`, 'a string', value[i]);
  if (length !== undefined && value.length !== length)
    throw new RangeError(
      `${where}: expected ${length} ${what}, one for each token, not ${value.length}.`,
    );
}

// ---------------------------------------------------------------------------------------------------------------------
// Options that several functions have

export const schemeKind = oneOf(...schemes);

export const computeKinds = {
  backend: oneOf('auto', 'native', 'wasm'),
  threads: wholeNumber(1, 256),
  products: oneOf('single', 'bfloat16'),
};

export const engineKinds = { ...computeKinds, engine: oneOf(...engineNames) };

/** The compute options among the options of a function. */
export const computeOptions = ({ backend, threads, products }: ComputeOptions): BackendOptions => ({
  ...(backend && { backend }),
  ...(threads && { threads }),
  ...(products && { products }),
});

const definitions = Object.values(formats);
export const readFormats = definitions.filter((f) => f.reads).map(({ name }) => name);

export const writtenFormats = definitions.filter((f) => f.writes).map(({ name }) => name);
/** Whether a format has no tags. */
export const isUnlabelled = (format: Format | undefined): boolean =>
  format !== undefined && formats[format].isRaw === true;

export const readKinds = {
  format: oneOf(...readFormats),
  tokenColumn: column,
  tagColumn: columns,
  featureColumn: columns,
  header: boolean,
  absentTag: text('a tag'),
  encoding: text('an encoding'),
  comment: either(text('what comments begin with'), {
    expected: 'false',
    hasType: (value) => value === false,
  }),
  labels: listOf(text('a name'), 'a list of names'),
  strictSpans: boolean,
  onNote: callback,
  file: text('a name'),
};
