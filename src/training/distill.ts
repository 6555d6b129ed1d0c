import type { Format, ReadOptions } from '../corpus/index.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import { sha256Of } from '../files/hash.ts';
import { readBytes } from '../files/read.ts';
import type { TagColumn, TrainingRecord } from '../model/model.ts';
import { openModel } from '../model/model-file.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { drawPath, pathGuide } from '../network/crf/sampling.ts';
import { type CrfScores, headScores } from '../network/crf/scores.ts';
import type { Engine } from '../network/engine.ts';
import type { ComputeOptions } from '../network/engines.ts';
import type { Random } from '../network/random.ts';
import { createPredictor } from '../tagging/predictor.ts';
import { openEngine } from '../tagging/tagger.ts';
import { batches } from '../tagging/windows.ts';
import { hyperparameterNames, type Settings } from './hyperparameters.ts';
import {
  type CorpusFile,
  type LabelledSentence,
  readLabelled,
  type Schemes,
} from './labelled-corpus.ts';
import { type NumberedCorpus, trainingWindows } from './numbered-corpus.ts';

// Distillation: a student network learns the predictions of a teacher, a network or an ensemble (Hinton, Vinyals & Dean
// 2015). In each epoch the targets of a sentence are a path of tags drawn from the teacher's distribution. On average
// over epochs the loss is then the cross-entropy between the distributions of teacher and student: over paths if the
// teacher has a CRF or the tags have a scheme, else over the tags of each token. (Kim & Rush 2016 take the best path in
// place of the drawn one.)

export interface TeacherOptions {
  /** A path, or the name of a bundled model. */
  readonly model: string;
  /** Probability that the targets of a sentence with gold tags are the teacher's. Default: `TEACHER_WEIGHT`. */
  readonly weight?: number | undefined;
  /** Files without gold tags to learn from. */
  readonly raw?: readonly string[] | undefined;
  /** Format of these files. Default: known by extension or content. */
  readonly rawFormat?: Format | undefined;
}

/** Smaller weights were not better on development data (bench/README.md). */
export const TEACHER_WEIGHT = 1;

/** A teacher, before its predictions. */
export interface Teacher {
  readonly record: NonNullable<TrainingRecord['teacher']>;
  readonly tagColumns: readonly TagColumn[];
  readonly vocabulary: Vocabulary;
  /** The teacher's hyperparameters, which are defaults for the student. */
  readonly settings: Settings;
  /** The files without gold tags: sentences with empty `tags`. */
  readonly raw: readonly CorpusFile[];
}

/**
 * @param read.featureColumn the feature columns of the files without gold tags
 * @throws UserError for a model or file that cannot be read
 */
export async function openTeacher(
  { model, raw = [], rawFormat, weight = TEACHER_WEIGHT }: TeacherOptions,
  { featureColumn }: Pick<ReadOptions, 'featureColumn'> = {},
): Promise<Teacher> {
  using file = openModel(model);
  const { tagColumns, vocabulary, record, path } = file;
  // the student is a single network; its seed and development sentences do not come from the teacher
  const { ensemble: _, seed: __, refit: ___, ...inherited } = record.hyperparameters;
  const known = Object.entries(inherited).filter(([name]) =>
    (hyperparameterNames as readonly string[]).includes(name),
  );
  const sha256 = await sha256Of(readBytes(path));
  const files: CorpusFile[] = [];
  for (const name of raw) {
    const { sentences, ...rest } = await readLabelled(name, {
      gold: false,
      ...(rawFormat !== undefined && { format: rawFormat }),
      ...(featureColumn !== undefined && { featureColumn }),
    });
    const unlabelled = sentences.map(
      ({ tokens, featureColumns }): LabelledSentence => ({ tokens, featureColumns, tags: [] }),
    );
    files.push({ ...rest, sentences: unlabelled, columns: tagColumns.map(() => unlabelled) });
  }
  return {
    record: { file: model, sha256, weight },
    tagColumns,
    vocabulary,
    settings: Object.fromEntries(known) as Settings,
    raw: files,
  };
}

/**
 * The schemes of a student's tag column: the gold tags keep their scheme, and the student learns tags in the teacher's
 * scheme.
 * @throws UserError if the teacher has no such column, or if its tags are of another kind
 */
export function teachersSchemes(
  { tagColumns, record }: Teacher,
  column: number,
  own: Pick<TagColumn, 'scheme' | 'lemmas'>,
): Schemes {
  const teachers = tagColumns[column];
  if (!teachers)
    throw new UserError(
      `${record.file}: gives ${tagColumns.length} tag columns, fewer than are read from the corpora. Choose as many.`,
      { code: 'SEQTAG_MODEL_MISMATCH', option: 'tagColumn' },
    );
  const kindOf = ({ scheme, lemmas }: Pick<TagColumn, 'scheme' | 'lemmas'>): string =>
    lemmas ? 'lemmas' : scheme === 'none' ? 'plain tags' : 'spans';
  if (kindOf(teachers) !== kindOf(own))
    throw new UserError(
      `${record.file}: gives ${kindOf(teachers)}, but the corpora have ${kindOf(own)}. Name the right tag column.`,
      { code: 'SEQTAG_MODEL_MISMATCH', option: 'tagColumn' },
    );
  return { scheme: own.scheme, trainedScheme: teachers.trainedScheme };
}

/** The student's vocabulary, with the tags that only the teacher has at the end of each column. */
export const withTeachersTags = (vocabulary: Vocabulary, teacher: Teacher): Vocabulary => ({
  ...vocabulary,
  tags: vocabulary.tags.map((tags, c) => [...new Set([...tags, ...teacher.vocabulary.tags[c]!])]),
});

/** The teacher's predictions for a corpus. */
export interface TeacherTargets {
  /**
   * Draws tags from the teacher's distribution: for each tag column the indices (L) of tags in the student's
   * vocabulary. Undefined if the gold tags are the targets this time.
   * @param sentence index in the numbered corpus
   */
  draw(sentence: number, random: Random): Int32Array[] | undefined;
}

/**
 * The teacher's predictions for every sentence of a corpus. They take 4 K bytes per token for a column of K tags.
 * @param options.trainSentences the sentences that `corpus` numbers
 * @param options.vocabulary the student's vocabulary, with the teacher's tags
 */
export async function computeTeacherTargets(
  teacher: Teacher,
  options: {
    trainSentences: readonly LabelledSentence[];
    corpus: NumberedCorpus;
    vocabulary: Vocabulary;
    compute: ComputeOptions;
  },
): Promise<TeacherTargets> {
  const { trainSentences, corpus, vocabulary, compute } = options;
  const { record, tagColumns } = teacher;
  const teachersTags = teacher.vocabulary.tags;
  using model = openModel(record.file);
  // without the teacher's recall bias: the student's training chooses its own
  const engine = openEngine(model, { ...compute, recallBias: { nats: 0 } });
  try {
    const predictor = createPredictor(engine, teacher.vocabulary, tagColumns);
    const crfs = pathScores(engine, teacher.vocabulary, tagColumns);
    const encoder = createEncoder(vocabulary);
    const studentTags = teachersTags.map((tags, c) =>
      Int32Array.from(tags, (tag) => encoder.tag(tag, c)),
    );
    const windows = trainSentences.flatMap(({ tokens, featureColumns = [] }) =>
      trainingWindows(tokens).map(({ start, end }) => ({
        tokens: tokens.slice(start, end),
        features: featureColumns.map((values) => values.slice(start, end)),
      })),
    );
    const guides = crfs.map((): Float32Array[] => []); // guides[c][window]
    for (const batch of batches(windows, predictor.maxTokens)) {
      const scores = predictor.predictScores(
        batch.map(({ tokens }) => tokens),
        batch.map(({ features }) => features),
      );
      crfs.forEach((crf, c) => {
        for (const { emissions } of scores[c]!) guides[c]!.push(pathGuide(crf, emissions));
      });
    }
    const hasGold = corpus.sentences.map(({ tags }) =>
      tags.some((column) => column.some((tag) => tag !== -1)),
    );
    return {
      draw(sentence, random) {
        if (hasGold[sentence] && random() >= record.weight) return undefined;
        return crfs.map((crf, c) => {
          const K = teachersTags[c]!.length;
          const path = drawPath(crf, guides[c]![sentence]!, { K, random });
          return path.map((tag) => studentTags[c]![tag]!);
        });
      },
    };
  } finally {
    await engine.close();
  }
}

/**
 * For each tag column the transition scores: those of the CRF, or 0 for transitions that the scheme allows; undefined
 * for plain tags without a CRF.
 */
function pathScores(
  engine: Engine,
  vocabulary: Vocabulary,
  tagColumns: readonly TagColumn[],
): (CrfScores | undefined)[] {
  const isCrf = engine.config.decoder === 'crf';
  // the student's decoder may forbid what the scheme forbids, whatever the teacher's decoder
  const allowed = allowedTransitionsOf(
    { ...engine.config, decoder: 'constrained' },
    vocabulary,
    tagColumns.map((column) => ({ ...column, extraTransitions: [] })),
  );
  return tagColumns.map((_, c) =>
    isCrf || allowed[c] ? headScores(engine, c, allowed[c]) : undefined,
  );
}
