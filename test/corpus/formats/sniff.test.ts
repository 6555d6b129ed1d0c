import { expect, test } from 'vitest';
import { formatOf, sniffFormat } from '../../../src/corpus/index.ts';

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
    for (const use of ['train', 'eval', 'tag', 'convert'] as const) {
      expect(formatOf(path, use), path).toBe(format);
    }
  }
});

test('.txt is text for tagging, columns otherwise', () => {
  expect(formatOf('x.txt', 'tag')).toBe('text');
  expect(formatOf('x.txt.gz', 'tag')).toBe('text');
  for (const use of ['train', 'eval', 'convert'] as const)
    expect(formatOf('x.txt', use)).toBe('columns');
});

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
    ['', 'columns'],
    ['\n \n', 'columns'],
  ];
  for (const [sample, format] of cases) expect(sniffFormat(sample), sample).toBe(format);
});

test('a last line cut short does not mislead', () => {
  expect(sniffFormat('EU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerm')).toBe('columns');
});
