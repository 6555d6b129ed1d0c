import { expect } from 'vitest';
import '../../src/corpus/formats/all.ts';
import {
  createParser,
  createWriter,
  type Document,
  type Format,
  type ReadOptions,
  readSentences,
  type Sentence,
  type WriteOptions,
} from '../../src/corpus/index.ts';
import { UserError } from '../../src/errors.ts';

export type Parsed = { sentences: Sentence[]; document: Document };

/** Whether readers of lines accept the line ends of a text: they refuse carriage returns alone. */
export const hasLineFeeds = (text: string): boolean =>
  text.includes('\n') || !/\r[\s\S]/.test(text);

/** Parses `text`, pushed in pieces cut at `cuts`. */
export function parseText(
  text: string,
  options: ReadOptions & { format: Format },
  cuts: readonly number[] = [],
): Parsed {
  const parser = createParser({ file: 'file', ...options });
  const sentences: Sentence[] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    sentences.push(...parser.push(text.slice(from, cut)));
    from = Math.max(from, cut);
  }
  sentences.push(...parser.push(text.slice(from)), ...parser.end());
  return { sentences, document: parser.document };
}

/** All of a document again from what was parsed: BOM, header, sources, tail. */
export function joined({ sentences, document }: Parsed): string {
  const raws = sentences.map((sentence) => sentence.source?.raw ?? '');
  return [document.bom ? '\ufeff' : '', document.header?.raw ?? '', ...raws, document.tail].join(
    '',
  );
}

/** The output for `parsed`, each token with a tag of each `tagOf`, or with its gold tags. */
export function written(
  { sentences, document }: Parsed,
  options: WriteOptions,
  ...tagOf: readonly ((token: string) => string)[]
): string {
  const writer = createWriter(options);
  writer.begin(document);
  const columns =
    tagOf.length > 0
      ? tagOf.map((tag) => sentences.map(({ tokens }) => tokens.map((token) => tag(token))))
      : goldColumns(sentences);
  return writer.write(sentences, columns) + writer.end();
}

/** The gold tags of each column that was read, and of one if there is no sentence. */
export function goldColumns(sentences: readonly Sentence[]): (readonly string[])[][] {
  const [first] = sentences;
  return (first?.tagColumns ?? [[]]).map((_, c) =>
    sentences.map(({ tags, tagColumns }) => (tagColumns ?? [tags])[c]!),
  );
}

/** What a consumer sees of sentences, without sources. */
export function seen(sentences: readonly Sentence[]): unknown[] {
  return sentences.map(({ tokens, tags, line }) => ({ tokens, tags, line }));
}

/** A stream of `bytes` in pieces cut at `cuts`. */
export async function* stream(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    yield bytes.subarray(from, cut);
    from = Math.max(from, cut);
  }
  yield bytes.subarray(from);
}

export async function readAll(
  source: string | AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): Promise<Sentence[]> {
  const all: Sentence[] = [];
  for await (const sentences of readSentences(source, options)) all.push(...sentences);
  return all;
}

/** Expects a `UserError` of one line that matches `pattern`. */
export function expectUserError(run: () => unknown, pattern: RegExp): void {
  let error: unknown;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  checkUserError(error, pattern);
}

export async function expectUserErrorAsync(
  run: () => Promise<unknown>,
  pattern: RegExp,
): Promise<void> {
  checkUserError(
    await run().then(
      () => undefined,
      (error: unknown) => error,
    ),
    pattern,
  );
}

function checkUserError(error: unknown, pattern: RegExp): void {
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).toMatch(pattern);
  expect(message).not.toContain('\n');
}
