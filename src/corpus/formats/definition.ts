import type {
  Annotation,
  Column,
  Document,
  Format,
  Parser,
  ReadOptions,
  Sentence,
  Source,
  WriteOptions,
} from '../sentence.ts';
import type { Annotations } from './offsets/standoff.ts';

/** What is known about a format before its code is loaded. */
export interface FormatDefinition {
  readonly name: Format;
  /** File extensions that mean this format, in lower case, with their dot. */
  readonly extensions: readonly string[];
  /** Text or tokens only: there are no tags and no other columns to read. */
  readonly isRaw?: boolean;
  /** What a file has: sentences, or annotations of a text in another file. Undefined: the format is only written. */
  readonly reads?: 'sentences' | 'annotations';
  /** What can be written with the tags. Undefined: the format is only read. */
  readonly writes?: { readonly confidence?: boolean; readonly nBest?: boolean };
  /** Whether the format writes spans, or tokens with their tags, and so needs tags in the usual notation. */
  readonly hasSpans?: boolean;
  /** Recognises the format by its first lines. Undefined: it is never recognised. */
  readonly sniff?: (sample: Sample) => Verdict;
  /** The code of the format. Most formats import it on demand, so that taggers start faster. */
  readonly load: () => FormatCode | Promise<FormatCode>;
}

/** The code that reads and writes a format. */
export interface FormatCode {
  /** For formats that have sentences. */
  readonly createParser?: (options: ParserOptions) => Parser;
  /** For formats that have annotations of a text in another file. */
  readonly readAnnotations?: (content: string, options: { readonly file: string }) => Annotations;
  /** For formats that are written. */
  readonly createWriter?: (options: FormatWriterOptions) => FormatWriter;
}

/** The beginning of a text, as far as it was read. */
export interface Sample {
  /** Lines that are neither blank nor comments, without their line ends. */
  readonly content: readonly string[];
  /** Lines that begin with `#` and are not content. */
  readonly comments: readonly string[];
  /** Whether there was a blank line. */
  readonly isSeparated: boolean;
  /** Whether there was a line `-DOCSTART-`, or `#begin document` of CoNLL-2012. */
  readonly hasDocstart: boolean;
  /** Whether this is all that will be seen. The verdict must then be yes or no. */
  readonly isLast: boolean;
}

/** Whether a text is in a format; `maybe` until more lines are seen. */
export type Verdict = 'yes' | 'no' | 'maybe';

/** `ReadOptions` with their defaults. */
export interface ParserOptions extends ReadOptions {
  readonly file: string;
  readonly gold: boolean;
}

export interface FormatWriterOptions extends WriteOptions {
  /** Where each tag column goes; undefined: where the format has tags by default. */
  readonly tagColumns: readonly (Column | undefined)[];
}

/** The tags of one sentence. */
export interface Tagged {
  /** The sentence's number in the output, from 1. */
  readonly number: number;
  /** `tags[column][token]` */
  readonly tags: readonly (readonly string[])[];
  /** One for each tag column, where annotations are written. */
  readonly annotations: readonly Annotation[] | undefined;
}

export interface FormatWriter {
  /** Undefined: documents of this format are converted like any other. */
  readonly restorer?: Restorer;
  /**
   * Whether a sentence becomes one line, and nothing else is written. Then the sentences of one line of the format
   * `lines` are joined, and a line without tokens becomes a blank line.
   */
  readonly isByLine?: boolean;
  /** What a line without tokens of the format `lines` becomes. Default: what `convert` makes of no tokens. */
  readonly blankLine?: string;
  /** Writes a sentence from its tokens and tags. */
  convert(sentence: Sentence, tagged: Tagged): string;
  /** What follows the last document. */
  close?(): string;
}

/** Writes documents of the writer's own format back as they were, with the tags. */
export interface Restorer {
  /** Begins a document that has tokens. Returns its header. */
  begin(document: Document): string;
  /** The source of the sentence with its tags. The document is the one that was begun last. */
  sentence(sentence: Sentence & { readonly source: Source }, tagged: Tagged): string;
  /** What follows the last sentence. Default: the document's tail. */
  tail?(document: Document): string;
  /** What must come between two documents, given the end of the first. */
  separation(end: string): string;
}

/** A blank line between two documents, where there is none. */
export function blankLineAfter(end: string): string {
  if (end === '' || /\n[ \t\r]*\n$/.test(end) || /^[ \t\r]*\n$/.test(end)) return '';
  return end.endsWith('\n') ? '\n' : '\n\n';
}
