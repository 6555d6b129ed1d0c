import { createHash } from 'node:crypto';
import { UserError } from '../../errors.ts';
import { version } from '../../files/package.ts';
import type { Prepared } from '../prepare.ts';
import type { TrainingFiles } from '../training-files.ts';

/** What must be the same for a training to go on. Plain data. */
export interface Fingerprint {
  readonly seqtag: string;
  /** Every labelled or raw file, the teacher, and the model from which training began. */
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
  /** Hashes of what training made of them, and of the word vectors and gazetteers. */
  readonly vocabulary: string;
  readonly config: string;
}

export function fingerprintOf(
  { vocabulary, config }: Prepared,
  { teacher, init, corpora, devFile, testFile }: TrainingFiles,
): Fingerprint {
  const models = [teacher?.record, init?.record];
  const files = [...corpora, devFile, testFile, ...(teacher?.raw ?? []), ...models];
  return {
    seqtag: version,
    files: files.filter((file) => file !== undefined).map(({ file, sha256 }) => ({ file, sha256 })),
    vocabulary: hashOf(vocabulary),
    config: hashOf(config),
  };
}

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(
      JSON.stringify(value, (_, part) => (ArrayBuffer.isView(part) ? hashOfBytes(part) : part)),
    )
    .digest('hex');

const hashOfBytes = (view: ArrayBufferView): string =>
  createHash('sha256')
    .update(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
    .digest('hex');

/** @throws UserError (SEQTAG_RECORD_MISMATCH) that names the difference */
export function checkFingerprint(
  checkpoint: string,
  { before, now }: { before: Fingerprint; now: Fingerprint },
): void {
  const refuse = (difference: string, remedy: string): never => {
    throw new UserError(`${checkpoint}: ${difference}. ${remedy}, or start a new training.`, {
      code: 'SEQTAG_RECORD_MISMATCH',
    });
  };
  if (before.seqtag !== now.seqtag)
    refuse(
      `it is from seqtag ${before.seqtag}, and this is seqtag ${now.seqtag}`,
      'Continue with that version',
    );
  now.files.forEach(({ file, sha256 }, i) => {
    if (before.files[i]?.sha256 !== sha256)
      refuse(`${file} has changed since the training began`, 'Restore the file');
  });
  if (before.files.length !== now.files.length)
    refuse('the training had other files', 'Name the same files');
  if (before.vocabulary !== now.vocabulary || before.config !== now.config)
    refuse('the word vectors or gazetteers have changed since the training began', 'Restore them');
}
