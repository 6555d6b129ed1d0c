import { UserError } from '../errors.ts';
import { columnPlaces, tagColumns } from './columns.ts';
import { type Field, formatConllu, replacedFields, tagConllu } from './conllu.ts';
import { HtmlWriter } from './html.ts';
import { formatInline, tagType, unspaced } from './inline.ts';
import { tagJsonl, tagKeys } from './jsonl.ts';
import { listed, type Place } from './places.ts';
import type { Column, Document, Format, Sentence, WriteOptions, Writer } from './sentence.ts';
import { SpanWriter } from './spans.ts';
import { newNames, quoteCell, tablePlaces, tagHeader, tagTable } from './table.ts';
import { spacesAfter } from './text.ts';

/**
 * A writer for `options.format`.
 *
 * A sentence with a source of the same format comes back byte for byte, with its tags; BOM, header
 * and what follows the last sentence too. Several documents follow each other: only the first keeps
 * its BOM and header, and a missing blank line between two is put in.
 *
 * Otherwise it is converted: columns `token TAB tag` and a blank line; conllu with the tag in
 * `tagColumn` (`upos`), `# text` and, from text, SpaceAfter=No; csv and tsv with the header
 * `sentence,token,tag`; jsonl `{"tokens": [...], "tags": [...]}`; horizontal the tokens alone;
 * inline `Dogs/NNS bark/VBP` or `[PER Barack Obama] visited [LOC Paris] .`; spans an object for each,
 * with its offsets in the text; html a page. Of several columns of tags, spans and html have those
 * that are of spans, else the first; all other formats have all of them.
 */
export function createWriter(options: WriteOptions = {}): Writer {
  if (options.format === 'text') {
    throw new UserError(
      'the format text has no place for tags. Choose columns, conllu, inline or another format.',
    );
  }
  const writer = new DocumentWriter(options);
  return {
    begin: (document) => writer.begin(document),
    write: (sentences, columns) => writer.write(sentences, columns),
    end: () => writer.end(),
    close: () => writer.close(),
  };
}

/** Owns where the output is: the documents announced, the one being written, the sentence number. */
class DocumentWriter {
  readonly #options: WriteOptions;
  readonly #paint: (text: string, type: string) => string;
  #waiting: Document[] = [];
  #document: Document | undefined;
  #faithful = false;
  #format: Format = 'columns';
  /** Where the tags of each column are to go; undefined: where the format has them. */
  readonly #asked: readonly (Column | undefined)[];
  #fields: readonly Field[] | undefined;
  #keys: readonly string[] | undefined;
  #places: readonly Place[] = [];
  readonly #cells = new Map<string, string>();
  readonly #spans: SpanWriter;
  readonly #html = new HtmlWriter();
  #sentences = 0;
  #documents = 0;
  #headerDone = false;
  /** jsonl: what was said of the sentences of a line of which more are to come. */
  #tokens: string[] = [];
  #tags: string[][] = [];
  /** The end of the output so far, to see whether a document needs a blank line before it. */
  #lastRaw = '';

  constructor(options: WriteOptions) {
    this.#options = options;
    this.#spans = new SpanWriter(options.offsets);
    this.#paint = options.paint ?? ((text) => text);
    if (options.format !== undefined) this.#format = options.format;
    const { tagColumn } = options;
    this.#asked = tagColumn === undefined ? [undefined] : listed(tagColumn);
    if (options.format === 'conllu') this.#fields = replacedFields(this.#asked);
  }

  begin(document: Document): void {
    if (document !== this.#document) this.#waiting.push(document);
  }

  write(
    sentences: readonly Sentence[],
    columns: readonly (readonly (readonly string[])[])[],
  ): string {
    if (columns.length !== this.#asked.length)
      throw new Error(`${columns.length} columns of tags, expected ${this.#asked.length}`);
    for (const { length } of columns)
      if (length !== sentences.length)
        throw new Error(`tags for ${length} sentences, expected ${sentences.length}`);
    let out = '';
    for (let s = 0; s < sentences.length; s++) {
      const sentence = sentences[s]!;
      const tags = columns.map((column) => column[s]!);
      for (const { length } of tags)
        if (length !== sentence.tokens.length)
          throw new Error(`${length} tags for ${sentence.tokens.length} tokens`);
      const document = sentence.source?.document;
      if (document !== undefined && document !== this.#document) out += this.#open(document);
      this.#sentences++;
      const raw = sentence.source?.raw;
      out +=
        this.#faithful && raw !== undefined && document === this.#document
          ? this.#tagged(sentence, { raw, tags })
          : this.#converted(sentence, tags);
    }
    return out;
  }

  end(): string {
    let out = '';
    for (const document of this.#waiting.splice(0)) {
      if (document !== this.#document) out += this.#pass(document);
    }
    return out + this.#close();
  }

  close(): string {
    return this.#format === 'html' ? this.#html.close() : '';
  }

  /** Closes the document before and those announced before `document`, and starts it. */
  #open(document: Document): string {
    let out = '';
    const at = this.#waiting.indexOf(document);
    for (const waiting of this.#waiting.splice(0, at + 1)) {
      if (waiting !== this.#document && waiting !== document) out += this.#pass(waiting);
    }
    return out + this.#start(document);
  }

  /** Starts a document without sentences, unless there is nothing in it at all. */
  #pass(document: Document): string {
    const { bom, header, tail } = document;
    return bom || header !== undefined || tail !== '' ? this.#start(document) : '';
  }

  #close(): string {
    const document = this.#faithful ? this.#document : undefined;
    this.#document = undefined;
    if (document === undefined || document.tail === '') return '';
    this.#lastRaw = document.tail;
    return document.format === 'jsonl'
      ? tagJsonl(document.tail, undefined, { document, keys: this.#jsonlKeys() })
      : document.tail;
  }

  #start(document: Document): string {
    let out = this.#close();
    this.#document = document;
    const { format: asked, orAppend = false } = this.#options;
    const own = document.format === 'text' || document.format === 'horizontal';
    this.#format = asked ?? (own ? 'columns' : document.format);
    this.#faithful = this.#format === document.format && !own;
    if (this.#format === 'conllu') this.#fields ??= replacedFields(this.#asked);
    if (!this.#faithful) return out;
    if (this.#documents++ > 0) out += separation(this.#lastRaw, this.#format);
    else if (document.bom) out += '\ufeff';
    if (document.columns === 0) return out;
    if (document.format === 'columns') this.#places = columnPlaces(document, this.#asked, orAppend);
    if (document.format === 'csv' || document.format === 'tsv') {
      this.#places = tablePlaces(document, this.#asked, orAppend);
      if (!this.#headerDone) out += tagHeader(document, this.#asked, this.#places);
      this.#headerDone = document.header !== undefined;
    }
    return out;
  }

  #tagged(
    sentence: Sentence,
    { raw, tags }: { raw: string; tags: readonly (readonly string[])[] },
  ): string {
    if (this.#format === 'jsonl') return this.#object(sentence, { raw, tags });
    this.#lastRaw = raw;
    switch (this.#format) {
      case 'columns':
        return tagColumns(raw, tags, {
          document: this.#document!,
          places: this.#places,
          paint: (tag) => this.#cell(tag),
        });
      case 'conllu':
        return tagConllu(raw, tags, this.#fields!);
      case 'csv':
      case 'tsv':
        return tagTable(raw, tags, { format: this.#format, places: this.#places });
      default:
        throw new Error(`no faithful writer for ${this.#format}`);
    }
  }

  /** A line of jsonl, when the last of its sentences has come. */
  #object(
    { tokens, source }: Sentence,
    { raw, tags }: { raw: string; tags: readonly (readonly string[])[] },
  ): string {
    const isProse = source?.prose !== undefined;
    if (isProse) {
      for (const token of tokens) this.#tokens.push(token);
      if (this.#tags.length === 0) this.#tags = tags.map(() => []);
      tags.forEach((column, c) => {
        for (const tag of column) this.#tags[c]!.push(tag);
      });
      if (raw === '') return '';
    }
    this.#lastRaw = raw;
    const said = isProse ? { tokens: this.#tokens, tags: this.#tags } : { tokens: undefined, tags };
    this.#tokens = [];
    this.#tags = [];
    return tagJsonl(raw, said, { document: this.#document!, keys: this.#jsonlKeys() });
  }

  #jsonlKeys(): readonly string[] {
    this.#keys ??= tagKeys(this.#asked);
    return this.#keys;
  }

  #converted(sentence: Sentence, tags: readonly (readonly string[])[]): string {
    const { tokens } = sentence;
    switch (this.#format) {
      case 'conllu':
        return formatConllu(tokens, tags, {
          fields: this.#fields!,
          spaces: spacesAfter(sentence),
          id: this.#sentences,
        });
      case 'csv':
      case 'tsv':
        return this.#rows(tokens, tags, this.#format);
      case 'jsonl': {
        const named = this.#jsonlKeys().map((key, c) => [key, tags[c]] as const);
        return `${JSON.stringify({ tokens, ...Object.fromEntries(named) })}\n`;
      }
      case 'spans':
        return this.#spans.write(sentence, tags);
      case 'html':
        return this.#html.write(sentence, tags);
      case 'inline':
        return formatInline(tokens, tags, this.#paint);
      case 'horizontal':
        return `${tokens.map(unspaced).join(' ')}\n`;
      default:
        return this.#lines(tokens, tags);
    }
  }

  #lines(tokens: readonly string[], tags: readonly (readonly string[])[]): string {
    let out = '';
    for (let i = 0; i < tokens.length; i++) {
      let line = column(tokens[i]!);
      for (const own of tags) line += `\t${this.#cell(own[i]!)}`;
      out += `${line}\n`;
    }
    return `${out}\n`;
  }

  /** A tag as a column, painted. Few tags differ, so what they become is kept. */
  #cell(tag: string): string {
    const known = this.#cells.get(tag);
    if (known !== undefined) return known;
    const clean = column(tag);
    const cell = this.#paint(clean, tagType(clean));
    if (this.#cells.size < 4096) this.#cells.set(tag, cell);
    return cell;
  }

  #rows(
    tokens: readonly string[],
    tags: readonly (readonly string[])[],
    format: 'csv' | 'tsv',
  ): string {
    const delimiter = format === 'csv' ? ',' : '\t';
    const row = (cells: readonly string[]): string =>
      `${cells.map((cell) => quoteCell(cell, format)).join(delimiter)}\n`;
    const names = ['sentence', 'token'];
    let out = this.#headerDone ? '' : row([...names, ...newNames(names, this.#asked)]);
    this.#headerDone = true;
    for (let i = 0; i < tokens.length; i++)
      out += row([String(this.#sentences), tokens[i]!, ...tags.map((own) => own[i]!)]);
    return out;
  }
}

/** A token or tag as a column: tabs and line ends in it become a space. */
function column(token: string): string {
  return /[\t\r\n]/.test(token) ? token.replace(/[\t\r\n]+/g, ' ') : token;
}

/** What must come between two documents, of which the first ends with `raw`. */
function separation(raw: string, format: Format): string {
  if (format === 'jsonl') return raw === '' || raw.endsWith('\n') ? '' : '\n';
  if (raw === '' || /\n[ \t\r]*\n$/.test(raw) || /^[ \t\r]*\n$/.test(raw)) return '';
  return raw.endsWith('\n') ? '\n' : '\n\n';
}
