import { type Gazetteer, readGazetteers } from '../corpus/features/gazetteer.ts';
import type { TrainingRecord } from '../model/model.ts';
import { openTeacher, type Teacher } from './distill.ts';
import { type InitialModel, openInitialModel } from './init/initial-model.ts';
import { type CorpusFile, readLabelled } from './labelled-corpus.ts';
import { type TrainOptions, tagColumnsOf } from './options.ts';

/**
 * The files that training reads, except for word vectors, whose selection depends on the
 * vocabulary.
 */
export interface TrainingFiles {
  readonly teacher: Teacher | undefined;
  /** The model from whose weights training begins. */
  readonly init?: InitialModel | undefined;
  readonly corpora: readonly CorpusFile[];
  readonly devFile: CorpusFile | undefined;
  readonly testFile: CorpusFile | undefined;
  readonly gazetteers:
    | {
        readonly gazetteer: Gazetteer;
        readonly files: NonNullable<TrainingRecord['gazetteers']>;
      }
    | undefined;
}

/** @throws UserError for a file that cannot be read or is of the wrong kind */
export async function readTrainingFiles(
  options: Pick<
    TrainOptions,
    'corpora' | 'dev' | 'test' | 'gazetteers' | 'read' | 'lemmaColumn' | 'teacher' | 'init'
  >,
): Promise<TrainingFiles> {
  const { corpora, dev, test, read, teacher } = options;
  const init = options.init && (await openInitialModel(options.init));
  const tagColumn = tagColumnsOf(options);
  const readOne = (file: string): Promise<CorpusFile> =>
    readLabelled(file, { ...read, tagColumn, gold: true });
  return {
    teacher: teacher && (await openTeacher(teacher, read)),
    init,
    corpora: await Promise.all(corpora.map(readOne)),
    devFile: dev === undefined ? undefined : await readOne(dev),
    testFile: test === undefined ? undefined : await readOne(test),
    gazetteers: options.gazetteers?.length
      ? await readGazetteers(options.gazetteers)
      : gazetteersOf(init),
  };
}

/** The phrases of a model. */
function gazetteersOf(model: InitialModel | undefined): TrainingFiles['gazetteers'] {
  const { gazetteer } = model?.vocabulary.tokenFeatures ?? {};
  return gazetteer && { gazetteer, files: model!.gazetteerFiles };
}
