import { UserError } from '../../../errors.ts';
import { describeFile } from '../../../files/read.ts';
import { problem } from '../../lines.ts';
import type { Document, Format, ReadOptions, Sentence } from '../../sentence.ts';
import { asColumns } from '../column-choice.ts';
import { formatOf } from '../formats.ts';
import { alignSpans, fitsText, inUtf16, type TextSpan, type Unit } from './align.ts';
import { isFileText, isOfRecords, tokenOffsets } from './locate.ts';
import { createSpanReport, type SpanReport } from './report.ts';

// Stand-off annotation: spans in one file, their text in another.

export interface StandoffSpan extends TextSpan {
  /** The line of the span in its own file. */
  readonly line: number;
  /** jsonl, json, lines: the line of its text. */
  readonly textLine?: number | undefined;
}

/** What a file of annotations holds. */
export interface Annotations {
  /** The spans of each text, and the file that has it, if that is known. */
  readonly texts: readonly {
    readonly file: string | undefined;
    readonly spans: readonly StandoffSpan[];
  }[];
  /** The unit of the offsets, where both fit. */
  readonly unit: Unit;
  /** Whether each span is a token with its plain tag. */
  readonly isPlain?: boolean;
  /** The format of the texts, if it is known. */
  readonly format?: Format;
  /** What is not read, for a note. */
  readonly unread?: string | undefined;
}

type Read = (source: string, options: ReadOptions) => AsyncIterable<Sentence[]>;

/**
 * The sentences of the texts of annotations, with their tags. A text and its spans are held in memory.
 * @param read reads the texts
 * @throws UserError if a text is not there, or is not what was annotated
 */
export async function* readStandoff(
  annotations: Annotations,
  options: ReadOptions & { readonly file: string; readonly gold: boolean },
  read: Read,
): AsyncGenerator<Sentence[]> {
  const { file, gold, text: asked } = options;
  const { texts, unread } = annotations;
  const columns = asColumns(options.tagColumn);
  if (gold && columns.length > 1)
    throw new UserError(
      `${file}: columns ${columns.join(', ')}, but spans are one column of tags. Ask for one.`,
      { code: 'SEQTAG_COLUMN', option: 'tagColumn' },
    );
  const report = createSpanReport(options);
  if (unread !== undefined && gold) options.onNote?.(`${file}: ${unread}.`);
  if (asked !== undefined && texts.length > 1)
    throw new UserError(
      `${file}: spans of ${texts.length} texts, but one text was given. Leave it out, or split the file.`,
      { code: 'SEQTAG_OPTION', option: 'text' },
    );
  for (const { file: named, spans } of texts.length > 0
    ? texts
    : [{ file: undefined, spans: [] }]) {
    const source = asked?.file ?? named;
    if (source === undefined || describeFile(source) === undefined)
      throw new UserError(
        `${file}: ${source === undefined ? 'the text of its spans is not known' : `its text ${source} is not there`}. Name the file of the text.`,
        { code: 'SEQTAG_FILE_NOT_FOUND', option: 'text' },
      );
    let document: Document | undefined;
    const sentences: Sentence[] = [];
    const pieces = read(source, {
      ...options,
      ...textFormat(source, { asked: asked?.format ?? annotations.format, spans }),
      file: source,
      text: undefined,
      gold: false,
      tagColumn: undefined,
      keepSource: true,
      onDocument(started) {
        document = started;
        options.onDocument?.(started);
      },
    });
    for await (const piece of pieces) for (const sentence of piece) sentences.push(sentence);
    const tagged = gold
      ? textsOf(sentences, { document: document!, spans, file }).flatMap((text) =>
          withTags(text, annotations, { report, file, source }),
        )
      : sentences;
    report.endText();
    yield tagged;
  }
  if (gold) report.end();
}

/** Texts of lines have spans with the number of their line. */
function textFormat(
  source: string,
  { asked, spans }: { asked: Format | undefined; spans: readonly StandoffSpan[] },
): Pick<ReadOptions, 'format'> {
  const isByLine = spans.some(({ textLine }) => textLine !== undefined);
  return { format: asked ?? (isByLine && formatOf(source) === undefined ? 'lines' : undefined) };
}

/** A text with all that is known of it. */
interface WholeText {
  readonly text: string;
  readonly sentences: readonly Sentence[];
  /** Where tokens are in the text. */
  readonly offsets: readonly number[];
  readonly spans: readonly StandoffSpan[];
  /** Whether a span may go over a boundary of sentences, which then is none. */
  readonly mayJoin: (before: Sentence, after: Sentence) => boolean;
}

/** The texts of a document: one, or one for each record. */
function textsOf(
  sentences: readonly Sentence[],
  { document, spans, file }: { document: Document; spans: readonly StandoffSpan[]; file: string },
): WholeText[] {
  if (!isOfRecords(document.format)) return [wholeText(sentences, { document, spans })];
  const byLine = new Map<number, { sentences: Sentence[]; spans: StandoffSpan[] }>();
  for (const sentence of sentences) {
    const known = byLine.get(sentence.line);
    if (
      known !== undefined &&
      !(sentence.source!.prose !== undefined && sentence.source!.start > 0)
    )
      throw problem(
        document.file,
        sentence.line,
        'several records in a line, so that spans do not tell which is theirs. Put each into its own line.',
      );
    if (known) known.sentences.push(sentence);
    else byLine.set(sentence.line, { sentences: [sentence], spans: [] });
  }
  for (const span of spans) {
    const record = byLine.get(span.textLine ?? 0);
    if (record === undefined)
      throw problem(
        file,
        span.line,
        `a span of line ${span.textLine ?? '?'}, where ${document.file} has no text. Is this the text that was annotated?`,
      );
    record.spans.push(span);
  }
  return [...byLine.values()].map((one) =>
    wholeText(one.sentences, { document, spans: one.spans }),
  );
}

function wholeText(
  sentences: readonly Sentence[],
  { document, spans }: { document: Document; spans: readonly StandoffSpan[] },
): WholeText {
  const { format, bom, tail } = document;
  const isFile = isFileText(format);
  let text = isFile && bom ? '\ufeff' : '';
  const offsets: number[] = [];
  for (const sentence of sentences) {
    const located = tokenOffsets(sentence);
    for (const at of located.offsets) offsets.push(text.length + at);
    text += located.text;
  }
  if (isFile) text += tail;
  const mayJoin: WholeText['mayJoin'] = (before, after) =>
    format === 'text' ||
    (before.line === after.line && (format === 'lines' || after.source!.prose !== undefined));
  return { text, sentences, offsets, spans, mayJoin };
}

/** The sentences of a text with the tags of its spans. */
function withTags(
  { text, sentences, offsets, spans: written, mayJoin }: WholeText,
  { unit: usual, isPlain }: Annotations,
  { report, file, source }: { report: SpanReport; file: string; source: string },
): Sentence[] {
  const { spans } = inUtf16(written, text, { usual, offsets });
  const wrong = spans.findIndex((span) => !fitsText(span, text));
  if (wrong >= 0) {
    const { start, end, text: expected } = spans[wrong]!;
    throw problem(
      file,
      written[wrong]!.line,
      `a span of "${expected!.slice(0, 40)}", but ${source} has "${text.slice(start, Math.min(end, start + 40))}" there. Is this the text that was annotated?`,
    );
  }
  const tags = alignSpans(spans, { text, offsets, report });
  const done: Sentence[] = [];
  let t = 0;
  for (const sentence of sentences) {
    const own = tags.slice(t, t + sentence.tokens.length);
    t += own.length;
    const isCut = own[0]?.startsWith('I') === true;
    if (isCut && mayJoin(done.at(-1)!, sentence)) {
      done.push(joinSentences(done.pop()!, { ...sentence, tags: own }));
      continue;
    }
    if (isCut) {
      report.count('cut');
      own[0] = `B${own[0]!.slice(1)}`;
    }
    done.push({ ...sentence, tags: isPlain ? own.map((tag) => tag.replace(/^B-/, '')) : own });
  }
  return done;
}

/** Two sentences as one, where a span goes over the boundary between them. */
function joinSentences(first: Sentence, second: Sentence): Sentence {
  const [before, after] = [first.source!, second.source!];
  const prose = before.prose === undefined ? {} : { prose: before.prose + after.prose! };
  return {
    ...first,
    tokens: [...first.tokens, ...second.tokens],
    tags: [...first.tags, ...second.tags],
    source: { ...before, raw: before.raw + after.raw, ...prose },
  };
}
