import type { Sentence } from '../corpus/index.ts';
import type { Notation } from '../corpus/tags/scheme.ts';
import {
  type CountOptions,
  type Counts,
  countPairs,
  type SentencePair,
} from '../evaluation/counts.ts';
import { countCertainPairs } from '../evaluation/partial.ts';
import { writtenCounts } from '../evaluation/written.ts';

/** A labelled file that was read. */
export interface LabelledFile {
  /** The name for messages. */
  readonly file: string;
  readonly sentences: readonly Sentence[];
}

/** The gold and the predicted tags of a file, in the usual notation, and how to count them. */
export interface Predictions {
  readonly gold: LabelledFile;
  readonly pairs: Iterable<SentencePair>;
  readonly counting: CountOptions;
  /** Whether gold tags may be partial. */
  readonly partial: boolean;
  /** How the gold file writes its tags, if not in the usual way. */
  readonly notation: Notation | undefined;
}

/** The counts of a file. */
export const countsOf = ({ pairs, counting, partial, notation }: Predictions): Counts =>
  writtenCounts((partial ? countCertainPairs : countPairs)(pairs, counting), notation);
