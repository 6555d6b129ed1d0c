import { contentEnd, isBlank, LF } from '../../lines.ts';
import { type CommentRule, columnSpans, isDocstart, type Separator } from './lines.ts';

/** UTF-16 units at the beginning of a file that tell what its tags and its first column are. */
const SAMPLE = 64 * 1024;
/** How far, in UTF-16 units, to search for the first line that is certainly a token. */
const LOOK_AHEAD = 1024 * 1024;
/** So many lines that begin with 1, 2, 3, ... show that these are ids. */
const ENOUGH_IDS = 8;

/** A comment such as `# sent_id = 1`, whatever the file is. */
const ASSIGNMENT = /^#[ \t]*[\w.:-]+[ \t]*=/;

/** A tag, whether or not another token has it: of a span, or of punctuation. */
const LIKE_TAG = /^(?:O|[BIESLUM]-\S+|[^\p{L}\p{N}]{1,2})$/u;

/** What the beginning of a file tells. */
export interface ColumnSample {
  /**
   * Takes the next complete lines. While it returns false, more lines are needed before these are read.
   * @param at the number of the first of them, and whether they are the last
   */
  add(lines: string, at: { line: number; isLast: boolean }): boolean;
  /** Whether the first column counts the tokens of each sentence: 1, 2, 3, ... */
  readonly hasIds: boolean;
  /**
   * Whether a line that begins with `# `, has all columns and stands before the first token of a sentence
   * is a comment. It is one if no other line of the sample has its tag.
   */
  isComment(line: string, tag: string): boolean;
}

/**
 * @param columnsFound called with the first line that is certainly a token. Returns the separator, the
 * number of columns, and the index of the tag
 */
export function createColumnSample(
  rule: CommentRule,
  columnsFound: (
    first: string,
    line: number,
  ) => { readonly separator: Separator; readonly columns: number; readonly tag: number },
): ColumnSample {
  let layout: ReturnType<typeof columnsFound> | undefined;
  /** The lines that begin with `# ` before the first that is certainly a token. */
  let hashLines: { text: string; line: number }[] = [];
  const tags = new Set<string>();
  let size = 0;
  let isAtStart = true;
  /** Whether a line is a comment or a token, which the tags of other lines decide. */
  let isUncertain = false;
  /** Lines whose first column is the token's number; -1 if there is a line where it is not. */
  let ids = 0;
  let nextId = 1;
  let lastId = 0;

  const fieldsOf = (text: string): string[] => {
    const spans = columnSpans(text, 0, text.length, layout!.separator);
    return Array.from({ length: spans.length / 2 }, (_, c) =>
      text.slice(spans[2 * c], spans[2 * c + 1]),
    );
  };

  const addToken = (text: string, line: number): void => {
    layout ??= columnsFound(text, line);
    const fields = fieldsOf(text);
    const isHash = rule.isHash(text, 0, text.length);
    if (isHash && fields.length !== layout.columns) return;
    if (isHash && isAtStart) {
      if (!ASSIGNMENT.test(text)) isUncertain = true;
      return;
    }
    tags.add(fields[layout.tag]?.replace(/ +$/, '') ?? '');
    if (ids >= 0 && ids < ENOUGH_IDS) {
      ids = fields[0] === String(nextId) ? ids + 1 : -1;
      lastId = Math.max(lastId, nextId++);
    }
    isAtStart = false;
  };

  const addLine = (text: string, line: number): void => {
    if (rule.isComment(text, 0, text.length)) return;
    if (isBlank(text, 0, text.length) || isDocstart(text, 0, text.length)) {
      isAtStart = true;
      nextId = 1;
    } else if (layout === undefined && rule.isHash(text, 0, text.length)) {
      hashLines.push({ text, line });
    } else {
      addToken(text, line);
      for (const { text } of hashLines)
        if (fieldsOf(text).length === layout!.columns && !ASSIGNMENT.test(text)) isUncertain = true;
      hashLines = [];
    }
  };

  /** Whether nothing can change any more. */
  const isDecided = (isLast: boolean): boolean => {
    if (isLast) return true;
    if (layout === undefined) return hashLines.length === 0;
    return !isUncertain && (ids <= 0 || ids >= ENOUGH_IDS);
  };

  return {
    add(lines, at) {
      let { line } = at;
      const limit = (): number =>
        layout === undefined && hashLines.length > 0 ? LOOK_AHEAD : SAMPLE;
      for (let pos = 0; pos < lines.length && size <= limit(); line++) {
        let next = lines.indexOf('\n', pos) + 1;
        if (next === 0) next = lines.length;
        const lineEnd = lines.charCodeAt(next - 1) === LF ? next - 1 : next;
        addLine(lines.slice(pos, contentEnd(lines, pos, lineEnd)), line);
        size += next - pos;
        pos = next;
      }
      if (!isDecided(at.isLast || size > limit())) return false;
      const [first] = hashLines;
      if (layout === undefined && first !== undefined) {
        // no line is certainly a token, so these are
        layout = columnsFound(first.text, first.line);
        for (const { text } of hashLines)
          tags.add(fieldsOf(text)[layout.tag]?.replace(/ +$/, '') ?? '');
        hashLines = [];
      }
      return true;
    },
    get hasIds() {
      return ids > 1 && lastId > 1;
    },
    isComment: (line, tag) => ASSIGNMENT.test(line) || !(tags.has(tag) || LIKE_TAG.test(tag)),
  };
}
