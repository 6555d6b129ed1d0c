import { contentEnd, isBlank, lineStart } from '../lines.ts';
import type { Format } from '../sentence.ts';
import { sniffTagged } from './columns/sniff.ts';
import type { FormatDefinition, Sample, Verdict } from './definition.ts';
import { formats } from './formats.ts';
import { looksLikeHeader } from './table/header.ts';

/** UTF-16 units after which the format is decided in any case. */
const LIMIT = 64 * 1024;

/** The result of a format for a sample. */
type VerdictOf = (format: FormatDefinition, sample: Sample) => Verdict;

const verdictOfFormat: VerdictOf = ({ sniff }, sample) => sniff?.(sample) ?? 'no';

/**
 * Recognises only what is hardly raw text: CoNLL-U, columns with tags, tagged words, csv and tsv with a header, and JSON. No
 * verdict waits beyond the first paragraph of a text.
 */
const verdictBesideText: VerdictOf = (format, sample) => {
  const { content, isLast } = sample;
  switch (format.name) {
    case 'conllu':
    case 'spans':
    case 'jsonl':
    case 'json':
    case 'inline':
      return verdictOfFormat(format, sample);
    case 'csv':
    case 'tsv': {
      const [first] = content;
      if (first === undefined) return isLast ? 'no' : 'maybe';
      const cells = first.replaceAll('"', '').split(format.name === 'csv' ? ',' : '\t');
      return cells.length > 1 && looksLikeHeader(cells) ? 'yes' : 'no';
    }
    case 'columns':
      return sniffTagged(sample);
    case 'text':
      return 'yes';
    default:
      return 'no';
  }
};

/** Recognises the format of a text by its first lines. */
export interface Sniffer {
  /** Takes the next piece of the text, cut anywhere. Returns the format as soon as it is certain. */
  push(text: string): Format | undefined;
  /** The format of a text that ends here. */
  end(): Format;
}

/**
 * Looks at a text line by line, so that the result does not depend on how the text is cut. After each line every format
 * answers yes, no or maybe. The first format that does not answer no is the candidate: yes decides, maybe waits for the
 * next line. The formats see at most 64 KiB. A text of blank lines only is `columns`. `horizontal` is never detected,
 * because it cannot be distinguished from text.
 * @param options.orText whatever is not certainly in another format is raw text
 */
export function createSniffer({ orText = false }: { orText?: boolean | undefined } = {}): Sniffer {
  const verdictOf = orText ? verdictBesideText : verdictOfFormat;
  const content: string[] = [];
  const comments: string[] = [];
  let isSeparated = false;
  let hasDocstart = false;
  let rest = '';
  let size = 0;

  const decide = (sample: Pick<Sample, 'content' | 'comments' | 'isLast'>): Format | undefined => {
    const all: Sample = { ...sample, isSeparated, hasDocstart };
    for (const format of Object.values(formats)) {
      const verdict = verdictOf(format, all);
      if (verdict !== 'no') return verdict === 'yes' ? format.name : undefined;
    }
    return undefined;
  };

  const addLine = (line: string): Format | undefined => {
    if (isBlank(line, 0, line.length)) {
      if (content.length === 0) return undefined;
      isSeparated = true;
      return orText ? decide({ content, comments, isLast: false }) : undefined;
    }
    if (/^(?:-DOCSTART-|#begin document\s)/.test(line)) hasDocstart = true;
    // comments of CoNLL-U, and of column files; a token `#` tells as little
    else if (/^#(?:[^\t]*$|\t)/.test(line)) comments.push(line);
    else {
      content.push(line);
      return decide({ content, comments, isLast: false });
    }
    return undefined;
  };

  /** Adds the complete lines of the text; the last one stays in `rest`. */
  const addLines = (text: string): Format | undefined => {
    let pos = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', pos)) {
      const format = addLine(text.slice(lineStart(text, pos), contentEnd(text, pos, end)));
      if (format !== undefined) return format;
      pos = end + 1;
    }
    rest = text.slice(pos);
    return undefined;
  };

  const last = (): Format =>
    decide({ content: content.length > 0 ? content : comments, comments, isLast: true }) ??
    (orText ? 'text' : 'columns');

  const end = (): Format => {
    const line = rest.slice(lineStart(rest, 0), contentEnd(rest, 0, rest.length));
    rest = '';
    return addLine(line) ?? last();
  };

  return {
    push(text) {
      const piece = text.slice(0, LIMIT - size);
      size += piece.length;
      if (piece.includes('\n')) {
        const format = addLines(rest + piece);
        if (format !== undefined) return format;
      } else rest += piece;
      if (size < LIMIT) return undefined;
      // a truncated line is ignored, unless it is the only one
      return content.length > 0 ? last() : end();
    },
    end,
  };
}

/** Whether files with the extension of this format are often in another one. */
export const mayBeOther = (format: Format | undefined): boolean =>
  format === undefined || format === 'columns' || format === 'tsv' || format === 'jsonl';

/** Whether content that looks like `found` overrules the extension. */
function overrules(found: Format, named: Format): boolean {
  if (named === 'jsonl') return found === 'spans' || found === 'json';
  return mayBeOther(named) && ['conllu', 'jsonl', 'json', 'inline', 'spans'].includes(found);
}

/** The format of a text that begins with `sample`. The last of several lines may be cut short. */
export function sniffFormat(sample: string): Format {
  const text = sample.charCodeAt(0) === 0xfeff ? sample.slice(1) : sample;
  const end = text.lastIndexOf('\n') + 1;
  const sniffer = createSniffer();
  return sniffer.push(end > 0 ? text.slice(0, end) : text) ?? sniffer.end();
}

/**
 * The format of a stream of plain bytes, and the same bytes again from the beginning. It reads until
 * the format is certain, at most 64 KiB beyond.
 * @param options.orText whatever is not certainly in another format is raw text
 * @param options.named the format that the file's extension means. It yields to content that cannot be in
 *   it: ten numbered columns and the like are conllu, whatever their extension
 */
export async function peekFormat(
  bytes: AsyncIterable<Uint8Array>,
  { orText, named }: { orText?: boolean | undefined; named?: Format | undefined } = {},
): Promise<{ format: Format; bytes: AsyncIterable<Uint8Array> }> {
  const rest = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  // invalid UTF-8 is reported by the reader, with its line
  const decoder = new TextDecoder();
  const sniffer = createSniffer({ orText });
  let format: Format | undefined;
  while (format === undefined) {
    const next = await rest.next();
    if (next.done) format = sniffer.push(decoder.decode()) ?? sniffer.end();
    else {
      chunks.push(next.value);
      format = sniffer.push(decoder.decode(next.value, { stream: true }));
    }
  }
  if (named !== undefined && !overrules(format, named)) format = named;
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      const value = chunks.shift();
      return value === undefined ? rest.next() : { value, done: false };
    },
    // closes the source even if nothing was read
    async return() {
      await rest.return?.();
      return { value: undefined, done: true };
    },
  };
  return { format, bytes: { [Symbol.asyncIterator]: () => iterator } };
}
