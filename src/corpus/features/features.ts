import { FNV_OFFSET, FNV_PRIME } from '../fnv.ts';

/** Groups of features of a word's form. A word has a bag of features in each group. */
export const featureNames = [
  'prefix2',
  'prefix3',
  'suffix1',
  'suffix2',
  'suffix3',
  'suffix4',
  'shape',
  'case',
  'ngrams',
] as const;
export type FeatureName = (typeof featureNames)[number];

/** The groups that a model has, and how many rows each is hashed into. */
export interface Features {
  readonly groups: readonly FeatureName[];
  readonly buckets: number;
}

/** FNV-1a over UTF-16 units, with a final mix that improves the low bits. */
function hash(text: string): number {
  let h = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), FNV_PRIME);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** `Xxx00-x`: a class for each character, with runs shortened to three (Collobert et al. 2011, after Manning's shapes). */
export const shapeOf = (token: string): string =>
  token
    .replace(/\p{Lu}/gu, 'X')
    .replace(/\p{Ll}/gu, 'x')
    .replace(/\p{Nd}/gu, '0')
    .replace(/[\p{L}\p{M}]/gu, (char) => (char === 'X' || char === 'x' ? char : 'o'))
    .replace(/(.)\1{2,}/gu, '$1$1$1');

function caseOf(token: string): string {
  const lower = token.toLowerCase();
  const upper = token.toUpperCase();
  if (lower === upper) return /\p{Nd}/u.test(token) ? 'digits' : 'none';
  if (token === lower) return 'lower';
  if (token === upper) return [...token].length === 1 ? 'initial' : 'upper';
  const [first = '', ...rest] = token;
  const isInitial = first !== first.toLowerCase();
  return isInitial && rest.join('') === rest.join('').toLowerCase() ? 'initial' : 'mixed';
}

/** Of a longer word, only its beginning and its end, with half as many characters each, give n-grams. */
const MOST_CHARS = 32;

/** Character n-grams of 3 to 5 between `<` and `>`, as in fastText (Bojanowski et al. 2017). */
function ngramsOf(points: readonly string[]): string[] {
  const all =
    points.length > MOST_CHARS
      ? [...points.slice(0, MOST_CHARS / 2), ...points.slice(-MOST_CHARS / 2)]
      : points;
  const padded = ['<', ...all, '>'];
  const grams: string[] = [];
  for (let n = 3; n <= 5; n++)
    for (let i = 0; i + n <= padded.length; i++) grams.push(padded.slice(i, i + n).join(''));
  return grams;
}

/** The bag of a group, as names to hash. Affixes and n-grams are taken from the lower-cased word with digits as 0. */
function bagOf(name: FeatureName, token: string, points: readonly string[]): readonly string[] {
  if (name === 'shape') return [shapeOf(token)];
  if (name === 'case') return [caseOf(token)];
  if (name === 'ngrams') return ngramsOf(points);
  const length = Number(name.at(-1));
  return [(name.startsWith('prefix') ? points.slice(0, length) : points.slice(-length)).join('')];
}

/** Appends the bags of a token to `members`, as rows of the table, and the end of each bag to `offsets`. */
export function appendBags(
  { groups, buckets }: Features,
  token: string,
  { offsets, members }: { offsets: number[]; members: number[] },
): void {
  const cut = token.length > 4 * MOST_CHARS ? token.slice(0, 64) + token.slice(-64) : token;
  const points = [...cut.replace(/\p{Nd}/gu, '0').toLowerCase()];
  groups.forEach((name, g) => {
    for (const feature of bagOf(name, cut, points))
      members.push(g * buckets + (hash(feature) % buckets));
    offsets.push(members.length);
  });
}
