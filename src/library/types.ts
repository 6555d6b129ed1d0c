// The types of the public interface. They import nothing from other files, so that internals can change without
// breaking programs that use the library.

/**
 * A corpus format. `html`, `doccano`, `prodigy` and `label-studio` can only be written (what these tools write is `jsonl`
 * or `json`); `text` and `lines` can only be read.
 */
export type Format =
  | 'columns'
  | 'conllu'
  | 'csv'
  | 'tsv'
  | 'horizontal'
  | 'text'
  | 'lines'
  | 'jsonl'
  | 'json'
  | 'inline'
  | 'spans'
  | 'brat'
  | 'html'
  | 'doccano'
  | 'prodigy'
  | 'label-studio';

/**
 * How tags write spans: `IOB1`, `BIO` (also called IOB2), `BIOES` (IOBES), `BILOU`, `BMES`, or `none` for plain tags such
 * as parts of speech.
 */
export type Scheme = 'IOB1' | 'BIO' | 'BIOES' | 'BILOU' | 'BMES' | 'IO' | 'none';

/**
 * A column of a corpus: an index from 0, a negative index from the end (-1 is the last), or a name: a field of CoNLL-U
 * (`upos`) or a key in its MISC, a name in the header of csv and tsv, a key of jsonl.
 */
export type Column = number | string;

/** A range of a text in UTF-16 code units, as `String.prototype.slice` counts: `text.slice(start, end)`. */
export interface Offsets {
  readonly start: number;
  readonly end: number;
}

/** The tokens `start` to `end - 1` of a sentence, counted from 0. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

// ---------------------------------------------------------------------------------------------------------------------
// Tagging

/** A span that a model found. */
export interface TaggedSpan extends Span {
  /** The span's part of the text; in a sentence given as tokens, the tokens joined by spaces. */
  readonly text: string;
  /** Probability of this span, from 0 to 1, if confidences were requested. */
  readonly confidence?: number;
}

/** A span found in a text. */
export interface TextSpan extends TaggedSpan {
  /** The position of the span in the text. */
  readonly offsets: Offsets;
}

/** One of several tag sequences of a sentence. */
export interface Alternative {
  readonly tags: readonly string[];
  /** Probability of the whole sequence, from 0 to 1. */
  readonly probability: number;
}

/** The tags of a sentence in one tag column of a model. */
export interface TaggedColumn {
  /** The column's name, as in `ModelInfo.tagColumns`. */
  readonly name: string;
  /** One tag for each token. */
  readonly tags: readonly string[];
  /** The spans of the tags; empty for plain tags. */
  readonly spans: readonly TaggedSpan[];
  /** Probability of each tag, from 0 to 1, if confidences were requested. */
  readonly confidences?: readonly number[];
  /** The most probable tag sequences, best first, if they were requested. */
  readonly alternatives?: readonly Alternative[];
}

/** A sentence with its tags. The fields of the model's first tag column are also fields of the sentence. */
export interface TaggedSentence extends TaggedColumn {
  readonly tokens: readonly string[];
  /** All tag columns of the model, in its order. */
  readonly columns: readonly TaggedColumn[];
}

/** A sentence of a text: its position and its tokens. */
export interface TextSentence {
  /** The sentence without the white space around it. */
  readonly text: string;
  /** The position of the sentence in the text. */
  readonly offsets: Offsets;
  readonly tokens: readonly string[];
  /** The position of each token in the text. */
  readonly tokenOffsets: readonly Offsets[];
}

/** The tags of a sentence of a text in one tag column of a model. */
export interface TextColumn extends TaggedColumn {
  readonly spans: readonly TextSpan[];
}

/** A sentence of a text with its tags. */
export interface TaggedText extends TextSentence, TextColumn {
  readonly columns: readonly TextColumn[];
}

/** A sentence to tag: its tokens, or an object that has them. Sentences of `readCorpus` are such objects. */
export type SentenceInput =
  | readonly string[]
  | {
      readonly tokens: readonly string[];
      /** One list of values for each of the model's feature columns, one value for each token. */
      readonly featureColumns?: readonly (readonly string[])[] | undefined;
      /**
       * Known labels: one list for each tag column of the model, or `undefined` for a column without known labels. A
       * label is a tag, several tags (`NN|VB`: one of these), or `?` (any tag).
       */
      readonly given?: readonly (readonly string[] | undefined)[] | undefined;
    };

/** Options of tagging. */
export interface TagOptions {
  /** Return the probability of each tag and each span. Default: false. */
  readonly confidence?: boolean | undefined;
  /**
   * Minimum probability, from 0 to 1: a less probable plain tag becomes `_`, a less probable span is left out. Default:
   * 0.
   */
  readonly minConfidence?: number | undefined;
  /** Return this many tag sequences for each sentence, or fewer if there are fewer. */
  readonly nBest?: number | undefined;
}

/** Options of computation. */
export interface ComputeOptions {
  /** `native` kernels, `wasm` (WebAssembly), or `auto`: native if they were built. Default: `auto`. */
  readonly backend?: 'auto' | 'native' | 'wasm' | undefined;
  /** Number of threads, including this one. Default: one for each core. */
  readonly threads?: number | undefined;
  /** Precision of matrix products; `bfloat16` needs native kernels and a processor with AMX. Default: `single`. */
  readonly products?: 'single' | 'bfloat16' | undefined;
}

/** Options of computation with a network. */
export interface EngineOptions extends ComputeOptions {
  /** `builtin`, or `tensorflow`, which needs the package @tensorflow/tfjs-node. Default: `builtin`. */
  readonly engine?: 'builtin' | 'tensorflow' | undefined;
}

/** Options of `loadTagger`. */
export interface LoadOptions extends EngineOptions {
  /**
   * A penalty on a tag's score, in nats. Replaces the penalty that training chose. A penalty on `O` (the default tag)
   * gives more recall and less precision.
   */
  readonly recallBias?: { readonly tag?: string | undefined; readonly nats: number } | undefined;
}

/** A loaded model. */
export interface ModelInfo {
  /** The path of its file. */
  readonly path: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** The model's tag columns. */
  readonly tagColumns: readonly {
    /** The column's name in training, else `upos`, `xpos`, `feats`, `lemma` or `NER`, by the kind of the tags. */
    readonly name: string;
    /** The scheme of the tags; `none` for plain tags. */
    readonly scheme: Scheme;
    /** Whether the values are lemmas. */
    readonly lemmas?: boolean;
    /** The plain tags, or the span types, or the edit scripts of lemmas. */
    readonly labels: readonly string[];
  }[];
  /** The feature columns that the model reads in addition to the tokens, as named in training; usually none. */
  readonly featureColumns: readonly Column[];
  /** The kind of kernels and the number of threads in use. */
  readonly backend: {
    readonly kind: 'native' | 'wasm' | 'tensorflow';
    readonly threads: number;
  };
}

type KeyOf<T> = T extends { readonly asyncDispose: infer Key extends symbol } ? Key : never;

/**
 * `[Symbol.asyncDispose]()`, for `await using`. TypeScript knows that symbol only with the library `esnext.disposable`;
 * programs compiled without it see an empty type here.
 */
export type AsyncDisposal = {
  readonly [Key in KeyOf<SymbolConstructor>]: () => Promise<void>;
};

/**
 * A model ready to tag. It keeps worker threads and memory, so close it when it is no longer needed. After `close`,
 * every method throws a `UserError` with the code `SEQTAG_CLOSED`.
 */
export interface Tagger extends AsyncDisposal {
  readonly model: ModelInfo;
  /**
   * Finds the sentences and tokens of a text, and tags them.
   * @throws UserError if the model reads feature columns, which a text does not have
   */
  tagText(text: string, options?: TagOptions): TaggedText[];
  /**
   * Tags tokenized sentences.
   * @throws UserError if feature columns are missing, or if a given label is not a tag of the model
   */
  tag(sentences: Iterable<SentenceInput>, options?: TagOptions): TaggedSentence[];
  /**
   * Tags a text that arrives in pieces: strings, or bytes in UTF-8 such as a Node.js stream. Yields a sentence as soon
   * as its end is certain: at a blank line, after a long paragraph, or at the end of the text. Memory stays bounded.
   * Offsets count from the beginning of the text.
   */
  tagTextStream(
    chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
    options?: TagOptions,
  ): AsyncGenerator<TaggedText, void, undefined>;
  /** Tags sentences that arrive one by one. Yields results in order, in bounded memory. */
  tagStream(
    sentences: AsyncIterable<SentenceInput> | Iterable<SentenceInput>,
    options?: TagOptions,
  ): AsyncGenerator<TaggedSentence, void, undefined>;
  /** Whether the model knows this word. Digits count as 0, and models usually ignore case. */
  isKnown(word: string): boolean;
  /** Ends the worker threads. Closing twice does no harm. */
  close(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------------------
// Corpora

/** The source text of a sentence, for a writer of the same format. Opaque: pass it on unchanged. */
export interface SentenceSource {
  readonly raw: string;
}

/** A sentence of a corpus. */
export interface Sentence {
  readonly tokens: readonly string[];
  /** The first tag column: one tag for each token; empty if no tags were read. */
  readonly tags: readonly string[];
  /** All tag columns, in the requested order, if several were requested. */
  readonly tagColumns?: readonly (readonly string[])[] | undefined;
  /** The feature columns, in the requested order, if any were requested. */
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
  /** The name of the file. */
  readonly file: string;
  /** The line of the first token, from 1. */
  readonly line: number;
  /** Present with `keepSource`. */
  readonly source?: SentenceSource;
}

/** A file, or a stream of bytes such as `process.stdin`; both may be compressed by gzip or zstd. */
export type CorpusSource = string | AsyncIterable<Uint8Array>;

/** Format and columns of a corpus. */
export interface ReadOptions {
  /** Default: by the file's extension, else by its content. */
  readonly format?: Format | undefined;
  /** The column of the tokens. Default: depends on the format. */
  readonly tokenColumn?: Column | undefined;
  /** One or more tag columns. Default: depends on the format. */
  readonly tagColumn?: Column | readonly Column[] | undefined;
  /** Columns to read into `featureColumns`. */
  readonly featureColumn?: Column | readonly Column[] | undefined;
  /** Whether csv and tsv begin with a header. Default: by its content. */
  readonly header?: boolean | undefined;
  /** conllu: the tag of a word without the requested key in MISC. Default: `O`. */
  readonly absentTag?: string | undefined;
  /** The encoding of the bytes, a label of the Encoding Standard such as `latin1`. Default: UTF-8. */
  readonly encoding?: string | undefined;
  /**
   * columns, csv and tsv: what comment lines begin with, or false if there are none. Default: `#` and a space or tab, unless
   * the line is a token.
   */
  readonly comment?: string | false | undefined;
  /** json, jsonl, csv, tsv and columns: the names of labels that are written as numbers. `labels[0]` is the name of 0. */
  readonly labels?: readonly string[] | undefined;
  /** Refuse a file with spans that do not begin and end with a token. Default: false; `onNote` gets their number. */
  readonly strictSpans?: boolean | undefined;
  /** Called with one line for each thing that was assumed, converted or skipped. Default: such lines are dropped. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** The name of the corpus in messages. Default: the path, or `<stdin>` for a stream. */
  readonly file?: string | undefined;
}

/** Options of `readCorpus` and `readSentences`. */
export interface ReadCorpusOptions extends ReadOptions {
  /** Read tags. Default: true, or false for formats without tags: `text`, `lines`, `horizontal`. */
  readonly gold?: boolean | undefined;
  /** Keep the source of each sentence, so that `writeCorpus` preserves everything else in the file. Default: false. */
  readonly keepSource?: boolean | undefined;
}

/** A sentence to write: from a corpus, or from a tagger. */
export interface WritableSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  readonly tagColumns?: readonly (readonly string[])[] | undefined;
  /** All tag columns of a tagged sentence, with confidences and alternatives. */
  readonly columns?: readonly TaggedColumn[] | undefined;
  /** The text of the sentence, if it was found in a text. */
  readonly text?: string | undefined;
  readonly offsets?: Offsets | undefined;
  readonly source?: SentenceSource | undefined;
}

/** Options of `writeCorpus` and `formatCorpus`. */
export interface WriteOptions {
  /** Default: by the file's extension, else the format of the sources, else `columns`. */
  readonly format?: Format | undefined;
  /**
   * The output column of each tag column. With sources of the same format, an existing column is replaced. Default: a
   * new last column; `upos` in conllu; `tags` in jsonl.
   */
  readonly tagColumn?: Column | readonly Column[] | undefined;
  /** Write the confidences of tagged sentences. Default: false. */
  readonly confidence?: boolean | undefined;
  /** Write this many alternatives of tagged sentences, in jsonl and columns. */
  readonly nBest?: number | undefined;
  /** spans: what offsets count. Default: `utf-16`. */
  readonly offsets?: 'utf-16' | 'code-points' | undefined;
}

/** Options of `convert`. */
export interface ConvertOptions extends Omit<ReadOptions, 'format' | 'featureColumn' | 'file'> {
  /** The format of the input. Default: by the file's extension, else by its content. */
  readonly from?: Format | undefined;
  /** The format of the output. Default: by the file's extension, else the format of the input. */
  readonly to?: Format | undefined;
  /** The scheme of the tags in the output. Default: as in the input. */
  readonly scheme?: Scheme | undefined;
  /** The scheme of the tags in the input. Default: by its content. */
  readonly fromScheme?: Scheme | undefined;
  /** spans: what offsets count. Default: `utf-16`. */
  readonly offsets?: 'utf-16' | 'code-points' | undefined;
}
