import { UserError } from '../errors.ts';
import { closestName } from '../option-values.ts';
import { hyperparameters, type Settings } from '../training/hyperparameters.ts';
import { checkSettings } from '../training/settings.ts';
import { isObject, wrongType } from './arguments.ts';

const names = Object.keys(hyperparameters);

/**
 * Checks hyperparameters from the program.
 * @param where the beginning of messages: `train: hyperparameters`
 * @throws TypeError for unknown names and values of another type, RangeError for values that are not allowed
 */
export function checkHyperparameters(where: string, given: unknown): Settings {
  if (!isObject(given)) throw wrongType(where, 'an object such as {hidden: 200}', given);
  for (const [name, value] of Object.entries(given)) checkType(where, name, value);
  return asRangeError(() => checkSettings(given, where));
}

/** Checks lists of values, by hyperparameter. */
export function checkValues(where: string, given: unknown): void {
  if (!isObject(given)) throw wrongType(where, 'an object such as {hidden: [100, 200]}', given);
  for (const [name, values] of Object.entries(given)) {
    if (!Array.isArray(values)) throw wrongType(`${where}: ${name}`, 'a list of values', values);
    if (values.length === 0)
      throw new RangeError(`${where}: ${name}: expected at least one value.`);
    for (const value of values) checkHyperparameters(where, { [name]: value });
  }
}

function checkType(where: string, name: string, value: unknown): void {
  if (!Object.hasOwn(hyperparameters, name)) {
    const meant = closestName(name, names);
    const remedy =
      meant === undefined ? `There are: ${names.join(', ')}.` : `Do you mean ${meant}?`;
    throw new TypeError(`${where}: there is no hyperparameter ${JSON.stringify(name)}. ${remedy}`);
  }
  const expected = typeof hyperparameters[name as keyof typeof hyperparameters].default;
  if (value !== undefined && typeof value !== expected)
    throw wrongType(`${where}: ${name}`, `a ${expected}`, value);
}

/** Turns a UserError into a RangeError, because wrong arguments are a mistake of the program. */
export function asRangeError<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new RangeError(error.message, { cause: error });
  }
}
