/**
 * The kind of mistake that a `UserError` reports. Codes are stable. Programs should compare codes,
 * not messages: messages may change in any version.
 */
export type ErrorCode = keyof typeof errorCodes;

/** All codes with their meanings. */
export const errorCodes = {
  SEQTAG_INPUT: 'Wrong input or wrong use without a more specific code.',
  SEQTAG_OPTION: 'An option or hyperparameter is unknown, or its value is out of range.',
  SEQTAG_OPTION_CONFLICT: 'Two options exclude each other, or one needs another.',

  SEQTAG_FILE_NOT_FOUND: 'A file, or the folder it should be in, does not exist.',
  SEQTAG_FILE_PERMISSION: 'The file system does not permit reading or writing here.',
  SEQTAG_FILE_TYPE: 'A folder, pipe or device was given where a file is needed.',
  SEQTAG_FILE_SPACE: 'The disk is full, or the quota is used up.',
  SEQTAG_FILE_LIMIT: 'Too many files are open, or the file is too large for the file system.',
  SEQTAG_FILE_IO: 'Reading or writing failed for another reason.',
  SEQTAG_OUTPUT_IN_USE: 'Another run is writing the output.',
  SEQTAG_SAME_FILE: 'The output is also an input, which it would replace.',
  SEQTAG_COMPRESSION: 'Compressed data is damaged or cut short, or this Node cannot unpack it.',

  SEQTAG_CORPUS_FORMAT: 'The format is unknown or ambiguous, or it cannot hold the requested data.',
  SEQTAG_CORPUS_SYNTAX: 'A line or record breaks the rules of its format.',
  SEQTAG_CORPUS_ENCODING: 'A text is not UTF-8.',
  SEQTAG_CORPUS_EMPTY: 'There are no sentences, tokens or tags, or too few for the task.',
  SEQTAG_CORPUS_MISMATCH: 'Two files that must agree differ, such as gold and predicted tokens.',
  SEQTAG_COLUMN: 'A requested column does not exist or does not fit.',
  SEQTAG_TAGS: 'Tags break their scheme, are unknown, or are of the wrong kind.',

  SEQTAG_VECTORS: 'A word vector file is damaged or not a word vector file.',
  SEQTAG_VECTORS_DIMENSION: 'Word vectors do not have the expected dimension.',

  SEQTAG_MODEL_NOT_FOUND: 'There is no model with this path or name.',
  SEQTAG_MODEL_FORMAT: 'The file is not a model.',
  SEQTAG_MODEL_VERSION: 'A newer version of seqtag wrote the model.',
  SEQTAG_MODEL_DAMAGED: 'The model file is cut short or inconsistent.',
  SEQTAG_MODEL_MISMATCH: 'The model does not fit the request or the data.',

  SEQTAG_CHECKPOINT:
    'The file is not a checkpoint, it is damaged, or there is one where a new training would write its own.',
  SEQTAG_INTERRUPTED: 'A signal stopped the run. Its checkpoint has everything to go on.',

  SEQTAG_DIVERGED: 'Training diverged: the loss or its gradient is no longer finite.',
  SEQTAG_RECORD_MISMATCH: 'A record of earlier runs belongs to other data or other settings.',
  SEQTAG_MEMORY: 'The network or the data does not fit into memory.',
  SEQTAG_CLOSED:
    'A tagger was used after it was closed, or the events of a run after they were read.',
  SEQTAG_THREAD: 'A thread of the process ended unexpectedly.',
  SEQTAG_BACKEND: 'The requested kernels are not available on this machine.',
} as const;

export interface UserErrorOptions {
  /** Default: `SEQTAG_INPUT`. */
  readonly code?: ErrorCode;
  /** The option at fault, in camel case: `learningRate`. The command line shows its flag. */
  readonly option?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * A mistake that the user can correct: wrong use or wrong input. The message is one line with the
 * place, the problem and the remedy: `train.conll:41: 3 columns, expected 4. Are the separators
 * tabs?` The command line prints this line and exits with 2. For any other error it prints the
 * stack and exits with 3.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly code: ErrorCode;
  /** The option at fault, in camel case, if there is one. */
  readonly option: string | undefined;

  constructor(message: string, { code = 'SEQTAG_INPUT', option, cause }: UserErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.option = option;
  }
}

/** Training diverged: the loss or its gradient is no longer finite. */
export class DivergedError extends UserError {
  constructor(message: string, options: Omit<UserErrorOptions, 'code'> = {}) {
    super(message, { ...options, code: 'SEQTAG_DIVERGED' });
  }
}
