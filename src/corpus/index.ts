export { decompressed, withoutCompression } from './compression.ts';
export { formatOf, sniffFormat } from './format.ts';
export { isName, listed } from './places.ts';
export { createParser, readBytes, readCorpus, readSentences, readTokenLines } from './reader.ts';
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
export { type Placed, placeTokens } from './spans.ts';
export { spacesAfter } from './text.ts';
export { type TokenLines, tokenLineWriter, tokensWithin, tokenText } from './token-lines.ts';
export { createWriter } from './writer.ts';
