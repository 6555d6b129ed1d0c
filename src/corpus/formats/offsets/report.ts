import { UserError } from '../../../errors.ts';
import { quantity } from '../../lines.ts';
import type { ReadOptions } from '../../sentence.ts';

/** What became of spans and of records, each with its words in the note. */
const spanFates = {
  widened: 'widened to whole tokens',
  overlapping: 'overlapping others, left out',
  outside: 'outside the text or empty, left out',
  joined: 'read with the gap inside them',
  cut: 'cut at the end of a sentence',
} as const;
const recordFates = {
  unannotated: 'without annotations, left out',
  rejected: 'rejected or ignored by the annotator, left out',
  several: 'with several annotations, of which the first is read',
  predicted: 'with predictions only, which are read',
  unmarked: 'with choices or other annotations but no spans, read as texts without spans',
} as const;

type SpanFate = keyof typeof spanFates;
type RecordFate = keyof typeof recordFates;

/** Counts the spans of a file that are not read exactly as they are written. */
export interface SpanReport {
  count(what: 'spans' | SpanFate | RecordFate): void;
  /**
   * Called after each text.
   * @param line where the text is, if its file has several
   * @throws UserError if a span did not fit, where that is refused
   */
  endText(line?: number): void;
  /** Notes what was counted, once the file is read. */
  end(): void;
}

export function createSpanReport({
  file,
  strictSpans,
  onNote,
}: Pick<ReadOptions, 'strictSpans' | 'onNote'> & { readonly file: string }): SpanReport {
  const counts = new Map<string, number>();
  const listed = (fates: Readonly<Record<string, string>>): string =>
    Object.entries(fates)
      .flatMap(([fate, words]) => (counts.has(fate) ? `${counts.get(fate)} ${words}` : []))
      .join('; ');
  const ofSpans = (): string | undefined => {
    const fates = listed(spanFates);
    return fates === '' ? undefined : `of ${quantity(counts.get('spans')!, 'span')}: ${fates}.`;
  };
  return {
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    endText(line) {
      const faults = strictSpans ? ofSpans() : undefined;
      if (faults === undefined) return;
      throw new UserError(
        `${file}${line === undefined ? '' : `:${line}`}: ${faults} Correct them, or allow spans that do not fit tokens.`,
        { code: 'SEQTAG_CORPUS_SYNTAX' },
      );
    },
    end() {
      const records = listed(recordFates);
      if (records !== '') onNote?.(`${file}: texts: ${records}.`);
      const spans = ofSpans();
      if (spans !== undefined) onNote?.(`${file}: ${spans}`);
    },
  };
}
