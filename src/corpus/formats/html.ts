import type { Annotation, Document, Sentence } from '../sentence.ts';
import { decimals } from './beside.ts';
import { type Chunk, chunksOf, compareChunks } from './inline.ts';
import { placeTokens, where } from './spans.ts';

/*
 * One page that needs no other file and no script. What was tagged is marked, each type in a colour of
 * its own; the text of the page is the text that was tagged, since types are attributes that the style
 * sheet shows. The legend comes last, when all types are known, and is shown first.
 */

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

/** Degrees between the hues of a type and the next: any number of them lie well apart. */
const GOLDEN_ANGLE = 137.508;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeHtml(text: string): string {
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (mark) => ENTITIES[mark]!) : text;
}

function insert(chunks: Chunk[], chunk: Chunk): void {
  const at = chunks.findIndex((other) => compareChunks(chunk, other) < 0);
  chunks.splice(at < 0 ? chunks.length : at, 0, chunk);
}

/** Writes a page, as the sentences come. */
export class HtmlWriter {
  #document: Document | undefined;
  #isOpen = false;
  /** How often each type was marked; their order tells their colours. */
  readonly #types = new Map<string, { count: number; hue: number }>();

  write(
    sentence: Sentence,
    columns: readonly (readonly string[])[],
    annotations?: readonly Annotation[],
  ): string {
    let out = this.#open(sentence);
    const { text, places } = placeTokens(sentence);
    let done = 0;
    const copyTo = (to: number): void => {
      out += escapeHtml(text.slice(done, to));
      done = to;
    };
    const open: Chunk[] = [];
    const closeBefore = (token: number): void => {
      while (open.length > 0 && open.at(-1)!.to <= token) {
        copyTo(places[2 * open.pop()!.to - 1]!);
        out += '</mark>';
      }
    };
    const chunks = chunksOf(columns, annotations);
    for (let c = 0; c < chunks.length; c++) {
      const { from, to: whole, type, confidence } = chunks[c]!;
      closeBefore(from);
      const to = Math.min(whole, open.at(-1)?.to ?? whole);
      // a mark ends inside the one that it begins in: the rest becomes another
      if (to < whole) insert(chunks, { ...chunks[c]!, from: to });
      copyTo(places[2 * from]!);
      const title = confidence === undefined ? '' : ` title="${decimals(confidence)}"`;
      out += `<mark style="--hue:${this.#seen(type)}" data-type="${escapeHtml(type)}"${title}>`;
      open.push({ from, to, type });
    }
    closeBefore(sentence.tokens.length);
    copyTo(text.length);
    const { source } = sentence;
    return source?.prose !== undefined && source.raw !== '' ? `${out}\n` : out;
  }

  /** What ends the page. */
  close(): string {
    let out = this.#isOpen ? '</section>\n' : HEAD;
    out += '<nav>';
    for (const [type, { count, hue }] of this.#types) {
      out += `<mark style="--hue:${hue}">${escapeHtml(type)} ${count}</mark>`;
    }
    return `${out}</nav>\n</body>\n</html>\n`;
  }

  #open(sentence: Sentence): string {
    const document = sentence.source?.document;
    if (this.#isOpen && document === this.#document) return '';
    const before = this.#isOpen ? '</section>\n' : HEAD;
    this.#isOpen = true;
    this.#document = document;
    const { file } = where(sentence);
    const title = file === undefined ? '' : `<h2>${escapeHtml(file)}</h2>\n`;
    return `${before}${title}<section dir="auto">`;
  }

  #seen(type: string): number {
    const known = this.#types.get(type);
    if (known !== undefined) {
      known.count++;
      return known.hue;
    }
    const hue = Math.round((210 + this.#types.size * GOLDEN_ANGLE) % 360);
    this.#types.set(type, { count: 1, hue });
    return hue;
  }
}
