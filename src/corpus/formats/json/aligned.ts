import { problem } from '../../lines.ts';
import type { Prose } from '../../sentence.ts';
import { alignSpans, fitsText, inUtf16, offsetsOf } from '../offsets/align.ts';
import type { SpanReport } from '../offsets/report.ts';
import { annotationsOf } from './dialects.ts';
import type { Content, Members } from './object.ts';

/** A sentence of a record. */
export interface Part {
  readonly tokens: readonly string[];
  /** Where the sentence is in the text of the record, if there is one. */
  readonly prose?: Prose | undefined;
}

/**
 * BIO tags, if a record has spans as offsets into its text; undefined if it has none; false if the record is to be left out.
 * @param options.asked the key that has the spans
 * @throws UserError if the spans are not those of the text
 */
export function alignedTags(
  members: Members,
  {
    content,
    parts,
    asked,
    file,
    line,
    report,
  }: {
    readonly content: Content;
    readonly parts: readonly Part[];
    readonly asked: string | undefined;
    readonly file: string;
    readonly line: number;
    readonly report: SpanReport;
  },
): readonly string[] | undefined | false {
  const text = 'text' in content ? content.text : members['text'];
  if (typeof text !== 'string') return undefined;
  const annotated = annotationsOf(members, asked);
  if (annotated === undefined) return undefined;
  if (typeof annotated === 'string') throw problem(file, line, `${annotated}.`);
  const { fate, unit: usual } = annotated;
  if (fate !== undefined) report.count(fate);
  if (fate === 'unannotated' || fate === 'rejected') return false;
  const offsets: number[] = [];
  for (const { tokens, prose } of parts) {
    const found = offsetsOf(tokens, prose?.text ?? text, prose?.start);
    if (found === undefined)
      throw problem(
        file,
        line,
        `the tokens in "${content.key}" are not those of "text", so that its spans have no place. Leave out the tokens, or correct the text.`,
      );
    for (const offset of found) offsets.push(offset);
  }
  const { spans } = inUtf16(annotated.spans, text, { usual, offsets });
  const wrong = spans.find((span) => !fitsText(span, text));
  if (wrong !== undefined)
    throw problem(
      file,
      line,
      `a span of "${wrong.text!.slice(0, 40)}", but its offsets have "${text.slice(wrong.start, Math.min(wrong.end, wrong.start + 40))}". Is this the text that was annotated?`,
    );
  const tags = alignSpans(spans, { text, offsets, report });
  report.endText(line);
  return tags;
}

/** The sentences without boundaries inside spans. */
export function withoutCuts(parts: readonly Part[], tags: readonly string[]): readonly Part[] {
  const joined: Part[] = [];
  let t = 0;
  for (const part of parts) {
    const before = tags[t]?.startsWith('I-') ? joined.pop() : undefined;
    t += part.tokens.length;
    const prose = before && {
      text: before.prose!.text + part.prose!.text,
      start: before.prose!.start,
    };
    joined.push(before ? { tokens: [...before.tokens, ...part.tokens], prose } : part);
  }
  return joined;
}
