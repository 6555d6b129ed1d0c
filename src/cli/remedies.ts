import type { ErrorCode, UserError } from '../errors.ts';

/**
 * The flags that can correct an error. Errors from the other folders say what is wrong in terms of values, because a
 * library has no flags; the command line adds where to set them. A key is an error code, or a code and the option at
 * fault.
 */
const flagsFor: Readonly<Partial<Record<ErrorCode | `${ErrorCode}/${string}`, readonly string[]>>> =
  {
    SEQTAG_BACKEND: ['--backend', '--bfloat16'],
    'SEQTAG_COLUMN/tokenColumn': ['--token-column'],
    'SEQTAG_COLUMN/tagColumn': ['--tag-column'],
    'SEQTAG_COLUMN/columns': ['--token-column', '--tag-column'],
    SEQTAG_COLUMN: ['--token-column', '--tag-column', '--pred-column', '--feature-column'],
    'SEQTAG_COLUMN/textColumn': ['--text-column', '--token-column'],
    SEQTAG_CORPUS_EMPTY: ['--format', '--input', '--from'],
    'SEQTAG_CORPUS_EMPTY/dev': ['--dev'],
    SEQTAG_CORPUS_FORMAT: ['--format', '--input', '--from', '--output', '--to'],
    SEQTAG_DIVERGED: ['--learning-rate', '--clip'],
    'SEQTAG_FILE_NOT_FOUND/embeddings': ['--embeddings'],
    'SEQTAG_FILE_TYPE/embeddings': ['--no-refit'],
    SEQTAG_MEMORY: ['--hidden', '--layers', '--ensemble', '--buckets', '--dim'],
    'SEQTAG_MEMORY/minCount': ['--min-count', '--buckets', '--dim'],
    SEQTAG_MODEL_NOT_FOUND: ['--model'],
    'SEQTAG_MODEL_MISMATCH/tagColumn': ['--tag-column'],
    'SEQTAG_OPTION_CONFLICT/maxNgram': ['--min-ngram', '--max-ngram'],
    'SEQTAG_OPTION_CONFLICT/seeds': ['--seeds', '--sweep'],
    'SEQTAG_OPTION/seeds': ['--seeds'],
    'SEQTAG_OPTION/sweep': ['--sweep'],
    SEQTAG_RECORD_MISMATCH: ['--output'],
    SEQTAG_SAME_FILE: ['--output', '--out-file'],
    'SEQTAG_TAGS/tagColumn': ['--tag-column', '--from-scheme'],
    SEQTAG_TAGS: ['--tag-column', '--scheme', '--from-scheme'],
    'SEQTAG_TAGS/biasRecall': ['--bias-recall'],
    'SEQTAG_TAGS/decoder': ['--decoder', '--tag-column'],
    'SEQTAG_TAGS/dev': ['--dev'],
    'SEQTAG_TAGS/given': ['--given'],
    'SEQTAG_TAGS/tagWeight': ['--tag-weight'],
  };

/**
 * The message of an error, with the flags that can correct it unless it names some already.
 * @param flags all flags of the command
 */
export function withRemedy(
  { message, code, option }: Pick<UserError, 'message' | 'code' | 'option'>,
  flags: ReadonlySet<string>,
): string {
  const forced = / To go on anyway, force it\.$/;
  if (forced.test(message) && flags.has('--force')) {
    const remedy = withRemedy({ message: message.replace(forced, ''), code, option }, flags);
    return `${remedy} --force goes on anyway.`;
  }
  const exact = withFlags(message, flags);
  if (exact !== message) return exact;
  if (/(^|[\s(`'"])--?[a-z]/.test(message)) return message;
  const found = (flagsFor[`${code}/${option}`] ?? flagsFor[code] ?? []).filter((flag) =>
    flags.has(flag),
  );
  return found.length === 0 ? message : `${message} See ${found.join(', ')}.`;
}

/** A message with flags in place of the values that it recommends. */
export function withFlags(message: string, flags: ReadonlySet<string>): string {
  let text = message;
  if (flags.has('--token-column'))
    text = text.replace(/give token column (\d+)/, 'give --token-column $1');
  if (flags.has('--from-scheme')) text = text.replace('give scheme IO', 'give --from-scheme IO');
  return text;
}
