import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { version } from '../files/package.ts';
import type { Tensor } from '../model/safetensors/format.ts';
import { openSafetensors } from '../model/safetensors/read.ts';
import { writeSafetensors } from '../model/safetensors/write.ts';
import type { EmbeddingNumbers } from './options.ts';
import type { Position, Skipgram } from './skipgram.ts';
import type { NumberedText, TextSource } from './text.ts';

// A checkpoint of word vectors is a safetensors file. It has the table of the model, and one string of its metadata is JSON
// with everything else. Training has no other state: random numbers depend only on the seed and the position.

/** What a training of word vectors is about. Plain data. */
export interface EmbeddingDescription {
  /** `-` stands for a stream. */
  readonly texts: readonly (Pick<TextSource, 'read'> & { readonly source: string })[];
  readonly numbers: EmbeddingNumbers;
  readonly lowercase: boolean;
  readonly minCount?: number | undefined;
}

export interface EmbeddingCheckpoint extends EmbeddingDescription {
  /** Its path, for messages. */
  readonly file: string;
  /** The version of seqtag, the kernels, and a hash of the text as numbers. */
  readonly seqtag: string;
  readonly kernels: string;
  readonly text: string;
  readonly position: Position;
  readonly table: Float32Array;
}

const KEY = 'seqtag.embedding.checkpoint';
const TABLE = 'table';

/** @throws UserError (SEQTAG_CHECKPOINT) for a file that is no checkpoint of word vectors, and as reading files does */
export function readEmbeddingCheckpoint(path: string): EmbeddingCheckpoint {
  using file = openSafetensors(path);
  const json = file.metadata.get(KEY);
  const size = file.tensors.get(TABLE)?.shape[0];
  if (json === undefined || size === undefined)
    throw new UserError(
      `${path}: not a checkpoint of word vectors. Name the .checkpoint file of \`seqtag embed\`.`,
      { code: 'SEQTAG_CHECKPOINT' },
    );
  const table = new Float32Array(size);
  file.readFloats(TABLE, table);
  try {
    const header = JSON.parse(json) as Omit<EmbeddingCheckpoint, 'file' | 'table'>;
    if (header.seqtag !== version)
      throw mismatch(
        path,
        `it is from seqtag ${header.seqtag}, and this is seqtag ${version}`,
        'Continue with that version',
      );
    return { file: path, ...header, table };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path}: damaged. Restore the file, or start again.`, {
      code: 'SEQTAG_CHECKPOINT',
      cause,
    });
  }
}

/**
 * Checks that a checkpoint is of the same training.
 * @throws UserError (SEQTAG_RECORD_MISMATCH) that names the difference
 */
export function checkSameTraining(
  checkpoint: EmbeddingCheckpoint,
  { numbers, text }: { numbers: EmbeddingNumbers; text: NumberedText },
): void {
  const { file } = checkpoint;
  for (const [name, value] of Object.entries(numbers)) {
    const was = checkpoint.numbers[name as keyof EmbeddingNumbers];
    if (was !== value)
      throw mismatch(file, `${name} was ${was}, and is now ${value}`, 'Leave it out');
  }
  if (checkpoint.text !== hashOf(text))
    throw mismatch(file, 'the text has changed since the training began', 'Restore it');
}

const mismatch = (file: string, difference: string, remedy: string): UserError =>
  new UserError(`${file}: ${difference}. ${remedy}, or start again.`, {
    code: 'SEQTAG_RECORD_MISMATCH',
  });

function hashOf({ words, counts, ids }: NumberedText): string {
  const hash = createHash('sha256').update(JSON.stringify(words));
  for (const { buffer, byteOffset, byteLength } of [counts, ...ids])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

/** Writes the checkpoints of a training of word vectors. */
export interface EmbeddingCheckpoints {
  readonly file: string;
  /**
   * Whether to save the training now: after an epoch, unless writing takes more than 1 % of the time; within an epoch, after the
   * interval.
   */
  isDue(at: 'epoch' | 'round'): boolean;
  /** Returns when the checkpoint is on the disk, or could not be written: then a warning says so. */
  save(position: Position): void;
  /** What is on the disk: the last checkpoint, an earlier one, or none. */
  kept(): 'last' | 'earlier' | 'none';
  /** Removes the file, after the vectors were written. */
  remove(): void;
}

/** The fraction of the time that may be spent on writing, and how long a number takes at first, in milliseconds. */
const MOST_WRITING = 0.01;
const PER_NUMBER = 1e-5;

export function createEmbeddingCheckpoints(
  skipgram: Pick<Skipgram, 'table'>,
  {
    file,
    minutes,
    kernels,
    text,
    isResumed,
    onWarning,
    ...description
  }: EmbeddingDescription & {
    file: string;
    minutes: number;
    kernels: string;
    text: NumberedText;
    isResumed: boolean;
    onWarning: (warning: string) => void;
  },
): EmbeddingCheckpoints {
  let savedAt = performance.now();
  let writing = skipgram.table().length * PER_NUMBER; // milliseconds that the last one took
  let there: 'last' | 'earlier' | 'none' = isResumed ? 'last' : 'none';
  let hasWarned = false;
  const hash = hashOf(text);
  return {
    file,
    isDue(at) {
      const elapsed = performance.now() - savedAt;
      return at === 'epoch' ? elapsed * MOST_WRITING >= writing : elapsed >= minutes * 60_000;
    },
    save(position) {
      const began = performance.now();
      const data = skipgram.table();
      const tensors = new Map<string, Tensor>([
        [TABLE, { dtype: 'F32', shape: [data.length], data }],
      ]);
      const header = { seqtag: version, kernels, text: hash, ...description, position };
      try {
        writeSafetensors(file, tensors, new Map([[KEY, JSON.stringify(header)]]));
        there = 'last';
      } catch (error) {
        if (there === 'last') there = 'earlier'; // a checkpoint stays until the next one is complete
        if (!hasWarned) onWarning(`no checkpoint: ${(error as Error).message}`);
        hasWarned = true;
      }
      savedAt = performance.now();
      writing = savedAt - began;
    },
    kept: () => there,
    remove: () => rmSync(file, { force: true }),
  };
}
