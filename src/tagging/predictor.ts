import { convert } from '../corpus/scheme.ts';
import { createTokenEncoder, type TokenBags } from '../corpus/token-features.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import type { Task } from '../model/model.ts';
import type { Engine } from '../network/engine.ts';
import { join, type Window, windows } from './windows.ts';

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

/** Tags sentences with an engine's present parameters. */
export interface Predictor {
  /**
   * For each column, tags in the corpus's own scheme, one list a sentence.
   * @param features of each sentence, of each column that the model reads beside the tokens, the values
   * @throws UserError where it reads some and they are not there
   */
  predict(sentences: readonly (readonly string[])[], features?: FeatureValues): string[][][];
  /**
   * For each column, scores before the decoder, (tokens, tags), of sentences that together have at most as many tokens as
   * the engine's cache has places.
   */
  scores(
    sentences: readonly (readonly string[])[],
    features?: FeatureValues,
  ): readonly Float32Array[];
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

  /** Places in the cache of pieces that together have at most as many tokens as it has places. */
  function encodePieces(pieces: readonly Piece[]): [places: Int32Array, lengths: Int32Array] {
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
    return [ids, lengths];
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

  return {
    reset,
    isKnown: (token) => encoder.word(token) !== 0,
    scores(sentences, features = []) {
      const pieces = sentences.flatMap((tokens, s) =>
        cut(tokens, windows(tokens.length, engine.capacity), features[s] ?? []),
      );
      return engine.infer(...encodePieces(pieces), { scores: true }).scores!;
    },
    predict(sentences, features = []) {
      const most = Math.min(engine.capacity, MOST_TOKENS);
      const cuts = sentences.map(({ length }) => windows(length, most));
      const pieces = sentences.flatMap((tokens, s) => cut(tokens, cuts[s]!, features[s] ?? []));
      const best: Int32Array[][] = tasks.map(() => []); // of each column, of each piece
      for (let from = 0; from < pieces.length; ) {
        let to = from;
        for (
          let tokens = 0;
          to < pieces.length && (to === from || tokens + pieces[to]!.tokens.length <= most);
          to++
        )
          tokens += pieces[to]!.tokens.length;
        const batch = pieces.slice(from, to);
        engine.infer(...encodePieces(batch)).best.forEach((tags, column) => {
          let at = 0;
          for (const {
            tokens: { length },
          } of batch) {
            best[column]!.push(tags.subarray(at, at + length));
            at += length;
          }
        });
        from = to;
      }
      return tasks.map((task, column) => {
        const names = vocabulary.tags[column]!;
        let at = 0;
        return cuts.map((windows) => {
          const joined = join(windows, best[column]!.slice(at, at + windows.length));
          at += windows.length;
          const tags = Array.from(joined, (tag) => names[tag]!);
          return task.scheme === 'none' ? tags : convert(tags, task.trainedScheme, task.scheme);
        });
      });
    },
  };
}
