import { createParser, type Sentence as ParsedSentence, tokenOffsets } from '../corpus/index.ts';
import type { Tokenization } from '../corpus/text/tokenization.ts';
import { checkStrings, isObject, wrongType } from './arguments.ts';
import type { Offsets, SentenceInput, TextSentence } from './types.ts';

/** A sentence to tag, checked. */
export interface CheckedSentence {
  readonly tokens: readonly string[];
  readonly featureColumns: readonly (readonly string[])[];
  readonly given: readonly (readonly string[] | undefined)[] | undefined;
  /** Names the sentence in messages. */
  readonly where: string;
  /** Its position, if it is a sentence of a text. */
  readonly text?: TextSentence;
}

/**
 * Checks a sentence from the program.
 * @param where its name in messages: `tag: sentence 3`
 * @param tagColumns number of tag columns of the model
 * @throws TypeError for a value of another type, RangeError for lists of another length
 */
export function checkSentence(
  sentence: SentenceInput,
  { where, tagColumns }: { readonly where: string; readonly tagColumns: number },
): CheckedSentence {
  if (Array.isArray(sentence)) {
    checkStrings(where, sentence, { what: 'tokens' });
    return { tokens: sentence, featureColumns: [], given: undefined, where };
  }
  if (!isObject(sentence))
    throw wrongType(where, 'an array of tokens, or an object with tokens', sentence);
  const { tokens, featureColumns, given } = sentence;
  checkStrings(`${where}: tokens`, tokens, { what: 'tokens' });
  const { length } = tokens;
  if (featureColumns !== undefined) {
    if (!Array.isArray(featureColumns))
      throw wrongType(`${where}: featureColumns`, 'an array of columns', featureColumns);
    featureColumns.forEach((values, c) => {
      checkStrings(`${where}: featureColumns[${c}]`, values, { what: 'values', length });
    });
  }
  if (given !== undefined) {
    if (!Array.isArray(given)) throw wrongType(`${where}: given`, 'an array of columns', given);
    if (given.length > tagColumns)
      throw new RangeError(
        `${where}: given: the model has ${tagColumns} tag column${tagColumns === 1 ? '' : 's'}, not ${given.length}.`,
      );
    given.forEach((labels, c) => {
      if (labels !== undefined)
        checkStrings(`${where}: given[${c}]`, labels, { what: 'labels', length });
    });
  }
  return {
    tokens,
    featureColumns: (featureColumns ?? []) as CheckedSentence['featureColumns'],
    given: given as CheckedSentence['given'],
    where,
  };
}

/**
 * Splits consecutive pieces of text into sentences and tokens.
 * @param where the beginning of messages
 * @param tokenization the model's tokenization. Default: English-EWT's
 */
export function createTextSplitter(where: string, tokenization?: Tokenization) {
  const parser = createParser({ format: 'text', file: where, keepSource: true, tokenization });
  let index = 0;
  const checked = (sentence: ParsedSentence): CheckedSentence => ({
    tokens: sentence.tokens,
    featureColumns: [],
    given: undefined,
    where: `${where}: sentence ${++index}`,
    text: textSentence(sentence),
  });
  return {
    push: (text: string): CheckedSentence[] => parser.push(text).map(checked),
    end: (): CheckedSentence[] => parser.end().map(checked),
  };
}

/** The public form of a sentence of raw text. */
export function textSentence(sentence: ParsedSentence): TextSentence {
  const { text, start: base = 0, offsets } = tokenOffsets(sentence);
  const [first = 0, last = 0] = [offsets[0], offsets.at(-1)];
  return {
    text: text.slice(first, last),
    offsets: { start: base + first, end: base + last },
    tokens: sentence.tokens,
    tokenOffsets: sentence.tokens.map(
      (_, t): Offsets => ({ start: base + offsets[2 * t]!, end: base + offsets[2 * t + 1]! }),
    ),
  };
}
