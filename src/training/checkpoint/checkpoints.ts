import { rmSync } from 'node:fs';
import type { Engine } from '../../network/engine.ts';
import type { TrainedNetwork } from '../learn.ts';
import { type Snapshot, type TrainingState, takeSnapshot } from '../training-state.ts';
import { type Checkpoint, writeCheckpoint } from './checkpoint-file.ts';
import type { FinishedMember, Progress } from './progress.ts';

/** Writes the checkpoints of a training. Each replaces the one before it when it is complete. */
export interface Checkpoints {
  readonly file: string;
  /**
   * Where the training was resumed, given its engine and state; undefined if it was not. Warns if it began with other
   * kernels, whose sums are rounded differently.
   */
  resumedAt(engine: Engine, state: TrainingState): { epoch: number; networks: number } | undefined;
  /** Whether the last checkpoint has a network with a complete epoch. */
  hasModel(): boolean;
  /**
   * Whether to save the state of the network now: after an epoch, unless copying the state would take more than 1 % of the
   * time; within an epoch, after the interval.
   */
  isDue(at: 'epoch' | 'step'): boolean;
  /** Copies the state of the network that is being trained, and writes the copy in the background. */
  save(engine: Engine, state: TrainingState): void;
  /** Writes a checkpoint with one more finished network, in the background. */
  finishMember(member: FinishedMember): void;
  finishRefit(network: TrainedNetwork): void;
  /** Waits until the last checkpoint is on the disk. Returns what is there: the last one, an earlier one, or none. */
  flush(): Promise<'last' | 'earlier' | 'none'>;
  /** Removes the file, after the model was written. */
  remove(): void;
}

const kernelsOf = ({ description: { kind, isa } }: Engine): string => `${kind} ${isa}`;

/** The fraction of the time of training that may be spent on copying its state. */
const MOST_COPYING = 0.01;

/**
 * @param options.interval the time between checkpoints within an epoch, in minutes
 * @param options.resumed what a resumed training has already done
 * @param options.onWarning receives one line if a checkpoint cannot be written. Training goes on
 */
export function createCheckpoints(
  { file, ...description }: Omit<Checkpoint, keyof Progress | 'kernels'>,
  options: {
    interval: number;
    resumed?: (Progress & Pick<Checkpoint, 'kernels'>) | undefined;
    onWarning?: ((warning: string) => void) | undefined;
  },
): Checkpoints {
  const {
    interval,
    resumed,
    onWarning = (warning) => process.emitWarning(warning, 'SeqtagWarning'),
  } = options;
  const development = [...(resumed?.development ?? [])];
  const refit = [...(resumed?.refit ?? [])];
  let kernels = resumed?.kernels ?? '';
  let snapshot: Snapshot | undefined;
  let savedAt = performance.now();
  let copying = 0; // milliseconds that the last copy took
  let pending = Promise.resolve();
  let queued = 0; // checkpoints that are being written or wait for it
  let there: 'last' | 'earlier' | 'none' = resumed ? 'last' : 'none';
  let hasWarned = false;

  function write(current?: Snapshot): void {
    const progress = { development: [...development], refit: [...refit], current };
    queued++;
    pending = pending.then(() => writeNow(progress));
  }

  async function writeNow(progress: Progress): Promise<void> {
    try {
      await writeCheckpoint({ file, ...description, kernels, ...progress });
      there = 'last';
    } catch (error) {
      if (there === 'last') there = 'earlier'; // a checkpoint stays until the next one is complete
      if (!hasWarned) onWarning(`no checkpoint: ${(error as Error).message}`);
      hasWarned = true;
    } finally {
      queued--;
    }
  }

  return {
    file,
    resumedAt(engine, { epoch }) {
      if (!resumed) return undefined;
      const now = kernelsOf(engine);
      if (now !== resumed.kernels)
        onWarning(
          `${file}: the training began with ${resumed.kernels} kernels and goes on with ${now}. The model may differ a little from one that was trained without a break.`,
        );
      return { epoch, networks: resumed.development.length + resumed.refit.length };
    },
    hasModel: () =>
      snapshot?.best !== undefined || development.some(({ network }) => network !== undefined),
    isDue(at) {
      if (queued > 0) return false;
      const elapsed = performance.now() - savedAt;
      return at === 'epoch' ? elapsed * MOST_COPYING >= copying : elapsed >= interval * 60_000;
    },
    save(engine, state) {
      const began = performance.now();
      kernels = kernelsOf(engine);
      // the arrays of a copy that is being written must not change
      const copy = takeSnapshot(engine, state, queued > 0 ? undefined : snapshot);
      snapshot = copy;
      savedAt = performance.now();
      copying = savedAt - began;
      write(copy);
    },
    finishMember(member) {
      snapshot = undefined; // the next network may have another size
      development.push(member);
      write();
    },
    finishRefit(network) {
      snapshot = undefined;
      refit.push(network);
      write();
    },
    async flush() {
      await pending;
      return there;
    },
    remove: () => rmSync(file, { force: true }),
  };
}
