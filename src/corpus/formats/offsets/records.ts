import type { Document, Sentence } from '../../sentence.ts';
import { chunksOf, typeName } from '../chunks.ts';
import { rounded } from '../confidences.ts';
import type { FormatCode, FormatWriter, Tagged } from '../definition.ts';
import { createArrayWriter } from '../json/writer.ts';
import type { Unit } from './align.ts';
import { countPoints, isFileText, tokenOffsets } from './locate.ts';
import { type SourceRecord, sourceRecords } from './source-records.ts';

// What annotation tools import: a record for each text, with its spans. A text is a file of raw text, a line of the format
// `lines`, a record of jsonl and json, or else a sentence. What else a record of jsonl and json has, such as an id, is kept.

interface RecordSpan {
  readonly start: number;
  readonly end: number;
  readonly type: string;
  /** The first and the last token. */
  readonly tokens: readonly [first: number, last: number];
  readonly confidence?: number | undefined;
}

interface TextRecord {
  readonly text: string;
  readonly spans: readonly RecordSpan[];
  /** Where each token begins and ends. */
  readonly tokens: readonly (readonly [start: number, end: number])[];
  /** The record of jsonl or json that has the text. */
  readonly source?: SourceRecord | undefined;
}

/** What the source of a text has beside the text. */
const othersOf = ({ source }: TextRecord) => ({ ...source?.members, ...source?.data });

/** `{"text": ..., "label": [[0, 5, "PER"]]}`: what doccano imports for sequence labelling. */
export const doccano: FormatCode = {
  createWriter: () =>
    createRecordsWriter('utf-16', {
      record(record) {
        const { text, spans } = record;
        const label = spans.map(({ start, end, type }) => [start, end, type]);
        return `${JSON.stringify({ ...othersOf(record), text, label })}\n`;
      },
    }),
};

/** `{"text": ..., "tokens": [...], "spans": [...]}`: a task of Prodigy's `ner.manual`. */
export const prodigy: FormatCode = {
  createWriter: () => createRecordsWriter('code-points', { record: prodigyTask }),
};

function prodigyTask(record: TextRecord): string {
  const { text, tokens, spans } = record;
  const points = Array.from(text);
  const task = {
    ...othersOf(record),
    text,
    tokens: tokens.map(([start, end], id) => ({
      text: points.slice(start, end).join(''),
      ...{ start, end, id, ws: /^\s/.test(points[end] ?? '') },
    })),
    spans: spans.map(({ start, end, tokens: [token_start, token_end], type }) => ({
      ...{ start, end, token_start, token_end, label: type },
    })),
  };
  return `${JSON.stringify(task)}\n`;
}

/** An array of `{"data": {"text": ...}, "predictions": [...]}`: tasks that Label Studio imports with predictions. */
export const labelStudio: FormatCode = {
  createWriter() {
    const { add, close } = createArrayWriter();
    return createRecordsWriter('code-points', {
      record: (record) => add(JSON.stringify(studioTask(record))),
      close,
    });
  },
};

function studioTask({ text, spans, source }: TextRecord): unknown {
  const points = Array.from(text);
  const result = spans.map(({ start, end, type, confidence }, s) => ({
    id: `s${s + 1}`,
    from_name: 'label',
    to_name: 'text',
    type: 'labels',
    value: { start, end, text: points.slice(start, end).join(''), labels: [type] },
    ...(confidence !== undefined && { score: rounded(confidence) }),
  }));
  const predictions = [{ model_version: 'seqtag', result }];
  if (source?.data === undefined) return { data: { ...source?.members, text }, predictions };
  const { members, data, textKey = 'text' } = source;
  return { ...members, data: { ...data, [textKey]: text }, predictions };
}

/** Gathers the sentences of each text. White space around a text is left out. */
function createRecordsWriter(
  unit: Unit,
  { record, close }: { record: (text: TextRecord) => string; close?: () => string },
): FormatWriter {
  let document: Document | undefined;
  let text = '';
  /** In UTF-16 units of `text`. */
  let tokens: [number, number][] = [];
  let spans: Omit<RecordSpan, 'start' | 'end'>[] = [];

  /** The texts that are empty. */
  const writeEmpty = (sources: readonly SourceRecord[]): string =>
    sources
      .filter(({ isEmpty }) => isEmpty)
      .map((source) => record({ text: '', spans: [], tokens: [], source }))
      .join('');

  const flush = (source?: SourceRecord): string => {
    if (tokens.length === 0) {
      text = '';
      return '';
    }
    const lead = tokens[0]![0];
    const content = text.slice(lead, tokens.at(-1)![1]);
    const places = inUnit(content, tokens, { unit, lead });
    const done = record({
      text: content,
      tokens: places,
      source,
      spans: spans.map((span) => {
        const [first, last] = span.tokens;
        return { ...span, start: places[first]![0], end: places[last]![1] };
      }),
    });
    [text, tokens, spans] = ['', [], []];
    return done;
  };

  /** What is left of a document. */
  const finish = (): string => flush() + writeEmpty(sourceRecords(document?.tail ?? '', document));

  const convert = (sentence: Sentence, { tags, annotations }: Tagged): string => {
    const { source } = sentence;
    const before = source?.document !== document ? finish() : '';
    document = source?.document;
    const located = naturalText(sentence);
    const first = tokens.length;
    for (let t = 0; t < sentence.tokens.length; t++)
      tokens.push([
        text.length + located.offsets[2 * t]!,
        text.length + located.offsets[2 * t + 1]!,
      ]);
    for (const { from, to, type, confidence } of chunksOf(tags, annotations))
      spans.push({ type: typeName(type), confidence, tokens: [first + from, first + to - 1] });
    text += located.text;
    if (!isEnd(sentence)) return before;
    const sources = sourceRecords(source?.raw ?? '', document);
    return before + writeEmpty(sources.slice(0, -1)) + flush(sources.at(-1));
  };
  return { convert, close: () => finish() + (close?.() ?? '') };
}

/** Whether a text ends with this sentence, so far as the sentence tells. */
function isEnd({ source }: Sentence): boolean {
  const format = source?.document.format;
  if (format === 'text') return false;
  if (format === 'lines') return source!.raw.endsWith('\n');
  // only the last sentence of a record has its source
  return source?.prose === undefined || source.raw !== '';
}

/** The text of a sentence. Where it is made of tokens, spaces are left out where none were. */
function naturalText(sentence: Sentence): { text: string; offsets: readonly number[] } {
  const { tokens, isJoined, source } = sentence;
  if (isJoined === undefined || source?.prose !== undefined || isFileText(source?.document.format))
    return tokenOffsets(sentence);
  const offsets: number[] = [];
  let text = '';
  for (const [t, token] of tokens.entries()) {
    offsets.push(text.length, text.length + token.length);
    text += isJoined[t] || t === tokens.length - 1 ? token : `${token} `;
  }
  return { text, offsets };
}

/** Places in UTF-16 units, less `lead`, in the unit of a tool. */
function inUnit(
  text: string,
  places: readonly (readonly [number, number])[],
  { unit, lead }: { unit: Unit; lead: number },
): readonly (readonly [number, number])[] {
  if (unit === 'utf-16') return places.map(([from, to]) => [from - lead, to - lead] as const);
  let at = 0;
  let points = 0;
  const pointsAt = (place: number): number => {
    points += countPoints(text, at, place - lead);
    at = place - lead;
    return points;
  };
  return places.map(([from, to]) => [pointsAt(from), pointsAt(to)] as const);
}
