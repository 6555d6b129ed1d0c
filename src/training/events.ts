import type { Report } from '../evaluation/report.ts';
import type { EpochRecord, MemberRecord } from '../model/model.ts';
import type { Coverage } from '../vectors/vectors.ts';

export interface CorpusSize {
  readonly sentences: number;
  readonly tokens: number;
}

export interface RunPosition {
  /** Which member of an ensemble is trained, from 1; left out where there is one network. */
  readonly member?: number;
  readonly members?: number;
  /** What it is trained on when it is trained again, by `refit`; scores are then those of the first time. */
  readonly refit?: CorpusSize;
}

/** What training tells of itself, in this order: start, then progress and epoch over and over, then end. */
export type TrainingEvent =
  | {
      readonly type: 'start';
      readonly train: CorpusSize;
      readonly dev: CorpusSize & { readonly heldOut: boolean };
      readonly words: number;
      readonly chars: number;
      readonly tags: number;
      readonly scheme: string;
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly epochs: number;
      readonly pretrained?: { readonly coverage: Coverage; readonly kept: number };
      /** Columns that are read beside the tokens, and how many values each has. */
      readonly columns?: readonly { readonly column: string; readonly values: number }[];
      /** Phrases and types of all gazetteers, and the share of the corpus's tokens that are in a phrase of them. */
      readonly gazetteer?: {
        readonly entries: number;
        readonly types: number;
        readonly matched: number;
      };
    }
  | (RunPosition & {
      readonly type: 'progress';
      /** From 1. */
      readonly epoch: number;
      readonly epochs: number;
      /** Tokens of this epoch so far, and in all. */
      readonly tokens: number;
      readonly of: number;
      readonly loss: number;
      readonly tokensPerSecond: number;
      /** Of all epochs that may come. */
      readonly secondsLeft: number;
    })
  | (EpochRecord &
      RunPosition & {
        readonly type: 'epoch';
        readonly epoch: number;
        readonly epochs: number;
        /** Of each column of tags; none when it is trained again. */
        readonly dev: readonly Report[];
        readonly best: boolean;
        readonly tokensPerSecond: number;
        readonly seconds: number;
        readonly secondsLeft: number;
      })
  | {
      readonly type: 'end';
      readonly model: string;
      readonly bytes: number;
      readonly parameters: number;
      readonly bestEpoch: number;
      readonly stopped: 'epochs' | 'patience' | 'signal';
      /** Of the best epoch on dev: F1 for spans, else accuracy; of several columns, their mean. */
      readonly score: number;
      readonly dev: readonly Report[];
      readonly test?: readonly Report[];
      /** As in the record. */
      readonly refit?: CorpusSize;
      readonly recallBias?: readonly number[];
      readonly recallTag?: string;
      readonly members?: readonly MemberRecord[];
      readonly tokensPerSecond: number;
      readonly seconds: number;
    };
