import type { Hyperparameters } from './hyperparameters.ts';
import type {
  Column,
  ComputeOptions,
  CorpusSource,
  Format,
  Ratio,
  ReadOptions,
  Report,
} from './types.ts';

/** Tells a run to stop; an `AbortSignal` is one. */
export interface StopSignal {
  readonly aborted: boolean;
}

/** A run: the events in the order in which they happen, and the result. It begins when one of the two is asked for. */
export interface Run<Event, Result> extends AsyncIterable<Event> {
  /**
   * The result, once the run has ended. Events that nobody has read by then are skipped. Rejects if the run fails, or if
   * the loop over its events was left before the end.
   */
  result(): Promise<Result>;
}

/** Files and options of a training. */
export interface TrainOptions
  extends ComputeOptions,
    Pick<ReadOptions, 'format' | 'tokenColumn' | 'tagColumn' | 'featureColumn' | 'header'> {
  /** The labelled files to train on. */
  readonly corpora: string | readonly string[];
  /** The model file to write. */
  readonly output: string;
  /** The development file. Default: every tenth sentence of the corpora is held out. */
  readonly dev?: string | undefined;
  /** A test file to score at the end. */
  readonly test?: string | undefined;
  /** A file of pretrained word vectors: GloVe, word2vec or fastText. */
  readonly embeddings?: string | undefined;
  /** Files with a phrase on each line, with or without its type. */
  readonly gazetteers?: readonly string[] | undefined;
  readonly hyperparameters?: Hyperparameters | undefined;
  /** A model whose predictions are learned, alone or along with the gold tags (distillation). */
  readonly teacher?: TeacherOptions | undefined;
  /** Stops the training after the current step; the best epoch so far is kept. */
  readonly signal?: StopSignal | undefined;
}

/** A teacher for distillation. */
export interface TeacherOptions {
  /** The path of a model, or the name of a bundled one. */
  readonly model: string;
  /** Fraction of the sentences with gold tags that are learned from the teacher's predictions instead. Default: 1. */
  readonly weight?: number | undefined;
  /** Files without tags to learn from. */
  readonly raw?: readonly string[] | undefined;
  /** The format of these files. Default: by extension, else by content. */
  readonly rawFormat?: Format | undefined;
}

/** Sizes of a corpus. */
export interface CorpusSize {
  readonly sentences: number;
  readonly tokens: number;
}

/** Which of several networks is being trained, and on what. */
export interface RunPosition {
  /** The member of an ensemble, from 1. */
  readonly member?: number;
  readonly members?: number;
  /** Present while training again on the development data too. */
  readonly refit?: CorpusSize;
}

/** The data was read, and training begins. */
export interface StartEvent {
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
}

/** A part of an epoch is done. */
export interface ProgressEvent extends RunPosition {
  readonly type: 'progress';
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Tokens of this epoch so far, of all its tokens. */
  readonly tokens: number;
  readonly of: number;
  /** Mean loss of a token, in nats. */
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** An epoch is done, and the development data was scored. */
export interface EpochEvent extends RunPosition {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  /** F1 for spans, else accuracy; the mean of several tag columns. */
  readonly score: number;
  /** Mean norm of the gradient, and the fraction of steps in which it was clipped. */
  readonly norm: number;
  readonly clipped: number;
  /** One report for each tag column. */
  readonly dev: readonly Report[];
  readonly best: boolean;
  readonly tokensPerSecond: number;
  readonly seconds: number;
  readonly secondsLeft: number;
}

/** Training is over, and the model is written. */
export interface EndEvent {
  readonly type: 'end';
  /** The path of the model. */
  readonly model: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly bestEpoch: number;
  /** Why training ended: all epochs done, no better score, stopped by the signal, or diverged after a good epoch. */
  readonly stopped: 'epochs' | 'patience' | 'signal' | 'diverged';
  /** What diverged, a message for each network, if something did. */
  readonly divergences?: readonly string[];
  /** On the development data: F1 for spans, else accuracy; the mean of several tag columns. */
  readonly score: number;
  /** One report for each tag column. */
  readonly dev: readonly Report[];
  readonly test?: readonly Report[];
  readonly refit?: CorpusSize;
  readonly tokensPerSecond: number;
  readonly seconds: number;
}

/** What happens in a training: `start`, then `progress` and `epoch` many times, then `end`. */
export type TrainingEvent = StartEvent | ProgressEvent | EpochEvent | EndEvent;

/** The result of a training. */
export type TrainingResult = Omit<EndEvent, 'type'>;

// ---------------------------------------------------------------------------------------------------------------------

/** A value for each hyperparameter that a sweep compares. */
export type Combination = Readonly<Record<string, string | number | boolean>>;

/** Files, options and values of a sweep. */
export interface SweepOptions extends Omit<TrainOptions, 'teacher'> {
  /** The values to compare, by hyperparameter. Every combination of them is trained. */
  readonly values: {
    readonly [Name in keyof Hyperparameters]?: readonly NonNullable<Hyperparameters[Name]>[];
  };
  /** Runs of each combination, with the seeds `seed`, `seed + 1` and so on. Default: 1. */
  readonly seeds?: number | undefined;
}

/** Mean and standard deviation (n - 1) of several runs; null where there are too few. */
export interface Spread {
  readonly mean: number | null;
  readonly deviation: number | null;
}

/** A combination and its runs. */
export interface SweepRow {
  readonly combination: Combination;
  /** Runs with a score, and runs that diverged. */
  readonly runs: number;
  readonly diverged: number;
  /** F1 for spans, else accuracy; the mean of several tag columns. */
  readonly dev: Spread;
  readonly test?: Spread;
  readonly parameters: number | null;
  readonly tokensPerSecond: number | null;
  readonly seconds: number | null;
  readonly epochs: number | null;
}

/** The result of a sweep. */
export interface SweepResult {
  /** False if the sweep was stopped; called again, it goes on where it ended. */
  readonly complete: boolean;
  /** The best combination first. */
  readonly rows: readonly SweepRow[];
  /** The run whose model was kept; null if there is none. */
  readonly best: {
    readonly combination: Combination;
    readonly seed: number;
    /** One for each tag column. */
    readonly dev: readonly { readonly accuracy: Ratio; readonly f1?: Ratio | undefined }[] | null;
  } | null;
  /** The path of the best model. */
  readonly model: string;
  /** The path of the file with a line of JSON for each run. */
  readonly record: string;
}

/** What happens in a sweep: `plan`; for each run `run` and the events of its training; at last `sweep`. */
export type SweepEvent =
  | {
      readonly type: 'plan';
      readonly combinations: readonly Combination[];
      readonly seeds: number;
      readonly runs: number;
      /** Runs that an earlier call has done. */
      readonly done: number;
      readonly record: string;
    }
  | {
      readonly type: 'run';
      /** From 1. */
      readonly run: number;
      readonly runs: number;
      readonly combination: Combination;
      readonly seed: number;
    }
  | ((
      | StartEvent
      | ProgressEvent
      | EpochEvent
      | (Omit<EndEvent, 'model'> & { readonly model: string | null })
    ) & {
      readonly run: number;
    })
  | { readonly type: 'diverged'; readonly run: number; readonly message: string }
  | ({ readonly type: 'sweep' } & SweepResult);

// ---------------------------------------------------------------------------------------------------------------------

/** Texts and options of `embed`. The defaults are those of fastText, but for the number of buckets. */
export interface EmbedOptions extends ComputeOptions {
  /** Files of raw text or of any corpus format, or streams. */
  readonly texts: CorpusSource | readonly CorpusSource[];
  /** The file to write: the binary format of word2vec if its name ends in `.bin`, else its text format; `.gz` compresses. */
  readonly output: string;
  /** Format of the texts. Default: by extension, else by content; `text` for a stream. */
  readonly format?: Format | undefined;
  readonly tokenColumn?: Column | undefined;
  /** Ignore the case of words. Default: true. */
  readonly lowercase?: boolean | undefined;
  /** Words that occur less often have no vector. Default: 5; 2 below a million tokens. */
  readonly minCount?: number | undefined;
  /** Width of the vectors. Default: 100. */
  readonly dim?: number | undefined;
  /** Default: 5. */
  readonly epochs?: number | undefined;
  /** Words on each side of a word, at most. Default: 5. */
  readonly window?: number | undefined;
  /** Noise words for each word. Default: 5. */
  readonly negatives?: number | undefined;
  /** Fraction of the text above which a word is thinned out; 0: none. Default: 1e-4. */
  readonly subsample?: number | undefined;
  /** Lengths of the character n-grams. Default: 3 to 6; a `maxNgram` of 0 turns them off. */
  readonly minNgram?: number | undefined;
  readonly maxNgram?: number | undefined;
  /** Rows that all n-grams share. Default: 200,000. */
  readonly buckets?: number | undefined;
  /** Learning rate at the start; it falls to 0. Default: 0.05. */
  readonly learningRate?: number | undefined;
  /** Random seed. Default: 1. */
  readonly seed?: number | undefined;
  /** Stops after the current round; the vectors so far are written. */
  readonly signal?: StopSignal | undefined;
}

/** The position in the training of word vectors. */
export interface EmbeddingPosition {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean loss of a word with its noise words, in nats; null if there was none. */
  readonly loss: number | null;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** The result of `embed`. */
export interface EmbeddingResult {
  /** The path of the vectors. */
  readonly vectors: string;
  readonly bytes: number;
  readonly words: number;
  readonly dim: number;
  readonly stopped: 'epochs' | 'signal';
  readonly tokensPerSecond: number;
  readonly seconds: number;
}

/** What happens in `embed`: `read` many times, `start`, then `progress` and `epoch` many times, then `end`. */
export type EmbeddingEvent =
  | { readonly type: 'read'; readonly tokens: number }
  | {
      readonly type: 'start';
      readonly sentences: number;
      readonly tokens: number;
      readonly words: number;
      /** Fraction of the tokens that have a vector. */
      readonly covered: number;
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly epochs: number;
    }
  | (EmbeddingPosition & { readonly type: 'progress'; readonly done: number })
  | (EmbeddingPosition & { readonly type: 'epoch'; readonly seconds: number })
  | ({ readonly type: 'end' } & EmbeddingResult);
