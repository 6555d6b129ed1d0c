import fs from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../src/model/model-file.ts';
import { train } from '../../../src/training/train.ts';
import type { StepRecord } from '../../../src/training/tune/records.ts';
import { type TuneEvent, type TuneOptions, tune } from '../../../src/training/tune/tune.ts';
import { createFolder, sentences } from '../../cli/world.ts';

const folder = createFolder();
afterAll(folder.remove);
const corpus = folder.path('corpus.conll');
const dev = folder.path('dev.conll');
fs.writeFileSync(corpus, sentences('english.train.conll', 20));
fs.writeFileSync(dev, sentences('english.dev.conll', 10));

const small = {
  wordDim: 8,
  charDim: 4,
  charFilters: 4,
  charHidden: 3,
  hidden: 4,
  layers: 1,
  batchSize: 4,
  learningRate: 0.02,
  epochs: 6,
  features: 'none',
  lmWeight: 0,
};
let made = 0;
function newOutput(): string {
  const name = folder.path(`${made++}`);
  fs.mkdirSync(name);
  return `${name}/best.safetensors`;
}
const left = (output: string): string[] => fs.readdirSync(output.replace(/\/[^/]*$/, '')).sort();
const linesOf = (output: string): StepRecord[] =>
  fs
    .readFileSync(`${output}.tune.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StepRecord);

type Final = Extract<TuneEvent, { type: 'tuned' }>;
type StepEvent = Extract<TuneEvent, { type: 'step' }>;
interface Outcome {
  readonly events: readonly TuneEvent[];
  readonly steps: readonly StepEvent[];
  readonly final: Final;
}

/** Tunes with a clock that counts epochs: an epoch takes a second. */
async function run(
  output: string,
  more: Partial<TuneOptions> = {},
  then?: (event: TuneEvent) => void,
): Promise<Outcome> {
  const events: TuneEvent[] = [];
  let time = 0;
  const options: TuneOptions = {
    corpora: [corpus],
    dev,
    output,
    read: { tagColumn: 1 },
    threads: 1,
    hyperparameters: small,
    budget: 40,
    clock: () => time,
    ...more,
  };
  for await (const event of tune(options)) {
    if (event.type === 'epoch') time++;
    events.push(event);
    then?.(event);
  }
  const final = events.at(-1)!;
  if (final.type !== 'tuned') throw new Error('the last event is not the result');
  const steps = events.filter((event): event is StepEvent => event.type === 'step');
  return { events, steps, final };
}

const complete = newOutput();
const first = await run(complete);

describe('tuning', () => {
  it('trains the default recipe, compares others at rungs, and trains the best to the end', () => {
    const { steps, events, final } = first;
    expect(steps[0]).toMatchObject({ stage: 'default', combination: {}, seed: 1, rung: null });
    expect(events.find(({ type }) => type === 'schedule')).toMatchObject({
      full: 6,
      rungs: [1, 2],
      budget: 40,
    });
    const rungs = steps.filter(({ bracket }) => bracket === 1).map(({ rung }) => rung);
    expect(rungs.filter((rung) => rung === 1)).toHaveLength(9);
    expect(rungs.filter((rung) => rung === 2)).toHaveLength(3);
    const finals = steps.filter(({ stage }) => stage === 'final');
    // the same seeds for all that are trained in full
    const seedsOf = (recipe: object): number[] =>
      [steps[0]!, ...finals]
        .filter(({ combination }) => JSON.stringify(combination) === JSON.stringify(recipe))
        .map(({ seed }) => seed);
    expect(finals.length).toBeGreaterThan(1);
    for (const { combination } of finals) expect(seedsOf(combination)).toEqual(seedsOf({}));
    expect(final).toMatchObject({ complete: true, score: 'accuracy', budget: 40 });
    expect(final.used).toBeLessThanOrEqual(40);
    expect(left(complete)).toEqual(['best.safetensors', 'best.safetensors.tune.jsonl']);
  });

  it('goes on with a paused run: no epoch is trained twice', () => {
    const { events, final } = first;
    const epochs = events.filter(({ type }) => type === 'epoch').length;
    expect(epochs).toBe(final.used);
    const trained = linesOf(complete).filter(
      ({ rung, combination }) => rung === null && Object.keys(combination).length > 0,
    );
    expect(trained.find(({ seed }) => seed === 1)?.seconds).toBe(4);
  });

  it('continues the best third', () => {
    const lines = linesOf(complete);
    const compared = lines.slice(1, 10);
    const continued = lines.slice(10, 13);
    expect(compared.map(({ rung }) => rung)).toEqual(Array(9).fill(1));
    expect(continued.map(({ rung }) => rung)).toEqual([2, 2, 2]);
    const best = compared.sort((a, b) => b.score! - a.score!).slice(0, 3);
    const recipes = (some: readonly StepRecord[]) => some.map(({ combination }) => combination);
    expect(recipes(continued)).toEqual(recipes(best));
  });

  it('writes the model that training with the same settings writes, and a command for it', async () => {
    const { best, command, rows } = first.final;
    const output = newOutput();
    const hyperparameters = { ...small, ...best!.combination, seed: best!.seed };
    const options = { corpora: [corpus], dev, read: { tagColumn: 1 }, threads: 1 };
    for await (const _ of train({ ...options, hyperparameters, output }));
    expect(fs.readFileSync(output).equals(fs.readFileSync(complete))).toBe(true);
    using model = openModel(complete);
    expect(command).toBe(`${model.record.command} -o ${complete}`);
    const standard = rows.find(({ combination }) => Object.keys(combination).length === 0)!;
    const row = rows.find(({ combination }) => combination === best!.combination)!;
    expect(row.dev.mean!).toBeGreaterThanOrEqual(standard.dev.mean!);
    expect(best!.difference).toBeCloseTo(row.dev.mean! - standard.dev.mean!, 12);
  });

  it('keeps the default recipe if the time is too short, and says what would be enough', async () => {
    const { steps, events, final } = await run(newOutput(), { budget: 5 });
    expect(steps.map(({ stage }) => stage)).toEqual(['default']);
    const schedule = events.find((event) => event.type === 'schedule')!;
    expect(schedule).toMatchObject({ recipes: 0 });
    expect(final).toMatchObject({ complete: true, used: 6, best: { combination: {} } });
    const enough = await run(newOutput(), { budget: schedule.least });
    expect(enough.steps.length).toBeGreaterThan(3);
  });

  it('searches nothing that is given', () => {
    for (const { combination } of first.steps)
      for (const name of Object.keys(combination)) expect(Object.keys(small)).not.toContain(name);
  });

  it('compares spans with the penalties that they have at the end', async () => {
    const output = newOutput();
    const { events } = await run(output, { read: {}, budget: 24 });
    const asked = events.filter(
      (event) => event.type === 'epoch' && event.scoreWithPenalties !== undefined,
    );
    // the default at every possible rung, the others at the rung they are trained to
    expect(asked.length).toBeGreaterThan(5);
    expect(linesOf(output)[0]!.default!.rungs).toHaveProperty('1');
  });

  it('drops a recipe that diverges', async () => {
    const output = newOutput();
    const { final } = await run(output, {
      hyperparameters: {
        ...small,
        optimizer: 'sgd',
        clip: 'none',
        weightDecay: 0.9,
        learningRate: 0.05,
      },
      budget: 30,
    });
    expect(final.complete).toBe(true);
    for (const row of final.rows.slice(0, 2)) expect(row.dev.mean).not.toBeNull();
  });

  it('refits the best model without a development file, as training does', async () => {
    const output = newOutput();
    const { steps, final } = await run(output, { dev: undefined, budget: 60 });
    expect(steps.at(-1)).toMatchObject({ stage: 'write', seed: 1 });
    using model = openModel(output);
    expect(model.record.refit?.sentences).toBe(20);
    expect(final.command).not.toContain('refit');
    expect((await run(output, { dev: undefined, budget: 60 })).steps).toEqual([]);
  });

  it('scores the test file once, for the best model', async () => {
    const { final } = await run(newOutput(), { test: corpus, budget: 20 });
    expect(final.best?.test).toMatchObject([{ accuracy: expect.any(Number) }]);
  });
});

describe('an interrupted tuning', () => {
  /** Stops in a step. */
  async function interrupted(output: string, at: number): Promise<Outcome> {
    const abort = new AbortController();
    let step = 0;
    return run(output, { signal: abort.signal }, (event) => {
      if (event.type === 'step' && ++step === at) abort.abort();
    });
  }

  it.each([1, 11, 15])('at step %i continues to the same result', async (at) => {
    const output = newOutput();
    const stopped = await interrupted(output, at);
    expect(stopped.final).toMatchObject({ complete: false, command: null });
    if (at > 1) expect(linesOf(output)).toHaveLength(at - 1);
    expect(left(output).filter((name) => !name.startsWith('best'))).toEqual([]);
    const again = await run(output);
    expect(again.events[0]).toMatchObject({ type: 'tune', done: at - 1 });
    expect(again.steps[0]).toMatchObject(first.steps[at - 1]!);
    expect(again.final.rows.map(({ tokensPerSecond: _, ...row }) => row)).toEqual(
      first.final.rows.map(({ tokensPerSecond: _, ...row }) => row),
    );
    expect(again.final.used).toBe(first.final.used);
    expect(fs.readFileSync(output).equals(fs.readFileSync(complete))).toBe(true);
  });

  it('that is complete only shows its result', async () => {
    const again = await run(complete);
    expect(again.steps).toEqual([]);
    expect(again.final.rows).toEqual(first.final.rows);
    expect(again.final.command).toBe(first.final.command);
  });

  it('continues with a larger budget', async () => {
    const output = newOutput();
    const short = await run(output, { budget: 24 });
    const long = await run(output);
    const ids = (steps: readonly StepEvent[]): string[] =>
      steps.map(({ combination, seed, rung }) => JSON.stringify([combination, seed, rung]));
    expect(ids(long.steps).filter((id) => ids(short.steps).includes(id))).toEqual([]);
    expect(long.final.rows.map(({ dev }) => dev)).toEqual(first.final.rows.map(({ dev }) => dev));
  });

  it('trains the best model again if it is gone', async () => {
    const output = newOutput();
    await run(output, { budget: 24 });
    const model = fs.readFileSync(output);
    fs.rmSync(output);
    const { steps } = await run(output, { budget: 24 });
    expect(steps.map(({ stage }) => stage)).toEqual(['write']);
    expect(fs.readFileSync(output).equals(model)).toBe(true);
  });
});

describe('tuning refuses', () => {
  it.each([
    [{ budget: 0 }, 'tune: 0 seconds: expected a number above 0.'],
    [{ hyperparameters: { ...small, ensemble: 2 } }, 'tune: an ensemble (2) cannot be tuned.'],
    [{ hyperparameters: { ...small, epochs: 0 } }, 'epochs 0: expected a whole number from 1'],
  ])('%j', async (more, message) => {
    const output = newOutput();
    await expect(run(output, more)).rejects.toThrow(message);
    expect(left(output)).toEqual([]);
  });

  it.each([
    [{ corpora: [dev] }, 'has runs on other corpora'],
    [{ hyperparameters: { ...small, epochs: 7 } }, 'has a default run with epochs=6'],
    [{ products: 'bfloat16' as const }, 'has runs on other corpora'],
  ])('records of other data or settings: %j', async (more, message) => {
    await expect(run(complete, more)).rejects.toThrow(message);
    await expect(run(complete, more)).rejects.toMatchObject({ code: 'SEQTAG_RECORD_MISMATCH' });
  });

  it('a damaged record', async () => {
    const output = newOutput();
    await run(output, { budget: 5 });
    const record = `${output}.tune.jsonl`;
    const { secondsPerEpoch: _, ...rest } = linesOf(output)[0]!;
    fs.writeFileSync(record, `${JSON.stringify(rest)}\n`);
    await expect(run(output)).rejects.toThrow(`${record}:1: not the record of a step of tuning.`);
  });

  it('an output that another tuning is writing', async () => {
    const output = newOutput();
    let refused = 0;
    const refusals: Promise<void>[] = [];
    await run(output, { budget: 5 }, (event) => {
      if (event.type !== 'epoch' || refused++ > 0) return;
      refusals.push(expect(run(output)).rejects.toThrow('another run'));
    });
    await Promise.all(refusals);
    expect(refused).toBeGreaterThan(0);
  });
});
