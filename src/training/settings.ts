import { UserError } from '../errors.ts';
import { closestName, flagOf, numberFrom, rangeText, valueText } from '../option-values.ts';
import {
  defaultHyperparameters,
  type HyperparameterName,
  type HyperparameterOption,
  type Hyperparameters,
  hyperparameterNames,
  hyperparameters,
  type Settings,
} from './hyperparameters.ts';

const nameBySpelling = new Map<string, HyperparameterName>(
  hyperparameterNames.flatMap((name) => [
    [name, name],
    [flagOf(name), name],
  ]),
);

/** The hyperparameter that `learningRate` or `learning-rate` names; undefined if there is none. */
export const hyperparameterName = (spelling: string): HyperparameterName | undefined =>
  nameBySpelling.get(spelling);

/**
 * Checks hyperparameters and adds the defaults, without those of a recipe. See `checkSettings`.
 * @throws UserError as `checkSettings` does
 */
export const checkHyperparameters = (
  given: Readonly<Record<string, unknown>>,
  where?: string,
): Hyperparameters => ({ ...defaultHyperparameters, ...checkSettings(given, where) });

/**
 * Checks the names, types and ranges of hyperparameters. A name may be written `learningRate` or `learning-rate`. A
 * number or switch may be a string, as a command line gives it. A value of undefined counts as not given.
 * @param where the start of an error message, such as the name of the configuration file
 * @returns the settings under their camel-case names, in canonical form
 * @throws UserError (SEQTAG_OPTION, SEQTAG_OPTION_CONFLICT) that shows the name as it was given
 */
export function checkSettings(
  given: Readonly<Record<string, unknown>>,
  where = 'hyperparameters',
): Settings {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UserError(
      `${where}: expected an object such as {"hidden": 200}, not ${valueText(given)}.`,
      { code: 'SEQTAG_OPTION' },
    );
  const settings: Partial<Record<HyperparameterName, unknown>> = {};
  for (const [spelling, value] of Object.entries(given)) {
    const name = hyperparameterName(spelling);
    if (!name) throw unknownName(spelling, where);
    if (value === undefined) continue;
    if (Object.hasOwn(settings, name))
      throw new UserError(
        `${where}: ${name} and ${flagOf(name)} are one hyperparameter. Leave one of them out.`,
        { code: 'SEQTAG_OPTION_CONFLICT', option: name },
      );
    const checked = canonicalValue(hyperparameters[name], value);
    if ('expected' in checked)
      throw new UserError(
        `${where}: ${spelling} ${valueText(value)}: expected ${checked.expected}.`,
        { code: 'SEQTAG_OPTION', option: name },
      );
    settings[name] = checked.value;
  }
  checkConflicts(settings as Settings, where);
  return settings as Settings;
}

function unknownName(spelling: string, where: string): UserError {
  const flags = hyperparameterNames.map(flagOf);
  const closest = closestName(spelling, flags);
  return new UserError(
    `${where}: no hyperparameter \`${valueText(spelling)}\`. ${
      closest === undefined ? `There are: ${flags.join(', ')}.` : `Did you mean ${closest}?`
    }`,
    { code: 'SEQTAG_OPTION' },
  );
}

/** The canonical form of a value, or the expected form if the value is wrong. */
function canonicalValue(
  option: HyperparameterOption,
  value: unknown,
): { value: unknown } | { expected: string } {
  if ('choices' in option)
    return option.choices.includes(value as string)
      ? { value }
      : { expected: `one of ${option.choices.join(', ')}` };
  if ('normalise' in option) {
    // numbers too, because `clip` and `biasRecall` may be numbers
    const isText = typeof value === 'string' || Number.isFinite(value);
    const text = isText ? option.normalise(String(value)) : undefined;
    return text === undefined ? { expected: option.expected } : { value: text };
  }
  if ('min' in option) {
    const number = numberFrom(value, option);
    return number === undefined ? { expected: rangeText(option) } : { value: number };
  }
  if (value === 'true' || value === 'false') return { value: value === 'true' };
  return typeof value === 'boolean' ? { value } : { expected: 'true or false' };
}

/** @throws UserError (SEQTAG_OPTION_CONFLICT) for values that contradict each other */
function checkConflicts(settings: Settings, where: string): void {
  const h = { ...defaultHyperparameters, ...settings };
  const refuse = (option: HyperparameterName, message: string): never => {
    throw new UserError(`${where}: ${message}`, { code: 'SEQTAG_OPTION_CONFLICT', option });
  };
  if (h.charWidth % 2 === 0)
    refuse('charWidth', `char-width ${h.charWidth}: expected an odd number.`);
  if (h.optimizer === 'adam' && h.weightDecay !== 0)
    refuse('weightDecay', '`weight-decay`: adam has none. Use `optimizer` adamw or sgd.');
  if (h.residual && h.highway)
    refuse('highway', '`residual` and `highway` exclude each other. Choose one.');
  if (h.lmWeight > 0 && h.direction === 'both' && h.merge !== 'concat')
    refuse(
      'lmWeight',
      `\`lm-weight\`: a language model reads one direction, and \`merge\` ${h.merge} mixes both. Use \`merge\` concat.`,
    );
  const modules = h.periods.split(',').length;
  if (h.cell === 'clockwork' && modules > h.hidden)
    refuse(
      'periods',
      `\`periods\` ${h.periods}: more periods (${modules}) than \`hidden\` units (${h.hidden}). Raise \`hidden\`, or name fewer periods.`,
    );
}
