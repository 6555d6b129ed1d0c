import { isSame, lettersOf, unseen } from './oracles.js';

/*
 * Files of JSON and of offsets, and what they mean. A span is intended if the tokens with its tag are what it covers. The
 * campaign counts spans that do not fit tokens as told, since a note says so.
 */

/**
 * @typedef {import('./oracles.js').Reading} Reading
 * @typedef {Record<string, unknown>} Members
 * @typedef {{ start: number, end: number, label: string }} Span
 * @typedef {{ text: string, spans: Span[] }} Annotated
 */

/** @param {unknown} value @returns {value is Members} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {string} text */
function parsed(text) {
  try {
    return { value: /** @type {unknown} */ (JSON.parse(text)) };
  } catch {
    return undefined;
  }
}

/** The records of a text: arrays of objects, and objects, one after another. @param {string} text @returns {Members[] | undefined} */
function recordsOf(text) {
  /** @type {Members[]} */
  const records = [];
  let rest = text.trimStart();
  while (rest !== '') {
    let end = 1;
    let found;
    for (; end <= rest.length; end++) {
      if (!/[\]}]/.test(rest[end - 1] ?? '')) continue;
      found = parsed(rest.slice(0, end));
      if (found !== undefined) break;
    }
    if (found === undefined) return undefined;
    const { value } = found;
    const some = Array.isArray(value) ? value : [value];
    if (!some.every(isObject)) return undefined;
    records.push(...some);
    rest = rest.slice(end).trimStart();
  }
  return records;
}

/** @param {unknown} list @returns {list is string[]} */
const areStrings = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string');

/** @param {string} text @param {Reading} reading */
export function json(text, reading) {
  const records = recordsOf(text);
  if (records === undefined) return false;
  /** @type {(readonly [string, string])[][]} */
  const expected = [];
  for (const { tokens, tags } of records) {
    if (!areStrings(tokens) || !areStrings(tags) || tokens.length !== tags.length) return false;
    if (tags.some((tag) => /[\t\r\n]/.test(tag))) return false;
    if (tokens.length > 0)
      expected.push(tokens.map((token, t) => /** @type {const} */ ([token, tags[t] ?? ''])));
  }
  return isSame(expected, reading);
}

/** The spans of a reading: their labels and letters. @param {Reading} reading */
const spansOf = (reading) =>
  reading.flatMap((one) =>
    one.flatMap(([token, tag], t) => {
      if (!tag.startsWith('B-')) return [];
      let words = token;
      for (let i = t + 1; one[i]?.[1].startsWith('I-'); i++) words += one[i]?.[0];
      return [`${tag.slice(2)} ${words}`.replace(unseen, '')];
    }),
  );

/** Whether a reading has the texts and the spans, by one of the units. @param {readonly Annotated[]} texts @param {Reading} reading */
function areRead(texts, reading) {
  const letters = texts.map(({ text }) => text).join('');
  if (lettersOf(reading) !== letters.replace(unseen, '')) return false;
  const found = spansOf(reading).toSorted();
  return ['', /** @type {const} */ ('points')].some((unit) => {
    const expected = texts.flatMap(({ text, spans }) =>
      spans.map(({ start, end, label }) => {
        const covered = unit ? [...text].slice(start, end).join('') : text.slice(start, end);
        return `${label} ${covered}`.replace(unseen, '');
      }),
    );
    return JSON.stringify(expected.toSorted()) === JSON.stringify(found);
  });
}

/** @param {unknown} value @returns {Span | undefined} */
function spanOf(value) {
  if (!isObject(value)) return undefined;
  const { start, end, label } = value;
  if (!Number.isInteger(start) || !Number.isInteger(end)) return undefined;
  return typeof label === 'string' && label !== ''
    ? { start: Number(start), end: Number(end), label }
    : undefined;
}

/** @param {(record: Members) => { text: unknown, spans: (Span | undefined)[] } | undefined} read */
const annotated =
  (read) => /** @param {string} text @param {Reading} reading */ (text, reading) => {
    const records = recordsOf(text);
    if (records === undefined) return false;
    /** @type {Annotated[]} */
    const texts = [];
    for (const record of records) {
      const { text: content, spans = [] } = read(record) ?? {};
      if (typeof content !== 'string' || spans.includes(undefined)) return false;
      texts.push({ text: content, spans: /** @type {Span[]} */ (spans) });
    }
    return areRead(texts, reading);
  };

export const prodigy = annotated(({ text, spans }) =>
  Array.isArray(spans) ? { text, spans: spans.map(spanOf) } : undefined,
);

export const labelStudio = annotated(({ data, annotations }) => {
  if (!isObject(data) || !Array.isArray(annotations) || annotations.length !== 1) return undefined;
  // the text may have any name, if it is the only one
  const texts = Object.values(data).filter((value) => typeof value === 'string');
  const [first] = annotations;
  if (!isObject(first) || !Array.isArray(first['result'])) return undefined;
  const spans = first['result'].map((item) => {
    const value = isObject(item) ? item['value'] : undefined;
    if (!isObject(value) || !areStrings(value['labels'])) return undefined;
    return spanOf({ ...value, label: value['labels'][0] });
  });
  return { text: data['text'] ?? (texts.length === 1 ? texts[0] : undefined), spans };
});

/** The text of the stand-off files. */
const standoffText = 'Ada Brandt left Oslo. It rained in Porto.\nAcme hired Bo, and Jo too.\n';

/** @param {(line: string) => Span & { text: string } | undefined | 'none'} read */
const standoff = (read) => /** @param {string} text @param {Reading} reading */ (text, reading) => {
  const spans = [];
  for (const line of text.split('\n')) {
    const span = line.trim() === '' ? 'none' : read(line.replace(/\r$/, ''));
    if (span === undefined) return false;
    if (span === 'none') continue;
    const covered = standoffText.slice(span.start, span.end);
    if (covered.replace(/\s/g, '') !== span.text.replace(/\s/g, '')) return false;
    spans.push(span);
  }
  return areRead([{ text: standoffText, spans }], reading);
};

export const brat = standoff((line) => {
  const [, label = '', start, end, text = ''] =
    /^T\d+\S*\t(\S+) (\d+) (\d+)\t([^\t]*)/.exec(line) ?? [];
  if (start !== undefined) return { start: Number(start), end: Number(end), label, text };
  return /^(?:[REAMN#]\S*\t|\*\t)/.test(line) ? 'none' : undefined;
});

export const spans = standoff((line) => {
  const { value } = parsed(line) ?? {};
  if (!isObject(value)) return undefined;
  const span = spanOf({ ...value, label: value['type'] });
  const { text } = value;
  return span && typeof text === 'string' ? { ...span, text } : undefined;
});

const places = /** @type {const} */ ([
  [0, 10, 'PER'],
  [16, 20, 'LOC'],
  [35, 40, 'LOC'],
  [42, 46, 'ORG'],
  [53, 55, 'PER'],
  [61, 63, 'PER'],
]);
const lines = standoffText.split('\n').slice(0, -1);
const texts = lines.map((text, l) => {
  const before = lines.slice(0, l).join('\n').length + (l > 0 ? 1 : 0);
  const own = places.filter(([start]) => start >= before && start < before + text.length);
  const spans = own.map(([start, end, label]) => ({
    start: start - before,
    end: end - before,
    label,
  }));
  return { text, spans };
});

/** Valid files, for the campaign. */
export const documents = [
  {
    name: 'json',
    format: 'json',
    extension: '.json',
    separator: ',',
    text: `${JSON.stringify(
      [
        { tokens: ['Ada', 'left', '"'], tags: ['B-PER', 'O', 'O'] },
        { id: 2, tokens: ['café'], tags: ['B-LOC'] },
        { tokens: ['Bo', 'Jo'], tags: ['B-PER', 'B-PER'] },
      ],
      null,
      1,
    )}\n`,
    oracle: json,
  },
  {
    name: 'json, prodigy',
    format: 'jsonl',
    extension: '.jsonl',
    separator: ',',
    text: texts.map((one) => `${JSON.stringify(one)}\n`).join(''),
    oracle: prodigy,
  },
  {
    name: 'json, label studio',
    format: 'json',
    extension: '.json',
    separator: ',',
    text: JSON.stringify(
      texts.map(({ text, spans }) => ({
        data: { text },
        annotations: [
          {
            result: spans.map(({ start, end, label }) => ({
              value: { start, end, labels: [label] },
            })),
          },
        ],
      })),
      null,
      1,
    ),
    oracle: labelStudio,
  },
  {
    name: 'brat',
    format: 'brat',
    extension: '.ann',
    separator: '\t',
    text: `${places.map(([start, end, label], s) => `T${s + 1}\t${label} ${start} ${end}\t${standoffText.slice(start, end)}\n`).join('')}R1\tX Arg1:T1 Arg2:T2\n`,
    annotates: standoffText,
    oracle: brat,
  },
  {
    name: 'spans',
    format: 'spans',
    extension: '.spans',
    separator: ',',
    text: places
      .map(
        ([start, end, type], s) =>
          `${JSON.stringify({ sentence: s + 1, start, end, text: standoffText.slice(start, end), type })}\n`,
      )
      .join(''),
    annotates: standoffText,
    oracle: spans,
  },
];
