import { describe } from 'vitest';
import { trainingStepCases } from '../network/step-cases.ts';
import { createFilled } from './engine.ts';

describe('a training step is the oracle', () => {
  trainingStepCases(createFilled);
});
