import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it, test } from 'vitest';
import { checkSettings } from '../../src/training/settings.ts';
import { parseTagWeights, tagWeights } from '../../src/training/tag-weights.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';
import { createFolder, sentences } from '../cli/world.ts';

describe('tag weights', () => {
  it.each<[string, [string, number][] | undefined]>([
    ['O=0.5', [['O', 0.5]]],
    [
      'O=.5,PER=2',
      [
        ['O', 0.5],
        ['PER', 2],
      ],
    ],
    [
      ',=2,==3,O=1',
      [
        [',', 2],
        ['=', 3],
        ['O', 1],
      ],
    ],
    ['a b=1', [['a b', 1]]],
    ['', undefined],
    ['O', undefined],
    ['O=', undefined],
    ['=2', undefined],
    ['O=0', undefined],
    ['O=1001', undefined],
    ['O=-1', undefined],
    ['O=1,', [['O', 1]]],
    ['O=1x', undefined],
    ['O=1.2.3', undefined],
  ])('are read from %j', (text, expected) => {
    const weights = parseTagWeights(text);
    expect(weights && [...weights]).toEqual(expected);
  });

  const spans = { trainedScheme: 'BIOES' } as const;
  it('apply to tags, or to all tags of a span type', () => {
    const tags = [
      ['O', 'B-PER', 'S-PER', 'S-LOC'],
      ['NN', 'VB'],
    ];
    const of = (text: string): (number[] | undefined)[] =>
      tagWeights(parseTagWeights(text)!, { tags }, [spans, { trainedScheme: 'none' }]).map(
        (own) => own && [...own],
      );
    expect(of('PER=2,O=0.5')).toEqual([[0.5, 2, 2, 1], undefined]);
    expect(of('B-PER=4,PER=2,VB=3')).toEqual([
      [1, 4, 2, 1],
      [1, 3],
    ]);
    expect(of('NN=1')).toEqual([undefined, undefined]);
    expect(() => of('PER=2,Z=1')).toThrow(
      /loss weight Z=1: the corpus has no tag .*O, B-PER, S-PER, S-LOC, NN/,
    );
  });
});

const folder = createFolder();
afterAll(folder.remove);
const english = folder.path('english.conll');
writeFileSync(english, sentences('english.dev.conll', 80));
const model = folder.path('model.safetensors');

async function spansFound(h: object): Promise<number> {
  let last: TrainingEvent | undefined;
  const quick = { epochs: 6, batchSize: 4, learningRate: 0.02 };
  const small = { recipe: 'pos', features: 'none', hidden: 24, wordDim: 24, charFilters: 8 };
  for await (const event of train({
    corpora: [english],
    dev: english,
    output: model,
    threads: 1,
    hyperparameters: checkSettings({ ...small, ...quick, ...h }, 'test'),
  }))
    last = event;
  return (last as TrainingEvent & { type: 'end' }).dev[0]!.spans!.predicted;
}

test.each(['softmax', 'crf'])(
  'a tag of lower weight is predicted less often: %s',
  async (decoder) => {
    const plain = await spansFound({ decoder });
    expect(await spansFound({ decoder, tagWeight: 'O=0.1' })).toBeGreaterThan(plain);
    expect(await spansFound({ decoder, tagWeight: 'O=5' })).toBeLessThanOrEqual(plain);
  },
);
