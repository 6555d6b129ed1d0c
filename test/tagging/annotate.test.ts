import { describe, expect, it, test } from 'vitest';
import type { Annotation } from '../../src/corpus/sentence.ts';
import { candidates } from '../../src/corpus/tags/partial.ts';
import { convert, type Scheme, spans, transitions } from '../../src/corpus/tags/scheme.ts';
import type { Vocabulary } from '../../src/corpus/vocabulary.ts';
import type { TagColumn } from '../../src/model/model.ts';
import { allowedTransitionsOf } from '../../src/model/transitions.ts';
import { createEngineOver } from '../../src/network/builtin/engine.ts';
import { headName, type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import { allowedTransitions } from '../../src/network/crf/transitions.ts';
import type { Engine } from '../../src/network/engine.ts';
import { type Annotate, createAnnotate } from '../../src/tagging/annotate.ts';
import { createPredictor, type Predictor } from '../../src/tagging/predictor.ts';
import { createTagProbabilities } from '../../src/tagging/tag-probabilities.ts';
import { levelNames } from '../backend/levels.ts';
import { expectUserError } from '../corpus/helpers.ts';
import { openSingle } from '../network/sample.ts';
import { expectClose } from '../oracle/close.ts';
import { rng } from '../oracle/rng.ts';

type Decoder = NetworkConfig['decoder'];

const words = ['', ...'abcdefgh'];
const near = { abs: 1e-5, rel: 1e-4 };

interface Small {
  readonly engine: Engine;
  readonly predictor: Predictor;
  readonly annotate: Annotate;
  readonly vocabulary: Vocabulary;
  readonly tagColumns: readonly TagColumn[];
}

/** A small network of random parameters over one or more columns. */
function createSmall(
  decoder: Decoder,
  columns: readonly { tags: readonly string[]; scheme: Scheme; trainedScheme: Scheme }[],
  { level = 'wasm', seed = 3, cachedTypes = 512, extraTransitions = [] as number[] } = {},
): Small {
  const vocabulary: Vocabulary = {
    words,
    chars: ['', '', ''],
    tags: columns.map(({ tags }) => [...tags]),
    lowercase: false,
  };
  const tagColumns = columns.map(
    ({ scheme, trainedScheme }): TagColumn => ({
      scheme,
      trainedScheme,
      format: 'columns',
      extraTransitions,
    }),
  );
  const config: NetworkConfig = {
    ...plainBiLstm,
    words: words.length,
    wordDim: 4,
    charEncoder: 'none',
    chars: 3,
    charDim: 1,
    charWidth: 3,
    charFilters: 1,
    charHidden: 1,
    layers: 1,
    hidden: 3,
    decoder,
    tags: columns.map(({ tags }) => tags.length),
  };
  const engine = createEngineOver(openSingle(level), {
    config,
    cachedTypes,
    transitions: allowedTransitionsOf(config, vocabulary, tagColumns),
  });
  const random = rng(seed);
  for (const { name, shape } of engine.parameters)
    engine.setParameter(
      name,
      random.array(
        shape.reduce((product, n) => product * n, 1),
        1.5,
      ),
    );
  const predictor = createPredictor(engine, vocabulary, tagColumns);
  const annotate = createAnnotate(engine, vocabulary, { tagColumns, predictor });
  return { engine, predictor, annotate, vocabulary, tagColumns };
}

/** Every answer of a sentence in a column, and its probability: by enumeration of all paths. */
function enumerate(
  { engine, predictor, vocabulary, tagColumns }: Small,
  tokens: readonly string[],
  { column = 0, rules = engine.config.decoder !== 'softmax' } = {},
): Map<string, { tags: string[]; p: number }> {
  const { config } = engine;
  const names = vocabulary.tags[column]!;
  const { scheme, trainedScheme, extraTransitions = [] } = tagColumns[column]!;
  const K = names.length;
  const emissions = predictor.predictScores([tokens])[column]![0]!.emissions;
  const allowed = allowedTransitions(transitions(names, rules ? trainedScheme : 'none'));
  for (const link of extraTransitions) allowed[link] = 1;
  const parameters = ['transitions', 'start', 'end'].flatMap((name) =>
    config.decoder === 'crf' ? [...engine.getParameter(`${headName(column)}.${name}`)] : [],
  );
  const link = (at: number): number =>
    allowed[at] ? (parameters[at] ?? 0) : Number.NEGATIVE_INFINITY;
  const answers = new Map<string, { tags: string[]; p: number }>();
  const visit = (path: readonly number[], score: number): void => {
    const last = path.at(-1);
    if (path.length < tokens.length) {
      for (let k = 0; k < K; k++)
        visit(
          [...path, k],
          score +
            emissions[path.length * K + k]! +
            link(last === undefined ? K * K + k : last * K + k),
        );
      return;
    }
    const own = path.map((k) => names[k]!);
    const tags = scheme === 'none' ? own : convert(own, trainedScheme, scheme);
    const known = answers.get(tags.join(' ')) ?? { tags, p: 0 };
    known.p += Math.exp(score + link(K * K + K + last!));
    answers.set(tags.join(' '), known);
  };
  visit([], 0);
  return scaled(answers);
}

function scaled(
  answers: ReadonlyMap<string, { tags: string[]; p: number }>,
): Map<string, { tags: string[]; p: number }> {
  const total = [...answers.values()].reduce((sum, { p }) => sum + p, 0);
  return new Map([...answers].map(([key, { tags, p }]) => [key, { tags, p: p / total }]));
}

type AnswersOf = ReturnType<typeof enumerate>;
const sumOf = (answers: AnswersOf, test: (tags: readonly string[]) => boolean): number =>
  [...answers.values()].reduce((sum, { tags, p }) => sum + (test(tags) ? p : 0), 0);
const ranked = (answers: AnswersOf) =>
  [...answers.values()].filter(({ p }) => p > 0).sort((a, b) => b.p - a.p);

/** All that an annotation tells is what the answers say. */
function expectRight(
  { tags, confidences, spans: found, nBest }: Annotation,
  answers: AnswersOf,
  scheme: Scheme,
): void {
  expectClose(
    confidences!,
    tags.map((tag, t) => sumOf(answers, (own) => own[t] === tag)),
    near,
  );
  expect(found!.map(({ confidence: _, ...span }) => span)).toEqual(spans(tags, scheme));
  for (const { confidence, ...span } of found!) {
    const isFound = (own: readonly string[]): boolean =>
      spans(own, scheme).some((other) => JSON.stringify(other) === JSON.stringify(span));
    expectClose(confidence, sumOf(answers, isFound), near);
  }
  expectClose(
    nBest!.map(({ probability }) => probability),
    nBest!.map((one) => answers.get(one.tags.join(' '))!.p),
    near,
  );
}

/** The sequences are the best of all. */
function expectBest({ nBest }: Annotation, answers: AnswersOf): void {
  const expected = ranked(answers).slice(0, nBest!.length);
  expect(nBest!.map((one) => one.tags)).toEqual(expected.map((one) => one.tags));
}

const bioes = ['O', 'S-X', 'B-X', 'E-X', 'I-X'];
const bio = ['O', 'B-X', 'I-X', 'B-Y', 'I-Y'];
const kinds: { tags: readonly string[]; scheme: Scheme; trainedScheme: Scheme }[] = [
  { tags: ['N', 'V', 'D', '.'], scheme: 'none', trainedScheme: 'none' },
  { tags: bioes, scheme: 'BIO', trainedScheme: 'BIOES' },
  { tags: bioes, scheme: 'IOB1', trainedScheme: 'BIOES' },
  { tags: bio, scheme: 'BIO', trainedScheme: 'BIO' },
  { tags: bio, scheme: 'BMES', trainedScheme: 'BIO' },
];
const sentences = [[...'abcd'], ['e'], []];
const decoders = ['softmax', 'constrained', 'crf'] as const;

describe.each(decoders)('%s', (decoder) => {
  it.each(kinds)(
    'tells the probabilities of tags, spans and sequences: $trainedScheme as $scheme',
    (kind) => {
      {
        const small = createSmall(decoder, [kind]);
        const [annotations] = small.annotate(sentences, { confidence: true, nBest: 4 });
        expect(annotations!.map(({ tags }) => tags)).toEqual(small.predictor.predict(sentences)[0]);
        annotations!.forEach((own, s) => {
          const tokens = sentences[s]!;
          if (tokens.length === 0) {
            expect(own).toEqual({ tags: [], confidences: [], spans: [], nBest: [] });
            return;
          }
          const answers = enumerate(small, tokens);
          expect(own.nBest).toHaveLength(Math.min(4, ranked(answers).length));
          expectRight(own, answers, kind.scheme);
          // of a softmax several paths mean the same
          if (decoder !== 'softmax' || kind.scheme === 'none') expectBest(own, answers);
        });
      }
    },
  );

  // what IOB1 tells of a token may depend on the one before, and BIO does not tell where a span ends
  it.each(kinds.filter(({ scheme }) => scheme === 'none' || scheme === 'BIO'))(
    'finds the best path that agrees with the given labels: $trainedScheme as $scheme',
    (kind) => {
      const random = rng(5);
      const small = createSmall(decoder, [kind]);
      const tokens = [...'abc'];
      const unruled = ranked(enumerate(small, tokens));
      const all = enumerate(small, tokens, { rules: true });
      const some = ranked(all);
      let tried = 0;
      for (let i = 0; i < 24; i++) {
        // what a random answer has, beside others
        const base = some[random.integer(some.length)]!.tags;
        const labels = base.map((tag, t) => {
          const other = some[random.integer(some.length)]!.tags[t]!;
          return [tag, '?', '_', '', `${other}|${tag}`][random.integer(5)]!;
        });
        if (labels.every((label) => ['?', '_', ''].includes(label))) continue;
        const agreeing = new Map(
          [...all].filter(([, { tags }]) =>
            tags.every((tag, t) => {
              const open = candidates(labels[t]!);
              return ['_', ''].includes(labels[t]!) || open.length === 0 || open.includes(tag);
            }),
          ),
        );
        const [[annotation]] = small.annotate([tokens], {
          given: [[labels]],
          confidence: true,
          nBest: 3,
        }) as [[Annotation]];
        const answers = scaled(agreeing);
        expect(annotation.tags).toEqual(ranked(answers)[0]!.tags);
        expectRight(annotation, answers, kind.scheme);
        expectBest(annotation, answers);
        tried++;
      }
      expect(tried).toBeGreaterThan(12);
      if (decoder === 'softmax' && kind.scheme !== 'none') return;
      const [[open]] = small.annotate([tokens], { given: [[['?', '_', '']]], nBest: 1 }) as [
        [Annotation],
      ];
      expect(open.nBest![0]!.tags).toEqual(unruled[0]!.tags);
    },
  );
});

const spanned = kinds[1]!;
const plain = kinds[0]!;

test('every level tells the same', () => {
  const told = levelNames.map((level) => {
    const small = createSmall('crf', [spanned], { level });
    return small.annotate(sentences, { confidence: true, nBest: 2 })[0]!;
  });
  for (const own of told)
    own.forEach(({ tags, confidences, nBest }, s) => {
      const first = told[0]![s]!;
      expect(tags).toEqual(first.tags);
      if (tags.length === 0) return;
      expectClose(confidences!, first.confidences!, near);
      expectClose(nBest![1]!.probability, first.nBest![1]!.probability, near);
    });
});

test('what training saw against the rules counts', () => {
  const outsideInside = bioes.indexOf('O') * bioes.length + bioes.indexOf('I-X');
  const options = { extraTransitions: [outsideInside, bioes.length ** 2 + bioes.indexOf('E-X')] };
  const small = createSmall('crf', [spanned], options);
  const [[own]] = small.annotate([[...'abc']], { confidence: true, nBest: 3 }) as [[Annotation]];
  expectRight(own, enumerate(small, [...'abc']), 'BIO');
});

test('columns are told apart', () => {
  const small = createSmall('crf', [plain, spanned]);
  const tokens = [...'abc'];
  const options = { confidence: true, nBest: 2 };
  const [[tags], [spans]] = small.annotate([tokens], options) as [[Annotation], [Annotation]];
  expectRight(tags, enumerate(small, tokens), 'none');
  expectRight(spans, enumerate(small, tokens, { column: 1 }), 'BIO');
  const given = [undefined, [['I-X', '?', '?']]]; // read as a span that begins
  const [[same], [other]] = small.annotate([tokens], { ...options, given }) as [
    [Annotation],
    [Annotation],
  ];
  expect(same).toEqual(tags);
  expect(other.tags[0]).toBe('B-X');
  expect(other.confidences![0]).toBeCloseTo(1, 12);
});

test('a sentence longer than a window is one sequence, tagged as without annotations', () => {
  const small = createSmall('crf', [spanned], { cachedTypes: 12 });
  const long = Array.from({ length: 60 }, (_, i) => 'abcdefgh'[(i * i) % 8]!);
  const [[own, short]] = small.annotate([long, ['a']], { confidence: true, nBest: 2 }) as [
    Annotation[],
  ];
  expect([own!.tags, short!.tags]).toEqual(small.predictor.predict([long, ['a']])[0]);
  expect(own!.confidences).toHaveLength(60);
  expect(own!.nBest![0]!.probability).toBeGreaterThan(own!.nBest![1]!.probability);
  const given = [[long.map((_, t) => (t === 20 ? 'B-X' : t === 21 ? 'I-X' : '?')), ['?']]];
  const [[forced]] = small.annotate([long, ['a']], { given }) as [Annotation[]];
  expect(forced!.tags.slice(20, 22)).toEqual(['B-X', 'I-X']);
});

test('what is less probable than asked for is not told', () => {
  const [[all]] = createSmall('crf', [plain]).annotate([[...'abcd']], { confidence: true }) as [
    [Annotation],
  ];
  const minConfidence = [...all.confidences!].sort()[2]!;
  const options = { confidence: true, minConfidence };
  const [[sure]] = createSmall('crf', [plain]).annotate([[...'abcd']], options) as [[Annotation]];
  expect(sure.confidences).toEqual(all.confidences);
  expect(sure.tags).toEqual(
    all.tags.map((tag, t) => (all.confidences![t]! < minConfidence ? '_' : tag)),
  );
  expect(sure.tags.filter((tag) => tag === '_')).toHaveLength(2);

  const small = createSmall('crf', [{ ...spanned, scheme: 'IOB1' }]);
  const tokens = [...'aceb'];
  const given = [[['I-X', 'B-X', 'O', '?']]];
  const [[spans]] = small.annotate([tokens], { confidence: true, given }) as [[Annotation]];
  expect(spans.tags.slice(0, 3)).toEqual(['I-X', 'B-X', 'O']);
  const [[none]] = small.annotate([tokens], { minConfidence: 1.1, given }) as [[Annotation]];
  expect(none).toEqual({ tags: ['O', 'O', 'O', 'O'] });
  // without its neighbour a span begins with I
  expect(
    createTagProbabilities(bioes, { ...spanned, scheme: 'IOB1' })
      .withoutSpans(spans.tags, [spans.spans![0]!])
      .slice(0, 3),
  ).toEqual(['O', 'I-X', 'O']);
});

describe('what cannot be', () => {
  const small = createSmall('crf', [spanned]);
  const refused = (labels: string[], where?: (s: number) => string) => () =>
    small.annotate([['b'], [...'abc']], { given: [[['?'], labels]], where });

  it('a tag that the model has not', () => {
    expectUserError(
      refused(['O', 'B-X|B-Y', '?'], (s) => `file:${s + 3}`),
      /^file:4: token 2, "b": the model does not have the given tag B-Y\. Its tags are B-X, I-X, O\.$/,
    );
    expectUserError(
      refused(['O', 'NN', '?']),
      /^sentence 2: token 2, "b": the model does not have the given tag NN/,
    );
  });

  it('a tag that the model never learned in this position', () => {
    const lacking = createSmall('crf', [{ ...spanned, tags: ['O', 'S-X'] }]);
    expectUserError(
      () => lacking.annotate([[...'ab']], { given: [[['B-X', 'I-X']]] }),
      /^sentence 1: token 1, "a": the model never learned the given tag B-X in this position/,
    );
  });

  it('a sequence that the rules forbid', () => {
    const [[softmax]] = createSmall('softmax', [spanned]).annotate([[...'abc']], {
      given: [[['O', 'I-X', 'O']]],
    }) as [[Annotation]];
    expect(softmax.tags).toEqual(['O', 'B-X', 'O']);
    const both = createSmall('crf', [{ ...spanned, tags: [...bioes, 'S-Y', 'B-Y', 'E-Y', 'I-Y'] }]);
    const given = [[['B-X', 'I-X|I-Y', 'I-X|I-Y', 'I-Y']]];
    expectUserError(
      () => both.annotate([[...'abcd']], { given }),
      /^sentence 1: no tag sequence agrees with the labels given up to token 3, "c"\. /,
    );
  });
});
