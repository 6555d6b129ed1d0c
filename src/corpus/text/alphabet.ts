// Unicode classes such as \p{L} make large expressions, which take tenths of a second to compile. Over a small alphabet they
// are small. A text has a shape with as many characters: ASCII stays, and any other character becomes one that stands for
// its kind.

/** Kinds of characters. All that are of none of these are one more kind. */
const kinds = {
  capital: /\p{Lu}/u,
  letter: /\p{L}/u,
  mark: /\p{M}/u,
  number: /\p{N}/u,
  currency: /\p{Sc}/u,
} as const;
type Kind = keyof typeof kinds | 'other';
const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];
const kindOf = (char: string): Kind => kindNames.find((kind) => kinds[kind].test(char)) ?? 'other';

/** Scripts written without spaces between words. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー々〆]/u;

/** The first of the characters, of the private use area, that stand for others. */
const FIRST = 0xe000;

export interface Alphabet {
  /** The characters of a shape that are of these kinds, for a class of an expression. */
  members(...kinds: readonly Kind[]): string;
  /** Those of scripts without spaces. */
  readonly unspaced: string;
  /** An expression over shapes, with the flag `y`. Beyond ASCII it has members and distinct characters only. */
  expression(source: string): RegExp;
  /** The shape of a text. */
  shape(text: string): string;
}

/** @param distinct characters that stand for themselves only */
export function createAlphabet(distinct: string): Alphabet {
  const symbols: { shape: string; kind: Kind; isUnspaced: boolean }[] = [];
  for (let code = 0; code < 128; code++) {
    const shape = String.fromCharCode(code);
    symbols.push({ shape, kind: kindOf(shape), isUnspaced: false });
  }
  const add = (kind: Kind, isUnspaced: boolean): string => {
    const shape = String.fromCharCode(FIRST - 128 + symbols.length);
    symbols.push({ shape, kind, isUnspaced });
    return shape;
  };
  const all: readonly Kind[] = [...kindNames, 'other'];
  const spaced = new Map(all.map((kind) => [kind, add(kind, false)]));
  const unspaced = new Map(all.map((kind) => [kind, add(kind, true)]));
  const own = new Map<string, string>();
  for (const char of new Set(distinct))
    if (char > '\x7f') own.set(char, add(kindOf(char), UNSPACED.test(char)));

  const known = new Map(own);
  const shapeOf = (char: string): string => {
    const found = known.get(char) ?? (UNSPACED.test(char) ? unspaced : spaced).get(kindOf(char))!;
    known.set(char, found);
    return found;
  };
  const join = (some: typeof symbols): string => some.map(({ shape }) => shape).join('');
  return {
    members: (...wanted) => join(symbols.filter(({ kind }) => wanted.includes(kind))),
    unspaced: join(symbols.filter(({ isUnspaced }) => isUnspaced)),
    expression: (source) =>
      new RegExp(Array.from(source, (char) => own.get(char) ?? char).join(''), 'y'),
    shape(text) {
      if (isAscii(text)) return text;
      let shape = '';
      for (const char of text) shape += char <= '\x7f' ? char : shapeOf(char);
      return shape;
    },
  };
}

export const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);
