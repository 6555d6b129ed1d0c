/*
 * What a text means in each format, written without the code of the readers. An oracle says whether a reading is what the text
 * says. No reading is right if the text is malformed: then the reader must refuse it.
 */

/**
 * @typedef {readonly (readonly [token: string, tag: string])[]} Sentence
 * @typedef {readonly Sentence[]} Reading
 * @typedef {(text: string, reading: Reading) => boolean} Oracle
 * @typedef {{ fields: string[], at: 'start' | 'inside' }} Row
 */

class Malformed extends Error {}

/** @returns {never} */
const malformed = () => {
  throw new Malformed();
};

/** Lines without their ends. @param {string} text */
function linesOf(text, hasComments = false) {
  const lines = text.split('\n').map((line) => line.replace(/\r+$/, ''));
  const hasReturn = (/** @type {string} */ line) =>
    line.includes('\r') && !(hasComments && line.startsWith('#')) && !isBlank(line);
  if (lines.some(hasReturn)) malformed();
  return lines;
}

/** Sentences from rows, `undefined` between them. @param {readonly (readonly [string, string] | undefined)[]} rows */
function sentencesOf(rows) {
  /** @type {(readonly [string, string])[][]} */
  const sentences = [[]];
  for (const row of rows) {
    const last = /** @type {(readonly [string, string])[]} */ (sentences.at(-1));
    if (row !== undefined) last.push(row);
    else if (last.length > 0) sentences.push([]);
  }
  return sentences.filter((one) => one.length > 0);
}

/** @param {Reading} a @param {Reading} b */
export const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/**
 * An oracle that knows the readings of a text, of which there may be several.
 * @param {(text: string) => readonly Reading[]} readings
 * @returns {Oracle}
 */
const expecting = (readings) => (text, reading) => {
  try {
    return readings(text).some((one) => isSame(one, reading));
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
};

/** A line without byte order marks before it, and whether there were any. @param {string} line */
const unmarked = (line) => ({
  content: line.replace(/^\ufeff+/, ''),
  isMarked: /^\ufeff/.test(line),
});

const isBlank = (/** @type {string} */ line) => /^[\t-\r ]*$/.test(line);

/** @param {readonly string[][]} rows @param {number} [least] */
function commonWidth(rows, least = 2) {
  const widths = new Set(rows.map((row) => row.length));
  if (widths.size > 1) malformed();
  const [width = least] = widths;
  if (width < least) malformed();
  return width;
}

/** @param {string} separator @param {{ token: number }} columns */
const columns = (separator, { token: column }) =>
  expecting((text) => {
    /** @type {({ fields: string[], isHash: boolean } | undefined)[]} */
    const rows = [];
    for (const line of linesOf(text)) {
      const { content, isMarked } = unmarked(line);
      if (isMarked) rows.push(undefined);
      if (isBlank(content) || /^-DOCSTART-(?:[ \t]|$)/.test(content)) rows.push(undefined);
      else if (!/^#(?:begin|end) document(?:\s|$)/.test(content)) {
        const isHash = /^#[ \t]./.test(content);
        const fields =
          separator === '\t'
            ? content.split('\t')
            : content.replace(/^[ \t]+|[ \t]+$/g, '').split(/[ \t]+/);
        rows.push({ fields, isHash });
      }
    }
    const sure = rows
      .filter((row) => row !== undefined && !row.isHash)
      .map((row) => row?.fields ?? []);
    const width = commonWidth(
      sure.length > 0 ? sure : rows.flatMap((row) => (row ? [row.fields] : [])),
    );
    // one line does not show whether its number counts
    const isTold = sure.length > 1;
    if (isTold && column >= width - 1) malformed();
    const read = (/** @type {boolean} */ areComments, token = column) => {
      let isFirst = true;
      /** @type {(readonly [string, string] | undefined)[]} */
      const found = [];
      for (const row of rows) {
        if (row === undefined) isFirst = true;
        else if (row.isHash && (row.fields.length !== width || (areComments && isFirst))) continue;
        else isFirst = false;
        const { fields = [] } = row ?? {};
        found.push(row && [fields[token] ?? '', (fields[width - 1] ?? '').replace(/ +$/, '')]);
      }
      return sentencesOf(found);
    };
    return [read(true), read(false), ...(isTold ? [] : [read(true, 0), read(false, 0)])];
  });

const conllu = expecting((text) => {
  /** @type {(readonly [string, string] | undefined)[]} */
  const rows = [];
  let next = 1;
  for (const line of linesOf(text, true)) {
    const { content, isMarked } = unmarked(line);
    if (isMarked || isBlank(content)) {
      rows.push(undefined);
      next = 1;
    }
    if (isBlank(content) || content.startsWith('#')) continue;
    const fields = content.split('\t');
    if (fields.length !== 10) malformed();
    const [id = '', form = '', , upos = ''] = fields;
    if (/^\d+$/.test(id)) {
      if (Number(id) !== next++) malformed();
      rows.push([form, upos]);
    } else {
      const [, from, to] = /^(\d+)-(\d+)$/.exec(id) ?? [];
      if (from === undefined ? !/^\d+\.\d+$/.test(id) : Number(from) > Number(to)) malformed();
    }
  }
  return [sentencesOf(rows)];
});

/** Rows of csv by RFC 4180. @param {string} text */
function csvRows(text) {
  /** @type {string[][]} */
  const rows = [];
  for (let at = 0; at < text.length; ) {
    /** @type {string[]} */
    const row = [];
    let marks = '';
    while (text[at] === '\ufeff') marks += text[at++];
    for (;;) {
      let cell = '';
      if (text[at] === '"') {
        for (at++; ; at++) {
          if (at >= text.length) malformed();
          if (text[at] !== '"') cell += text[at];
          else if (text[at + 1] === '"') cell += text[at++];
          else break;
        }
        at++;
        if (!/^(?:,|\n|\r+\n|\r*$)/.test(text.slice(at)) && !/^(?:,|\n)/.test(text.slice(at)))
          malformed();
      } else {
        const end = /[,\n]/g;
        end.lastIndex = at;
        const stop = end.exec(text)?.index ?? text.length;
        cell = text.slice(at, stop).replace(text[stop] === ',' ? /$^/ : /\r+$/, '');
        if (/["\r]/.test(cell)) malformed();
        at = stop;
      }
      row.push(cell);
      while (text[at] === '\r') at++;
      if (text[at++] !== ',') break;
    }
    if (marks !== '') rows.push(['']);
    rows.push(row);
  }
  return rows;
}

/** Rows of tsv. @param {string} text */
const tsvRows = (text) =>
  linesOf(text).flatMap((line) => {
    const { content, isMarked } = unmarked(line);
    const cells = content.split('\t').map((cell) => {
      const [, inside] = /^"([^"]*(?:""[^"]*)*)"$/.exec(cell) ?? [];
      return inside ? inside.replaceAll('""', '"') : cell;
    });
    return isMarked ? [[''], cells] : [cells];
  });

/**
 * Tables of tokens. The first row is the header if it has two of its names.
 * @param {(text: string) => string[][]} rowsOf @param {readonly string[]} header none if there is no header
 */
const table = (rowsOf, header) =>
  expecting((text) => {
    const rows = rowsOf(text);
    const isBlankRow = (/** @type {string[]} */ row) => row.every(isBlank);
    const isHash = (/** @type {string[]} */ row) => /^#[ \t]/.test(row[0] ?? '');
    const full = rows.filter((row) => !isBlankRow(row));
    const width = (full.find((row) => !isHash(row)) ?? full[0] ?? []).length;
    const body = full.filter((row) => row.length === width || !isHash(row));
    commonWidth(body);
    const [first = []] = body;
    const names = first.map((name) => name.trim().toLowerCase());
    const known = names.filter((name) => header.includes(name));
    const hasHeader = known.length > 1 || known.includes('token');
    const find = (/** @type {string[]} */ ...wanted) => {
      for (const name of wanted) if (names.includes(name)) return names.indexOf(name);
      return -1;
    };
    const token = hasHeader ? find('token') : 0;
    if (token < 0) malformed();
    const named = hasHeader ? find('tag', 'pos') : -1;
    const tag = named >= 0 ? named : width - 1;
    const sentence = hasHeader ? find('sentence') : -1;
    if (tag === token) malformed();
    let current = '';
    /** @type {(readonly [string, string] | undefined)[]} */
    const found = [];
    for (const row of rows) {
      if (isBlankRow(row)) found.push(undefined);
      if (isBlankRow(row) || row.length !== width) continue;
      if (hasHeader && JSON.stringify(row) === JSON.stringify(first)) {
        found.push(undefined);
        current = '';
        continue;
      }
      const id = sentence < 0 ? '' : (row[sentence] ?? '');
      if (id !== '' && id !== current) found.push(undefined);
      current = id || current;
      found.push([row[token] ?? '', (row[tag] ?? '').replace(/^ +| +$/g, '')]);
    }
    return [sentencesOf(found)];
  });

/** The strings of a list of Python, NumPy or JSON. @param {string} cell */
function listOf(cell) {
  const text = cell.trim();
  if (text === '') return [];
  if (!text.startsWith('[')) return text.split(/\s+/);
  /** @type {string[]} */
  const items = [];
  let commas = 0;
  let at = 1;
  for (let isAfterItem = false; ; ) {
    while (/\s/.test(text[at] ?? '')) at++;
    const quote = text[at] ?? '';
    if (quote === ']') break;
    if (quote === ',') {
      if (!isAfterItem) malformed();
      isAfterItem = false;
      commas++;
      at++;
      continue;
    }
    if (quote !== "'" && quote !== '"') malformed();
    if (isAfterItem && !/\s/.test(text[at - 1] ?? '')) malformed();
    let item = '';
    for (at++; text[at] !== quote; at++) {
      if (at >= text.length) malformed();
      if (text[at] === '\\') {
        at++;
        item +=
          { n: '\n', t: '\t', r: '\r' }[text[at] ?? ''] ??
          (/[\\'"]/.test(text[at] ?? '') ? text[at] : `\\${text[at]}`);
      } else item += text[at];
    }
    at++;
    items.push(item);
    isAfterItem = true;
  }
  if (at !== text.length - 1) malformed();
  if (commas > 0 && commas !== items.length - 1 && commas !== items.length) malformed();
  return items;
}

const lists = expecting((text) => {
  const rows = csvRows(text).filter((row) => !row.every(isBlank));
  const [header = []] = rows;
  const names = header.map((name) => name.trim().toLowerCase());
  const named = ['tokens', 'token'].find((name) => names.includes(name));
  const hasHeader = named !== undefined || names.includes('tags');
  if (hasHeader && named === undefined) malformed();
  const token = named === undefined ? 0 : names.indexOf(named);
  const tag = names.includes('tags') ? names.indexOf('tags') : names.length - 1;
  commonWidth(rows.filter((row) => !/^#[ \t]/.test(row[0] ?? '') || row.length === header.length));
  if (tag === token) malformed();
  /** @type {Sentence[]} */
  const sentences = [];
  for (const row of rows) {
    if (row.length !== header.length) continue;
    if (hasHeader && row.every((cell, c) => cell === header[c])) continue;
    const [tokens, tags] = [listOf(row[token] ?? ''), listOf(row[tag] ?? '')];
    if (tokens.length !== tags.length || tags.some((one) => /[\t\r\n]/.test(one))) malformed();
    if (tokens.length > 0) sentences.push(tokens.map((one, t) => [one, tags[t] ?? '']));
  }
  return [sentences];
});

/** The objects in the lines of a text. @param {string} text @returns {Record<string, unknown>[]} */
const objectsIn = (text) =>
  text
    .split('\n')
    .map((line) => line.replace(/^\ufeff+/, ''))
    .filter((line) => !isBlank(line))
    .map((line) => {
      try {
        const value = JSON.parse(line);
        return typeof value === 'object' && value !== null && !Array.isArray(value)
          ? value
          : malformed();
      } catch {
        return malformed();
      }
    });

const jsonl = expecting((text) => {
  /** @type {Sentence[]} */
  const sentences = [];
  for (const { tokens, tags } of objectsIn(text)) {
    const areStrings = [tokens, tags].every(
      (list) => Array.isArray(list) && list.every((item) => typeof item === 'string'),
    );
    if (!areStrings) malformed();
    const [words, labels] = /** @type {[string[], string[]]} */ ([tokens, tags]);
    if (words.length !== labels.length || labels.some((one) => /[\t\r\n]/.test(one))) malformed();
    if (words.length > 0) sentences.push(words.map((one, t) => [one, labels[t] ?? '']));
  }
  return [sentences];
});

/** White space, and characters that nobody sees. */
export const unseen = /[\s\u0085\p{Cf}]/gu;

/** @param {Reading} reading */
export const lettersOf = (reading) =>
  reading
    .flatMap((one) => one.map(([token]) => token))
    .join('')
    .replace(unseen, '');

/** Offsets into a text: every span is a run of tokens that covers it. @type {Oracle} */
const offsets = (text, reading) => {
  try {
    const objects = objectsIn(text);
    if (objects.some((one) => typeof one['text'] !== 'string' || !Array.isArray(one['label'])))
      return false;
    if (
      lettersOf(reading) !==
      objects
        .map((one) => one['text'])
        .join('')
        .replace(unseen, '')
    )
      return false;
    /** @type {string[]} */
    const expected = [];
    for (const { text: content, label } of objects) {
      const points = [...String(content)];
      for (const span of /** @type {unknown[]} */ (label)) {
        if (!Array.isArray(span) || span.length !== 3) return false;
        const [start, end, name] = span;
        if (!Number.isInteger(start) || !Number.isInteger(end) || typeof name !== 'string')
          return false;
        expected.push(`${name} ${points.slice(start, end).join('')}`.replace(unseen, ''));
      }
    }
    const found = reading.flatMap((one) =>
      one.flatMap(([token, tag], t) => {
        if (!tag.startsWith('B-')) return [];
        let words = token;
        for (let i = t + 1; one[i]?.[1].startsWith('I-'); i++) words += one[i]?.[0];
        return [`${tag.slice(2)} ${words}`.replace(unseen, '')];
      }),
    );
    return JSON.stringify(found.toSorted()) === JSON.stringify(expected.toSorted());
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
};

/** @param {(words: string[]) => Sentence} read */
const inline = (read) =>
  expecting((text) => [
    linesOf(text)
      .map((line) => unmarked(line).content)
      .filter((line) => !isBlank(line))
      .map((line) => read(line.split(/[ \t]+/).filter((word) => word !== ''))),
  ]);

const slashes = inline((words) =>
  words.map((word) => {
    const [, token, tag] = /^(.+)\/([^/]+)$/s.exec(word) ?? malformed();
    return [/** @type {string} */ (token), /** @type {string} */ (tag)];
  }),
);

/** @param {(word: string, isInside: boolean) => { opens?: string, token?: string, closes?: boolean }} kindOf */
const spans = (kindOf) =>
  inline((words) => {
    /** @type {(readonly [string, string])[]} */
    const sentence = [];
    /** @type {{ type: string, size: number } | undefined} */
    let open;
    for (const word of words) {
      const { opens, token, closes } = kindOf(word, open !== undefined);
      if (opens !== undefined) {
        if (open) malformed();
        open = { type: opens, size: 0 };
      }
      if (token !== undefined)
        sentence.push([token, open ? `${open.size++ === 0 ? 'B' : 'I'}-${open.type}` : 'O']);
      if (closes) {
        if (!open?.size) malformed();
        open = undefined;
      }
    }
    if (open) malformed();
    return sentence;
  });

const openNlp = spans((word) => {
  const [, type] = /^<START:([^>\s]+)>$/.exec(word) ?? [];
  if (type !== undefined) return { opens: type };
  if (word === '<START>') return { opens: 'default' };
  if (word === '<END>') return { closes: true };
  return /<START|<END/.test(word) ? malformed() : { token: word };
});

const brackets = spans((word) => {
  if (/^\[[A-Za-z][\w-]*$/.test(word)) return { opens: word.slice(1) };
  if (word === '[' || word === ']' || /^\[.*\]$/s.test(word)) return { token: word };
  if (word.endsWith(']')) return { token: word.slice(0, -1), closes: true };
  return word.startsWith('[') ? malformed() : { token: word };
});

/** Raw text: no letter is lost. @type {Oracle} */
const text = (content, reading) => lettersOf(reading) === content.replace(unseen, '');

/** @type {Oracle} */
const horizontal = (content, reading) =>
  isSame(
    content
      .split('\n')
      .map((line) => line.replace(/^\ufeff+/, '').split(/[\t-\r ]+/))
      .map((words) => words.filter((word) => word !== ''))
      .filter((words) => words.length > 0)
      .map((words) => words.map((word) => /** @type {const} */ ([word, '']))),
    reading,
  );

/** @type {Readonly<Record<string, Oracle>>} */
const byName = {
  'columns, spaces': columns(' ', { token: 0 }),
  'columns, tabs': columns('\t', { token: 0 }),
  'columns, ids': columns('\t', { token: 1 }),
  conllu,
  csv: table(csvRows, ['sentence', 'token', 'pos', 'tag']),
  'csv, no header': table(csvRows, []),
  'csv, lists': lists,
  tsv: table(tsvRows, ['token', 'tag']),
  jsonl,
  'jsonl, offsets': offsets,
  'inline, word/TAG': slashes,
  'inline, OpenNLP': openNlp,
  'inline, brackets': brackets,
  horizontal,
  text,
  lines: text,
};

/** The oracle of a document, which also knows what no format may have. @param {string} name @returns {Oracle} */
export const oracleOf = (name) => (content, reading) => {
  const oracle = byName[name];
  if (oracle === undefined) throw new Error(`no oracle for ${name}`);
  return !content.includes('\0') && oracle(content.replace(/^\ufeff/, ''), reading);
};
