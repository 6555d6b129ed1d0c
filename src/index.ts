export type { BackendOptions } from './backend/backend.ts';
export type { Report } from './evaluation/report.ts';
export { UserError } from './errors.ts';
export { loadTagger, type Tagger } from './tagging/tagger.ts';
export { checkHyperparameters, type Hyperparameters } from './training/hyperparameters.ts';
export { train, type TrainOptions, type TrainingEvent } from './training/train.ts';
