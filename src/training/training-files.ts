import { type Gazetteer, readGazetteers } from '../corpus/features/gazetteer.ts';
import type { TrainingRecord } from '../model/model.ts';
import { openTeacher, type Teacher } from './distill.ts';
import { type CorpusFile, readLabelled } from './labelled-corpus.ts';
import { type TrainOptions, tagColumnsOf } from './options.ts';

/**
 * The files that training reads, except for word vectors, whose selection depends on the
 * vocabulary.
 */
export interface TrainingFiles {
  readonly teacher: Teacher | undefined;
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
    'corpora' | 'dev' | 'test' | 'gazetteers' | 'read' | 'lemmaColumn' | 'teacher'
  >,
): Promise<TrainingFiles> {
  const { corpora, dev, test, gazetteers, read, teacher } = options;
  const tagColumn = tagColumnsOf(options);
  const readOne = (file: string): Promise<CorpusFile> =>
    readLabelled(file, { ...read, tagColumn, gold: true });
  return {
    teacher: teacher && (await openTeacher(teacher, read)),
    corpora: await Promise.all(corpora.map(readOne)),
    devFile: dev === undefined ? undefined : await readOne(dev),
    testFile: test === undefined ? undefined : await readOne(test),
    gazetteers: gazetteers?.length ? await readGazetteers(gazetteers) : undefined,
  };
}
