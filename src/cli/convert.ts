import type { Command } from 'commander';
import { createBratText } from '../corpus/formats/offsets/brat-text.ts';
import {
  type Document,
  isStandoff,
  loadFormat,
  readSentences,
  type Sentence,
  type Writer,
  writesSpans,
} from '../corpus/index.ts';
import { inScheme, inSpanTags } from '../corpus/tags/reschemed.ts';
import {
  isOutsideForm,
  readTags,
  type Scheme,
  schemeNamed,
  strayTags,
  type TaggedLines,
  type TagReading,
} from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { Context } from './context.ts';
import {
  addFilledFields,
  type ConversionOptions,
  createConversionWriter,
  leftOutText,
} from './convert-writer.ts';
import { addNotes } from './help.ts';
import { openInput, outputFormat, someOf } from './input.ts';
import {
  addColumns,
  type ColumnOptions,
  choice,
  inputFormats,
  isRaw,
  type OffsetOptions,
  offsetsOption,
  outputFormats,
  readOptions,
} from './options.ts';
import { withOutput } from './output.ts';
import { oneLine } from './printable.ts';

interface ConvertFlags extends ColumnOptions, OffsetOptions {
  from?: (typeof inputFormats)[number];
  to?: (typeof outputFormats)[number] | 'horizontal';
  scheme?: string;
  fromScheme?: string;
  outFile?: string;
}

const examples = [
  'seqtag convert corpus.conll --scheme BIOES > corpus.bioes',
  'seqtag convert corpus.conllu --to columns --tag-column xpos',
  'seqtag convert corpus.csv --to jsonl -o corpus.jsonl',
  'seqtag convert corpus.conllu --to jsonl --tag-column upos,xpos',
  'seqtag convert article.txt --to horizontal',
  'seqtag convert corpus.conll --to doccano > corpus.jsonl',
  'seqtag convert article.ann --to conllu',
  'seqtag convert found.jsonl --text article.txt --to conllu',
];

const notes = [
  'If the format does not change, nothing else does: other columns and keys, comments, blank lines and line ends stay.',
  'In conllu, spans are written as NER= in MISC. Raw text has no tags: formats that need a tag get _.',
];

/** `seqtag convert`: a corpus in another format, or its spans in another scheme. */
export function defineConvert(command: Command, context: Context): void {
  command
    .description(
      'Converts a corpus to another format or tag scheme. Writes to standard output unless -o names a file.',
    )
    .argument('[file]', 'file to convert, gzip and zstd too; - or none: standard input')
    .addOption(
      choice(
        '--from <format>',
        'input format: % (default: by extension, or by content)',
        inputFormats,
      ),
    )
    .addOption(
      choice('--to <format>', 'output format: % (default: by extension of -o, or as the input)', [
        ...outputFormats,
        'horizontal',
      ]),
    )
    .addOption(offsetsOption())
    .option('--scheme <scheme>', 'output tag scheme: IOB1, BIO, BIOES, BILOU, BMES or IO')
    .option(
      '--from-scheme <scheme>',
      'input tag scheme; IO: PER PER O, where a run of one label is a span (default: by the tags)',
    )
    .option('-o, --out-file <file>', 'output file; it appears when everything is written');
  addColumns(command, {
    tag: 'column of the tags, or several: upos,xpos (default: the last; conllu: upos; csv: by header)',
  });
  addNotes(command, { io: context.io, examples, notes });
  command.action((file: string | undefined, flags: ConvertFlags) =>
    convertCommand({ file: file ?? '-', flags }, context),
  );
}

async function convertCommand(
  { file, flags }: { file: string; flags: ConvertFlags },
  context: Context,
): Promise<void> {
  const scheme = flags.scheme === undefined ? undefined : schemeNamed(flags.scheme);
  const fromScheme = flags.fromScheme === undefined ? undefined : schemeNamed(flags.fromScheme);
  if (scheme === 'none')
    throw new UserError('--scheme none: plain tags hold no spans. Name a span scheme.', {
      code: 'SEQTAG_OPTION',
    });
  const {
    source,
    name,
    format: from,
  } = await openInput(file, {
    io: context.io,
    format: flags.from,
  });
  const to = flags.to ?? outputFormat(flags.outFile) ?? (isStandoff(from) ? from : undefined);
  if (isRaw(from) && scheme !== undefined)
    throw new UserError(
      `${name}: --scheme ${scheme}: the format ${from} has no tags. Give a labelled corpus.`,
      { code: 'SEQTAG_OPTION_CONFLICT' },
    );
  // A corpus needs no tags if they do not change.
  const isChanged = to !== undefined && (to !== from || isStandoff(from)) && to !== 'horizontal';
  const gold = !isRaw(from) && (scheme !== undefined || isChanged);
  const tagColumns = flags.tagColumn?.split(/\s*,\s*/) ?? [];

  if (to !== undefined) await loadFormat(to);
  const text = to === 'brat' ? createBratText(flags.outFile) : undefined;

  await withOutput(context, flags.outFile, async (sink) => {
    let document: Document | undefined;
    const pieces = readSentences(source, {
      ...readOptions(flags, from, context),
      keepBlankLines: true,
      ...(tagColumns.length > 0 && { tagColumn: tagColumns }),
      file: name,
      gold,
      onDocument: (started) => {
        document = started;
      },
    });
    const filled = new Set<string>();
    const output = converted(gold && from === 'conllu' ? watched(pieces, filled) : pieces, {
      ...{ tagColumns, to, gold, scheme, fromScheme },
      offsets: flags.offsets,
      isStandoff: isStandoff(from),
      onText: text?.add,
      documentOf: () => document!,
      say: (note) => context.say(`seqtag: ${oneLine(`${name}: ${note}`)}.`),
    });
    for await (const piece of output) await sink.write(piece);
    text?.finish();
    const leftOut =
      gold && tagColumns.length === 0 ? leftOutText(document!, { to, filled }) : undefined;
    if (leftOut !== undefined) context.say(`seqtag: ${name}: ${leftOut}`);
  });
}

/** Number of sentences in which to look for fields that are filled in. */
const SAMPLE = 1000;

async function* watched(
  pieces: AsyncIterable<Sentence[]>,
  filled: Set<string>,
): AsyncGenerator<Sentence[]> {
  let seen = 0;
  for await (const piece of pieces) {
    for (const { source } of piece) if (seen++ < SAMPLE) addFilledFields(source?.raw ?? '', filled);
    yield piece;
  }
}

interface Conversion extends Omit<ConversionOptions, 'schemes'> {
  readonly scheme: Scheme | undefined;
  readonly fromScheme: Scheme | undefined;
  /** The document, once sentences were read. */
  readonly documentOf: () => Document;
  /** Says what was found in the tags. */
  readonly say: (note: string) => void;
}

/** The sentences in the output format, in pieces. */
async function* converted(
  pieces: AsyncIterable<Sentence[]>,
  conversion: Conversion,
): AsyncGenerator<string> {
  const { gold, scheme, to, tagColumns, documentOf } = conversion;
  const isForSpans = writesSpans(to);
  // The tag scheme, and the place of span tags in CoNLL-U, depend on the whole corpus.
  const needsAll =
    gold && (scheme !== undefined || isForSpans || (to === 'conllu' && tagColumns.length === 0));
  if (needsAll) {
    const sentences: Sentence[] = [];
    for await (const piece of pieces) for (const sentence of piece) sentences.push(sentence);
    yield convertedWhole(sentences, conversion);
    return;
  }
  let writer: Writer | undefined;
  for await (const sentences of pieces) {
    writer ??= createConversionWriter(documentOf(), conversion);
    const tags = gold
      ? tagsByColumn(sentences, tagColumns.length)
      : [sentences.map(({ tokens }) => tokens.map(() => (isForSpans ? 'O' : '_')))];
    yield writer.write(sentences, tags);
  }
  writer ??= createConversionWriter(documentOf(), conversion);
  yield writer.end() + writer.close();
}

/** All sentences in the output format, with their tags as it needs them. */
function convertedWhole(
  sentences: readonly Sentence[],
  { documentOf, say, scheme, fromScheme, ...options }: Conversion,
): string {
  const document = documentOf();
  const tags = tagsByColumn(sentences, options.tagColumns.length);
  const readings = tags.map((column) =>
    readTags(linesOf(sentences, column), { scheme: fromScheme }),
  );
  if (scheme) checkSpans(tags, { file: document.file, readings });
  const schemes = readings.map((reading) => reading.scheme);
  const writer = createConversionWriter(document, { ...options, schemes });
  const isForSpans = writesSpans(options.to);
  const written = tags.map((column, c) => {
    const reading = readings[c]!;
    if (scheme === undefined && !isForSpans) return column;
    if (reading.note !== undefined) say(reading.note);
    return isForSpans
      ? inUsualTags(column, reading)
      : column.map((tags) => inScheme(tags, reading, scheme!));
  });
  return writer.write(sentences, written) + writer.end() + writer.close();
}

/** The tags of each sentence, for each column that was read. */
const tagsByColumn = (
  sentences: readonly Sentence[],
  columns: number,
): (readonly (readonly string[])[])[] =>
  columns < 2
    ? [sentences.map(({ tags }) => tags)]
    : Array.from({ length: columns }, (_, c) => sentences.map(({ tagColumns }) => tagColumns![c]!));

/** Tags with the lines where they are. */
const linesOf = (
  sentences: readonly Sentence[],
  column: readonly (readonly string[])[],
): TaggedLines[] => sentences.map(({ file, line }, s) => ({ file, line, tags: column[s]! }));

/** The tags in BIO and the usual notation; plain tags as they are. */
const inUsualTags = (
  tags: readonly (readonly string[])[],
  { scheme, read }: TagReading,
): readonly (readonly string[])[] =>
  scheme === 'none' ? tags : tags.map((sentence) => inSpanTags(sentence.map(read), scheme));

/** @throws UserError if no column has span tags, so that there is nothing to convert to another scheme */
function checkSpans(
  tags: readonly (readonly (readonly string[])[])[],
  { file, readings }: { file: string; readings: readonly TagReading[] },
): void {
  if (tags[0]!.length === 0 || readings.some((reading, c) => holdsSpans(tags[c]!, reading))) return;
  const plain = [...new Set(tags[0]!.flat())].filter((tag) => !isOutsideForm(tag));
  throw new UserError(
    `${file}: plain tags (${someOf(plain)}), which hold no spans. Name the right column with --tag-column. If a run of one label is a span (PER PER O), give --from-scheme IO.`,
    { code: 'SEQTAG_TAGS' },
  );
}

/** Whether tags are of a scheme: at least one has a letter of it, or all are outside tags. */
function holdsSpans(tags: readonly (readonly string[])[], { scheme, read }: TagReading): boolean {
  if (scheme === 'none') return false;
  const names = [...new Set(tags.flat())].map(read);
  const strays = scheme === 'IO' ? new Set<string>() : strayTags([names], scheme);
  return names.some((tag) => tag !== 'O' && !strays.has(tag)) || names.every((tag) => tag === 'O');
}
