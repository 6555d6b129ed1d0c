/**
 * @typedef {() => number} Random numbers from 0 to 1
 * @typedef {{ readonly separator: string }} Shape what separates the fields of a line
 */

/** @template T @param {readonly T[]} items @param {Random} random @returns {T} */
const pick = (items, random) =>
  /** @type {T} */ (items[Math.min(items.length - 1, Math.floor(random() * items.length))]);

/** @param {Random} random @param {number} n */
const below = (random, n) => Math.min(Math.max(0, n - 1), Math.floor(random() * n));

/** What has a meaning in some format. */
const pieces = [
  ...['"', '""', "'", '\t', ' ', '  ', '\n', '\n\n', '\r\n', '\r', ',', ';', '|', '/', '_', '#'],
  ...['# ', '#\t', '{', '}', '[', ']', '(', ')', '*', '*)', ':', '\\', '=', '-', '.', '<', '>'],
  ...['0', '1', '2', '9', 'O', 'B-', 'I-X', 'x', 'é', '😂', '\u00a0', '\u200b', '\u2028', '\ufeff'],
  ...['\0', '-DOCSTART-', '<END>', '<START:x>', '[X ', 'null', '[]', '"tags"', '<START'],
];

/** @param {string} text @param {number} from @param {number} to @param {string} by */
const splice = (text, from, to, by) => text.slice(0, from) + by + text.slice(to);

/** Changes one line in a list of lines. @param {(lines: string[], at: number, random: Random) => void} change */
const inLines =
  (change) =>
  /** @param {string} text @param {Random} random */
  (text, random) => {
    const lines = text.split('\n');
    change(lines, below(random, Math.max(1, lines.length - 1)), random);
    return lines.join('\n');
  };

/** Changes the fields of one line. @param {(fields: string[], at: number, random: Random) => void} change */
const inFields =
  (change) =>
  /** @param {string} text @param {Random} random @param {Shape} shape */
  (text, random, { separator }) =>
    inLines((lines, at) => {
      const fields = /** @type {string} */ (lines[at]).split(separator);
      change(fields, below(random, fields.length), random);
      lines[at] = fields.join(separator);
    })(text, random);

/** Positions of a pattern in the text. @param {string} text @param {RegExp} pattern */
const positions = (text, pattern) => [...text.matchAll(pattern)].map((match) => match.index);

/**
 * Does something at a place where the pattern is; elsewhere nothing.
 * @param {RegExp} pattern @param {(text: string, at: number, random: Random) => string} change
 */
const atSome =
  (pattern, change) =>
  /** @param {string} text @param {Random} random */
  (text, random) => {
    const places = positions(text, pattern);
    return places.length === 0 ? text : change(text, pick(places, random), random);
  };

/** @type {Readonly<Record<string, (text: string, random: Random, shape: Shape) => string>>} */
export const mutations = {
  'delete a character': (text, random) => {
    const at = below(random, text.length);
    return splice(text, at, at + 1, '');
  },
  'repeat a character': (text, random) => {
    const at = below(random, text.length);
    return splice(text, at, at, text.slice(at, at + 1));
  },
  'insert a piece': (text, random) => {
    const at = below(random, text.length + 1);
    return splice(text, at, at, pick(pieces, random));
  },
  'replace a character': (text, random) => {
    const at = below(random, text.length);
    return splice(text, at, at + 1, pick(pieces, random));
  },
  'exchange two characters': (text, random) => {
    const at = below(random, text.length - 1);
    return splice(text, at, at + 2, text.charAt(at + 1) + text.charAt(at));
  },
  'delete a field': inFields((fields, at) => fields.splice(at, 1)),
  'repeat a field': inFields((fields, at) =>
    fields.splice(at, 0, /** @type {string} */ (fields[at])),
  ),
  'empty a field': inFields((fields, at) => {
    fields[at] = '';
  }),
  'exchange fields': inFields((fields, at) => fields.push(...fields.splice(at, 1))),
  'insert a field': inFields((fields, at, random) => fields.splice(at, 0, pick(pieces, random))),
  'delete a line': inLines((lines, at) => lines.splice(at, 1)),
  'repeat a line': inLines((lines, at) => lines.splice(at, 0, /** @type {string} */ (lines[at]))),
  'empty a line': inLines((lines, at) => {
    lines[at] = '';
  }),
  'exchange lines': inLines((lines, at) => lines.splice(at + 1, 0, ...lines.splice(at, 1))),
  'insert a line': inLines((lines, at, random) => lines.splice(at, 0, pick(pieces, random))),
  'join lines': atSome(/\n/g, (text, at, random) =>
    splice(text, at, at + 1, pick(['', ' ', '\r'], random)),
  ),
  'delete a separator': (text, random, { separator }) => {
    const places = positions(text, new RegExp(`[${separator === '|' ? '|' : separator}]`, 'g'));
    if (places.length === 0) return text;
    const at = pick(places, random);
    return splice(text, at, at + 1, '');
  },
  'replace a separator': (text, random, { separator }) => {
    const places = positions(text, new RegExp(`[${separator}]`, 'g'));
    if (places.length === 0) return text;
    const at = pick(places, random);
    return splice(
      text,
      at,
      at + 1,
      pick(['\t', ' ', ',', ';', '|', '  ', '\t\t', '\u00a0'], random),
    );
  },
  'delete a quote or bracket': atSome(/["'[\]{}()<>]/g, (text, at) => splice(text, at, at + 1, '')),
  'repeat a quote or bracket': atSome(/["'[\]{}()<>]/g, (text, at) =>
    splice(text, at, at, text.charAt(at)),
  ),
  'insert a byte order mark': (text, random) => {
    const places = [0, ...positions(text, /\n/g).map((at) => at + 1)];
    const at = random() < 0.7 ? pick(places, random) : below(random, text.length);
    return splice(text, at, at, '\ufeff');
  },
  'insert a carriage return': (text, random) => {
    const places = positions(text, /\n/g);
    const at =
      random() < 0.7 && places.length > 0 ? pick(places, random) : below(random, text.length);
    return splice(text, at, at, '\r');
  },
  'make line ends CRLF': (text) => text.replaceAll('\n', '\r\n'),
  'make line ends CR': (text) => text.replaceAll('\n', '\r'),
  'insert NUL': (text, random) => {
    const at = below(random, text.length);
    return splice(text, at, at, '\0');
  },
  cut: (text, random) => text.slice(0, below(random, text.length)),
  'cut the beginning': (text, random) => text.slice(below(random, text.length)),
  'join two files': (text, random) => text + pick(['', '\ufeff', '\n', '\n\ufeff'], random) + text,
};

const names = Object.keys(mutations);

/**
 * A text with one to three mutations.
 * @param {string} text @param {Shape} shape @param {Random} random
 * @returns {{ text: string, names: string[] }}
 */
export function mutate(text, shape, random) {
  const count = random() < 0.7 ? 1 : random() < 0.7 ? 2 : 3;
  const done = Array.from({ length: count }, () => pick(names, random));
  let mutated = text;
  for (const name of done) mutated = /** @type {any} */ (mutations)[name](mutated, random, shape);
  return { text: mutated, names: done };
}

/**
 * The bytes of a text. Once in a while a byte of it becomes another, which may be invalid UTF-8.
 * @param {string} text @param {Random} random
 */
export function bytesOf(text, random) {
  const bytes = new TextEncoder().encode(text);
  if (random() < 0.03 && bytes.length > 0) bytes[below(random, bytes.length)] = below(random, 256);
  return bytes;
}
