import { UserError } from '../../errors.ts';
import { sha256Of } from '../../files/hash.ts';
import { readBytes } from '../../files/read.ts';
import type { Model, TrainingRecord } from '../../model/model.ts';
import { openModel } from '../../model/model-file.ts';
import { headName } from '../../network/config.ts';
import { parameterSpecs } from '../../network/network.ts';
import { memberPrefix, sizeOf } from '../../network/parameters.ts';
import { flagOf } from '../../option-values.ts';
import type { Settings } from '../hyperparameters.ts';
import { architectureOf } from '../network-config.ts';
import type { Parameters } from '../parameters.ts';

/** The model from whose weights a training begins, and what of it the new model keeps. */
export interface InitOptions {
  /** A path, or the name of a bundled model. */
  readonly model: string;
  /** Words, characters and feature values that the corpora lack. Default: keep. */
  readonly words?: 'keep' | 'drop' | undefined;
  /**
   * Tags that the corpora lack. Default: keep the tags of a column if the model knows at least half of the tags that it has
   * in the corpora (for spans: of the types), else drop them.
   */
  readonly tags?: 'keep' | 'drop' | undefined;
}

/** A model from whose weights a training begins. */
export interface InitialModel
  extends Pick<Model, 'config' | 'vocabulary' | 'tagColumns'>,
    Pick<InitOptions, 'words' | 'tags'> {
  readonly record: NonNullable<TrainingRecord['init']>;
  readonly gazetteerFiles: NonNullable<TrainingRecord['gazetteers']>;
  /** Hyperparameters that the weights determine. */
  readonly settings: Settings;
  /** The parameters of a network of the model, by their names in a single network. */
  network(member: number): Parameters;
}

/** @throws UserError for a model that cannot be read */
export async function openInitialModel({ model, words, tags }: InitOptions): Promise<InitialModel> {
  using file = openModel(model);
  const { path, config, vocabulary, tagColumns, record } = file;
  const parameters = new Map(
    parameterSpecs(config).map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
  );
  file.readParameters((name) => parameters.get(name)!);
  // the penalty belongs to the development corpus of the model; the new training chooses another
  record.recallBias?.forEach((nats, c) => {
    const tag = vocabulary.tags[c]!.indexOf(record.recallTag ?? 'O');
    if (tag >= 0) parameters.get(`${headName(c)}.bias`)![tag]! += nats;
  });
  const { members } = config;
  return {
    ...{ config, vocabulary, tagColumns, words, tags },
    record: { file: model, sha256: await sha256Of(readBytes(path)) },
    gazetteerFiles: record.gazetteers ?? [],
    settings: { ...architectureOf({ config, vocabulary, tagColumns }), ownVectors: 0 },
    network: (member) =>
      new Map(
        parameterSpecs({ ...config, members: 1 }).map(({ name, inEnsemble }) => {
          const values = parameters.get(name) ?? parameters.get(memberPrefix(member) + name)!;
          // `joinNetworks` divided them by the number of members
          return [name, inEnsemble === 'summed' ? values.map((x) => x * members) : values];
        }),
      ),
  };
}

/** Hyperparameters that may differ from the model's, because weights for another value can be made or left out. */
const changeable = new Set(['decoder', 'tagScheme']);

/**
 * Checks that settings do not contradict the weights.
 * @throws UserError (SEQTAG_MODEL_MISMATCH) that names the first contradiction
 */
export function checkSettingsFit({ settings, record }: InitialModel, given: Settings): void {
  if (given.ownVectors)
    throw new UserError(
      `${record.file}: a training that continues a model learns no word vectors from the corpus. Leave out \`own-vectors\`, or train without an initial model.`,
      { code: 'SEQTAG_MODEL_MISMATCH', option: 'ownVectors' },
    );
  for (const [name, value] of Object.entries(given)) {
    const kept = settings[name as keyof Settings];
    if (kept === undefined || kept === value || changeable.has(name)) continue;
    throw new UserError(
      `${record.file}: its weights are for \`${flagOf(name)}\` ${kept}, not ${value}. Leave it out, or train without an initial model.`,
      { code: 'SEQTAG_MODEL_MISMATCH', option: name },
    );
  }
}
