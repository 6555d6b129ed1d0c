import type { Tokenization } from './text/tokenization.ts';

/**
 * Every format. `html`, `doccano`, `prodigy` and `label-studio` are only written (what these tools write is jsonl or json);
 * `text` is only read.
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
 * A column: an index from 0, or negative from the end (-1 is the last), or a name: a CoNLL-U field
 * (`form`, `upos`, ...) or MISC key, a header name in csv and tsv, a key in jsonl and json. A string of
 * digits is an index unless a column has that very name. In jsonl and json it is a key.
 */
export type Column = number | string;

/** One sentence. */
export type Sentence = {
  readonly tokens: readonly string[];
  /** The gold tags of the first tag column, one per token; empty if no gold tags were requested. */
  readonly tags: readonly string[];
  /** `tagColumns[column][token]`: all tag columns, in the requested order, if several were requested. */
  readonly tagColumns?: readonly (readonly string[])[] | undefined;
  /** `featureColumns[column][token]`: the feature columns, if any were requested. */
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
  /** For each token whether no white space follows it, if the format has this information and gold tags are read. */
  readonly isJoined?: readonly boolean[] | undefined;
  readonly file: string;
  /** The line of the first token, from 1. */
  readonly line: number;
  /** Kept on request. With it a writer gives the input back byte for byte. */
  readonly source?: Source;
};

/**
 * Where a sentence came from. The raw texts of a document's sentences and its `tail`, joined, are the
 * document without BOM and header. Which lines are tokens is not stored: the reader and the writer of a
 * format share the rule.
 */
export type Source = {
  readonly document: Document;
  /** The comments and blank lines before the sentence, its lines, and the blank line that ended it. */
  readonly raw: string;
  /** UTF-16 units of the document before `raw`, without BOM and header. In jsonl: of the text before `prose`. */
  readonly start: number;
  /**
   * jsonl: the part of the line's raw text that is this sentence. Of several sentences in a line only
   * the last has the line as `raw`; that of the others is empty.
   */
  readonly prose?: string;
};

/** A part of a text, and where in the text it begins. */
export type Prose = { readonly text: string; readonly start: number };

/** What the sentences of one file have in common. The parser fills it in as it learns. */
export type Document = {
  readonly file: string;
  readonly format: Format;
  /** Whether the file begins with U+FEFF, which is in no `raw`. */
  bom: boolean;
  /** columns: what separates them, a tab or runs of spaces and tabs; undefined before the first token. */
  separator: 'tab' | 'space' | undefined;
  /** columns, csv, tsv: the prefix of comments that was asked for, or false for none. */
  comment?: string | false;
  /** csv, tsv: what separates cells. */
  delimiter?: ',' | ';' | '|' | '\t';
  /** inline: spans are written as by OpenNLP, `<START:person> Ada <END>`. */
  isOpenNlp?: boolean;
  /** csv, tsv: every row is a sentence, with lists in its cells. */
  hasLists?: boolean;
  /** How many columns each token line has; 0 before the first token. */
  columns: number;
  /** columns, csv, tsv: the index of the token's column. */
  token: number;
  /** csv, tsv: the names in the header; its text, with its line end and the blank lines before it. */
  header: { readonly names: readonly string[]; readonly raw: string } | undefined;
  /**
   * jsonl, json: the key of the tokens, if one was asked for; the first key that gold tags were read from. conllu: where
   * tags were read from, if not from upos and if no column was asked for.
   */
  keys: { readonly token: string | undefined; readonly tag: string | undefined } | undefined;
  /** conllu: the names of the columns, if they are not those of CoNLL-U. */
  fields?: readonly string[];
  /** conllu: it has multiword tokens. text, lines: they are written where the output is conllu. */
  hasMultiwordTokens?: boolean;
  /** What follows the last sentence; complete once the file was read to its end. */
  tail: string;
};

export type ReadOptions = {
  /** How raw text is cut into tokens. Default: as in English-EWT. */
  readonly tokenization?: Tokenization | undefined;
  /** csv, tsv: the cells of the token column are texts. Every row is a sentence of one token, which may have line ends. */
  readonly isText?: boolean | undefined;
  /** lines: a line without tokens is a sentence without tokens. Default: false, it is skipped. */
  readonly keepBlankLines?: boolean | undefined;
  /** Default: by file extension, else recognised by the first lines. */
  readonly format?: Format | undefined;
  /** The encoding of the bytes, a label of the Encoding Standard such as `latin1`. Default: UTF-8. */
  readonly encoding?: string | undefined;
  /** The name in messages. Default: the path, or `<stdin>` for a stream. */
  readonly file?: string | undefined;
  readonly tokenColumn?: Column | undefined;
  /** One tag column, or several to read at once. They are read unless `gold` is false. */
  readonly tagColumn?: Column | readonly Column[] | undefined;
  /** Columns to read into `featureColumns`, with or without gold tags. */
  readonly featureColumn?: Column | readonly Column[] | undefined;
  /** Read gold tags. Default: true for `readCorpus` or when `tagColumn` is given, else false. */
  readonly gold?: boolean | undefined;
  /** conllu: the tag of a word that lacks the MISC key asked for. Default: `O`. */
  readonly absentTag?: string | undefined;
  /** csv, tsv: whether there is a header. Default: recognised by its names. */
  readonly header?: boolean | undefined;
  /**
   * columns, csv, tsv: what comments begin with, or false if there are none. Default: lines that begin with
   * `#` and a space or tab, unless they are tokens.
   */
  readonly comment?: string | false | undefined;
  /** The names of labels that are written as numbers, in their order. */
  readonly labels?: readonly string[] | undefined;
  /** Called with what a reader assumes that may be wrong, as a sentence with the name of the file. */
  readonly onNote?: ((note: string) => void) | undefined;
  /** Refuse a file with spans that overlap, or do not begin and end with a token. Default: note how many. */
  readonly strictSpans?: boolean | undefined;
  /**
   * spans, brat: the file of the text. Default: what the spans name, or `x.txt` beside `x.ann`. Its format: by extension
   * or content.
   */
  readonly text?: { readonly file: string; readonly format?: Format | undefined } | undefined;
  /** Keep `source` for a writer. Default: true for `readSentences`, false for `readCorpus`. */
  readonly keepSource?: boolean | undefined;
  /**
   * Called once, before the first sentence. With `writer.begin` a file without sentences is written
   * back too.
   */
  readonly onDocument?: ((document: Document) => void) | undefined;
};

/**
 * A stateful synchronous parser. `push` takes the next piece of the document, cut anywhere, and
 * returns the sentences that are complete; `end` returns the rest. Both throw `UserError`.
 */
export type Parser = {
  push(text: string): Sentence[];
  end(): Sentence[];
  readonly document: Document;
  /** The line, from 1, of the end of what was pushed. */
  readonly line: number;
};

/** The tags of a sentence in one tag column, with their probabilities, from 0 to 1. */
export type Annotation = {
  readonly tags: readonly string[];
  /** The probability of each token's tag. */
  readonly confidences?: readonly number[] | undefined;
  /** The spans of the tags, tokens `start` to `end - 1`, with their probabilities; none where tags are plain. */
  readonly spans?:
    | readonly {
        readonly type: string;
        readonly start: number;
        readonly end: number;
        readonly confidence: number;
      }[]
    | undefined;
  /** The most probable sequences of tags, the best first. */
  readonly nBest?: readonly Alternative[] | undefined;
};

/** One of several sequences of tags of a sentence. */
export type Alternative = { readonly tags: readonly string[]; readonly probability: number };

export type WriteOptions = {
  /** Default: the format of the input, but `columns` for `text` and `horizontal`. */
  readonly format?: Format | undefined;
  /**
   * Where the tags of each tag column go. If input and output have the same format, this is the column
   * to replace. columns, csv, tsv: a new column by default; a name that the header lacks is added to it.
   * conllu: `upos` by default; a name that is no field is a key in MISC. jsonl, json: the key `tags` by
   * default. If the formats differ, this is the name of the column, where the output has names.
   */
  readonly tagColumn?: Column | readonly Column[] | undefined;
  /** columns, csv, tsv: append the tags if `tagColumn` does not exist, which otherwise is an error. */
  readonly orAppend?: boolean | undefined;
  /**
   * Write the confidences of annotations. columns, csv, tsv: a last column `confidence`. conllu: Conf= in
   * MISC. jsonl, json: the key `confidences`. spans: the key `confidence`. html: the title of a mark. Each of
   * several tag columns has its own: `confidence_upos`, ConfUpos=.
   */
  readonly confidence?: boolean | undefined;
  /**
   * How many sequences of tags to write. jsonl, json: the key `nbest` (`nbest_upos`), an array of
   * `{tags, probability}`. columns: the second-best and so on as columns after the tags, `_` where there
   * are fewer.
   */
  readonly nBest?: number | undefined;
  /** spans: what offsets count, UTF-16 units as in JavaScript (default) or code points as in Python. */
  readonly offsets?: 'utf-16' | 'code-points' | undefined;
  /** brat: called with the pieces of the text that is annotated. */
  readonly onText?: ((text: string) => void) | undefined;
  /**
   * Colours a piece of output for a terminal: the tag in columns, `/TAG` or `[TYPE ...]` in inline. The
   * second argument is the tag without its prefix B-, I-, ...
   */
  readonly paint?: ((text: string, type: string) => string) | undefined;
};

/** A stateful writer; the strings it returns, joined, are the output. */
export type Writer = {
  /** Whether tokens become plain `columns`, so that `tokenLineWriter` can write them instead. */
  readonly isPlain?: boolean | undefined;
  /** Announces a document. Needed only for documents without sentences. */
  begin(document: Document): void;
  /**
   * Writes sentences with their tags: `columns[column][sentence]` has one per token.
   * `annotations[column][sentence]` has the probabilities that `WriteOptions` asks for.
   */
  write(
    sentences: readonly Sentence[],
    columns: readonly (readonly (readonly string[])[])[],
    annotations?: readonly (readonly Annotation[])[],
  ): string;
  /** What follows the last sentence of a document. */
  end(): string;
  /** What follows the last document. */
  close(): string;
};
