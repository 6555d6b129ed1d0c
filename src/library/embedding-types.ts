import type { CheckpointOptions, StopSignal } from './training-types.ts';
import type { Column, ComputeOptions, CorpusSource, Format } from './types.ts';

/** Texts and options of `embed`. The defaults are those of fastText, except for the number of buckets. */
export interface EmbedOptions extends ComputeOptions, CheckpointOptions {
  /** Files of raw text or of any corpus format, or streams. */
  readonly texts: CorpusSource | readonly CorpusSource[];
  /** The file to write: the binary format of word2vec if its name ends in `.bin`, else its text format; `.gz` compresses. */
  readonly output: string;
  /** Format of the texts. Default: by extension, else by content; `text` for a stream. */
  readonly format?: Format | undefined;
  readonly tokenColumn?: Column | undefined;
  /** As for `readCorpus`. */
  readonly encoding?: string | undefined;
  readonly comment?: string | false | undefined;
  readonly onNote?: ((note: string) => void) | undefined;
  /** Ignore the case of words. Default: true. */
  readonly lowercase?: boolean | undefined;
  /** Words that occur less often have no vector. Default: 5; 2 below a million tokens. */
  readonly minCount?: number | undefined;
  /** Width of the vectors. Default: 100. */
  readonly dim?: number | undefined;
  /** Default: 5. */
  readonly epochs?: number | undefined;
  /** Window size: maximum number of words on each side of a word. Default: 5. */
  readonly window?: number | undefined;
  /** Negative sampling: noise words per word. Default: 5. */
  readonly negatives?: number | undefined;
  /** Relative frequency above which words are subsampled; 0 for no subsampling. Default: 1e-4. */
  readonly subsample?: number | undefined;
  /** Lengths of the character n-grams. Default: 3 to 6; a `maxNgram` of 0 turns them off. */
  readonly minNgram?: number | undefined;
  readonly maxNgram?: number | undefined;
  /** Hash buckets for n-grams. Default: 200,000. */
  readonly buckets?: number | undefined;
  /** Initial learning rate, which falls linearly to 0. Default: 0.05. */
  readonly learningRate?: number | undefined;
  /** Random seed. Default: 1. */
  readonly seed?: number | undefined;
  /** Stops after the current round. Without checkpoints the vectors so far are written. */
  readonly signal?: StopSignal | undefined;
}

/** The position in the training of word vectors. */
export interface EmbeddingPosition {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Mean loss in nats of a word with its noise words; null if none was measured. */
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

/** The events of `embed`: `read` repeatedly, `start`, then `progress` and `epoch` repeatedly, then `end` or `interrupted`. */
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
      /** The epoch in which an interrupted training goes on, from 1. */
      readonly resumed?: number;
    }
  | (EmbeddingPosition & { readonly type: 'progress'; readonly done: number })
  | (EmbeddingPosition & { readonly type: 'epoch'; readonly seconds: number })
  | {
      /** The signal stopped the run. Its checkpoint has everything that it needs to go on. */
      readonly type: 'interrupted';
      readonly checkpoint: string;
    }
  | ({ readonly type: 'end' } & EmbeddingResult);
