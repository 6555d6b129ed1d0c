import { DivergedError, UserError } from '../errors.ts';
import { lockOutput } from '../files/lock.ts';
import { countParameters, type MemberRecord } from '../model/model.ts';
import { saveModel } from '../model/save-model.ts';
import { type Assessment, assess } from './assess.ts';
import { repeatedOptions } from './checkpoint/checkpoint-file.ts';
import { type Checkpoints, createCheckpoints } from './checkpoint/checkpoints.ts';
import { checkFingerprint, fingerprintOf } from './checkpoint/fingerprint.ts';
import type { CorpusSize, StopReason, TrainingEvent, UncheckpointedEvent } from './events.ts';
import { learn, type TrainedNetwork } from './learn.ts';
import { checkOutput, type TrainOptions } from './options.ts';
import { type Prepared, prepare } from './prepare.ts';
import { seconds } from './seconds.ts';
import { checkSettings } from './settings.ts';
import { readTrainingFiles, type TrainingFiles } from './training-files.ts';
import { createTrainingRecord } from './training-record.ts';

export type { TrainingEvent } from './events.ts';
export type { TrainOptions } from './options.ts';

/**
 * Trains a model, or the members of an ensemble one after another, and writes it. The same corpora, hyperparameters and
 * kernels give the same bytes, whatever the number of threads.
 *
 * The signal ends training early: the model then has the best epoch so far, and the last event has `stopped: 'signal'`.
 * A network that diverges ends early too: the model has its best epoch, if it completed one, and the other members.
 * @throws UserError for wrong hyperparameters, corpora or output, and if another run is writing the output; DivergedError if
 * no network finished an epoch
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent> {
  const checked = checkTraining(options);
  const unlock = lockOutput(options.output);
  try {
    yield* trainAndSave(checked, await readTrainingFiles(options));
  } finally {
    unlock();
  }
}

/** As `train`, without checkpoints and without a lock, with the files that `read` returns, so that several runs can share them. */
export async function* trainOn(
  options: Omit<TrainOptions, 'checkpoints' | 'resume'>,
  read: () => TrainingFiles | Promise<TrainingFiles>,
): AsyncGenerator<UncheckpointedEvent> {
  const checked = checkTraining(options);
  for await (const event of trainAndSave(checked, await read()))
    if (event.type !== 'interrupted') yield event;
}

/** The options with checked settings, and when the training began. */
interface Checked {
  readonly options: TrainOptions;
  readonly began: number;
}

function checkTraining(options: TrainOptions): Checked {
  const began = performance.now();
  const hyperparameters = checkSettings(options.hyperparameters);
  checkOutput(options);
  return { options: { ...options, hyperparameters }, began };
}

async function* trainAndSave(
  { options, began }: Checked,
  files: TrainingFiles,
): AsyncGenerator<TrainingEvent> {
  const prepared = yield* prepare(options, files);
  if (options.checkpoints && options.signal?.aborted) {
    // the vectors of words may be incomplete
    yield { type: 'interrupted', checkpoint: options.checkpoints.file, hasModel: false };
    return;
  }
  const checkpoints = openCheckpoints(options, { prepared, files });
  const development = yield* trainEnsemble(prepared, { options, checkpoints });
  if (!development) {
    yield await interrupted(checkpoints!);
    return;
  }
  const { refit: isRefitted } = prepared.hyperparameters;
  const { members, model, divergences } = development;
  const networks = members.map(({ network }) => network);
  const refit =
    isRefitted && !options.signal?.aborted && !options.finish
      ? yield* refitNetworks({ options, files, prepared, networks, model, checkpoints })
      : undefined;
  if (checkpoints && options.signal?.aborted && isRefitted && !refit) {
    yield await interrupted(checkpoints);
    return;
  }
  if (refit?.divergence !== undefined) divergences.push(refit.divergence);
  const isInterrupted = development.isInterrupted || (isRefitted && !refit);
  const stopped: StopReason = isInterrupted
    ? 'signal'
    : divergences.length > 0
      ? 'diverged'
      : networks.at(-1)!.stopped;

  const refitted = refit?.model;
  const record = createTrainingRecord({
    options,
    files,
    prepared,
    networks,
    members: members.map(memberRecord),
    model,
    refit: refitted,
  });
  const final = refitted ?? model;
  const { config, vocabulary, tagColumns, parameters, test } = final;
  const bytes = await saveOnce(checkpoints, () =>
    saveModel(options.output, { config, vocabulary, tagColumns, record, parameters }),
  );
  const sum = (of: (network: TrainedNetwork) => number): number =>
    networks.reduce((all, network) => all + of(network), 0);
  yield {
    type: 'end',
    model: options.output,
    bytes,
    parameters: countParameters(config),
    bestEpoch: record.bestEpoch,
    stopped,
    ...(divergences.length > 0 && { divergences }),
    score: model.score,
    dev: model.dev,
    ...(test && { test }),
    ...(refitted && { refit: refitted.trainedOn }),
    ...(record.recallBias && { recallBias: record.recallBias }),
    ...(record.recallTag !== undefined && { recallTag: record.recallTag }),
    ...(record.members && { members: record.members }),
    tokensPerSecond: sum(({ tokens }) => tokens) / sum(({ trainingSeconds }) => trainingSeconds),
    seconds: seconds(began),
  };
}

/**
 * The checkpoints of a training, which begin with those of the training that is resumed.
 * @throws UserError if this is another training than that of the checkpoint
 */
function openCheckpoints(
  options: TrainOptions,
  { prepared, files }: { prepared: Prepared; files: TrainingFiles },
): Checkpoints | undefined {
  const { checkpoints, resume, onWarning } = options;
  if (!checkpoints) return undefined;
  const fingerprint = fingerprintOf(prepared, files);
  if (resume) checkFingerprint(resume.file, { before: resume.fingerprint, now: fingerprint });
  return createCheckpoints(
    { file: checkpoints.file, options: repeatedOptions(options), fingerprint },
    { interval: checkpoints.minutes, resumed: resume, onWarning },
  );
}

/** The event of an interrupted training, whose checkpoint is on the disk. */
async function interrupted(checkpoints: Checkpoints): Promise<TrainingEvent> {
  await checkpoints.flush();
  const { file, hasModel } = checkpoints;
  return { type: 'interrupted', checkpoint: file, hasModel: hasModel() };
}

/**
 * Saves the model and removes the checkpoint.
 * @throws UserError if the model cannot be saved. It says where the training is kept.
 */
async function saveOnce(checkpoints: Checkpoints | undefined, save: () => number): Promise<number> {
  const kept = (await checkpoints?.flush()) ?? 'none';
  try {
    const bytes = save();
    checkpoints?.remove();
    return bytes;
  } catch (error) {
    if (kept === 'none' || !(error instanceof UserError)) throw error;
    const upTo = kept === 'earlier' ? ' up to an earlier moment' : '';
    throw new UserError(`${error.message} The training is kept${upTo} in ${checkpoints!.file}.`, {
      code: error.code,
      cause: error,
    });
  }
}

/** A network with its scores as a single model. */
interface Member {
  readonly network: TrainedNetwork;
  readonly assessment: Assessment;
}

const memberRecord = ({ network, assessment }: Member): MemberRecord => {
  const { seed, bestEpoch, epochs } = network;
  return { seed, bestEpoch, epochs, ...assessment.scores, ...assessment.biases };
};

interface TrainedEnsemble {
  /** At least one. */
  readonly members: readonly Member[];
  /** The members as one model. */
  readonly model: Assessment;
  /** A line for each network that diverged. */
  readonly divergences: string[];
  readonly isInterrupted: boolean;
}

/**
 * Trains the members of an ensemble, or a single network, and joins them. A member that was interrupted or diverged is
 * included only if the ensemble scores higher with it.
 * @returns undefined if the signal stopped it, and it can go on from a checkpoint
 * @throws DivergedError if no network finished an epoch
 */
async function* trainEnsemble(
  prepared: Prepared,
  { options, checkpoints }: { options: TrainOptions; checkpoints: Checkpoints | undefined },
): AsyncGenerator<TrainingEvent, TrainedEnsemble | undefined> {
  const { ensemble } = prepared.hyperparameters;
  let members: Member[] = [];
  const divergences: string[] = [];
  let firstError: DivergedError | undefined;
  let isInterrupted = false;
  const describe = (member: number, divergence: string): string =>
    ensemble > 1 ? `member ${member + 1}: ${divergence}` : divergence;
  const add = async (member: number, network: TrainedNetwork): Promise<void> => {
    members.push({ network, assessment: await assess(prepared, { options, networks: [network] }) });
    if (network.divergence !== undefined) divergences.push(describe(member, network.divergence));
    if (network.stopped === 'signal') isInterrupted = true;
  };
  const { development: finished = [], current } = options.resume ?? {};
  const finish = options.finish ?? false;
  for (const [member, { network, divergence }] of finished.entries())
    if (network) await add(member, network);
    else {
      firstError ??= new DivergedError(divergence);
      divergences.push(describe(member, divergence));
    }
  for (let member = finished.length; member < ensemble; member++) {
    const resume = member === finished.length ? current : undefined;
    if (options.signal?.aborted && members.length > 0) {
      if (checkpoints) return undefined;
      isInterrupted = true;
      break;
    }
    if (finish && !resume?.best) {
      if (members.length === 0)
        throw new UserError(
          `${options.resume?.file}: no epoch is complete, so that there is no model yet. Go on with the training.`,
          { code: 'SEQTAG_CHECKPOINT' },
        );
      isInterrupted = true;
      break;
    }
    try {
      const network = yield* learn(prepared, { options, member, resume, finish, checkpoints });
      if (!network) return undefined;
      checkpoints?.finishMember({ network });
      await add(member, network);
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      firstError ??= error;
      divergences.push(describe(member, error.message));
      checkpoints?.finishMember({ divergence: error.message });
    }
  }
  if (members.length === 0) throw firstError!;

  const join = async (some: readonly Member[]): Promise<Assessment> =>
    some.length === 1
      ? some[0]!.assessment
      : assess(prepared, { options, networks: some.map(({ network }) => network) });
  let model = await join(members);
  for (const member of members) {
    const { stopped } = member.network;
    if (members.length === 1 || stopped === 'epochs' || stopped === 'patience') continue;
    const others = members.filter((other) => other !== member);
    const without = await join(others);
    if (without.score < model.score) continue;
    model = without;
    members = others;
  }
  return { members, model, divergences, isInterrupted };
}

/** The refitted model, or why one of its networks diverged. */
type Refit =
  | {
      readonly model: Assessment & { readonly trainedOn: CorpusSize };
      readonly divergence?: undefined;
    }
  | { readonly model?: undefined; readonly divergence: string };

/**
 * Trains each network from the beginning, on the development sentences too, for its best number of epochs and with the
 * chosen recall biases.
 * @returns undefined if it was interrupted
 */
async function* refitNetworks({
  options,
  files,
  prepared: developmentRun,
  networks: developed,
  model,
  checkpoints,
}: {
  options: TrainOptions;
  files: TrainingFiles;
  prepared: Prepared;
  networks: readonly TrainedNetwork[];
  model: Assessment;
  checkpoints: Checkpoints | undefined;
}): AsyncGenerator<TrainingEvent, Refit | undefined> {
  const prepared = yield* prepare(options, files, developmentRun);
  const { development: trained = [], refit: finished = [], current } = options.resume ?? {};
  const networks: TrainedNetwork[] = [...finished];
  const isResumed = trained.length === prepared.hyperparameters.ensemble;
  for (const network of developed.slice(finished.length)) {
    const member = network.seed - prepared.hyperparameters.seed;
    const resume = isResumed && networks.length === finished.length ? current : undefined;
    try {
      const run = { options, member, developmentRun: network, resume, checkpoints };
      const refitted = yield* learn(prepared, run);
      if (!refitted) return undefined;
      networks.push(refitted);
      checkpoints?.finishRefit(refitted);
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      return { divergence: `refit: ${error.message}` };
    }
    const { divergence } = networks.at(-1)!;
    if (divergence !== undefined) return { divergence: `refit: ${divergence}` };
    if (options.signal?.aborted) return undefined;
  }
  const biases = model.biases.recallBias ?? model.tagColumns.map(() => 0);
  const assessment = await assess(prepared, {
    options,
    networks,
    biases,
    tagColumns: model.tagColumns,
  });
  const { trainSentences, tokens } = prepared;
  return { model: { ...assessment, trainedOn: { sentences: trainSentences.length, tokens } } };
}
