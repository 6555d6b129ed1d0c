import {
  type Document,
  type Format,
  isStandoff,
  type ReadOptions,
  readSentences,
} from '../corpus/index.ts';
import { readTags, type Scheme, spans, type TaggedLines } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { isRaw } from './options.ts';
import { excerpt, printable } from './printable.ts';
import { dimmed } from './scores.ts';
import type { Style } from './style.ts';
import { type Cell, counted, number, percent, table, widthOf } from './table.ts';

/** What `seqtag inspect` reports about a corpus. */
export interface CorpusFacts {
  readonly kind: 'corpus';
  readonly file: string;
  readonly format: string;
  readonly sentences: number;
  readonly tokens: number;
  /** Number of distinct tokens. */
  readonly types: number;
  /** The longest sentence, and the line of its first token. */
  readonly longest: { readonly tokens: number; readonly line: number } | null;
  /** The columns that are filled in, each with an example value if they have no header. */
  readonly columns: readonly string[];
  readonly scheme: Scheme | null;
  /** What is unusual in how the tags are written. */
  readonly notation?: string;
  /** Frequency of each tag. */
  readonly tags: Readonly<Record<string, number>>;
  /** Frequency of each span type, if the tags are span tags. */
  readonly spans?: Readonly<Record<string, number>>;
}

/**
 * Reads a corpus to its end and counts.
 * @param read `file` is the name for messages
 * @throws UserError if the corpus cannot be read or has no sentences
 */
export async function corpusFacts(
  source: string | AsyncIterable<Uint8Array>,
  read: ReadOptions & {
    readonly file: string;
    readonly format?: Format | undefined;
    /** Default: by the tags. */
    readonly fromScheme?: Scheme | undefined;
  },
): Promise<CorpusFacts> {
  const { fromScheme, ...reading } = read;
  const { file, format } = reading;
  const gold = !isRaw(format);
  let document: Document | undefined;
  let sentences = 0;
  let tokens = 0;
  let longest: CorpusFacts['longest'] = null;
  const types = new Set<string>();
  const tags = new Map<string, number>();
  const tagged: TaggedLines[] = [];
  const columns = new Map<string, string>();
  const pieces = readSentences(source, {
    ...reading,
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
      if (gold) tagged.push({ tags: sentence.tags, line: sentence.line });
      if (sentences <= SAMPLE)
        findColumns(sentence.source?.raw ?? '', { document: document!, columns, tokens: length });
    }
  }
  if (sentences === 0)
    throw new UserError(
      `${file}: no sentences in the format ${document?.format}. Is the file empty, or the format wrong?`,
      { code: 'SEQTAG_CORPUS_EMPTY' },
    );
  const tagReading = gold ? readTags(tagged, { scheme: fromScheme }) : undefined;
  const scheme = tagReading?.scheme ?? null;
  const byCount = (counts: Map<string, number>) =>
    Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
  const found = new Map<string, number>();
  if (scheme !== null && scheme !== 'none')
    for (const sentence of tagged)
      for (const { type } of spans(sentence.tags.map(tagReading!.read), scheme))
        found.set(type, (found.get(type) ?? 0) + 1);
  return {
    kind: 'corpus',
    file,
    format: isStandoff(format) ? format! : document!.format,
    sentences,
    tokens,
    types: types.size,
    longest,
    columns: [...columns].map(([name, example]) => (example === '' ? name : `${name}: ${example}`)),
    scheme,
    ...(tagReading?.note !== undefined && { notation: tagReading.note }),
    tags: byCount(tags),
    ...(found.size > 0 && { spans: byCount(found) }),
  };
}

/** Number of sentences in which to look for columns. */
const SAMPLE = 1000;
const FIELDS = 'id form lemma upos xpos feats head deprel deps misc'.split(' ');

/** Adds the columns that are filled in a sentence, each with its first value. */
function findColumns(
  raw: string,
  {
    document,
    columns,
    tokens,
  }: { document: Document; columns: Map<string, string>; tokens: number },
): void {
  const { format } = document;
  if (isRaw(format)) return;
  if (format !== 'conllu' && columns.size > 0) return;
  const note = (name: string, content: string): void => {
    if (!columns.has(name)) columns.set(name, content);
  };
  const lines = raw.split(/\r?\n/).filter((line) => line.trim() !== '');
  // comments that look like tokens stand before the first
  for (const line of format === 'columns' ? lines.slice(-tokens) : lines) {
    if (line.startsWith('-DOCSTART-')) continue;
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
    const cells =
      document.separator === 'space'
        ? line.trim().split(/[ \t]+/)
        : line.split(format === 'csv' ? ',' : '\t');
    if (cells.length !== document.columns) continue;
    for (const [c, cell] of cells.entries()) note(String(c), cell);
    return;
  }
}

/** Number of tags in the table. */
const MOST_TAGS = 40;

export function corpusText(
  facts: CorpusFacts,
  { style, columns }: { style: Style; columns: number },
): string {
  const { tags, longest, scheme, tokens } = facts;
  const row = (name: string, value: string): Cell[] => [[name, style.dim], value];
  const kinds = Object.keys(tags).length;
  const kind = scheme === 'none' ? 'plain' : `spans in ${scheme}`;
  const head = table(
    [
      row('format', facts.format),
      row('sentences', number(facts.sentences)),
      row('tokens', `${number(tokens)} (${number(facts.types)} different)`),
      row('longest', `${counted(longest?.tokens ?? 0, 'token')}, line ${longest?.line ?? 0}`),
      ...columnLines(facts.columns, columns).map((line, i) => row(i === 0 ? 'columns' : '', line)),
      ...(scheme === null ? [] : [row('tags', `${number(kinds)} different, ${kind}`)]),
      ...(facts.notation === undefined ? [] : [row('', printable(facts.notation))]),
    ],
    { align: 'l' },
  );
  const tagRows = Object.entries(tags)
    .slice(0, MOST_TAGS)
    .map(([tag, n]): Cell[] => [excerpt(tag), number(n), [`${percent(n / tokens)} %`, style.dim]]);
  const rest = kinds - tagRows.length;
  const spanRows = Object.entries(facts.spans ?? {}).map(([type, n]) => [
    type === '' ? '(no type)' : excerpt(type),
    number(n),
  ]);
  return [
    `${style.bold(printable(facts.file))}  ${style.dim('a corpus')}\n\n${head}`,
    ...(tagRows.length > 0
      ? [
          table([dimmed(['tag', 'tokens', ''], style), ...tagRows], { align: 'lrr' }) +
            (rest > 0 ? style.dim(`and ${number(rest)} more: see --json\n`) : ''),
        ]
      : []),
    ...(spanRows.length > 0
      ? [table([dimmed(['type', 'spans'], style), ...spanRows], { align: 'lr' })]
      : []),
  ].join('\n');
}

/** The columns side by side, in lines that fit beside their title. */
function columnLines(columns: readonly string[], width: number): string[] {
  const room = Math.max(40, width - 14);
  const lines: string[] = [];
  for (const column of columns.map((text) => excerpt(text))) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 2 + widthOf(column) <= room)
      lines[lines.length - 1] = `${last}  ${column}`;
    else lines.push(column);
  }
  return lines;
}
