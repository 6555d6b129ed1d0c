import { describe, expect, test } from 'vitest';
import {
  createWriter,
  type Format,
  type Sentence,
  type WriteOptions,
} from '../../../src/corpus/index.ts';
import { expectUserError, parseText, written } from '../helpers.ts';

const sentence = (tokens: string[], tags: string[]): Sentence => ({
  tokens,
  tags,
  file: '',
  line: 1,
});

const two = [
  sentence(['Barack', 'Obama', 'sleeps'], ['B-PER', 'I-PER', 'O']),
  sentence(['He', 'said', ',', '"'], ['O', 'O', 'O', 'O']),
];

function write(sentences: Sentence[], options: WriteOptions): string {
  const writer = createWriter(options);
  let out = '';
  for (const one of sentences) out += writer.write([one], [[one.tags]]);
  return out + writer.end();
}

describe('converting', () => {
  test('to columns', () => {
    expect(write(two, { format: 'columns' })).toBe(
      'Barack\tB-PER\nObama\tI-PER\nsleeps\tO\n\nHe\tO\nsaid\tO\n,\tO\n"\tO\n\n',
    );
    expect(write(two, {})).toBe(write(two, { format: 'columns' }));
    expect(write([sentence(['a\tb\nc'], ['X\nY'])], {})).toBe('a b c\tX Y\n\n');
  });

  test('to CoNLL-U', () => {
    expect(write(two.slice(0, 1), { format: 'conllu', tagColumn: 'NER' })).toBe(
      [
        '# sent_id = 1',
        '# text = Barack Obama sleeps',
        '1\tBarack\t_\t_\t_\t_\t_\t_\t_\tNER=B-PER',
        '2\tObama\t_\t_\t_\t_\t_\t_\t_\tNER=I-PER',
        '3\tsleeps\t_\t_\t_\t_\t_\t_\t_\tNER=O',
        '',
        '',
      ].join('\n'),
    );
    const odd = write([sentence(['', 'a\tb'], ['X\tY', ''])], {
      format: 'conllu',
      tagColumn: 'xpos',
    });
    expect(odd).toContain('1\t_\t_\t_\tX Y\t');
    expect(odd).toContain('2\ta b\t_\t_\t_\t');
    expect(parseText(odd, { format: 'conllu', tagColumn: 'xpos' }).sentences[0]?.tags).toEqual([
      'X Y',
      '_',
    ]);
  });

  test('to csv and tsv', () => {
    expect(write(two, { format: 'csv' })).toBe(
      'sentence,token,tag\n1,Barack,B-PER\n1,Obama,I-PER\n1,sleeps,O\n2,He,O\n2,said,O\n2,",",O\n2,"""",O\n',
    );
    expect(write(two, { format: 'tsv' })).toContain('\n2\t,\tO\n2\t"\tO\n');
  });

  test('to jsonl, inline and horizontal', () => {
    expect(
      write(two, { format: 'jsonl' })
        .split('\n')
        .map((line) => line && JSON.parse(line)),
    ).toEqual([
      { tokens: two[0]?.tokens, tags: two[0]?.tags },
      { tokens: two[1]?.tokens, tags: two[1]?.tags },
      '',
    ]);
    expect(write(two, { format: 'inline' })).toBe('[PER Barack Obama] sleeps\nHe said , "\n');
    expect(write([sentence(['New York', ''], ['A', 'B'])], { format: 'horizontal' })).toBe(
      'New\u00a0York _\n',
    );
  });

  test.each(['columns', 'csv', 'tsv', 'conllu'] as const)(
    'tokens and tags come back from %s',
    (format) => {
      const odd = [
        sentence(
          ['#', '"', '""', ',', 'New York', "''", '-DOCSTART', '\u00a0', '|'],
          ['A', 'B', ',', "''", '"', 'C|D', '#', 'X', '``'],
        ),
        sentence(['1', 'a,b'], ['Y', 'Z']),
      ];
      const out = write(odd, { format });
      // a first token # may be taken for a comment
      const { sentences } = parseText(out, { format, gold: true, comment: false });
      expect(sentences.map(({ tokens, tags }) => ({ tokens, tags }))).toEqual(
        odd.map(({ tokens, tags }) => ({ tokens, tags })),
      );
    },
  );

  test('from one format to another', () => {
    const conllu = [
      '# text = Go',
      `1\tGo\t_\tVERB${'\t_'.repeat(6)}`,
      '1.1\tx\t_\t_'.padEnd(11) + '\t_'.repeat(6),
      '',
      '',
    ]
      .join('\n')
      .replace(/ +\t/, '\t');
    const parsed = parseText(conllu, { format: 'conllu', gold: true });
    expect(written(parsed, { format: 'columns' })).toBe('Go\tVERB\n\n');
    expect(written(parsed, { format: 'inline' })).toBe('Go/VERB\n');
    const csv = parseText('\ufeffword,tag\r\n"a,b",X\r\n\r\nc,Y', { format: 'csv', gold: true });
    expect(written(csv, { format: 'columns' })).toBe('a,b\tX\n\nc\tY\n\n');
    expect(written(csv, { format: 'tsv' })).toBe('sentence\ttoken\ttag\n1\ta,b\tX\n2\tc\tY\n');
  });

  test('there is no text output', () => {
    expectUserError(
      () => createWriter({ format: 'text' }),
      /^the format text has no place for tags/,
    );
  });
});

describe('several documents', () => {
  const write = (format: Format, texts: string[]) => {
    const all = texts.map((text) => parseText(text, { format }));
    const writer = createWriter();
    for (const { document } of all) writer.begin(document);
    let out = '';
    for (const { sentences } of all) {
      out += writer.write(sentences, [sentences.map(({ tokens }) => tokens.map(() => 'T'))]);
    }
    return out + writer.end();
  };

  test('follow each other with a blank line between and one BOM', () => {
    expect(write('columns', ['\ufeffa x', '\ufeffb y\n', 'c z\n\n', 'd w\n'])).toBe(
      '\ufeffa x T\n\nb y T\n\nc z T\n\nd w T\n',
    );
    expect(write('columns', ['a x\n\n\n# one two three\n', 'b y\n'])).toBe(
      'a x T\n\n\n# one two three\n\nb y T\n',
    );
  });

  test('with the header of the first', () => {
    expect(write('csv', ['word,lemma\na,1\n', 'word,lemma\nb,2\n'])).toBe(
      'word,lemma,tag\na,1,T\n\nb,2,T\n',
    );
  });

  test('those without sentences keep their lines', () => {
    expect(write('conllu', ['# only a comment\n', ''])).toBe('# only a comment\n');
    expect(write('columns', ['', '\n\n', 'a x\n'])).toBe('\n\na x T\n');
    expect(write('columns', ['a x\n', '\n-DOCSTART- x\n'])).toBe('a x T\n\n\n-DOCSTART- x\n');
  });
});

describe('several columns of tags', () => {
  const tags = [() => 'N', (token: string) => `B-${token}`];
  const put = (format: Format, text: string, options: WriteOptions): string =>
    written(parseText(text, { format }), options, ...tags);
  const conllu = (upos: string, xpos: string, misc: string): string =>
    `1\ta\t_\t${upos}\t${xpos}\t_\t_\t_\t_\t${misc}\n\n`;

  test('each go to their column', () => {
    expect(put('columns', 'a x\n\n', { tagColumn: [2, 3] })).toBe('a x N B-a\n\n');
    expect(put('columns', 'a\tx y\tz \n', { tagColumn: [-1, 1] })).toBe('a\tB-a\tN \n');
    expect(put('columns', 'a x\n', { tagColumn: [2, 1] })).toBe('a B-a N\n');
    const bare = conllu('X', 'Y', '_');
    expect(put('conllu', bare, { tagColumn: ['xpos', 'upos'] })).toBe(conllu('B-a', 'N', '_'));
    expect(put('conllu', bare, { tagColumn: ['K', 'L'] })).toBe(conllu('X', 'Y', 'K=N|L=B-a'));
    expect(put('conllu', conllu('X', 'Y', 'L=1|Z=2'), { tagColumn: ['K', 'L'] })).toBe(
      conllu('X', 'Y', 'L=B-a|Z=2|K=N'),
    );
    const csv = 'token,xpos\r\na,"x,y"\r\n';
    expect(put('csv', csv, { tagColumn: ['upos', 'xpos'] })).toBe('token,xpos,upos\r\na,B-a,N\r\n');
    expect(put('csv', 'token,lemma\na,x\n', { tagColumn: [2, 3] })).toBe(
      'token,lemma,tag,predicted\na,x,N,B-a\n',
    );
    expect(put('jsonl', '{"y": 0, "tokens": ["a"]}\n', { tagColumn: ['x', 'y'] })).toBe(
      '{"y": ["B-a"], "tokens": ["a"], "x": ["N"]}\n',
    );
    expect(put('jsonl', '{"text":"a. b"}\n\n{"text":""}', { tagColumn: ['x', 'y'] })).toBe(
      '{"text":"a. b","tokens":["a",".","b"],"x":["N","N","N"],"y":["B-a","B-.","B-b"]}\n\n' +
        '{"text":"","tokens":[],"x":[],"y":[]}',
    );
  });

  test('are appended where the document has not all of their columns', () => {
    const at = (text: string, ...tagColumn: (string | number)[]): string =>
      put('columns', text, { tagColumn, orAppend: true });
    expect(at('a x y\n', '1', '2')).toBe('a N B-a\n');
    expect(at('a x\n', '1', '2')).toBe('a x N B-a\n');
    expect(at('a x\n', -2, -1)).toBe('a x N B-a\n');
    expect(at('a x\n', 'upos', 'xpos')).toBe('a x N B-a\n');
    expect(put('csv', 'a,x\n', { tagColumn: ['upos', 'xpos'], orAppend: true })).toBe(
      'a,x,N,B-a\n',
    );
  });

  test('have their names in other formats', () => {
    const options = { tagColumn: ['upos', 'NER'] };
    const to = (format: Format): string => put('horizontal', 'a b\n', { ...options, format });
    expect(to('columns')).toBe('a\tN\tB-a\nb\tN\tB-b\n\n');
    expect(to('csv')).toBe('sentence,token,upos,NER\n1,a,N,B-a\n1,b,N,B-b\n');
    expect(to('jsonl')).toBe('{"tokens":["a","b"],"upos":["N","N"],"NER":["B-a","B-b"]}\n');
    expect(to('conllu')).toContain('\n1\ta\t_\tN\t_\t_\t_\t_\t_\tNER=B-a\n');
    expect(to('inline')).toBe('[a a/N] [b b/N]\n');
    expect(to('spans').match(/"type":"[^"]*"/g)).toEqual(['"type":"a"', '"type":"b"']);
  });

  test('need a column each', () => {
    const twice = (format: Format, text: string, ...tagColumn: (string | number)[]): void =>
      expectUserError(() => put(format, text, { tagColumn }), /two tag columns go to column/);
    twice('columns', 'a x\n', 1, -1);
    twice('csv', 'token,lemma\na,x\n', 'lemma', 1);
    twice('csv', 'token,lemma\na,x\n', 'z', 'z');
    twice('conllu', conllu('X', 'Y', '_'), 'upos', 3);
    twice('conllu', conllu('X', 'Y', '_'), 'K', 'K');
    twice('conllu', conllu('X', 'Y', '_'), 'misc', 'K');
    twice('jsonl', '{"tokens": ["a"]}\n', 'x', 'x');
    expectUserError(
      () => put('columns', 'a x\n', { tagColumn: [1, 3] }),
      /^file: 2 columns, but the tag was to replace column 3/,
    );
  });
});

test('as many columns as were announced, as many tags as tokens, as many arrays as sentences', () => {
  const writer = createWriter();
  expect(() => writer.write(two, [])).toThrow('0 tag columns, expected 1');
  expect(() => writer.write(two, [[['O']]])).toThrow('tags for 1 sentences, expected 2');
  expect(() => writer.write(two.slice(0, 1), [[['O']]])).toThrow('1 tags for 3 tokens');
});
