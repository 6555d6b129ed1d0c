import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { version } from '../../../src/files/package.ts';
import { temporaryName } from '../../../src/files/temporary-files.ts';
import { openModel } from '../../../src/model/model-file.ts';
import { selectionScore } from '../../../src/training/sweep/ranking.ts';
import type { RunRecord } from '../../../src/training/sweep/records.ts';
import { type SweepEvent, type SweepOptions, sweep } from '../../../src/training/sweep/sweep.ts';
import { train } from '../../../src/training/train.ts';
import { createFolder, sentences } from '../../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);
const corpus = folder.path('corpus.conll');
const dev = folder.path('dev.conll');
fs.writeFileSync(corpus, sentences('english.train.conll', 20));
fs.writeFileSync(dev, sentences('english.dev.conll', 10));

const shared = {
  wordDim: 8,
  charDim: 4,
  charFilters: 4,
  batchSize: 4,
  learningRate: 0.02,
  epochs: 2,
  features: 'none',
};
let made = 0;
/** A folder of its own for an output, so that whatever else is left in it is seen. */
function newOutput(): string {
  const name = folder.path(`${made++}`);
  fs.mkdirSync(name);
  return `${name}/best.safetensors`;
}
const left = (output: string): string[] => fs.readdirSync(output.replace(/\/[^/]*$/, '')).sort();
const recordOf = (output: string): string => `${output}.sweep.jsonl`;
const lockOf = (output: string): string => `${output}.lock`;
const linesOf = (output: string): RunRecord[] =>
  fs
    .readFileSync(recordOf(output), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunRecord);

const optionsOf = (output: string, more: Partial<SweepOptions> = {}): SweepOptions => ({
  corpora: [corpus],
  dev,
  output,
  read: { tagColumn: 1 },
  threads: 1,
  hyperparameters: shared,
  values: { hidden: [3, 6], 'char-encoder': ['cnn', 'none'] },
  seeds: 2,
  ...more,
});

type Final = Extract<SweepEvent, { type: 'sweep' }>;
async function run(
  output: string,
  more: Partial<SweepOptions> = {},
  then?: (event: SweepEvent) => void,
): Promise<{ events: SweepEvent[]; final: Final }> {
  const events: SweepEvent[] = [];
  for await (const event of sweep(optionsOf(output, more))) {
    events.push(event);
    then?.(event);
  }
  const final = events.at(-1)!;
  if (final.type !== 'sweep') throw new Error('the last event is not the table');
  return { events, final };
}
const runsOf = (events: readonly SweepEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'run' ? event.run : []));

const complete = newOutput();
const first = await run(complete, { test: corpus });

describe('a sweep', () => {
  it('trains every combination with every seed, and records each run', () => {
    const lines = linesOf(complete);
    expect(lines.map(({ combination, seed }) => [...Object.values(combination), seed])).toEqual([
      [3, 'cnn', 1],
      [3, 'none', 1],
      [6, 'cnn', 1],
      [6, 'none', 1],
      [3, 'cnn', 2],
      [3, 'none', 2],
      [6, 'cnn', 2],
      [6, 'none', 2],
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({
        seqtag: version,
        key: expect.stringMatching(/^[0-9a-f]{64}$/),
        dev: [{ accuracy: expect.any(Number) }],
        test: [{ accuracy: expect.any(Number) }],
        parameters: expect.any(Number),
        tokensPerSecond: expect.any(Number),
        seconds: expect.any(Number),
        epochs: 2,
        hyperparameters: { ...shared, ...line.combination, seed: line.seed },
      });
      expect(line.bestEpoch).toBeLessThanOrEqual(2);
    }
    expect(left(complete)).toEqual(['best.safetensors', 'best.safetensors.sweep.jsonl']);
  });

  it('adds the run and the time left to the events of training', () => {
    const { events } = first;
    expect(events[0]).toMatchObject({ type: 'plan', runs: 8, seeds: 2, done: 0 });
    const third = events.filter((event) => 'run' in event && event.run === 3);
    expect(third.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
      'run',
      'start',
      'epoch',
      'epoch',
      'end',
    ]);
    expect(third.at(-1)).toMatchObject({
      dev: [{ sentences: 10 }],
      sweepSecondsLeft: expect.any(Number),
    });
    const last = events.filter((event) => event.type === 'end').at(-1);
    expect(last?.sweepSecondsLeft).toBe(0);
  });

  it('gives mean and deviation by combination, the highest mean first', () => {
    const lines = linesOf(complete);
    const { rows } = first.final;
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      const runs = lines.filter(
        ({ combination }) => JSON.stringify(combination) === JSON.stringify(row.combination),
      );
      const [a, b] = runs.map((line) => line.dev![0]!.accuracy!) as [number, number];
      expect(row.dev.mean).toBeCloseTo((a + b) / 2, 12);
      expect(row.dev.deviation).toBeCloseTo(Math.abs(a - b) / Math.SQRT2, 12);
      expect(row).toMatchObject({ runs: 2, diverged: 0, epochs: 2 });
      expect(row.parameters).toBe(runs[0]!.parameters);
      expect(row.test?.mean).toBeGreaterThan(0);
    }
    const means = rows.map((row) => row.dev.mean!);
    expect(means).toEqual([...means].sort((a, b) => b - a));
    expect(new Set(means).size).toBeGreaterThan(1);
  });

  it('keeps the model that training with the same settings writes', async () => {
    const lines = linesOf(complete);
    const highest = Math.max(...lines.map((line) => selectionScore(line.dev!)));
    const best = lines.find((line) => selectionScore(line.dev!) === highest)!;
    expect(first.final.best).toEqual(best);
    const output = newOutput();
    const { values: _, seeds: __, ...options } = optionsOf(output, { test: corpus });
    for await (const _ of train({ ...options, hyperparameters: best.hyperparameters }));
    expect(fs.readFileSync(complete).equals(fs.readFileSync(output))).toBe(true);
  });

  it('keeps the first of equal models', async () => {
    // the filters of a cnn that is not there change nothing
    const { events, final } = await run(newOutput(), {
      hyperparameters: { ...shared, charEncoder: 'none', epochs: 1 },
      values: { 'char-filters': [4, 5] },
      seeds: 1,
    });
    expect(final.rows[0]!.dev.mean).toBe(final.rows[1]!.dev.mean);
    expect(final.best?.combination).toEqual({ charFilters: 4 });
    const kept = events.flatMap((event) => (event.type === 'end' ? [event.model !== null] : []));
    expect(kept).toEqual([true, false]);
  });

  it('can compare seeds only, and scores spans by F1', async () => {
    const { final } = await run(newOutput(), { read: {}, values: {}, seeds: 3 });
    expect(final).toMatchObject({ score: 'f1', rows: [{ combination: {}, runs: 3 }] });
    expect(final.best?.dev?.[0]).toHaveProperty('f1');
  });

  it('ranks by the mean score of several tag columns', async () => {
    const { events, final } = await run(newOutput(), {
      read: { tagColumn: '1,2' },
      values: {},
      seeds: 1,
    });
    const [plain, spans] = final.best!.dev!;
    expect([plain!.f1, typeof spans!.f1]).toEqual([undefined, 'number']);
    expect(final).toMatchObject({ score: 'mean' });
    expect(final.rows[0]!.dev.mean).toBeCloseTo((plain!.accuracy! + spans!.f1!) / 2, 12);
    expect(events.find((event) => event.type === 'end')?.score).toBe(final.rows[0]!.dev.mean);
  });

  it('continues after a run that diverges, and ranks it last', async () => {
    const output = newOutput();
    const more: Partial<SweepOptions> = {
      hyperparameters: { ...shared, optimizer: 'sgd', clip: 0, weightDecay: 1, epochs: 30 },
      values: { learningRate: [100, 0.01] },
      seeds: 1,
    };
    const { events, final } = await run(output, more);
    expect(events.find((event) => event.type === 'diverged')).toMatchObject({ run: 1 });
    expect(final.rows).toMatchObject([
      { combination: { learningRate: 0.01 }, runs: 1, diverged: 0 },
      { combination: { learningRate: 100 }, runs: 0, diverged: 1, dev: { mean: null } },
    ]);
    expect(linesOf(output)[0]).toMatchObject({
      dev: null,
      diverged: expect.stringMatching(/loss/),
    });
    expect(runsOf((await run(output, more)).events)).toEqual([]);
  });
});

describe('an interrupted sweep', () => {
  /** Ends at the first epoch of a run. */
  async function interrupted(output: string, at: number): Promise<Final> {
    const abort = new AbortController();
    const { final } = await run(output, { signal: abort.signal, test: corpus }, (event) => {
      if (event.type === 'epoch' && event.run === at) abort.abort();
    });
    return final;
  }

  it('discards the current run, and continues to the same result', async () => {
    const output = newOutput();
    const so = await interrupted(output, 4);
    expect(so).toMatchObject({ complete: false, done: 3, runs: 8 });
    expect(so.rows.map((row) => row.runs)).toEqual([1, 1, 1, 0]);
    expect(linesOf(output)).toHaveLength(3);
    expect(left(output)).toEqual(['best.safetensors', 'best.safetensors.sweep.jsonl']);

    const { events, final } = await run(output, { test: corpus });
    expect(events[0]).toMatchObject({ type: 'plan', done: 3 });
    expect(runsOf(events)).toEqual([4, 5, 6, 7, 8]);
    expect(final.complete).toBe(true);
    const scores = ({ rows }: Final): unknown[] =>
      rows.map(({ combination, dev, test }) => [combination, dev, test]);
    expect(scores(final)).toEqual(scores(first.final));
    expect(fs.readFileSync(output).equals(fs.readFileSync(complete))).toBe(true);
  });

  it('ignores a truncated line, and removes the files of a crashed run', async () => {
    const output = newOutput();
    await interrupted(output, 4);
    const text = fs.readFileSync(recordOf(output), 'utf8');
    fs.writeFileSync(recordOf(output), text.slice(0, -40));
    const pid = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
    const crashed = temporaryName(output);
    const name = basename(crashed);
    fs.mkdirSync(crashed);
    fs.writeFileSync(`${crashed}/model.safetensors`, 'half');
    fs.writeFileSync(lockOf(output), JSON.stringify({ pid, host: hostname(), folder: name }));
    const { events, final } = await run(output, { test: corpus });
    expect(runsOf(events)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(final.rows.map(({ dev }) => dev)).toEqual(first.final.rows.map((row) => row.dev));
    expect(left(output)).toEqual(['best.safetensors', 'best.safetensors.sweep.jsonl']);
    expect(runsOf((await run(output, { test: corpus })).events)).toEqual([]);
  });

  it('continues with more values and more seeds', async () => {
    const output = newOutput();
    await run(output, { values: { hidden: [3] }, seeds: 1 });
    const more = { values: { hidden: [2, 3] }, seeds: 2 };
    expect(runsOf((await run(output, more)).events)).toEqual([1, 3, 4]);
  });

  it.each([
    ['is gone', (output: string) => fs.rmSync(output)],
    ['was replaced', (output: string) => fs.copyFileSync(complete, output)],
  ])('trains the best model again when it %s', async (_, change) => {
    const output = newOutput();
    const more = { values: { hidden: [3, 4] }, seeds: 1 };
    const { final } = await run(output, more);
    const model = fs.readFileSync(output);
    change(output);
    const again = await run(output, more);
    expect(runsOf(again.events)).toHaveLength(1);
    expect(again.final.best?.hyperparameters).toEqual(final.best?.hyperparameters);
    expect(fs.readFileSync(output).equals(model)).toBe(true);
  });

  it('leaves no files behind if its events are no longer consumed', async () => {
    const output = newOutput();
    for await (const event of sweep(optionsOf(output))) if (event.type === 'epoch') break;
    expect(left(output)).toEqual([]);
  });

  it('writes through a link and keeps permissions', async () => {
    const output = newOutput();
    const target = newOutput();
    fs.writeFileSync(target, '', { mode: 0o600 });
    fs.symlinkSync(target, output);
    await run(output, { values: {}, seeds: 1 });
    expect(fs.lstatSync(output).isSymbolicLink()).toBe(true);
    expect(fs.statSync(target).mode & 0o777).toBe(0o600);
    using model = openModel(target);
    expect(model.record.seed).toBe(1);
    expect(left(target)).toEqual(['best.safetensors']);
  });
});

describe('the files beside the output', () => {
  const short = { values: {}, seeds: 1 };

  it('that are not of the sweep stay', async () => {
    const output = newOutput();
    fs.mkdirSync(`${output}.sweep.tmp`);
    fs.writeFileSync(`${output}.sweep.tmp/thesis.txt`, 'mine');
    await run(output, short);
    expect(fs.readFileSync(`${output}.sweep.tmp/thesis.txt`, 'utf8')).toBe('mine');
  });

  it('keep a second sweep out until the first ends', async () => {
    const output = newOutput();
    const message = `${output}: another run (process ${process.pid} on ${hostname()}) is writing it. Wait`;
    let refused = 0;
    await run(output, short);
    for await (const event of sweep(optionsOf(output, { ...short, seeds: 2 }))) {
      if (event.type !== 'epoch') continue;
      await expect(run(output, short)).rejects.toThrow(message);
      refused++;
    }
    expect(refused).toBe(2);
    expect(left(output)).toEqual(['best.safetensors', 'best.safetensors.sweep.jsonl']);
  });

  it('that are no lock of a sweep are not replaced', async () => {
    const output = newOutput();
    fs.writeFileSync(lockOf(output), 'mine');
    await expect(run(output, short)).rejects.toThrow(/another run is writing it.*or remove .*lock/);
    expect(left(output)).toEqual(['best.safetensors.lock']);
  });

  it('are named by the output in errors', async () => {
    const output = newOutput();
    const { writeSync } = fs;
    vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, ...rest: [Uint8Array]) => {
      if (fd < 3) return writeSync(fd, ...rest);
      throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    }) as typeof writeSync);
    try {
      await expect(run(output, short)).rejects.toThrow(`${output}: the disk is full. Free`);
    } finally {
      vi.restoreAllMocks();
    }
    expect(left(output)).toEqual([]);
  });
});

describe('errors before training', () => {
  const refused = async (
    output: string,
    more: Partial<SweepOptions>,
    message: RegExp,
  ): Promise<void> => {
    const before = left(output);
    await expect(run(output, more, (event) => expect(event.type).toBe('none'))).rejects.toThrow(
      message,
    );
    expect(left(output)).toEqual(before);
  };

  it.each<[RegExp, Partial<SweepOptions>]>([
    [/no hyperparameter `hiden`/, { values: { hiden: [1] } }],
    [/sweep: hidden 0: expected a whole number from 1/, { values: { hidden: [8, 0] } }],
    [/sweep: hidden=50 occurs twice/, { values: { hidden: ['50', '5e1'] } }],
    [/sweep: hidden has no values/, { values: { hidden: [] } }],
    [/char-width 4: expected an odd number/, { values: { charWidth: [3, 4] } }],
    [
      /`weight-decay`: adam has none/,
      { values: { optimizer: ['adamw', 'adam'], weightDecay: [1] } },
    ],
    [
      /the values of seed are compared, so their number cannot be given too/,
      { values: { seed: [1, 5] }, seeds: 2 },
    ],
    [/seed 2147483648: expected/, { hyperparameters: { seed: 2 ** 31 - 1 }, seeds: 2 }],
    [/0 seeds: expected a whole number/, { seeds: 0 }],
    [/nowhere: no such file/, { test: 'nowhere' }],
    [/nowhere: no such file\. Give a file of word vectors/, { embeddings: 'nowhere' }],
    [
      /learningRate and learning-rate are one/,
      { values: { learningRate: [1], 'learning-rate': [2] } },
    ],
    [/sweep: hidden has no values/, { values: { hidden: 50 as never } }],
  ])('%s', async (message, more) => {
    await refused(newOutput(), more, message);
  });

  it('records of other data or columns, or of another sweep', async () => {
    const output = newOutput();
    const more = { values: { hidden: [3, 4] }, seeds: 1 };
    await run(output, more);
    const other = folder.path('other.conll');
    fs.writeFileSync(other, sentences('english.train.conll', 21));
    const key =
      /\.sweep\.jsonl: has runs on other corpora, columns of them, word vectors or gazetteers/;
    await refused(output, { ...more, corpora: [other] }, key);
    await refused(output, { ...more, dev: undefined }, key);
    await refused(output, { ...more, read: {} }, key);
    await refused(output, { ...more, lemmaColumn: 1 }, key);
    const vectors = folder.path('vectors.txt');
    fs.writeFileSync(vectors, `the${' 0.5'.repeat(8)}\nof${' 0.25'.repeat(8)}\n`);
    await refused(output, { ...more, embeddings: vectors }, key);
    await refused(output, { ...more, gazetteers: [vectors] }, key);
    await refused(output, { ...more, read: { tagColumn: 1, featureColumn: 2 } }, key);
    const run3 = /has a run with hidden=3, which this sweep does not have\. Choose/;
    await refused(output, { values: { hidden: [4, 5] }, seeds: 1 }, run3);
    const epochs = { ...more, hyperparameters: { ...shared, epochs: 3 } };
    await refused(output, epochs, /has a run with epochs=2, which/);
    const { epochs: _, ...fewer } = shared;
    await refused(output, { ...more, hyperparameters: fewer }, /has a run with epochs=2, which/);
    const explicit = { ...shared, layers: 1 };
    await refused(
      output,
      { ...more, hyperparameters: explicit },
      /has a run without layers, which/,
    );
    fs.renameSync(corpus, `${corpus}.moved`);
    const moved = await run(output, { ...more, corpora: [`${corpus}.moved`] });
    fs.renameSync(`${corpus}.moved`, corpus);
    expect(runsOf(moved.events)).toEqual([]);
  });

  it('records that are damaged, or of another version', async () => {
    const output = newOutput();
    const more = { values: { hidden: [3, 4] }, seeds: 1 };
    await run(output, more);
    const text = fs.readFileSync(recordOf(output), 'utf8');
    const refusedWith = async (records: string, message: RegExp): Promise<void> => {
      fs.writeFileSync(recordOf(output), records);
      const refusal = refused(output, more, message);
      await refusal;
      expect(fs.readFileSync(recordOf(output), 'utf8')).toBe(records);
    };
    const [one, two] = text.split('\n') as [string, string];
    const damaged = /\.jsonl:2: not the record of a run\. Remove this line, and the run is trained/;
    for (const line of [
      'nonsense',
      '[]',
      '{}',
      two.slice(0, -9),
      two.replace('"epochs":2', '"epochs":"2"'),
      two.replace(/"dev":\[.*?\]/, '"dev":[{}]'),
      two.replace('"epochs":2', '"epochs":-2'),
      two.replace('"seed":1', '"seed":2'),
      two.replace('"combination":{"hidden":4}', '"combination":{"hidden":3}'),
      two.replace(/"accuracy":0\.\d+/, '"accuracy":9.5'),
      two.replace('"wordDim":8', '"wordDim":"wide"'),
      two.replace('"wordDim":8', '"wordWidth":8'),
    ])
      await refusedWith(`${one}\n${line}\n`, damaged);
    const other = (text: string, by: string): string => text.replace(`"seqtag":"${version}",`, by);
    await refusedWith(
      other(text, '"seqtag":"0.0.9",'),
      /\.jsonl:1: a run by version 0\.0\.9 of seqtag, whose scores may differ/,
    );
    await refusedWith(other(text, ''), /\.jsonl:1: a run by an earlier version of seqtag/);
    // not damaged: only the last line end is missing
    fs.writeFileSync(recordOf(output), text.trimEnd());
    expect(runsOf((await run(output, more)).events)).toEqual([]);
    expect(fs.readFileSync(recordOf(output), 'utf8')).toBe(text);
  });
});

describe.skipIf(process.platform === 'win32')('a corpus that can be read only once', () => {
  it('is read once, whatever the number of runs and tag columns', async () => {
    const fifo = folder.path('fifo');
    execFileSync('mkfifo', [fifo]);
    const writer = spawn('sh', ['-c', `cat '${corpus}' > '${fifo}'`]);
    const more = { corpora: [fifo], read: { tagColumn: '1,2' }, values: { hidden: [3, 4] } };
    const { final } = await run(newOutput(), { ...more, seeds: 1 });
    writer.kill();
    expect(final).toMatchObject({ complete: true, done: 2, score: 'mean' });
  });
});
