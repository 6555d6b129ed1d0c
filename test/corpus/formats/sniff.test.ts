import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSniffer } from '../../../src/corpus/formats/sniff.ts';
import {
  corpusFormatOf,
  type Document,
  formatOf,
  peekFormat,
  sniffFormat,
} from '../../../src/corpus/index.ts';
import { readAll, stream } from '../helpers.ts';

test('the extension tells the format', () => {
  const cases = {
    'a/b.conllu': 'conllu',
    'B.CSV': 'csv',
    'x.y.tsv': 'tsv',
    'x.jsonl': 'jsonl',
    'x.ndjson': 'jsonl',
    'a.b/x.CONLLU.gz': 'conllu',
    'x.csv.zst': 'csv',
    'x.gz': undefined,
    'x.conll': 'columns',
    'x.bio': 'columns',
    'x.iob': 'columns',
    'x.iob2': 'columns',
    README: undefined,
    'x.tar': undefined,
    '.conll/x': undefined,
  };
  for (const [path, format] of Object.entries(cases)) {
    expect(formatOf(path), path).toBe(format);
  }
});

test('.txt means no format, but the output of a corpus in columns', () => {
  expect(formatOf('x.txt')).toBeUndefined();
  expect(formatOf('x.txt.gz')).toBeUndefined();
  expect(corpusFormatOf('x.txt.gz')).toBe('columns');
  expect(corpusFormatOf('x.jsonl')).toBe('jsonl');
});

test.each([
  ['tags of spans', 'Ada B-PER\nleft O\n. O\n\n', 'columns'],
  ['a tag that is not known', 'Ada PERSON\nleft out\n'.repeat(10), 'columns'],
  ['CoNLL-U', `1\tAda\t${'_\t'.repeat(7)}_\n`, 'conllu'],
  ['tagged words', 'Ada/NNP left/VBD ./.\n', 'inline'],
  ['spans in brackets', '[PER Ada] left .\nYes .\n', 'inline'],
  ['spans in brackets after a sentence without', 'Yes .\n[PER Ada Brandt] left .\n', 'inline'],
  ['lines of a log', '[INFO main] Server started\n[INFO main] It runs\n', 'text'],
  ['messages', 'Message 1 from Anna in Rome\n'.repeat(40), 'text'],
  ['prose', 'Ada left the house.\nBo came later, they say.\n', 'text'],
  [
    'lines of two words',
    Array.from({ length: 20 }, (_, i) => `word${i} end${i}\n`).join(''),
    'text',
  ],
])('what is in a .txt file is found by looking: %s', async (_, content, format) => {
  const path = join(mkdtempSync(join(tmpdir(), 'seqtag-')), 'file.txt');
  writeFileSync(path, content);
  const notes: string[] = [];
  let document: Document | undefined;
  const read = {
    onNote: (note: string) => notes.push(note),
    onDocument: (d: Document) => (document = d),
  };
  const tokens = await readAll(path, read);
  expect(document?.format).toBe(format);
  expect(notes.length).toBe(format === 'text' ? 0 : 1);
  if (format === 'text') return;
  // the same when it is read with its tags
  const labelled = await readAll(path, { ...read, gold: true });
  expect(document?.format).toBe(format);
  expect(labelled.map((sentence) => sentence.tokens)).toEqual(tokens.map((one) => one.tokens));
});

test.each(['#begin document (a); part 000\n', ''])(
  'CoNLL-2012 is no raw text: %j',
  async (begin) => {
    const rows =
      'a 0 0 Ada NNP (TOP(S(NP*) - - - - (PERSON) (0)\na 0 1 left VBD (VP*))) - - - - * -\n\n';
    const { format } = await peekFormat(stream(Buffer.from(begin + rows)), { orText: true });
    expect(format).toBe('columns');
  },
);

test('the beginning of a text tells the format', () => {
  const word = `1\tThe\t${'_\t'.repeat(7)}_\n`;
  const cases: [string, string][] = [
    [`# sent_id = 1\n${word}`, 'conllu'],
    [`\ufeff${word}`, 'conllu'],
    [word.replace('1', '1-2'), 'conllu'],
    ['EU NNP B-NP B-ORG\nrejects VBZ B-VP O\n', 'columns'],
    ['-DOCSTART- -X- -X- O\r\n\r\nEU NNP B-NP B-ORG\r\n\r\na b c d', 'columns'],
    ['a\tO\n\nb c\tO\n', 'columns'],
    ['# x y z\na\tO\n', 'columns'],
    ['a\nb\n\nc\n', 'columns'],
    ['token\ttag\na\tO\n', 'tsv'],
    ['Sentence #,Word,POS,Tag\nSentence: 1,a,b,c\n', 'csv'],
    ['a,O\nb,O\n",",O\n', 'csv'],
    ['\n{"tokens": ["a"]}\n{"text": "b"}\n{"cut', 'jsonl'],
    [' { "text" :"a very long line', 'jsonl'],
    ['{ O\n" O\n} O\n', 'columns'],
    ['The dog barks.\nIt is a good dog, they say.\n', 'text'],
    ['Hello, world', 'text'],
    ['Hello', 'text'],
    ['ft in Oslo","label":[[0,1]]}\n{"text":"a b c","label":[]}\n', 'text'],
    ['Bo <END> sat\nAda <END> left\n', 'text'],
    ['', 'columns'],
    ['\n \n', 'columns'],
  ];
  for (const [sample, format] of cases) expect(sniffFormat(sample), sample).toBe(format);
});

test('a last line cut short does not mislead', () => {
  expect(sniffFormat('EU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerm')).toBe('columns');
});

const kinds: Readonly<Record<string, string>> = {
  conllu: `# sent_id = 1\n1\tA\t${'_\t'.repeat(7)}_\n2\tb\t${'_\t'.repeat(7)}_\n\n`,
  columns: 'EU NNP B-ORG\nrejects VBZ O\n\nPeter NNP B-PER\nBlackburn NNP I-PER\n\n',
  tabs: '# a comment\na\tO\n\nb c\tO\n\n',
  docstart: '-DOCSTART- -X- O\n\nEU NNP B-ORG\n\n',
  csv: 'token,tag\na,O\n",",O\n',
  pairs: 'a,O\nb,O\n",",O\n',
  tsv: 'word\tner\na\tO\n',
  jsonl: '\n{"tokens": ["a"], "tags": ["O"]}\n{"tokens": []}\n',
  text: 'One dog, they say.\nTwo dogs and more.\n\nThree.\n',
  words: 'a\nb\n\nc\n',
  blank: '\n \n\t\n',
  long: `${'word '.repeat(20_000)}\n`,
  many: 'w'.repeat(9).concat(' X\n').repeat(10_000),
};

test('the format does not depend on how the text is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(kinds)),
      fc.constantFrom(...Object.values(kinds)),
      fc.boolean(),
      fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
      async (first, second, isCut, cuts) => {
        const text = isCut ? (first + second).slice(0, -3) : first + second;
        const bytes = new TextEncoder().encode(text);
        const whole = await peekFormat(stream(bytes));
        const pieces = await peekFormat(stream(bytes, cuts));
        expect(pieces.format).toBe(whole.format);
        const replayed: Uint8Array[] = [];
        for await (const piece of pieces.bytes) replayed.push(piece);
        expect(Buffer.concat(replayed).equals(bytes)).toBe(true);
        const sniffer = createSniffer();
        let format: string | undefined;
        for (const char of text.slice(0, 500)) format ??= sniffer.push(char);
        if (format !== undefined) expect(format).toBe(whole.format);
      },
    ),
    { numRuns: 150 },
  );
});

test('a format is decided as soon as it is certain', () => {
  const after = (text: string) => createSniffer().push(text);
  expect(after('{"tokens": ["a"]}\n')).toBe('jsonl');
  expect(after('a\tO\n')).toBe('columns');
  expect(after(kinds.conllu!)).toBe('conllu');
  expect(after('I have never seen a dog.\n')).toBe('text');
  expect(after('Yes.\nI have.\n')).toBe('text');
  expect(after('a O\n'.repeat(20))).toBe('columns');
  expect(after('a O\n')).toBeUndefined();
  expect(after('a O'.repeat(30_000))).toBe('text');
  expect(after('\n'.repeat(100_000))).toBe('columns');
});
