import type { ErrorCode } from '../../errors.ts';

/** A labelled sentence, and where it is. */
export interface LintSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  /** `featureColumns[c][t]`: the value of feature column c at token t. */
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
  readonly file?: string | undefined;
  /** The line of the first token, from 1. */
  readonly line?: number | undefined;
}

export type Role = 'train' | 'dev' | 'test';

/** What one of the files, or all training files, hold. */
export interface Part {
  readonly role: Role;
  readonly name: string;
  readonly sentences: readonly LintSentence[];
}

export interface Finding {
  /** A stable name, such as `empty-tags`. */
  readonly check: string;
  /** `error`: a model or score would be worthless. `warning`: probably a mistake. `note`: worth knowing. */
  readonly severity: 'error' | 'warning' | 'note';
  /** One line: where, what, remedy. */
  readonly message: string;
  /** How many lines, tokens or sentences are concerned. */
  readonly count: number;
  /** For an error: its code, and the option that can correct it. */
  readonly code?: ErrorCode;
  readonly option?: string;
}

/** The place of a token. */
export const placeOf = (
  name: string,
  { file, line }: Pick<LintSentence, 'file' | 'line'>,
  token = 0,
): string => (line === undefined ? (file ?? name) : `${file ?? name}:${line + token}`);

/** A tag in a message. */
export const shownTag = (tag: string): string => (tag.trim() === '' ? 'an empty tag' : tag);

/** The place of a token in a message that has named the place of `other` before. */
export function samePlaceOf(
  name: string,
  sentence: LintSentence,
  other: LintSentence,
  token = 0,
): string {
  const isSame = sentence.line !== undefined && sentence.file === other.file;
  return isSame ? `line ${sentence.line! + token}` : placeOf(name, sentence, token);
}
