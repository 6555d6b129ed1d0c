import { candidates, isCertain } from '../corpus/tags/partial.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';
import { MOST_HEADS } from '../network/config.ts';
import { teachersSchemes } from './distill.ts';
import type { Settings } from './hyperparameters.ts';
import {
  chooseSchemes,
  columnList,
  holdOut,
  inTrainedScheme,
  type LabelledSentence,
} from './labelled-corpus.ts';
import type { TrainOptions } from './options.ts';
import { completeSettings } from './recipes.ts';
import type { TrainingFiles } from './training-files.ts';

/** A tag column to learn, with its sentences. */
export interface TrainedColumn {
  readonly tagColumn: TagColumn;
  /** With tags in the trained scheme. The sentences of the teacher's raw files, without tags, are at the end. */
  readonly train: readonly LabelledSentence[];
  /** With tags in the scheme of the corpus, as in `test`. Empty for a refit. */
  readonly dev: readonly LabelledSentence[];
  readonly test: readonly LabelledSentence[] | undefined;
  /** The tags in the training sentences, in the scheme of the corpus. */
  readonly seenTags: readonly string[];
}

/**
 * The tag columns to learn. All have the same sentences.
 * @param options.refit whether the development sentences are training sentences too
 * @throws UserError for too many columns, for tags that do not fit the teacher, and if there is nothing to learn or to
 * score
 */
export function trainedColumns(
  { read, hyperparameters }: Pick<TrainOptions, 'read' | 'hyperparameters'>,
  files: TrainingFiles,
  { refit }: { refit: boolean },
): TrainedColumn[] {
  const { teacher, corpora, devFile, testFile } = files;
  const names = columnList(read?.tagColumn);
  if (names.length > MOST_HEADS)
    throw new UserError(
      `${names.length} tag columns: a model can have at most ${MOST_HEADS}. Train two models.`,
      { code: 'SEQTAG_COLUMN', option: 'tagColumn' },
    );
  const settings: Settings = { ...teacher?.settings, ...hyperparameters };
  const { seed, tagScheme, partial } = completeSettings(settings, 'pos'); // these do not depend on the recipe
  const { format } = corpora[0]!;
  return corpora[0]!.columns.map((_, c) => {
    const corpus = corpora.flatMap((file) => file.columns[c]!);
    const { train, dev } = refit
      ? { train: [...corpus, ...(devFile?.columns[c] ?? [])], dev: [] }
      : devFile
        ? { train: corpus, dev: devFile.columns[c]! }
        : holdOut(corpus, seed);
    if (partial && !refit) checkCertainTags({ train, dev });
    const labels = [...new Set(train.flatMap(({ tags }) => tags))];
    const chosen = chooseSchemes(train, tagScheme, { partial });
    const schemes = teacher ? teachersSchemes(teacher, c, chosen) : chosen;
    const targets = inTrainedScheme(train, schemes, { partial });
    return {
      tagColumn: {
        ...schemes,
        format,
        ...(read?.tokenColumn !== undefined && { tokenColumn: read.tokenColumn }),
        ...(names[c] !== undefined && { tagColumn: names[c] }),
      },
      train: teacher ? [...targets, ...teacher.raw.flatMap((file) => file.columns[c]!)] : targets,
      dev,
      test: testFile?.columns[c],
      seenTags: partial ? labels.flatMap(candidates) : labels,
    };
  });
}

export const hasOnlyCertainTags = (sentences: readonly LabelledSentence[]): boolean =>
  sentences.every(({ tags }) => tags.every(isCertain));

/** @throws UserError if partial labels leave nothing to learn or nothing to score */
function checkCertainTags({ train, dev }: Pick<TrainedColumn, 'train' | 'dev'>): void {
  const someTag = (
    sentences: readonly LabelledSentence[],
    test: (label: string) => boolean,
  ): boolean => sentences.some(({ tags }) => tags.some(test));
  if (!someTag(train, (label) => candidates(label).length > 0))
    throw new UserError(
      'The training sentences have no tag but ?, so there is nothing to learn. Name the right tag column.',
      { code: 'SEQTAG_TAGS', option: 'tagColumn' },
    );
  if (!someTag(dev, isCertain))
    throw new UserError(
      'The development sentences have no certain tag, so no epoch can be scored. Give a development file that has some.',
      { code: 'SEQTAG_TAGS', option: 'dev' },
    );
}
