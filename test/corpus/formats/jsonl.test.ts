import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultTokenization } from '../../../src/corpus/text/tokenization.ts';
import { expectUserError, joined, parseText, seen, written } from '../helpers.ts';

const bare = { format: 'jsonl' } as const;
const gold = { format: 'jsonl', gold: true } as const;

describe('reading jsonl', () => {
  test('tokens and tags, an object a line', () => {
    const text =
      '{"id": 1, "tokens": ["a", "b c"], "tags": ["X", "Y"]}\n\n{"words":[""],"tags":["Z"]}';
    expect(seen(parseText(text, gold).sentences)).toEqual([
      { tokens: ['a', 'b c'], tags: ['X', 'Y'], line: 1 },
      { tokens: [''], tags: ['Z'], line: 3 },
    ]);
    expect(parseText(text, bare).sentences[0]?.tags).toEqual([]);
    expect(parseText('{"form":["a"],"text":"b"}', bare).sentences[0]?.tokens).toEqual(['a']);
  });

  test('raw text, cut as the tokenization says', () => {
    const { treatments } = defaultTokenization;
    const tokenization = {
      ...defaultTokenization,
      treatments: { ...treatments, hyphens: 'keep' as const },
    };
    const text = '{"text": "a well-known man"}\n';
    const [byDefault] = parseText(text, bare).sentences;
    const [sentence] = parseText(text, { ...bare, tokenization }).sentences;
    expect(byDefault?.tokens).toEqual(['a', 'well', '-', 'known', 'man']);
    expect(sentence?.tokens).toEqual(['a', 'well-known', 'man']);
  });

  test('raw text, of which a line may have several sentences', () => {
    const text = '{"text": "One dog.\\nTwo\\u0020dogs! "}\n{"text": " "}\n{"text": "Three"}\n';
    const { sentences } = parseText(text, bare);
    expect(sentences.map(({ tokens, line }) => [tokens.join(' '), line])).toEqual([
      ['One dog .', 1],
      ['Two dogs !', 1],
      ['Three', 3],
    ]);
    expect(sentences.map(({ source }) => source?.prose)).toEqual([
      'One dog.\n',
      'Two dogs! ',
      'Three',
    ]);
    const tagged = '{"text": "A b. C", "tags": ["1", "2", "3", "4"]}';
    expect(parseText(tagged, gold).sentences.map(({ tags }) => tags)).toEqual([
      ['1', '2', '3'],
      ['4'],
    ]);
  });

  test('under the keys asked for', () => {
    const text = '{"0":["a"],"tags":["X"],"ner":["Y"],"tokens":["b"],"body":"One two"}';
    const at = (tokenColumn: string | number, tagColumn: string) =>
      seen(parseText(text, { ...bare, tokenColumn, tagColumn }).sentences);
    expect(at(0, 'ner')).toEqual([{ tokens: ['a'], tags: ['Y'], line: 1 }]);
    expect(parseText(text, { ...bare, tokenColumn: 'body' }).sentences[0]?.tokens).toEqual([
      'One',
      'two',
    ]);
    expectUserError(() => at('body', 'ner'), /^file:1: 1 tag in "ner" for 2 tokens in "body"/);
  });

  test('the first line decides which key has the tags', () => {
    const text = '{"tokens":["a"],"labels":["X"]}\n{"tokens":["b"],"labels":["Y"],"ner":["Z"]}\n';
    const { sentences, document } = parseText(text, gold);
    expect(sentences[1]?.tags).toEqual(['Y']);
    expect(document.keys).toEqual({ token: undefined, tag: 'labels' });
    const other = text.replace('"ner"', '"tags"');
    expectUserError(() => parseText(other, gold), /^file:2: a key "tags", but .* "labels"/);
    expect(parseText(other, { ...gold, tagColumn: 'labels' }).sentences).toHaveLength(2);
  });

  test.each([
    ['{"tokens": [', /^file:2: not a line with one JSON object, as \{"tokens".*format is json/],
    ['["a"]', /^file:2: not a line with one JSON object/],
    ['null', /^file:2: not a line with one JSON object/],
    ['{"tokens":["a"]} {}', /^file:2: not a line with one JSON object/],
    [
      '{"id":1,"x":2}',
      /^file:2: no key "tokens", "words", "form", "text"\. The keys are "id", "x"\. Name/,
    ],
    ['{}', /^file:2: no key .*\. The keys are none\./],
    ['{"tokens":"a b"}', /^file:2: "tokens" is not an array of strings\./],
    ['{"tokens":["a",1]}', /^file:2: "tokens" is not an array of strings\./],
    ['{"text":["a"]}', /^file:2: "text" is not a string of raw text\./],
    ['{"tokens":["a"],"tags":["X","Y"]}', /^file:2: 2 tags in "tags" for 1 token in "tokens"/],
    [
      '{"tokens":["a"],"tags":[3]}',
      /^file:2: column "tags" has numbers\. Give the names of the labels/,
    ],
    ['{"tokens":["a"],"tags":["X\\nY"]}', /^file:2: a tag in "tags" has a tab or line end/],
    [
      '{"tokens":["a"]}',
      /^file:2: no key "tags"\. The keys are "tokens"\. Name the one that has the tags/,
    ],
  ])('%s is an error with its line', (line, message) => {
    const good = '{"tokens":["a"],"tags":["X"]}\n';
    expectUserError(() => parseText(`${good}${line}\n${good}`, gold), message);
  });

  test('no tags at all, and lines too long', () => {
    expectUserError(
      () => parseText('{"tokens":["a"]}', gold),
      /^file:1: no key of tags\. The keys/,
    );
    expectUserError(
      () => parseText(`{"text":"${' '.repeat(16 * 1024 * 1024)}"}`, bare),
      /^file:1: a line longer than 16 MiB/,
    );
  });
});

describe('writing jsonl', () => {
  const put = (text: string, tagColumn?: string) =>
    written(parseText(text, bare), { tagColumn }, (token) => `T${token.length}`);

  test('adds a member as the others are written, and changes nothing else', () => {
    expect(put('{"n":1.0e2,"tokens":["a","\\u0062c"]}')).toBe(
      '{"n":1.0e2,"tokens":["a","\\u0062c"],"tags":["T1","T2"]}',
    );
    expect(put('  { "tokens" : [ "a" , "b" ], "z" : {"tags": [1]} } \r\n \n')).toBe(
      '  { "tokens" : [ "a" , "b" ], "z" : {"tags": [1]}, "tags": ["T1", "T1"] } \r\n \n',
    );
    expect(put('{"tokens": ["a", "b"]}')).toBe('{"tokens": ["a", "b"], "tags": ["T1", "T1"]}');
  });

  test('replaces a member, of several the last, which is the one that counts', () => {
    expect(put('{"tags": null, "tokens": ["a"]}')).toBe('{"tags": ["T1"], "tokens": ["a"]}');
    expect(put('{"tags":{"a":[1,"]"]} ,"tokens":["a"],"t\\u0061gs":"}\\\\"}')).toBe(
      '{"tags":{"a":[1,"]"]} ,"tokens":["a"],"t\\u0061gs":["T1"]}',
    );
    expect(put('{"tokens":["a"],"tags":["X"]}', 'ner "x"')).toBe(
      '{"tokens":["a"],"tags":["X"],"ner \\"x\\"":["T1"]}',
    );
  });

  test('a line of raw text gets its tokens too', () => {
    expect(put('{"text": "Oh no. Yes"}\n')).toBe(
      '{"text": "Oh no. Yes", "tokens": ["Oh", "no", ".", "Yes"], "tags": ["T2", "T2", "T1", "T3"]}\n',
    );
    expect(put('{"text":"a"}\n{"text":"b. c"}\n')).toBe(
      '{"text":"a","tokens":["a"],"tags":["T1"]}\n{"text":"b. c","tokens":["b","."," c"],"tags":["T1","T1","T1"]}\n'.replace(
        '" c"',
        '"c"',
      ),
    );
  });

  test('a line without tokens gets none', () => {
    expect(put('{"tokens":[]}\n{"text":""}\n{"tokens":["a"]}\n{"text":" "}\n{"words":[]}')).toBe(
      '{"tokens":[],"tags":[]}\n{"text":"","tokens":[],"tags":[]}\n{"tokens":["a"],"tags":["T1"]}\n{"text":" ","tokens":[],"tags":[]}\n{"words":[],"tags":[]}',
    );
  });

  test('converts raw text with its spaces', () => {
    const parsed = parseText('{"text":"No. Don\'t!"}', bare);
    const out = written(parsed, { format: 'conllu' }, () => 'X');
    expect(out).toContain("# text = Don't!\n");
    expect(out.match(/SpaceAfter=No/g)).toHaveLength(4);
  });

  test('files follow each other on lines of their own', () => {
    const first = parseText('{"tokens":["a"]}', bare);
    const second = parseText('\ufeff{"tokens":["b"]}', bare);
    const sentences = [...first.sentences, ...second.sentences];
    expect(written({ sentences, document: first.document }, {}, () => 'X')).toBe(
      '{"tokens":["a"],"tags":["X"]}\n{"tokens":["b"],"tags":["X"]}',
    );
  });
});

/** JSON as people and programs write it: any spaces, any escapes. */
const space = fc.constantFrom('', '', ' ', '  ', '\t');
const string = fc.oneof(
  fc.constantFrom(
    '"a"',
    '"\\u0041"',
    '"\\""',
    '"\\\\"',
    '"]}"',
    '"{[,:"',
    '"\\\\\\""',
    '"😂"',
    '"\u2028"',
    '""',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }).map((text) => JSON.stringify(text)),
);
const array = (item: fc.Arbitrary<string>, minLength = 0) =>
  fc
    .tuple(
      fc.array(
        fc.tuple(space, item, space).map((parts) => parts.join('')),
        { minLength, maxLength: 4 },
      ),
      space,
    )
    .map(([items, inside]) => `[${items.length > 0 ? items.join(',') : inside}]`);
const value = fc.oneof(
  string,
  fc.constantFrom('1', '-0', '1.50', '1E3', '{}', '{ "tags" : ["x"] }', '[[]]', 'null'),
  array(string),
);
const content = fc.oneof(
  array(string).map((json) => ['"tokens"', json]),
  array(string).map((json) => ['"words"', json]),
  fc
    .constantFrom('"One. Two, three!"', '" "', '"\\n\\nA\\tb"', '"名前。"')
    .map((json) => ['"text"', json]),
);
const line = fc
  .record({
    before: fc.array(fc.tuple(fc.constantFrom('"id"', '"m\\"x"', '"n"'), value), { maxLength: 2 }),
    content,
    after: fc.array(fc.tuple(fc.constantFrom('"z"', '"meta"'), value), { maxLength: 2 }),
    spaces: fc.array(space, { minLength: 5, maxLength: 5 }),
  })
  .map(({ before, content, after, spaces: [a, b, c, d, e] }) => {
    const members = [...before, content, ...after].map(
      ([key, json]) => `${a}${key}${b}:${c}${json}${d}`,
    );
    return `${e}{${members.join(',')}}${a}`;
  });
const file = fc
  .record({
    bom: fc.constantFrom('', '\ufeff'),
    lines: fc.array(
      fc.tuple(
        fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: space }),
        fc.constantFrom('\n', '\r\n'),
      ),
      { maxLength: 6 },
    ),
    open: fc.boolean(),
  })
  .map(({ bom, lines, open }) => {
    const text = lines.flat().join('');
    return bom + (open ? text.replace(/\r?\n$/, '') : text);
  });

describe('any jsonl file', () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 8 });

  test('comes back byte for byte once its tags are taken away', () => {
    fc.assert(
      fc.property(file, cuts, (text, cuts) => {
        const parsed = parseText(text, bare, cuts);
        expect(joined(parsed)).toBe(text);
        const lines = written(parsed, { tagColumn: '@' }, () => 'T').split('\n');
        const members =
          /^, ?(?:"tokens": ?\[(?:"(?:[^"\\]|\\.)*"(?:, ?)?)*\], ?)?"@": ?\[(?:"T"(?:, ?)?)*\]$/;
        const sources = text.split('\n');
        expect(lines.length).toBe(sources.length);
        for (const [i, source] of sources.entries()) {
          let at = 0;
          while (at < source.length && source[at] === lines[i]![at]) at++;
          const added = lines[i]!.slice(at, lines[i]!.length - source.length + at);
          expect(source.slice(0, at) + added + source.slice(at)).toBe(lines[i]);
          if (source.replace('\ufeff', '').trim() !== '') expect(added).toMatch(members);
        }
      }),
    );
  });

  test('says what it said, and the tags', () => {
    const objects = (text: string) =>
      text
        .replace('\ufeff', '')
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    fc.assert(
      fc.property(file, fc.constantFrom('tags', 'id', 'z'), (text, tagColumn) => {
        const parsed = parseText(text, bare);
        const out = written(parsed, { tagColumn }, (token) => `T${token.length}`);
        const tokens = parsed.sentences.flatMap(({ tokens }) => tokens);
        expect(objects(out).flatMap((object) => object[tagColumn])).toEqual(
          tokens.map((token) => `T${token.length}`),
        );
        expect(objects(out).map(({ tokens, [tagColumn]: _, ...rest }) => rest)).toEqual(
          objects(text).map(({ tokens, [tagColumn]: _, ...rest }) => rest),
        );
        // replaced by what is there, nothing changes
        const again = parseText(out, { ...gold, tagColumn });
        if (again.sentences.length > 0)
          expect(objects(written(again, { tagColumn }))).toEqual(objects(out));
      }),
    );
  });

  test('is the same however it is cut', () => {
    fc.assert(
      fc.property(file, cuts, (text, cuts) => {
        expect(parseText(text, bare, cuts)).toEqual(parseText(text, bare));
      }),
    );
  });
});

describe('spans as offsets', () => {
  const read = (line: unknown, options = {}) => {
    const notes: string[] = [];
    const { sentences } = parseText(`${JSON.stringify(line)}\n`, {
      format: 'jsonl',
      gold: true,
      onNote: (note) => notes.push(note),
      ...options,
    });
    return {
      pairs: sentences.map((s) => s.tokens.map((t, i) => `${t}/${s.tags[i]}`).join(' ')),
      notes,
    };
  };
  const text = 'Ann Lee flew to Oslo.';
  const expected = ['Ann/B-PER Lee/I-PER flew/O to/O Oslo/B-LOC ./O'];

  test('of doccano, spaCy, Prodigy and Label Studio', () => {
    const offsets = [
      [0, 7, 'PER'],
      [16, 20, 'LOC'],
    ] as const;
    const objects = offsets.map(([start, end, label]) => ({ start, end, label }));
    expect(read({ id: 1, text, label: offsets }).pairs).toEqual(expected);
    expect(read({ text, entities: offsets }).pairs).toEqual(expected);
    expect(read({ text, labels: offsets }, { tagColumn: 'labels' }).pairs).toEqual(expected);
    expect(
      read({
        text,
        entities: offsets.map(([start_offset, end_offset, label]) => ({
          start_offset,
          end_offset,
          label,
        })),
      }).pairs,
    ).toEqual(expected);
    const tokens = ['Ann', 'Lee', 'flew', 'to', 'Oslo', '.'].map((text, id) => ({ text, id }));
    expect(read({ text, tokens, spans: objects }).pairs).toEqual(expected);
    const result = offsets.map(([start, end, label]) => ({
      value: { start, end, labels: [label] },
    }));
    expect(read({ data: { text }, annotations: [{ result }] }).pairs).toEqual(expected);
    expect(read({ text, label: [] }).pairs).toEqual(['Ann/O Lee/O flew/O to/O Oslo/O ./O']);
  });

  test('count code points', () => {
    expect(read({ text: '\u{1f600} Ann left.', label: [[2, 5, 'PER']] }).pairs).toEqual([
      '\u{1f600}/O Ann/B-PER left/O ./O',
    ]);
  });

  test('count a byte order mark in the text', () => {
    const line = {
      text: '\ufeffAnn left. Bo',
      label: [
        [1, 4, 'PER'],
        [11, 13, 'PER'],
      ],
    };
    expect(read(line)).toEqual({ pairs: ['Ann/B-PER left/O ./O', 'Bo/B-PER'], notes: [] });
  });

  test('that do not align are counted, or refused', () => {
    const line = {
      text,
      label: [
        [1, 7, 'PER'],
        [0, 3, 'X'],
        [99, 100, 'Y'],
        [16, 20, 'LOC'],
      ],
    };
    const { pairs, notes } = read(line);
    expect(pairs).toEqual(expected);
    expect(notes).toEqual([
      'file: of 4 spans: 1 widened to whole tokens; 1 overlapping others, left out; 1 outside the text or empty, left out.',
    ]);
    expectUserError(() => read(line, { strictSpans: true }), /^file:1: of 4 spans: 1 widened/);
    expectUserError(
      () => read({ sentence: 1, start: 0, end: 3, text: 'Ann', type: 'PER' }),
      /^file:1: no key of tags/,
    );
  });
});
