import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readCorpus } from '../../src/corpus/index.ts';
import { openModel } from '../../src/model/model-file.ts';
import { parseRecallBias, type RecallBias, recallBiasText } from '../../src/tagging/recall.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { checkSettings } from '../../src/training/settings.ts';
import { type TrainingEvent, train } from '../../src/training/train.ts';
import { expectRefused, seqtag, tiny } from '../cli/world.ts';

const english = fileURLToPath(new URL('../../corpora/english.dev.conll', import.meta.url));
const model = join(tmpdir(), `seqtag-recall-${process.pid}.safetensors`);
afterAll(() => rmSync(model, { force: true }));

async function trained(h: object, tagColumn = -1): Promise<TrainingEvent & { type: 'end' }> {
  const quick = { epochs: 6, batchSize: 4, learningRate: 0.01 };
  const small = { recipe: 'pos', features: 'none', hidden: 24, wordDim: 24, charFilters: 8 };
  let last: TrainingEvent | undefined;
  for await (const event of train({
    corpora: [english],
    dev: english,
    output: model,
    threads: 1,
    read: { tagColumn },
    hyperparameters: checkSettings({ ...small, ...quick, ...h }, 'test'),
  }))
    last = event;
  return last as TrainingEvent & { type: 'end' };
}

/** How many tokens are given the tag. */
async function given(tag: string, recallBias?: RecallBias): Promise<number> {
  const sentences = await readCorpus(english, {});
  const tagger = loadTagger(model, { threads: 1, ...(recallBias && { recallBias }) });
  const tags = tagger.tag(sentences.map(({ tokens }) => tokens)).flat();
  await tagger.close();
  return tags.filter((one) => one === tag).length;
}

describe('the bias for recall', () => {
  it.each<[string, RecallBias | undefined]>([
    ['0.5', { tag: undefined, nats: 0.5 }],
    ['-2', { tag: undefined, nats: -2 }],
    ['NN=.5', { tag: 'NN', nats: 0.5 }],
    ['==1', { tag: '=', nats: 1 }],
    ['', undefined],
    ['NN', undefined],
    ['=1', undefined],
    ['101', undefined],
    ['1 ', undefined],
  ])('is read from %j', (text, expected) => {
    const bias = parseRecallBias(text);
    expect(bias).toEqual(expected);
    if (bias) expect(parseRecallBias(recallBiasText(bias))).toEqual(bias);
  });

  it.each(['softmax', 'constrained', 'crf'])('replaces what was trained: %s', async (decoder) => {
    await trained({ decoder });
    const before = await given('O');
    const lowered = await given('O', { nats: 3 });
    expect(lowered).toBeLessThan(before);
    expect(await given('O', { nats: 100 })).toBe(0);
    const { recallBias } = await trained({ decoder, biasRecall: '3' });
    expect(recallBias).toEqual([3]);
    expect(await given('O')).toBe(lowered);
    expect(await given('O', { nats: 0 })).toBe(before);
  });

  it('is of the tag that is named', async () => {
    await trained({}, 1);
    const before = await given('NOUN');
    const lowered = await given('NOUN', { tag: 'NOUN', nats: 1 });
    expect(lowered).toBeLessThan(before);
    const end = await trained({ biasRecall: 'NOUN=1' }, 1);
    expect(end).toMatchObject({ recallBias: [1], recallTag: 'NOUN' });
    using file = openModel(model);
    expect(file.record).toMatchObject({ recallBias: [1], recallTag: 'NOUN' });
    expect(await given('NOUN')).toBe(lowered);
    expect(await given('NOUN', { tag: 'VERB', nats: 0 })).toBe(before);
  });

  it('is a flag of tag and eval, and refused where there is no such tag', async () => {
    const run = (...args: string[]) => seqtag([...args, '-m', model, '--threads=1']);
    expectRefused(await run('tag', '--bias-recall=1', english), /no outside tag O of spans\. Name/);
    expectRefused(
      await run('eval', '--bias-recall=XY=1', english),
      /no tag XY\. The tags are NOUN/,
    );
    expectRefused(await run('tag', '--bias-recall=much', english), /number from -100 to 100/);
    const columns = ['eval', english, '--bias-recall=1'];
    expectRefused(await seqtag(columns), /--bias-recall without --model: .* Give -m/);
    const found = async (...args: string[]): Promise<number> => {
      const { stdout, code } = await run('eval', english, '--tag-column=1', '--json', ...args);
      expect(code).toBe(0);
      const { total } = JSON.parse(stdout) as {
        total: { tags: { byTag: Record<string, { predicted: number }> } };
      };
      return total.tags.byTag.NOUN!.predicted;
    };
    expect(await found('--bias-recall=NOUN=100')).toBe(0);
    expect(await found('--bias-recall=NOUN=-100')).toBeGreaterThan(await found());
    await expect(trained({ biasRecall: '1' }, 1)).rejects.toThrow(/no outside tag O of spans/);
    await expect(trained({ biasRecall: 'XY=1' }, 1)).rejects.toThrow(/no tag XY/);
  });

  it('is told at the end of training, which weighs tags by a flag that repeats', async () => {
    const flags = ['--tag-weight=O=0.5', '--tag-weight', 'PER=2', '--bias-recall=0.5'];
    const args = ['train', english, '-o', model, ...tiny, '--epochs=1', ...flags];
    const { code, stderr } = await seqtag(args);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^penalty +0\.5 on O/m);
    using file = openModel(model);
    expect(file.record.hyperparameters.tagWeight).toBe('O=0.5,PER=2');
    expect(file.record.command).toContain('--tag-weight O=0.5,PER=2');
    expectRefused(await seqtag([...args, '--tag-weight=O']), /tag-weight .*: expected TAG=WEIGHT/);
  });

  it('is found by dev F1 with auto', async () => {
    const plain = await trained({ biasRecall: '0' });
    const auto = await trained({ biasRecall: 'auto' });
    expect(auto.recallBias![0]).toBeGreaterThan(0);
    expect(auto.score).toBeGreaterThan(plain.score);
    expect(plain.recallBias).toBeUndefined();
  });
});
