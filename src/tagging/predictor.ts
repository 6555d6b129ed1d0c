import { convert } from '../corpus/scheme.ts';
import { createTokenEncoder, type TokenBags } from '../corpus/token-features.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import type { Task } from '../model/model.ts';
import type { Emissions, Engine } from '../network/engine.ts';
import { join, joinScores, type Window, windows } from './windows.ts';

/** Sentences longer than this are tagged in windows of this many tokens, and so many are tagged at once. */
const MOST_TOKENS = 4096;

/**
 * The same string with no hold on another: V8 keeps a slice of 13 characters or more as a pointer into the text that it
 * was cut from, and a cache of words must not keep all that was ever read.
 */
const detached = (token: string): string =>
  token.length < 13 ? token : Buffer.from(token, 'utf16le').toString('utf16le');

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
  /**
   * For each column, tags in the corpus's own scheme, one list a sentence.
   * @param features of each sentence, of each column that the model reads beside the tokens, the values
   * @throws UserError where it reads some and they are not there
   */
  predict(sentences: readonly (readonly string[])[], features?: FeatureValues): string[][][];
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
  tasks: readonly Task[],
): Predictor {
  const encoder = createEncoder(vocabulary);
  const tokenEncoder = vocabulary.tokenFeatures && createTokenEncoder(vocabulary.tokenFeatures);
  const places = new Map<string, number>();
  const reset = (): void => {
    places.clear();
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

  /** Of pieces that together have at most as many tokens as the cache has places. */
  function infer(pieces: readonly Piece[], options: { scores: boolean }): Emissions {
    const find = () => {
      const missing = new Map<string, { piece: Piece; t: number }>();
      for (const piece of pieces)
        piece.keys.forEach((key, t) => {
          if (!places.has(key) && !missing.has(key)) missing.set(key, { piece, t });
        });
      return [...missing];
    };
    let missing = find();
    if (engine.cached + missing.length > engine.capacity) {
      reset();
      missing = find();
    }
    if (missing.length > 0) {
      const found = missing.map(([, where]) => where);
      const slots = engine.encode({
        ...encoder.types(found.map(({ piece, t }) => piece.tokens[t]!)),
        ...(tokenEncoder && { tokens: joinBags(found) }),
      });
      missing.forEach(([key], i) => {
        places.set(detached(key), slots[i]!);
      });
    }
    const lengths = Int32Array.from(pieces, ({ tokens }) => tokens.length);
    const ids = new Int32Array(lengths.reduce((sum, n) => sum + n, 0));
    let at = 0;
    for (const { keys } of pieces) for (const key of keys) ids[at++] = places.get(key)!;
    return engine.infer(ids, lengths, options);
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

  /** For each column, of each sentence, the best tags as numbers, and scores (L, K) if they are asked for. */
  function inferAll(
    sentences: readonly (readonly string[])[],
    features: FeatureValues,
    options: { scores: boolean },
  ): { best: Int32Array[][]; scores: Float32Array[][] } {
    const most = Math.min(engine.capacity, MOST_TOKENS);
    const cuts = sentences.map(({ length }) => windows(length, most));
    const pieces = sentences.flatMap((tokens, s) => cut(tokens, cuts[s]!, features[s] ?? []));
    const best: Int32Array[][] = tasks.map(() => []); // of each column, of each piece
    const scores: Float32Array[][] = tasks.map(() => []);
    for (let from = 0; from < pieces.length; ) {
      let to = from;
      for (
        let tokens = 0;
        to < pieces.length && (to === from || tokens + pieces[to]!.tokens.length <= most);
        to++
      )
        tokens += pieces[to]!.tokens.length;
      const batch = pieces.slice(from, to);
      const found = infer(batch, options);
      tasks.forEach((_, column) => {
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
      from = to;
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
    return {
      best: best.map((parts) => whole(parts, join)),
      scores: options.scores ? scores.map((parts) => whole(parts, joinScores)) : [],
    };
  }

  return {
    reset,
    isKnown: (token) => encoder.word(token) !== 0,
    predict(sentences, features = []) {
      const { best } = inferAll(sentences, features, { scores: false });
      return tasks.map((task, column) => {
        const names = vocabulary.tags[column]!;
        return best[column]!.map((path) => {
          const tags = Array.from(path, (tag) => names[tag]!);
          return task.scheme === 'none' ? tags : convert(tags, task.trainedScheme, task.scheme);
        });
      });
    },
    say(sentences, features = []) {
      const { best, scores } = inferAll(sentences, features, { scores: true });
      return best.map((paths, column) =>
        paths.map((path, s) => ({ best: path, emissions: scores[column]![s]! })),
      );
    },
  };
}
