import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../../src/library/evaluate.ts';
import { loadTagger } from '../../src/library/tagger.ts';
import type { SentenceInput, TaggedText, Tagger } from '../../src/library/types.ts';
import { wrong } from './wrong.ts';

let ner: Tagger;
let upos: Tagger;
beforeAll(async () => {
  ner = await loadTagger('en-ner', { threads: 2 });
  upos = await loadTagger('en-upos', { threads: 1 });
});
afterAll(async () => {
  await ner.close();
  await upos.close();
});

const text = 'Angela Merkel met Tim Cook in Berlin.\n\n  “Paris” is 🇫🇷 nice, isn’t it?\r\nYes.  ';

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

describe('loadTagger', () => {
  it('describes the model', () => {
    expect(ner.model).toMatchObject({
      tagColumns: [{ name: 'NER', scheme: 'BIO', labels: expect.arrayContaining(['PER', 'LOC']) }],
      featureColumns: [],
      backend: { threads: 2 },
    });
    expect(ner.model.path).toMatch(/en-ner\.safetensors$/);
    expect(ner.model.bytes).toBeGreaterThan(1e6);
    expect(upos.model.tagColumns[0]).toMatchObject({ name: 'upos', scheme: 'none' });
    expect(upos.model.tagColumns[0]!.labels).toContain('PROPN');
  });

  it.each([
    [
      wrong(),
      {},
      TypeError,
      'loadTagger: expected the path or the name of a model, not undefined.',
    ],
    [wrong(7), {}, TypeError, 'loadTagger: expected the path or the name of a model, not 7.'],
    ['en-ner', wrong('x'), TypeError, 'loadTagger: expected an object of options'],
    [
      'en-ner',
      wrong({ thread: 1 }),
      TypeError,
      'loadTagger: there is no option "thread". Do you mean threads?',
    ],
    [
      'en-ner',
      wrong({ threads: '2' }),
      TypeError,
      'loadTagger: threads: expected a whole number from 1 to 256, not "2" (a string).',
    ],
    [
      'en-ner',
      { threads: 0 },
      RangeError,
      'loadTagger: threads: expected a whole number from 1 to 256, not 0.',
    ],
    ['en-ner', { threads: 1.5 }, RangeError, 'not 1.5.'],
    [
      'en-ner',
      wrong({ backend: 'gpu' }),
      RangeError,
      'loadTagger: backend: expected auto, native or wasm, not "gpu" (a string).',
    ],
    ['en-ner', wrong({ recallBias: {} }), TypeError, 'loadTagger: recallBias: nats is missing.'],
    [
      'en-ner',
      { recallBias: { nats: Number.NaN } },
      RangeError,
      'recallBias: nats: expected a number from -100 to 100, not NaN.',
    ],
  ])('%j with %j is refused', async (name, options, kind, message) => {
    const error = await loadTagger(name, options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
  });

  it('reports a model that is not there by a code', async () => {
    await expect(loadTagger('no-such-model')).rejects.toMatchObject({
      name: 'UserError',
      code: 'SEQTAG_MODEL_NOT_FOUND',
    });
  });

  it('accepts a recall bias that replaces the trained one', async () => {
    const reluctant = await loadTagger('en-ner', { recallBias: { nats: -30 } });
    const found = (tagger: Tagger): number =>
      tagger.tagText(text).reduce((sum, { spans }) => sum + spans.length, 0);
    expect(found(reluctant)).toBeLessThan(found(ner));
    await reluctant.close();
  });
});

describe('tagText', () => {
  it('gives sentences, tokens and spans with offsets in one call', () => {
    const sentences = ner.tagText(text);
    expect(sentences.map((sentence) => sentence.text)).toEqual([
      'Angela Merkel met Tim Cook in Berlin.',
      '“Paris” is 🇫🇷 nice, isn’t it?',
      'Yes.',
    ]);
    for (const { offsets, tokens, tokenOffsets, text: own } of sentences) {
      expect(text.slice(offsets.start, offsets.end)).toBe(own);
      expect(tokenOffsets.map(({ start, end }) => text.slice(start, end))).toEqual(tokens);
    }
    const [first] = sentences as [TaggedText];
    expect(first.spans.map((span) => [span.type, span.text])).toEqual([
      ['PER', 'Angela Merkel'],
      ['PER', 'Tim Cook'],
      ['LOC', 'Berlin'],
    ]);
    const all = sentences.flatMap(({ spans }) => spans);
    for (const span of all)
      expect(text.slice(span.offsets.start, span.offsets.end)).toBe(span.text);
    expect(first.tags).toEqual(['B-PER', 'I-PER', 'O', 'B-PER', 'I-PER', 'O', 'B-LOC', 'O']);
    expect(first).not.toHaveProperty('confidences');
    expect(first.spans[0]).not.toHaveProperty('confidence');
    expect(first.columns).toHaveLength(1);
    expect(first.columns[0]).toMatchObject({ name: 'NER', tags: first.tags, spans: first.spans });
  });

  it('counts a byte order mark and blank lines', () => {
    const marked = `\ufeff\n\n${text}`;
    const shifted = ner.tagText(marked);
    for (const { offsets, text: own } of shifted)
      expect(marked.slice(offsets.start, offsets.end)).toBe(own);
  });

  it('returns confidences and alternatives, and drops improbable tags', () => {
    const [sure] = ner.tagText(text, { confidence: true, nBest: 3 }) as [TaggedText];
    expect(sure.confidences).toHaveLength(sure.tokens.length);
    for (const { confidence } of sure.spans) {
      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    expect(sure.alternatives).toHaveLength(3);
    const least = Math.max(...sure.spans.map(({ confidence }) => confidence!));
    const [few] = ner.tagText(text, { minConfidence: least }) as [TaggedText];
    expect(few.spans).toHaveLength(1);
    expect(few.spans[0]).not.toHaveProperty('confidence');
    expect(few.tags.filter((tag) => tag.startsWith('B-'))).toHaveLength(1);
  });

  it('returns no sentences for an empty text', () => {
    expect(ner.tagText('')).toEqual([]);
    expect(ner.tagText(' \n\n\t')).toEqual([]);
  });

  it('refuses values that are not texts', () => {
    expect(() => ner.tagText(wrong(['Angela']))).toThrow(
      new TypeError('tagText: expected a text, not an array of 1.'),
    );
    expect(() => ner.tagText('a', wrong({ confidences: true }))).toThrow(
      new TypeError('tagText: there is no option "confidences". Do you mean confidence?'),
    );
    expect(() => ner.tagText('a', { minConfidence: 90 })).toThrow(
      new RangeError('tagText: minConfidence: expected a number from 0 to 1, not 90.'),
    );
    expect(() => ner.tagText('a', { nBest: 0 })).toThrow(RangeError);
  });
});

describe('tag', () => {
  it('tags tokens as tagText does', () => {
    const sentences = ner.tagText(text);
    const tagged = ner.tag(sentences);
    expect(tagged.map(({ tags }) => tags)).toEqual(sentences.map(({ tags }) => tags));
    expect(tagged[0]!.spans[0]).toEqual({ type: 'PER', start: 0, end: 2, text: 'Angela Merkel' });
    expect(tagged[0]).not.toHaveProperty('offsets');
  });

  it('takes any iterable, and sentences of no tokens', () => {
    const sentences = new Set([['Berlin'], []]);
    expect(ner.tag(sentences).map(({ tags }) => tags)).toEqual([['B-LOC'], []]);
    expect(ner.tag([])).toEqual([]);
    expect(upos.tag([['']])[0]!.tags).toHaveLength(1);
  });

  it('tags more sentences than fit into one batch', () => {
    const many = Array.from({ length: 3000 }, (_, i) => ['Angela', 'Merkel', `met`, `${i}`]);
    const tagged = ner.tag(many);
    expect(tagged).toHaveLength(3000);
    expect(tagged.map(({ tokens }) => tokens)).toEqual(many);
    const one = ner.tag([many[2999]!])[0]!;
    expect(tagged[2999]).toEqual(one);
  });

  it('respects the given labels', () => {
    const tokens = ['Washington', 'spoke'];
    const given = [['?', 'NOUN|ADJ']];
    const [free, bound] = upos.tag([tokens, { tokens, given }]);
    expect(free!.tags[1]).toBe('VERB');
    expect(['NOUN', 'ADJ']).toContain(bound!.tags[1]);
    expect(() => upos.tag([{ tokens, given: [['?', 'NONE']] }])).toThrow(
      /^tag: sentence 1: token 2, .* does not have the given tag NONE/,
    );
  });

  const refused: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [
      'Angela Merkel',
      TypeError,
      'tag: expected sentences, each an array of tokens (for a text call tagText), not "Angela Merkel" (a string).',
    ],
    [
      undefined,
      TypeError,
      'tag: expected an iterable of sentences, each an array of tokens, not undefined.',
    ],
    [
      ['Angela', 'Merkel'],
      TypeError,
      'tag: sentence 1: expected an array of tokens, or an object with tokens, not "Angela" (a string).',
    ],
    [[['Angela', 7]], TypeError, 'tag: sentence 1[1]: expected a string, not 7.'],
    [[['a'], new Array(1)], TypeError, 'tag: sentence 2[0]: expected a string, not undefined.'],
    [
      [{ token: ['a'] }],
      TypeError,
      'tag: sentence 1: tokens: expected an array of tokens, not undefined.',
    ],
    [
      [{ tokens: ['a'], featureColumns: [['x', 'y']] }],
      RangeError,
      'tag: sentence 1: featureColumns[0]: expected 1 values, one for each token, not 2.',
    ],
    [
      [{ tokens: ['a'], given: ['x'] }],
      TypeError,
      'tag: sentence 1: given[0]: expected an array of labels, not "x" (a string).',
    ],
    [
      [{ tokens: ['a'], given: [['O'], ['O']] }],
      RangeError,
      'tag: sentence 1: given: the model has 1 tag column, not 2.',
    ],
  ];
  it.each(refused)('refuses %j', (sentences, kind, message) => {
    const call = (): unknown => ner.tag(sentences as SentenceInput[]);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe('tagTextStream', () => {
  const long = `${text}\n\n`.repeat(400);

  it.each([1, 7, 64, 10_000])('gives the same as tagText, in pieces of %i', async (size) => {
    const all = size < 64 ? text : long;
    async function* strings(): AsyncGenerator<string> {
      for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size);
    }
    const bytes = new TextEncoder().encode(all);
    function* chunks(): Generator<Uint8Array> {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
    }
    const expected = ner.tagText(all);
    expect(await collect(ner.tagTextStream(strings()))).toEqual(expected);
    expect(await collect(ner.tagTextStream(chunks()))).toEqual(expected);
  });

  it('gives sentences while the source pauses', async () => {
    let release = (): void => undefined;
    async function* slow(): AsyncGenerator<string> {
      yield 'Angela Merkel met Google.\n\nAnd so on';
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield ' in Berlin.';
    }
    const stream = ner.tagTextStream(slow());
    expect((await stream.next()).value).toMatchObject({ text: 'Angela Merkel met Google.' });
    const last = stream.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    expect((await last).value).toMatchObject({ text: 'And so on in Berlin.' });
    expect((await stream.next()).done).toBe(true);
  });

  it('leaves the source when the reader leaves', async () => {
    let isLeft = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'Berlin.\n\n';
      } finally {
        isLeft = true;
      }
    }
    for await (const { tokens } of ner.tagTextStream(endless())) {
      expect(tokens).toEqual(['Berlin', '.']);
      break;
    }
    expect(isLeft).toBe(true);
  });

  it('refuses a string, other pieces, and bytes that are not UTF-8', async () => {
    expect(() => ner.tagTextStream(wrong('Berlin'))).toThrow(TypeError);
    expect(() => ner.tagTextStream(wrong(new Uint8Array(3)))).toThrow(TypeError);
    await expect(collect(ner.tagTextStream(wrong([7])))).rejects.toThrow(TypeError);
    await expect(collect(ner.tagTextStream([new Uint8Array([0xff, 0x41])]))).rejects.toMatchObject({
      code: 'SEQTAG_CORPUS_ENCODING',
    });
    await expect(collect(ner.tagTextStream([new Uint8Array([0xc3])]))).rejects.toMatchObject({
      code: 'SEQTAG_CORPUS_ENCODING',
    });
  });

  it('reads no further ahead than it must', async () => {
    let read = 0;
    async function* source(): AsyncGenerator<string> {
      for (;;) {
        read++;
        yield `Sentence ${read} is here.\n\n`;
      }
    }
    const stream = ner.tagTextStream(source());
    for (let i = 0; i < 10; i++) await stream.next();
    expect(read).toBeLessThan(5000);
    await stream.return();
  });
});

describe('tagStream', () => {
  it('gives results in order, from sync and async sources', async () => {
    const sentences = Array.from({ length: 2000 }, (_, i) => ['Berlin', String(i)]);
    const expected = upos.tag(sentences);
    expect(await collect(upos.tagStream(sentences))).toEqual(expected);
    async function* slow(): AsyncGenerator<string[]> {
      for (const sentence of sentences) yield sentence;
    }
    expect(await collect(upos.tagStream(slow()))).toEqual(expected);
  });

  it('passes errors of the source on', async () => {
    async function* broken(): AsyncGenerator<string[]> {
      yield ['a'];
      throw new Error('broken');
    }
    await expect(collect(upos.tagStream(broken()))).rejects.toThrow('broken');
    await expect(collect(upos.tagStream(wrong([['a'], 'b'])))).rejects.toThrow(
      'tagStream: sentence 2: expected an array of tokens, or an object with tokens, not "b" (a string).',
    );
    expect(() => upos.tagStream(wrong('a'))).toThrow(TypeError);
  });
});

describe('close', () => {
  it('makes every later call throw, and may be called twice', async () => {
    const tagger = await loadTagger('en-ner');
    const open = tagger.tagStream([['Berlin'], ['Paris']]);
    await open.next();
    await tagger.close();
    await tagger.close();
    const closed = expect.objectContaining({ code: 'SEQTAG_CLOSED' });
    expect(() => tagger.tagText('a')).toThrow(closed);
    expect(() => tagger.tag([['a']])).toThrow(closed);
    expect(() => tagger.tagTextStream(['a'])).toThrow(closed);
    expect(() => tagger.tagStream([['a']])).toThrow(closed);
    expect(() => tagger.isKnown('a')).toThrow(closed);
    await expect(open.next()).rejects.toThrow(closed);
    expect(tagger.model.tagColumns).toHaveLength(1);
  });

  it('leaves other taggers of the model open, which share its memory', async () => {
    const [one, two] = [await loadTagger('en-ner'), await loadTagger('en-ner')];
    const stream = two.tagStream([['Berlin'], ['Paris']]);
    const first = await stream.next();
    expect(one.tag([['Berlin']])[0]!.tags).toEqual(first.value!.tags);
    await one.close();
    await one.close();
    const closed = expect.objectContaining({ code: 'SEQTAG_CLOSED' });
    expect(() => one.tag([['a']])).toThrow(closed);
    await expect(
      evaluate({ gold: [{ tokens: ['Berlin'], tags: ['B-LOC'] }], predicted: one }),
    ).rejects.toThrow(closed);
    expect(await stream.next()).toMatchObject({ done: false });
    expect(two.tag([['Berlin']])).toHaveLength(1);
    await two.close();
    expect(() => two.tag([['a']])).toThrow(closed);
  });

  it('happens at the end of a block', async () => {
    let left: Tagger;
    {
      await using tagger = await loadTagger('en-ner');
      left = tagger;
    }
    expect(() => left.tag([])).toThrow('tag: the tagger is closed. Load the model again.');
  });
});

it('isKnown recognises words of the training data', () => {
  expect(ner.isKnown('the')).toBe(true);
  expect(ner.isKnown('qwrtzpsdf')).toBe(false);
  expect(() => ner.isKnown(wrong(1))).toThrow(TypeError);
});
