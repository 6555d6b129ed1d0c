import { afterAll, describe, expect, it } from 'vitest';
import { tokenLines } from '../../src/corpus/formats/token-lines.ts';
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
