import { expect, test } from 'vitest';
import { readTextLines } from '../../src/corpus/index.ts';
import type { LemmaLexicon } from '../../src/corpus/lemmas/lexicon.ts';
import type { Vocabulary } from '../../src/corpus/vocabulary.ts';
import type { TagColumn } from '../../src/model/model.ts';
import type { Batch, Emissions, Engine } from '../../src/network/engine.ts';
import { createAnnotate } from '../../src/tagging/annotate.ts';
import { createPredictor } from '../../src/tagging/predictor.ts';
import { pieces } from '../cli/world.ts';
import { expectUserError } from '../corpus/helpers.ts';
import { expectClose } from '../oracle/close.ts';

const scripts = ['lower *-3', 'keep *', 'lower *', '=be', 'lower *-1'];
const tagColumn: TagColumn = {
  scheme: 'none',
  trainedScheme: 'none',
  lemmas: true,
  format: 'conllu',
  tagColumn: 'lemma',
};
const vocabulary: Vocabulary = {
  words: ['', 'Cats', 'is', 'Is'],
  chars: ['', '', ''],
  tags: [scripts],
  lowercase: false,
};

/** For every token the same scores, by script. */
function createFake(scores: readonly number[], lexicon?: LemmaLexicon) {
  const tagColumns: TagColumn[] = [{ ...tagColumn, ...(lexicon && { lexicon }) }];
  const emissions = (batch: Batch): Emissions => {
    const tokens = batch.sentences.reduce((sum, { length }) => sum + length, 0);
    const best = scores.indexOf(Math.max(...scores));
    return {
      best: [new Int32Array(tokens).fill(best)],
      scores: [
        Float32Array.from({ length: tokens * scores.length }, (_, i) => scores[i % scores.length]!),
      ],
    };
  };
  const engine = {
    config: { decoder: 'softmax', tags: [scripts.length] },
    maxTokens: 100,
    beginEmissions: (batch: Batch) => () => emissions(batch),
  } as unknown as Engine;
  const predictor = createPredictor(engine, vocabulary, tagColumns);
  return { predictor, annotate: createAnnotate(engine, vocabulary, { tagColumns, predictor }) };
}

test('a word shorter than the best script demands has the best script that fits', () => {
  const { predictor } = createFake([5, 1, 2, 0, 4]);
  expect(predictor.predict([['Cats'], ['Is', 'Dogs', 'I']])).toEqual([[['c'], ['i', 'd', 'i']]]);
  expect(predictor.misfits()).toBe(2);
  expect(predictor.predictPaths([['Is', 'Cats', 'I']])[0]![0]).toEqual(Int32Array.of(4, 0, 2));
});

test('a word of the lexicon has the best of its scripts there', () => {
  const lexicon = { least: 1, words: { '1 2': ['Cats'], '3': ['Is'] } };
  const { predictor, annotate } = createFake([5, 1, 2, 0, 4], lexicon);
  expect(predictor.predict([['Dogs'], ['Cats', 'Is', 'Is', 'Dogs']])).toEqual([
    [['d'], ['cats', 'be', 'be', 'd']],
  ]);
  expect(predictor.misfits()).toBe(2);
  const [[found]] = annotate([['Cats']], { confidence: true, nBest: 3 }) as [
    ReturnType<typeof annotate>[number],
  ];
  expect(found!.nBest!.slice(0, 2).map(({ tags }) => tags)).toEqual([['cats'], ['Cats']]);
  expectClose(found!.confidences!, [Math.exp(2) / (Math.exp(1) + Math.exp(2))], {
    abs: 1e-4,
    rel: 0,
  });
});

test('lemmas of lines of tokens are those of strings', async () => {
  const { predictor } = createFake([5, 1, 2, 0, 4]);
  const text = 'Cats Is I\n\nDogs';
  const tags: string[][] = [];
  for await (const lines of readTextLines(pieces([Buffer.from(text)]), {
    file: 'x',
    format: 'text',
    most: 100,
    onDocument: () => undefined,
  }))
    if (lines.tokens > 0) tags.push(...predictor.beginLines(lines)()[0]!);
  expect(tags.flat()).toEqual(['c', 'i', 'i', 'd']);
});

test('the probability of a lemma is that of all scripts that give it', () => {
  const { annotate } = createFake(
    [Number.NEGATIVE_INFINITY, 1, 2, 0, 0].map((x) => Math.max(x, -50)),
  );
  const p = (k: number) => Math.exp([0, 1, 2, 0, 0][k]!) / (Math.exp(1) + Math.exp(2) + 2);
  const [[lower, upper]] = annotate([['is'], ['Is']], { confidence: true, nBest: 2 }) as [
    ReturnType<typeof annotate>[number],
  ];
  expect([lower!.tags, upper!.tags]).toEqual([['is'], ['is']]);
  expectClose(lower!.confidences!, [p(1) + p(2)], { abs: 1e-4, rel: 0 });
  expectClose(upper!.confidences!, [p(2)], { abs: 1e-4, rel: 0 });
  expect(upper!.nBest!.map(({ tags }) => tags)).toEqual([['is'], ['Is']]);
  expect(lower!.nBest![0]!.tags).toEqual(['is']);
  expectClose([lower!.nBest![0]!.probability], [p(1) + p(2)], { abs: 1e-4, rel: 0 });
});

test('scripts that do not fit have no probability', () => {
  const { annotate } = createFake([9, 1, 1, 1, 9]);
  const [[found]] = annotate([['I']], { confidence: true }) as [
    ReturnType<typeof annotate>[number],
  ];
  expect(found!.tags).toEqual(['I']);
  expectClose(found!.confidences!, [1 / 3], { abs: 1e-4, rel: 0 });
});

test('given lemmas are kept, and the others agree with them', () => {
  const { annotate } = createFake([5, 1, 2, 0, 4]);
  const given = [[['Cats', '?', 'be', '_', 'is|Is']]];
  const [[found]] = annotate([['Cats', 'Cats', 'Is', 'Dogs', 'Is']], { given }) as [
    ReturnType<typeof annotate>[number],
  ];
  expect(found!.tags).toEqual(['Cats', 'c', 'be', 'd', 'is']);
  expectUserError(
    () => annotate([['went']], { given: [[['go']]] }),
    /"went": no edit script of the model gives the lemma go/,
  );
});
