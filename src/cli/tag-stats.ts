import type { Writer } from '../corpus/index.ts';
import { spans } from '../corpus/tags/scheme.ts';
import { columnNames } from '../model/column-names.ts';
import type { Tagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import { excerpt } from './printable.ts';
import { bytes, counted, duration, number, percent } from './table.ts';

/** What `--stats` reports. */
export interface TagStats {
  readonly sentences: number;
  readonly tokens: number;
  /** Tokens that are not in the model's vocabulary. */
  readonly unknown: number;
  /** Tokens that are shorter than the best edit script demands, so that another script gave the lemma. */
  readonly misfits?: number;
  /** From the first byte read to the last tag written, without the time to load the model. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
  /** Peak resident memory of the process in bytes. */
  readonly peakMemory: number;
  /** For each written tag column the frequency of each tag, lemma or span type. */
  readonly columns: readonly {
    readonly name: string;
    readonly counts: 'tags' | 'lemmas' | 'spans';
    readonly byType: Readonly<Record<string, number>>;
  }[];
}

/**
 * Wraps a writer and counts what passes through.
 * @param columns the tag columns of the model that are written
 */
export function countingWriter(
  writer: Writer,
  { tagger, columns }: { tagger: Tagger; columns: readonly number[] },
): { writer: Writer; stats(): TagStats } {
  const began = performance.now();
  let sentences = 0;
  let tokens = 0;
  let unknown = 0;
  const schemes = columns.map((column) => tagger.model.tagColumns[column]!.scheme);
  const counts = columns.map(() => new Map<string, number>());
  const names = columnNames(tagger.model);
  const hasLemmas = columns.some((column) => tagger.model.tagColumns[column]!.lemmas);
  return {
    writer: {
      ...writer,
      isPlain: false, // a plain writer may be bypassed
      write(written, tags) {
        for (const sentence of written) {
          if (sentence.tokens.length > 0) sentences++;
          tokens += sentence.tokens.length;
          for (const token of sentence.tokens) if (!tagger.isKnown(token)) unknown++;
        }
        tags.forEach((column, c) => {
          const count = counts[c]!;
          const scheme = schemes[c]!;
          const add = (type: string): unknown => count.set(type, (count.get(type) ?? 0) + 1);
          for (const one of column)
            if (scheme === 'none') one.forEach(add);
            else for (const { type } of spans(one, scheme)) add(type);
        });
        return writer.write(written, tags);
      },
    },
    stats() {
      const seconds = (performance.now() - began) / 1000;
      return {
        sentences,
        tokens,
        unknown,
        ...(hasLemmas && { misfits: tagger.misfits() }),
        seconds,
        tokensPerSecond: tokens / seconds,
        peakMemory: process.resourceUsage().maxRSS * 1024, // from KiB
        columns: columns.map((column, c) => ({
          name: names[column]!,
          counts: tagger.model.tagColumns[column]!.lemmas
            ? 'lemmas'
            : schemes[c] === 'none'
              ? 'tags'
              : 'spans',
          byType: Object.fromEntries([...counts[c]!].sort(([, a], [, b]) => b - a)),
        })),
      };
    },
  };
}

/** Number of tags or types to list for a column. */
const MOST_TYPES = 5;

/** Prints statistics on standard error: a line for people, or JSON for programs. */
export function report(
  stats: TagStats,
  { json, context: { io, say } }: { json: boolean; context: Context },
): void {
  if (json) io.stderr.write(`${JSON.stringify(stats)}\n`);
  else say(statsLine(stats));
}

/** Statistics in one line. */
export function statsLine(stats: TagStats): string {
  const { columns } = stats;
  const kinds = columns.map(({ name, counts, byType }) => {
    const types = Object.entries(byType);
    const all = types.reduce((sum, [, count]) => sum + count, 0);
    const rest = types.length - MOST_TYPES;
    const list = types
      .slice(0, MOST_TYPES)
      .map(([type, count]) => `${excerpt(type)} ${number(count)}`);
    if (rest > 0) list.push(`${rest} more`);
    const head =
      counts === 'spans'
        ? counted(all, 'span')
        : counted(types.length, counts === 'lemmas' ? 'lemma' : 'tag');
    return `${columns.length > 1 ? `${name}: ` : ''}${head}${all > 0 ? ` (${list.join(', ')})` : ''}`;
  });
  return [
    counted(stats.sentences, 'sentence'),
    counted(stats.tokens, 'token'),
    `${percent(stats.tokens > 0 ? stats.unknown / stats.tokens : undefined)} % unknown words`,
    ...kinds,
    ...(stats.misfits
      ? [`${counted(stats.misfits, 'token')} too short for the best edit script`]
      : []),
    `${duration(stats.seconds)} (${number(stats.tokensPerSecond)} tokens/s)`,
    `${bytes(stats.peakMemory)} of memory`,
  ].join('; ');
}
