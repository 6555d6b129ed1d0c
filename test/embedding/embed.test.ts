import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type BackendKind, hasNative, openBackend } from '../../src/backend/backend.ts';
import { readEmbeddingCheckpoint } from '../../src/embedding/checkpoint.ts';
import { type EmbeddingEvent, type EmbedOptions, embed } from '../../src/embedding/embed.ts';
import { checkEmbedding } from '../../src/embedding/options.ts';
import { createSkipgram, startOf } from '../../src/embedding/skipgram.ts';
import { type NumberedText, readNumberedText } from '../../src/embedding/text.ts';
import { DivergedError } from '../../src/errors.ts';
import { createFolder, pieces } from '../cli/world.ts';
import { rng } from '../oracle/rng.ts';

const folder = createFolder();
afterAll(folder.remove);

/** Sentences about either of two worlds, whose words never meet. */
function worlds(count: number): string {
  const random = rng(3);
  const words = ['abcdefghij', 'klmnopqrst'].map((letters) =>
    Array.from(letters, (x, i) => `${x}${letters[(i + 3) % 10]}${letters[(i + 7) % 10]}`),
  );
  const sentence = (): string => {
    const world = words[random.integer(2)]!;
    return Array.from({ length: 8 }, () => world[random.integer(10)]).join(' ');
  };
  return `${Array.from({ length: count }, sentence).join('\n')}\n`;
}
const text = worlds(600);

let made = 0;
const options = (numbers: Record<string, unknown> = {}): EmbedOptions => ({
  texts: [{ source: pieces([Buffer.from(text)]), read: { format: 'horizontal', file: 'text' } }],
  numbers: checkEmbedding({ dim: 20, epochs: 3, buckets: 500, subsample: 0, ...numbers }),
  threads: 1,
  output: folder.path(`${made++}.vec`),
});

async function run(
  given: EmbedOptions,
): Promise<{ events: EmbeddingEvent[]; bytes: Buffer; vectors: Map<string, number[]> }> {
  const events: EmbeddingEvent[] = [];
  for await (const event of embed(given)) events.push(event);
  const bytes = readFileSync(given.output);
  const rows = bytes.toString().trimEnd().split('\n').slice(1);
  const vectors = rows.map((row): [string, number[]] => {
    const [word, ...values] = row.split(' ');
    return [word!, values.map(Number)];
  });
  return { events, bytes, vectors: new Map(vectors) };
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** A signal that is aborted when training has looked at it a number of times. */
function abortedAfter(looks: number): AbortSignal {
  let left = looks;
  return {
    get aborted() {
      return --left < 0;
    },
  } as AbortSignal;
}

async function numbered(): Promise<NumberedText> {
  const reading = readNumberedText(options().texts, { lowercase: true, minCount: 1 });
  let step = await reading.next();
  while (!step.done) step = await reading.next();
  return step.value;
}

const kinds: BackendKind[] = hasNative() ? ['native', 'wasm'] : ['wasm'];
describe.each(kinds)('on %s', (backend) => {
  it.each([0, 4])('separates words by their contexts, with n-grams up to %i', async (maxNgram) => {
    const { vectors, events } = await run({ ...options({ maxNgram, epochs: 10 }), backend });
    expect(vectors.size).toBe(20);
    const pairs = [...vectors].flatMap(([a, x]) =>
      [...vectors]
        .filter(([b]) => a < b)
        .map(([b, y]) => ({ alike: a < 'k' === b < 'k', cosine: cosine(x, y) })),
    );
    const least = Math.min(...pairs.filter(({ alike }) => alike).map(({ cosine }) => cosine));
    const most = Math.max(...pairs.filter(({ alike }) => !alike).map(({ cosine }) => cosine));
    expect(least).toBeGreaterThan(most + 0.3);
    const losses = events.flatMap((event) => (event.type === 'epoch' ? [event.loss!] : []));
    expect(losses.length).toBe(10);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  it('writes the same bytes for any number of threads, others for another seed', async () => {
    const one = await run({ ...options(), backend });
    for (const threads of [2, 9]) {
      const { bytes, events } = await run({ ...options(), backend, threads });
      expect(bytes.equals(one.bytes)).toBe(true);
      const start = events.find(({ type }) => type === 'start');
      expect(start).toMatchObject({ threads: Math.min(threads, 4) });
    }
    const other = await run({ ...options({ seed: 2 }), backend });
    expect(other.bytes.equals(one.bytes)).toBe(false);
  });
});

describe('embed', () => {
  it('reports the text, each epoch, and the end', async () => {
    const { events } = await run(options());
    const types = events.map(({ type }) => type);
    const lasting = types.filter((type) => type !== 'read' && type !== 'progress');
    expect(lasting).toEqual(['start', 'epoch', 'epoch', 'epoch', 'end']);
    expect(events.find(({ type }) => type === 'start')).toMatchObject({
      sentences: 600,
      tokens: 4800,
      words: 20,
      covered: 1,
      parameters: (20 + 500 + 20) * 20,
    });
    expect(events.at(-1)).toMatchObject({ words: 20, dim: 20, stopped: 'epochs' });
  });

  it('stops on a signal, with the vectors so far', async () => {
    const abort = new AbortController();
    const given = { ...options({ epochs: 1_000_000 }), signal: abort.signal };
    let last: EmbeddingEvent | undefined;
    for await (const event of embed(given)) {
      if (event.type === 'epoch') abort.abort();
      last = event;
    }
    expect(last).toMatchObject({ type: 'end', stopped: 'signal' });
    expect(readFileSync(given.output, 'utf8')).toMatch(/^20 20\n/);
  });

  it('writes vectors of any dimension, whatever the register width', async () => {
    const { vectors } = await run(options({ dim: 3 }));
    for (const vector of vectors.values()) {
      expect(vector.length).toBe(3);
      expect(vector.every(Number.isFinite)).toBe(true);
    }
  });

  it('refuses training that diverges or does not fit into memory, and writes nothing', async () => {
    const diverging = options({ learningRate: 10, epochs: 50 });
    const error = await run(diverging).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DivergedError);
    expect(String(error)).toMatch(
      'embed: training diverged at a learning rate of 10. Use a lower one.',
    );
    const enormous = options({ buckets: 1e8 });
    await expect(run(enormous)).rejects.toThrow(
      'embed: 20 words and 100000020 rows of 20 numbers do not fit',
    );
    expect([diverging, enormous].some(({ output }) => existsSync(output))).toBe(false);
  });
});

describe('a training that is stopped and resumed again and again', () => {
  it.each<[string, Record<string, unknown>]>([
    ['n-grams', {}],
    ['subsampling, words alone', { maxNgram: 0, subsample: 0.01 }],
  ])('writes the vectors of an uninterrupted one: %s', async (_, numbers) => {
    const all = { ...numbers, epochs: 12 }; // the signal is looked at once an epoch or more
    const { bytes } = await run(options(all));
    const random = rng(5);
    const given = options(all);
    const checkpoints = { file: `${given.output}.checkpoint`, minutes: 1e-9 };
    for (let pieces = 1; ; pieces++) {
      const resume = existsSync(checkpoints.file)
        ? readEmbeddingCheckpoint(checkpoints.file)
        : undefined;
      const signal = abortedAfter(1 + random.integer(3));
      const threads = 1 + (pieces % 2);
      const { texts } = options();
      let last: EmbeddingEvent | undefined;
      for await (const event of embed({ ...given, texts, checkpoints, resume, signal, threads }))
        last = event;
      if (last!.type === 'end') {
        expect(pieces).toBeGreaterThan(2);
        break;
      }
      expect(last).toEqual({ type: 'interrupted', checkpoint: checkpoints.file });
    }
    expect(readFileSync(given.output).equals(bytes)).toBe(true);
    expect(existsSync(checkpoints.file)).toBe(false);
  });

  it('goes on from any round', async () => {
    const text = await numbered();
    const numbers = checkEmbedding({ dim: 5, epochs: 1, buckets: 60 });
    const rate = (done: number): number => 0.05 - done * 1e-7;
    const trained = (stop: number): number[] => {
      const backend = openBackend({ threads: 1, backend: 'wasm' });
      const first = createSkipgram(backend, text, numbers);
      let position = startOf(0);
      let rounds = 0;
      for (const { next } of first.epoch(position, rate)) {
        position = next;
        if (++rounds === stop) break;
      }
      if (stop === Number.POSITIVE_INFINITY) return [...first.vectors()];
      const second = createSkipgram(openBackend({ threads: 1, backend: 'wasm' }), text, numbers);
      second.table().set(first.table());
      for (const { next } of second.epoch(position, rate)) position = next;
      return [...second.vectors()];
    };
    const whole = trained(Number.POSITIVE_INFINITY);
    expect(trained(1)).toEqual(whole);
    expect(trained(5)).toEqual(whole);
  });
});

it('checkEmbedding names the wrong value', () => {
  expect(checkEmbedding({ dim: '50' })).toMatchObject({ dim: 50, window: 5, learningRate: 0.05 });
  expect(() => checkEmbedding({ dim: 0 })).toThrow(
    'embed: dim 0: expected a whole number from 1 to 4096.',
  );
  expect(() => checkEmbedding({ learningRate: 'much' })).toThrow('embed: learning-rate much:');
  expect(() => checkEmbedding({ minNgram: 5, maxNgram: 4 })).toThrow(
    'the minimum n-gram length (5) is above the maximum (4)',
  );
});
