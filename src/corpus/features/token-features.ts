import { UserError } from '../../errors.ts';
import type { Column } from '../sentence.ts';
import { byCount, tally } from '../tally.ts';
import { createMatcher, type Gazetteer, type Match } from './gazetteer.ts';

// Token features other than the word form: the values of feature columns, and positions in phrases of gazetteers. Each
// feature column is a group, and the gazetteers are the last group. A token has a bag in each group. The members of
// bags are rows of one table, which has the rows of the first column first.

/** A feature column. Its value 0, `''`, is the unknown value. */
export interface FeatureColumn {
  readonly column: Column;
  readonly values: readonly string[];
}

/** Feature columns, a gazetteer, or both. */
export interface TokenFeatures {
  readonly columns: readonly FeatureColumn[];
  readonly gazetteer?: Gazetteer | undefined;
}

/** A sentence with the values of feature columns, `featureColumns[column][token]`. */
export interface WithColumns {
  readonly tokens: readonly string[];
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
}

/** Rows for each type of phrase: first token, inner token, last token, phrase of one token. */
const POSITIONS = 4;

export const groupsOf = ({ columns, gazetteer }: TokenFeatures): number =>
  columns.length + (gazetteer ? 1 : 0);

export const rowsOf = ({ columns, gazetteer }: TokenFeatures): number =>
  columns.reduce((sum, { values }) => sum + values.length, 0) +
  POSITIONS * (gazetteer?.types.length ?? 0);

/** The values of the columns, the most frequent first, and the count of each row of the table. */
export function countColumns(
  sentences: readonly WithColumns[],
  columns: readonly Column[],
): { columns: FeatureColumn[]; counts: Int32Array } {
  const counted = columns.map((column, c) => {
    const counts = new Map<string, number>();
    for (const { featureColumns } of sentences)
      for (const value of featureColumns![c]!) tally(counts, value);
    counts.delete('');
    const values = ['', ...byCount(counts, 1)];
    return { column, values, counts: values.map((value) => counts.get(value) ?? 0) };
  });
  return {
    columns: counted.map(({ column, values }) => ({ column, values })),
    counts: Int32Array.from(counted.flatMap(({ counts }) => counts)),
  };
}

/** A column in which no value was seen in training, with some of its values. */
export interface StrangeColumn {
  readonly column: Column;
  readonly values: readonly string[];
}

/** Finds columns in which no value was seen in training. They are probably not the columns that training read. */
export function watchColumns({ columns }: TokenFeatures): {
  look(sentences: readonly WithColumns[]): void;
  strange(): StrangeColumn[];
} {
  const MOST = 6; // values in a message
  const watched = columns.map(({ column, values }, c) => ({
    c,
    column,
    known: new Set(values.slice(1)),
    met: new Set<string>(),
    isKnown: false,
  }));
  return {
    look(sentences) {
      for (const one of watched) {
        for (const { featureColumns } of sentences) {
          if (one.isKnown) break;
          const values = featureColumns![one.c]!;
          one.isKnown = values.some((value) => one.known.has(value));
          for (const value of values) if (one.met.size < MOST) one.met.add(value);
        }
      }
    },
    strange: () =>
      watched
        .filter(({ isKnown, met }) => !isKnown && met.size > 0)
        .map(({ column, met }) => ({ column, values: [...met] })),
  };
}

/** Bags for the network. */
export interface TokenBags {
  readonly offsets: Int32Array;
  readonly members: Int32Array;
}

/** Tokens `from` to `to - 1` of a sentence, as numbers. */
export interface NumberedTokens {
  /** (n, columns) rows. */
  readonly values: Int32Array;
  readonly matches: readonly Match[];
  readonly from: number;
  readonly to: number;
}

/** Random dropout in training. */
export interface Noise {
  /** Whether to replace the value of this row by the unknown value. */
  isUnknown(row: number): boolean;
  /** Whether to ignore the next phrase. */
  isOverlooked(): boolean;
}

export interface TokenEncoder {
  readonly groups: number;
  number(sentence: WithColumns): NumberedTokens;
  bags(tokens: NumberedTokens, noise?: Noise): TokenBags;
}

export function createTokenEncoder(features: TokenFeatures): TokenEncoder {
  const { columns, gazetteer } = features;
  const C = columns.length;
  const bases: number[] = []; // each column's unknown row
  let rows = 0;
  const idsOf = columns.map(({ values }) => {
    bases.push(rows);
    rows += values.length;
    return new Map(values.map((value, id) => [value, id]));
  });
  const phraseRows = rows;
  const match = gazetteer && createMatcher(gazetteer);
  return {
    groups: groupsOf(features),
    number({ tokens, featureColumns = [] }) {
      if (
        featureColumns.length !== C ||
        featureColumns.some(({ length }) => length !== tokens.length)
      )
        throw new UserError(
          `${tokens.length} tokens without values of the feature columns that the model needs: ${columns.map(({ column }) => column).join(', ')}. Give each token a value in each column.`,
          { code: 'SEQTAG_COLUMN' },
        );
      const values = new Int32Array(tokens.length * C);
      featureColumns.forEach((column, c) => {
        column.forEach((value, t) => {
          values[t * C + c] = bases[c]! + (idsOf[c]!.get(value) ?? 0);
        });
      });
      return { values, matches: match?.(tokens) ?? [], from: 0, to: tokens.length };
    },
    bags({ values, matches, from, to }, noise) {
      const phrases = Array.from({ length: to - from }, (): number[] => []); // rows of each token
      for (const { type, from: first, to: end } of matches) {
        if (end <= from || first >= to || noise?.isOverlooked()) continue;
        for (let t = Math.max(from, first); t < Math.min(to, end); t++) {
          const position = end - first === 1 ? 3 : t === first ? 0 : t === end - 1 ? 2 : 1;
          phrases[t - from]!.push(phraseRows + POSITIONS * type + position);
        }
      }
      const offsets = [0];
      const members: number[] = [];
      for (let t = from; t < to; t++) {
        for (let c = 0; c < C; c++) {
          const row = values[t * C + c]!;
          members.push(noise?.isUnknown(row) ? bases[c]! : row);
          offsets.push(members.length);
        }
        if (!gazetteer) continue;
        members.push(...phrases[t - from]!);
        offsets.push(members.length);
      }
      return { offsets: Int32Array.from(offsets), members: Int32Array.from(members) };
    },
  };
}
