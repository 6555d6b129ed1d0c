import { asWord, withoutControls } from '../../lines.ts';
import { areSpanTags, spanChunks, tagType, wordName } from '../chunks.ts';
import type { FormatWriter, FormatWriterOptions } from '../definition.ts';

/**
 * A sentence per line. Plain tags follow their word after a slash, `Dogs/NNS bark/VBP ./.`: cut at the
 * last slash, words and tags come back, as by NLTK's `str2tuple`. Spans are in brackets, for people to
 * read: `[PER Barack Obama] visited [LOC Paris] .` In a file of OpenNLP they are marked as there. Of several tag columns the first one with spans is in
 * brackets, and all others follow their word: `Dogs/NOUN/NNS`. Control characters become visible ones.
 */
export function createInlineWriter({ paint = (text) => text }: FormatWriterOptions): FormatWriter {
  return {
    isByLine: true,
    blankLine: '\n',
    convert: ({ tokens }, { tags }) => formatInline(tokens, tags, paint),
    restorer: {
      begin: () => '',
      sentence({ tokens, source: { raw, document } }, { tags }) {
        const [before = ''] = /^(?:[ \t\r]*\n)+/.exec(raw) ?? [];
        const after = raw.slice(raw.trimEnd().length);
        const mark = document.isOpenNlp ? openNlp : inBrackets;
        return before + formatInline(tokens, tags, paint, mark).trimEnd() + after;
      },
      separation: (end) => (end === '' || end.endsWith('\n') ? '' : '\n'),
    },
  };
}

/** How the words of a span are marked. */
type Mark = (type: string, words: string) => string;

const inBrackets: Mark = (type, words) => `[${type} ${words}]`;
const openNlp: Mark = (type, words) => `<START:${type}> ${words} <END>`;

/** @param paint colours `/TAG` or a marked span; its second argument is the type */
export function formatInline(
  tokens: readonly string[],
  columns: readonly (readonly string[])[],
  paint: (text: string, type: string) => string,
  mark: Mark = inBrackets,
): string {
  const spanTags = columns.find(areSpanTags);
  const plain = columns.filter((column) => column !== spanTags);
  const words = tokens.map((token, i) =>
    plain.reduce(
      (word, column) => {
        const tag = withoutControls(column[i]!);
        return word + paint(`/${tag}`, tagType(tag));
      },
      withoutControls(asWord(token)),
    ),
  );
  if (spanTags === undefined) return `${words.join(' ')}\n`;
  const parts: string[] = [];
  let done = 0;
  for (const { from, to, type } of spanChunks(spanTags)) {
    for (; done < from; done++) parts.push(words[done]!);
    const name = wordName(withoutControls(type));
    parts.push(paint(mark(name, words.slice(from, to).join(' ')), name));
    done = to;
  }
  for (; done < words.length; done++) parts.push(words[done]!);
  return `${parts.join(' ')}\n`;
}
