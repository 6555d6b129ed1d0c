import { expect, test } from 'vitest';
import {
  parseBptt,
  parseClip,
  parseFeatures,
  parsePeriods,
} from '../../src/training/hyperparameter-values.ts';

test('values of a special form are parsed', () => {
  expect(parseBptt('full')).toEqual({ kind: 'full' });
  expect(parseBptt('regular:35')).toEqual({ kind: 'regular', length: 35 });
  expect(parseBptt('random:0.25')).toEqual({ kind: 'random', probability: 0.25 });
  expect(parseClip('norm:5')).toEqual({ kind: 'norm', limit: 5 });
  expect(parseClip('value:0.5')).toEqual({ kind: 'value', limit: 0.5 });
  expect(parseClip('none')).toEqual({ kind: 'none' });
  expect(parsePeriods('1,3,9')).toEqual([1, 3, 9]);
  expect(parseFeatures('case')).toEqual(['case']);
  expect(parseFeatures('none')).toBeUndefined();
});
