import type { Command } from 'commander';
import {
  type Column,
  createWriter,
  type Document,
  defaultTagColumn,
  type Format,
  readSentences,
  type Sentence,
  type Writer,
} from '../corpus/index.ts';
import {
  convert,
  detectScheme,
  type Scheme,
  schemeNamed,
  strayTags,
} from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { Context } from './context.ts';
import { addNotes } from './help.ts';
import { openInput, outputFormat } from './input.ts';
import {
  addColumns,
  type ColumnOptions,
  choice,
  inputFormats,
  type OffsetOptions,
  offsetsOption,
  outputFormats,
  readOptions,
} from './options.ts';
import { withOutput } from './output.ts';

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
  'seqtag convert article.txt --to horizontal',
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
    .option('--scheme <scheme>', 'output tag scheme: IOB1, BIO, BIOES, BILOU or BMES')
    .option('--from-scheme <scheme>', 'input tag scheme (default: by the tags)')
    .option('-o, --out-file <file>', 'output file; it appears when everything is written');
  addColumns(command, {
    tag: 'column of the tags (default: the last; conllu: upos; csv: by header)',
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
  const wanted = flags.scheme === undefined ? undefined : schemeNamed(flags.scheme);
  const stated = flags.fromScheme === undefined ? undefined : schemeNamed(flags.fromScheme);
  if (wanted === 'none')
    throw new UserError('--scheme none: plain tags hold no spans. Name a span scheme.');
  const input = await openInput(file, { io: context.io, format: flags.from });
  const { name, format: from } = input;
  const named = outputFormat(flags.outFile);
  const to = flags.to ?? named;
  const isRaw = from === 'text' || from === 'horizontal';
  // where nothing of the tags changes they need not be there
  const gold =
    !isRaw && (wanted !== undefined || (to !== undefined && to !== from && to !== 'horizontal'));
  if (isRaw && wanted !== undefined)
    throw new UserError(
      `${name}: --scheme ${wanted}: the format ${from} has no tags. Give a labelled corpus.`,
    );

  await withOutput(context, flags.outFile, async (sink) => {
    let document: Document | undefined;
    const pieces = readSentences(input.source, {
      ...readOptions(flags, from),
      file: name,
      gold,
      onDocument: (started) => {
        document = started;
      },
    });
    const options = { flags, to, gold };
    // a scheme is found, and where spans go in CoNLL-U decided, only when all is read
    const mustLook =
      gold &&
      ((wanted && stated === undefined) || (to === 'conllu' && flags.tagColumn === undefined));
    if (mustLook) {
      const sentences: Sentence[] = [];
      for await (const piece of pieces) sentences.push(...piece);
      const scheme = stated ?? detectScheme(sentences.map(({ tags }) => tags));
      if (wanted) checkSpans({ file: name, sentences, scheme });
      const writer = writerFor(document!, { ...options, scheme });
      await sink.write(
        writer.write(sentences, [tagsOf(sentences, { gold, from: scheme, to: wanted })]),
      );
      await sink.write(writer.end() + writer.close());
      return;
    }
    let writer: Writer | undefined;
    for await (const sentences of pieces) {
      writer ??= writerFor(document!, options);
      await sink.write(
        writer.write(sentences, [tagsOf(sentences, { gold, from: stated, to: wanted })]),
      );
    }
    writer ??= writerFor(document!, options);
    await sink.write(writer.end() + writer.close());
  });
}

function checkSpans({
  file,
  sentences,
  scheme,
}: {
  file: string;
  sentences: readonly Sentence[];
  scheme: Scheme;
}): void {
  if (sentences.length === 0 || scheme !== 'none') return;
  const strays = [
    ...strayTags(
      sentences.map(({ tags }) => tags),
      'BIO',
    ).keys(),
  ];
  throw new UserError(
    `${file}: plain tags (${strays.slice(0, 5).join(', ')}), which hold no spans. Name the right column with --tag-column.`,
  );
}

function tagsOf(
  sentences: readonly Sentence[],
  { gold, from, to }: { gold: boolean; from: Scheme | undefined; to: Scheme | undefined },
): (readonly string[])[] {
  if (!gold) return sentences.map(({ tokens }) => tokens.map(() => '_'));
  return sentences.map(({ tags }) =>
    from !== undefined && to !== undefined ? convert(tags, from, to) : tags,
  );
}

function writerFor(
  document: Document,
  {
    flags,
    to,
    gold,
    scheme,
  }: { flags: ConvertFlags; to: Format | undefined; gold: boolean; scheme?: Scheme },
): Writer {
  const format = to ?? document.format;
  const isFaithful = format === document.format;
  if (isFaithful && !gold && format !== 'horizontal' && format !== 'text')
    return copyWriter(document);
  const writer = createWriter({ format, tagColumn: columnFor(), offsets: flags.offsets });
  writer.begin(document);
  return writer;

  function columnFor(): Column | undefined {
    if (!isFaithful) {
      if (format !== 'conllu') return undefined;
      if (flags.tagColumn !== undefined && !/^-?\d+$/.test(flags.tagColumn)) return flags.tagColumn;
      return scheme === undefined || scheme === 'none' ? undefined : 'NER';
    }
    if (flags.tagColumn !== undefined) return flags.tagColumn;
    if (format === 'columns') return -1;
    if (format === 'jsonl') return document.keys?.tag;
    return format === 'conllu' ? undefined : defaultTagColumn(document);
  }
}

/** Gives everything back as it was; it has been read, so it is well formed. */
function copyWriter(document: Document): Writer {
  let isFirst = true;
  const start = (): string => {
    if (!isFirst) return '';
    isFirst = false;
    return (document.bom ? '\ufeff' : '') + (document.header?.raw ?? '');
  };
  return {
    begin: () => undefined,
    write: (sentences) => start() + sentences.map(({ source }) => source?.raw ?? '').join(''),
    end: () => start() + document.tail,
    close: () => '',
  };
}
