import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { parseSweeps } from '../../src/cli/sweep.ts';
import { openModel } from '../../src/model/model-file.ts';
import {
  createFolder,
  createWorld,
  expectRefused,
  type Outcome,
  sentences,
  seqtag,
  tiny,
  type World,
  type WorldOptions,
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
// without --hidden, which is compared
const small = tiny.filter((flag) => !flag.startsWith('--hidden'));
const args = (output: string, more: readonly string[] = []): string[] => [
  'train',
  corpus,
  '--dev',
  dev,
  '-o',
  output,
  ...small,
  '--epochs=2',
  ...more,
];
const two = ['--sweep', 'hidden=3,6', '--seeds=2'];
const sweep = (
  more: readonly string[],
  options: WorldOptions = {},
  output = newOutput(),
): Promise<Outcome> => seqtag(args(output, more), options);

describe('what a sweep shows', () => {
  it('prints a table on standard output, and a line a run on standard error', async () => {
    const output = newOutput();
    const { code, stdout, stderr } = await sweep([...two, '--test', dev], {}, output);
    expect(code).toBe(0);
    const [head, best, other, ...rest] = stdout.split('\n');
    expect(head).toMatch(/^hidden +dev F1 +deviation +parameters +tokens\/s +epochs$/);
    expect(best).toMatch(/^ +[36] +\d+\.\d\d +\d+\.\d\d +[\d,]+ +[\d,]+ +2 {2}best$/);
    expect(other).toMatch(/^ +[36] +\d+\.\d\d +\d+\.\d\d +[\d,]+ +[\d,]+ +2$/);
    expect(rest).toEqual(['']);
    expect(stderr).toMatch(/^4 runs: 2 combinations, 2 seeds\n\n +run +hidden +seed +dev +epochs/);
    expect(stderr).toMatch(/^ +1\/4 +3 +1 +\d+\.\d\d +2 .* s {2}best$/m);
    expect(stderr).toMatch(/^ +4\/4 +6 +2 +\d+\.\d\d +2 /m);
    expect(stderr).toMatch(/^model {2}\S+best\.safetensors \(hidden=\d seed \d: dev \d+\.\d\d\)$/m);
    expect(stderr).toMatch(/^test {3}\d+\.\d\d ± \d+\.\d\d for the best combination$/m);
    expect(stderr).toMatch(/^runs {3}\S+best\.safetensors\.sweep\.jsonl$/m);
    using model = openModel(output);
    expect([3, 6]).toContain(model.config.hidden);

    const again = await sweep([...two, '--test', dev], {}, output);
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(stdout);
    expect(again.stderr).toMatch(/^4 runs: .*; 4 of them recorded before\nmodel/);
  });

  it('prints events as lines of JSON, then the table', async () => {
    const { code, stdout, stderr } = await sweep([...two, '--json', '--quiet']);
    expect([code, stderr]).toEqual([0, '']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; run?: number });
    expect(events[0]).toMatchObject({ type: 'plan', runs: 4 });
    expect(events.filter(({ type }) => type === 'end').map((event) => event.run)).toEqual([
      1, 2, 3, 4,
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'sweep', complete: true, rows: [{}, {}] });
  });

  it('keeps events and text apart: with --json the table is on standard error', async () => {
    const { stdout, stderr } = await sweep(['--seeds=1', '--json']);
    expect(stdout).not.toMatch(/^[^{]/m);
    expect(stderr).toMatch(/^dev F1 .*\n.* best\n\nmodel /m);
  });

  it('prints nothing but the table with --quiet, without deviation of single runs', async () => {
    const { code, stdout, stderr } = await sweep(['--sweep=char-encoder=none,cnn', '--quiet']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^char-encoder +dev F1 +parameters .*\n.*\n.*\n$/);
  });

  it('draws a moving line on a terminal, and gives the cursor back', async () => {
    const { code, stdout, stderr } = await sweep(two, { terminals: ['stdout', 'stderr'] });
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[32mbest\u001b[39m');
    expect(stderr.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stderr.lastIndexOf('\u001b[?25l'));
    expect(withoutEscapes(stderr)).toContain('run 2 of 4  hidden=6  seed 1');
    expect(withoutEscapes(stderr)).toMatch(/ +4\/4 +6 +2 /m);
  });

  it('tells of runs that diverged', async () => {
    const wild = ['--optimizer=sgd', '--clip=0', '--weight-decay=1', '--epochs=30'];
    const flags = args(newOutput(), wild).filter((flag) => !flag.startsWith('--learning-rate'));
    const { code, stdout, stderr } = await seqtag([...flags, '--sweep=learning-rate=100,0.01']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +0\.01 .* best\n +100 +– .* 1 diverged\n$/m);
    expect(stderr).toMatch(/^ +1\/2 +100 +1 +diverged /m);
    const none = await seqtag([...flags, '-o', newOutput(), '--sweep=learning-rate=100', '-q']);
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/^seqtag: train: every run diverged, so there is no model\..*\n$/);
  });
});

describe('what a sweep is given', () => {
  it('takes values apart at commas, or at | where there is one', () => {
    expect(parseSweeps(['hidden=50, 100', 'char-encoder=cnn'])).toEqual({
      hidden: ['50', '100'],
      'char-encoder': ['cnn'],
    });
    expect(parseSweeps(['name=a,b|c=d'])).toEqual({ name: ['a,b', 'c=d'] });
  });

  it('sweeps over what the file says, since flags win over it', async () => {
    const config = folder.path('config.json');
    writeFileSync(config, '{"hidden": 4, "char-encoder": "none", "epochs": 1}');
    const output = newOutput();
    await seqtag([
      ...['train', corpus, '-o', output, ...small, '--config', config, '-q'],
      '--sweep=hidden=5',
    ]);
    using model = openModel(output);
    expect(model.record.hyperparameters).toMatchObject({
      hidden: 5,
      charEncoder: 'none',
      epochs: 1,
    });
  });

  it.each([
    [['--sweep=hiden=3,4'], /no hyperparameter `hiden`/],
    [['--sweep=hidden=3,0'], /hidden 0: expected a whole number from 1/],
    [['--sweep=hidden=3,many'], /hidden many: expected a whole number/],
    [['--sweep=hidden'], /--sweep hidden: expected a hyperparameter and its values/],
    [['--sweep=hidden=3,'], /--sweep hidden=3,: a value is empty/],
    [['--sweep=hidden=3', '--resume=a.checkpoint'], /--sweep and --resume exclude each other/],
    [['--seeds=2', '--resume=a.checkpoint'], /--seeds and --resume exclude each other/],
    [['--sweep=hidden=3', '--sweep=hidden=4'], /hidden has a --sweep already/],
    [['--sweep=epochs=3,4'], /--epochs and --sweep epochs=\.\.\. exclude each other/],
    [
      ['--sweep=lowercase=true,false', '--no-lowercase'],
      /--lowercase and --sweep lowercase=\.\.\. exclude each other/,
    ],
    [['--seeds=0'], /--seeds 0: expected a whole number from 1/],
  ])('refuses %j', async (more, message) => {
    const output = newOutput();
    expectRefused(await sweep(more, {}, output), message);
    expect(readdirSync(folder.path(`${made}`))).toEqual([]);
  });
});

describe('interrupts', () => {
  // the second run would take long
  const long = (output: string): string[] =>
    args(output, [
      '--sweep=epochs=1,100000',
      '--patience=100000',
      '--hidden=3',
      '--seeds=2',
    ]).filter((flag) => flag !== '--epochs=2');
  /** Interrupts while the second run is under way. */
  const pressing = (signals: readonly NodeJS.Signals[]): World =>
    createWorld({
      onStderr(text, { interrupt }) {
        if (/^ +1\/4 /m.test(text))
          setImmediate(() => {
            for (const signal of signals) interrupt(signal);
          });
      },
    });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s prints the table so far and says how to go on', async (signal, code) => {
    const output = newOutput();
    const world = pressing([signal]);
    expect(await run(long(output), world.io)).toBe(code);
    expect(world.quits).toEqual([]);
    expect(world.stdout()).toMatch(/^ +1 +\d.* {2}best, 1 of 2 runs\n100000 +– .* 0 of 2 runs$/m);
    expect(world.stderr()).toMatch(/^stopping; the current run is dropped/m);
    expect(world.stderr()).toMatch(
      /^stopped after 1 of 4 runs; run the same command to continue$/m,
    );
    expect(readdirSync(folder.path(`${made}`)).sort()).toEqual([
      'best.safetensors',
      'best.safetensors.sweep.jsonl',
    ]);
  });

  it('leaves at once when pressed again, and leaves no half model', async () => {
    const output = newOutput();
    let atQuit: string[] = [];
    const world = pressing(['SIGINT', 'SIGINT']);
    const io = {
      ...world.io,
      quit(code: number) {
        atQuit = readdirSync(folder.path(`${made}`)).sort();
        world.io.quit(code);
      },
    };
    await run(long(output), io);
    expect(world.quits).toEqual([130]);
    expect(atQuit).toEqual(['best.safetensors', 'best.safetensors.sweep.jsonl']);
  });

  it('leaves at once before anything trains', async () => {
    const world = createWorld();
    const running = run(args(newOutput(), ['--seeds=1']), world.io);
    while (world.quits.length === 0 && world.stderr() === '') {
      world.interrupt();
      await new Promise(setImmediate);
    }
    expect(world.quits[0]).toBe(130);
    await running;
  });
});
