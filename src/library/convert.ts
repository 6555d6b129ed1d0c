import { createBratText } from '../corpus/formats/offsets/brat-text.ts';
import {
  asColumns,
  corpusFormatOf,
  createWriter,
  type Document,
  defaultTagColumn,
  isName,
  loadFormat,
  readSentences,
  type Sentence,
  type Writer,
  writesSpans,
} from '../corpus/index.ts';
import { inScheme, inSpanTags } from '../corpus/tags/reschemed.ts';
import { readTags, type TagReading } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { createOutput } from '../files/write.ts';
import {
  checkOptions,
  checkValue,
  isUnlabelled,
  type Kinds,
  oneOf,
  path as pathKind,
  readFormats,
  readKinds,
  schemeKind,
  writtenFormats,
} from './arguments.ts';
import { checkSource } from './corpus.ts';
import type { Column, ConvertOptions, CorpusSource, Format, Scheme } from './types.ts';

const { format: _, featureColumn: __, file: ___, ...corpusKinds } = readKinds;
const convertKinds: Kinds = {
  from: oneOf(...readFormats),
  to: oneOf(...writtenFormats),
  scheme: schemeKind,
  fromScheme: schemeKind,
  ...corpusKinds,
  offsets: oneOf('utf-16', 'code-points'),
};

/**
 * Converts a corpus to another format, or its spans to another scheme. If the format stays the same, everything else in
 * the file stays unchanged. Output and input may be the same file.
 * @param input a path, or a stream of bytes
 * @param output the file to write; it appears only when it is complete
 * @throws TypeError or RangeError for wrong arguments; UserError if the corpus cannot be read or the output cannot be
 * written
 *
 * @example await convert('train.conll', 'train.jsonl', { scheme: 'BIOES' });
 */
export async function convert(
  input: CorpusSource,
  output: string,
  options: ConvertOptions = {},
): Promise<void> {
  checkSource('convert: input', input);
  checkValue('convert: output', output, pathKind);
  checkOptions('convert', options, { kinds: convertKinds });
  if (options.scheme === 'none')
    throw new RangeError('convert: scheme: plain tags hold no spans. Name a span scheme.');
  const to = options.to ?? corpusFormatOf(output);
  const from = options.from ?? (await formatOfInput(input));
  if (isUnlabelled(from) && options.scheme)
    throw new RangeError(`convert: scheme: the format ${from} has no tags.`);
  const hasTags =
    !isUnlabelled(from) &&
    (options.scheme !== undefined || ![undefined, from, 'horizontal'].includes(to));
  let document: Document | undefined;
  const read = readSentences(input, {
    ...pick(options),
    format: from,
    gold: hasTags,
    onDocument: (started) => {
      document = started;
    },
  });
  if (to !== undefined) await loadFormat(to);
  const absent = writesSpans(to) ? 'O' : '_';
  const text = to === 'brat' ? createBratText(output) : undefined;
  const onText = text?.add;
  const file = createOutput(output);
  const write = (text: string): void => file.write(Buffer.from(text));
  try {
    // the scheme, and with it spans and the column of the tags in CoNLL-U, are known only after reading the entire input
    const mustDetect =
      hasTags && (options.scheme !== undefined || to === 'conllu' || writesSpans(to));
    const pieces = mustDetect ? [await flat(read)] : read;
    const readings = Array.isArray(pieces) ? readingsOf(pieces[0]!, options) : undefined;
    const schemes = readings?.map(({ scheme }) => scheme);
    let writer: Writer | undefined;
    for await (const sentences of pieces) {
      writer ??= writerFor(document!, { ...options, to, schemes, hasTags, onText });
      write(writer.write(sentences, tagsOf(sentences, { readings, ...options, to, absent })));
    }
    writer ??= writerFor(document!, { ...options, to, schemes, hasTags, onText });
    write(writer.end() + writer.close());
    text?.finish();
    file.finish();
  } finally {
    file.discard();
  }
}

/** The options that are about reading. */
const pick = ({
  from: _,
  to: __,
  scheme: ___,
  fromScheme: ____,
  offsets: _____,
  ...read
}: ConvertOptions) => read;

/**
 * The format of a file by its extension, or by its beginning if the extension is unknown. Undefined for a stream.
 */
async function formatOfInput(input: CorpusSource): Promise<Format | undefined> {
  if (typeof input !== 'string') return undefined;
  let found: Format | undefined;
  const onDocument = ({ format }: Document): void => {
    found = format;
  };
  for await (const _ of readSentences(input, { onDocument })) break;
  return found;
}

async function flat(pieces: AsyncIterable<Sentence[]>): Promise<Sentence[]> {
  const all: Sentence[] = [];
  for await (const piece of pieces) for (const sentence of piece) all.push(sentence);
  return all;
}

/** The tag columns of a sentence. */
const columnsOf = ({ tags, tagColumns }: Sentence): readonly (readonly string[])[] =>
  tagColumns ?? [tags];

/**
 * How the tags of each tag column are written.
 * @throws UserError if spans are to be converted and there are none
 */
function readingsOf(
  sentences: readonly Sentence[],
  { scheme, fromScheme, tagColumn, onNote }: ConvertOptions,
): TagReading[] {
  const count = Math.max(1, asColumns(tagColumn).length);
  const readings = Array.from({ length: count }, (_, c) =>
    readTags(
      sentences.map((sentence) => ({ ...sentence, tags: columnsOf(sentence)[c]! })),
      { scheme: fromScheme },
    ),
  );
  for (const { note } of readings)
    if (scheme && note !== undefined) onNote?.(`${sentences[0]!.file}: ${note}.`);
  if (scheme && sentences.length > 0 && readings.every((one) => one.scheme === 'none'))
    throw new UserError(
      `${sentences[0]!.file}: plain tags, such as ${columnsOf(sentences[0]!)[0]![0]}, hold no spans. Name the tag column.`,
      { code: 'SEQTAG_TAGS' },
    );
  return readings;
}

/** Tags by column and sentence. */
function tagsOf(
  sentences: readonly Sentence[],
  {
    readings,
    scheme,
    to,
    absent,
  }: {
    readonly readings: readonly TagReading[] | undefined;
    readonly scheme?: Scheme | undefined;
    readonly to: Format | undefined;
    /** The tag of tokens without tags. */
    readonly absent: string;
  },
): (readonly string[])[][] {
  const columns = Math.max(1, sentences[0] ? columnsOf(sentences[0]).length : 1);
  return Array.from({ length: columns }, (_, c) =>
    sentences.map((sentence) => {
      const tags = columnsOf(sentence)[c]!;
      if (tags.length === 0) return sentence.tokens.map(() => absent);
      const reading = readings?.[c];
      if (reading === undefined) return tags;
      if (writesSpans(to) && reading.scheme !== 'none')
        return inSpanTags(tags.map(reading.read), reading.scheme);
      return scheme ? inScheme(tags, reading, scheme) : tags;
    }),
  );
}

function writerFor(
  document: Document,
  {
    to: format = document.format,
    schemes,
    hasTags,
    tagColumn,
    offsets,
    onText,
  }: ConvertOptions & {
    readonly schemes: readonly Scheme[] | undefined;
    readonly hasTags: boolean;
    readonly onText: ((text: string) => void) | undefined;
  },
): Writer {
  if (format === document.format && !hasTags) return copyWriter(document);
  const columns = writtenColumns(document, { format, schemes, asked: asColumns(tagColumn) });
  const writer = createWriter({ format, tagColumn: columns, offsets, onText });
  writer.begin(document);
  return writer;
}

/**
 * The tag columns of the output: the same as in the input if the format stays the same, else by name if the format has
 * names.
 */
function writtenColumns(
  document: Document,
  {
    format,
    schemes,
    asked,
  }: {
    readonly format: Format;
    readonly schemes: readonly Scheme[] | undefined;
    readonly asked: readonly Column[];
  },
): Column | readonly Column[] | undefined {
  if (format === document.format) return asked.length > 0 ? asked : usualColumn(document);
  if (asked.length > 1) return asked.map((column, c) => (isName(column) ? column : `tag${c + 1}`));
  if (format !== 'conllu') return undefined;
  if (isName(asked[0])) return asked[0];
  return schemes === undefined || schemes[0] === 'none' ? undefined : 'NER';
}

/** The column that is read by default. */
function usualColumn(document: Document): Column | undefined {
  switch (document.format) {
    case 'columns':
      return -1;
    case 'jsonl':
    case 'json':
    case 'conllu':
      return document.keys?.tag;
    case 'csv':
    case 'tsv':
      return defaultTagColumn(document);
    default:
      return undefined;
  }
}

/** Writes a document unchanged. */
function copyWriter(document: Document): Writer {
  let start = (): string => {
    start = () => '';
    return (document.bom ? '\ufeff' : '') + (document.header?.raw ?? '');
  };
  return {
    begin: () => undefined,
    write: (sentences) => start() + sentences.map(({ source }) => source?.raw ?? '').join(''),
    end: () => start() + document.tail,
    close: () => '',
  };
}
