import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { trainingOutcome } from '../../src/cli/train.ts';
import { openModel } from '../../src/model/model-file.ts';
import { hyperparameterNames } from '../../src/training/hyperparameters.ts';
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
  writeFileSync(corpus, sentences('english.train.conll', 30));
  writeFileSync(dev, sentences('english.dev.conll', 10));
});
afterAll(folder.remove);

let made = 0;
const newModel = (): string => folder.path(`model-${made++}.safetensors`);
const train = (args: readonly string[], output = newModel()): Promise<Outcome> =>
  seqtag(['train', corpus, '-o', output, ...tiny, '--epochs=2', ...args]);
const recordOf = (path: string) => {
  using model = openModel(path);
  return model.record;
};

describe('what train shows', () => {
  it('prints an epoch a line and a summary on standard error, nothing on standard output', async () => {
    const model = folder.path('it is.safetensors');
    const { code, stdout, stderr } = await train(['--dev', dev, '--test', dev], model);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^train +30 sentences +405 tokens\ndev +10 sentences/m);
    expect(stderr).toMatch(/^ +epoch +loss +dev F1 +tokens\/s +time +time left$/m);
    expect(stderr).toMatch(/^ +1\/2 +\d+\.\d{4} +\d+\.\d\d .* best$/m);
    expect(stderr).toMatch(/^ +2\/2 /m);
    expect(stderr).toMatch(/^dev +10 .*\ntest +10 /m);
    expect(stderr).toMatch(/known words +unknown words/);
    expect(stderr).toMatch(/^PER +.*\n(.*\n)*all /m);
    expect(stderr).toMatch(/^model +\S.*kB, [\d,]+ parameters\)$/m);
    expect(stderr).toMatch(
      /^try +echo '.*' \| seqtag tag -m '.*it is\.safetensors' --output inline$/m,
    );
    expect(stderr).not.toContain('\u001b');
    expect(existsSync(model)).toBe(true);
  });

  it('says that dev was held out, and shows accuracy for plain tags', async () => {
    const { stderr } = await train(['--tag-column', '1']);
    expect(stderr).toContain('held out of the training corpus');
    expect(stderr).toContain('dev accuracy');
    expect(stderr).not.toContain('by type');
  });

  it('refuses more columns than a model can have', async () => {
    const many = folder.path('many.conll');
    const path = folder.path('many.safetensors');
    writeFileSync(many, `${['w', ...Array(17).fill('X')].join('\t')}\n\n`.repeat(20));
    const columns = Array.from({ length: 17 }, (_, i) => i + 1).join();
    const outcome = await seqtag(['train', many, '--tag-column', columns, '-o', path]);
    expectRefused(outcome, /17 tag columns: a model can have at most 16\. Train two models\./);
    expect(existsSync(path)).toBe(false);
  });

  it('learns from what was held out at last, and from a dev file only when asked', async () => {
    const again = /^refit +on all .*; the dev scores are from before the refit$/m;
    const commands: string[] = [];
    for (const [args, refit] of [
      [[], true],
      [['--no-refit'], false],
      [['--dev', dev], false],
      [['--dev', dev, '--refit'], true],
    ] as const) {
      const path = folder.path('again.safetensors');
      const { stderr } = await train(args, path);
      expect(again.test(stderr)).toBe(refit);
      const record = recordOf(path);
      expect(record.refit !== undefined).toBe(refit);
      commands.push(record.command);
    }
    // the command that trains this model again says so where it is not the default
    expect(commands.map((command) => command.match(/--(no-)?refit/)?.[0])).toEqual([
      undefined,
      '--no-refit',
      undefined,
      '--refit',
    ]);
  });

  it('records a command that trains the same model, also where a default differs from the recipe', async () => {
    const odd = folder.path('the dev set.conll');
    writeFileSync(odd, sentences('english.dev.conll', 10));
    const path = newModel();
    await train(['--dev', odd, '--decoder', 'softmax', '--bias-recall', '0'], path);
    const { command } = recordOf(path);
    expect(command).toContain(`--dev '${odd}'`);
    const words = command.match(/(?:'[^']*'|\S)+/g)!.map((word) => word.replaceAll("'", ''));
    const again = newModel();
    await seqtag([...words.slice(1), '-o', again, '--threads', '1']);
    expect(readFileSync(again).equals(readFileSync(path))).toBe(true);
  });

  it('prints every event as a line of JSON on standard output', async () => {
    const { code, stdout, stderr } = await train(['--dev', dev, '--json', '--quiet']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; epoch?: number });
    const types = events.map(({ type }) => type).filter((type) => type !== 'progress');
    expect(types).toEqual(['start', 'epoch', 'epoch', 'end']);
    expect(events.at(-1)).toMatchObject({ bestEpoch: expect.any(Number), dev: [{ tokens: 124 }] });
  });

  it('keeps events and text apart: with --json text goes to standard error', async () => {
    const { stdout, stderr } = await train(['--json']);
    expect(stdout).toMatch(/^\{"type":"start"/);
    expect(stderr).toMatch(/^train /);
  });

  it('shows control characters of names and tags as escapes', async () => {
    const evil = folder.path('evil.conll');
    writeFileSync(evil, sentences('english.train.conll', 30).replaceAll('-PER', '-\u001b[2J'));
    const model = folder.path('evil\u001b[31m.safetensors');
    const { code, stderr } = await seqtag(['train', evil, '-o', model, ...tiny, '--epochs=1']);
    expect(code).toBe(0);
    expect(stderr).not.toContain('\u001b');
    expect(stderr).toMatch(/^model +\S+evil\\x1b\[31m\.safetensors \(/m);
    expect(stderr).toMatch(/^\\x1b\[2J /m);
    const { stdout } = await seqtag(['inspect', model]);
    expect(stdout).not.toContain('\u001b');
  });

  it('is silent with --quiet', async () => {
    expect(await train(['--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('draws a moving line on a terminal, and gives the cursor back', async () => {
    const { code, stdout, stderr } = await seqtag(
      ['train', corpus, '-o', newModel(), ...tiny, '--epochs=2'],
      { terminals: ['stdout', 'stderr'] },
    );
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('\u001b[?25l');
    expect(stderr.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stderr.lastIndexOf('\u001b[?25l'));
    expect(withoutEscapes(stderr)).toContain('⠋ reading');
    expect(withoutEscapes(stderr)).toMatch(/ +2\/2 +\d/);
  });

  it('draws without colour when told so', async () => {
    const { stderr } = await seqtag(
      ['train', corpus, '-o', newModel(), ...tiny, '--epochs=1', '--no-color'],
      { terminals: ['stderr'] },
    );
    for (const colour of ['2', '32', '36']) expect(stderr).not.toContain(`\u001b[${colour}m`);
  });
});

it('trains an ensemble, tells of its members, and tags, evaluates and inspects it as any model', async () => {
  const model = newModel();
  const { code, stderr } = await train(['--dev', dev, '--ensemble=2', '--seed=3'], model);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^member 1 of 2\n +1\/2 .*\n +2\/2 .*\nmember 2 of 2\n +1\/2 .*\n +2\/2 /m,
  );
  expect(stderr).toMatch(/^best epochs +\d, \d of 2$/m);
  const alone = /^members +(dev F1 [\d.]+, [\d.]+ \(seeds 3, 4\))$/m.exec(stderr)?.[1];
  expect(alone).toBeDefined();
  const { stdout: facts } = await seqtag(['inspect', model]);
  expect(facts).toMatch(/^network +2 networks: words of 16/m);
  expect(facts).toContain(alone);
  const { stdout: tags } = await seqtag(['tag', '-m', model], { stdin: 'Ada sang.' });
  expect(tags.trimEnd().split('\n')).toHaveLength(3);
  const { stdout } = await seqtag(['eval', '-m', model, dev, '--json']);
  const { f1 } = recordOf(model).dev[0]!;
  expect(JSON.parse(stdout)).toMatchObject({ corpora: [{ report: { spans: { f1 } } }] });
});

it('trains on tagged sentences, and tags them in the same format', async () => {
  const tagged = folder.path('tagged.txt');
  const model = newModel();
  writeFileSync(tagged, 'Ada/B-PER left/O Oslo/B-LOC ./O\nIt/O rained/O ./O\n'.repeat(10));
  const outcome = await seqtag(['train', tagged, '-o', model, ...tiny, '--epochs=1']);
  expect(outcome.code).toBe(0);
  const { stdout } = await seqtag(['tag', '-m', model, tagged]);
  expect(stdout.replace(/\[[A-Z]+ |\]/g, '').split('\n')[0]).toBe('Ada left Oslo .');
});

describe('hyperparameters', () => {
  it('has a flag with its default in the help for each', async () => {
    const { stdout } = await seqtag(['train', '--help'], { columns: 100 });
    for (const name of hyperparameterNames) {
      const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(stdout).toMatch(new RegExp(`^  --(\\[no-\\])?${flag} `, 'm'));
    }
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/--\[no-\]lowercase .*?\(default: yes\)/);
  });

  it('takes flags over the file over defaults', async () => {
    const config = folder.path('config.json');
    writeFileSync(config, '{"epochs": 1, "char-dim": 7, "lowercase": false, "layers": 1}');
    const model = newModel();
    const { code } = await seqtag(
      ['train', corpus, '-o', model, '--threads=1', '-q', '--config', config].concat([
        '--hidden=8',
        '--char-dim=6',
        '--word-dim=8',
        '--no-lowercase',
      ]),
    );
    expect(code).toBe(0);
    expect(recordOf(model).hyperparameters).toMatchObject({
      epochs: 1,
      charDim: 6,
      lowercase: false,
      hidden: 8,
      wordDim: 8,
    });
    const other = newModel();
    await seqtag(['train', corpus, '-o', other, '-q', '--config', config, ...tiny, '--lowercase']);
    expect(recordOf(other).hyperparameters.lowercase).toBe(true);
  });

  it.each([
    ['{"hiden": 3}', /config\.json: no hyperparameter `hiden`/],
    ['{"hidden": "many"}', /config\.json: hidden many: expected a whole number/],
    ['{"hidden": 0}', /config\.json: hidden 0: expected a whole number/],
    ['{"lowercase": 3}', /config\.json: lowercase 3: expected true or false/],
    ['{"optimizer": "magic"}', /config\.json: optimizer magic: expected one of/],
    ['{"hidden": ', /config\.json: not JSON/],
    ['[1]', /config\.json: not an object/],
  ])('refuses the file %s', async (text, message) => {
    const config = folder.path('config.json');
    writeFileSync(config, text);
    expectRefused(await train(['--config', config]), message);
  });

  it.each([
    [['--hidden=0'], /--hidden 0: expected a whole number from 1/],
    [['--hidden=2.5'], /hidden 2\.5: expected a whole number/],
    [['--dropout=x'], /dropout x: expected a number from 0/],
    [['--optimizer=magic'], /optimizer magic: expected one of/],
    [['--char-width=4'], /char-width 4: expected an odd number/],
    [['--config', 'nowhere.json'], /nowhere\.json: no such file/],
  ])('refuses %j', async (args, message) => {
    expectRefused(await train(args), message);
  });
});

describe('bad input', () => {
  const file = folder.path('bad.conll');
  const output = folder.path('never.safetensors');
  const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
    const before = readdirSync(dirname(file)).sort();
    expectRefused(await seqtag(['train', ...args, '-q', ...tiny]), message);
    expect(readdirSync(dirname(file)).sort()).toEqual(before);
  };

  it.each([
    ['no sentence', '', /bad\.conll: no sentences/],
    ['one column', 'a\nb\n\n', /bad\.conll:1: 1 column, so there is no tag/],
    ['mixed columns', 'a\tN\nb\n\n', /bad\.conll:2: 1 column, expected 2/],
    ['invalid UTF-8', Buffer.from('caf\xe9\tN\n\n', 'latin1'), /bad\.conll:1: invalid UTF-8/],
    ['binary', Buffer.from([65, 0, 9, 66, 10]), /bad\.conll:1: a binary file/],
  ])('refuses a corpus with %s', async (_, content, message) => {
    writeFileSync(file, content);
    await refused([file, '-o', output], message);
  });

  it('refuses a missing column, a directory, a missing file', async () => {
    await refused([corpus, '-o', output, '--tag-column', '7'], /3 columns, but column 7/);
    await refused([corpus, '-o', output, '--tag-column', 'ner'], /has no column names/);
    await refused([dirname(file), '-o', output], /a directory/);
    await refused([folder.path('none.conll'), '-o', output], /none\.conll: no such file/);
    await refused([corpus, '-o', output, '--dev', folder.path('none')], /none: no such file/);
  });

  it('refuses an output that cannot be written, before training', async () => {
    await refused([corpus, '-o', folder.path('no/where.safetensors')], /there is no directory/);
    await refused([corpus, '-o', dirname(file)], /: a directory\. /);
  });

  it('keeps the best epoch when a later one diverges, says so, and exits with 2', async () => {
    const model = newModel();
    const wild = ['--optimizer=sgd', '--learning-rate=100', '--clip=0', '--weight-decay=1'];
    // the warm-up makes the first epochs harmless
    const args = [...wild, '--warmup=100', '--epochs=30', '--quiet', '--dev', dev];
    const { code, stderr } = await train(args, model);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^seqtag: epoch \d+, update \d+: .*diverged\..*\nseqtag: training diverged: /,
    );
    expect(stderr).toContain(
      `seqtag: training diverged: ${model} has the best model before that, of epoch ${recordOf(model).bestEpoch}. See --learning-rate, --clip.\n`,
    );
  });

  it('stops when the loss is no number', async () => {
    const wild = [
      '--optimizer=sgd',
      '--learning-rate=100',
      '--clip=0',
      '--weight-decay=1',
      '--batch-size=1',
    ];
    const { code, stderr } = await train([...wild, '--quiet', '--epochs=30'], output);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^seqtag: epoch \d, .*diverged\. Lower the learning rate.*\n$/);
    expect(existsSync(output)).toBe(false);
  });
});

describe('messages about a model whose training was cut short', () => {
  const end = { model: 'a.safetensors', bestEpoch: 3 };
  it('is nothing if it did', () => {
    expect(trainingOutcome({ ...end, stopped: 'epochs' }, undefined)).toEqual({ messages: [] });
  });

  it('is where it diverged, what was written, and exit code 2', () => {
    const divergences = ['epoch 4, update 2: the loss is NaN.'];
    const outcome = trainingOutcome({ ...end, stopped: 'diverged', divergences }, undefined);
    expect(outcome).toEqual({
      messages: [
        ...divergences,
        'training diverged: a.safetensors has the best model before that, of epoch 3. See --learning-rate, --clip.',
      ],
      exitCode: 2,
    });
  });

  it('is the signal, what was written, and exit code 143', () => {
    expect(trainingOutcome({ ...end, stopped: 'signal' }, 'SIGTERM')).toEqual({
      messages: ['interrupted (SIGTERM): a.safetensors has the best model so far, of epoch 3.'],
      exitCode: 143,
    });
  });
});

describe('interrupts', () => {
  /** Trains until the end of the first epoch. */
  async function interrupted(args: readonly string[]): Promise<World> {
    let presses = 0;
    const world = createWorld({
      onStderr(text, { interrupt }) {
        if (/^ +1\/4 /m.test(text) && presses++ === 0) interrupt();
      },
    });
    expect(await run(['train', ...args, ...tiny, '--epochs=4'], world.io)).toBe(130);
    expect(world.quits).toEqual([]);
    world.interrupt(); // nobody listens any more
    expect(world.quits).toEqual([]);
    return world;
  }

  it('keeps the training, which --resume finishes', async () => {
    const [model, whole] = [newModel(), newModel()];
    const checkpoint = `${model}.checkpoint`;
    const world = await interrupted([corpus, '-o', model]);
    expect(world.stderr()).toContain(
      `seqtag: interrupted (SIGINT): the training is kept in ${checkpoint}. To go on: seqtag train --resume ${checkpoint} (with --finish: the best model so far, without more training)\n`,
    );
    expect(existsSync(model)).toBe(false);
    const refused = await seqtag(['train', corpus, '-o', model, ...tiny]);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(/an unfinished training is kept here/);
    const other = await seqtag(['train', corpus, '--resume', checkpoint, ...tiny, '--hidden=5']);
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toMatch(/: hidden was 16 when the training began, and is now 5/);
    const resumed = await seqtag(['train', '--resume', checkpoint, '--threads=2']);
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.stderr).toMatch(/resumed +after epoch 1\n/);
    expect(existsSync(checkpoint)).toBe(false);
    await seqtag(['train', corpus, '-o', whole, ...tiny, '--epochs=4']);
    expect(readFileSync(model).equals(readFileSync(whole))).toBe(true);
  });

  it('--finish writes the best model so far', async () => {
    const model = newModel();
    await interrupted([corpus, '-o', model]);
    expect(await seqtag(['train', '--resume', `${model}.checkpoint`, '--finish'])).toMatchObject({
      code: 0,
    });
    expect(recordOf(model).epochs).toHaveLength(1);
    expect((await seqtag(['train', corpus, '--finish', '-o', model])).stderr).toMatch(
      /--finish needs --resume/,
    );
  });

  it('without a checkpoint, keeps the best epoch', async () => {
    const model = newModel();
    const world = await interrupted([corpus, '-o', model, '--no-checkpoint']);
    expect(world.stderr()).toContain(`interrupted (SIGINT): ${model} has the best model so far`);
    expect(recordOf(model).epochs.length).toBeLessThan(4);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves at once at a second %s', async (signal, code) => {
    const world = createWorld({
      onStderr(text, { interrupt, quits }) {
        if (/^ +1\/5 /m.test(text) && quits.length === 0) {
          interrupt(signal);
          interrupt(signal);
        }
      },
    });
    await run(['train', corpus, '-o', newModel(), ...tiny, '--epochs=5'], world.io);
    expect(world.quits).toEqual([code]);
  });

  it('leaves at once before training has begun', async () => {
    const world = createWorld();
    const running = run(['train', corpus, '-o', newModel(), ...tiny, '--epochs=1'], world.io);
    while (world.quits.length === 0 && world.stderr() === '') {
      world.interrupt();
      await new Promise(setImmediate);
    }
    expect(world.quits[0]).toBe(130);
    await running;
  });
});

describe('--init', () => {
  const known = newModel();
  const other = folder.path('other.conll');
  const begun = (...args: string[]): Promise<Outcome> =>
    seqtag([
      'train',
      other,
      '-o',
      newModel(),
      '--threads=1',
      '--epochs=1',
      '--init',
      known,
      ...args,
    ]);
  beforeAll(async () => {
    writeFileSync(other, sentences('english.dev.conll', 20));
    await seqtag(['train', corpus, '-o', known, ...tiny, '--epochs=1', '--tag-column=1', '-q']);
  });

  it('reads the columns of the model, and shows what is kept and new', async () => {
    const { code, stderr } = await begun();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^tags +\d+ +plain tags$/m);
    expect(stderr).toMatch(
      /^init +\S+\.safetensors\n +words +[\d,]+ kept \([\d,]+ in the corpus\), [\d,]+ new; characters: .*\n +tags +\d+ kept .*, \d+ new$/m,
    );
  });

  it.each<[string[], RegExp]>([
    [['--hidden=17'], /its weights are for --hidden 16, not 17\. Leave it out/],
    [['--tune=10s'], /--tune and --init exclude each other/],
    [['--init-tags=some'], /--init-tags.*keep, drop/],
  ])('refuses %s', async (args, message) => {
    expectRefused(await begun(...args), message);
  });

  it('is needed by the flags for what to keep', async () => {
    expectRefused(
      await train(['--init-words=drop']),
      /--init-words needs --init\. Name the model\./,
    );
  });
});
