export { loadFormat } from './formats/code.ts';
export { asColumns, isName } from './formats/column-choice.ts';
export {
  corpusFormatOf,
  formatOf,
  isStandoff,
  isTextFile,
  orTextFor,
  writesSpans,
} from './formats/formats.ts';
export { type TokenOffsets, tokenOffsets } from './formats/offsets/locate.ts';
export { createParser, readCorpus, readSentences } from './formats/reader.ts';
export { mayBeOther, peekFormat, sniffFormat } from './formats/sniff.ts';
export { defaultTagColumn } from './formats/table/header.ts';
export {
  readTokenLines,
  type TokenLines,
  tokenLineWriter,
  tokensWithin,
  tokenText,
} from './formats/token-lines.ts';
export { createWriter } from './formats/writer.ts';
export type {
  Annotation,
  Column,
  Document,
  Format,
  Parser,
  ReadOptions,
  Sentence,
  Source,
  WriteOptions,
  Writer,
} from './sentence.ts';
export { spacesAfter } from './text/spaces.ts';
export { readTextLines } from './text/text-lines.ts';
