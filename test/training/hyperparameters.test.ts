import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  checkHyperparameters,
  flagOf,
  hyperparameterNames,
  hyperparameters,
} from '../../src/training/hyperparameters.ts';

test('defaults are within their own bounds', () => {
  const defaults = checkHyperparameters({}, 'here');
  for (const name of hyperparameterNames)
    expect(defaults[name]).toBe(hyperparameters[name].default);
  expect(checkHyperparameters(defaults, 'here')).toEqual(defaults);
});

test('names may have dashes or capitals, values may be strings', () => {
  const given = { 'learning-rate': '0.01', wordDim: 7, lowercase: 'false', optimizer: 'sgd' };
  expect(checkHyperparameters(given, 'here')).toMatchObject({
    learningRate: 0.01,
    wordDim: 7,
    lowercase: false,
    optimizer: 'sgd',
  });
  expect(flagOf('learningRate')).toBe('learning-rate');
});

test.each([
  [{ hiden: 3 }, /here: no hyperparameter `hiden`. There are: .*hidden/],
  [{ hidden: 0 }, /here: hidden 0: expected a whole number from 1/],
  [{ hidden: 1.5 }, /hidden 1.5: expected a whole number/],
  [{ hidden: 'x' }, /hidden x/],
  [{ hidden: '' }, /hidden : expected/],
  [{ dropout: 1 }, /dropout 1: expected a number from 0 to 0.99/],
  [{ learningRate: Number.NaN }, /learning-rate NaN/],
  [{ optimizer: 'adagrad' }, /expected one of sgd, adam, adamw/],
  [{ lowercase: 'maybe' }, /expected true or false/],
  [{ weightDecay: 0.1 }, /weight-decay: adam has none. Use optimizer adamw or sgd/],
  [{ charWidth: 2 }, /char-width 2: expected an odd number/],
])('%j is refused in one line', (given, message) => {
  const check = (): unknown => checkHyperparameters(given, 'here');
  expect(check).toThrow(UserError);
  expect(check).toThrow(message);
  expect(check).not.toThrow(/\n/);
});
