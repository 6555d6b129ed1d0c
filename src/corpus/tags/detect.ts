import { outside, type Scheme, tagParts } from './tag-parts.ts';

// Span tags with a few typing errors are still span tags, if some tags do begin or continue spans.
const strayFraction = 0.01;

/**
 * The scheme of a corpus, recognised by its tags, one array per sentence.
 *
 * - `none` if the tags are not letters of a scheme, and for an empty corpus. A set of tags with neither B nor
 *   I is plain, however rare its labels are beside O. Where there are B or I with types, up to 1 % of the
 *   tokens may have other tags.
 * - BIOES, BILOU or BMES by their letters. If only B, E and S occur, BIOES if there is O, else BMES.
 * - IOB1 if more spans begin with I than there are B where IOB1 would write I; otherwise BIO. So spans
 *   written only with I are IOB1.
 * - BIO for a corpus of only O, which is assumed to have span tags.
 */
export function detectScheme(sentences: Iterable<readonly string[]>): Scheme {
  const count: Record<string, number> = { O: 0, B: 0, I: 0, E: 0, S: 0, L: 0, U: 0, M: 0 };
  let strays = 0;
  let bare = 0; // letters without a type
  let tokens = 0;
  let openedByI = 0;
  let needlessB = 0; // B where IOB1 would write I
  for (const tags of sentences) {
    let previous = outside;
    for (const tag of tags) {
      tokens++;
      const letter = tag[0] ?? '';
      const isLetter = Object.hasOwn(count, letter) && (tag.length === 1 || isSeparated(tag));
      if (!isLetter) {
        strays++;
        previous = outside;
        continue;
      }
      count[letter]!++;
      if (tag.length === 1 && letter !== 'O') bare++;
      const parts = tagParts(tag, 'BIO');
      const isAfterSame =
        (previous.role === 'begin' || previous.role === 'inside') && previous.type === parts.type;
      if (parts.role === 'inside' && !isAfterSame) openedByI++;
      if (parts.role === 'begin' && !isAfterSame) needlessB++;
      previous = parts;
    }
  }
  const { O, B, I, E, S, L, U, M } = count as Record<
    'O' | 'B' | 'I' | 'E' | 'S' | 'L' | 'U' | 'M',
    number
  >;
  if (tokens === 0 || strays > tokens * strayFraction) return 'none';
  if (bare > 0 && (strays > 0 || B + O === 0)) return 'none';
  const marked = E + S + L + U + M;
  // spans of one token only (`S-PER`, `O`) need no B; labels such as `S` and `O` are no spans
  if (B + I === 0 && (strays > 0 || (marked > 0 && bare > 0))) return 'none';

  if (marked <= strayFraction * (B + I + marked)) return openedByI > needlessB ? 'IOB1' : 'BIO';
  const misfits: [Scheme, number][] = [
    ['BIOES', L + U + M],
    ['BILOU', E + S + M],
    ['BMES', I + L + U],
  ];
  const least = Math.min(...misfits.map(([, misfit]) => misfit));
  const fitting = misfits.filter(([, misfit]) => misfit === least).map(([scheme]) => scheme);
  if (fitting.includes('BIOES') && fitting.includes('BMES')) return O > 0 ? 'BIOES' : 'BMES';
  return fitting[0]!;
}

function isSeparated(tag: string): boolean {
  return tag[1] === '-' || tag[1] === '_';
}

/**
 * The tags of a corpus that its scheme does not have, with their counts, for a warning. Such a tag is read
 * as I if it has a type, and otherwise as O. In the schemes `none` and `IO` there are none.
 */
export function strayTags(
  sentences: Iterable<readonly string[]>,
  scheme: Scheme,
): Map<string, number> {
  const found = new Map<string, number>();
  if (scheme === 'none') return found;
  if (scheme === 'IO') return found;
  const known = lettersOf[scheme];
  for (const tags of sentences) {
    for (const tag of tags) {
      const isKnown =
        tag !== '' && known.includes(tag[0]!) && (tag.length === 1 || isSeparated(tag));
      if (!isKnown) found.set(tag, (found.get(tag) ?? 0) + 1);
    }
  }
  return found;
}

const lettersOf: Readonly<Record<Exclude<Scheme, 'none' | 'IO'>, string>> = {
  IOB1: 'OBI',
  BIO: 'OBI',
  BIOES: 'OBIES',
  BILOU: 'OBILU',
  BMES: 'OBMES',
};
