export { formatOf, sniffFormat } from './formats/format.ts';
export { isName, listed } from './formats/places.ts';
export {
  createParser,
  readCorpus,
  readSentences,
  readTextLines,
  readTokenLines,
} from './formats/reader.ts';
export { type Placed, placeTokens } from './formats/spans.ts';
export {
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
  Use,
  WriteOptions,
  Writer,
} from './sentence.ts';
export { spacesAfter } from './text/text.ts';
