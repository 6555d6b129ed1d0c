import type { Column, CorpusSource, ReadOptions, Scheme, Tagger } from './types.ts';

// The types of evaluation and of checks of corpora.

/** A fraction from 0 to 1; null if the denominator is 0. */
export type Ratio = number | null;

/** Precision, recall and F1. */
export interface Ratios {
  /** correct / predicted */
  readonly precision: Ratio;
  /** correct / gold */
  readonly recall: Ratio;
  /** 2 correct / (gold + predicted) */
  readonly f1: Ratio;
}

/** Scores and counts of one span type or tag. */
export interface Score extends Ratios {
  readonly gold: number;
  readonly predicted: number;
  readonly correct: number;
}

/** The scores of a corpus. */
export interface Report {
  readonly tokens: number;
  readonly correctTokens: number;
  /** Fraction of the tokens with the gold tag. */
  readonly accuracy: Ratio;
  /** Accuracy on words that occur in the training data, and on other words; null if the training data is not known. */
  readonly knownAccuracy: Ratio;
  readonly unknownAccuracy: Ratio;
  readonly unknownTokens: number | null;
  readonly sentences: number;
  /** Fraction of the sentences in which every tag is right. */
  readonly sentenceAccuracy: Ratio;
  /** For span tags. A span is correct if start, end and type agree, as in conlleval. */
  readonly spans?: Score & {
    readonly macro: Ratios;
    readonly types: Readonly<Record<string, Score>>;
  };
  /** Set for lemmas, which have no scores by tag. A word whose gold lemma is `_` has none, and counts as correct. */
  readonly lemmas?: boolean;
  /** For plain tags. */
  readonly tags?: { readonly macro: Ratios; readonly byTag: Readonly<Record<string, Score>> };
  /** The most frequent confusions, in tokens. */
  readonly confusions: readonly {
    readonly gold: string;
    readonly predicted: string;
    readonly count: number;
  }[];
  /**
   * Gold tags that do not occur in the training data, or lemmas that no edit script of the model gives; they count as
   * errors. Null if the training data is not known.
   */
  readonly unseenTags: readonly { readonly tag: string; readonly count: number }[] | null;
}

/** Options of `evaluate`. */
export interface EvaluateOptions extends ReadOptions {
  /** The gold standard: a labelled file, or sentences with tags. */
  readonly gold: CorpusSource | Iterable<GoldSentence>;
  /** The predictions: a tagger, a file, or sentences with the same tokens. */
  readonly predicted: Tagger | CorpusSource | Iterable<GoldSentence>;
  /** The column of the predicted tags in a file. Default: `tagColumn`. */
  readonly predictedColumn?: Column | undefined;
  /**
   * Gold labels may be `?` (unknown) or `NN|VB` (one of these). Only tokens with a single gold tag are scored. Default:
   * false.
   */
  readonly partial?: boolean | undefined;
  /** The scheme of the gold tags. Default: by the tags. `IO` reads a run of one label (`PER PER O`) as a span. */
  readonly fromScheme?: Scheme | undefined;
}

/** Options of `compare`. */
export interface CompareOptions extends Omit<EvaluateOptions, 'gold' | 'predicted'> {
  /** The gold standard: a labelled file, or sentences with tags. It is read for each run. */
  readonly gold: string | readonly GoldSentence[];
  /** Two or more systems. A system has one run, or several with different seeds. */
  readonly systems: readonly {
    readonly name: string;
    readonly runs: readonly EvaluateOptions['predicted'][];
  }[];
  /** Number of bootstrap samples, and of randomisations. Default: 10,000. */
  readonly samples?: number | undefined;
  /** Seed of the random numbers. Default: 1. */
  readonly seed?: number | undefined;
}

/** The 2.5th and the 97.5th percentile of the bootstrap samples. */
export type Interval = readonly [low: number, high: number];

/** Scores of systems on one gold standard, and their differences. */
export interface Comparison {
  /** F1 of spans, or accuracy of plain tags. */
  readonly score: 'f1' | 'accuracy';
  readonly sentences: number;
  readonly systems: readonly {
    readonly name: string;
    /** The score of all runs together. */
    readonly score: number;
    readonly interval: Interval;
    /** The score of each run. */
    readonly runs: readonly number[];
  }[];
  /** Each pair of systems, in their order. */
  readonly pairs: readonly {
    readonly a: string;
    readonly b: string;
    /** The score of b minus the score of a. */
    readonly difference: number;
    readonly interval: Interval;
    /** Probability of so large a difference, either way, between systems that are equally good. */
    readonly p: number;
    /** The same, corrected for the number of pairs (Holm 1979). */
    readonly adjustedP: number;
    /**
     * Indices, from 0, of the sentences that only `a` has entirely right. Of several runs, more than half must be right.
     * Sentences without tokens do not count.
     */
    readonly onlyA: readonly number[];
    readonly onlyB: readonly number[];
  }[];
}

/** A corpus to check: for training, development or test. */
export interface CorpusPart {
  readonly role: 'train' | 'dev' | 'test';
  /** The name in messages. */
  readonly name: string;
  /** Sentences with tags. Those of `readCorpus` have a file and a line for messages. */
  readonly sentences: Iterable<
    GoldSentence & { readonly file?: string | undefined; readonly line?: number | undefined }
  >;
}

/** Options of `lint`. */
export interface LintOptions {
  /** Tags may be `?` (unknown) or `NN|VB` (one of these). Default: false. */
  readonly partial?: boolean | undefined;
  /** The tags are lemmas. Default: false. */
  readonly lemmas?: boolean | undefined;
  /** The scheme of the tags. Default: by the tags. */
  readonly fromScheme?: Scheme | undefined;
}

/** What `lint` found. */
export interface Finding {
  /** A stable name, such as `empty-tags`. */
  readonly check: string;
  /** `error`: a model or score would be worthless. `warning`: probably a mistake. `note`: worth knowing. */
  readonly severity: 'error' | 'warning' | 'note';
  /** One line: where, what, and how to correct it. */
  readonly message: string;
  /** How many lines, tokens or sentences are concerned. */
  readonly count: number;
}

/** A sentence with gold or predicted tags. */
export interface GoldSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
}
