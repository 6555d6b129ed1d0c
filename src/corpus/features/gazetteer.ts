import { basename, extname } from 'node:path';
import { UserError } from '../../errors.ts';
import { decompressed, withoutCompression } from '../../files/compression.ts';
import { readBytes } from '../../files/read.ts';
import { decodeText } from '../formats/decode.ts';
import { contentEnd, isBlank, LineBuffer, problem } from '../lines.ts';
import { tokenize } from '../text/tokenizer.ts';

// Lists of phrases with types: cities, surnames, companies. For each token of a text the network learns in which type of
// phrase it is, and at which position.

export interface Gazetteer {
  readonly types: readonly string[];
  /** All phrases, their tokens joined by spaces, sorted and without duplicates. */
  readonly phrases: readonly string[];
  /** The types of each phrase, as ascending indices. */
  readonly typesOf: readonly (readonly number[])[];
}

/** A phrase of a type: tokens `from` to `to - 1`. */
export interface Match {
  readonly type: number;
  readonly from: number;
  readonly to: number;
}

export interface GazetteerFile {
  readonly file: string;
  readonly sha256: string;
  readonly entries: number;
}

const MOST_PHRASES = 1_000_000;
const MOST_TYPES = 256;
/** Maximum number of tokens in a phrase. */
const MOST_TOKENS = 64;
/** Maximum number of tokens in all phrases. */
const MOST_WORDS = 8_000_000;

/** Bytes that phrases may take in any model file. */
const ROOM = 2 ** 25;
const OVERHEAD = 40;

const splitSpaces = (text: string): string[] => text.split(/\s+/).filter((chunk) => chunk !== '');

/** A phrase as tokens, split at spaces and as the tokenizer splits text (`O'Brien 's`), since a corpus may have either. */
function readings(phrase: string): string[] {
  const chunks = splitSpaces(phrase);
  const cut = chunks.flatMap((chunk, i) =>
    tokenize(chunk, /^\p{Nd}/u.test(chunks[i + 1] ?? '') ? 'number' : 'word'),
  );
  return [...new Set([chunks.join(' '), cut.join(' ')])];
}

/**
 * Reads lists of phrases, one per line, compressed or not. A type may follow a phrase after a tab. Without one the type is
 * the file's name: `cities` for `cities.txt.gz`.
 * @throws UserError if a file cannot be read, is no list of phrases, or is too large for a model
 */
export async function readGazetteers(
  files: readonly string[],
  { mostPhrases = MOST_PHRASES }: { mostPhrases?: number } = {},
): Promise<{ gazetteer: Gazetteer; files: GazetteerFile[] }> {
  const types = new Map<string, number>();
  const phrases = new Map<string, Set<number>>();
  let words = 0;
  const read: GazetteerFile[] = [];
  for (const file of files) {
    const plain = basename(withoutCompression(file));
    const own = plain.slice(0, plain.length - extname(plain).length) || plain;
    const seen = new Set<string>();
    const sha256 = await eachLine(file, (line, number) => {
      const fail = (what: string): never => {
        throw problem(file, number, what);
      };
      const [phrase = '', given, ...more] = line.split('\t').map((cell) => cell.trim());
      if (more.length > 0)
        fail(`${more.length + 2} columns, expected a phrase, or a phrase, a tab and its type.`);
      if (phrase === '') fail('no phrase before the tab. Each line is PHRASE or PHRASE<tab>TYPE.');
      const name = given || own;
      if (!types.has(name)) types.set(name, types.size);
      if (types.size > MOST_TYPES)
        fail(`"${name}" is one type more than ${MOST_TYPES}. Is this a list of PHRASE<tab>TYPE?`);
      const type = types.get(name)!;
      for (const reading of readings(phrase)) {
        const { length } = reading.split(' ');
        if (length > MOST_TOKENS)
          fail(
            `a phrase of ${length} tokens, at most ${MOST_TOKENS}. Is there one phrase per line?`,
          );
        if (!phrases.has(reading)) {
          phrases.set(reading, new Set());
          words += length;
        }
        phrases.get(reading)!.add(type);
      }
      if (phrases.size > mostPhrases || words > MOST_WORDS)
        fail(
          `more than ${mostPhrases} phrases or ${MOST_WORDS} words in them, too many for a model. Leave out rare phrases.`,
        );
      seen.add(`${phrase}\t${name}`);
    });
    if (seen.size === 0)
      throw new UserError(`${file}: no phrases. Write one per line.`, {
        code: 'SEQTAG_CORPUS_EMPTY',
      });
    read.push({ file, sha256, entries: seen.size });
  }
  const sorted = [...phrases.keys()].sort();
  return {
    gazetteer: {
      types: [...types.keys()],
      phrases: sorted,
      typesOf: sorted.map((phrase) => [...phrases.get(phrase)!].sort((a, b) => a - b)),
    },
    files: read,
  };
}

/** Calls `visit` for each line that is not blank, with its number from 1. Returns the hash of the file's bytes. */
async function eachLine(
  file: string,
  visit: (line: string, number: number) => void,
): Promise<string> {
  const { hashed } = await import('../../files/hash.ts'); // loaded on demand, so that taggers start faster
  const { bytes, sha256 } = hashed(readBytes(file));
  const buffer = new LineBuffer();
  let number = 0;
  const visitAll = (text: string): void => {
    for (const line of text.split('\n')) {
      number++;
      const own = number === 1 && line.startsWith('\ufeff') ? line.slice(1) : line;
      const to = contentEnd(own, 0, own.length);
      if (!isBlank(own, 0, to)) visit(own.slice(0, to), number);
    }
  };
  for await (const text of decodeText(decompressed(bytes, file), {
    file,
    line: () => number + 1,
  })) {
    const lines = buffer.push(text);
    if (lines === undefined) throw problem(file, number + 1, 'a line longer than 16 MiB.');
    if (lines !== '') visitAll(lines.slice(0, -1));
  }
  visitAll(buffer.end());
  return sha256();
}

const fold = (token: string): string => token.toLowerCase();

/**
 * Finds phrases in sentences. For each type it goes from left to right and takes the longest phrase that begins at a token
 * and does not overlap the one before. Case is ignored, unless some phrases match exactly: then only these count.
 */
export function createMatcher({
  types,
  phrases,
  typesOf,
}: Gazetteer): (tokens: readonly string[]) => Match[] {
  // a trie over lower-cased tokens for each first word, created when the word occurs
  const beginning = new Map<string, number[]>();
  phrases.forEach((phrase, p) => {
    const space = phrase.indexOf(' ');
    const first = fold(space < 0 ? phrase : phrase.slice(0, space));
    const others = beginning.get(first);
    if (others) others.push(p);
    else beginning.set(first, [p]);
  });
  const tries = new Map<string, Node>();
  const trieOf = (first: string): Node | undefined => {
    const known = tries.get(first);
    const own = beginning.get(first);
    if (known || !own) return known;
    const trie: Node = { next: new Map(), ended: [] };
    for (const p of own) {
      let node = trie;
      for (const word of phrases[p]!.split(' ').slice(1).map(fold)) {
        if (!node.next.has(word)) node.next.set(word, { next: new Map(), ended: [] });
        node = node.next.get(word)!;
      }
      node.ended.push(p);
    }
    tries.set(first, trie);
    return trie;
  };

  return (tokens) => {
    const words = tokens.map(fold);
    const found: Match[] = [];
    const free = types.map(() => 0); // where the last match of each type ended
    for (let from = 0; from < words.length; from++) {
      let node = trieOf(words[from]!);
      if (!node) continue; // most words of a text
      const longest = new Map<number, number>(); // type -> end
      for (let to = from + 1; node; node = node.next.get(words[to++]!)) {
        if (node.ended.length === 0) continue;
        const written = tokens.slice(from, to).join(' ');
        const exact = node.ended.filter((p) => phrases[p] === written);
        for (const p of exact.length > 0 ? exact : node.ended)
          for (const type of typesOf[p]!) longest.set(type, to);
      }
      for (const [type, to] of [...longest].sort(([a], [b]) => a - b)) {
        if (from < free[type]!) continue;
        free[type] = to;
        found.push({ type, from, to });
      }
    }
    return found;
  };
}

/** A node of a trie: the nodes that follow, by the next word, and the phrases that end here. */
interface Node {
  readonly next: Map<string, Node>;
  readonly ended: number[];
}

/*
 * In a model file each phrase is: the number of UTF-8 bytes that it shares with the phrase before, the number of further
 * bytes, these bytes, the number of its types, and these types. Numbers are in LEB128: 7 bits per byte, the lowest first.
 */

export function packGazetteer({ phrases, typesOf }: Gazetteer): Uint8Array {
  const chunks: Uint8Array[] = [];
  const numbers = (...values: number[]): void => {
    const bytes: number[] = [];
    for (let value of values) {
      for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
      bytes.push(value);
    }
    chunks.push(Uint8Array.from(bytes));
  };
  let before: Uint8Array = new Uint8Array(0);
  phrases.forEach((phrase, p) => {
    const bytes = Buffer.from(phrase);
    let shared = 0;
    while (shared < before.length && shared < bytes.length && before[shared] === bytes[shared])
      shared++;
    numbers(shared, bytes.length - shared);
    chunks.push(bytes.subarray(shared));
    numbers(typesOf[p]!.length, ...typesOf[p]!);
    before = bytes;
  });
  return new Uint8Array(Buffer.concat(chunks));
}

/** Unpacks the bytes of `packGazetteer`. Undefined if they are damaged. */
export function unpackGazetteer(
  bytes: Uint8Array,
  types: readonly string[],
): Gazetteer | undefined {
  const phrases: string[] = [];
  const typesOf: number[][] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = 0;
  const number = (most: number): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++] ?? 255;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (value > most || at > bytes.length) throw new RangeError('no such number');
    return value;
  };
  // each phrase may share all of the one before, so that a few bytes could stand for any number of them
  let room = 4 * bytes.length + ROOM;
  /** Lists of types, which are the same for most phrases. */
  const lists = new Map<string, number[]>();
  let before = new Uint8Array(0);
  try {
    while (at < bytes.length) {
      const shared = number(before.length);
      const rest = number(bytes.length - at);
      room -= shared + rest + OVERHEAD;
      if (room < 0) return undefined;
      const phrase = new Uint8Array(shared + rest);
      phrase.set(before.subarray(0, shared));
      phrase.set(bytes.subarray(at, at + rest), shared);
      at += rest;
      phrases.push(decoder.decode(phrase));
      const list = Array.from({ length: number(types.length) }, () => number(types.length - 1));
      const key = list.join();
      const known = lists.get(key);
      if (!known) lists.set(key, list);
      typesOf.push(known ?? list);
      before = phrase;
    }
  } catch {
    return undefined;
  }
  return { types, phrases, typesOf };
}
