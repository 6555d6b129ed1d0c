import type { Sample, Verdict } from '../definition.ts';
import { conll2012 } from './layout.ts';

/** So many lines with as many words each are columns. */
const ENOUGH = 16;

const TAG = /^(?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\w\s]+)$/;
const wordsOf = (line: string): string[] => line.trim().split(/[ \t]+/);

/** A line of six words or more whose last is a word with a full stop: what no column ends with. */
function isProse(line: string): boolean {
  return wordsOf(line).length >= 6 && /\p{L}[.!?]["')\]”’]*\s*$/u.test(line);
}

/** JSON and spans of OpenNLP, of which the beginning may be lost. */
const FOREIGN = /"\w+"\s*:\s*[[{"\d-]|<START:|<END>/;

/** Columns are separated by tabs, or each line has as many of them. */
export function sniffColumns({ content, isSeparated, hasDocstart, isLast }: Sample): Verdict {
  if (hasDocstart) return 'yes';
  const [first, ...others] = content;
  if (first === undefined) return isLast ? 'no' : 'maybe';
  if (first.includes('\t')) return 'yes';
  const width = wordsOf(first).length;
  if (content.some((line) => FOREIGN.test(line))) return 'no';
  if (isProse(first) || others.some((line) => wordsOf(line).length !== width)) return 'no';
  if (content.length >= ENOUGH) return 'yes';
  if (!isLast) return 'maybe';
  // a few lines of prose may happen to have as many words each
  const isTagged = content.every((line) => TAG.test(wordsOf(line).at(-1) ?? ''));
  return content.length > 1 && (width < 3 || content.length > 3 || isTagged || isSeparated)
    ? 'yes'
    : 'no';
}

/** So many lines of columns with tags are no text. */
const ENOUGH_TAGGED = 3;

/** So many lines before a blank line tell whether their last words are tags that are not known. */
const ENOUGH_SEPARATED = 4;

/** Tags of spans, and parts of speech of Universal Dependencies and the Penn Treebank. */
const KNOWN_TAG =
  /^(?:O|[BIESLUM]-\S+|ADJ|ADP|ADV|AUX|CCONJ|DET|INTJ|NOUN|NUM|PART|PRON|PROPN|PUNCT|SCONJ|SYM|VERB|X|CC|CD|DT|EX|FW|IN|JJ[RS]?|LS|MD|NNP?S?|PDT|POS|PRP\$?|RB[RS]?|RP|TO|UH|VB[DGNPZ]?|WDT|WP\$?|WRB)$/;
const MARK = /^[^\p{L}\p{N}\s]+$/u;

/**
 * Whether lines are columns with tags and cannot be text: each has as many cells, without spaces in them. Where spaces
 * separate, each ends with a known tag, or is a punctuation mark with a punctuation mark as its tag. Other tags must repeat, and
 * one must look like a tag: in a paragraph, or in sixteen lines of two words. Raw text waits for the end of its paragraph too.
 */
export function sniffTagged({ content, isSeparated, hasDocstart, isLast }: Sample): Verdict {
  if (hasDocstart) return 'yes';
  const [first] = content;
  if (first === undefined) return isLast ? 'no' : 'maybe';
  if (conll2012(wordsOf(first)) !== undefined) return 'yes';
  const hasTabs = first.includes('\t');
  const cellsOf = (line: string): string[] => (hasTabs ? line.split('\t') : wordsOf(line));
  const width = cellsOf(first).length;
  const isTagged = (line: string): boolean => {
    const cells = cellsOf(line);
    const tag = cells.at(-1) ?? '';
    return KNOWN_TAG.test(tag) || (MARK.test(tag) && MARK.test(cells[0] ?? ''));
  };
  const fits = (line: string): boolean => {
    const cells = cellsOf(line);
    return cells.length === width && !cells.some((cell) => /\S\s+\S/.test(cell));
  };
  if (width < 2 || !content.every(fits)) return 'no';
  if (!hasTabs && !content.every(isTagged)) {
    if (!isSeparated && !isLast && content.length < ENOUGH) return 'maybe';
    if (!isSeparated && width > 2) return 'no';
    if (content.length < (isSeparated ? ENOUGH_SEPARATED : ENOUGH)) return 'no';
    const tags = new Set(content.map((line) => cellsOf(line).at(-1)!));
    const looksTagged =
      tags.size > 1 && [...tags].some((tag) => /^[A-Z]/.test(tag) && TAG.test(tag));
    return looksTagged && 2 * tags.size <= content.length ? 'yes' : 'no';
  }
  if (content.length >= ENOUGH_TAGGED) return 'yes';
  if (!isLast) return 'maybe';
  return content.length > 1 && content.every(isTagged) ? 'yes' : 'no';
}
