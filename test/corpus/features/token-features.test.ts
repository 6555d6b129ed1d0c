import { describe, expect, it } from 'vitest';
import {
  countColumns,
  createTokenEncoder,
  type Noise,
  rowsOf,
  type TokenBags,
  type TokenFeatures,
} from '../../../src/corpus/features/token-features.ts';
import type { Format } from '../../../src/corpus/index.ts';
import { expectUserError, parseText } from '../helpers.ts';

const bagsOf = ({ offsets, members }: TokenBags): number[][] =>
  Array.from(offsets.slice(1), (end, bag) => [...members.slice(offsets[bag], end)]);

describe('features of tokens', () => {
  const sentences = [
    {
      tokens: ['a', 'b', 'c'],
      featureColumns: [
        ['N', 'V', 'N'],
        ['x', '', 'y'],
      ],
    },
    { tokens: ['a'], featureColumns: [['A'], ['y']] },
  ];
  const { columns, counts } = countColumns(sentences, ['pos', 2]);
  const features: TokenFeatures = {
    columns,
    gazetteer: { types: ['p', 'q'], phrases: ['b c a', 'c'], typesOf: [[1], [0, 1]] },
  };
  const encoder = createTokenEncoder(features);

  it('have a row for each value, by falling count, the first of a column being the unknown one', () => {
    expect(columns).toEqual([
      { column: 'pos', values: ['', 'N', 'A', 'V'] },
      { column: 2, values: ['', 'y', 'x'] },
    ]);
    expect([...counts]).toEqual([0, 2, 1, 1, 0, 2, 1]);
    expect(rowsOf(features)).toBe(7 + 8);
  });

  it('are bags: the value of each column, and the positions in phrases', () => {
    const featureColumns = [
      ['N', 'V', 'A', 'Z', 'N'],
      ['x', 'y', '', 'y', 'y'],
    ];
    const numbered = encoder.number({ tokens: ['a', 'b', 'C', 'a', 'c'], featureColumns });
    const all = [
      ...[[1], [6], []],
      ...[[3], [5], [11]],
      ...[[2], [4], [12, 10]], // I of q, S of p
      ...[[0], [5], [13]],
      ...[[1], [5], [10, 14]],
    ];
    expect(bagsOf(encoder.bags(numbered))).toEqual(all);
    // a window has the places that its tokens have in the sentence
    const window = encoder.bags({ ...numbered, from: 2, to: 4 });
    expect(bagsOf(window)).toEqual(all.slice(6, 12));
  });

  it('are dropped in training: rare values, and entire phrases', () => {
    const numbered = encoder.number({
      tokens: ['b', 'c', 'a'],
      featureColumns: [
        ['N', 'V', 'A'],
        ['x', 'y', 'y'],
      ],
    });
    const asked: number[] = [];
    let overlooked = 0;
    const noise: Noise = {
      isUnknown: (row) => asked.push(row) > 0 && counts[row] === 1,
      isOverlooked: () => overlooked++ % 2 === 0,
    };
    expect(bagsOf(encoder.bags(numbered, noise))).toEqual([
      ...[[1], [4], []],
      ...[[0], [5], [10]],
      ...[[0], [5], []],
    ]);
    expect(asked).toEqual([1, 6, 3, 5, 2, 5]);
    expect(overlooked).toBe(2);
  });

  it('that are missing are an error', () => {
    const message = /^3 tokens without values of the feature columns that the model needs: pos, 2/;
    expectUserError(() => encoder.number({ tokens: ['a', 'b', 'c'] }), message);
    const featureColumns = [['N'], ['x']];
    expectUserError(() => encoder.number({ tokens: ['a', 'b', 'c'], featureColumns }), message);
  });
});

describe('feature columns', () => {
  const texts: readonly { format: Format; text: string; column: string | number }[] = [
    { format: 'columns', text: 'a P x T\nb Q y U\n\nc P z T\n', column: 1 },
    { format: 'columns', text: 'a\tT\tP \nb\tU\tQ\n\nc\tT\tP\n', column: -1 },
    { format: 'tsv', text: 'pos\tword\ttag\nP\ta\tT\nQ\tb\tU\n\t\t\nP\tc\tT\n', column: 'pos' },
    { format: 'csv', text: 'word,pos,tag\na,"P",T\nb,Q,U\n\nc,P,T\n', column: 1 },
    {
      format: 'jsonl',
      text: '{"words":["a","b"],"pos":["P","Q"],"tags":["T","U"]}\n{"words":["c"],"tags":["T"],"pos":["P"]}\n',
      column: 'pos',
    },
    {
      format: 'conllu',
      text: '1\ta\t_\tT\tP\t_\t_\t_\t_\t_\n2\tb\t_\tU\tQ\t_\t_\t_\t_\t_\n\n1\tc\t_\tT\tP\t_\t_\t_\t_\t_\n\n',
      column: 'xpos',
    },
    {
      format: 'conllu',
      text: '1\ta\t_\tT\t_\t_\t_\t_\t_\tK=P\n2\tb\t_\tU\t_\t_\t_\t_\t_\tA=B|K=Q\n\n1\tc\t_\tT\t_\t_\t_\t_\t_\tK=P\n\n',
      column: 'K',
    },
  ];

  it.each(texts)('$format: $column', ({ format, text, column }) => {
    const tagColumn =
      { columns: column === -1 ? 1 : -1, jsonl: 'tags', conllu: 'upos' }[format as 'columns'] ??
      'tag';
    const values = [[['P', 'Q']], [['P']]];
    for (const gold of [true, false])
      for (const cuts of [[], [5, 9, 17]]) {
        const { sentences } = parseText(text, { format, featureColumn: column, gold }, cuts);
        expect(sentences.map(({ tokens }) => tokens)).toEqual([['a', 'b'], ['c']]);
        expect(sentences.map(({ featureColumns }) => featureColumns)).toEqual(values);
        expect(sentences.every(({ tagColumns }) => tagColumns === undefined)).toBe(true);
      }
    const two = [column, column];
    const both = parseText(text, { format, featureColumn: two, tagColumn: [tagColumn, column] });
    for (const [s, { featureColumns, tagColumns }] of both.sentences.entries()) {
      expect(featureColumns).toEqual([...values[s]!, ...values[s]!]);
      expect(tagColumns).toHaveLength(2);
      expect(tagColumns![1]).toEqual(values[s]![0]);
    }
  });

  it('must be there', () => {
    const refused = (format: Format, text: string, column: string | number, pattern: RegExp) =>
      expectUserError(() => parseText(text, { format, featureColumn: column }), pattern);
    refused('columns', 'a P\n', 2, /file:1: 2 columns, but feature column 2 was asked for/);
    refused('columns', 'a P\n', 'pos', /feature column "pos": the format columns has no column/);
    refused('csv', 'word,tag\na,T\n', 'pos', /file:1: no column "pos"/);
    refused('jsonl', '{"words":["a"]}\n', 'pos', /file:1: no key "pos"/);
    refused('jsonl', '{"words":["a"],"pos":[]}\n', 'pos', /file:1: 0 values in "pos" for 1 token/);
    refused('text', 'a', 'pos', /file: the format text has no column pos/);
    refused('horizontal', 'a', 0, /file: the format horizontal has no column 0/);
    const noKey = '1\ta\t_\tT\t_\t_\t_\t_\t_\t_\n\n';
    expectUserError(
      () => parseText(noKey, { format: 'conllu', featureColumn: 'K', gold: true }),
      /file: no word has K= in MISC/,
    );
  });
});
