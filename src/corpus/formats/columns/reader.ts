import { copy, problem, quantity, SPACE, TAB, tagPool } from '../../lines.ts';
import type { Parser } from '../../sentence.ts';
import type { ParserOptions } from '../definition.ts';
import { namedTag } from '../labels.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import { askedColumns, type Choice, firstChoice, refinedChoice } from './choice.ts';
import { type BracketReader, createBracketReader } from './layout.ts';
import { beforeSpaces, columnSpans, commentRule, isDocstart } from './lines.ts';
import { createColumnSample } from './sample.ts';

/**
 * Reads tokens and tags. By default the first column is the token and the last the tag, but columns of ids and empty
 * ones do not count. Spans in brackets are read as BIO tags.
 */
export function createColumnsParser(options: ParserOptions): Parser {
  const { file, gold } = options;
  const document = newDocument(file, 'columns');
  if (options.comment !== undefined) document.comment = options.comment;
  const builder = new SentenceBuilder(document, options);
  const intern = tagPool();
  const asked = askedColumns(options);
  let choice: Choice | undefined;
  let isTabbed = false;
  let expected = 0;
  let token = 0;
  let tag = -1;
  let more: readonly number[] = [];
  let brackets: readonly (BracketReader | undefined)[] = [];
  /** The line of the last token, for a span that does not end. */
  let lastLine = 0;

  const choose = (made: Choice): void => {
    choice = made;
    isTabbed = made.separator === 'tab';
    expected = made.columns;
    ({ token, tag, more } = made);
    brackets = made.haveBrackets.some(Boolean)
      ? made.haveBrackets.map((has) => (has ? createBracketReader() : undefined))
      : [];
    document.separator = made.separator;
    document.columns = made.columns;
    document.token = made.token;
  };

  const rule = commentRule(options.comment);
  const sample = createColumnSample(rule, (first, line) => {
    const made = firstChoice(first, line, { asked, file, gold });
    choose(made);
    const { separator, columns } = made;
    const isLastFilled = gold && asked.tags.length === 0;
    return { separator, columns, tag: gold ? tag : columns - 1, isLastFilled };
  });

  let isChosen = false;
  /** Decides what the columns are. */
  const lookAhead = (lines: string, at: { line: number; isLast: boolean }): boolean => {
    if (isChosen) return true;
    if (!sample.add(lines, at)) return false;
    isChosen = choice !== undefined;
    if (sample.tablessLine !== undefined)
      throw problem(
        file,
        sample.tablessLine,
        'no tab, but tabs separate the columns of most lines. Is it a comment, or is a tab missing?',
      );
    if (choice !== undefined)
      choose(
        refinedChoice(choice, sample.rows, {
          asked,
          note: (what) => options.onNote?.(`${file}: ${what}`),
        }),
      );
    return true;
  };

  let isNoted = false;
  const valueAt = ({ text }: Line, spans: readonly number[], column: number): string => {
    const start = spans[2 * column]!;
    // a tag never ends in spaces, even where tabs separate
    return intern(text, start, beforeSpaces(text, start, spans[2 * column + 1]!));
  };

  /** Whether a line that may be a comment is one. */
  const isComment = (line: Line): boolean => {
    const { text, from, to, number } = line;
    const spans = columnSpans(text, from, to, isTabbed ? 'tab' : 'space');
    const comment = text.slice(from, to);
    if (!sample.isComment(comment, valueAt(line, spans, gold ? tag : expected - 1))) return false;
    if (!isNoted)
      options.onNote?.(
        `${file}:${number}: "${comment.slice(0, 40)}" is read as a comment, though it has the columns of a token. Name the prefix of comments, or none, if it is a token.`,
      );
    isNoted = true;
    return true;
  };

  const checkEnd = (): void => {
    if (brackets.some((one) => one?.isOpen))
      throw problem(
        file,
        lastLine,
        'a span in brackets that does not end in its sentence. Is *) missing?',
      );
  };

  /** A tag of a column, by its place among `tag` and `more`: of a span in brackets as BIO, of a number as its name. */
  const tagOf = (value: string, place: number, { number }: Line): string => {
    const reader = brackets[place];
    if (reader === undefined) {
      if (options.labels === undefined || place > more.length - asked.features.length) return value;
      const column = String(place === 0 ? tag : more[place - 1]);
      return namedTag(value, options.labels, { file, line: number, column });
    }
    const read = reader.read(value);
    if (read !== undefined) return intern(read, 0, read.length);
    throw problem(
      file,
      number,
      `"${value.slice(0, 40)}" does not fit the spans in brackets, as (PER*, *, *) or (PER). Correct it, or name another tag column.`,
    );
  };

  /** Checks what is needed of few files only. */
  const checkLine = (line: Line): void => {
    const { text, from, to, number } = line;
    if (builder.size === 0) checkEnd();
    lastLine = number;
    const { empty } = choice!;
    if (empty.length === 0) return;
    const spans = columnSpans(text, from, to, isTabbed ? 'tab' : 'space');
    const filled = empty.find((column) => valueAt(line, spans, column) !== '');
    if (filled !== undefined)
      throw problem(
        file,
        number,
        `a value in column ${filled}, which is empty in the lines before. Name the token column and the tag column.`,
        'SEQTAG_COLUMN',
      );
  };

  /** Whether a line that begins with `# `, inside a sentence, may be a token that lost a column, or got one. */
  const mayBeToken = ({ text, from, to }: Line, columns: number): boolean => {
    if (builder.size === 0) return false;
    if (text.charCodeAt(from + 1) === TAB) return true;
    const last = text.slice(from, to).trimEnd().split(/[ \t]/).at(-1) ?? '';
    return Math.abs(columns - expected) === 1 && sample.isValue(last);
  };

  const wrongColumns = ({ text, from, number }: Line, columns: number): Error =>
    problem(
      file,
      number,
      `${quantity(columns, 'column')}, expected ${expected} as in line ${choice!.line}. ${
        text[from] === '#'
          ? 'If the line is a comment, name # as the prefix of comments.'
          : isTabbed
            ? 'Are the separators tabs?'
            : 'Is there a space inside a token?'
      }`,
    );

  const readLine = (line: Line): void => {
    const { text, from, to, number } = line;
    if (rule.isComment(text, from, to)) return;
    if (isDocstart(text, from, to)) {
      builder.finish(from);
      return;
    }
    // one pass finds token and tag and counts columns, without an array of them
    let columns = 0;
    let tokenFrom = 0;
    let tokenTo = 0;
    let tagFrom = 0;
    let tagTo = 0;
    for (let i = from; ; i++) {
      if (!isTabbed) {
        while (i < to && (text.charCodeAt(i) === SPACE || text.charCodeAt(i) === TAB)) i++;
        if (i === to) break;
      }
      const start = i;
      if (isTabbed) while (i < to && text.charCodeAt(i) !== TAB) i++;
      else while (i < to && text.charCodeAt(i) !== SPACE && text.charCodeAt(i) !== TAB) i++;
      if (columns === token) {
        tokenFrom = start;
        tokenTo = i;
      }
      if (columns === tag) {
        tagFrom = start;
        tagTo = i;
      }
      columns++;
      if (i === to) break;
    }
    if (choice === undefined) return; // a file of comments only
    const { isRagged, empty } = choice;
    if (isRagged && builder.size === 0) expected = Math.max(columns, LEAST_RAGGED);
    if (columns !== expected) {
      if (!rule.isHash(text, from, to) || mayBeToken(line, columns))
        throw wrongColumns(line, columns);
      return;
    }
    if (builder.size === 0 && rule.isHash(text, from, to) && isComment(line)) return;
    if (brackets.length > 0 || empty.length > 0) checkLine(line);
    let values: string[] | undefined;
    if (more.length > 0) {
      const spans = columnSpans(text, from, to, isTabbed ? 'tab' : 'space');
      values = more.map((column, c) => tagOf(valueAt(line, spans, column), c + 1, line));
    }
    builder.add(
      copy(text, tokenFrom, tokenTo),
      gold ? tagOf(intern(text, tagFrom, beforeSpaces(text, tagFrom, tagTo)), 0, line) : '',
      number,
      values,
    );
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is this a file of columns?',
    lookAhead,
    readLine,
    end: checkEnd,
  });
}

/** The columns of a sentence of CoNLL-2012 without predicates. */
const LEAST_RAGGED = 12;
