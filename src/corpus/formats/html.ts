import { withoutControls } from '../lines.ts';
import type { Document, Sentence } from '../sentence.ts';
import { type Chunk, chunksOf, compareChunks, typeName } from './chunks.ts';
import { decimals } from './confidences.ts';
import type { FormatCode, FormatWriter, Tagged } from './definition.ts';
import { fileOf, tokenOffsets } from './offsets/locate.ts';

/**
 * One page without scripts that needs no other file. What was tagged is marked, with a colour for each
 * type. The text of the page is the text that was tagged: types are attributes, which the style sheet
 * shows. The legend is at the end, when all types are known, and the style sheet shows it first.
 */
export const html: FormatCode = { createWriter: createHtmlWriter };

const HEAD = `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>seqtag</title>
<style>
:root { color-scheme: light dark; --saturation: 80%; --lightness: 87%; }
@media (prefers-color-scheme: dark) { :root { --saturation: 45%; --lightness: 27%; } }
body { display: flex; flex-direction: column; max-width: 50rem; margin: 0 auto; padding: 1rem; font: 1rem/1.9 system-ui, sans-serif; }
h2 { font-size: 1rem; opacity: 0.7; }
section { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { color: inherit; background: hsl(var(--hue) var(--saturation) var(--lightness)); border-radius: 0.3em; padding: 0.15em 0.25em; }
mark[data-type]::after { content: attr(data-type); margin-left: 0.4em; font-size: 0.65em; font-weight: 600; opacity: 0.75; }
nav { order: -1; position: sticky; top: 0; padding: 0.5rem 0; background: Canvas; }
nav mark { display: inline-block; line-height: 1.4; margin: 0.15em 0.3em 0.15em 0; }
</style>
</head>
<body>
`;

/** Degrees between the hues of two consecutive types: any number of hues are far apart. */
const GOLDEN_ANGLE = 137.508;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Text for HTML. Control characters, which HTML forbids, become visible ones; white space stays. */
function escapeHtml(text: string): string {
  const visible = text.replace(/[^\t\n\f\r]+/g, withoutControls);
  return /[&<>"]/.test(visible) ? visible.replace(/[&<>"]/g, (mark) => ENTITIES[mark]!) : visible;
}

function createHtmlWriter(): FormatWriter {
  let document: Document | undefined;
  let isOpen = false;
  /** How often each type was marked. Their order gives their colours. */
  const types = new Map<string, { count: number; hue: number }>();

  const section = (sentence: Sentence): string => {
    const next = sentence.source?.document;
    if (isOpen && next === document) return '';
    const before = isOpen ? '</section>\n' : HEAD;
    isOpen = true;
    document = next;
    const { file } = fileOf(sentence);
    const title = file === undefined ? '' : `<h2>${escapeHtml(file)}</h2>\n`;
    return `${before}${title}<section dir="auto">`;
  };

  /** Counts a mark. Returns its hue. */
  const hueOf = (type: string): number => {
    const known = types.get(type);
    if (known !== undefined) {
      known.count++;
      return known.hue;
    }
    const hue = Math.round((210 + types.size * GOLDEN_ANGLE) % 360);
    types.set(type, { count: 1, hue });
    return hue;
  };

  const convert = (sentence: Sentence, { tags, annotations }: Tagged): string => {
    let out = section(sentence);
    const { text, offsets } = tokenOffsets(sentence);
    let done = 0;
    const copyTo = (to: number): void => {
      out += escapeHtml(text.slice(done, to));
      done = to;
    };
    const open: Chunk[] = [];
    const closeBefore = (token: number): void => {
      while (open.length > 0 && open.at(-1)!.to <= token) {
        copyTo(offsets[2 * open.pop()!.to - 1]!);
        out += '</mark>';
      }
    };
    const chunks = chunksOf(tags, annotations);
    for (let c = 0; c < chunks.length; c++) {
      const { from, to: end, type, confidence } = chunks[c]!;
      closeBefore(from);
      const to = Math.min(end, open.at(-1)?.to ?? end);
      // a mark ends inside the one that it begins in; the rest becomes another mark
      if (to < end) insert(chunks, { ...chunks[c]!, from: to }, c + 1);
      copyTo(offsets[2 * from]!);
      const title = confidence === undefined ? '' : ` title="${decimals(confidence)}"`;
      out += `<mark style="--hue:${hueOf(type)}" data-type="${escapeHtml(typeName(type))}"${title}>`;
      open.push({ from, to, type });
    }
    closeBefore(sentence.tokens.length);
    copyTo(text.length);
    const { source } = sentence;
    return source?.prose !== undefined && source.raw !== '' ? `${out}\n` : out;
  };

  const close = (): string => {
    let out = isOpen ? '</section>\n' : HEAD;
    out += '<nav>';
    for (const [type, { count, hue }] of types) {
      out += `<mark style="--hue:${hue}">${escapeHtml(typeName(type))} ${count}</mark>`;
    }
    return `${out}</nav>\n</body>\n</html>\n`;
  };

  return { convert, close };
}

/** Inserts a chunk where it belongs at or after position `at`. */
function insert(chunks: Chunk[], chunk: Chunk, at: number): void {
  let i = at;
  while (i < chunks.length && compareChunks(chunk, chunks[i]!) >= 0) i++;
  chunks.splice(i, 0, chunk);
}
