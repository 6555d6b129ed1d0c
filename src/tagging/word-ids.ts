import { createTokenEncoder, type TokenBags } from '../corpus/features/token-features.ts';
import { type TokenLines, tokenText } from '../corpus/index.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import type { Batch } from '../network/engine.ts';
import { createByteLexicon, createLexicon, type Lexicon } from './lexicon.ts';
import type { Window } from './windows.ts';
import { createWordTable } from './word-table.ts';

/** A sentence, or a window of a long sentence. */
export interface Piece {
  readonly tokens: readonly string[];
  /** For each token, the key of its word type: the token, and its features if there are any. */
  readonly keys: readonly string[];
  readonly bags: TokenBags | undefined;
}

/** Numbers words for an engine. A word type is a token, together with its token features if the model has some. */
export interface WordIds {
  /**
   * Cuts a sentence into pieces, one for each window.
   * @throws UserError if the model's feature columns are missing
   */
  cut(
    tokens: readonly string[],
    windows: readonly Window[],
    featureColumns: readonly (readonly string[])[],
  ): Piece[];
  ofPieces(pieces: readonly Piece[]): Batch;
  /** @throws UserError if the lines are not UTF-8 */
  ofLines(lines: TokenLines): Batch;
  /** Whether the word, after the model's normalisation, has a row in the word embedding. */
  isKnown(token: string): boolean;
}

/** Maximum number of types kept from batch to batch. */
const MOST_TYPES = 32_768;

export function createWordIds(vocabulary: Vocabulary): WordIds {
  const encoder = createEncoder(vocabulary);
  const tokenEncoder = vocabulary.tokenFeatures && createTokenEncoder(vocabulary.tokenFeatures);
  const strings = createLexicon();
  const bytes = createByteLexicon();
  let table = createWordTable();

  function clear(): void {
    strings.clear();
    bytes.clear();
    table = createWordTable();
  }

  /** @param typesOf encodes the word types of some tokens of the batch */
  function number<Tokens>(
    lexicon: Lexicon<Tokens>,
    tokens: Tokens,
    options: {
      lengths: readonly number[];
      typesOf: (tokens: readonly number[]) => Batch['wordTypes'];
    },
  ): Batch {
    const { lengths, typesOf } = options;
    if (lexicon.isHeavy || table.size > MOST_TYPES) clear();
    const ids = new Int32Array(lengths.reduce((sum, n) => sum + n, 0));
    const first = lexicon.number(tokens, ids, table.size);
    try {
      if (first.length > 0) table.append(typesOf(first));
    } catch (error) {
      clear(); // the lexicon has numbers that are not in the table
      throw error;
    }
    let end = 0;
    const sentences = lengths.map((length) => {
      end += length;
      return ids.subarray(end - length, end);
    });
    return { wordTypes: table.types, sentences };
  }

  /** The bags of tokens of several pieces. */
  function joinBags(found: readonly { piece: Piece; t: number }[]): TokenBags {
    const { groups } = tokenEncoder!;
    const offsets = [0];
    const members: number[] = [];
    for (const { piece, t } of found) {
      const bags = piece.bags!;
      for (let bag = t * groups; bag < (t + 1) * groups; bag++) {
        members.push(...bags.members.subarray(bags.offsets[bag]!, bags.offsets[bag + 1]!));
        offsets.push(members.length);
      }
    }
    return { offsets: Int32Array.from(offsets), members: Int32Array.from(members) };
  }

  return {
    cut(tokens, windows, featureColumns) {
      if (!tokenEncoder)
        return windows.map(({ start, end }) => {
          const part = windows.length === 1 ? tokens : tokens.slice(start, end);
          return { tokens: part, keys: part, bags: undefined };
        });
      const numbered = tokenEncoder.number({ tokens, featureColumns });
      const { groups } = tokenEncoder;
      return windows.map(({ start, end }) => {
        const part = tokens.slice(start, end);
        const bags = tokenEncoder.bags({ ...numbered, from: start, to: end });
        const keys = part.map((token, t) => {
          const [from, to] = [bags.offsets[t * groups]!, bags.offsets[(t + 1) * groups]!];
          return `${bags.members.subarray(from, to).join()}\0${token}`;
        });
        return { tokens: part, keys, bags };
      });
    },
    ofPieces(pieces) {
      const keys = pieces.map((piece) => piece.keys);
      const typesOf = (tokens: readonly number[]): Batch['wordTypes'] => {
        let p = 0;
        let start = 0;
        const found = tokens.map((token) => {
          while (token >= start + pieces[p]!.tokens.length) start += pieces[p++]!.tokens.length;
          return { piece: pieces[p]!, t: token - start };
        });
        return {
          ...encoder.types(found.map(({ piece, t }) => piece.tokens[t]!)),
          ...(tokenEncoder && { tokenFeatures: joinBags(found) }),
        };
      };
      const lengths = pieces.map(({ tokens }) => tokens.length);
      return number(strings, keys, { lengths, typesOf });
    },
    ofLines(lines) {
      const lengths = lines.ends.map((end, s) => end - (lines.ends[s - 1] ?? 0));
      const typesOf = (tokens: readonly number[]): Batch['wordTypes'] =>
        encoder.types(tokens.map((token) => tokenText(lines, token)));
      return number(bytes, lines, { lengths, typesOf });
    },
    isKnown: (token) => encoder.word(token) !== 0,
  };
}
