import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { version } from '../../src/files/package.ts';
import { createWorld, expectRefused, seqtag } from './world.ts';

const commands = ['train', 'tag', 'eval', 'inspect', 'convert'];

describe('help and version', () => {
  it('prints the version', async () => {
    expect(await seqtag(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints help with every command and examples on standard output', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, stdout, stderr } = await seqtag(args);
      expect(code).toBe(0);
      expect(stderr).toBe('');
      for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      expect(stdout).toContain('$ seqtag tag -m');
    }
  });

  it.each(commands)('prints the help of %s both ways, with examples', async (command) => {
    const first = await seqtag([command, '--help']);
    expect(first).toEqual(await seqtag(['help', command]));
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(`Usage: seqtag ${command}`);
    expect(first.stdout).toContain(`seqtag ${command}`);
    expect(first.stdout).toContain('Examples:');
  });

  it('is no wider than the terminal, and has no escapes where there is none', async () => {
    const terminal = { terminals: ['stdout'], env: { NO_COLOR: '1' } } as const;
    for (const command of [...commands, 'distill', 'embed'])
      for (const columns of [60, 70, 100]) {
        const { stdout } = await seqtag([command, '--help'], { ...terminal, columns });
        const widths = stdout.split('\n').map((line) => line.length);
        expect(Math.max(...widths), command).toBeLessThanOrEqual(columns);
        expect(stdout).not.toContain('\u001b');
      }
  });

  it('prints help on standard error, and fails, when nothing was asked for', async () => {
    const { code, stdout, stderr } = await seqtag([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: seqtag');
  });
});

describe('wrong use', () => {
  it('suggests a command', async () => {
    expectRefused(await seqtag(['tga']), /unknown command tga\. Did you mean tag\?$/m);
  });

  it.each([['frobnicate'], ['frobnicate', '--help'], ['help', 'frobnicate']])(
    'refuses an unknown command: %s %s',
    async (...args) => {
      expectRefused(await seqtag(args), /unknown command frobnicate\. See `seqtag --help`\./);
    },
  );

  it('suggests a flag, whatever else is missing', async () => {
    expectRefused(
      await seqtag(['tag', '--modle', 'x']),
      /unknown option --modle\. Did you mean --model\?/,
    );
    expectRefused(await seqtag(['train', 'x', '--bach-size', '3']), /Did you mean --batch-size\?/);
  });

  it('suggests a model, a choice and a column', async () => {
    expectRefused(await seqtag(['tag', '-m', 'en-nre']), /no such .* Did you mean en-ner\?$/m);
    expectRefused(
      await seqtag(['tag', '-m', './models/en-uops.safetensors']),
      /Did you mean \.\/models\/en-upos\.safetensors\?$/m,
    );
    expectRefused(
      await seqtag(['tag', '-m', 'en-ner', '--input', 'conlu']),
      /Did you mean conllu\?$/m,
    );
    for (const name of ['conll', 'IOB', 'bio'])
      expectRefused(await seqtag(['eval', '--format', name]), /Did you mean columns\?$/m);
    for (const [name, other] of [
      ['latin-1', 'latin1'],
      ['utf16', 'utf-16le'],
    ] as const) {
      const refused = await seqtag(['eval', '--encoding', name], { stdin: 'a\tX\tX\n' });
      expectRefused(refused, new RegExp(`Did you mean ${other}\\?$`, 'm'));
    }
    const conllu = 'corpora/english.dev.conllu';
    expectRefused(
      await seqtag(['eval', '-m', 'en-upos', conllu, '--tag-column', 'upso']),
      /Did you mean upos\?$/m,
    );
    const csv = { stdin: 'word,label\nx,X\n' };
    expectRefused(
      await seqtag(['convert', '--from=csv', '--to=jsonl', '--tag-column=labl'], csv),
      /Did you mean label\?$/m,
    );
    expect((await seqtag(['tag', '-m', 'qqqqqq'])).stderr).not.toContain('Did you mean');
  });

  it('calls a bundled model by its name', async () => {
    expect(
      await seqtag(['tag', '-m', 'en-ner', 'corpora/english.dev.conll', '--feature-column=1']),
    ).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'seqtag: --feature-column 1: en-ner has no feature columns. Leave it out.\n',
    });
  });

  it.each([
    [['tag'], /tag: no model\. Name one with -m/],
    [['train', 'corpus.conll'], /train: no output\. Name the model file with -o/],
    [['train', '-o', 'x'], /train: no corpus\. Usage: seqtag train \[options\] <corpus\.\.\.>/],
    [['convert', 'a', 'b'], /convert: expected 1 argument, not 2\. Usage: /],
    [['tag', '-m', 'x', '--output', 'xml'], /--output xml: expected one of columns, conllu/],
    [['tag', '-m', 'x', '--threads', '0'], /--threads.*whole number from 1 to 256/],
    [['tag', '-m', 'x', '--backend', 'gpu'], /--backend gpu: expected one of auto, native, wasm/],
    [['tag', '-m'], /--model: the value is missing\. Give --model <model>\./],
    [['train', 'x', '--dev', '--test', 'y'], /--dev: the value is missing, as --test comes next\./],
    [['train', 'x', '--gazetteer', '-q'], /--gazetteer: the value is missing, as -q comes next\./],
    [
      ['train', '--tag-column', 'upos,', 'xpos'],
      /--tag-column upos,: a name is missing at a comma/,
    ],
    [
      ['tag', '-m', 'en-ner, en-upos'],
      /Name each of several models with its own -m: -m en-ner -m en-upos\./,
    ],
    [
      ['train', 'x', '-o', 'y', '--cell', 'lstmm'],
      /--cell lstmm: expected one of lstm, .* Did you mean lstm\?$/m,
    ],
    [['eval', '--min-f1', 'much'], /fraction from 0 to 1, or a percentage up to 100/],
    [['eval', '--min-f1', '101'], /fraction from 0 to 1, or a percentage up to 100/],
  ])('refuses %j', async (args, message) => {
    expectRefused(await seqtag(args), message);
  });

  it('shows control characters of a name instead of sending them to the terminal', async () => {
    const { stderr } = await seqtag(['inspect', 'no\u001b[31m\nfile.conll']);
    expect(stderr).toBe('seqtag: no\\x1b[31m file.conll: no such file. Check the path.\n');
  });
});

describe('failures', () => {
  it('exits with 3 and a stack for a fault of its own', async () => {
    const { io, stderr } = createWorld();
    const broken = {
      ...io,
      get stdin(): never {
        throw new TypeError('a fault');
      },
    };
    expect(await run(['inspect', '-'], broken)).toBe(3);
    expect(stderr()).toMatch(/bug in seqtag, not a mistake in its input/);
    expect(stderr()).toMatch(/TypeError: a fault\n\s+at /);
  });

  it('ends in silence when nobody reads on', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    });
    expect(await seqtag(['--help'], { stdout })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('tells when standard output cannot be written', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' })),
    });
    const input = { stdin: 'a\tN\n\n', stdout };
    expectRefused(
      await seqtag(['convert', '--from', 'columns'], input),
      /standard output: the disk is full/,
    );
  });
});
