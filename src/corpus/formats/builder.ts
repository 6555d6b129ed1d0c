import { MAX_GAP, MAX_TOKENS, problem, tooManyTokens } from '../lines.ts';
import type { Document, Format, ReadOptions, Sentence } from '../sentence.ts';
import { listed } from './places.ts';

const NONE: readonly string[] = [];

/** A document of which nothing is known yet but its name and format. */
export function newDocument(file: string, format: Format): Document {
  return {
    file,
    format,
    bom: false,
    separator: undefined,
    columns: 0,
    token: 0,
    header: undefined,
    keys: undefined,
    tail: '',
  };
}

/** A stretch of a text, and where it begins in that. */
export type Prose = { readonly text: string; readonly start: number };

/** Collects the tokens, tags and source of one sentence after another. */
export class SentenceBuilder {
  readonly #document: Document;
  readonly #keep: boolean;
  readonly #gold: boolean;
  #tokens: string[] = [];
  #tags: string[] = [];
  /** Tags of further columns, then features. */
  #more: string[][] = [];
  /** How many of them are features. */
  readonly #features: number;
  #line = 0;
  /** The source of the open sentence that came with earlier pieces of text. */
  #held = '';
  /** The length of the sources of the sentences so far. */
  #at = 0;
  /** How much was held since the last token. */
  #gap = 0;
  #tokensHeld = 0;
  #done: Sentence[] = [];

  constructor(document: Document, options: ReadOptions & { gold: boolean }) {
    this.#document = document;
    this.#keep = options.keepSource ?? true;
    this.#gold = options.gold;
    this.#features = listed(options.featureColumn).length;
  }

  /** Tokens of the open sentence. */
  get size(): number {
    return this.#tokens.length;
  }

  /** Adds a token; `tag` counts only if gold tags are read, `more` are its tags of further columns, then features. */
  add(token: string, tag: string, line: number, more?: readonly string[]): void {
    if (this.#tokens.length === 0) this.#line = line;
    else if (this.#tokens.length >= MAX_TOKENS) {
      throw tooManyTokens(this.#document.file, line);
    }
    this.#tokens.push(token);
    if (this.#gold) this.#tags.push(tag);
    if (more === undefined) return;
    if (this.#more.length === 0) this.#more = more.map(() => []);
    for (let c = 0; c < more.length; c++) this.#more[c]!.push(more[c]!);
  }

  /** Ends a sentence that has `prose` of a line of jsonl with more sentences to come. */
  part(prose: Prose): void {
    const held = this.#held;
    this.#held = '';
    this.finish('', 0, 0, prose);
    this.#held = held;
  }

  /**
   * Ends the sentence; its source ends with `text` from `from` to `to`.
   * @param prose its stretch of raw text in a line of jsonl
   */
  finish(text: string, from: number, to: number, prose?: Prose): void {
    const tokens = this.#tokens;
    const tags = this.#gold ? this.#tags : NONE;
    const { file } = this.#document;
    const further = this.#more.length - this.#features;
    const all = {
      ...(further > 0 && { tagColumns: [tags, ...this.#more.slice(0, further)] }),
      ...(this.#features > 0 && { featureColumns: this.#more.slice(further) }),
    };
    if (this.#keep) {
      const part = text.slice(from, to);
      const raw = this.#held === '' ? part : this.#held + part;
      this.#done.push({
        tokens,
        tags,
        ...all,
        file,
        line: this.#line,
        source:
          prose === undefined
            ? { document: this.#document, raw, start: this.#at }
            : { document: this.#document, raw, start: prose.start, prose: prose.text },
      });
      this.#at += raw.length;
      this.#held = '';
      this.#gap = 0;
      this.#tokensHeld = 0;
    } else {
      this.#done.push({ tokens, tags, ...all, file, line: this.#line });
    }
    this.#tokens = [];
    if (this.#gold) this.#tags = [];
    if (this.#more.length > 0) this.#more = [];
  }

  /** Keeps `text` from `from` to `to` as source of the sentence still open, read up to `line`. */
  hold(text: string, from: number, to: number, line: number): void {
    if (!this.#keep || from >= to) return;
    const part = text.slice(from, to);
    this.#held += part;
    this.#gap = this.#tokens.length === this.#tokensHeld ? this.#gap + part.length : 0;
    this.#tokensHeld = this.#tokens.length;
    if (this.#gap > MAX_GAP) {
      throw problem(
        this.#document.file,
        line,
        'more than 16 MiB without a token. Is the format right?',
      );
    }
  }

  /** At the end of the document: ends the open sentence, or makes what is held the tail. */
  end(): void {
    if (this.#tokens.length > 0) this.finish('', 0, 0);
    this.#document.tail = this.#held;
    this.#held = '';
  }

  /** The sentences finished since the last call. */
  take(): Sentence[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }
}
