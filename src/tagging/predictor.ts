import { createTokenEncoder, type TokenBags } from '../corpus/features/token-features.ts';
import { type TokenLines, tokensWithin, tokenText } from '../corpus/index.ts';
import { convert } from '../corpus/tags/scheme.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import type { TagColumn } from '../model/model.ts';
import type { Types } from '../network/batch.ts';
import type { Emissions, Engine } from '../network/engine.ts';
import { createByteLexicon, createLexicon, type Lexicon } from './lexicon.ts';
import { batches, join, joinScores, type Window, windows } from './windows.ts';

const MOST_TOKENS = 4096;

/** For each column, tags in the corpus's own scheme, one list a sentence. */
export type Columns = string[][][];

/** features[sentence][column][token] */
export type FeatureValues = readonly (readonly (readonly string[])[])[];

/** What is tagged at once: tokens, by what they are in the cache, a form with its features. */
interface Piece {
  readonly tokens: readonly string[];
  /** Tells forms with other features apart; without features the forms themselves. */
  readonly keys: readonly string[];
  readonly bags: TokenBags | undefined;
}

/** What the network says of a sentence in one column. */
export interface Said {
  /** The path that `predict` tells. */
  readonly best: Int32Array;
  /** (L, K), of each token as in the window where it counts. */
  readonly emissions: Float32Array;
}

/** Tags sentences with an engine's present parameters. */
export interface Predictor {
  /** So many tokens are tagged at once; sentences of more in windows of so many. */
  readonly mostTokens: number;
  /**
   * For each column, tags in the corpus's own scheme, one list a sentence.
   * @param features of each sentence, of each column that the model reads beside the tokens, the values
   * @throws UserError where it reads some and they are not there
   */
  predict(sentences: readonly (readonly string[])[], features?: FeatureValues): Columns;
  /**
   * Begins what `predict` does and returns what ends it, so that other threads compute while this one reads and writes.
   * What was begun before is ended by it too, but keeps its answer.
   */
  begin(sentences: readonly (readonly string[])[], features?: FeatureValues): () => Columns;
  /**
   * The same of at most `mostTokens` as bytes, or of one sentence of more, where the model reads nothing beside them.
   * @throws UserError if they are no UTF-8
   */
  beginLines(batch: TokenLines): () => Columns;
  /** For each column what the network says of each sentence. Features as of `predict`. */
  say(sentences: readonly (readonly string[])[], features?: FeatureValues): Said[][];
  /** Has the word, its digits as 0 and its case folded as the model does, a row of its own? */
  isKnown(token: string): boolean;
  /** Forgets what it knows of word types; needed after the parameters changed. */
  reset(): void;
}

/**
 * Everything about a word that does not depend on its context (embedding, characters, their projection into the first
 * layer's gates) is computed once and kept in the engine's cache; when that is full it starts anew. A word with other
 * features of tokens is another one there: few of them meet each word.
 */
export function createPredictor(
  engine: Engine,
  vocabulary: Vocabulary,
  tagColumns: readonly TagColumn[],
): Predictor {
  const encoder = createEncoder(vocabulary);
  const tokenEncoder = vocabulary.tokenFeatures && createTokenEncoder(vocabulary.tokenFeatures);
  const most = Math.min(engine.capacity, MOST_TOKENS);
  const strings = createLexicon();
  const bytes = createByteLexicon(engine.capacity);
  /** Ends what the engine is at. */
  let land: () => unknown = () => undefined;
  const reset = (): void => {
    strings.clear();
    bytes.clear();
    engine.clearCache();
  };

  /** The bags of tokens here and there, together. */
  function joinBags(found: readonly { piece: Piece; t: number }[]): TokenBags {
    const offsets = [0];
    const members: number[] = [];
    for (const { piece, t } of found) {
      const { groups } = tokenEncoder!;
      const bags = piece.bags!;
      for (let bag = t * groups; bag < (t + 1) * groups; bag++) {
        members.push(...bags.members.subarray(bags.offsets[bag]!, bags.offsets[bag + 1]!));
        offsets.push(members.length);
      }
    }
    return { offsets: Int32Array.from(offsets), members: Int32Array.from(members) };
  }

  /**
   * Begins to infer the tags of a batch of at most `most` tokens.
   * @param options.typesOf what the network is told of the types of these tokens of the batch
   */
  function launch<Batch>(
    lexicon: Lexicon<Batch>,
    batch: Batch,
    {
      lengths,
      typesOf,
      scores = false,
    }: { lengths: Int32Array; typesOf: (tokens: readonly number[]) => Types; scores?: boolean },
  ): () => Emissions {
    const places = new Int32Array(lengths.reduce((sum, n) => sum + n, 0));
    if (lexicon.isHeavy) reset();
    try {
      let missing = lexicon.look(batch, places);
      if (engine.cached + missing.length > engine.capacity) {
        reset();
        missing = lexicon.look(batch, places);
      }
      const types = missing.length > 0 ? typesOf(missing) : undefined;
      land();
      if (types) {
        const slots = engine.encode(types);
        lexicon.settle(slots);
        for (let i = 0; i < places.length; i++)
          if (places[i]! < 0) places[i] = slots[-1 - places[i]!]!;
      }
    } catch (error) {
      reset(); // types that have no place yet must not count as known
      throw error;
    }
    const finish = engine.beginInfer(places, lengths, { scores });
    let found: Emissions | undefined;
    const own = (): Emissions => {
      found ??= finish();
      return found;
    };
    land = own;
    return own;
  }

  function launchPieces(pieces: readonly Piece[], options: { scores: boolean }): () => Emissions {
    const typesOf = (tokens: readonly number[]): Types => {
      let p = 0;
      let start = 0;
      const found = tokens.map((token) => {
        while (token >= start + pieces[p]!.tokens.length) start += pieces[p++]!.tokens.length;
        return { piece: pieces[p]!, t: token - start };
      });
      return {
        ...encoder.types(found.map(({ piece, t }) => piece.tokens[t]!)),
        ...(tokenEncoder && { tokens: joinBags(found) }),
      };
    };
    const lengths = Int32Array.from(pieces, ({ tokens }) => tokens.length);
    const keys = pieces.map((piece) => piece.keys);
    return launch(strings, keys, { ...options, lengths, typesOf });
  }

  function launchLines(batch: TokenLines): () => Emissions {
    const lengths = Int32Array.from(batch.ends, (end, s) => end - (batch.ends[s - 1] ?? 0));
    const typesOf = (tokens: readonly number[]): Types =>
      encoder.types(tokens.map((token) => tokenText(batch, token)));
    return launch(bytes, batch, { lengths, typesOf });
  }

  /** Tokens `start` to `end - 1` of each window of a sentence. */
  function cut(
    tokens: readonly string[],
    cuts: readonly Window[],
    featureColumns: FeatureValues[number],
  ): Piece[] {
    if (!tokenEncoder) {
      const whole = cuts.length === 1;
      return cuts.map(({ start, end }) => {
        const own = whole ? tokens : tokens.slice(start, end);
        return { tokens: own, keys: own, bags: undefined };
      });
    }
    const numbered = tokenEncoder.number({ tokens, featureColumns });
    const { groups } = tokenEncoder;
    return cuts.map(({ start, end }) => {
      const own = tokens.slice(start, end);
      const bags = tokenEncoder.bags({ ...numbered, from: start, to: end });
      const keys = own.map((token, t) => {
        const [from, to] = [bags.offsets[t * groups]!, bags.offsets[(t + 1) * groups]!];
        return `${bags.members.subarray(from, to).join()}\0${token}`;
      });
      return { tokens: own, keys, bags };
    });
  }

  /** Begins to find, for each column, of each sentence, the best tags as numbers, and scores (L, K) if they are asked for. */
  function beginAll(
    sentences: readonly (readonly string[])[],
    features: FeatureValues,
    options: { scores: boolean },
  ): () => { best: Int32Array[][]; scores: Float32Array[][] } {
    const cuts = sentences.map(({ length }) => windows(length, most));
    const pieces = sentences.flatMap((tokens, s) => cut(tokens, cuts[s]!, features[s] ?? []));
    const best: Int32Array[][] = tagColumns.map(() => []); // of each column, of each piece
    const scores: Float32Array[][] = tagColumns.map(() => []);
    let collect = (): void => undefined;
    for (const batch of batches(pieces, most)) {
      const finish = launchPieces(batch, options);
      collect();
      collect = () => {
        const found = finish();
        tagColumns.forEach((_, column) => {
          const K = vocabulary.tags[column]!.length;
          let at = 0;
          for (const {
            tokens: { length },
          } of batch) {
            best[column]!.push(found.best[column]!.subarray(at, at + length));
            if (found.scores)
              scores[column]!.push(found.scores[column]!.subarray(at * K, (at + length) * K));
            at += length;
          }
        });
      };
    }
    const whole = <Part>(
      parts: readonly Part[],
      join: (windows: readonly Window[], own: readonly Part[]) => Part,
    ): Part[] => {
      let at = 0;
      return cuts.map((windows) => {
        at += windows.length;
        return join(windows, parts.slice(at - windows.length, at));
      });
    };
    return () => {
      collect();
      collect = () => undefined;
      return {
        best: best.map((parts) => whole(parts, join)),
        scores: options.scores ? scores.map((parts) => whole(parts, joinScores)) : [],
      };
    };
  }

  /** The names of a column's tags, of sentence after sentence. */
  const named = (column: number, paths: readonly Int32Array[]): string[][] => {
    const names = vocabulary.tags[column]!;
    const { scheme, trainedScheme } = tagColumns[column]!;
    return paths.map((path) => {
      const tags = new Array<string>(path.length);
      for (let i = 0; i < path.length; i++) tags[i] = names[path[i]!]!;
      return scheme === 'none' ? tags : convert(tags, trainedScheme, scheme);
    });
  };

  function begin(
    sentences: readonly (readonly string[])[],
    features: FeatureValues = [],
  ): () => Columns {
    const finish = beginAll(sentences, features, { scores: false });
    return () => finish().best.map((paths, column) => named(column, paths));
  }

  function beginLines(batch: TokenLines): () => Columns {
    const isLong = batch.ends.length === 1 && batch.tokens > most;
    const cuts = isLong ? windows(batch.tokens, most) : [];
    const finishes = isLong
      ? cuts.map((window) => launchLines(tokensWithin(batch, window)))
      : [launchLines(batch)];
    return () =>
      tagColumns.map((_, column) => {
        const found = finishes.map((finish) => finish().best[column]!);
        return named(column, isLong ? [join(cuts, found)] : divided(found[0]!, batch.ends));
      });
  }

  return {
    mostTokens: most,
    reset,
    isKnown: (token) => encoder.word(token) !== 0,
    predict: (sentences, features) => begin(sentences, features)(),
    begin,
    beginLines,
    say(sentences, features = []) {
      const { best, scores } = beginAll(sentences, features, { scores: true })();
      return best.map((paths, column) =>
        paths.map((path, s) => ({ best: path, emissions: scores[column]![s]! })),
      );
    },
  };
}

/** One after another, what ends at each of `ends`. */
const divided = (tags: Int32Array, ends: readonly number[]): Int32Array[] =>
  ends.map((end, s) => tags.subarray(ends[s - 1] ?? 0, end));
