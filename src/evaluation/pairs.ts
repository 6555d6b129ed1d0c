import { UserError } from '../errors.ts';
import type { SentencePair } from './counts.ts';

/** A sentence with where it stands: the file's name for messages, the line of the first token from 1. */
export interface LocatedSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** The sentences of one file, in order, one by one or in pieces; `file` is its name for messages. */
export interface LocatedCorpus {
  readonly file: string;
  readonly sentences:
    | Iterable<LocatedSentence | readonly LocatedSentence[]>
    | AsyncIterable<LocatedSentence | readonly LocatedSentence[]>;
}

/**
 * The sentences of a gold and a predicted file side by side, read only as far as they are asked for.
 * Throws a UserError with file and line at the first token, sentence end or file end that differs.
 * Sentences without tokens are skipped on both sides.
 */
export async function* sentencePairs(
  gold: LocatedCorpus,
  predicted: LocatedCorpus,
): AsyncGenerator<SentencePair> {
  const golds = filled(gold);
  const guesses = filled(predicted);
  try {
    for (let count = 0; ; count++) {
      const a = await golds.next();
      const b = await guesses.next();
      if (a.done) {
        if (b.done) return;
        throw endsEarly(gold.file, count, b.value);
      }
      if (b.done) throw endsEarly(predicted.file, count, a.value);
      yield sentencePair(a.value, b.value);
    }
  } finally {
    // lets both readers close their files, also when the caller stops early
    await golds.return(undefined);
    await guesses.return(undefined);
  }
}

/** One pair, its tokens compared. Throws a UserError with file and line where they differ. */
export function sentencePair(gold: LocatedSentence, predicted: LocatedSentence): SentencePair {
  const shared = Math.min(gold.tokens.length, predicted.tokens.length);
  for (let i = 0; i < shared; i++) {
    const [a, b] = [gold.tokens[i]!, predicted.tokens[i]!];
    if (a !== b) {
      throw new UserError(
        `${place(predicted)}: token ${i + 1} of this sentence is ${quote(b)}, but at ${place(gold)} it is ${quote(a)}. Both files must hold the same tokens in the same order.`,
      );
    }
  }
  if (gold.tokens.length !== predicted.tokens.length) {
    throw new UserError(
      `${place(predicted)}: this sentence has ${plural(predicted.tokens.length, 'token')}, but at ${place(gold)} it has ${gold.tokens.length}. Both files must end their sentences at the same tokens.`,
    );
  }
  return { tokens: gold.tokens, gold: gold.tags, predicted: predicted.tags };
}

async function* filled({
  sentences,
}: LocatedCorpus): AsyncGenerator<LocatedSentence, undefined, undefined> {
  for await (const item of sentences) {
    if (!('tokens' in item)) {
      for (const sentence of item) if (sentence.tokens.length > 0) yield sentence;
    } else if (item.tokens.length > 0) {
      yield item;
    }
  }
}

function endsEarly(file: string, count: number, next: LocatedSentence): UserError {
  return new UserError(
    `${file}: ends after ${plural(count, 'sentence')}, but another begins at ${place(next)} with ${quote(next.tokens[0]!)}. Both files must hold the same sentences.`,
  );
}

function place({ file, line }: LocatedSentence): string {
  return `${file}:${line}`;
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Quoted on one line, cut where it would fill the screen. */
function quote(token: string): string {
  return JSON.stringify(token.length > 60 ? `${token.slice(0, 60)}…` : token);
}
