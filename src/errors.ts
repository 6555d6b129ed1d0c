/**
 * Something the user can mend: wrong use or wrong input. Its message is one line that says where,
 * what and the remedy, e.g. `train.conll:41: 3 columns, expected 4. Are the separators tabs?`
 * The command line prints that line and exits with 2; any other error prints its stack and exits with 3.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Training diverged: the loss or its gradient is no longer finite. */
export class DivergedError extends UserError {}
