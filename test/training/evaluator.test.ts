import { describe, expect, it } from 'vitest';
import { convert, type Scheme } from '../../src/corpus/tags/scheme.ts';
import { countPairs } from '../../src/evaluation/counts.ts';
import { countCertainPairs } from '../../src/evaluation/partial.ts';
import { createReport } from '../../src/evaluation/report.ts';
import type { Predictor } from '../../src/tagging/predictor.ts';
import { createEvaluator } from '../../src/training/evaluator.ts';
import type { TrainedColumn } from '../../src/training/trained-columns.ts';
import { rng } from '../oracle/rng.ts';

const spanTags = ['O', ...['B', 'I', 'E', 'S'].flatMap((letter) => [`${letter}-X`, `${letter}-Y`])];
const cases = [
  { scheme: 'none', trainedScheme: 'none', names: ['NN', 'VB', 'JJ', 'B-X'] },
  ...(['BIO', 'IOB1', 'BIOES', 'BILOU', 'BMES'] as const).map((scheme) => ({
    scheme,
    trainedScheme: 'BIOES',
    names: [...spanTags, '.'],
  })),
  { scheme: 'BIO', trainedScheme: 'BIO', names: ['O', 'B-X', 'I-X', 'I_Y', 'B'] },
] as const;

describe.each(cases)('reports on paths: $scheme, trained as $trainedScheme', (one) => {
  const { scheme, trainedScheme } = one;
  const names: readonly string[] = one.names;
  for (const partial of [false, true])
    it(`are those of the tags that they mean${partial ? ', of partial labels' : ''}`, () => {
      const random = rng(7);
      const pick = (): string => names[random.integer(names.length)]!;
      const inScheme = (tags: string[]): string[] =>
        scheme === 'none' ? tags : convert(tags, trainedScheme as Scheme, scheme);
      const lengths = Array.from({ length: 60 }, () => random.integer(9));
      const dev = lengths.map((length) => {
        const tags = inScheme(Array.from({ length }, pick));
        return {
          tokens: tags.map(() => `w${random.integer(9)}`),
          tags: partial
            ? tags.map(
                (tag) => ([tag, `${tag}|${tag}`, '?', `${tag}|Z`] as const)[random.integer(4)]!,
              )
            : tags,
        };
      });
      const paths = lengths.map((length) => random.integers(length, names.length));
      const isKnown = (token: string): boolean => token < 'w5';
      const seenTags = names.filter((name) => !name.endsWith('Y') && name !== 'JJ');
      const column = { tagColumn: { scheme, trainedScheme, format: 'columns' }, dev, seenTags };
      const predictor = { predictPaths: () => [paths], isKnown } as unknown as Predictor;
      const evaluator = createEvaluator(predictor, [column as unknown as TrainedColumn], {
        role: 'dev',
        partial,
        vocabulary: { tags: [names] },
      });
      const pairs = dev.map(({ tokens, tags }, s) => ({
        tokens,
        gold: tags,
        predicted: inScheme(Array.from(paths[s]!, (k) => names[k]!)),
      }));
      const count = partial ? countCertainPairs : countPairs;
      const expected = createReport(count(pairs, { scheme, isKnown, seenTags }));
      expect(expected.correctTokens).toBeGreaterThan(5);
      expect(evaluator.reports()).toEqual([expected]);
      expect(evaluator.report(0)).toEqual(expected);
    });
});
