import type { BackendOptions } from '../backend/backend.ts';
import type { Format, ReadOptions } from '../corpus/index.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import { sha256Of } from '../files/hash.ts';
import { readBytes } from '../files/read.ts';
import { openModel, type TagColumn, type TrainingRecord } from '../model/model.ts';
import { allowedTransitionsOf } from '../model/transitions.ts';
import { drawPath, pathGuide } from '../network/crf/sampling.ts';
import { type CrfScores, headScores } from '../network/crf/scores.ts';
import type { Engine } from '../network/engine.ts';
import type { Random } from '../network/random.ts';
import { createPredictor } from '../tagging/predictor.ts';
import { openEngine } from '../tagging/tagger.ts';
import { batches } from '../tagging/windows.ts';
import {
  type CorpusFile,
  cut,
  type LabelledSentence,
  type NumberedCorpus,
  readLabelled,
} from './data.ts';
import { hyperparameterNames, type Settings } from './hyperparameters.ts';

// Distillation: a network learns the answers of another, or of an ensemble (Hinton, Vinyals & Dean 2015). The answer to a
// sentence is a path of tags, drawn anew in each epoch with the probability that the teacher gives it: in the mean over
// epochs the loss is the cross-entropy of the student's distribution against the teacher's, of whole paths where the
// teacher has a CRF or the tags a scheme (as Kim & Rush 2016, who take the best path for all of them), else of each token.

export interface TeacherOptions {
  /** A path, or the name of a bundled model. */
  readonly model: string;
  /** How often, from 0 to 1, a sentence with gold tags is learned from the teacher's answer. Default: `TEACHER_WEIGHT`. */
  readonly weight?: number | undefined;
  /** Files without gold tags, and their format where it is not known by extension or by looking. */
  readonly raw?: readonly string[] | undefined;
  readonly rawFormat?: Format | undefined;
}

/** No worse than less of it on development data (bench/README.md). */
export const TEACHER_WEIGHT = 1;

/** What a student must know of its teacher before training. */
export interface Teacher {
  readonly record: NonNullable<TrainingRecord['teacher']>;
  readonly tagColumns: readonly TagColumn[];
  readonly vocabulary: Vocabulary;
  /** Its own hyperparameters, which a student has where it is not told otherwise. */
  readonly settings: Settings;
  readonly raw: readonly CorpusFile[];
}

/**
 * @param featureColumn what is read beside the tokens, of raw files too
 * @throws UserError for a model or a raw file that cannot be read
 */
export async function openTeacher(
  { model, raw = [], rawFormat, weight = TEACHER_WEIGHT }: TeacherOptions,
  { featureColumn }: Pick<ReadOptions, 'featureColumn'> = {},
): Promise<Teacher> {
  using file = openModel(model);
  const { tagColumns, vocabulary, record, path } = file;
  // the student is one network, and its seed and development sentences its own
  const { ensemble: _, seed: __, refit: ___, ...own } = record.hyperparameters;
  const known = Object.entries(own).filter(([name]) =>
    (hyperparameterNames as readonly string[]).includes(name),
  );
  const sha256 = await sha256Of(readBytes(path));
  const files: CorpusFile[] = [];
  for (const name of raw) {
    const format = rawFormat !== undefined && { format: rawFormat };
    const read = { gold: false, ...format, ...(featureColumn !== undefined && { featureColumn }) };
    const { sentences, ...facts } = await readLabelled(name, read);
    const unlabelled = sentences.map(
      ({ tokens, featureColumns }): LabelledSentence => ({ tokens, featureColumns, tags: [] }),
    );
    files.push({ ...facts, sentences: unlabelled, columns: tagColumns.map(() => unlabelled) });
  }
  return {
    record: { file: model, sha256, weight },
    tagColumns,
    vocabulary,
    settings: Object.fromEntries(known) as Settings,
    raw: files,
  };
}

/** The scheme of a column of gold tags, to be trained in the teacher's. */
export function teachersScheme(
  { tagColumns, record }: Teacher,
  column: number,
  { scheme }: Pick<TagColumn, 'scheme'>,
): Pick<TagColumn, 'scheme' | 'trainedScheme'> {
  const trained = tagColumns[column];
  if (!trained)
    throw new UserError(
      `${record.file}: gives ${tagColumns.length} columns of tags, fewer than are read of the corpora. Name as many with --tag-column.`,
    );
  const kind = ({ scheme }: Pick<TagColumn, 'scheme'>): string =>
    scheme === 'none' ? 'plain tags' : 'spans';
  if (kind(trained) !== kind({ scheme }))
    throw new UserError(
      `${record.file}: gives ${kind(trained)}, but the corpora have ${kind({ scheme })}. Name the right column with --tag-column.`,
    );
  return { scheme, trainedScheme: trained.trainedScheme };
}

/** The vocabulary with the tags that only the teacher knows. */
export const withTeachersTags = (
  vocabulary: Vocabulary,
  { vocabulary: its }: Teacher,
): Vocabulary => ({
  ...vocabulary,
  tags: vocabulary.tags.map((own, c) => [...new Set([...own, ...its.tags[c]!])]),
});

/** What the teacher says of a corpus. */
export interface TeacherTargets {
  /** Tags of each column of a numbered sentence: the teacher's, drawn, or undefined where gold ones are to be learned. */
  draw(sentence: number, random: Random): Int32Array[] | undefined;
}

/**
 * Asks the teacher about every sentence of a corpus; 4 K bytes are kept of each token for each column of K tags.
 * @param trainSentences what `corpus` was numbered from
 * @param vocabulary the student's, with the teacher's tags
 */
export async function computeTeacherTargets(
  { record, vocabulary: its, tagColumns }: Teacher,
  {
    trainSentences,
    corpus,
    vocabulary,
    compute,
  }: {
    trainSentences: readonly LabelledSentence[];
    corpus: NumberedCorpus;
    vocabulary: Vocabulary;
    compute: BackendOptions;
  },
): Promise<TeacherTargets> {
  using model = openModel(record.file);
  // nothing is taken from the score of a tag: what that is good for the student finds out for itself
  const { engine } = openEngine(model, { ...compute, recallBias: { nats: 0 } });
  try {
    const predictor = createPredictor(engine, its, tagColumns);
    const fields = fieldsOf(engine, its, tagColumns);
    const students = createEncoder(vocabulary);
    const places = its.tags.map((tags, c) => Int32Array.from(tags, (tag) => students.tag(tag, c)));
    const pieces = trainSentences.flatMap(({ tokens, featureColumns = [] }) =>
      cut(tokens).map(
        ({ start, end }): Piece => ({
          tokens: tokens.slice(start, end),
          features: featureColumns.map((values) => values.slice(start, end)),
        }),
      ),
    );
    const guides = fields.map((): Float32Array[] => []); // of each column, of each piece
    for (const batch of batches(pieces, predictor.mostTokens)) {
      const said = predictor.say(
        batch.map(({ tokens }) => tokens),
        batch.map(({ features }) => features),
      );
      fields.forEach((field, c) => {
        for (const { emissions } of said[c]!) guides[c]!.push(pathGuide(field, emissions));
      });
    }
    const hasGold = corpus.sentences.map(({ tags }) =>
      tags.some((own) => own.some((t) => t !== -1)),
    );
    return {
      draw(sentence, random) {
        if (hasGold[sentence] && random() >= record.weight) return undefined;
        return fields.map((field, c) => {
          const K = its.tags[c]!.length;
          const path = drawPath(field, guides[c]![sentence]!, { K, random });
          return path.map((tag) => places[c]![tag]!);
        });
      },
    };
  } finally {
    await engine.close();
  }
}

/** Of each column, what joins its tags: a CRF, the rules of the scheme, or nothing. */
function fieldsOf(
  engine: Engine,
  vocabulary: Vocabulary,
  tagColumns: readonly TagColumn[],
): (CrfScores | undefined)[] {
  const isCrf = engine.config.decoder === 'crf';
  // a student may have a CRF that allows no more than this, whatever the teacher's decoder
  const rules = tagColumns.map((trained) => ({ ...trained, extraTransitions: [] }));
  const allowed = allowedTransitionsOf(
    { ...engine.config, decoder: 'constrained' },
    vocabulary,
    rules,
  );
  return tagColumns.map((_, c) =>
    isCrf || allowed[c] ? headScores(engine, c, allowed[c]) : undefined,
  );
}

/** A window of a sentence, with the columns that the teacher may read beside the tokens. */
interface Piece {
  readonly tokens: readonly string[];
  readonly features: readonly (readonly string[])[];
}
