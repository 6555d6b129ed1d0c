export type { BackendOptions } from './backend/backend.ts';
export type { Alternative, Annotation } from './corpus/sentence.ts';
export { type EmbeddingEvent, type EmbedOptions, embed } from './embedding/embed.ts';
export { checkEmbedding, type EmbeddingNumbers } from './embedding/options.ts';
export { DivergedError, UserError } from './errors.ts';
export type { Report } from './evaluation/report.ts';
export type { AnnotateOptions } from './tagging/annotate.ts';
export type { RecallBias } from './tagging/recall.ts';
export { loadTagger, type Tagger, type TaggerOptions } from './tagging/tagger.ts';
export type { TeacherOptions } from './training/distill.ts';
export {
  checkHyperparameters,
  checkSettings,
  type Hyperparameters,
  type Settings,
} from './training/hyperparameters.ts';
export { type SweepEvent, type SweepOptions, sweep } from './training/sweep.ts';
export { type TrainingEvent, type TrainOptions, train } from './training/train.ts';
