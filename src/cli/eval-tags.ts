import { lint } from '../corpus/lint/lint.ts';
import {
  readTags,
  type Scheme,
  schemeNamed,
  type TaggedLines,
  type TagReading,
} from '../corpus/tags/scheme.ts';
import { reportFindings } from '../training/check-corpora.ts';
import type { Context } from './context.ts';
import type { EvalFlags } from './eval-flags.ts';
import type { LabelledFile } from './predictions.ts';
import { oneLine } from './printable.ts';
import { corpusFlags, withFlags } from './remedies.ts';
import { mappedTag, type Renaming } from './tag-map.ts';

/** The scheme of the gold tags that was asked for. */
export const askedScheme = ({ fromScheme }: Pick<EvalFlags, 'fromScheme'>): Scheme | undefined =>
  fromScheme === undefined ? undefined : schemeNamed(fromScheme);

/** How tags are read. Partial labels must be in the usual notation. */
export const readingOf = (
  sentences: readonly TaggedLines[],
  { partial, scheme }: { partial: boolean; scheme: Scheme | undefined },
): TagReading | undefined => (partial ? undefined : readTags(sentences, { scheme }));

/** A file with its tags in the usual notation, and under their new names. */
export function inUsualNotation<File extends LabelledFile>(
  file: File,
  reading: TagReading | undefined,
  renaming: Renaming,
): File {
  const read = reading?.note === undefined ? undefined : reading.read;
  if (!read && !renaming.map) return file;
  const anyCase = reading?.notation !== undefined;
  const nameOf = (tag: string): string => mappedTag(read?.(tag) ?? tag, renaming, { anyCase });
  return {
    ...file,
    sentences: file.sentences.map((one) => ({ ...one, tags: one.tags.map(nameOf) })),
  };
}

/**
 * Checks gold files. Warns of what is probably a mistake, one line for each.
 * @throws UserError for what makes scores meaningless, unless forced
 */
export function checkGold(
  files: readonly LabelledFile[],
  { flags, partial, lemmas }: { flags: EvalFlags; partial: boolean; lemmas: boolean },
  { say }: Pick<Context, 'say'>,
): void {
  for (const { file, sentences } of files) {
    const findings = lint([{ role: 'test', name: file, sentences }], {
      partial,
      lemmas,
      fromScheme: askedScheme(flags),
    });
    reportFindings(findings, {
      force: flags.force === true,
      onWarning: (warning) => say(`seqtag: ${oneLine(withFlags(warning, corpusFlags))}`),
    });
  }
}
