import { UserError } from '../../../errors.ts';
import { withoutCompression } from '../../../files/compression.ts';
import { problem, quantity } from '../../lines.ts';
import type { Document, Sentence } from '../../sentence.ts';
import { chunksOf, wordName } from '../chunks.ts';
import type { FormatCode, FormatWriter, FormatWriterOptions, Tagged } from '../definition.ts';
import type { Part } from './align.ts';
import { countPoints, createLocator, fileOf, isFileText } from './locate.ts';
import type { Annotations, StandoffSpan } from './standoff.ts';

/**
 * BRAT standoff (brat.nlplab.org/standoff.html): `x.ann` with a line for each span, `T1\tPER 0 5\tAlice`, whose offsets
 * count code points of the text in `x.txt`. A span with gaps has several parts: `0 5;16 23`. Relations, events, attributes
 * and notes are not read.
 */
export const brat: FormatCode = { createWriter: createBratWriter, readAnnotations: readBrat };

/** A span with its text. What follows another tab is a comment. */
const BOUND = /^T\d+\S*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t([^\t]*)/;
/** Relations, events, attributes, modifications, normalizations, notes and equivalences. */
const OTHER = /^(?:[REAMN#]\S*\t|\*\t)/;

function readBrat(content: string, { file }: { file: string }): Annotations {
  const spans: StandoffSpan[] = [];
  let others = 0;
  for (const [l, ended] of content.split('\n').entries()) {
    const line = ended.replace(/\r$/, '');
    const found = BOUND.exec(line);
    if (found !== null) {
      const [, label, offsets, text] = found;
      const parts = offsets!
        .split(';')
        .map((part) => part.split(' ').map(Number) as [number, number]);
      if (parts.some(([start, end], p) => start >= end || start < (parts[p - 1]?.[1] ?? 0)))
        throw problem(
          file,
          l + 1,
          `offsets ${offsets}, expected each start before its end, and parts in order. Correct the line.`,
        );
      const [start, end] = [parts[0]![0], parts.at(-1)![1]];
      spans.push({
        ...{ start, end, label: label!, text: text!, line: l + 1 },
        parts: parts.length > 1 ? (parts as readonly Part[]) : undefined,
      });
    } else if (OTHER.test(line)) others++;
    else if (line.trim() !== '')
      throw problem(
        file,
        l + 1,
        'not a line of BRAT, as T1, a tab, PER 0 5, a tab and the text. Is this another format?',
      );
  }
  const text = /\.ann$/i.test(withoutCompression(file))
    ? withoutCompression(file).replace(/\.ann$/i, '.txt')
    : undefined;
  const unread =
    others === 0
      ? undefined
      : `${quantity(others, 'line')} of relations, events, attributes or notes not read`;
  return { texts: [{ file: text, spans }], unit: 'code-points', format: 'text', unread };
}

function createBratWriter({ onText }: FormatWriterOptions): FormatWriter {
  const locator = createLocator('code-points');
  let document: Document | undefined;
  let count = 0;
  /** Code points of the text so far, and its end. */
  let points = 0;
  let end = '\n';
  const addText = (text: string): void => {
    onText?.(text);
    points += countPoints(text);
    if (text !== '') end = text.slice(-1);
  };
  const begin = (sentence: Sentence): void => {
    const file = fileOf(sentence).file ?? '<stdin>';
    const code = 'SEQTAG_CORPUS_FORMAT';
    if (document !== undefined || count > 0)
      throw new UserError(
        `${file}: a second text, but a file of BRAT annotates one. Write one file at a time.`,
        { code },
      );
    document = sentence.source?.document;
    if (onText === undefined && !isFileText(document?.format))
      throw new UserError(
        `${file}: BRAT needs the text that it annotates, in a file of its own. Name an output file such as corpus.ann; the text goes to corpus.txt.`,
        { code },
      );
    if (document?.bom && isFileText(document.format)) addText('\ufeff');
  };
  const convert = (sentence: Sentence, { tags, annotations }: Tagged): string => {
    const { isFirst, isRecord, text, start, place } = locator.next(sentence);
    if (isFirst) begin(sentence);
    if (isRecord && end !== '\n') addText('\n');
    let out = '';
    for (const { from, to, type } of chunksOf(tags, annotations)) {
      const found = place(from, to);
      const parts = withoutLineEnds(found.text, points + found.start - start);
      const words = found.text.split(LINE_END).join(' ').replaceAll('\t', ' ');
      out += `T${++count}\t${wordName(type)} ${parts.join(';')}\t${words}\n`;
    }
    addText(text);
    return out;
  };
  return {
    convert,
    close() {
      if (document && isFileText(document.format)) addText(document.tail);
      return '';
    },
  };
}

const LINE_END = /[\r\n]+/;

/** The offsets of the lines of a span. A span in BRAT has no line ends. */
function withoutLineEnds(text: string, start: number): string[] {
  const parts: string[] = [];
  let at = start;
  for (const piece of text.split(/([\r\n]+)/)) {
    const length = countPoints(piece);
    if (!LINE_END.test(piece)) parts.push(`${at} ${at + length}`);
    at += length;
  }
  return parts;
}
