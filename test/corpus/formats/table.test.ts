import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectUserError, joined, parseText, seen, written } from '../helpers.ts';

const csv = { format: 'csv', gold: true } as const;
const tsv = { format: 'tsv', gold: true } as const;

const pairs = (text: string, options: Parameters<typeof parseText>[1] = csv) =>
  parseText(text, options).sentences.map(({ tokens, tags }) =>
    tokens.map((token, i) => [token, tags[i]].join('/')).join(' '),
  );

describe('reading csv and tsv', () => {
  test('without a header, first and last cell', () => {
    expect(pairs('EU,NNP,B-ORG\nrejects,VBZ,O\n\nPeter,NNP,B-PER')).toEqual([
      'EU/B-ORG rejects/O',
      'Peter/B-PER',
    ]);
    expect(pairs('New York\tx\tLOC\r\n\t\r\n,\ty\tO\r\n', tsv)).toEqual(['New York/LOC', ',/O']);
  });

  test('columns by header name, wherever they are, tag before ner before pos', () => {
    expect(pairs('id,pos,Word,ner\n1,NN,dog,O\n')).toEqual(['dog/O']);
    expect(pairs('tag\ttoken\nNN\tdog\n', tsv)).toEqual(['dog/NN']);
    expect(pairs('id,pos,Word,ner\n1,NN,dog,O\n', { ...csv, tagColumn: 'POS' })).toEqual([
      'dog/NN',
    ]);
    expect(pairs('a,b,c\nx,y,z\n', { ...csv, tokenColumn: 'c', tagColumn: 'b' })).toEqual(['z/y']);
    expect(pairs('a,b,c\nx,y,z\n', { ...csv, tokenColumn: 2, tagColumn: '-2' })).toEqual([
      'c/b z/y',
    ]);
    expect(pairs('1,0\nx,y\n', { ...csv, tokenColumn: '0', tagColumn: '1', header: true })).toEqual(
      ['y/x'],
    );
  });

  test('a header is found by its names, or as told', () => {
    expect(pairs('word,NN\ntag,NN\n')).toEqual(['word/NN tag/NN']);
    expect(pairs('word,tag\ndog,NN\n', { ...csv, header: false })).toEqual(['word/tag dog/NN']);
    expect(pairs('x,y\ndog,NN\n', { ...csv, header: true })).toEqual(['dog/NN']);
    expect(pairs(',token,label\n0,dog,NN\n')).toEqual(['dog/NN']);
    expect(parseText('\n\nword\ndog\n', { format: 'csv' }).sentences[0]).toMatchObject({
      tokens: ['dog'],
      tags: [],
      line: 4,
    });
  });

  test('columns of ids are not read as tokens', () => {
    const germEval =
      '#\tn-tv.de [2005-02-26]\n1\tSchartau\tB-PER\tO\n2\tsagte\tO\tO\n\n#\twelt.de\n1\tIm\tO\tO\n2\tJahr\tO\tO\n';
    for (const format of ['csv', 'tsv'] as const)
      for (const cuts of [[], [40]]) {
        const notes: string[] = [];
        const text =
          format === 'tsv' ? germEval : germEval.replaceAll('#\t', '# ').replaceAll('\t', ',');
        const options = { format, gold: false, onNote: (note: string) => notes.push(note) };
        const { sentences } = parseText(text, options, cuts);
        expect(sentences.map(({ tokens }) => tokens)).toEqual([
          ['Schartau', 'sagte'],
          ['Im', 'Jahr'],
        ]);
        expect(notes).toEqual([expect.stringMatching(/^file: the first column counts the tokens/)]);
        expect(parseText(text, { format, tokenColumn: 0 }).sentences[0]?.tokens).toEqual([
          '1',
          '2',
        ]);
        expect(pairs(text, { format, tagColumn: 2 })[0]).toBe('Schartau/B-PER sagte/O');
      }
    expect(pairs('1,CD\n2,CD\n')).toEqual(['1/CD 2/CD']);
  });

  test('a comment with as many commas as a row is no token, and stays', () => {
    const notes: string[] = [];
    const text = '# foo, bar\ntoken,tag\nEU,B-ORG\n# made, by hand\n#,SYM\n';
    const parsed = parseText(text, { ...csv, onNote: (note) => notes.push(note) });
    expect(parsed.sentences.map(({ tokens }) => tokens)).toEqual([['EU', '#']]);
    expect(notes).toEqual([expect.stringMatching(/^file:1: "# foo, bar" is read as a comment/)]);
    expect(written(parsed, { format: 'csv', tagColumn: 'tag' }, () => 'X')).toBe(
      text.replace('B-ORG', 'X').replace('SYM', 'X'),
    );
    expect(pairs('# a, b\n', { ...csv, comment: false })).toEqual(['# a/b']);
  });

  test('the header of HIPE is found, and its first tags are read', () => {
    const header = 'TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNE-FINE-LIT\tNE-NESTED\tNEL-LIT\tMISC';
    const rows = 'Ada\tB-pers\tO\tB-pers.ind\tO\tQ1\t_\nleft\tO\tO\tO\tO\t_\tEndOfSentence\n';
    expect(pairs(`${header}\n# language = en\n${rows}`, tsv)).toEqual(['Ada/B-pers left/O']);
  });

  test('a change in a sentence column is a border, an empty value none', () => {
    for (const name of ['sentence', 'sentence_id', 'SENT_ID', 'Sentence #', 'sentence_idx']) {
      expect(pairs(`${name},word,tag\n1,a,A\n1,b,B\n2,c,C\n`)).toEqual(['a/A b/B', 'c/C']);
    }
    const kaggle =
      'Sentence #,Word,POS,Tag\nSentence: 1,Thousands,NNS,O\n,of,IN,O\n,",",",",O\nSentence: 2,London,NNP,B-geo\n';
    expect(pairs(kaggle)).toEqual(['Thousands/O of/O ,/O', 'London/B-geo']);
    expect(pairs('sentence,word,tag\n1,a,A\n\n1,b,B\n')).toEqual(['a/A', 'b/B']);
  });

  test('a row of blank cells is a border', () => {
    expect(pairs('a,A\n,\nb,B\n "", \n""\n" "," "\nc,C\n'.replace(' "", \n', ''))).toEqual([
      'a/A',
      'b/B',
      'c/C',
    ]);
    expect(pairs('a\tA\n\t\n""\tB\n"  \tC\n', tsv)).toEqual(['a/A', '""/B "  /C']);
  });

  test('quoted cells', () => {
    expect(pairs('"a,b","x ""y"""\n"""",Q\n"c",O\n')).toEqual(['a,b/x "y" "/Q c/O']);
    expect(parseText('a,"x\ny",A\nb,z,B\n', csv).sentences[0]).toMatchObject({
      tokens: ['a', 'b'],
      tags: ['A', 'B'],
    });
    expect(parseText('"a\n\n",x,A\nb,z,B\n', { ...csv, tokenColumn: 1 }).sentences[0]?.line).toBe(
      1,
    );
  });

  test('quoted cells in pieces that are the same', () => {
    const row = '"a,b",O\n';
    expect(
      parseText(row.repeat(3), csv, [row.length, 2 * row.length]).sentences[0]?.tokens,
    ).toEqual(['a,b', 'a,b', 'a,b']);
  });

  test('stray quotes are one line with the row, wherever they are', () => {
    for (const row of ['"a"b",O', '"a" ,O', 'a "b" c,O', '"a""b,O"c,O', '"",""",O', 'a,"O"""x'])
      expectUserError(() => pairs(`a,O\n${row}\nb,O\n`), /^file:2: unbalanced quote\. /);
  });

  test('semicolons and bars separate cells where no comma does', () => {
    expect(pairs('word;tag\nEU;B-ORG\n",";O\n";";O\n')).toEqual(['EU/B-ORG ,/O ;/O']);
    expect(pairs('token|pos|tag\nEU|NN|B-ORG\n;|.|O\n')).toEqual(['EU/B-ORG ;/O']);
    const parsed = parseText('EU;NN\r\n"a;b";O\r\n', csv);
    expect(parsed.document.delimiter).toBe(';');
    expect(joined(parsed)).toBe('EU;NN\r\n"a;b";O\r\n');
    expect(written(parsed, {}, (token) => token.toUpperCase())).toBe(
      'EU;NN;EU\r\n"a;b";O;"A;B"\r\n',
    );
    expectUserError(
      () => pairs('a;O\nb;c;O\n'),
      /expected 2 .* a cell with a semicolon not quoted/,
    );
  });

  test('comments before and after the header', () => {
    const text = '# a file\nword,tag\n# id 1\na,O\n# b,c,d\n#,O\n\n# id 2\nb,O\n';
    const parsed = parseText(text, csv);
    expect(parsed.sentences.map(({ tokens }) => tokens)).toEqual([['a', '#'], ['b']]);
    expect(joined(parsed)).toBe(text);
    expect(written(parsed, { tagColumn: -1 }, () => 'X')).toBe(text.replaceAll(',O', ',X'));
    const hashes = '#\thttp://a.b [x]\n1\tEU\tB-ORG\tO\n2\t#\tO\tO\n';
    expect(pairs(hashes, { ...tsv, tokenColumn: 1, tagColumn: 2 })).toEqual(['EU/B-ORG #/O']);
    expect(pairs('#\tO\na\tB\n', tsv)).toEqual(['#/O a/B']);
  });

  test('cells with line ends are tokens', () => {
    expect(
      parseText('word,tag\nHi,O\n"\n",O\nAda,B-PER\n\nBo,B-PER\n"\n\n",O\n', csv).sentences,
    ).toMatchObject([
      { tokens: ['Hi', '\n', 'Ada'], tags: ['O', 'O', 'B-PER'], line: 2 },
      { tokens: ['Bo', '\n\n'], tags: ['B-PER', 'O'], line: 7 },
    ]);
  });

  test('in tsv a bare quote is a token', () => {
    expect(pairs('"\tQ\n""""\tQ\n"a"\tA\n"a""b"\tB\n"x"y"\tC\n"\t"\n', tsv)).toEqual([
      '"/Q "/Q a/A a"b/B "x"y"/C "/"',
    ]);
  });

  test('errors say where, what and the remedy', () => {
    expectUserError(
      () => pairs('a,b\nc,d,e\n'),
      /^file:2: 3 columns, expected 2 as in line 1\. Is a cell with a comma not quoted\?$/,
    );
    expectUserError(
      () => pairs('a\tb\nc d\n', tsv),
      /^file:2: 1 column, expected 2 .*separators tabs/,
    );
    expectUserError(
      () => pairs('a,b\n', { ...csv, tagColumn: 2 }),
      /^file:1: 2 columns, but column 2 was asked for/,
    );
    expectUserError(
      () => pairs('\nid,word,x y\n', { ...csv, tagColumn: 'ner' }),
      /^file:2: no column "ner"\. The first row has "id", "word", "x y"\.$/,
    );
    expectUserError(
      () => pairs('a,b\n', { ...csv, tagColumn: 'ner', header: false }),
      /asked for by name, but the file is read without a header/,
    );
    expectUserError(() => pairs('a\n'), /^file:1: 1 column, so there is no tag/);
    expectUserError(
      () => parseText(`a,b\n${'x'.repeat(16 * 1024 * 1024 + 1)}\n`, csv),
      /^file:2: a line longer than 16 MiB\. Is this csv/,
    );
    expectUserError(
      () => parseText(`a,b\n"${'x\n'.repeat(9 * 1024 * 1024)}`, csv),
      /^file:2: a line longer than 16 MiB\. .* quotes balanced/,
    );
  });

  test('an unbalanced quote is found at its row', () => {
    for (const row of ['"c,C', 'c"x,C', '"c"x,C', '"c,C\nd,"D']) {
      expectUserError(
        () => pairs(`"a",A\n"x\ny",B\n${row}\nd,D\n`, { ...csv, tokenColumn: 1, tagColumn: 0 }),
        /^file:4: unbalanced quote\. .*""""/,
      );
    }
    expectUserError(() => pairs('a,A\n",Q\nb,B\n",Q\n'), /^file:2: unbalanced quote/);
  });
});

describe('writing csv and tsv', () => {
  const put = (text: string, tagColumn?: number | string, format: 'csv' | 'tsv' = 'csv') =>
    written(parseText(text, { format }), { tagColumn }, (token) =>
      token === 'q' ? ',"' : token.toUpperCase(),
    );

  test('appends a column, and its name to a header', () => {
    expect(put('a,x\r\n\r\n"b" ,y'.replace('" ', '"'))).toBe('a,x,A\r\n\r\n"b",y,B');
    expect(put('\nword,X7\na,1\n')).toBe('\nword,X7,WORD\na,1,A\n');
    expect(put('word,lemma\n"a","1"\n')).toBe('word,lemma,tag\n"a","1",A\n');
    expect(put('word,tag\na,1\n')).toBe('word,tag,predicted\na,1,A\n');
    expect(put('word,lemma\na,1\n', 'ner')).toBe('word,lemma,ner\na,1,A\n');
    expect(put('word\tlemma\na\t1\n', undefined, 'tsv')).toBe('word\tlemma\ttag\na\t1\tA\n');
  });

  test('or replaces one, quoting the tag where it must', () => {
    expect(put('word,tag\n"a ""x""","1,2"\nq,3\n', 'TAG')).toBe(
      'word,tag\n"a ""x""","A ""X"""\nq,",""" \n'.replace(' \n', '\n'),
    );
    expect(put('a,"1,2",x\n', 1)).toBe('a,A,x\n');
    expect(put('a,x\n', '-1')).toBe('a,A\n');
    expect(put('a,x\n', 2)).toBe('a,x,A\n');
    expect(put('q\tx\n', -1, 'tsv')).toBe('q\t,"\n');
    expectUserError(() => put('a,x\n', 3), /^file: 2 columns, but the tag was to replace column 3/);
    expectUserError(() => put('a,x\n', 'ner'), /^file: no header, so there is no column "ner"/);
  });

  test('a header without rows comes back', () => {
    expect(put('\ufeffword,lemma\n\n')).toBe('\ufeffword,lemma,tag\n\n');
    expect(put('\n \n', 5)).toBe('\n \n');
  });
});

const eol = fc.constantFrom('\n', '\n', '\r\n');
const piece = fc.constantFrom('a', ' ', 'é', '😂', '\u00a0', '#', "'", ';', '\ufeff', '\u2028');
const plain = fc.array(piece, { minLength: 0, maxLength: 3 }).map((parts) => `w${parts.join('')}`);

/** A tag loses spaces around it, so it has none here. */
const tag = plain.map((text) => text.replaceAll(' ', ''));

const csvCell = fc.oneof(
  plain.map((value) => ({ value, raw: value })),
  fc.array(fc.oneof(piece, fc.constantFrom('"', ',')), { minLength: 1 }).map((parts) => {
    const value = `${parts.join('')}.`;
    return { value, raw: `"${value.replaceAll('"', '""')}"` };
  }),
);
const csvNote = fc.oneof(csvCell, fc.constant({ value: '\n\r\n,', raw: '"\n\r\n,"' }));
const tsvCell = fc.oneof(
  plain.map((value) => ({ value, raw: value })),
  fc.constantFrom(
    { value: '"', raw: '"' },
    { value: '"', raw: '""""' },
    { value: '""', raw: '""' },
    { value: 'a"b', raw: '"a""b"' },
    { value: '"a"b"', raw: '"a"b"' },
    { value: '', raw: '' },
    { value: ',', raw: ',' },
  ),
);

function file(format: 'csv' | 'tsv') {
  const delimiter = format === 'csv' ? ',' : '\t';
  const cell = format === 'csv' ? csvCell : tsvCell;
  const note = format === 'csv' ? csvNote : tsvCell;
  const row = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(cell, note, tag).map(([token, note, tag]) => ({
        token: token.value as string | undefined,
        raw: [token.raw, note.raw, tag].join(delimiter),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('', ' ', delimiter, format === 'csv' ? '"",' : `${delimiter}${delimiter}`)
        .map((raw) => ({ token: undefined, raw })),
    },
  );
  return fc
    .record({
      bom: fc.boolean(),
      header: fc.boolean(),
      rows: fc.array(fc.tuple(row, eol)),
      open: fc.boolean(),
    })
    .map(({ bom, header, rows, open }) => {
      const head = header ? `${['word', 'note', 'tag'].join(delimiter)}\n` : '';
      let text = head + rows.map(([{ raw }, end]) => raw + end).join('');
      if (open) text = text.replace(/\r?\n$/, '');
      return {
        text: (bom ? '\ufeff' : '') + text,
        tokens: rows.flatMap(([{ token }]) => (token === undefined ? [] : [token])),
      };
    });
}

describe.each(['csv', 'tsv'] as const)('any %s file', (format) => {
  const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });
  const gold = { format, gold: true } as const;

  test('comes back byte for byte', () => {
    fc.assert(
      fc.property(file(format), cuts, ({ text, tokens }, cuts) => {
        const parsed = parseText(text, gold, cuts);
        expect(parsed.sentences.flatMap((sentence) => sentence.tokens)).toEqual(tokens);
        expect(joined(parsed)).toBe(text);
        if (tokens.length > 0) expect(written(parsed, { tagColumn: -1 })).toBe(text);
        const appended = parseText(written(parsed, {}), { ...gold, tagColumn: -1 });
        if (tokens.length > 0) expect(seen(appended.sentences)).toEqual(seen(parsed.sentences));
      }),
    );
  });

  test('is the same however it is cut', () => {
    fc.assert(
      fc.property(file(format), cuts, ({ text }, cuts) => {
        expect(parseText(text, gold, cuts)).toEqual(parseText(text, gold));
      }),
    );
  });
});
