import { contentEnd, isBlank } from '../../lines.ts';
import type { Annotation, Document } from '../../sentence.ts';
import { checkDistinct } from '../column-choice.ts';
import { joinAnnotations, nameForEach, rounded, roundedAlternative } from '../confidences.ts';
import type { FormatWriter, FormatWriterOptions, Tagged } from '../definition.ts';
import { objectIn, withMember } from './members.ts';
import { type Content, contentOf, membersOf } from './object.ts';
import { recordsIn } from './scan.ts';

/** The values of a record: those of each key, and the tokens if they are not in the record. */
interface RecordValues {
  readonly tokens: readonly string[] | undefined;
  readonly values: readonly (readonly unknown[])[];
}

/** How a text is divided into records. */
interface Layout {
  readonly format: 'jsonl' | 'json';
  /** Where the records are in a part of a text that was read. */
  readonly recordsIn: (part: string) => readonly (readonly [from: number, to: number])[];
  /** What must come between two documents. */
  readonly separation: (end: string) => string;
}

const lines: Layout = {
  format: 'jsonl',
  recordsIn: linesIn,
  separation: (end) => (end === '' || end.endsWith('\n') ? '' : '\n'),
};
const array: Layout = { format: 'json', recordsIn, separation: lines.separation };

export const createJsonlWriter = (options: FormatWriterOptions): FormatWriter =>
  createRecordWriter(options, lines);

/** Writes converted sentences as one array, a record a line. */
export function createJsonWriter(options: FormatWriterOptions): FormatWriter {
  const { restorer, convert } = createRecordWriter(options, array);
  const all = createArrayWriter();
  let isRestored = false;
  return {
    restorer: {
      ...restorer!,
      begin(document) {
        const before = all.isOpen ? all.close() : '';
        isRestored = true;
        return before + restorer!.begin(document);
      },
    },
    convert: (sentence, tagged) => all.add(convert(sentence, tagged).trimEnd()),
    close: () => (all.isOpen || !isRestored ? all.close() : ''),
  };
}

/** Writes an array of JSON with an item a line. */
export function createArrayWriter(): {
  readonly isOpen: boolean;
  /** @param item '' for none */
  add(item: string): string;
  close(): string;
} {
  let isOpen = false;
  return {
    get isOpen() {
      return isOpen;
    },
    add(item) {
      if (item === '') return '';
      const before = isOpen ? ',\n' : '[\n';
      isOpen = true;
      return before + item;
    },
    close() {
      const end = isOpen ? '\n]\n' : '[]\n';
      isOpen = false;
      return end;
    },
  };
}

/**
 * Writes records. A tagged record is the record as it was with one more member for each tag column, or with
 * the values of these members replaced. A record of raw text gets `tokens` and tags over all its sentences.
 * Anything else becomes `{"tokens": [...], "tags": [...]}`, after `line` if each line is a text. After the tags come `confidences` and `nbest`.
 */
function createRecordWriter(
  options: FormatWriterOptions,
  { format, recordsIn, separation }: Layout,
): FormatWriter {
  const { tagColumns, confidence = false, nBest } = options;
  const keys = [
    ...tagColumns.map((column) => (column === undefined ? 'tags' : String(column))),
    ...(confidence ? nameForEach('confidences', tagColumns) : []),
    ...(nBest === undefined ? [] : nameForEach('nbest', tagColumns)),
  ];
  checkDistinct(keys, format);
  let document: Document | undefined;
  // what the sentences of an unfinished record have
  let tokens: string[] = [];
  let tags: string[][] = [];
  let annotations: readonly Annotation[] | undefined;

  const valuesOf = (tagged: Omit<Tagged, 'number'>): readonly (readonly unknown[])[] => {
    const { annotations } = tagged;
    if (annotations === undefined) return tagged.tags;
    return [
      ...tagged.tags,
      ...(confidence ? annotations.map(({ confidences }) => confidences!.map(rounded)) : []),
      ...(nBest === undefined
        ? []
        : annotations.map((annotation) => annotation.nBest!.map(roundedAlternative))),
    ];
  };

  const tag = (part: string, last: RecordValues | undefined): string =>
    tagRecords(part, last, { recordsIn, document: document!, keys });

  /** Adds a sentence to the record that it is part of. */
  const addPart = (sentenceTokens: readonly string[], tagged: Tagged): void => {
    for (const token of sentenceTokens) tokens.push(token);
    if (tags.length === 0) tags = tagged.tags.map(() => []);
    tagged.tags.forEach((column, c) => {
      for (const tag of column) tags[c]!.push(tag);
    });
    const before = annotations;
    annotations = tagged.annotations?.map((annotation, c) =>
      before ? joinAnnotations(before[c]!, annotation, nBest) : annotation,
    );
  };

  return {
    restorer: {
      begin(begun) {
        document = begun;
        return '';
      },
      sentence(sentence, tagged) {
        const { raw, prose } = sentence.source;
        if (prose === undefined) return tag(raw, { tokens: undefined, values: valuesOf(tagged) });
        addPart(sentence.tokens, tagged);
        if (raw === '') return '';
        const out = tag(raw, { tokens, values: valuesOf({ tags, annotations }) });
        tokens = [];
        tags = [];
        annotations = undefined;
        return out;
      },
      tail(ended) {
        document = ended;
        return tag(ended.tail, undefined);
      },
      separation,
    },
    convert(sentence, tagged) {
      const values = valuesOf(tagged);
      const members = keys.map((key, c) => [key, values[c]] as const);
      const { source, tokens, line } = sentence;
      if (tokens.length === 0) return '';
      const position = source?.document.format === 'lines' ? { line } : {};
      return `${JSON.stringify({ ...position, tokens, ...Object.fromEntries(members) })}\n`;
    },
  };
}

/** Where the lines are that are not blank. */
function linesIn(part: string): (readonly [from: number, to: number])[] {
  const found: (readonly [number, number])[] = [];
  for (let from = 0; from < part.length; ) {
    let lineEnd = part.indexOf('\n', from);
    if (lineEnd < 0) lineEnd = part.length;
    const to = contentEnd(part, from, lineEnd);
    if (!isBlank(part, from, to)) found.push([from, to]);
    from = lineEnd + 1;
  }
  return found;
}

/**
 * Puts values into the records of `part`. Only the last record has tokens and gets `last`; the records before it
 * get empty arrays, and so does the last if `last` is undefined. A text that was left out stays as it is.
 */
function tagRecords(
  part: string,
  last: RecordValues | undefined,
  {
    recordsIn,
    document,
    keys,
  }: Pick<Layout, 'recordsIn'> & { document: Document; keys: readonly string[] },
): string {
  let out = '';
  let done = 0;
  const records = recordsIn(part);
  for (const [r, [start, end]] of records.entries()) {
    const isLast = r === records.length - 1 && last !== undefined;
    const record = part.slice(start, end);
    const values = isLast ? last : noValues(record, document);
    if (values === undefined) continue;
    const [from, to] = objectIn(record.trimStart());
    const indent = record.length - record.trimStart().length;
    let object = record.slice(indent + from, indent + to);
    if (values.tokens !== undefined && isText(record, document))
      object = withMember(object, 'tokens', values.tokens);
    for (const [c, key] of keys.entries()) object = withMember(object, key, values.values[c] ?? []);
    out += part.slice(done, start + indent + from) + object;
    done = start + indent + to;
  }
  return out + part.slice(done);
}

/** The values of a record without tokens; undefined if it has a text, which was left out. */
function noValues(record: string, document: Document): RecordValues | undefined {
  const content = contentIn(record, document);
  if ('text' in content && content.text.trim() !== '') return undefined;
  return { tokens: 'text' in content ? [] : undefined, values: [] };
}

const isText = (record: string, document: Document): boolean =>
  'text' in contentIn(record, document);

/** The content of a record that was read. */
const contentIn = (record: string, document: Document): Content =>
  contentOf(membersOf(JSON.parse(record))!, document.keys?.token) as Content;
