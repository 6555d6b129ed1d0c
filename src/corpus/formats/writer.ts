import { UserError } from '../../errors.ts';
import { asCell } from '../lines.ts';
import type {
  Annotation,
  Column,
  Document,
  Format,
  Sentence,
  WriteOptions,
  Writer,
} from '../sentence.ts';
import { spacesAfter } from '../text/text.ts';
import { besideCells, besideColumns, besideValues, joined } from './beside.ts';
import { columnPlaces, tagColumns } from './columns.ts';
import { type Field, formatConllu, replacedFields, tagConllu } from './conllu.ts';
import { HtmlWriter } from './html.ts';
import { formatInline, tagType, unspaced } from './inline.ts';
import { tagJsonl, tagKeys } from './jsonl.ts';
import { listed, type Place } from './places.ts';
import { SpanWriter } from './spans.ts';
import { newNames, quoteCell, tablePlaces, tagHeader, tagTable } from './table.ts';

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
    isPlain: (options.format ?? 'columns') === 'columns' && options.paint === undefined,
    begin: (document) => writer.begin(document),
    write: (...written) => writer.write(...written),
    end: () => writer.end(),
    close: () => writer.close(),
  };
}

/** What is said of a sentence, in each column of tags. */
type Tagged = {
  readonly tags: readonly (readonly string[])[];
  readonly annotations: readonly Annotation[] | undefined;
};

/** Owns where the output is: the documents announced, the one being written, the sentence number. */
class DocumentWriter {
  readonly #options: WriteOptions;
  readonly #paint: (text: string, type: string) => string;
  #waiting: Document[] = [];
  #document: Document | undefined;
  #faithful = false;
  #format: Format = 'columns';
  /** Where the tags of each column are to go; undefined: where the format has them. */
  readonly #tagColumns: readonly (Column | undefined)[];
  /** The same, and what is beside them. */
  #asked: readonly (Column | undefined)[] = [];
  #fields: readonly Field[] | undefined;
  #keys: readonly string[] | undefined;
  #places: readonly Place[] = [];
  readonly #painted = new Map<string, string>();
  readonly #spans: SpanWriter;
  readonly #html = new HtmlWriter();
  #sentences = 0;
  #documents = 0;
  #headerDone = false;
  /** jsonl: what was said of the sentences of a line of which more are to come. */
  #tokens: string[] = [];
  #tags: string[][] = [];
  #annotations: readonly Annotation[] | undefined;
  /** The end of the output so far, to see whether a document needs a blank line before it. */
  #lastRaw = '';

  constructor(options: WriteOptions) {
    this.#options = options;
    this.#spans = new SpanWriter(options.offsets);
    this.#paint = options.paint ?? ((text) => text);
    const { tagColumn, format } = options;
    this.#tagColumns = tagColumn === undefined ? [undefined] : listed(tagColumn);
    this.#settle(format ?? this.#format);
  }

  #settle(format: Format): void {
    this.#format = format;
    const tags = this.#tagColumns;
    this.#asked = [...tags, ...besideColumns(format, tags, this.#options)];
    if (format === 'conllu') this.#fields = replacedFields(this.#asked);
    if (format === 'jsonl') this.#keys = tagKeys(this.#asked);
  }

  begin(document: Document): void {
    if (document !== this.#document) this.#waiting.push(document);
  }

  write(
    sentences: readonly Sentence[],
    columns: readonly (readonly (readonly string[])[])[],
    annotations?: readonly (readonly Annotation[])[],
  ): string {
    const expected = this.#tagColumns.length;
    if (columns.length !== expected)
      throw new Error(`${columns.length} columns of tags, expected ${expected}`);
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
      const own = annotations?.map((column) => column[s]!);
      out +=
        this.#faithful && raw !== undefined && document === this.#document
          ? this.#tagged(sentence, { raw, tags, annotations: own })
          : this.#converted(sentence, { tags, annotations: own });
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
      ? tagJsonl(document.tail, undefined, { document, keys: this.#keys! })
      : document.tail;
  }

  #start(document: Document): string {
    let out = this.#close();
    this.#document = document;
    const { format: asked, orAppend = false } = this.#options;
    const own = document.format === 'text' || document.format === 'horizontal';
    this.#settle(asked ?? (own ? 'columns' : document.format));
    this.#faithful = this.#format === document.format && !own;
    if (!this.#faithful) return out;
    if (this.#documents++ > 0) out += separation(this.#lastRaw, this.#format);
    else if (document.bom) out += '\ufeff';
    if (document.columns === 0) return out;
    if (document.format === 'columns') this.#places = columnPlaces(document, this.#asked, orAppend);
    if (document.format === 'csv' || document.format === 'tsv') {
      // without a header what is beside tags has no name to be found by
      const count = document.header === undefined ? this.#tagColumns.length : this.#asked.length;
      const asked = this.#asked.map((column, c) => (c < count ? column : undefined));
      this.#places = tablePlaces(document, asked, orAppend);
      if (!this.#headerDone) out += tagHeader(document, this.#asked, this.#places);
      this.#headerDone = document.header !== undefined;
    }
    return out;
  }

  #tagged(sentence: Sentence, said: { raw: string } & Tagged): string {
    if (this.#format === 'jsonl') return this.#object(sentence, said);
    const { raw } = said;
    this.#lastRaw = raw;
    const tags = this.#cells(said);
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

  /** Where a token has a line: the tags and what is beside them. */
  #cells({ tags, annotations }: Tagged): readonly (readonly string[])[] {
    if (annotations === undefined) return tags;
    return [...tags, ...besideCells(annotations, this.#format, this.#options)];
  }

  /** Of jsonl: the tags and what is beside them. */
  #values({ tags, annotations }: Tagged): readonly (readonly unknown[])[] {
    if (annotations === undefined) return tags;
    return [...tags, ...besideValues(annotations, this.#options)];
  }

  /** A line of jsonl, when the last of its sentences has come. */
  #object(
    { tokens, source }: Sentence,
    { raw, tags, annotations }: { raw: string } & Tagged,
  ): string {
    const isProse = source?.prose !== undefined;
    if (isProse) {
      for (const token of tokens) this.#tokens.push(token);
      if (this.#tags.length === 0) this.#tags = tags.map(() => []);
      tags.forEach((column, c) => {
        for (const tag of column) this.#tags[c]!.push(tag);
      });
      const before = this.#annotations;
      this.#annotations = annotations?.map((own, c) =>
        before ? joined(before[c]!, own, this.#options.nBest) : own,
      );
      if (raw === '') return '';
    }
    this.#lastRaw = raw;
    const said = isProse
      ? {
          tokens: this.#tokens,
          tags: this.#values({ tags: this.#tags, annotations: this.#annotations }),
        }
      : { tokens: undefined, tags: this.#values({ tags, annotations }) };
    this.#tokens = [];
    this.#tags = [];
    this.#annotations = undefined;
    return tagJsonl(raw, said, { document: this.#document!, keys: this.#keys! });
  }

  #converted(sentence: Sentence, said: Tagged): string {
    const { tokens } = sentence;
    const { tags, annotations } = said;
    switch (this.#format) {
      case 'conllu':
        return formatConllu(tokens, this.#cells(said), {
          fields: this.#fields!,
          spaces: spacesAfter(sentence),
          id: this.#sentences,
        });
      case 'csv':
      case 'tsv':
        return this.#rows(tokens, this.#cells(said), this.#format);
      case 'jsonl': {
        const values = this.#values(said);
        const named = this.#keys!.map((key, c) => [key, values[c]] as const);
        return `${JSON.stringify({ tokens, ...Object.fromEntries(named) })}\n`;
      }
      case 'spans':
        return this.#spans.write(sentence, tags, annotations);
      case 'html':
        return this.#html.write(sentence, tags, annotations);
      case 'inline':
        return formatInline(tokens, tags, this.#paint);
      case 'horizontal':
        return `${tokens.map(unspaced).join(' ')}\n`;
      default:
        return this.#lines(tokens, this.#cells(said));
    }
  }

  #lines(tokens: readonly string[], tags: readonly (readonly string[])[]): string {
    let out = '';
    for (let i = 0; i < tokens.length; i++) {
      let line = asCell(tokens[i]!);
      for (const own of tags) line += `\t${this.#cell(own[i]!)}`;
      out += `${line}\n`;
    }
    return `${out}\n`;
  }

  /** A tag as a column, painted. Few tags differ, so what they become is kept. */
  #cell(tag: string): string {
    const known = this.#painted.get(tag);
    if (known !== undefined) return known;
    const clean = asCell(tag);
    const cell = this.#paint(clean, tagType(clean));
    if (this.#painted.size < 4096) this.#painted.set(tag, cell);
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

/** What must come between two documents, of which the first ends with `raw`. */
function separation(raw: string, format: Format): string {
  if (format === 'jsonl') return raw === '' || raw.endsWith('\n') ? '' : '\n';
  if (raw === '' || /\n[ \t\r]*\n$/.test(raw) || /^[ \t\r]*\n$/.test(raw)) return '';
  return raw.endsWith('\n') ? '\n' : '\n\n';
}
