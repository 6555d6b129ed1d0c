import { UserError } from '../errors.ts';
import { readTextFile } from '../files/read.ts';
import { flagOf } from '../option-values.ts';
import { hyperparameterNames } from '../training/hyperparameters.ts';
import { checkSettings } from '../training/settings.ts';

/** Hyperparameters that were given, under their names as flags (`learning-rate`). A flag replaces the value in the file. */
export interface GivenHyperparameters {
  readonly file: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
}

/**
 * Collects the hyperparameters from `--config` and from flags.
 * @param flags all flags of the command
 * @throws UserError if the file cannot be read or has a wrong name or value; the message names the file
 */
export function givenHyperparameters(
  flags: Readonly<Record<string, unknown>>,
  config: string | undefined,
): GivenHyperparameters {
  const file = config === undefined ? {} : readConfig(config);
  if (config !== undefined) checkSettings(file, config);
  return {
    // The file may write `learning-rate` or `learningRate`.
    file: Object.fromEntries(Object.entries(file).map(([key, value]) => [flagOf(key), value])),
    flags: Object.fromEntries(
      hyperparameterNames
        .filter((name) => flags[name] !== undefined)
        .map((name) => [flagOf(name), flags[name]]),
    ),
  };
}

const EXPECTED = 'Expected an object of hyperparameters such as {"hidden": 200}.';

function readConfig(file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readTextFile(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${file}: not JSON: ${error.message}. ${EXPECTED}`, {
      code: 'SEQTAG_OPTION',
      cause: error,
    });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new UserError(`${file}: not an object. ${EXPECTED}`, { code: 'SEQTAG_OPTION' });
}
