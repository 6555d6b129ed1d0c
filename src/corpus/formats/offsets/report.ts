import { UserError } from '../../../errors.ts';
import { quantity } from '../../lines.ts';
import type { ReadOptions } from '../../sentence.ts';

/** What became of spans and of records, each with its words in the note. */
const spanFates = {
  widened: 'widened to whole tokens',
  overlapping: 'left out, as they overlap others',
  outside: 'left out, as they are outside the text or empty',
  joined: 'read with the gap inside them',
  cut: 'cut at the end of a sentence',
} as const;
const recordFates = {
  unannotated: 'without annotations, left out',
  rejected: 'rejected or ignored by the annotator, left out',
  several: 'with several annotations, of which the first is read',
  predicted: 'with predictions only, which are read',
} as const;

type SpanFate = keyof typeof spanFates;
type RecordFate = keyof typeof recordFates;

/** Counts the spans of a file that are not read exactly as they are written. */
export interface SpanReport {
  count(what: 'spans' | SpanFate | RecordFate): void;
  /**
   * Notes what was counted, once the file is read.
   * @throws UserError for spans that do not fit, where those are refused
   */
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
  return {
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    end() {
      const records = listed(recordFates);
      if (records !== '') onNote?.(`${file}: texts: ${records}.`);
      const spans = listed(spanFates);
      if (spans === '') return;
      const what = `${file}: of ${quantity(counts.get('spans')!, 'span')}: ${spans}.`;
      if (strictSpans)
        throw new UserError(`${what} Correct them, or allow spans that do not fit tokens.`, {
          code: 'SEQTAG_CORPUS_SYNTAX',
        });
      onNote?.(what);
    },
  };
}
