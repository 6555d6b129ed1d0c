import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tokenLines } from '../../src/corpus/formats/token-lines.ts';
import { saveModel } from '../../src/model/save-model.ts';
import { type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import { parameterSpecs } from '../../src/network/network.ts';
import { sizeOf } from '../../src/network/parameters.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';

const closed = expect.objectContaining({
  code: 'SEQTAG_CLOSED',
  message: expect.stringMatching(/^the tagger of .*en-ner\.safetensors is closed\. Load the model/),
});
const sentence = ['Ada', 'Lovelace', 'lived', 'in', 'London', '.'];

function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a tagger', () => {
  const tagger = loadTagger('en-ner', { threads: 1 });
  afterAll(() => tagger.close());

  it('gives spans without confidences', () => {
    const [tags] = tagger.tag([sentence]);
    expect(tagger.spans(tags!)).toContainEqual({ type: 'LOC', start: 4, end: 5 });
    expect(() => tagger.spans(tags!, 1)).toThrow('the model has no tag column 1');
  });

  it('finishes batches in any order', () => {
    const sentences = [sentence, ['Paris', '.'], [], ['a']];
    const expected = sentences.map((one) => tagger.tagColumns([one])[0]![0]);
    const finishes = sentences.map((one) => tagger.begin([one]));
    for (const i of [2, 0, 3, 1]) expect(finishes[i]!()[0]![0]).toEqual(expected[i]);
  });

  it('tags strings and bytes alike, however they alternate', () => {
    const bytes = Buffer.from(`${sentence.join(' ')}\nParis .\n`);
    const [lines] = [...tokenLines(bytes, { file: 'f', line: 1, most: tagger.maxTokens })];
    const expected = tagger.tagColumns([sentence, ['Paris', '.']]);
    for (let round = 0; round < 3; round++) {
      expect(tagger.beginLines(lines!)()).toEqual(expected);
      expect(tagger.tagColumns([sentence, ['Paris', '.']])).toEqual(expected);
    }
  });
});

it('scores that are not finite are an error in one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seqtag-tagger-'));
  const path = join(folder, 'huge.safetensors');
  const config: NetworkConfig = {
    ...plainBiLstm,
    ...{ cell: 'rnn', activation: 'relu', direction: 'forward', charEncoder: 'none' },
    ...{ words: 2, wordDim: 1, chars: 3, charDim: 1, charWidth: 1, charFilters: 1, charHidden: 1 },
    ...{ layers: 1, hidden: 1, tags: [2] },
  };
  try {
    saveModel(path, {
      config,
      vocabulary: { words: ['', 'a'], chars: ['', '', ''], tags: [['X', 'Y']], lowercase: false },
      tagColumns: [{ scheme: 'none', trainedScheme: 'none', format: 'columns' }],
      record: {
        ...{ seqtag: '0', command: '', seed: 1, kernels: '', corpora: [], hyperparameters: {} },
        ...{ bestEpoch: 1, epochs: [], dev: [{ accuracy: 1 }] },
      },
      // the hidden state grows by this factor from token to token
      parameters: new Map(
        parameterSpecs(config).map(({ name, shape }) => [
          name,
          new Float32Array(sizeOf(shape)).fill(1e8),
        ]),
      ),
    });
    const tagger = loadTagger(path, { threads: 1 });
    expect(tagger.tag([['a']])[0]).toHaveLength(1);
    const damaged = expect.objectContaining({
      code: 'SEQTAG_MODEL_DAMAGED',
      message: expect.stringMatching(/huge\.safetensors: its scores are not finite, [^\n]*\.$/),
    });
    const long = Array<string>(9).fill('a');
    expect(thrown(() => tagger.tag([['a'], long]))).toEqual(damaged);
    expect(thrown(() => tagger.annotate([long], { confidence: true }))).toEqual(damaged);
    expect(tagger.tag([['a']])[0]).toHaveLength(1);
    await tagger.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('after close every call throws', async () => {
  const tagger = loadTagger('en-ner', { threads: 2 });
  const bytes = Buffer.from('a b\n');
  const [lines] = [...tokenLines(bytes, { file: 'f', line: 1, most: 10 })];
  const finish = tagger.begin([sentence]);
  await tagger.close();
  await tagger.close();
  for (const call of [
    finish,
    () => tagger.tag([sentence]),
    () => tagger.tagColumns([sentence]),
    () => tagger.spans(['O']),
    () => tagger.begin([sentence]),
    () => tagger.beginLines(lines!),
    () => tagger.annotate([sentence]),
    () => tagger.isKnown('a'),
  ])
    expect(thrown(call)).toEqual(closed);
});
