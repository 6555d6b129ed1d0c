import { isCertain } from '../corpus/tags/partial.ts';
import { continuesSpan, type Scheme, tagParts } from '../corpus/tags/scheme.ts';
import { countTokens, type LabelledSentence } from './labelled-corpus.ts';

/** What recipes are chosen by. Fractions are from 0 to 1, and 0 for a corpus without tokens. */
export interface Traits {
  /** Tokens of the training corpus. */
  readonly tokens: number;
  /** Whether the tags are plain, not those of spans. */
  readonly plain: boolean;
  /** The fraction of tokens in spans; 0 for plain tags. */
  readonly density: number;
  /** Mean number of tokens of a span; 0 without spans. */
  readonly spanLength: number;
  /** The fraction of letters of a script with capitals. */
  readonly cased: number;
  /** Mean number of characters of a token. */
  readonly wordLength: number;
  /** The fraction of development tokens that the training corpus does not have, in any case. */
  readonly unknown: number;
  /** Whether labels may be partial. Tokens with an uncertain label then count for neither density nor span length. */
  readonly partial: boolean;
  /** Whether there are pretrained word vectors. */
  readonly vectors: boolean;
}

interface Corpora {
  readonly train: readonly LabelledSentence[];
  readonly dev: readonly LabelledSentence[];
  /** The scheme of the training tags. */
  readonly scheme: Scheme;
}

/** Looks at the corpora of the first tag column. */
export function traitsOf(
  { train, dev, scheme }: Corpora,
  { partial, vectors }: Pick<Traits, 'partial' | 'vectors'>,
): Traits {
  const tokens = countTokens(train);
  return {
    tokens,
    plain: scheme === 'none',
    ...spanTraits(train, scheme),
    ...characterTraits(train, tokens),
    unknown: unknownFraction(train, dev),
    partial,
    vectors,
  };
}

function spanTraits(
  sentences: readonly LabelledSentence[],
  scheme: Scheme,
): Pick<Traits, 'density' | 'spanLength'> {
  const outside = tagParts('O', scheme);
  let [tagged, inSpans, spans] = [0, 0, 0];
  for (const { tags } of sentences) {
    let before = outside;
    for (const tag of tags) {
      const parts = isCertain(tag) ? tagParts(tag, scheme) : outside;
      if (isCertain(tag)) tagged++;
      if (parts.role !== 'outside') {
        inSpans++;
        if (!continuesSpan(before, parts)) spans++;
      }
      before = parts;
    }
  }
  return { density: ratio(inSpans, tagged), spanLength: ratio(inSpans, spans) };
}

function characterTraits(
  sentences: readonly LabelledSentence[],
  tokens: number,
): Pick<Traits, 'cased' | 'wordLength'> {
  let [characters, letters, cased] = [0, 0, 0];
  for (const sentence of sentences)
    for (const char of sentence.tokens.join('')) {
      characters++;
      if (!/\p{L}/u.test(char)) continue;
      letters++;
      if (char.toLowerCase() !== char.toUpperCase()) cased++;
    }
  return { cased: ratio(cased, letters), wordLength: ratio(characters, tokens) };
}

function unknownFraction(
  train: readonly LabelledSentence[],
  dev: readonly LabelledSentence[],
): number {
  const known = new Set(train.flatMap(({ tokens }) => tokens.map((token) => token.toLowerCase())));
  const unknown = dev.reduce(
    (sum, { tokens }) => sum + tokens.filter((token) => !known.has(token.toLowerCase())).length,
    0,
  );
  return ratio(unknown, countTokens(dev));
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
