import {
  createWriter,
  type Format,
  loadFormat,
  type WriteOptions,
  type Writer,
} from '../corpus/index.ts';
import { tagParts } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { Tagger } from '../tagging/tagger.ts';
import { writtenAnnotation, writtenTags } from '../tagging/written-tags.ts';
import { outputFormat } from './input.ts';
import { isRaw } from './options.ts';
import { type Style, tagPainter } from './style.ts';
import { chosenColumns, writtenColumns } from './tag-columns.ts';
import type { TagFlags } from './tag-flags.ts';

interface TagOutputOptions {
  flags: TagFlags;
  tagger: Tagger;
  style: Style;
  /** Whether tags go to a terminal. */
  toScreen: boolean;
  /** brat: takes the text. */
  onText: ((text: string) => void) | undefined;
}

/** One writer for all files. Its format may depend on the format of the first file. */
export async function createTagWriter(options: TagOutputOptions): Promise<Writer> {
  const optionsFor = createWriteOptions(options);
  await loadFormat(optionsFor('text').format);
  const { tagColumns } = options.tagger.model;
  const chosen = chosenColumns(options.tagger.model, options.flags.tagColumn);
  const written = chosen.map((c) => tagColumns[c]!);
  const isUsual = written.every(({ notation }) => notation === undefined);
  let first: { writer: Writer; format: Format; file: string } | undefined;
  let write: ReturnType<typeof writtenTags>[] = [];
  return {
    get isPlain() {
      return isUsual && createWriter(optionsFor('horizontal')).isPlain;
    },
    begin(document) {
      const chosen = optionsFor(document.format);
      first ??= { writer: createWriter(chosen), format: chosen.format, file: document.file };
      write = written.map((column) => writtenTags(column, chosen.format));
      if (chosen.format !== first.format)
        throw new UserError(
          `${document.file}: the output format would be ${chosen.format}, but it is ${first.format} for ${first.file}. Choose one format with --output.`,
          { code: 'SEQTAG_CORPUS_FORMAT' },
        );
      first.writer.begin(document);
    },
    write: (sentences, columns, annotations) =>
      first!.writer.write(
        sentences,
        columns.map((tags, c) => (write[c] ? tags.map(write[c]) : tags)),
        annotations?.map((column, c) => {
          const writeColumn = write[c];
          return writeColumn ? column.map((one) => writtenAnnotation(one, writeColumn)) : column;
        }),
      ),
    end: () => first?.writer.end() ?? '',
    close: () => first?.writer.close() ?? '',
  };
}

/** How to write, by the format of the input. */
function createWriteOptions({
  flags,
  tagger,
  style,
  toScreen,
  onText,
}: TagOutputOptions): (input: Format) => WriteOptions & { format: Format } {
  const named = outputFormat(flags.outFile);
  const { confidence, nBest } = flags;
  const isAnnotated = confidence || nBest !== undefined;
  return (input) => {
    const format =
      flags.output ??
      (named !== 'horizontal' ? named : undefined) ??
      (isRaw(input) ? (toScreen && !isAnnotated ? 'inline' : 'columns') : input);
    return {
      format,
      confidence,
      nBest,
      ...writtenColumns(tagger.model, { format, asked: flags.tagColumn }),
      offsets: flags.offsets,
      onText,
      paint: tagPainter(style, tagTypes(tagger)),
    };
  };
}

/** A model's tags without prefixes, the most frequent of each column first. */
const tagTypes = ({ model: { tagColumns, vocabulary } }: Tagger): Set<string> =>
  new Set(
    vocabulary.tags.flatMap((tags, column) =>
      tags.map((tag) => {
        const { role, type } = tagParts(tag, tagColumns[column]!.trainedScheme);
        return role === 'outside' ? tag : type;
      }),
    ),
  );
