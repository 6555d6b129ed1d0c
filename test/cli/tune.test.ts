import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { plain } from '../../src/cli/style.ts';
import { parseDuration } from '../../src/cli/tune.ts';
import { tuneNarrator } from '../../src/cli/tune-progress.ts';
import { recipeTable, type TuneResult, tuneSummary } from '../../src/cli/tune-summary.ts';
import type { RecipeRow } from '../../src/training/tune/events.ts';
import type { TuneEvent } from '../../src/training/tune/tune.ts';
import {
  createFolder,
  createWorld,
  expectRefused,
  type Outcome,
  sentences,
  seqtag,
  tiny,
  type World,
  withoutEscapes,
} from './world.ts';

const folder = createFolder();
const corpus = folder.path('corpus.conll');
const dev = folder.path('dev.conll');
beforeAll(() => {
  writeFileSync(corpus, sentences('english.train.conll', 20));
  writeFileSync(dev, sentences('english.dev.conll', 10));
});
afterAll(folder.remove);

let made = 0;
function newOutput(): string {
  mkdirSync(folder.path(`${++made}`));
  return folder.path(`${made}/best.safetensors`);
}
const args = (output: string, more: readonly string[]): string[] => [
  ...['train', corpus, '--dev', dev, '-o', output],
  ...[...tiny, '--char-hidden=8', '--lm-weight=0', '--layers=1', '--epochs=2', ...more],
];
const tune = (more: readonly string[], output = newOutput()): Promise<Outcome> =>
  seqtag(args(output, more));

describe('train --tune', () => {
  it('trains the default recipe however short the time is, and shows the table and the command', async () => {
    const output = newOutput();
    const { code, stdout, stderr } = await tune(['--tune=0.001s'], output);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^dev F1 +to default +seeds +epochs +parameters +tokens\/s +recipe\n *\d+\.\d\d +1 +2 +[\d,]+ +[\d,]+ +default recipe {2}best\n$/,
    );
    expect(stderr).toMatch(/^time for tuning: 0\.00 s\n\n +time +step +epochs +dev +to default/);
    expect(stderr).toMatch(/ default +2 +\d+\.\d\d +default recipe$/m);
    expect(stderr).toMatch(
      /^the default recipe takes .*, so there is no time to compare others; .* s would be enough for two$/m,
    );
    expect(stderr).toMatch(/^dev +no recipe was better than the default$/m);
    expect(stderr).toMatch(/^command {2}seqtag train .* --epochs 2 -o \S+best\.safetensors$/m);
    expect(readdirSync(folder.path(`${made}`)).sort()).toEqual([
      'best.safetensors',
      'best.safetensors.tune.jsonl',
    ]);

    const again = await tune(['--tune=0.001s'], output);
    expect(again.stdout).toBe(stdout);
    expect(again.stderr).toMatch(/^time for tuning: 0\.00 s; 1 step recorded before, which took /);
  });

  it('prints events as lines of JSON, and only the table with --quiet', async () => {
    const json = await tune(['--tune=0.001s', '--json', '--quiet']);
    expect([json.code, json.stderr]).toEqual([0, '']);
    const events = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TuneEvent);
    expect(events.map(({ type }) => type).filter((type) => type !== 'progress')).toEqual([
      ...['tune', 'step', 'start', 'epoch', 'epoch', 'result', 'schedule', 'tuned'],
    ]);
    const quiet = await tune(['--tune=0.001s', '--quiet']);
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).toMatch(/^dev F1 .*\n.*best\n$/);
  });

  it.each([
    [['--sweep=hidden=3,6'], /train: --tune and --sweep exclude each other/],
    [['--seeds=2'], /train: --tune and --seeds exclude each other/],
    [['--resume=a.checkpoint'], /train: --tune and --resume exclude each other/],
    [['--ensemble=2'], /an ensemble \(2\) cannot be tuned\. Tune a single network/],
  ])('refuses %j', async (more, message) => {
    expectRefused(await tune(['--tune=1h', ...more]), message);
    expect(readdirSync(folder.path(`${made}`))).toEqual([]);
  });

  it.each(['', '30', '1x', '0s', '-5m', '10m30', '31d', '999h'])(
    'refuses a time of %j',
    async (time) => {
      expectRefused(await tune([`--tune=${time}`]), /expected a time such as 90s, 30m or 1h30m/);
    },
  );

  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['1.5h', 5400],
    ['1h30m', 5400],
    ['1h2m3s', 3723],
  ])('reads %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe('an interrupt', () => {
  const pressing = (signals: readonly NodeJS.Signals[]): World =>
    createWorld({
      onStderr(text, { interrupt }) {
        if (/ bracket 1: 2\/9 /m.test(text))
          setImmediate(() => {
            for (const signal of signals) interrupt(signal);
          });
      },
    });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s shows the table so far and says how to continue', async (signal, code) => {
    const world = pressing([signal]);
    expect(await run(args(newOutput(), ['--tune=24h']), world.io)).toBe(code);
    expect(world.stdout()).toMatch(/^ *\d+\.\d\d .* default recipe/m);
    expect(world.stdout()).toMatch(/ stopped .*\n.* stopped /);
    expect(world.stderr()).toMatch(/^stopping; the current step is dropped/m);
    expect(world.stderr()).toMatch(/^stopped; run the same command to continue$/m);
    expect(world.stderr()).not.toMatch(/^command /m);
    expect(readdirSync(folder.path(`${made}`)).sort()).toEqual([
      'best.safetensors',
      'best.safetensors.tune.jsonl',
    ]);
  });

  it('that is repeated ends at once, and leaves no other files', async () => {
    const world = pressing(['SIGINT', 'SIGINT']);
    let atQuit: string[] = [];
    const quit = (code: number): void => {
      atQuit = readdirSync(folder.path(`${made}`)).sort();
      world.io.quit(code);
    };
    await run(args(newOutput(), ['--tune=24h']), { ...world.io, quit });
    expect(world.quits).toEqual([130]);
    expect(atQuit).toEqual(['best.safetensors', 'best.safetensors.tune.jsonl']);
  });
});

describe('what tuning shows', () => {
  const row = (more: Partial<RecipeRow>): RecipeRow => ({
    combination: {},
    runs: 2,
    rung: null,
    dev: { mean: 0.7, deviation: 0.01 },
    difference: 0,
    parameters: 1000,
    tokensPerSecond: 2000,
    epochs: 12,
    ...more,
  });
  const gru = { cell: 'gru' };
  const result: TuneResult = {
    type: 'tuned',
    complete: true,
    budget: 600,
    used: 580,
    score: 'f1',
    rows: [
      row({ combination: gru, dev: { mean: 0.72, deviation: 0.02 }, difference: 0.02 }),
      row({}),
      row({
        combination: { hidden: 200 },
        runs: 0,
        rung: 4,
        dev: { mean: 0.6, deviation: null },
        difference: -0.015,
        epochs: 4,
      }),
      row({
        combination: { learningRate: 1 },
        runs: 0,
        rung: 4,
        dev: { mean: null, deviation: null },
        difference: null,
        tokensPerSecond: null,
      }),
    ],
    best: {
      combination: gru,
      seed: 2,
      dev: [{ accuracy: 0.9, f1: 0.73 }],
      test: [{ accuracy: 0.9, f1: 0.68 }],
      difference: 0.02,
    },
    noise: 0.015,
    command: 'seqtag train a.conll --cell gru -o best.safetensors',
    model: 'best.safetensors',
    record: 'best.safetensors.tune.jsonl',
  };

  it('a row for each recipe, with its difference to the default', () => {
    expect(recipeTable(result, plain)).toBe(
      [
        'dev F1  deviation  to default    seeds  epochs  parameters  tokens/s  recipe',
        ' 72.00       2.00       +2.00        2      12       1,000     2,000  cell=gru  best',
        ' 70.00       1.00                    2      12       1,000     2,000  default recipe',
        ' 60.00          –       -1.50  stopped       4       1,000     2,000  hidden=200',
        '     –          –           –   failed      12       1,000         –  learning-rate=1',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [0.02, 0.015, '+2.00 to the default recipe; the deviation between seeds is 1.50'],
    [0.01, 0.015, '+1.00 to the default recipe, which may be chance: the deviation between seeds'],
    [0.02, null, '+2.00 to the default recipe; with one seed, it is not known how much of this is'],
    [0, null, 'no recipe was better than the default'],
  ])('whether a difference of %d may be chance if the noise is %d', (difference, noise, text) => {
    const best = { ...result.best!, difference };
    expect(tuneSummary({ ...result, best, noise }, plain)).toContain(`dev      ${text}`);
  });

  it('the model, the test score, the time and the command', () => {
    const text = tuneSummary(result, plain);
    expect(text).toMatch(/^model +best\.safetensors \(cell=gru {2}seed 2\)$/m);
    expect(text).toMatch(/^test +68\.00$/m);
    expect(text).toMatch(/^time +9 min 40 s of 10 min 00 s$/m);
    expect(text).toMatch(/^command {2}seqtag train a\.conll --cell gru -o best\.safetensors$/m);
  });

  it('what fits into the time, and a moving line for each step', () => {
    const narrator = tuneNarrator(plain, 100);
    const schedule: Extract<TuneEvent, { type: 'schedule' }> = {
      type: 'schedule',
      full: 62,
      budget: 600,
      rungs: [4, 12],
      recipes: 21,
      finalists: 2,
      seeds: 2,
      least: 150,
    };
    expect(narrator.lines(schedule)).toBe(
      'the default recipe takes 1 min 02 s; there is time to compare about 21 recipes after 4 and 12 epochs, and to train the best 2 to the end with 2 seeds\n',
    );
    const step = { stage: 'bracket', bracket: 2, index: 3, count: 9, seed: 1, rung: 4 } as const;
    expect(narrator.status({ type: 'step', ...step, combination: gru })).toBe(
      'bracket 2: 3/9  cell=gru  seed 1',
    );
    const progress: TuneEvent = {
      type: 'progress',
      epoch: 2,
      epochs: 60,
      tokens: 50,
      of: 100,
      loss: 1,
      tokensPerSecond: 1,
      secondsLeft: 1,
      budgetSecondsLeft: 65,
    };
    expect(withoutEscapes(narrator.status(progress)!)).toMatch(
      /^bracket 2: 3\/9 {2}1 min 05 s left {2}epoch 2 of 4 {2}━{10}─{10} {2}cell=gru/,
    );
  });
});
