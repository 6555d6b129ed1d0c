import { UserError } from '../errors.ts';
import type { SentencePair } from './counts.ts';

const MISMATCH = { code: 'SEQTAG_CORPUS_MISMATCH' } as const;

/** A sentence, with the name of its file and the line of its first token, from 1, for error messages. */
export interface LocatedSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** The sentences of a file in order, one by one or several at a time. */
export interface LocatedCorpus {
  readonly file: string;
  readonly sentences:
    | Iterable<LocatedSentence | readonly LocatedSentence[]>
    | AsyncIterable<LocatedSentence | readonly LocatedSentence[]>;
}

/**
 * Pairs each sentence of a gold file with the same sentence of a predicted file. Reads the files as pairs are consumed.
 * Skips sentences without tokens.
 * @throws UserError (SEQTAG_CORPUS_MISMATCH) with file and line if the files differ in tokens or sentence ends
 */
export async function* sentencePairs(
  gold: LocatedCorpus,
  predicted: LocatedCorpus,
): AsyncGenerator<SentencePair> {
  const goldSentences = nonEmpty(gold);
  const predictedSentences = nonEmpty(predicted);
  try {
    for (let sentences = 0; ; sentences++) {
      const a = await goldSentences.next();
      const b = await predictedSentences.next();
      if (a.done) {
        if (b.done) return;
        throw endsEarly(gold.file, sentences, b.value);
      }
      if (b.done) throw endsEarly(predicted.file, sentences, a.value);
      yield sentencePair(a.value, b.value);
    }
  } finally {
    // closes both files, even if the caller stops early
    await goldSentences.return(undefined);
    await predictedSentences.return(undefined);
  }
}

function sentencePair(gold: LocatedSentence, predicted: LocatedSentence): SentencePair {
  const shared = Math.min(gold.tokens.length, predicted.tokens.length);
  for (let i = 0; i < shared; i++) {
    const [a, b] = [gold.tokens[i]!, predicted.tokens[i]!];
    if (a !== b) {
      throw new UserError(
        `${position(predicted)}: token ${i + 1} of this sentence is ${quote(b)}, but at ${position(gold)} it is ${quote(a)}. Both files must hold the same tokens in the same order.`,
        MISMATCH,
      );
    }
  }
  if (gold.tokens.length !== predicted.tokens.length) {
    throw new UserError(
      `${position(predicted)}: this sentence has ${plural(predicted.tokens.length, 'token')}, but at ${position(gold)} it has ${gold.tokens.length}. Both files must end their sentences at the same tokens.`,
      MISMATCH,
    );
  }
  return { tokens: gold.tokens, gold: gold.tags, predicted: predicted.tags };
}

async function* nonEmpty({
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

function endsEarly(file: string, sentences: number, next: LocatedSentence): UserError {
  return new UserError(
    `${file}: ends after ${plural(sentences, 'sentence')}, but another begins at ${position(next)} with ${quote(next.tokens[0]!)}. Both files must hold the same sentences.`,
    MISMATCH,
  );
}

function position({ file, line }: LocatedSentence): string {
  return `${file}:${line}`;
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** The token in quotes, on one line, cut after 60 characters. */
function quote(token: string): string {
  return JSON.stringify(token.length > 60 ? `${token.slice(0, 60)}…` : token);
}
