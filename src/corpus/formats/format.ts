import { extname } from 'node:path';
import { withoutCompression } from '../../files/compression.ts';
import { isBlank } from '../lines.ts';
import type { Format, Use } from '../sentence.ts';
import { looksLikeHeader } from './table.ts';

const EXTENSIONS: Readonly<Record<string, Format>> = {
  '.conllu': 'conllu',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.html': 'html',
  '.htm': 'html',
  '.conll': 'columns',
  '.conll03': 'columns',
  '.conll2003': 'columns',
  '.bio': 'columns',
  '.bioes': 'columns',
  '.bmes': 'columns',
  '.col': 'columns',
  '.cols': 'columns',
  '.iob': 'columns',
  '.iob1': 'columns',
  '.iob2': 'columns',
  '.iobes': 'columns',
};

/**
 * The format that a file's extension means, before one of compression, or undefined if it means none. `.txt` is raw text when it
 * is to be tagged, else columns, as in the files of CoNLL-2000 and 2003.
 */
export function formatOf(path: string, use: Use): Format | undefined {
  const extension = extname(withoutCompression(path)).toLowerCase();
  if (extension === '.txt') return use === 'tag' ? 'text' : 'columns';
  return EXTENSIONS[extension];
}

const TAG = /^(?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\w\s]+)$/;

/**
 * The most likely format of a text of which `sample` is the beginning: jsonl, conllu, tsv, csv or
 * columns by what the lines look like, else text. Never horizontal, which no line tells from text.
 */
export function sniffFormat(sample: string): Format {
  const text = sample.charCodeAt(0) === 0xfeff ? sample.slice(1) : sample;
  const all = text.split('\n');
  // the last line may be cut short
  if (all.length > 1) all.pop();
  const lines = all
    .slice(0, 1000)
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => !isBlank(line, 0, line.length) && !line.startsWith('-DOCSTART-'));
  if (lines.length === 0 || all.some((line) => line.startsWith('-DOCSTART-'))) return 'columns';
  const content = lines.filter((line) => !line.startsWith('# '));
  if (content.some((line) => /^\d+(?:[-.]\d+)?\t/.test(line) && line.split('\t').length === 10)) {
    return 'conllu';
  }
  const first = content[0] ?? lines[0] ?? '';
  if (/^\s*\{\s*"[^"]*"\s*:/.test(first) && content.every((line) => /^\s*\{/.test(line))) {
    return 'jsonl';
  }
  if (first.includes('\t')) return looksLikeHeader(first.split('\t')) ? 'tsv' : 'columns';
  const cells = first.replaceAll('"', '').split(',');
  if (cells.length > 1 && looksLikeHeader(cells)) return 'csv';
  const widths = new Set(content.map((line) => line.trim().split(/[ \t]+/).length));
  const [width = 0] = widths;
  if (widths.size === 1 && content.length > 1) {
    // `word,TAG` in each line, and nothing else
    if (width === 1 && content.every((line) => /^(?:"(?:[^"]|"")*"|[^",]*),/.test(line))) {
      return 'csv';
    }
    // a few lines of prose may happen to have as many words each
    const tagged = content.every((line) =>
      TAG.test(
        line
          .trim()
          .split(/[ \t]+/)
          .at(-1) ?? '',
      ),
    );
    const separated = all.some((line) => line.trim() === '');
    if (width < 3 || content.length > 3 || tagged || separated) return 'columns';
  }
  return 'text';
}
