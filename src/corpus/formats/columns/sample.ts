import { contentEnd, isBlank, LF, lineStart } from '../../lines.ts';
import { areBrackets, ENOUGH_ROWS, isEmpty, mayHaveLeading, type SampleRow } from './layout.ts';
import { type CommentRule, columnSpans, isDocstart, type Separator, separatorOf } from './lines.ts';

/** UTF-16 units at the beginning of a file that tell what its tags and its first column are. */
const SAMPLE = 64 * 1024;
/** How far, in UTF-16 units, to search for the first line that is certainly a token. */
const LOOK_AHEAD = 1024 * 1024;
/** A comment such as `# sent_id = 1`, whatever the file is. */
const ASSIGNMENT = /^#[ \t]*[\w.:-]+[ \t]*=/;

/** A tag, whether or not another token has it: of a span, or of punctuation. */
const LIKE_TAG = /^(?:O|[BIESLUM]-\S+|[^\p{L}\p{N}]{1,2})$/u;

/** So many lines show that tabs separate the columns. */
const SOME = 4;

/** A token `#` with a tag. */
const LIKE_TOKEN = /[ \t](?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\p{L}\p{N}\s]{1,2})\s*$/u;

/** What the beginning of a file tells. */
export interface ColumnSample {
  /**
   * Takes the next complete lines. While it returns false, more lines are needed before these are read.
   * @param at the number of the first of them, and whether they are the last
   */
  add(lines: string, at: { line: number; isLast: boolean }): boolean;
  /** The token lines of the sample. */
  readonly rows: readonly SampleRow[];
  /** A line without a tab between its fields where nearly all lines have tabs only; undefined if there is none. */
  readonly tablessLine: number | undefined;
  /** Whether a token line has this value after the token, or it is a tag of a span or of punctuation. */
  isValue(value: string): boolean;
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
  ) => {
    readonly separator: Separator;
    readonly columns: number;
    readonly tag: number;
    /** Whether the tag is in the last column with a value, since no other was named. */
    readonly isLastFilled: boolean;
  },
): ColumnSample {
  let layout: ReturnType<typeof columnsFound> | undefined;
  /** The lines that begin with `# ` before the first that is certainly a token. */
  let hashLines: { text: string; line: number }[] = [];
  const tags = new Set<string>();
  const rows: SampleRow[] = [];
  let size = 0;
  let tabbed = 0;
  let tabless: number | undefined;
  let isAtStart = true;
  /** Whether a line is a comment or a token, which the tags of other lines decide. */
  let isUncertain = false;

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
    rows.push({ fields, isFirst: isAtStart });
    if (layout.separator === 'space') {
      if (separatorOf(text) === 'tab' && !text.includes(' ')) tabbed++;
      else tabless ??= line;
    }
    isAtStart = false;
  };

  const addLine = (text: string, line: number): void => {
    if (rule.isComment(text, 0, text.length)) return;
    if (isBlank(text, 0, text.length) || isDocstart(text, 0, text.length)) {
      isAtStart = true;
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
    if (isUncertain) return false;
    const { tag, isLastFilled } = layout;
    // whether the tags are in the column before, or are spans in brackets, only all rows tell
    const mayBeOther = isEmpty(rows, tag) || areBrackets(rows, tag);
    if (isLastFilled && mayBeOther) return false;
    return rows.length >= ENOUGH_ROWS || !mayHaveLeading(rows);
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
        addLine(lines.slice(lineStart(lines, pos), contentEnd(lines, pos, lineEnd)), line);
        size += next - pos;
        pos = next;
      }
      if (!isDecided(at.isLast || size > limit())) return false;
      // a file of comments only has no token
      const first = hashLines.find(({ text }) => LIKE_TOKEN.test(text));
      if (layout === undefined && first !== undefined) {
        // no line is certainly a token, so these are
        layout = columnsFound(first.text, first.line);
        for (const { text } of hashLines)
          tags.add(fieldsOf(text)[layout.tag]?.replace(/ +$/, '') ?? '');
        hashLines = [];
      }
      return true;
    },
    rows,
    get tablessLine() {
      return tabbed >= SOME && tabbed >= 0.8 * rows.length ? tabless : undefined;
    },
    isValue: (value) =>
      LIKE_TAG.test(value) || rows.some(({ fields }) => fields.indexOf(value, 1) > 0),
    isComment: (line, tag) => ASSIGNMENT.test(line) || !(tags.has(tag) || LIKE_TAG.test(tag)),
  };
}
