import { problem } from '../../lines.ts';
import type { Sentence } from '../../sentence.ts';
import { chunksOf } from '../chunks.ts';
import { rounded } from '../confidences.ts';
import type { FormatCode, FormatWriter, FormatWriterOptions, Tagged } from '../definition.ts';
import { parseJson } from '../json/object.ts';
import { createLocator, fileOf, isOfRecords } from './locate.ts';
import { isSpan } from './sniff.ts';
import type { Annotations, StandoffSpan } from './standoff.ts';

/**
 * One object per line for each span, or for each token with a plain tag: `file` (unless it is standard
 * input), `sentence` from 1, `line` of jsonl, json and lines, `start`, `end`, `text`, `type`, `token` from 0 of a plain
 * tag and, where it is known, `confidence`. Offsets begin at 0 in each file, and in each record of jsonl and json.
 */
export const spans: FormatCode = { createWriter: createSpanWriter, readAnnotations: readSpans };

function createSpanWriter({ offsets: unit = 'utf-16' }: FormatWriterOptions): FormatWriter {
  const locator = createLocator(unit);
  let sentences = 0;
  const convert = (sentence: Sentence, { tags, annotations }: Tagged): string => {
    const { isFirst, place } = locator.next(sentence);
    if (isFirst) sentences = 0;
    if (sentence.tokens.length > 0) sentences++;
    const format = sentence.source?.document.format;
    const hasLine = isOfRecords(format) || format === 'lines';
    const line = hasLine ? { line: sentence.line } : {};
    const position = { ...fileOf(sentence), sentence: sentences, ...line };
    let out = '';
    for (const { from, to, type, isToken, confidence } of chunksOf(tags, annotations)) {
      const { text, ...range } = place(from, to);
      const token = isToken ? { token: from } : {};
      const certainty = confidence === undefined ? {} : { confidence: rounded(confidence) };
      out += `${JSON.stringify({ ...position, ...range, text, type, ...token, ...certainty })}\n`;
    }
    return out;
  };
  return { convert };
}

/** Reads spans, grouped by the files of their texts. */
function readSpans(content: string, { file }: { file: string }): Annotations {
  const groups = new Map<string | undefined, StandoffSpan[]>();
  let isPlain: boolean | undefined;
  for (const [l, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    if (!isSpan(value))
      throw problem(
        file,
        l + 1,
        'not a span, as {"start": 0, "end": 3, "text": "Ann", "type": "PER"}. Is the file cut?',
      );
    const { start, end, text, type: label } = value;
    const isToken = typeof value['token'] === 'number';
    isPlain ??= isToken;
    if (isPlain !== isToken)
      throw problem(file, l + 1, 'spans and plain tags in one file. Split the file by kind.');
    const textLine = typeof value['line'] === 'number' ? value['line'] : undefined;
    const name = typeof value['file'] === 'string' ? value['file'] : undefined;
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    group.push({ start, end, text, label, line: l + 1, textLine });
  }
  const texts = [...groups].map(([name, spans]) => ({ file: name, spans }));
  return { texts, unit: 'utf-16', isPlain: isPlain === true };
}
