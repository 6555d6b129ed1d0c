import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  candidates,
  convertPartial,
  detectPartialScheme,
  isCertain,
} from '../../../src/corpus/tags/partial.ts';
import { convert, type Scheme, validTransition } from '../../../src/corpus/tags/scheme.ts';

describe('candidates', () => {
  it.each<[string, string[]]>([
    ['NN', ['NN']],
    ['?', []],
    ['NN|VB|NN', ['NN', 'VB']],
    ['NN|NN', ['NN']],
    ['NN|?', []],
    ['|', ['|']],
    ['NN|', ['NN|']],
    ['', ['']],
  ])('of %j are %j', (label, tags) => {
    expect(candidates(label)).toEqual(tags);
    expect(isCertain(label)).toBe(tags.length === 1);
  });
});

const words = (line: string): string[] => line.split(' ');

describe('detectPartialScheme', () => {
  it.each<[string, Scheme]>([
    ['? ? B-X I-X ? ? B-Y ?', 'BIO'],
    ['? I-X O ? I-X I-X O B-Y I-Y O', 'BIO'],
    ['? ? S-X ? O B-X E-X ? O', 'BIOES'],
    ['NN ? NN|VB DT', 'none'],
    ['O I-X ? O I-Y I-Y O', 'IOB1'],
    ['? ?', 'none'],
  ])('of %j is %s', (line, scheme) => {
    expect(detectPartialScheme([words(line)])).toBe(scheme);
  });
});

describe('convertPartial', () => {
  const toBioes = (line: string): string =>
    convertPartial([words(line)], 'BIO', 'BIOES')[0]!.join(' ');

  it.each([
    ['B-X ? ?', 'B-X|S-X ? ?'],
    ['B-X ? O', 'B-X|S-X E-X|O|S-X O'],
    ['O ? O', 'O O|S-X O', 'B-X'],
    ['? I-X O', 'B-X E-X O'],
    ['? ? I-X O', '? ? E-X O'],
    ['B-X ? I-X', 'B-X|S-X B-X|I-X E-X'],
    ['O B-X|O I-X', 'O B-X E-X'],
    ['O B-X|O I-X|O', 'O B-X|O|S-X E-X|O'],
    ['B-X B-X|I-X O', 'B-X|S-X E-X|S-X O'],
    ['O I-X I-X O', 'O B-X E-X O'],
    ['O I-X ? O', 'O B-X|S-X E-X|O|S-X O'],
  ])('makes of BIO %j the BIOES %j', (line, expected, elsewhere = 'O') => {
    const sentences = [words(line), [elsewhere]];
    expect(convertPartial(sentences, 'BIO', 'BIOES')[0]!.join(' ')).toBe(expected);
  });

  it('knows that what one type begins, no other continues', () => {
    expect(toBioes('B-X ? O O B-Y')).toBe('B-X|S-X E-X|O|S-X|S-Y O O S-Y');
  });

  const schemes = ['IOB1', 'BIO', 'BIOES', 'BMES'] as const;
  const letters = { IOB1: 'BI', BIO: 'BI', BIOES: 'BIES', BMES: 'BMES' };
  const anyCase = fc
    .record({ from: fc.constantFrom(...schemes), to: fc.constantFrom(...schemes) })
    .chain(({ from, to }) => {
      const tags = ['O', ...[...letters[from]].flatMap((l) => [`${l}-X`, `${l}-Y`])];
      const label = fc.oneof(
        fc.constantFrom(...tags),
        fc.constant('?'),
        fc.subarray(tags, { minLength: 2, maxLength: 3 }).map((set) => set.join('|')),
      );
      const lists = fc.array(label, { minLength: 1, maxLength: 4 });
      return fc.record({ from: fc.constant(from), to: fc.constant(to), labels: lists });
    });

  it('leaves out nothing that a well-formed sentence of such tags becomes', () => {
    fc.assert(
      fc.property(anyCase, ({ from, to, labels }) => {
        const tags = ['O', ...[...letters[from]].flatMap((l) => [`${l}-X`, `${l}-Y`])];
        const [converted] = convertPartial([labels, tags], from, to) as [string[]];
        const open = (label: string): readonly string[] =>
          candidates(label).length === 0 ? tags : candidates(label);
        let paths: string[][] = [[]];
        for (const label of labels)
          paths = paths.flatMap((path) =>
            open(label)
              .filter((tag) => validTransition(path.at(-1) ?? null, tag, from))
              .map((tag) => [...path, tag]),
          );
        for (const path of paths.filter((one) => validTransition(one.at(-1)!, null, from)))
          convert(path, from, to).forEach((tag, i) => {
            if (converted[i] !== '?') expect(candidates(converted[i]!)).toContain(tag);
          });
      }),
      { numRuns: 150 },
    );
  });

  it('is convert where every label is certain', () => {
    fc.assert(
      fc.property(anyCase, ({ from, to, labels }) => {
        const certain = labels.filter(isCertain);
        expect(convertPartial([certain], from, to)).toEqual([convert(certain, from, to)]);
      }),
    );
  });
});
