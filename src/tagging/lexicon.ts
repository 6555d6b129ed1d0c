import { createByteTable } from '../corpus/byte-table.ts';
import type { TokenLines } from '../corpus/index.ts';

/** Maps word types to numbers. `Tokens` is the type of its input. */
export interface Lexicon<Tokens> {
  /**
   * Writes the word type of each token to `ids`. New types are numbered from `next` on.
   * @returns the index of the first token of each new type
   */
  number(tokens: Tokens, ids: Int32Array, next: number): number[];
  clear(): void;
  /** Whether its types take so much memory that it should be cleared before the next batch. */
  readonly isHeavy: boolean;
}

/** Maximum total length of the types kept from batch to batch, in characters or bytes. */
const MOST_KEPT = 4 * 2 ** 20;

/**
 * A copy of a string. V8 stores a slice of 13 or more characters as a pointer into its source text. Without a copy, a
 * table of words would keep all texts in memory.
 */
const detached = (token: string): string =>
  token.length < 13 ? token : Buffer.from(token, 'utf16le').toString('utf16le');

/** A lexicon of strings; tokens come as sentences. */
export function createLexicon(): Lexicon<readonly (readonly string[])[]> {
  const known = new Map<string, number>();
  let kept = 0;
  return {
    number(sentences, ids, next) {
      const first: number[] = [];
      let at = 0;
      for (const tokens of sentences)
        for (const token of tokens) {
          let id = known.get(token);
          if (id === undefined) {
            id = next + first.length;
            first.push(at);
            const copy = detached(token);
            kept += copy.length;
            known.set(copy, id);
          }
          ids[at++] = id;
        }
      return first;
    },
    clear() {
      known.clear();
      kept = 0;
    },
    get isHeavy() {
      return kept > MOST_KEPT;
    },
  };
}

/** A lexicon of tokens as bytes. Looking up a token creates no string. */
export function createByteLexicon(): Lexicon<TokenLines> {
  const table = createByteTable();
  let types: number[] = [];
  return {
    number({ bytes, from, to, hashes, tokens }, ids, next) {
      const first: number[] = [];
      for (let token = 0; token < tokens; token++) {
        const key = table.number(bytes, from[token]!, to[token]!, hashes[token]!);
        if (key === types.length) {
          types.push(next + first.length);
          first.push(token);
        }
        ids[token] = types[key]!;
      }
      return first;
    },
    clear() {
      table.clear();
      types = [];
    },
    get isHeavy() {
      return table.bytes > MOST_KEPT;
    },
  };
}
