import type { Report } from '../evaluation/report.ts';
import type { EpochRecord, MemberRecord, RecipeRecord } from '../model/model.ts';
import type { Coverage } from '../vectors/read.ts';

export interface CorpusSize {
  readonly sentences: number;
  readonly tokens: number;
}

/** How many rows of a table a training takes from the model with which it begins. */
export interface CarriedOver {
  readonly kept: number;
  /** How many of those that are kept occur in the corpora. */
  readonly inCorpora: number;
  readonly new: number;
  readonly dropped: number;
}

/** What a training takes from the model with which it begins. */
export interface InitialRows {
  /** As it was given. */
  readonly model: string;
  /** Number of networks of the model. Network i of the training begins with network i of the model, counted in turn. */
  readonly networks: number;
  readonly words: CarriedOver;
  readonly chars: CarriedOver;
  /** The values of feature columns. */
  readonly columns?: readonly ({ readonly column: string } & CarriedOver)[];
  /** `from`: the tag column of the model; null if none has common tags. */
  readonly tagColumns: readonly ({
    readonly name: string;
    readonly from: string | null;
  } & CarriedOver)[];
}

/** The network that an event is about, if there are several. */
export interface RunPosition {
  /** The index of the ensemble member, from 1, and the number of members. Undefined for a single network. */
  readonly member?: number;
  readonly members?: number;
  /** The training sentences of a refit. The scores of a refit are those of the network that was scored on dev. */
  readonly refit?: CorpusSize;
}

/**
 * Why training ended: all epochs complete, no better score within the patience, the signal, or a loss that is not
 * finite.
 */
export type StopReason = 'epochs' | 'patience' | 'signal' | 'diverged';

/** The events of a training without checkpoints. */
export type UncheckpointedEvent = Exclude<TrainingEvent, { type: 'interrupted' }>;

/**
 * The events of training: `vectors` repeatedly if word vectors take long, `start`, then `progress` and `epoch` repeatedly,
 * then `end` or `interrupted`.
 */
export type TrainingEvent =
  | {
      readonly type: 'vectors';
      /** Bytes of the vector file that were read so far, and its size if it is known. */
      readonly bytes: number;
      readonly of?: number;
    }
  | {
      readonly type: 'vectors';
      /** The completed fraction of learning vectors from the text of the corpus, from 0 to 1. */
      readonly done: number;
    }
  | {
      readonly type: 'start';
      readonly train: CorpusSize;
      readonly dev: CorpusSize & {
        /** Whether the sentences were held out of the training corpora. */
        readonly heldOut: boolean;
      };
      readonly words: number;
      readonly chars: number;
      /** The number of tags and their scheme, in the first tag column. */
      readonly tags: number;
      readonly scheme: string;
      /** All tag columns. `tags` counts the tags of the trained scheme. */
      readonly tagColumns: readonly {
        readonly name: string;
        readonly tags: number;
        readonly scheme: string;
        readonly trainedScheme: string;
        /** Whether the tags are edit scripts of lemmas. */
        readonly lemmas?: boolean;
      }[];
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly epochs: number;
      /** Where an interrupted training goes on: the number of complete epochs of its network, and of finished networks. */
      readonly resumed?: { readonly epoch: number; readonly networks: number };
      /** The model from whose weights training begins. */
      readonly init?: InitialRows;
      /** The defaults for the corpus, and why. Undefined for a student, whose defaults are the teacher's. */
      readonly recipe?: RecipeRecord;
      /** Number and width of the pretrained vectors, bits of each number, and the relative error of these. */
      readonly pretrained?: {
        readonly rows: number;
        readonly dim: number;
        readonly bits: number;
        readonly error: number;
        readonly coverage: Coverage;
      };
      /** Feature columns and the number of their values. */
      readonly columns?: readonly { readonly column: string; readonly values: number }[];
      /** Phrases and types of all gazetteers, and the fraction of training tokens in a match. */
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
      /** Mean loss of this epoch so far, in nats per token. */
      readonly loss: number;
      readonly tokensPerSecond: number;
      /** Upper limit: the time until the last possible epoch. */
      readonly secondsLeft: number;
    })
  | (EpochRecord &
      RunPosition & {
        readonly type: 'epoch';
        readonly epoch: number;
        readonly epochs: number;
        /** The score with penalties as at the end of training, if it was asked for. */
        readonly scoreWithPenalties?: number;
        /** A report for each tag column; empty for a refit. */
        readonly dev: readonly Report[];
        readonly best: boolean;
        readonly tokensPerSecond: number;
        readonly seconds: number;
        readonly secondsLeft: number;
      })
  | (RunPosition & {
      /** Training diverged and goes back to the end of the epoch before, with half the learning rate. */
      readonly type: 'setback';
      /** The epoch that begins again, from 1. */
      readonly epoch: number;
      /** One line about the divergence. */
      readonly message: string;
      /** The initial learning rate from now on. */
      readonly learningRate: number;
    })
  | {
      /** The signal stopped training. The checkpoint has everything that it needs to go on. */
      readonly type: 'interrupted';
      readonly checkpoint: string;
      /** Whether there is a complete epoch, so that a model can be made of the checkpoint. */
      readonly hasModel: boolean;
    }
  | {
      readonly type: 'end';
      /** The model file, its size in bytes, and its number of parameters. */
      readonly model: string;
      readonly bytes: number;
      readonly parameters: number;
      readonly bestEpoch: number;
      /** `signal` if training was interrupted anywhere, else `diverged` if a network diverged. */
      readonly stopped: StopReason;
      /** A line for each network that diverged. The model has its best epoch so far, or does not include it. */
      readonly divergences?: readonly string[];
      /** Score of the best epoch on dev: F1 for spans, else accuracy; the mean over several tag columns. */
      readonly score: number;
      /** A report for each tag column. */
      readonly dev: readonly Report[];
      readonly test?: readonly Report[];
      /** Training sentences of the refit; undefined if there was none. */
      readonly refit?: CorpusSize;
      /** For each tag column the penalty on the score of a tag, in nats; undefined if all are 0. */
      readonly recallBias?: readonly number[];
      /** The tag of the penalty. Undefined for `O`. */
      readonly recallTag?: string;
      readonly members?: readonly MemberRecord[];
      readonly tokensPerSecond: number;
      readonly seconds: number;
    };
