import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectUserError, joined, parseText, seen, written } from '../helpers.ts';

const bare = { format: 'conllu' } as const;
const gold = { format: 'conllu', gold: true } as const;

function row(id: string, form: string, upos = '_', misc = '_'): string {
  return [id, form, `l${form}`, upos, 'X', 'F=1', '0', 'root', '_', misc].join('\t');
}

const sample = [
  '# newdoc',
  '# text = Don’t go',
  row('1-2', 'Don’t'),
  row('1', 'Do', 'AUX'),
  row('2', 'n’t', 'PART'),
  row('2.1', 'empty', 'VERB'),
  row('3', 'New York', 'VERB', 'SpaceAfter=No|Gloss=x'),
  '',
  '# comment',
  row('1', '#', 'SYM'),
  '',
  '',
].join('\n');

describe('reading CoNLL-U', () => {
  test('form and upos of the words, not of ranges and empty nodes', () => {
    expect(seen(parseText(sample, gold).sentences)).toEqual([
      { tokens: ['Do', 'n’t', 'New York'], tags: ['AUX', 'PART', 'VERB'], line: 4 },
      { tokens: ['#'], tags: ['SYM'], line: 10 },
    ]);
    expect(parseText(sample, bare).sentences[0]?.tags).toEqual([]);
  });

  test('fields by name, case not counting, or by index', () => {
    const at = (tokenColumn: number | string, tagColumn: number | string) => {
      const [, , word] = ((s) => s.tokens.map((token, i) => [token, s.tags[i]]))(
        parseText(sample, { ...bare, tokenColumn, tagColumn }).sentences[0]!,
      );
      return word;
    };
    expect(at('lemma', 'XPOS')).toEqual(['lNew York', 'X']);
    expect(at(2, -1)).toEqual(['lNew York', 'SpaceAfter=No|Gloss=x']);
    expect(at('form', 'Gloss')).toEqual(['New York', 'x']);
    expect(at('1', 'feats')).toEqual(['New York', 'F=1']);
  });

  test('where no word has a upos, NER in MISC is the tag', () => {
    const notes: string[] = [];
    const read = (text: string, options = {}) =>
      parseText(text, { ...gold, onNote: (note) => notes.push(note), ...options }).sentences[0]
        ?.tags;
    const names = `${row('1', 'on')}\n${row('2', 'Ada', '_', 'SpaceAfter=No|NER=B-PER')}\n`;
    expect(read(names)).toEqual(['O', 'B-PER']);
    expect(notes).toEqual(['file: no word has a upos, so NER= in MISC is read as the tag.']);
    expect(read(names, { tagColumn: 'upos' })).toEqual(['_', '_']);
    expect(read(`${names}${row('3', 'left', 'VERB')}\n`)).toEqual(['_', '_', 'VERB']);
    expect(read(row('1', 'a'))).toEqual(['_']);
    expect(notes.length).toBe(1);
  });

  test('CoNLL-U Plus without upos: the only other column is the tag, and none is needed without tags', () => {
    const plus = '# global.columns = ID FORM NER\n1\tAda\tB-PER\n\n';
    const notes: string[] = [];
    const { document, sentences } = parseText(plus, {
      ...gold,
      onNote: (note) => notes.push(note),
    });
    expect(sentences[0]?.tags).toEqual(['B-PER']);
    expect(document.keys?.tag).toBe('ner');
    expect(notes).toEqual(['file: ner is read as the tag, since no other column has tags.']);
    expect(parseText(plus, bare).sentences[0]?.tokens).toEqual(['Ada']);
    expect(written(parseText(plus, bare), { tagColumn: 'NER' }, () => 'O')).toBe(
      plus.replace('B-PER', 'O'),
    );
    expectUserError(
      () => parseText(plus.replace('NER', 'NER XPOS').replace('PER', 'PER\tN'), gold),
      /"upos" is neither a CoNLL-U field \(id, form, ner, xpos\)/,
    );
  });

  test('a word without the MISC key is O, a file without it an error', () => {
    expect(parseText(sample, { ...bare, tagColumn: 'Gloss' }).sentences[0]?.tags).toEqual([
      'O',
      'O',
      'x',
    ]);
    expectUserError(
      () => parseText(sample, { ...bare, tagColumn: 'NER' }),
      /^file: no word has NER= in MISC, .*upos.* MISC has SpaceAfter, Gloss\./,
    );
    expectUserError(
      () => parseText(row('1', 'a'), { ...bare, tagColumn: 'NER' }),
      /MISC has no keys/,
    );
  });

  test('columns that cannot be are named', () => {
    expectUserError(
      () => parseText('', { ...bare, tokenColumn: 'word' }),
      /token column "word" is no CoNLL-U field.*form/,
    );
    expectUserError(
      () => parseText('', { ...bare, tagColumn: 10 }),
      /tag column 10: CoNLL-U has 10 columns/,
    );
    expectUserError(() => parseText('', { ...bare, tagColumn: 'a b' }), /"a b" is neither/);
  });

  test('errors say where, what and the remedy', () => {
    const bad = (id: string) => () => parseText(`${row('1', 'a')}\n${row(id, 'b')}\n`, bare);
    for (const id of ['x', '', '1-', '-1', '1.', '2-1', '1-2-3', '2a', ' 2']) {
      expectUserError(bad(id), /^file:2: invalid id ".*"\. An id is/);
    }
    for (const id of ['2', '2-3', '1.1', '0.1']) expect(bad(id)).not.toThrow();
    expectUserError(bad('3'), /^file:2: word id 3, expected 2\. Words are numbered/);
    expectUserError(bad('1'), /^file:2: word id 1, expected 2\. Is a blank line missing/);
    expectUserError(
      () => parseText('\n1 a b\n', bare),
      /^file:2: 1 column, expected 10\. Are the separators tabs/,
    );
    expectUserError(() => parseText(`${row('1', 'a')}\tx\n`, bare), /^file:1: 11 columns/);
    expectUserError(
      () => parseText('#'.repeat(16 * 1024 * 1024 + 1), bare),
      /^file:1: a line longer/,
    );
  });
});

describe('writing CoNLL-U', () => {
  const put = (tagColumn?: number | string, tag = 'T') =>
    written(parseText(sample, bare), { tagColumn }, () => tag);

  test('replaces upos, or the field named', () => {
    expect(put()).toBe(
      sample.replaceAll(/\t(AUX|PART|SYM)\t/g, '\tT\t').replace('New York\tVERB', 'New York\tT'),
    );
    expect(put('deps')).toContain('\troot\tT\t_\n');
    expect(put(4)).toContain('\tlDo\tAUX\tT\tF=1');
    expect(put('upos', '')).toContain('\tlDo\t_\tX');
    expectUserError(() => put('id'), /id .*cannot be replaced/);
  });

  test('adds a key to MISC, or replaces its value', () => {
    const out = put('NER', 'B-PER');
    expect(out).toContain(row('1', 'Do', 'AUX', 'NER=B-PER'));
    expect(out).toContain(row('3', 'New York', 'VERB', 'SpaceAfter=No|Gloss=x|NER=B-PER'));
    expect(out).toContain(row('2.1', 'empty', 'VERB'));
    expect(put('SpaceAfter', 'Yes')).toContain('\tSpaceAfter=Yes|Gloss=x\n');
    expect(put('Gloss', 'y')).toContain('\tSpaceAfter=No|Gloss=y\n');
    expect(put('loss', 'y')).toContain('\tSpaceAfter=No|Gloss=x|loss=y\n');
    expect(put('misc', 'whole')).toContain('\t_\twhole\n');
  });

  test('a value with a bar or backslash comes back', () => {
    for (const tag of ['N|P', 'a\\b', '\\p|']) {
      const out = put('NER', tag);
      const again = parseText(out, { ...bare, tagColumn: 'NER' });
      expect(again.sentences[0]?.tags).toEqual([tag, tag, tag]);
    }
  });

  test('CRLF, BOM and a missing last line end stay', () => {
    const text = `\ufeff\r\n${sample.trimEnd().replaceAll('\n', '\r\n')}`;
    const parsed = parseText(text, gold);
    expect(written(parsed, {})).toBe(text);
    expect(written(parsed, { tagColumn: 'NER' }, () => 'X')).toBe(
      text
        .replace(/(AUX.*)_\r/, '$1NER=X\r')
        .replace(/(PART.*)_\r/, '$1NER=X\r')
        .replace('Gloss=x', 'Gloss=x|NER=X')
        .replace(/(SYM.*)_$/, '$1NER=X'),
    );
  });

  test('a word without the key is O as it is', () => {
    expect(put('NER', 'O')).toBe(sample);
    expect(put('Gloss', 'O')).toBe(sample.replace('Gloss=x', 'Gloss=O'));
    const again = parseText(put('Gloss', 'O'), { ...bare, tagColumn: 'Gloss' });
    expect(again.sentences[0]?.tags).toEqual(['O', 'O', 'O']);
  });

  test('a value that is the tag already stays as it is written', () => {
    const odd = row('1', 'a', '', 'NER=a\\\\b\\c');
    const parsed = parseText(odd, { ...bare, tagColumn: 'NER' });
    expect(parsed.sentences[0]?.tags).toEqual(['a\\b\\c']);
    expect(written(parsed, { tagColumn: 'NER' })).toBe(odd);
    expect(written(parseText(odd, gold), {})).toBe(odd);
  });
});

const form = fc
  .array(
    fc.constantFrom(
      'a',
      '#',
      '\u00a0',
      ' ',
      '😂',
      '\u2028',
      '\u0085',
      '|',
      '=',
      '-',
      '1',
      '\ufeff',
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''));
const misc = fc
  .array(fc.constantFrom('SpaceAfter=No', 'NER=B-X', 'XNER=1', 'plain', 'A=b=c'), { maxLength: 3 })
  .map((pairs) => [...new Set(pairs)].join('|') || '_');
const eol = fc.constantFrom('\n', '\n', '\r\n');
const sentence = fc
  .tuple(
    fc.array(fc.constantFrom('# text = x', '#', '', ' \t', '#\t1'), { maxLength: 3 }),
    fc.array(fc.record({ form, misc, range: fc.boolean(), empty: fc.boolean() }), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([before, words]) => [
    ...before,
    ...words.flatMap(({ form, misc, range, empty }, i) => [
      ...(range ? [row(`${i + 1}-${i + 2}`, 'range')] : []),
      row(String(i + 1), form, 'NOUN', misc),
      ...(empty ? [row(`${i + 1}.1`, 'empty', '_', misc)] : []),
    ]),
    '',
  ]);
const file = fc
  .record({
    bom: fc.boolean(),
    sentences: fc.array(sentence),
    tail: fc.array(fc.constantFrom('', '# end'), { maxLength: 2 }),
    eols: fc.infiniteStream(eol),
    open: fc.boolean(),
  })
  .map(({ bom, sentences, tail, eols, open }) => {
    const text = [...sentences.flat(), ...tail].map((line) => line + eols.next().value).join('');
    return (bom ? '\ufeff' : '') + (open ? text.replace(/\r?\n$/, '') : text);
  });

describe('any CoNLL-U file', () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 8 });

  test('comes back byte for byte', () => {
    fc.assert(
      fc.property(file, cuts, (text, cuts) => {
        const parsed = parseText(text, gold, cuts);
        expect(joined(parsed)).toBe(text);
        expect(written(parsed, {})).toBe(text);
        const lemmas = parseText(text, { ...bare, tagColumn: 'lemma' });
        expect(written(lemmas, { tagColumn: 'lemma' })).toBe(text);
      }),
    );
  });

  test('has the tags put into MISC, and nothing else changes', () => {
    fc.assert(
      fc.property(file, (text) => {
        const parsed = parseText(text, gold);
        const out = written(parsed, { tagColumn: 'NER' }, (token) => `T-${token.length}`);
        if (parsed.sentences.length === 0) {
          expect(out).toBe(text);
          return;
        }
        const again = parseText(out, { ...bare, tagColumn: 'NER' });
        expect(again.sentences.map(({ tags }) => tags)).toEqual(
          parsed.sentences.map(({ tokens }) => tokens.map((token) => `T-${token.length}`)),
        );
        const lines = text.split('\n');
        const out9 = out.split('\n').map((line) => line.split('\t').slice(0, 9).join('\t'));
        expect(out9).toEqual(lines.map((line) => line.split('\t').slice(0, 9).join('\t')));
      }),
    );
  });

  test('is the same however it is cut', () => {
    fc.assert(
      fc.property(file, cuts, (text, cuts) => {
        expect(parseText(text, gold, cuts)).toEqual(parseText(text, gold));
      }),
    );
  });
});

describe('other columns', () => {
  const options = { format: 'conllu', gold: true } as const;

  test('CoNLL-U Plus names its columns', () => {
    const text =
      '# global.columns = ID FORM UPOS MISC PARSEME:MWE\n1\ttake\tVERB\t_\t1:VPC\n2\tpart\tNOUN\tA=b\t1\n\n';
    const parsed = parseText(text, options);
    expect(parsed.sentences).toMatchObject([{ tokens: ['take', 'part'], tags: ['VERB', 'NOUN'] }]);
    expect(joined(parsed)).toBe(text);
    expect(written(parsed, { tagColumn: 'parseme:mwe' }, () => '*')).toBe(
      text.replace('1:VPC', '*').replace('\t1\n\n', '\t*\n\n'),
    );
    expect(written(parsed, { tagColumn: 'A' }, () => 'c')).toBe(
      text.replace('\t_\t', '\tA=c\t').replace('A=b', 'A=c'),
    );
    expect(parseText(text, { ...options, tagColumn: 'PARSEME:MWE' }).sentences[0]?.tags).toEqual([
      '1:VPC',
      '1',
    ]);
  });

  test('CoNLL-2009 has fourteen columns and more', () => {
    const row = (id: number, form: string, pos: string, more: string) =>
      `${id}\t${form}\tl\tl\t${pos}\tP${'\t_'.repeat(8)}${more}\n`;
    const text = `${row(1, 'take', 'VB', '\tA0')}${row(2, 'part', 'NN', '\t_')}\n${row(1, 'go', 'VB', '')}\n`;
    const parsed = parseText(text, options);
    expect(parsed.sentences).toMatchObject([
      { tokens: ['take', 'part'], tags: ['VB', 'NN'] },
      { tokens: ['go'], tags: ['VB'] },
    ]);
    expect(written(parsed, {}, () => 'X')).toBe(text.replace(/VB|NN/g, 'X'));
  });
});
