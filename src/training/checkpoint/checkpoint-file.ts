import { UserError } from '../../errors.ts';
import type { Tensor } from '../../model/safetensors/format.ts';
import { openSafetensors, type SafetensorsFile } from '../../model/safetensors/read.ts';
import { writeSafetensorsInBackground } from '../../model/safetensors/write.ts';
import type { OptimizerState } from '../../network/engine.ts';
import type { TrainedNetwork } from '../learn.ts';
import type { TrainOptions } from '../options.ts';
import type { Parameters } from '../parameters.ts';
import type { Snapshot, TrainingCounters } from '../training-state.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { FinishedMember, Progress } from './progress.ts';

// A checkpoint is a safetensors file. One string of its metadata is JSON with everything but the arrays. Tensors are
// named `current.parameters.NAME`, `current.average.NAME`, `current.best.NAME`, `current.moments.I.NAME`, and for
// finished networks `development.I.NAME` and `refit.I.NAME`.

/** The options of a training that a checkpoint keeps: all that decide about the model. */
export type RepeatedOptions = Omit<TrainOptions, (typeof notRepeated)[number]>;

/** Where and how a training runs, which may differ when it is resumed. */
const notRepeated = [
  ...['output', 'checkpoints', 'resume', 'finish', 'signal', 'scoreWithPenalties'],
  ...['createEngine', 'backend', 'threads', 'onWarning'],
] as const satisfies readonly (keyof TrainOptions)[];

export const repeatedOptions = (options: TrainOptions): RepeatedOptions =>
  Object.fromEntries(
    Object.entries(options).filter(([name]) => !(notRepeated as readonly string[]).includes(name)),
  ) as unknown as RepeatedOptions;

export interface Checkpoint extends Progress {
  /** Its path, for messages. */
  readonly file: string;
  readonly options: RepeatedOptions;
  /** The kernels that trained so far, as `native avx2`. */
  readonly kernels: string;
  readonly fingerprint: Fingerprint;
}

const KEY = 'seqtag.checkpoint';
/** The form of the JSON. Other versions are refused. */
const FORM = 1;

type NetworkRecord = Omit<TrainedNetwork, 'parameters'>;

interface Header {
  readonly form: number;
  readonly options: RepeatedOptions;
  readonly kernels: string;
  readonly fingerprint: Fingerprint;
  readonly development: readonly ({ network: NetworkRecord } | { divergence: string })[];
  readonly refit: readonly NetworkRecord[];
  readonly current?: {
    readonly counters: TrainingCounters;
    readonly optimizer: Omit<OptimizerState, 'moments'>;
  };
}

/** Writes a checkpoint in the background. Its arrays must not change until it is complete. */
export function writeCheckpoint({ file, ...checkpoint }: Checkpoint): Promise<void> {
  const { development, refit, current, options, kernels, fingerprint } = checkpoint;
  const tensors = new Map<string, Tensor>();
  const addArray = (name: string, data: Float32Array): void => {
    tensors.set(name, { dtype: 'F32', shape: [data.length], data });
  };
  const add = (prefix: string, parameters: Parameters | undefined): void =>
    parameters?.forEach((data, name) => {
      addArray(`${prefix}.${name}`, data);
    });
  const recordOf = ({ parameters, ...record }: TrainedNetwork, prefix: string): NetworkRecord => {
    add(prefix, parameters);
    return record;
  };
  if (current) {
    add('current.parameters', current.parameters);
    add('current.average', current.average);
    add('current.best', current.best);
    for (const [name, moments] of Object.entries(current.optimizer.moments))
      moments.forEach((data, i) => {
        addArray(`current.moments.${i}.${name}`, data);
      });
  }
  const header: Header = {
    form: FORM,
    ...{ options, kernels, fingerprint },
    development: development.map(({ network, divergence }, i) =>
      network ? { network: recordOf(network, `development.${i}`) } : { divergence },
    ),
    refit: refit.map((network, i) => recordOf(network, `refit.${i}`)),
    ...(current && {
      current: {
        counters: current.counters,
        optimizer: { updates: current.optimizer.updates, batches: current.optimizer.batches },
      },
    }),
  };
  return writeSafetensorsInBackground(file, tensors, new Map([[KEY, JSON.stringify(header)]]));
}

/**
 * Reads a checkpoint.
 * @throws UserError (SEQTAG_CHECKPOINT) for a file that is none, and as reading files does
 */
export function readCheckpoint(path: string): Checkpoint {
  using file = openSafetensors(path);
  const json = file.metadata.get(KEY);
  if (json === undefined)
    throw damaged(path, 'not a checkpoint of a training', 'Name the .checkpoint file');
  try {
    const header = JSON.parse(json) as Header;
    if (header.form !== FORM)
      throw damaged(
        path,
        'a checkpoint of another version of seqtag',
        'Continue with that version',
      );
    const { options, kernels, fingerprint, development, refit, current } = header;
    const networkOf = (record: NetworkRecord, prefix: string): TrainedNetwork => ({
      ...record,
      parameters: readArrays(file, prefix),
    });
    return {
      ...{ file: path, options, kernels, fingerprint },
      development: development.map(
        (member, i): FinishedMember =>
          'network' in member ? { network: networkOf(member.network, `development.${i}`) } : member,
      ),
      refit: refit.map((record, i) => networkOf(record, `refit.${i}`)),
      ...(current && { current: readSnapshot(file, current) }),
    };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged(path, 'damaged', 'Restore the file, or start a new training', error);
  }
}

function readSnapshot(file: SafetensorsFile, current: NonNullable<Header['current']>): Snapshot {
  const { counters, optimizer } = current;
  const some = (parameters: Parameters): Parameters | undefined =>
    parameters.size > 0 ? parameters : undefined;
  const moments: Record<string, Float32Array[]> = {};
  for (const i of [0, 1])
    for (const [name, data] of readArrays(file, `current.moments.${i}`)) {
      moments[name] ??= [];
      moments[name].push(data);
    }
  return {
    counters,
    parameters: readArrays(file, 'current.parameters'),
    average: some(readArrays(file, 'current.average')),
    best: some(readArrays(file, 'current.best')),
    optimizer: { ...optimizer, moments },
  };
}

/** The arrays whose names begin with a prefix and a dot, by the rest of their names. */
function readArrays(file: SafetensorsFile, prefix: string): Parameters {
  const arrays: Parameters = new Map();
  for (const [name, { shape }] of file.tensors) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const data = new Float32Array(shape[0] ?? 0);
    file.readFloats(name, data);
    arrays.set(name.slice(prefix.length + 1), data);
  }
  return arrays;
}

const damaged = (path: string, what: string, remedy: string, cause?: unknown): UserError =>
  new UserError(`${path}: ${what}. ${remedy}.`, { code: 'SEQTAG_CHECKPOINT', cause });
