import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convert,
  detectScheme,
  type Scheme,
  schemeNamed,
  spans,
  strayTags,
  tagParts,
  transitions,
  validTransition,
} from '../../../src/corpus/tags/scheme.ts';
import { UserError } from '../../../src/errors.ts';

const spanSchemes = ['IOB1', 'BIO', 'BIOES', 'BILOU', 'BMES'] as const;

const words = (line: string) => line.split(' ').filter((tag) => tag !== '');
const shown = (line: string, scheme: Scheme) =>
  spans(words(line), scheme)
    .map(({ type, start, end }) => `${type}:${start}-${end}`)
    .join(' ');

/** Random spans of a sentence, with its length: spans may touch and repeat a type. */
const layout = fc
  .array(
    fc.tuple(fc.constantFrom('A', 'B', 'C-x', '', 'I'), fc.nat(3), fc.integer({ min: 1, max: 4 })),
    {
      maxLength: 6,
    },
  )
  .map((parts) => {
    let at = 0;
    const found = parts.map(([type, gap, length]) => {
      const start = at + gap;
      at = start + length;
      return { type, start, end: at };
    });
    return { length: at + 1, found };
  });

const tagsOf = ({
  length,
  found,
}: {
  length: number;
  found: readonly { type: string; start: number; end: number }[];
}) => {
  const tags: string[] = Array.from({ length }, () => 'O');
  for (const { type, start, end } of found) {
    for (let i = start; i < end; i++) {
      tags[i] = (i === start ? 'B' : 'I') + (type === '' ? '' : `-${type}`);
    }
  }
  return tags;
};

/** Any sequence, well formed or not, of the letters of a scheme. */
const anyTags = (scheme: Exclude<Scheme, 'none' | 'IO'>) => {
  const letters = { IOB1: 'BI', BIO: 'BI', BIOES: 'BIES', BILOU: 'BILU', BMES: 'BMES' }[scheme];
  const tag = fc
    .tuple(fc.constantFrom(...letters), fc.constantFrom('', '-X', '-Y'))
    .map(([letter, tail]) => letter + tail);
  return fc.array(fc.oneof(fc.constant('O'), tag), { maxLength: 12 });
};

describe('spans', () => {
  it.each([
    ['BIO', 'B-X I-X O B-Y', 'X:0-2 Y:3-4'],
    ['BIO', 'B-X B-X', 'X:0-1 X:1-2'],
    ['BIO', '', ''],
    ['BIO', 'O O', ''],
    // malformed, as conlleval reads it
    ['BIO', 'I-X I-X', 'X:0-2'],
    ['BIO', 'O I-X I-Y', 'X:1-2 Y:2-3'],
    ['BIO', 'B-X I-Y I-Y', 'X:0-1 Y:1-3'],
    ['IOB1', 'I-X I-X B-X I-X', 'X:0-2 X:2-4'],
    ['IOB1', 'B-X I-X', 'X:0-2'],
    ['BIOES', 'B-X I-X E-X S-Y O S-X S-X', 'X:0-3 Y:3-4 X:5-6 X:6-7'],
    ['BIOES', 'B-X O', 'X:0-1'],
    ['BIOES', 'B-X S-X I-X', 'X:0-1 X:1-2 X:2-3'],
    ['BIOES', 'E-X E-X I-X E-X', 'X:0-1 X:1-2 X:2-4'],
    ['BIOES', 'B-X E-Y', 'X:0-1 Y:1-2'],
    ['BILOU', 'B-X I-X L-X U-Y', 'X:0-3 Y:3-4'],
    ['BMES', 'B M M E S B E', ':0-4 :4-5 :5-7'],
    ['BIO', 'B_NP I_NP O', 'NP:0-2'],
    ['BIO', 'B-a-b I-a-b I-a', 'a-b:0-2 a:2-3'],
    // strays: with a type as I, without as O
    ['BIO', 'B-X X-X . NN - O-X I-X', 'X:0-2 X:6-7'],
    ['none', 'B-X I-X', ''],
  ] as const)('%s: %s', (scheme, line, expected) => {
    expect(shown(line, scheme)).toBe(expected);
  });

  it('finds what was laid out, in every scheme', () => {
    fc.assert(
      fc.property(layout, fc.constantFrom(...spanSchemes), (sentence, scheme) => {
        expect(spans(convert(tagsOf(sentence), 'BIO', scheme), scheme)).toEqual(sentence.found);
      }),
    );
  });

  it('keeps order, stays inside and does not overlap on any sequence', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(...spanSchemes)
          .chain((scheme) => fc.tuple(fc.constant(scheme), anyTags(scheme))),
        ([scheme, tags]) => {
          let reached = 0;
          for (const { start, end } of spans(tags, scheme)) {
            expect(start).toBeGreaterThanOrEqual(reached);
            expect(end).toBeGreaterThan(start);
            reached = end;
          }
          expect(reached).toBeLessThanOrEqual(tags.length);
        },
      ),
    );
  });
});

describe('convert', () => {
  const bio = words('B-X I-X B-X O B-Y I-Y I-Y B-Y');
  it.each([
    ['IOB1', 'I-X I-X B-X O I-Y I-Y I-Y B-Y'],
    ['BIO', 'B-X I-X B-X O B-Y I-Y I-Y B-Y'],
    ['BIOES', 'B-X E-X S-X O B-Y I-Y E-Y S-Y'],
    ['BILOU', 'B-X L-X U-X O B-Y I-Y L-Y U-Y'],
    ['BMES', 'B-X E-X S-X O B-Y M-Y E-Y S-Y'],
  ] as const)('writes %s', (scheme, expected) => {
    expect(convert(bio, 'BIO', scheme).join(' ')).toBe(expected);
    expect(convert(words(expected), scheme, 'BIO')).toEqual(bio);
  });

  it('keeps separators, bare letters and strays, and leaves its input alone', () => {
    const tags = words('B_X I_X B I . B-');
    expect(convert(tags, 'BIO', 'BIOES').join(' ')).toBe('B_X E_X B E . S-');
    expect(tags.join(' ')).toBe('B_X I_X B I . B-');
  });

  it('keeps the spans of any sequence and writes only valid transitions', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(...spanSchemes)
          .chain((scheme) => fc.tuple(fc.constant(scheme), anyTags(scheme))),
        fc.constantFrom(...spanSchemes),
        ([from, tags], to) => {
          const written = convert(tags, from, to);
          expect(spans(written, to)).toEqual(spans(tags, from));
          for (let i = 0; i <= written.length; i++) {
            expect(validTransition(written[i - 1] ?? null, written[i] ?? null, to)).toBe(true);
          }
          expect(convert(convert(written, to, from), from, to)).toEqual(written);
        },
      ),
    );
  });

  it('copies plain tags and refuses to make spans of them', () => {
    expect(convert(['NN', 'B-X'], 'none', 'none')).toEqual(['NN', 'B-X']);
    expect(() => convert(['NN'], 'none', 'BIO')).toThrow(UserError);
    expect(() => convert(['B-X'], 'BIO', 'none')).toThrow(UserError);
  });
});

describe('detectScheme', () => {
  it.each([
    ['BIO', ['B-X I-X O', 'O B-Y']],
    ['BIO', ['O O', 'O']],
    ['BIO', ['B-X O B-X']],
    ['BIO', ['B_NP I_NP O']],
    ['BIO', ['B I I O B']],
    ['BIO', ['B I I B']],
    ['BIO', ['B-X I-X', 'B-X I-X', 'I-Y O']], // one slip
    ['IOB1', ['I-X I-X O', 'O I-Y']],
    ['IOB1', ['I-X B-X O', 'O I-Y']],
    ['IOB1', ['O I-X I-Y']],
    ['IOB1', ['I O I I']],
    ['BIOES', ['B-X I-X E-X O', 'S-Y']],
    ['BIOES', ['B-X E-X O', 'S-Y']],
    ['BIOES', ['S-X O']],
    ['BILOU', ['B-X I-X L-X O', 'U-Y']],
    ['BILOU', ['U-X O']],
    ['BMES', ['B-X M-X E-X O', 'S-Y']],
    ['BMES', ['B E S S B M E']],
    ['BMES', ['B E S S B E']],
    ['BMES', ['B-NN E-NN S-VV']],
    ['none', ['DT NN VB']],
    ['none', []],
    ['none', ['']],
    ['none', ['NN B-X I-X O']],
    ['none', ['S S E']],
    ['none', ['S-PRO A-PRO V-sg']],
    ['none', ['-LRB- NN -RRB-']],
    ['none', ['ADV ADJ X O']],
    ['none', ['B I O X']],
    ['none', ['OO O']],
  ] as const)('%s: %j', (expected, lines) => {
    expect(detectScheme(lines.map(words))).toBe(expected);
  });

  it('overlooks a few strays among tags with types, not among bare letters', () => {
    const many = Array.from({ length: 100 }, () => words('B-X I-X O'));
    expect(detectScheme([...many, ['.']])).toBe('BIO');
    expect(detectScheme([...many, ['E-X']])).toBe('BIO');
    expect(strayTags([...many, ['.', '.', 'E-X', 'B-Y']], 'BIO')).toEqual(
      new Map([
        ['.', 2],
        ['E-X', 1],
      ]),
    );
    const bare = Array.from({ length: 100 }, () => words('B I O'));
    expect(detectScheme([...bare, ['.']])).toBe('none');
    expect(strayTags([['NN']], 'none').size).toBe(0);
  });

  it('recognises what convert wrote, when the sentence shows it', () => {
    // a span of three, one of one, and two that touch
    const tags = words('B-X I-X I-X O B-Y B-Y O');
    for (const scheme of spanSchemes) {
      expect(detectScheme([convert(tags, 'BIO', scheme)])).toBe(scheme);
    }
  });
});

describe('validTransition', () => {
  const labels = {
    IOB1: words('O B-X I-X B-Y I-Y'),
    BIO: words('O B-X I-X B-Y I-Y'),
    BIOES: words('O B-X I-X E-X S-X B-Y I-Y E-Y S-Y'),
    BILOU: words('O B-X I-X L-X U-X B-Y I-Y L-Y U-Y'),
    BMES: words('O B-X M-X E-X S-X B-Y M-Y E-Y S-Y'),
  };

  it('allows just the sequences that convert to themselves', () => {
    const every = (tags: readonly string[], length: number): string[][] =>
      length === 0
        ? [[]]
        : every(tags, length - 1).flatMap((head) => tags.map((tag) => [...head, tag]));
    for (const scheme of spanSchemes) {
      for (const tags of every(labels[scheme], 3)) {
        const isAllowed = [0, 1, 2, 3].every((i) =>
          validTransition(tags[i - 1] ?? null, tags[i] ?? null, scheme),
        );
        const isFixed = convert(tags, scheme, scheme).every((tag, i) => tag === tags[i]);
        expect([scheme, ...tags, isAllowed]).toEqual([scheme, ...tags, isFixed]);
      }
    }
  });

  it('fills the tables row by row', () => {
    const { start, end, between } = transitions(words('O B-X E-X'), 'BIOES');
    expect([...start]).toEqual([1, 1, 0]);
    expect([...end]).toEqual([1, 0, 1]);
    expect([...between]).toEqual([1, 1, 0, 0, 0, 1, 1, 1, 0]);
    const plain = transitions(['NN', 'I-X'], 'none');
    expect([...plain.start, ...plain.end, ...plain.between]).toEqual(Array(8).fill(1));
  });
});

describe('names and parts', () => {
  it('knows the usual aliases', () => {
    expect(['iob', 'IOB2', 'bio', 'IOBES', 'biluo', 'BMES', 'None'].map(schemeNamed)).toEqual([
      'IOB1',
      'BIO',
      'BIO',
      'BIOES',
      'BILOU',
      'BMES',
      'none',
    ]);
    expect(() => schemeNamed('constructor')).toThrow(UserError);
  });

  it('takes tags apart', () => {
    expect(tagParts('B_a-b', 'BIO')).toEqual({ role: 'begin', separator: '_', type: 'a-b' });
    expect(tagParts('L-a', 'BILOU')).toEqual({ role: 'end', separator: '-', type: 'a' });
    expect(tagParts('E', 'BIOES')).toEqual({ role: 'end', separator: '', type: '' });
    for (const tag of ['O', 'O-x', '', '.', 'N_x', 'constructor']) {
      expect(tagParts(tag, 'BIO').role).toBe('outside');
    }
  });

  it('survives more tags than it remembers', () => {
    const tags = Array.from({ length: 50_000 }, (_, i) => `B-${i}`);
    expect(spans(tags, 'BIO')).toHaveLength(50_000);
  });
});
