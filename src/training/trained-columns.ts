import { isLemmaColumn } from '../corpus/lemmas/lemma-column.ts';
import { candidates, detectPartialScheme, isCertain } from '../corpus/tags/partial.ts';
import { convert, readTags, type Scheme, type TagReading } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { TagColumn } from '../model/model.ts';
import { MOST_HEADS } from '../network/config.ts';
import { checkCorpora } from './check-corpora.ts';
import { teachersSchemes } from './distill.ts';
import { defaultHyperparameters } from './hyperparameters.ts';
import { scriptsOf } from './init/extend.ts';
import {
  chooseSchemes,
  type HeldOut,
  holdOut,
  inTrainedScheme,
  type LabelledSentence,
  splitAt,
  withReadTags,
} from './labelled-corpus.ts';
import { withScripts } from './lemma-targets.ts';
import { type TrainOptions, tagColumnsOf } from './options.ts';
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
 * score, and, unless forced, for corpora that make a worthless model
 */
export function trainedColumns(
  options: Pick<
    TrainOptions,
    'read' | 'lemmaColumn' | 'hyperparameters' | 'fromScheme' | 'force' | 'onWarning'
  >,
  files: TrainingFiles,
  { refit }: { refit: boolean },
): TrainedColumn[] {
  const { read, lemmaColumn, hyperparameters } = options;
  const { teacher, init, corpora, devFile, testFile } = files;
  const names = tagColumnsOf(options);
  if (names.length > MOST_HEADS)
    throw new UserError(
      `${names.length} tag columns: a model can have at most ${MOST_HEADS}. Train two models.`,
      { code: 'SEQTAG_COLUMN', option: 'tagColumn' },
    );
  const settings = {
    ...{ ...defaultHyperparameters, ...teacher?.settings, ...init?.settings },
    ...hyperparameters,
  };
  const { seed, tagScheme, partial } = settings; // no recipe sets these
  const { format } = corpora[0]!;
  const warnings: string[] = []; // an error comes without them
  const onWarning = (warning: string): void => {
    warnings.push(warning);
  };
  let heldOut: HeldOut | undefined; // the same sentences of each column, chosen by the first
  const columns = corpora[0]!.columns.map((_, c) => {
    const lemmas = isLemmaColumn(names[c], { format, lemmaColumn });
    const fromScheme = lemmas ? 'none' : options.fromScheme;
    if (!refit) checkCorpora(files, c, { ...options, fromScheme, lemmas, partial, onWarning });
    const labelled = corpora.flatMap((file) => file.columns[c]!);
    const reading = readingOf(labelled, { partial, scheme: fromScheme });
    const inSameScheme = (sentences: readonly LabelledSentence[]): readonly LabelledSentence[] => {
      if (reading.scheme === 'none' || partial) return sentences;
      const scheme = reading.scheme === 'IO' ? reading.scheme : undefined;
      const other = readingOf(sentences, { partial, scheme });
      const read = withReadTags(sentences, other);
      return other.scheme === 'none' || other.scheme === reading.scheme
        ? read
        : read.map((one) => ({ ...one, tags: convert(one.tags, other.scheme, reading.scheme) }));
    };
    const corpus = withReadTags(labelled, reading);
    const devSentences = devFile && inSameScheme(devFile.columns[c]!);
    if (!devSentences && !refit && !heldOut) {
      heldOut = holdOut(corpus, seed);
      if (heldOut.chosen !== undefined) warnOfRareTags(heldOut.chosen, { onWarning });
    }
    const { train, dev } = refit
      ? { train: [...corpus, ...(devSentences ?? [])], dev: [] }
      : heldOut
        ? splitAt(corpus, heldOut.held)
        : { train: corpus, dev: devSentences! };
    if (partial && !refit) checkCertainTags({ train, dev });
    const labels = [...new Set(train.flatMap(({ tags }) => tags))];
    const chosen = chooseSchemes(reading.scheme, tagScheme);
    const schemes = teacher ? teachersSchemes(teacher, c, { ...chosen, lemmas }) : chosen;
    const targets = lemmas
      ? withScripts(train, { partial, preferred: init && scriptsOf(init) })
      : inTrainedScheme(train, schemes, { partial });
    return {
      tagColumn: {
        ...schemes,
        ...(lemmas && { lemmas }),
        ...(reading.notation && { notation: reading.notation }),
        format,
        ...(read?.tokenColumn !== undefined && { tokenColumn: read.tokenColumn }),
        ...(names[c] !== undefined && { tagColumn: names[c] }),
      },
      train: teacher ? [...targets, ...teacher.raw.flatMap((file) => file.columns[c]!)] : targets,
      dev,
      test: testFile && inSameScheme(testFile.columns[c]!),
      seenTags: partial ? labels.flatMap(candidates) : labels,
    };
  });
  for (const warning of warnings) options.onWarning?.(warning);
  return columns;
}

/** How the tags of a corpus are read. Partial labels must be in the usual notation. */
const readingOf = (
  sentences: readonly LabelledSentence[],
  { partial, scheme }: { partial: boolean; scheme?: Scheme | undefined },
): TagReading =>
  partial
    ? {
        scheme: scheme ?? detectPartialScheme(sentences.map(({ tags }) => tags)),
        notation: undefined,
        read: (tag) => tag,
        note: undefined,
      }
    : readTags(sentences, { scheme });

function warnOfRareTags(chosen: number, { onWarning }: Pick<TrainOptions, 'onWarning'>): void {
  onWarning?.(
    chosen > 0
      ? `few sentences have other tags than the most frequent one. ${chosen} of them ${chosen === 1 ? 'is' : 'are'} held out, so that both parts have some.`
      : 'the held-out sentences have only the most frequent tag, so F1 is undefined and no epoch can be chosen by it. Give more sentences with other tags, or a development file.',
  );
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
