import type { ErrorCode, UserError } from '../errors.ts';

/**
 * The flags that can correct an error. Errors from the other folders say what is wrong in terms of values, because a
 * library has no flags; the command line adds where to set them. A key is an error code, or a code and the option at
 * fault.
 */
const flagsFor: Readonly<Partial<Record<ErrorCode | `${ErrorCode}/${string}`, readonly string[]>>> =
  {
    SEQTAG_BACKEND: ['--backend', '--bfloat16'],
    'SEQTAG_BACKEND/engine': ['--engine'],
    'SEQTAG_COLUMN/tokenColumn': ['--token-column'],
    'SEQTAG_COLUMN/tagColumn': ['--tag-column'],
    'SEQTAG_COLUMN/featureColumn': ['--feature-column'],
    'SEQTAG_COLUMN/labels': ['--labels', '--tag-column'],
    'SEQTAG_COLUMN/columns': ['--token-column', '--tag-column'],
    SEQTAG_COLUMN: [
      '--token-column',
      '--tag-column',
      '--pred-column',
      '--feature-column',
      '--given',
    ],
    'SEQTAG_COLUMN/textColumn': ['--text-column', '--token-column'],
    SEQTAG_CORPUS_EMPTY: ['--format', '--input', '--from'],
    'SEQTAG_CORPUS_EMPTY/dev': ['--dev'],
    'SEQTAG_CORPUS_EMPTY/minCount': ['--min-count'],
    SEQTAG_CORPUS_FORMAT: ['--format', '--input', '--from', '--output', '--to'],
    SEQTAG_DIVERGED: ['--learning-rate', '--clip'],
    'SEQTAG_FILE_NOT_FOUND/embeddings': ['--embeddings'],
    'SEQTAG_FILE_TYPE/embeddings': ['--no-refit'],
    'SEQTAG_FILE_NOT_FOUND/text': ['--text'],
    'SEQTAG_OPTION/text': ['--text'],
    SEQTAG_MEMORY: ['--hidden', '--layers', '--ensemble', '--buckets', '--dim'],
    'SEQTAG_MEMORY/minCount': ['--min-count', '--buckets', '--dim'],
    'SEQTAG_MODEL_MISMATCH/tagColumn': ['--tag-column'],
    'SEQTAG_OPTION_CONFLICT/maxNgram': ['--min-ngram', '--max-ngram'],
    'SEQTAG_OPTION_CONFLICT/seeds': ['--seeds', '--sweep'],
    'SEQTAG_OPTION/seeds': ['--seeds'],
    'SEQTAG_OPTION/sweep': ['--sweep'],
    SEQTAG_RECORD_MISMATCH: ['--output'],
    SEQTAG_SAME_FILE: ['--output', '--out-file'],
    'SEQTAG_TAGS/tagColumn': ['--tag-column'],
    SEQTAG_TAGS: ['--tag-column', '--scheme', '--from-scheme'],
    'SEQTAG_TAGS/biasRecall': ['--bias-recall'],
    'SEQTAG_TAGS/decoder': ['--decoder', '--tag-column'],
    'SEQTAG_TAGS/dev': ['--dev'],
    'SEQTAG_TAGS/given': ['--given'],
    'SEQTAG_TAGS/tagWeight': ['--tag-weight'],
  };

interface CommandFlags {
  /** All flags of the command. */
  readonly flags: ReadonlySet<string>;
  /** Those that were given on the command line. */
  readonly given: ReadonlySet<string>;
}

/**
 * The message of an error, with the flags that can correct it unless it names some already. Of several, only those that
 * were given are named, if there are any.
 */
export function withRemedy(
  { message: text, code, option }: Pick<UserError, 'message' | 'code' | 'option'>,
  { flags, given }: CommandFlags,
): string {
  const message = withOptionNames(text, flags);
  const forced = / To go on anyway, force it\.$/;
  if (forced.test(message) && flags.has('--force')) {
    const error = { message: message.replace(forced, ''), code, option };
    return `${withRemedy(error, { flags, given })} --force goes on anyway.`;
  }
  const exact = withFlags(message, flags);
  if (exact !== message) return exact;
  if (/(^|[\s(`'"])--?[a-z]/.test(message)) return message;
  const able = (flagsFor[`${code}/${option}`] ?? flagsFor[code] ?? []).filter((flag) =>
    flags.has(flag),
  );
  const guilty = able.filter((flag) => given.has(flag));
  const found = guilty.length > 0 ? guilty : able;
  return found.length === 0 ? message : `${message} See ${found.join(', ')}.`;
}

/** A message with `--hidden` in place of `train: hidden` and of `hidden` in backquotes, where a flag has this name. */
function withOptionNames(message: string, flags: ReadonlySet<string>): string {
  const named = message.replace(/^[a-z]+: (`?)([a-z][\w-]*)\1(?=[ :])/, (start, _, name) =>
    flags.has(`--${name}`) ? `--${name}` : start,
  );
  return named.replace(/`([a-z][\w-]*)`/g, (quoted, name) =>
    flags.has(`--${name}`) ? `--${name}` : quoted,
  );
}

/** What messages recommend in terms of values, and the same with a flag. */
const recommendations: readonly (readonly [flag: string, words: RegExp, words: string])[] = [
  [
    '--text-column',
    /"([^"]*)" seems to have running text\. Name it as the text column to tag each cell as a text, or as the token column/,
    '"$1" seems to have running text. To tag each cell as a text, give --text-column "$1"; give --token-column "$1"',
  ],
  [
    '--text-column',
    /in column "([^"]*)" is a text, but each cell is read as a token\. Name the column as the text column/,
    'in column "$1" is a text, but each cell is read as a token. Give --text-column "$1" instead',
  ],
  ['--token-column', /give token column (\d+)/, 'give --token-column $1'],
  ['--from-scheme', /give scheme IO/, 'give --from-scheme IO'],
  ['--encoding', /([Gg])ive (\S+)( \(or \S+\))? as its encoding/, '$1ive --encoding $2$3'],
  [
    '--labels',
    /give the names of these in their order/,
    'give the names of 0, 1, 2 and so on in this order, as in --labels O,B-PER,I-PER',
  ],
  [
    '--labels',
    /Give the names of the labels in their order, as (O,B-PER,I-PER) or in a file\./,
    'Give their names in the order of the numbers, as in --labels $1, or --labels FILE.',
  ],
  [
    '--comment',
    /Name the prefix of comments, or none, if it is a token\./,
    'If it is a token, give --comment none or --comment PREFIX.',
  ],
  ['--comment', /name # as the prefix of comments/, "give --comment '#'"],
];

/** The flags of all commands that read labelled corpora, for messages that no command catches. */
export const corpusFlags: ReadonlySet<string> = new Set([
  '--token-column',
  '--from-scheme',
  '--labels',
  '--comment',
  '--encoding',
]);

/** A message with flags in place of the values that it recommends. */
export function withFlags(message: string, flags: ReadonlySet<string>): string {
  let text = message.replace(
    /Name (\d+) as the text column to tag each cell as a text\./,
    'To tag each cell as a text: `seqtag tag --text-column $1`.',
  );
  if (!flags.has('--text-column'))
    text = text.replace(
      'Name it as the text column to tag each cell as a text, or as the token column if its cells are tokens.',
      'If its cells are tokens, name it with --token-column. Running text is for `seqtag tag --text-column`.',
    );
  for (const [flag, words, withFlag] of recommendations)
    if (flags.has(flag)) text = text.replace(words, withFlag);
  return text;
}
