import { type Document, type Format, type ReadOptions, readSentences } from '../corpus/index.ts';
import { detectScheme, type Scheme, spans } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, counted, number, percent, table } from './table.ts';

export interface CorpusFacts {
  readonly kind: 'corpus';
  readonly file: string;
  readonly format: string;
  readonly sentences: number;
  readonly tokens: number;
  /** Different tokens. */
  readonly types: number;
  readonly longest: { readonly tokens: number; readonly line: number } | null;
  /** What is filled in, as far as the format tells. */
  readonly columns: readonly string[];
  readonly scheme: Scheme | null;
  readonly tags: Readonly<Record<string, number>>;
  /** By type, for span tags. */
  readonly spans?: Readonly<Record<string, number>>;
}

/** @param read its `file` is the name for messages */
export async function corpusFacts(
  source: string | AsyncIterable<Uint8Array>,
  read: ReadOptions & { readonly file: string; readonly format?: Format | undefined },
): Promise<CorpusFacts> {
  const { file, format } = read;
  const gold = format !== 'text' && format !== 'horizontal';
  let document: Document | undefined;
  let sentences = 0;
  let tokens = 0;
  let longest: CorpusFacts['longest'] = null;
  const types = new Set<string>();
  const tags = new Map<string, number>();
  const tagged: (readonly string[])[] = [];
  const columns = new Map<string, string>();
  const pieces = readSentences(source, {
    ...read,
    gold,
    onDocument: (started) => {
      document = started;
    },
  });
  for await (const piece of pieces) {
    for (const sentence of piece) {
      const { length } = sentence.tokens;
      sentences++;
      tokens += length;
      if (longest === null || length > longest.tokens)
        longest = { tokens: length, line: sentence.line };
      for (const token of sentence.tokens) types.add(token);
      for (const tag of sentence.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
      if (gold) tagged.push(sentence.tags);
      if (sentences <= LOOK)
        findColumns(sentence.source?.raw ?? '', { document: document!, columns });
    }
  }
  if (sentences === 0)
    throw new UserError(
      `${file}: no sentences, read as ${document?.format}. Is the file empty, or the format another?`,
    );
  const scheme = gold ? detectScheme(tagged) : null;
  const byCount = (counts: Map<string, number>) =>
    Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
  const found = new Map<string, number>();
  if (scheme !== null && scheme !== 'none')
    for (const list of tagged)
      for (const { type } of spans(list, scheme)) found.set(type, (found.get(type) ?? 0) + 1);
  return {
    kind: 'corpus',
    file,
    format: document!.format,
    sentences,
    tokens,
    types: types.size,
    longest,
    columns: [...columns].map(([name, example]) => (example === '' ? name : `${name}: ${example}`)),
    scheme,
    tags: byCount(tags),
    ...(found.size > 0 && { spans: byCount(found) }),
  };
}

/** Sentences in which columns are looked for. */
const LOOK = 1000;
const FIELDS = 'id form lemma upos xpos feats head deprel deps misc'.split(' ');

/** Notes the columns of a sentence that hold something, each with its first content. */
function findColumns(
  raw: string,
  { document, columns }: { document: Document; columns: Map<string, string> },
): void {
  const { format } = document;
  if (format === 'text' || format === 'horizontal') return;
  if (format !== 'conllu' && columns.size > 0) return;
  const note = (name: string, content: string): void => {
    if (!columns.has(name)) columns.set(name, content);
  };
  for (const line of raw.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('-DOCSTART-')) continue;
    if (format === 'conllu') {
      const cells = line.split('\t');
      if (cells.length !== FIELDS.length || line.startsWith('#')) continue;
      cells.forEach((cell, c) => {
        if (cell === '_' && c !== 1) return;
        if (c < 9) note(FIELDS[c]!, cell);
        else
          for (const pair of cell.split('|'))
            note(`misc ${pair.split('=')[0]}`, pair.slice(pair.indexOf('=') + 1));
      });
      continue;
    }
    if (document.header) {
      for (const name of document.header.names) note(name, '');
      return;
    }
    const cells = line.split(
      format === 'csv' ? ',' : document.separator === 'space' ? /[ \t]+/ : '\t',
    );
    if (cells.length !== document.columns) continue;
    for (const [c, cell] of cells.entries()) note(String(c), cell);
    return;
  }
}

const most = 40;

export function corpusText(
  facts: CorpusFacts,
  { style, columns }: { style: Style; columns: number },
): string {
  const { tags, longest, scheme } = facts;
  const field = (name: string, value: string): Cell[] => [[name, style.dim], value];
  const list = (items: readonly string[]): string => {
    const width = Math.max(40, columns - 14);
    const lines: string[] = [];
    for (const item of items) {
      const last = lines.at(-1);
      if (last === undefined || last.length + item.length + 2 > width) lines.push(item);
      else lines[lines.length - 1] = `${last}  ${item}`;
    }
    return lines.join(`\n${' '.repeat(12)}`);
  };
  const kinds = Object.keys(tags).length;
  const head = table(
    [
      field('format', facts.format),
      field('sentences', number(facts.sentences)),
      field('tokens', `${number(facts.tokens)} (${number(facts.types)} different)`),
      field('longest', `${counted(longest?.tokens ?? 0, 'token')}, line ${longest?.line ?? 0}`),
      ...(facts.columns.length > 0 ? [field('columns', list(facts.columns))] : []),
      ...(scheme === null
        ? []
        : [
            field(
              'tags',
              `${number(kinds)} different, ${scheme === 'none' ? 'plain' : `spans in ${scheme}`}`,
            ),
          ]),
    ],
    { align: 'l' },
  );
  const rows = Object.entries(tags).slice(0, most);
  const share = (n: number): string => `${percent(n / facts.tokens)} %`;
  const tagTable = rows.length
    ? `\n${table([dimmed(['tag', 'tokens', ''], style), ...rows.map(([tag, n]): Cell[] => [tag, number(n), [share(n), style.dim]])], { align: 'lrr' })}`
    : '';
  const rest = kinds > most ? style.dim(`and ${number(kinds - most)} more, with --json\n`) : '';
  const spanRows = Object.entries(facts.spans ?? {}).map(([type, n]) => [
    type || '(no type)',
    number(n),
  ]);
  const spanTable = spanRows.length
    ? `\n${table([dimmed(['type', 'spans'], style), ...spanRows], { align: 'lr' })}`
    : '';
  return `${style.bold(facts.file)}  ${style.dim('a corpus')}\n\n${head}${tagTable}${rest}${spanTable}`;
}
