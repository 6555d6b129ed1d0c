import type { TrainedNetwork } from '../learn.ts';
import type { Snapshot } from '../training-state.ts';

/** A member of an ensemble that is finished: its network, or one line about why it has none. */
export type FinishedMember =
  | { readonly network: TrainedNetwork; readonly divergence?: undefined }
  | { readonly network?: undefined; readonly divergence: string };

/** What a training has done so far: the networks that are finished, and the one that is being trained. */
export interface Progress {
  /** The networks that are scored on the development sentences. */
  readonly development: FinishedMember[];
  /** The networks of the refit. */
  readonly refit: TrainedNetwork[];
  /** The state of the next network. Undefined: it has not begun. */
  readonly current?: Snapshot | undefined;
}
