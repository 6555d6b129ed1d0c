/** Every format by name. `inline`, `spans` and `html` are only written; `text` is only read. */
export type Format =
  | 'columns'
  | 'conllu'
  | 'csv'
  | 'tsv'
  | 'horizontal'
  | 'text'
  | 'jsonl'
  | 'inline'
  | 'spans'
  | 'html';

/** What a file is read for; decides what `.txt` means (see `formatOf`). */
export type Use = 'train' | 'eval' | 'tag' | 'convert';

/**
 * A column: an index from 0, negative from the end (-1 is the last), or a name: a CoNLL-U field
 * (`form`, `upos`, ...) or MISC key, a header name in csv and tsv, a key in jsonl. A string of digits
 * is an index unless a column has that very name; in jsonl it is a key.
 */
export type Column = number | string;

/**
 * One sentence. `tags` are the gold tags, as many as `tokens`, or none if none were asked for. Where
 * several columns of them were, `tags` is the first, and `tagColumns` are all, in the order asked for;
 * `featureColumns` are those asked for as features of tokens.
 * `line` is that of its first token, from 1. `source` is there when the sentence was read and its
 * source kept; with it a writer gives the input back byte for byte.
 */
export type Sentence = {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  readonly tagColumns?: readonly (readonly string[])[] | undefined;
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
  readonly file: string;
  readonly line: number;
  readonly source?: Source;
};

/**
 * Where a sentence came from. `raw` is its part of the document with all line ends: the blank lines
 * and comments before it, its own lines, and the blank line that ended it. The raw texts of a
 * document's sentences and its `tail`, joined, are the document (without BOM and header). Which
 * lines are tokens is not stored: reader and writer share the rule that tells.
 */
export type Source = {
  readonly document: Document;
  readonly raw: string;
  /** UTF-16 units of the document before `raw`, BOM and header not counted; of jsonl those of the text before `prose`. */
  readonly start: number;
  /**
   * jsonl: the stretch of the line's raw text that this sentence has. Of several sentences in a line
   * only the last has the line as `raw`; that of the others is empty.
   */
  readonly prose?: string;
};

/** What the sentences of one file share. The parser fills it in as it learns; readers only look. */
export type Document = {
  readonly file: string;
  readonly format: Format;
  /** The file begins with U+FEFF, which is in no `raw`. */
  bom: boolean;
  /** columns: what separates them, a tab or runs of spaces and tabs; undefined before the first token. */
  separator: 'tab' | 'space' | undefined;
  /** Columns in each token line; 0 before the first token. */
  columns: number;
  /** columns, csv, tsv: the index of the token's column. */
  token: number;
  /** csv, tsv: the names in the header, and its text with line end and blank lines before it. */
  header: { readonly names: readonly string[]; readonly raw: string } | undefined;
  /** jsonl: the key of the tokens that was asked for, and the first key that gold tags were read from. */
  keys: { readonly token: string | undefined; readonly tag: string | undefined } | undefined;
  /** What follows the last sentence; complete once the file was read to its end. */
  tail: string;
};

export type ReadOptions = {
  /** Default: by file extension, else found by looking at the beginning of the input. */
  readonly format?: Format | undefined;
  /** The name for messages. Default: the path, `<stdin>` for a stream. */
  readonly file?: string | undefined;
  readonly tokenColumn?: Column | undefined;
  /** Naming one, or several to read at once, asks for gold tags, unless `gold` is false. */
  readonly tagColumn?: Column | readonly Column[] | undefined;
  /** Columns to read besides, of gold tags or not, into `featureColumns`. */
  readonly featureColumn?: Column | readonly Column[] | undefined;
  /** Read gold tags. Default: true for `readCorpus` or when `tagColumn` is given, else false. */
  readonly gold?: boolean | undefined;
  /** conllu: the tag of a word that has not the key asked for in MISC. Default: `O`. */
  readonly absentTag?: string | undefined;
  /** csv, tsv: whether there is a header. Default: found by looking for the wanted names. */
  readonly header?: boolean | undefined;
  /** Keep `source`, for a faithful writer. Default: true for `readSentences`, false for `readCorpus`. */
  readonly keepSource?: boolean | undefined;
  /**
   * Called once, before the first sentence. Pass `writer.begin` so that a file without any sentence
   * comes back too.
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

/** The tags of a sentence in one column, and what else is told of them. Probabilities are from 0 to 1. */
export type Annotation = {
  readonly tags: readonly string[];
  /** Of each token: the probability of its tag. */
  readonly confidences?: readonly number[] | undefined;
  /** The spans that the tags write, tokens `start` to `end - 1`, each with its probability; none where tags are plain. */
  readonly spans?:
    | readonly {
        readonly type: string;
        readonly start: number;
        readonly end: number;
        readonly confidence: number;
      }[]
    | undefined;
  /** Sequences of tags by falling probability. */
  readonly nBest?: readonly Alternative[] | undefined;
};

/** One of several sequences of tags of a sentence. */
export type Alternative = { readonly tags: readonly string[]; readonly probability: number };

export type WriteOptions = {
  /** Default: the format of the input, but `columns` for `text` and `horizontal`. */
  readonly format?: Format | undefined;
  /**
   * Where the tags go, for each column of them. When input and output have one format: the column to
   * replace. In columns, csv and tsv one is appended by default, and a header name not there yet is
   * appended under that name; in conllu the default is `upos`, and a name that is no field is a key in
   * MISC; in jsonl it is the key `tags`. In another format the name, where it names columns.
   */
  readonly tagColumn?: Column | readonly Column[] | undefined;
  /** columns, csv, tsv: tags are appended, where otherwise it is an error that `tagColumn` is not there. */
  readonly orAppend?: boolean | undefined;
  /**
   * Write the confidences of annotations: in columns, csv and tsv a column after the others (`confidence`), in conllu
   * Conf= in MISC, in jsonl the key `confidences`; of a span in spans the key `confidence`, in html its title. Of several
   * columns of tags each has its own, called so: `confidence_upos`, ConfUpos=.
   */
  readonly confidence?: boolean | undefined;
  /**
   * Write that many sequences of tags: in jsonl the key `nbest` (`nbest_upos`), an array of `{tags, probability}`; in
   * columns the second and so on as columns after the tags, `_` where there are not so many.
   */
  readonly nBest?: number | undefined;
  /** spans: what offsets count, UTF-16 units as in JavaScript (default) or code points as in Python. */
  readonly offsets?: 'utf-16' | 'code-points' | undefined;
  /**
   * Colours a piece of output for a terminal: the tag in columns, `/TAG` or `[TYPE ...]` in inline.
   * The second argument is the tag without its B-, I-, ... prefix.
   */
  readonly paint?: ((text: string, type: string) => string) | undefined;
};

/** A stateful writer; the strings it returns, joined, are the output. */
export type Writer = {
  /** Sentences a line become plain `columns`, so that `tokenLineWriter` may write them instead. */
  readonly isPlain?: boolean | undefined;
  /** Announces a document that may have no sentences. Not needed for documents that have some. */
  begin(document: Document): void;
  /**
   * `columns[c][s]` are the tags of column `c` for `sentences[s]`, one a token; `annotations[c][s]` has what else
   * `WriteOptions` asks for.
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
