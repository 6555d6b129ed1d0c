import { type Finding, lint, type Part } from '../corpus/lint/lint.ts';
import { UserError } from '../errors.ts';
import type { LabelledSentence } from './labelled-corpus.ts';
import type { TrainOptions } from './options.ts';
import type { TrainingFiles } from './training-files.ts';

/**
 * Checks one tag column of the corpora. Warns of what is probably a mistake, one line for each.
 * @throws UserError for what makes a worthless model, unless forced: then that is a warning too
 */
export function checkCorpora(
  { corpora, devFile, testFile }: TrainingFiles,
  column: number,
  {
    force = false,
    partial,
    lemmas,
    fromScheme,
    onWarning,
  }: Pick<TrainOptions, 'force' | 'fromScheme' | 'onWarning'> & {
    partial: boolean;
    /** Whether the tags are lemmas. */
    lemmas: boolean;
  },
): void {
  const part = (
    role: Part['role'],
    name: string,
    sentences: readonly LabelledSentence[],
  ): Part => ({ role, name, sentences });
  const parts = [
    part(
      'train',
      corpora.map(({ file }) => file).join(', '),
      corpora.flatMap((file) => file.columns[column]!),
    ),
    ...(devFile ? [part('dev', devFile.file, devFile.columns[column]!)] : []),
    ...(testFile ? [part('test', testFile.file, testFile.columns[column]!)] : []),
  ];
  // of several tag columns one may have nothing to learn
  const isOneOfMany = corpora[0]!.columns.length > 1;
  const findings = lint(parts, { partial, lemmas, fromScheme }).map(
    (finding): Finding =>
      isOneOfMany && finding.check === 'one-tag' ? { ...finding, severity: 'warning' } : finding,
  );
  reportFindings(findings, { force, onWarning });
}

/** @throws UserError for the first finding that is an error, unless forced */
export function reportFindings(
  findings: readonly Finding[],
  { force, onWarning }: { force: boolean; onWarning: ((warning: string) => void) | undefined },
): void {
  for (const { check, severity, message, code, option } of findings) {
    if (severity === 'error' && !force)
      throw new UserError(`${message} To go on anyway, force it.`, {
        code: code ?? 'SEQTAG_INPUT',
        ...(option !== undefined && { option }),
      });
    if (severity !== 'note' || check === 'tag-notation') onWarning?.(message);
  }
}
