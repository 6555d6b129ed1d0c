import type { Engine } from './engine.ts';

// What the training steps of all engines share.

/** The part of an engine that trains. */
export type TrainingSteps = Pick<Engine, 'trainStep' | 'getOptimizerState' | 'setOptimizerState'>;

const refuse = (): never => {
  throw new Error('this engine only tags');
};

/** An engine that was created without options of training. */
export const tagsOnly: TrainingSteps = {
  trainStep: refuse,
  getOptimizerState: refuse,
  setOptimizerState: refuse,
};

export const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);
