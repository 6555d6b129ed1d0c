import { MAX_GAP, MAX_TOKENS, problem, tooManyTokens } from '../lines.ts';
import type { Document, Format, Prose, ReadOptions, Sentence } from '../sentence.ts';
import { asColumns } from './column-choice.ts';

const NONE: readonly string[] = [];

/** A document of which only the name and the format are known. */
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

/**
 * Collects tokens, tags and the source text of sentences. A parser opens each text that it reads,
 * adds tokens, and says where in the text a sentence ends.
 */
export class SentenceBuilder {
  readonly #document: Document;
  readonly #keepsSource: boolean;
  readonly #gold: boolean;
  /** How many of `#more` are feature columns. */
  readonly #features: number;
  #tokens: string[] = [];
  #tags: string[] = [];
  /** Values of further tag columns, then of feature columns: `#more[column][token]`. */
  #more: string[][] = [];
  /** Of each token, whether no white space follows; empty where that is not known. */
  #joined: boolean[] = [];
  /** The line of the first token. */
  #line = 0;
  #text = '';
  /** Where in the text the source of the open sentence begins. */
  #from = 0;
  /** The source of the open sentence in earlier texts. */
  #held = '';
  /** The length of all sources of finished sentences. */
  #start = 0;
  /** The length of the held source since the last token. */
  #gap = 0;
  #tokensHeld = 0;
  #done: Sentence[] = [];

  constructor(document: Document, options: ReadOptions & { gold: boolean }) {
    this.#document = document;
    this.#keepsSource = options.keepSource ?? true;
    this.#gold = options.gold;
    this.#features = asColumns(options.featureColumn).length;
  }

  /** Tokens of the open sentence. */
  get size(): number {
    return this.#tokens.length;
  }

  /** Begins a text. What was not taken of the text before must have been kept. */
  open(text: string): void {
    this.#text = text;
    this.#from = 0;
  }

  /**
   * Adds a token.
   * @param tag ignored unless gold tags are read
   * @param more the token's values in further tag columns, then in feature columns
   */
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

  /** Says whether no white space follows the last token. */
  setJoined(isJoined: boolean): void {
    this.#joined[this.#tokens.length - 1] = isJoined;
  }

  /**
   * Ends the open sentence, if it has tokens. Its source ends at `to` in the text.
   * @param prose jsonl: the part of the line's raw text that is this sentence
   */
  finish(to: number, prose?: Prose): void {
    if (this.#tokens.length === 0) return;
    if (!this.#keepsSource) {
      this.#emit();
      return;
    }
    const raw = this.takeSource(to);
    this.#emit(raw, prose);
    this.#start += raw.length;
  }

  /** lines: a sentence without tokens, for a line that has none. Its source ends at `to` in the text. */
  finishEmpty(to: number, line: number): void {
    this.#line = line;
    const raw = this.#keepsSource ? this.takeSource(to) : undefined;
    this.#emit(raw);
    this.#start += raw?.length ?? 0;
  }

  /** jsonl: ends a sentence whose line has more sentences. The last of them gets the source. */
  finishPart(prose: Prose): void {
    this.#emit(this.#keepsSource ? '' : undefined, prose);
  }

  /** The source of the open sentence up to `to` in the text. The builder drops it. */
  takeSource(to: number): string {
    const part = this.#text.slice(this.#from, to);
    const source = this.#held === '' ? part : this.#held + part;
    this.#from = to;
    this.#held = '';
    this.#gap = 0;
    this.#tokensHeld = 0;
    return source;
  }

  /** Keeps the text up to `to` as source of the open sentence. `line` is for messages. */
  keep(to: number, line: number): void {
    if (!this.#keepsSource || this.#from >= to) return;
    const part = this.#text.slice(this.#from, to);
    this.#from = to;
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

  /** Ends the document: what was kept is the source of the open sentence, or the document's tail. */
  end(): void {
    this.open('');
    this.finish(0);
    this.#document.tail = this.takeSource(0);
  }

  /** The sentences finished since the last call. */
  take(): Sentence[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #emit(raw?: string, prose?: Prose): void {
    const { file } = this.#document;
    const tokens = this.#tokens;
    const tags = this.#gold ? this.#tags : NONE;
    const line = this.#line;
    const further = this.#more.length - this.#features;
    const columns = {
      ...(further > 0 && { tagColumns: [tags, ...this.#more.slice(0, further)] }),
      ...(this.#features > 0 && { featureColumns: this.#more.slice(further) }),
      ...(this.#joined.length > 0 && { isJoined: this.#joined }),
    };
    if (raw === undefined) this.#done.push({ tokens, tags, ...columns, file, line });
    else {
      const document = this.#document;
      const source =
        prose === undefined
          ? { document, raw, start: this.#start }
          : { document, raw, start: prose.start, prose: prose.text };
      this.#done.push({ tokens, tags, ...columns, file, line, source });
    }
    this.#tokens = [];
    if (this.#gold) this.#tags = [];
    if (this.#more.length > 0) this.#more = [];
    if (this.#joined.length > 0) this.#joined = [];
  }
}
