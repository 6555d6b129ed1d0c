import type { Ratio, Report } from './evaluation-types.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import type { Column, EngineOptions, Format, ReadOptions, Scheme } from './types.ts';

/** Tells a run to stop, as an `AbortSignal` does. */
export interface StopSignal {
  readonly aborted: boolean;
}

/** A run with its events, in order, and its result. It begins when the first event or the result is requested. */
export interface Run<Event, Result> extends AsyncIterable<Event> {
  /**
   * Runs to the end and returns the result. Skips events that were not read. Rejects if the run fails, or if a loop
   * over its events ended early.
   */
  result(): Promise<Result>;
}

/** Checkpoints, from which an interrupted run can go on to the bytes of a run that was never stopped. */
export interface CheckpointOptions {
  /**
   * The file of the checkpoints. It is removed when the output is written. With it, the signal stops the run without an
   * output: the last event is `interrupted`, and `result()` rejects with the code `SEQTAG_INTERRUPTED`. Default: none.
   */
  readonly checkpoint?: string | undefined;
  /** Minutes between checkpoints within an epoch. Default: 5. */
  readonly checkpointEvery?: number | undefined;
  /**
   * Go on with the run of the checkpoint if the file is there, else begin. The other options must be the same. Default: a
   * checkpoint that is there is an error.
   */
  readonly resume?: boolean | undefined;
  /** With `resume`: write the best result so far, without more training. */
  readonly finish?: boolean | undefined;
}

/** Files and options of a training run. */
export interface TrainOptions
  extends EngineOptions,
    CheckpointOptions,
    Omit<ReadOptions, 'absentTag' | 'file'> {
  /**
   * The column of lemmas, which are learned as edit scripts. If it is not among the tag columns, it is one more. Default:
   * a tag column called `lemma`.
   */
  readonly lemmaColumn?: Column | undefined;
  /** The labelled files to train on. */
  readonly corpora: string | readonly string[];
  /** The model file to write. */
  readonly output: string;
  /** The development file. Default: every tenth sentence of the corpora, held out. */
  readonly dev?: string | undefined;
  /** A test file to score the model on at the end. */
  readonly test?: string | undefined;
  /** Pretrained word vectors: a file of GloVe, word2vec, fastText or JSON, or `npm:NAME`, an installed package. */
  readonly embeddings?: string | undefined;
  /** Gazetteers: files with a phrase on each line, with or without its type. */
  readonly gazetteers?: readonly string[] | undefined;
  readonly hyperparameters?: Hyperparameters | undefined;
  /** The scheme of the corpora. Default: by the tags. `IO` reads a run of one label (`PER PER O`) as a span. */
  readonly fromScheme?: Scheme | undefined;
  /** Train on corpora that make a worthless model, such as those with empty tags, too. Default: false. */
  readonly force?: boolean | undefined;
  /** A model from whose weights training begins: its path or bundled name, or these and what is kept of it. */
  readonly init?: string | InitOptions | undefined;
  /** Distillation: a model whose predictions are the targets, in place of some or all gold tags. */
  readonly teacher?: TeacherOptions | undefined;
  /** Stops the training after the current step. Without checkpoints the best epoch so far is kept. */
  readonly signal?: StopSignal | undefined;
}

/** A model from whose weights training begins, for another domain or more data. */
export interface InitOptions {
  /** The path of a model, or the name of a bundled one. */
  readonly model: string;
  /** What becomes of its words, characters and feature values that the corpora lack. Default: `keep`. */
  readonly words?: 'keep' | 'drop' | undefined;
  /**
   * What becomes of its tags that the corpora lack. Default: `keep` in columns of whose tags in the corpora it knows at
   * least half.
   */
  readonly tags?: 'keep' | 'drop' | undefined;
}

/** A teacher for distillation. */
export interface TeacherOptions {
  /** The path of a model, or the name of a bundled one. */
  readonly model: string;
  /** Fraction of the sentences with gold tags whose targets are the teacher's predictions. Default: 1. */
  readonly weight?: number | undefined;
  /** Additional files without tags. */
  readonly raw?: readonly string[] | undefined;
  /** The format of these files. Default: by extension, else by content. */
  readonly rawFormat?: Format | undefined;
}

/** Sizes of a corpus. */
export interface CorpusSize {
  readonly sentences: number;
  readonly tokens: number;
}

/** The network that is being trained, if there are several. */
export interface RunPosition {
  /** The member of an ensemble, from 1. */
  readonly member?: number;
  readonly members?: number;
  /** Present in a refit, which trains on the development data too. */
  readonly refit?: CorpusSize;
}

/** Word vectors are being read from a large file, or learned from the text of the corpus. */
export type VectorsEvent =
  | {
      readonly type: 'vectors';
      /** Bytes of the file that were read so far, and its size if it is known. */
      readonly bytes: number;
      readonly of?: number;
    }
  | {
      readonly type: 'vectors';
      /** The completed fraction of learning, from 0 to 1. */
      readonly done: number;
    };

/** How many rows of a table are kept of the initial model. */
export interface CarriedOver {
  readonly kept: number;
  /** How many of those that are kept occur in the corpora. */
  readonly inCorpora: number;
  readonly new: number;
  readonly dropped: number;
}

/** The data has been read, and training begins. */
export interface StartEvent {
  readonly type: 'start';
  readonly train: CorpusSize;
  readonly dev: CorpusSize & { readonly heldOut: boolean };
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
  /** What is kept of the model from whose weights training begins. */
  readonly init?: {
    readonly model: string;
    /** Number of networks of the model. Several networks of a training begin with them in turn. */
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
  };
  /** The defaults that were chosen for the corpus, and why. Missing in distillation. */
  readonly recipe?: {
    readonly name: string;
    readonly settings: Readonly<Hyperparameters>;
    readonly reason: string;
  };
}

/** Progress within an epoch. */
export interface ProgressEvent extends RunPosition {
  readonly type: 'progress';
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Number of tokens of this epoch so far, and in all. */
  readonly tokens: number;
  readonly of: number;
  /** Mean loss in nats per token. */
  readonly loss: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** An epoch is complete, and the development data has been scored. */
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

/** Training diverged, and goes back to the end of the epoch before with half the learning rate. */
export interface SetbackEvent extends RunPosition {
  readonly type: 'setback';
  /** The epoch that begins again, from 1. */
  readonly epoch: number;
  /** One line about the divergence. */
  readonly message: string;
  /** The initial learning rate from now on. */
  readonly learningRate: number;
}

/** Training has ended, and the model has been written. */
export interface EndEvent {
  readonly type: 'end';
  /** The path of the model. */
  readonly model: string;
  readonly bytes: number;
  readonly parameters: number;
  readonly bestEpoch: number;
  /**
   * Why training ended: all epochs complete, no better score, stopped by the signal, or diverged after a good epoch.
   */
  readonly stopped: 'epochs' | 'patience' | 'signal' | 'diverged';
  /** A message for each network that diverged. Undefined if none did. */
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

/** The signal stopped the run. Its checkpoint has everything that it needs to go on. */
export interface InterruptedEvent {
  readonly type: 'interrupted';
  readonly checkpoint: string;
  /** Whether there is a complete epoch, so that `finish` can write a model. */
  readonly hasModel: boolean;
}

/** The events of training: `start`, then `progress` and `epoch` repeatedly, then `end` or `interrupted`. */
export type TrainingEvent =
  | VectorsEvent
  | StartEvent
  | ProgressEvent
  | EpochEvent
  | SetbackEvent
  | InterruptedEvent
  | EndEvent;

/** The result of a training run. */
export type TrainingResult = Omit<EndEvent, 'type'>;

// ---------------------------------------------------------------------------------------------------------------------

/** A value for each hyperparameter that a sweep compares. */
export type Combination = Readonly<Record<string, string | number | boolean>>;

/** Files, options and values of a sweep. */
export interface SweepOptions extends Omit<TrainOptions, 'teacher' | keyof CheckpointOptions> {
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
  /** False if the sweep was stopped. Called again, it continues. */
  readonly complete: boolean;
  /** The best combination first. */
  readonly rows: readonly SweepRow[];
  /** The run with the best model; null if there is none. */
  readonly best: {
    readonly combination: Combination;
    readonly seed: number;
    /** One for each tag column. */
    readonly dev: readonly { readonly accuracy: Ratio; readonly f1?: Ratio | undefined }[] | null;
  } | null;
  /** The path of the best model. */
  readonly model: string;
  /** The path of the record file, with a line of JSON for each run. */
  readonly record: string;
}

/** The events of a sweep: `plan`; for each run `run` and the events of its training; finally `sweep`. */
export type SweepEvent =
  | {
      readonly type: 'plan';
      readonly combinations: readonly Combination[];
      readonly seeds: number;
      readonly runs: number;
      /** Number of runs that earlier calls finished. */
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
      | SetbackEvent
      | (Omit<EndEvent, 'model'> & { readonly model: string | null })
    ) & {
      readonly run: number;
    })
  | { readonly type: 'diverged'; readonly run: number; readonly message: string }
  | ({ readonly type: 'sweep' } & SweepResult);
