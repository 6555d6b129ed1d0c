import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelNames } from '../../../src/corpus/formats/labels.ts';
import { createWriter, type ReadOptions } from '../../../src/corpus/index.ts';
import { expectUserError, joined, parseText, seen, written } from '../helpers.ts';

const bare = { format: 'json' } as const;
const gold = { format: 'json', gold: true } as const satisfies ReadOptions;
const records = [
  { tokens: ['a', 'b]"'], tags: ['X', 'Y'] },
  { text: 'One \\ dog. Two', tags: ['1', '2', '3', '4', '5'] },
  { tokens: [], tags: [] },
  { tokens: ['😀'], tags: ['Z'] },
];

describe('reading json', () => {
  test.each([
    ['an array over many lines', JSON.stringify(records, null, 1)],
    ['an array on one line', JSON.stringify(records)],
    ['objects one after another', records.map((one) => JSON.stringify(one, null, 2)).join('\n')],
    ['arrays one after another', records.map((one) => JSON.stringify([one])).join('')],
  ])('%s', (_, text) => {
    const { sentences } = parseText(text, gold);
    expect(sentences.map(({ tokens, tags }) => [tokens.join(' '), tags.join(' ')])).toEqual([
      ['a b]"', 'X Y'],
      ['One \\ dog .', '1 2 3 4'],
      ['Two', '5'],
      ['😀', 'Z'],
    ]);
  });

  test('lines are those where a record begins', () => {
    const text = `\n${JSON.stringify(records.slice(0, 2), null, 1)}\n`;
    expect(seen(parseText(text, bare).sentences)).toEqual([
      { tokens: ['a', 'b]"'], tags: [], line: 3 },
      { tokens: ['One', '\\', 'dog', '.'], tags: [], line: 13 },
      { tokens: ['Two'], tags: [], line: 13 },
    ]);
  });

  test('texts with their annotations, as of spaCy 2', () => {
    const text = JSON.stringify([['Ann left', { entities: [[0, 3, 'PER']] }]]);
    expect(seen(parseText(text, gold).sentences)).toEqual([
      { tokens: ['Ann', 'left'], tags: ['B-PER', 'O'], line: 1 },
    ]);
  });

  test('documents of spaCy 3, whose tokens are offsets', () => {
    const at = (start: number, end: number, id: number) => ({ id, start, end, tag: 'X' });
    const document = {
      text: '😀 Ann left.',
      ents: [{ start: 2, end: 5, label: 'PER' }],
      tokens: [at(0, 1, 0), at(2, 5, 1), at(6, 11, 2)],
    };
    expect(seen(parseText(JSON.stringify([document]), gold).sentences)).toEqual([
      { tokens: ['😀', 'Ann', 'left.'], tags: ['O', 'B-PER', 'O'], line: 1 },
    ]);
    const wrong = JSON.stringify({ ...document, tokens: [at(3, 3, 0)] });
    expectUserError(() => parseText(wrong, gold), /^file:1: "tokens" is not an array of strings/);
  });

  test.each([
    ['[{"tokens":["a"],"tags":["X"]}', /^file:1: JSON that does not end/],
    ['[{"tokens":["a"],"tags":["X"]},]', /^file:1: neither a record nor an array .* at "\]"/],
    ['[{"tokens":["a"],"tags":["X"]}\n{"tokens":[]}]', /^file:2: neither a record/],
    ['[\n3]', /^file:2: neither a record nor an array of records, at "3/],
    ['[["a"]]', /^file:1: not a record, as/],
    ['[\n{"tokens":["a",],"tags":["X"]}]', /^file:2: not a record/],
    ['[{"tokens":["a"]}]', /^file:1: no key of tags/],
    [
      '{"classes":["A"],"annotations":[["a",{}]]}',
      /take them out: jq -c '\.\["annotations"\]\[\]'/,
    ],
    ['[{"id":0,"paragraphs":[]}]', /jq -c '\.\[\]\.paragraphs\[\]\.sentences\[\]/],
  ])('%j is refused', (text, message) => {
    // in pieces, as files are read
    expectUserError(() => parseText(text, gold, [text.length - 1]), message);
  });

  test('a record of more than 16 MiB is refused', () => {
    const text = `[{"a":"${' '.repeat(16 * 1024 * 1024)}"}]`;
    for (const cuts of [[], [text.length - 2]])
      expectUserError(() => parseText(text, gold, cuts), /^file:1: a record longer than 16 MiB/);
  });

  test('is the same however it is cut, and comes back', () => {
    const layout = fc.constantFrom(0, 1, 4);
    const cuts = fc.array(fc.nat(200), { maxLength: 4 });
    fc.assert(
      fc.property(fc.subarray(records), layout, cuts, (some, indent, cuts) => {
        const text = `\ufeff${JSON.stringify(some, null, indent)}\n`;
        const parsed = parseText(text, bare, cuts);
        expect(parsed).toEqual(parseText(text, bare));
        expect(joined(parsed)).toBe(text);
      }),
    );
  });
});

describe('writing json', () => {
  const put = (text: string) => written(parseText(text, bare), {}, (token) => `T${token.length}`);

  test('adds members to the records and changes nothing else', () => {
    expect(put('[ {"tokens": ["a"]} ,\n {"tokens": []},{"text":"Ab"} ]\n')).toBe(
      '[ {"tokens": ["a"], "tags": ["T1"]} ,\n {"tokens": [], "tags": []},{"text":"Ab","tokens":["Ab"],"tags":["T2"]} ]\n',
    );
    expect(put('[["Ab c", {"entities": []}]]')).toBe(
      '[["Ab c", {"entities": [], "tokens": ["Ab", "c"], "tags": ["T2", "T1"]}]]',
    );
    expect(put('{"tokens":["a"]}{"tokens":[]}')).toBe(
      '{"tokens":["a"],"tags":["T1"]}{"tokens":[],"tags":[]}',
    );
  });

  test('leaves a text as it is that was left out', () => {
    const task = { data: { text: 'Ann' }, annotations: [] };
    const text = JSON.stringify([task, { text: 'Bo', label: [] }]);
    expect(written(parseText(text, gold), {})).toBe(
      `[${JSON.stringify(task)},{"text":"Bo","label":[],"tokens":["Bo"],"tags":["O"]}]`,
    );
  });

  test('keeps the tokens of Prodigy, which are objects', () => {
    const task = '{"text":"Ann","tokens":[{"text":"Ann","start":0,"end":3}],"spans":[]}';
    expect(put(task)).toBe(task.replace(/\}$/, ',"tags":["T3"]}'));
  });

  test('other formats become an array', () => {
    const columns = parseText('a X\n\nb Y\n', { format: 'columns', gold: true });
    const writer = createWriter({ format: 'json' });
    writer.begin(columns.document);
    const out = writer.write(columns.sentences, [columns.sentences.map(({ tags }) => tags)]);
    expect(out + writer.end() + writer.close()).toBe(
      '[\n{"tokens":["a"],"tags":["X"]},\n{"tokens":["b"],"tags":["Y"]}\n]\n',
    );
    expect(createWriter({ format: 'json' }).close()).toBe('[]\n');
  });
});

describe('integer labels', () => {
  const read = (labels: readonly string[] | undefined, format: 'json' | 'jsonl' = 'jsonl') =>
    parseText('{"tokens":["a","b"],"ner_tags":[1,0]}\n', { format, gold: true, labels })
      .sentences[0]?.tags;

  test('get their names', () => {
    expect(read(['O', 'B-X'])).toEqual(['B-X', 'O']);
    expect(read(['O', 'B-X'], 'json')).toEqual(['B-X', 'O']);
    expectUserError(
      () => read(['O']),
      /^file:1: label 1 in column "ner_tags", but 1 name \(0 to 0\)/,
    );
    expectUserError(
      () => read(undefined),
      /^file:1: column "ner_tags" has numbers\. Give the names/,
    );
  });

  test.each([
    ['O\nB-X\r\n\n'],
    ['["O", "B-X"]'],
    ['{"0": "O", "1": "B-X"}'],
    ['{"B-X": 1, "O": 0}'],
    ['{"id2label": {"1": "B-X", "0": "O"}, "model_type": "bert"}'],
    ['{"features": {"id": {}, "ner_tags": {"feature": {"names": ["O", "B-X"]}, "_type": "List"}}}'],
    ['{"features": {"pos": {"feature": {"names": ["N"]}}, "ner_tags": {"names": ["O", "B-X"]}}}'],
  ])('are named by %j', (text) => {
    expect(labelNames(text, { file: 'f', key: 'ner_tags' })).toEqual(['O', 'B-X']);
  });

  test.each([['{"a": 1}'], ['{"features": {}}'], ['[1]'], ['[ "O",'], [''], ['O\n\nB']])(
    'are not named by %j',
    (text) => {
      expectUserError(
        () => labelNames(text, { file: 'f', key: undefined }),
        /^f:1: no list of label names/,
      );
    },
  );
});

describe('Label Studio', () => {
  const span = (start: number, end: number, label: string, text?: string) => ({
    value: { start, end, labels: [label], ...(text !== undefined && { text }) },
    type: 'labels',
  });
  const read = (tasks: unknown, options: Omit<ReadOptions, 'format'> = {}) => {
    const notes: string[] = [];
    const { sentences } = parseText(JSON.stringify(tasks, null, 2), {
      ...gold,
      onNote: (note) => notes.push(note),
      ...options,
    });
    const pairs = sentences.map((s) => s.tokens.map((t, i) => `${t}/${s.tags[i]}`).join(' '));
    return { pairs, notes };
  };

  test('tasks with one annotation, several, none, cancelled ones and predictions', () => {
    const task = (text: string, more: object) => ({ id: 1, data: { body: text, n: 1 }, ...more });
    const { pairs, notes } = read([
      task('Ann', { annotations: [{ result: [span(0, 3, 'PER')] }], predictions: [] }),
      task('Bo', { annotations: [{ result: [span(0, 2, 'A')] }, { result: [] }] }),
      task('Cy', { annotations: [] }),
      task('Di', { annotations: [{ was_cancelled: true, result: [] }] }),
      task('Ed', { annotations: [], predictions: [{ result: [span(0, 2, 'P')] }] }),
    ]);
    expect(pairs).toEqual(['Ann/B-PER', 'Bo/B-A', 'Ed/B-P']);
    expect(notes).toEqual([
      'file: texts: 2 without annotations, left out; 1 with several annotations, of which the first is read; 1 with predictions only, which are read.',
    ]);
  });

  test('relations and choices are no spans, but a span without its value is refused', () => {
    const others = [{ type: 'relation', from_id: 'a' }, { value: { choices: ['x'] } }];
    const task = (result: object[]) => [{ data: { text: 'Ann' }, annotations: [{ result }] }];
    expect(read(task([...others, span(0, 3, 'P')])).pairs).toEqual(['Ann/B-P']);
    for (const wrong of [[], { valu: {} }, { value: { labels: ['P'] } }, { value: { start: 0 } }])
      expectUserError(() => read(task([wrong])), /^file:2: an annotation of Label Studio without/);
  });

  test('tasks with choices but no spans are counted', () => {
    const result = [{ type: 'choices', value: { choices: ['good'] } }];
    const { pairs, notes } = read([{ data: { text: 'Ann' }, annotations: [{ result }] }]);
    expect(pairs).toEqual(['Ann/O']);
    expect(notes).toEqual([
      'file: texts: 1 with choices or other annotations but no spans, read as texts without spans.',
    ]);
  });

  test('tasks of several texts are refused with their names, and one may be named', () => {
    const annotations = [{ result: [span(0, 3, 'PER')] }];
    const task = [{ data: { body: 'Ann', ref: 'a.txt' }, annotations }];
    expectUserError(
      () => read(task),
      /no text "text"\. Its texts are "body", "ref"\. Name the one/,
    );
    expect(read(task, { tokenColumn: 'body' }).pairs).toEqual(['Ann/B-PER']);
    const spans = [{ start: 0, end: 3, label: 'PER' }];
    expectUserError(
      () => read([{ body: 'Ann', spans }]),
      /"spans"\. Name the one that has the tok/,
    );
  });

  test('its small JSON', () => {
    const label = [{ start: 0, end: 3, text: 'Ann', labels: ['PER', 'X'] }];
    const { pairs, notes } = read([{ text: 'Ann left', id: 1, label, annotator: 1 }]);
    expect(pairs).toEqual(['Ann/B-PER left/O']);
    expect(notes).toEqual(['file: of 2 spans: 1 overlapping others, left out.']);
  });

  test('offsets count code points, or UTF-16 units where the text of a span says so', () => {
    const task = (start: number, end: number, text?: string) =>
      read([
        { data: { text: '😀😀x b' }, annotations: [{ result: [span(start, end, 'P', text)] }] },
      ]);
    expect(task(4, 5, 'b').pairs).toEqual(task(6, 7, 'b').pairs);
    expect(task(4, 5, 'b').pairs[0]).toMatch(/b\/B-P$/);
    expectUserError(() => task(0, 1, 'b'), /^file:2: a span of "b", but its offsets have "😀"/);
  });

  test('annotations of what is no plain text are refused', () => {
    const value = { start: '/div[1]/text()[1]', end: '/p[1]', startOffset: 0, labels: ['P'] };
    expectUserError(
      () => read([{ data: { text: 'a' }, annotations: [{ result: [{ value }] }] }]),
      /^file:2: an annotation of Label Studio without offsets in a text/,
    );
  });

  test('its CoNLL export', () => {
    const text = '-DOCSTART- -X- O\nAnn -X- _ B-PER\nleft -X- _ O\n\nBo -X- _ B-PER\n';
    const { sentences } = parseText(text, { format: 'columns', gold: true });
    expect(sentences.map(({ tags }) => tags)).toEqual([['B-PER', 'O'], ['B-PER']]);
  });
});

test('what an annotator of Prodigy rejected is left out and counted', () => {
  const notes: string[] = [];
  const record = (answer: string) => JSON.stringify({ text: 'Ann', spans: [], answer });
  const text = ['accept', 'reject', 'ignore'].map(record).join('\n');
  const options = {
    format: 'jsonl',
    gold: true,
    onNote: (note: string) => notes.push(note),
  } as const;
  expect(parseText(text, options).sentences).toHaveLength(1);
  expect(notes).toEqual(['file: texts: 2 rejected or ignored by the annotator, left out.']);
});

describe('texts without a key of annotations', () => {
  const span = { start: 0, end: 3, label: 'PER' };
  const read = (...records: object[]) => {
    const notes: string[] = [];
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const onNote = (note: string) => notes.push(note);
    const { sentences } = parseText(text, { format: 'jsonl', gold: true, onNote });
    return { tags: sentences.map(({ tags }) => tags.join(' ')), notes };
  };

  test('are left out and counted, wherever they are', () => {
    const ann = { text: 'Ann', spans: [span] };
    expect(read({ text: 'It rains' }, ann, { text: 'Yes', label: null })).toEqual({
      tags: ['B-PER'],
      notes: ['file: texts: 2 without annotations, left out.'],
    });
  });

  test('have no spans if Prodigy accepted them, and are counted if it did not', () => {
    const [yes, no] = ['accept', 'ignore'].map((answer) => ({ text: 'It rains', answer }));
    expect(read(yes!, no!)).toEqual({
      tags: ['O O'],
      notes: ['file: texts: 1 rejected or ignored by the annotator, left out.'],
    });
  });

  test('are refused if no text has annotations', () => {
    expectUserError(() => read({ text: 'It rains', spanz: [span] }), /^file:1: no key of tags\./);
  });
});
