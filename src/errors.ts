/**
 * What kind of mistake a `UserError` reports. Codes are stable: programs compare them and never the
 * text of a message, which may improve at any time.
 */
export type ErrorCode = keyof typeof errorCodes;

/** Every code, and when it is used. */
export const errorCodes = {
  SEQTAG_INPUT: 'Wrong input or wrong use that has no code of its own.',
  SEQTAG_OPTION: 'An option or hyperparameter is unknown, or its value is out of range.',
  SEQTAG_OPTION_CONFLICT: 'Two options exclude each other, or one needs another.',

  SEQTAG_FILE_NOT_FOUND: 'A file, or the folder it should be in, does not exist.',
  SEQTAG_FILE_PERMISSION: 'The file system does not permit reading or writing here.',
  SEQTAG_FILE_TYPE: 'A folder, pipe or device was given where a file is needed.',
  SEQTAG_FILE_SPACE: 'The disk is full, or the quota is used up.',
  SEQTAG_FILE_LIMIT: 'Too many files are open, or the file is too large for the file system.',
  SEQTAG_FILE_IO: 'Reading or writing failed for another reason.',
  SEQTAG_SAME_FILE: 'The output is also an input, which it would replace.',
  SEQTAG_COMPRESSION: 'Compressed data is damaged or cut short, or this Node cannot unpack it.',

  SEQTAG_CORPUS_FORMAT: 'The format is unknown, ambiguous, or has no room for what was asked.',
  SEQTAG_CORPUS_SYNTAX: 'A line or record breaks the rules of its format.',
  SEQTAG_CORPUS_ENCODING: 'A text is not UTF-8.',
  SEQTAG_CORPUS_EMPTY: 'There are no sentences, tokens or tags, or too few for the task.',
  SEQTAG_CORPUS_MISMATCH: 'Two files that must agree differ, such as gold and predicted tokens.',
  SEQTAG_COLUMN: 'A column was asked for that does not exist or does not fit.',
  SEQTAG_TAGS: 'Tags break their scheme, are unknown, or are not of the kind that is needed.',

  SEQTAG_VECTORS: 'A file of word vectors is damaged or of another kind.',
  SEQTAG_VECTORS_DIMENSION: 'Word vectors have another dimension than the one expected.',

  SEQTAG_MODEL_NOT_FOUND: 'There is no model of this path or name.',
  SEQTAG_MODEL_FORMAT: 'The file is not a model.',
  SEQTAG_MODEL_VERSION: 'A newer version of seqtag wrote the model.',
  SEQTAG_MODEL_DAMAGED: 'The model is cut short, or its parts contradict each other.',
  SEQTAG_MODEL_MISMATCH: 'The model does not fit what was asked of it, or the data.',

  SEQTAG_DIVERGED: 'Training diverged: the loss or its gradient is no longer finite.',
  SEQTAG_RECORD_MISMATCH: 'A record of earlier runs belongs to other data or other settings.',
  SEQTAG_MEMORY: 'The network or the data does not fit into memory.',
  SEQTAG_CLOSED: 'A tagger was used after it was closed.',
  SEQTAG_THREAD: 'A thread of the process ended while it computed.',
  SEQTAG_BACKEND: 'The kernels that were asked for are not available on this machine.',
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
 * A mistake that the user can correct: wrong use or wrong input. The message is one line that says
 * where, what and the remedy: `train.conll:41: 3 columns, expected 4. Are the separators tabs?`
 * The command line prints this line and exits with 2. It prints the stack of any other error and
 * exits with 3.
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
