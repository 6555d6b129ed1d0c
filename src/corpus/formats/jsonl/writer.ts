import { contentEnd, isBlank } from '../../lines.ts';
import type { Annotation, Document } from '../../sentence.ts';
import { checkDistinct } from '../column-choice.ts';
import { joinAnnotations, nameForEach, rounded, roundedAlternative } from '../confidences.ts';
import type { FormatWriter, FormatWriterOptions, Tagged } from '../definition.ts';
import { withMember } from './members.ts';
import { contentOf, membersOf } from './object.ts';

/** The values of a line: those of each key, and the tokens if they are not in the line. */
interface LineValues {
  readonly tokens: readonly string[] | undefined;
  readonly values: readonly (readonly unknown[])[];
}

/**
 * Writes JSON Lines. A tagged line is the line as it was with one more member for each tag column, or with
 * the values of these members replaced. A line of raw text gets `tokens` and tags over all its sentences.
 * Anything else becomes `{"tokens": [...], "tags": [...]}`, after `line` if each line is a text. After the tags come `confidences` and `nbest`.
 */
export function createJsonlWriter(options: FormatWriterOptions): FormatWriter {
  const { tagColumns, confidence = false, nBest } = options;
  const keys = [
    ...tagColumns.map((column) => (column === undefined ? 'tags' : String(column))),
    ...(confidence ? nameForEach('confidences', tagColumns) : []),
    ...(nBest === undefined ? [] : nameForEach('nbest', tagColumns)),
  ];
  checkDistinct(keys, 'jsonl');
  let document: Document | undefined;
  // what the sentences of an unfinished line have
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

  /** Adds a sentence to the line that it is part of. */
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
        if (prose === undefined)
          return tagLines(
            raw,
            { tokens: undefined, values: valuesOf(tagged) },
            { document: document!, keys },
          );
        addPart(sentence.tokens, tagged);
        if (raw === '') return '';
        const values = valuesOf({ tags, annotations });
        const out = tagLines(raw, { tokens, values }, { document: document!, keys });
        tokens = [];
        tags = [];
        annotations = undefined;
        return out;
      },
      tail: (ended) => tagLines(ended.tail, undefined, { document: ended, keys }),
      separation: (end) => (end === '' || end.endsWith('\n') ? '' : '\n'),
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

/**
 * Puts values into the lines of `raw`. Only the last line has tokens and gets `last`; the lines before it
 * get empty arrays, and so does the last if `last` is undefined.
 */
function tagLines(
  raw: string,
  last: LineValues | undefined,
  { document, keys }: { document: Document; keys: readonly string[] },
): string {
  let out = '';
  for (let pos = 0; pos < raw.length; ) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    const next = lineEnd < raw.length ? lineEnd + 1 : lineEnd;
    const to = contentEnd(raw, pos, lineEnd);
    if (isBlank(raw, pos, to)) out += raw.slice(pos, next);
    else {
      const line = raw.slice(pos, to);
      const { tokens, values } =
        next === raw.length && last !== undefined ? last : noValues(line, document);
      let tagged = tokens === undefined ? line : withMember(line, 'tokens', tokens);
      keys.forEach((key, c) => {
        tagged = withMember(tagged, key, values[c] ?? []);
      });
      out += tagged + raw.slice(to, next);
    }
    pos = next;
  }
  return out;
}

/** The values of a line without tokens. */
function noValues(line: string, document: Document): LineValues {
  const content = contentOf(membersOf(line)!, document.keys?.token);
  return { tokens: typeof content === 'object' && 'text' in content ? [] : undefined, values: [] };
}
