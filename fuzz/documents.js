/**
 * @typedef {import('./oracles.js').Oracle} Oracle
 * @typedef {object} Document a valid file
 * @property {string} name
 * @property {string} format
 * @property {string} extension
 * @property {string} separator of the fields of a line
 * @property {string} text
 * @property {boolean} isRaw without tags
 * @property {Oracle} oracle
 * @property {readonly string[]} [labels]
 * @property {string} [annotates] the text of stand-off annotations, which is in another file
 */
import * as offsets from './offsets.js';
import * as oracles from './oracles.js';

/** @type {readonly (readonly (readonly [token: string, tag: string])[])[]} */
const sentences = [
  [
    ['Ada', 'B-PER'],
    ['Brandt', 'I-PER'],
    ['left', 'O'],
    ['Oslo', 'B-LOC'],
    ['.', 'O'],
  ],
  [
    ['It', 'O'],
    ['rained', 'O'],
    ['in', 'O'],
    ['Porto', 'B-LOC'],
    ['#', 'O'],
    ['.', 'O'],
  ],
  [
    ['Acme', 'B-ORG'],
    ['hired', 'O'],
    ['Bo', 'B-PER'],
    [',', 'O'],
    ['"', 'O'],
    ['Jo', 'B-PER'],
  ],
  [
    ['No', 'O'],
    ['1', 'O'],
    ['train', 'O'],
    ['to', 'O'],
    ['1/2', 'O'],
    ['café', 'B-LOC'],
    ['!', 'O'],
  ],
];

/** @param {(token: string, tag: string, t: number) => string} line */
const perToken = (line, end = '\n') =>
  sentences.map((one) => one.map(([token, tag], t) => line(token, tag, t)).join('') + end).join('');

/** @param {(tokens: readonly string[], tags: readonly string[], s: number) => string} line */
const perSentence = (line) =>
  sentences
    .map(
      (one, s) =>
        `${line(
          one.map(([token]) => token),
          one.map(([, tag]) => tag),
          s,
        )}\n`,
    )
    .join('');

const parts = ['NOUN', 'VERB', 'PUNCT', 'ADJ'];
/** @param {string} token */
const partOf = (token) => (/\w/.test(token) ? parts[token.length % 4] : 'PUNCT');

/** @param {string} cell */
const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
/** @param {readonly string[]} items */
const python = (items) =>
  `[${items.map((item) => (item.includes("'") ? `"${item}"` : `'${item}'`)).join(', ')}]`;

/** @param {readonly (readonly [string, string])[]} one */
const inBrackets = (one, open = '[', close = ']') => {
  let text = '';
  one.forEach(([token, tag], t) => {
    const goesOn = one[t + 1]?.[1].startsWith('I-');
    if (tag.startsWith('B-')) text += open.replace('TYPE', tag.slice(2)) + token;
    else text += token;
    if (tag !== 'O' && !goesOn) text += close;
    text += t < one.length - 1 ? ' ' : '\n';
  });
  return text;
};

/** @type {readonly Omit<Document, 'oracle' | 'isRaw'>[]} */
const labelled = [
  {
    name: 'columns, spaces',
    format: 'columns',
    extension: '.conll',
    separator: ' ',
    text: `-DOCSTART- -X- O\n\n${perToken((token, tag) => `${token} ${partOf(token)} ${tag}\n`)}`,
  },
  {
    name: 'columns, tabs',
    format: 'columns',
    extension: '.conll',
    separator: '\t',
    text: `# a comment\n${perToken((token, tag) => `${token}\t${tag}\n`)}`,
  },
  {
    name: 'columns, ids',
    format: 'columns',
    extension: '.conll',
    separator: '\t',
    text: perToken((token, tag, t) => `${t + 1}\t${token}\t${tag}\n`),
  },
  {
    name: 'conllu',
    format: 'conllu',
    extension: '.conllu',
    separator: '\t',
    text: sentences
      .map((one, s) => {
        const rows = one.map(
          ([token], t) =>
            `${t + 1}\t${token}\t_\t${partOf(token)}\t_\t_\t${t}\tdep\t_\t${t === 1 ? 'SpaceAfter=No' : '_'}\n`,
        );
        const range = s === 1 ? `1-2\tItrained${'\t_'.repeat(8)}\n` : '';
        const empty = s === 2 ? `6.1\tnull${'\t_'.repeat(8)}\n` : '';
        return `# sent_id = ${s}\n# text = x\n${range}${rows.join('')}${empty}\n`;
      })
      .join(''),
  },
  {
    name: 'csv',
    format: 'csv',
    extension: '.csv',
    separator: ',',
    text: `sentence,token,pos,tag\n${sentences
      .map((one, s) =>
        one.map(([token, tag]) => `${s},${quoted(token)},${partOf(token)},${tag}\n`).join(''),
      )
      .join('')}`,
  },
  {
    name: 'csv, no header',
    format: 'csv',
    extension: '.csv',
    separator: ',',
    text: perToken((token, tag) => `${quoted(token)},${tag}\n`),
  },
  {
    name: 'csv, lists',
    format: 'csv',
    extension: '.csv',
    separator: ',',
    text: `tokens,tags\n${perSentence((tokens, tags) => `${quoted(python(tokens))},${quoted(python(tags))}`)}`,
  },
  {
    name: 'tsv',
    format: 'tsv',
    extension: '.tsv',
    separator: '\t',
    text: `token\ttag\n${perToken((token, tag) => `${token}\t${tag}\n`)}`,
  },
  {
    name: 'jsonl',
    format: 'jsonl',
    extension: '.jsonl',
    separator: ',',
    text: perSentence((tokens, tags, id) =>
      JSON.stringify({ id, tokens, tags, pos_tags: tokens.map(partOf) }),
    ),
  },
  {
    name: 'jsonl, offsets',
    format: 'jsonl',
    extension: '.jsonl',
    separator: ',',
    text: perSentence((tokens, tags) => {
      const text = tokens.join(' ');
      const starts = tokens.map((_, t) => tokens.slice(0, t).join(' ').length + (t > 0 ? 1 : 0));
      const label = tags.flatMap((tag, t) => {
        if (!tag.startsWith('B-')) return [];
        let last = t;
        while (tags[last + 1]?.startsWith('I-')) last++;
        const end =
          /** @type {number} */ (starts[last]) + /** @type {string} */ (tokens[last]).length;
        return [[starts[t], end, tag.slice(2)]];
      });
      return JSON.stringify({ text, label });
    }),
  },
  {
    name: 'inline, word/TAG',
    format: 'inline',
    extension: '.inline',
    separator: ' ',
    text: perSentence((tokens, tags) => tokens.map((token, t) => `${token}/${tags[t]}`).join(' ')),
  },
  {
    name: 'inline, OpenNLP',
    format: 'inline',
    extension: '.inline',
    separator: ' ',
    text: sentences.map((one) => inBrackets(one, '<START:TYPE> ', ' <END>')).join(''),
  },
  {
    name: 'inline, brackets',
    format: 'inline',
    extension: '.inline',
    separator: ' ',
    text: sentences.map((one) => inBrackets(one, '[TYPE ')).join(''),
  },
];

/** @type {readonly Omit<Document, 'oracle' | 'isRaw'>[]} */
const raw = [
  { format: 'horizontal', extension: '', text: perSentence((tokens) => tokens.join(' ')) },
  {
    format: 'text',
    extension: '.txt',
    text: `${perSentence((tokens) => tokens.join(' '))}\nBye !\n`,
  },
  { format: 'lines', extension: '', text: perSentence((tokens) => tokens.join(' ')) },
].map((one) => ({ ...one, name: one.format, separator: ' ' }));

/** @param {Omit<Document, 'oracle' | 'isRaw'>} document @param {boolean} isRaw @returns {Document} */
const withOracle = (document, isRaw) => ({
  ...document,
  isRaw,
  oracle: oracles.oracleOf(document.name),
});

/** @param {Oracle} oracle @returns {Oracle} what no format may have */
const clean = (oracle) => (text, reading) =>
  !text.includes('\0') && oracle(text.replace(/^\ufeff/, ''), reading);

/** Valid files of every format. */
export const documents = [
  ...labelled.map((one) => withOracle(one, false)),
  ...raw.map((one) => withOracle(one, true)),
  ...offsets.documents.map((one) => ({ ...one, isRaw: false, oracle: clean(one.oracle) })),
];
