import type { Column, ReadOptions } from '../corpus/index.ts';
import type { Scheme } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { checkWritable } from '../files/write.ts';
import type { About } from '../model/model.ts';
import { findModel } from '../model/model-file.ts';
import type { ComputeOptions } from '../network/engines.ts';
import { vectorPath } from '../vectors/npm-package.ts';
import type { Checkpoint } from './checkpoint/checkpoint-file.ts';
import type { TeacherOptions } from './distill.ts';
import type { Settings } from './hyperparameters.ts';
import type { InitOptions } from './init/initial-model.ts';
import { columnList } from './labelled-corpus.ts';

export interface TrainOptions extends ComputeOptions {
  /** Labelled files, read as one corpus; `-` is standard input. */
  readonly corpora: readonly string[];
  /** The model file. */
  readonly output: string;
  /** A labelled file that decides which epoch is best. Default: every tenth sentence of the corpora, held out. */
  readonly dev?: string | undefined;
  /** A labelled file that the model is scored on at the end. */
  readonly test?: string | undefined;
  /**
   * Pretrained word vectors: a file in a format that `readVectors` knows, or `npm:NAME`, an installed package with such a
   * file.
   */
  readonly embeddings?: string | undefined;
  /** Lists of phrases: see `readGazetteers`. */
  readonly gazetteers?: readonly string[] | undefined;
  /** Format and columns of the labelled files. */
  readonly read?:
    | Pick<
        ReadOptions,
        | 'format'
        | 'tokenColumn'
        | 'tagColumn'
        | 'featureColumn'
        | 'header'
        | 'comment'
        | 'encoding'
        | 'strictSpans'
        | 'labels'
        | 'text'
      >
    | undefined;
  /**
   * The tag column with lemmas, which are learned as edit scripts. It need not be among the tag columns. Default: a tag
   * column called `lemma`.
   */
  readonly lemmaColumn?: Column | undefined;
  /** The scheme of the gold tags. `IO`: a run of one label is a span. Default: recognised. */
  readonly fromScheme?: Scheme | undefined;
  /** Train on corpora that make a worthless model too. Default: refuse them. */
  readonly force?: boolean | undefined;
  /** Hyperparameters that differ from the teacher's, if there is one, else from the recipe's. */
  readonly hyperparameters: Settings;
  /** Description, licence and attribution, kept in the model and shown by `inspect`. */
  readonly about?: About | undefined;
  /** A model whose predictions are learned (distillation). */
  readonly teacher?: TeacherOptions | undefined;
  /** A model from whose weights training begins. */
  readonly init?: InitOptions | undefined;
  /** The epochs after which the event also has the dev score with penalties. Default: none. */
  readonly scoreWithPenalties?: ((epoch: number) => boolean) | undefined;
  /**
   * Stops training after the current update. With checkpoints, the training can go on later, and no model is written.
   * Otherwise the model has the best epoch so far.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Checkpoints from which an interrupted training can go on: their file, and the minutes between checkpoints within an
   * epoch. There is one after each epoch too. Default: none.
   */
  readonly checkpoints?: { readonly file: string; readonly minutes: number } | undefined;
  /** A checkpoint of the same training, which goes on from there. */
  readonly resume?: Checkpoint | undefined;
  /** With `resume`: writes the best model so far instead of training further. */
  readonly finish?: boolean | undefined;
}

/** The tag columns to learn; none stands for the default of the format. */
export function tagColumnsOf({
  read,
  lemmaColumn,
}: Pick<TrainOptions, 'read' | 'lemmaColumn'>): readonly Column[] {
  const columns = columnList(read?.tagColumn);
  const isNew =
    lemmaColumn !== undefined && !columns.some((column) => String(column) === String(lemmaColumn));
  return isNew ? [...columns, lemmaColumn] : columns;
}

/**
 * Whether a refit on the development sentences is the default: it is if they are held out of the corpora, not if they
 * are a separate file.
 */
export const refitsByDefault = ({ dev }: TrainOptions): boolean => dev === undefined;

/**
 * Checks before training that the output can be written and is not one of the input files.
 * @throws UserError
 */
export function checkOutput(
  options: Pick<
    TrainOptions,
    'output' | 'corpora' | 'dev' | 'test' | 'embeddings' | 'gazetteers' | 'teacher' | 'init'
  >,
): void {
  const { output, corpora, dev, test, embeddings, gazetteers = [], teacher, init } = options;
  if (teacher && init)
    throw new UserError(
      'an initial model and a teacher exclude each other. Choose one of them, or train twice.',
      { code: 'SEQTAG_OPTION_CONFLICT', option: 'init' },
    );
  const models = [teacher?.model, init?.model].filter((model) => model !== undefined);
  const modelFiles = [...models.map(findModel), ...(teacher?.raw ?? [])];
  const vectors = embeddings === undefined ? undefined : vectorPath(embeddings);
  refuseSameFile(output, [...corpora, dev, test, vectors, ...gazetteers, ...modelFiles]);
  checkWritable(output);
}
