import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documents } from './documents.js';
import { bytesOf, mutate } from './mutations.js';
import { createRandom } from './random.js';

/**
 * @typedef {import('./oracles.js').Reading} Reading
 * @typedef {import('./documents.js').Document} Document
 * @typedef {'named' | 'extension' | 'content'} Mode how the format is known
 * @typedef {{ reading: Reading, notes: readonly string[] } | undefined} Outcome undefined if the reader refused the bytes
 * @typedef {(bytes: Uint8Array, how: { document: Document, mode: Mode }) => Promise<Outcome>} Read
 * @typedef {'asIntended' | 'refused' | 'told' | 'wrong'} Result
 * @typedef {{ document: string, mode: Mode, mutations: readonly string[], text: string, reading: Reading }} Wrong
 * @typedef {Record<Result, number>} Counts
 */

/** @type {readonly Mode[]} */
const modes = ['named', 'extension', 'content'];

/** @param {Document} document @param {Mode} mode */
const isPossible = ({ extension, isRaw, annotates }, mode) =>
  mode === 'named' || (mode === 'extension' ? extension !== '' : !isRaw && annotates === undefined);

/** @param {Uint8Array} bytes */
function decoded(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Reads mutations of each document and compares them with what its oracle says.
 * @param {{ read: Read, count: number, seed: number, only?: string, onWrong?: (wrong: Wrong) => void }} options `count` is the
 *   number of mutations of each document
 * @returns {Promise<Map<string, Counts>>} by the name of the document
 */
export async function campaign({ read, count, seed, only, onWrong }) {
  /** @type {Map<string, Counts>} */
  const results = new Map();
  for (const [d, document] of documents.entries()) {
    if (only !== undefined && !document.name.startsWith(only)) continue;
    const random = createRandom(seed + 1000 * d);
    const possible = modes.filter((mode) => isPossible(document, mode));
    const counts = { asIntended: 0, refused: 0, told: 0, wrong: 0 };
    results.set(document.name, counts);
    for (let i = 0; i < count; i++) {
      const { text: mutated, names } = mutate(document.text, document, random);
      const bytes = bytesOf(mutated, random);
      const text = decoded(bytes);
      const mode = /** @type {Mode} */ (possible[i % possible.length]);
      const outcome = await read(bytes, { document, mode });
      if (outcome === undefined) counts.refused++;
      else if (text !== undefined && document.oracle(text, outcome.reading)) counts.asIntended++;
      else if (outcome.notes.length > 0) counts.told++;
      else {
        counts.wrong++;
        onWrong?.({
          document: document.name,
          mode,
          mutations: names,
          text: text ?? '',
          reading: outcome.reading,
        });
      }
    }
  }
  return results;
}

/**
 * How the campaign reads: with the readers of the library or of the sources.
 * @param {{ readSentences: Function, peekFormat: Function, formatOf: Function, orTextFor: Function }} readers
 * @param {(error: unknown) => boolean} isUserError
 * @returns {Read}
 */
export const readWith =
  ({ readSentences, peekFormat, formatOf, orTextFor }, isUserError) =>
  async (bytes, how) => {
    const { document, mode } = how;
    const { isRaw, extension, labels, annotates } = document;
    const text = annotates === undefined ? undefined : { file: fileOf(annotates) };
    /** @type {string[]} */
    const notes = [];
    /** @type {[string, string][][]} */
    const reading = [];
    const onNote = (/** @type {string} */ note) => notes.push(note);
    const source = async function* () {
      yield bytes;
    };
    try {
      const named = mode === 'extension' ? formatOf(`x${extension}`) : undefined;
      const looked =
        mode === 'named'
          ? { format: document.format, bytes: source() }
          : await peekFormat(source(), {
              named,
              orText: mode === 'extension' ? orTextFor(`x${extension}`) : undefined,
            });
      const options = { format: looked.format, file: 'x', gold: !isRaw, labels, onNote, text };
      for await (const sentences of readSentences(looked.bytes, options))
        for (const { tokens, tags } of sentences)
          reading.push(
            tokens.map((/** @type {string} */ token, /** @type {number} */ t) => [
              token,
              tags[t] ?? '',
            ]),
          );
    } catch (error) {
      if (isUserError(error)) return undefined;
      throw error;
    }
    // every command refuses a corpus without sentences
    return isRaw || reading.length > 0 ? { reading, notes } : undefined;
  };

/** @type {Map<string, string>} */
const files = new Map();

/** A file with this text. @param {string} text */
function fileOf(text) {
  const known = files.get(text);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), 'seqtag-fuzz-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'text.txt');
  writeFileSync(file, text);
  files.set(text, file);
  return file;
}
