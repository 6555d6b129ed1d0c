import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/model/model-file.ts';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file.ts';
import { createFolder, type Outcome, program, sentences, tiny } from './world.ts';

// The program as it is installed: bin/seqtag.js on the built files.

const folder = createFolder();
const gold = folder.path('gold.conll');
const model = folder.path('ner.safetensors');

const seqtag = (args: readonly string[], input = ''): Outcome => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    input,
    encoding: 'utf8',
  });
  return { code: status ?? -1, stdout, stderr };
};
const bash = (command: string): Outcome => {
  const script = `set -o pipefail; seqtag() { '${process.execPath}' '${program}' "$@"; }; ${command}`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  return { code: status ?? -1, stdout, stderr };
};

beforeAll(() => {
  writeFileSync(gold, sentences('english.train.conll', 30));
  const { code } = seqtag([
    'train',
    folder.another(gold),
    '-o',
    model,
    '-q',
    '--epochs=3',
    ...tiny,
  ]);
  expect(code).toBe(0);
});
afterAll(folder.remove);

describe('exit codes', () => {
  it('are 0, 1 and 2', () => {
    expect(seqtag(['--version']).code).toBe(0);
    expect(seqtag(['tag', '-m', model], 'Nadia left.\n')).toMatchObject({ code: 0, stderr: '' });
    expect(seqtag(['eval', '-m', model, gold, '--min-accuracy=100']).code).toBe(1);
    const wrong = seqtag(['tag', '-m', 'none.safetensors']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^seqtag: none\.safetensors: no such [^\n]+\n$/);
  });
});

describe('pipes', () => {
  it('end in silence when head has seen enough', () => {
    const { code, stdout, stderr } = bash(
      `yes 'Nadia left .' | seqtag tag -m '${model}' --input horizontal | head -n 2; echo "\${PIPESTATUS[1]}"`,
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Nadia\t\S+\nleft\t\S+\n0\n$/);
    expect(code).toBe(0);
    const text = bash(`seqtag convert '${gold}' | head -n 1; echo "\${PIPESTATUS[0]}"`);
    expect(text).toEqual({ code: 0, stdout: 'hey\tINTJ\tO\n0\n', stderr: '' });
  });

  it
    .skipIf(!existsSync('/dev/full'))
    .each([
      `convert '${gold}'`,
      '--help',
      'help tag',
      'train --help',
      '--version',
      `eval -m '${model}' '${gold}' --allow-unseen`,
      `train '${gold}' -o '${folder.path('full.safetensors')}' -q --json --epochs=1 ${tiny.join(' ')}`,
    ])('report a full disk in one line: %s', (command) => {
    const { code, stderr } = bash(`seqtag ${command} > /dev/full`);
    expect(stderr).toBe('seqtag: standard output: the disk is full. Free some space.\n');
    expect(code).toBe(2);
  });

  it.skipIf(!existsSync('/dev/full'))('may lose messages without a failure', () => {
    expect(bash('seqtag 2> /dev/full').code).toBe(2);
    const args = `--epochs=1 ${tiny.join(' ')}`;
    const output = folder.path('unseen.safetensors');
    const { code, stdout } = bash(`seqtag train '${gold}' -o '${output}' ${args} 2> /dev/full`);
    expect([code, stdout, existsSync(output)]).toEqual([0, '', true]);
  });

  it('do not stop training when the reader of --json goes away', () => {
    const output = folder.path('events.safetensors');
    const args = `-o '${output}' -q --json --epochs=40 --patience=40 ${tiny.join(' ')}`;
    const { stdout, stderr } = bash(
      `seqtag train '${gold}' ${args} | head -n 1; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stdout).toMatch(/^\{"type":"start".*\}\n0\n$/);
    expect(stderr).toMatch(/^seqtag: the reader of --json is gone, [^\n]+ the run goes on\.\n$/);
    using file = openModel(output);
    expect(file.record.epochs).toHaveLength(40);
  });

  it('do not hide a missed threshold', () => {
    const { stdout } = bash(
      `seqtag eval -m '${model}' '${gold}' --json --min-accuracy=100 | true; echo "\${PIPESTATUS[0]}"`,
    );
    expect(stdout).toBe('1\n');
  });

  it('carry large outputs whole', () => {
    const text = readFileSync(gold, 'utf8').repeat(200);
    writeFileSync(folder.path('large.conll'), text);
    const { stdout } = bash(
      `seqtag convert '${folder.path('large.conll')}' | (sleep 0.3; cat) | wc -c`,
    );
    expect(Number(stdout)).toBe(Buffer.byteLength(text));
  });

  it('can be a corpus: train <(...), and train - for standard input', () => {
    const args = `-q --epochs=1 ${tiny.join(' ')}`;
    const made = ['file', 'pipe', 'stdin'].map((name) => folder.path(`${name}.safetensors`));
    const [file, pipe, stdin] = made;
    const { code, stderr } = bash(
      `seqtag train '${gold}' -o '${file}' ${args} && seqtag train <(cat '${gold}') -o '${pipe}' ${args} && seqtag train - -o '${stdin}' ${args} < '${gold}'`,
    );
    expect([code, stderr]).toEqual([0, '']);
    const [first, ...others] = made.map((path) => {
      using model = openModel(path);
      const { corpora, epochs } = model.record;
      return {
        hashes: corpora.map(({ sha256 }) => sha256),
        losses: epochs.map(({ loss }) => loss),
        tagColumns: model.tagColumns,
      };
    });
    expect(others).toEqual([first, first]);
  });

  it('can be files: <(...)', () => {
    const first = bash(`seqtag eval -m '${model}' <(cat '${gold}') --json`);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const both = bash(`seqtag eval <(seqtag tag -m '${model}' '${gold}') --json`);
    const accuracy = ({ stdout }: Outcome): number =>
      (JSON.parse(stdout) as { total: { accuracy: number } }).total.accuracy;
    expect(accuracy(both)).toBe(accuracy(first));
  });

  it('cannot be vectors that a refit would read again', () => {
    const [vectors, path] = [folder.path('words.vec'), folder.path('piped.safetensors')];
    writeFileSync(vectors, 'the 1 2\nleft 3 4\n');
    const flags = `-o '${path}' -q --epochs=1 ${tiny.filter((flag) => !flag.startsWith('--word-dim')).join(' ')}`;
    const train = `seqtag train '${gold}' --embeddings <(cat '${vectors}') ${flags}`;
    const { code, stderr } = bash(train);
    expect(stderr).toMatch(
      /^seqtag: \S+: a pipe or device, but the refit reads it again \(training without a refit does not\)\. [^\n]+\n$/,
    );
    expect([code, existsSync(path)]).toEqual([2, false]);
    expect(bash(`${train} --no-refit`)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('signals', () => {
  const training = (output: string): ChildProcess =>
    spawn(
      process.execPath,
      [program, 'train', gold, '-o', output, ...tiny, '--epochs=100000', '--patience=100000'],
      { timeout: 20_000, killSignal: 'SIGKILL' },
    );
  /** Waits for the first line of an epoch. Returns a function that gives all of standard error so far. */
  const firstEpoch = (child: ChildProcess): Promise<() => string> =>
    new Promise((resolve) => {
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (/^ *1\/100000 .*\n/m.test(text)) resolve(() => text);
      });
    });
  const exit = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => {
      child.on('close', resolve);
    });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s keeps the training, says so, and exits with %d', async (signal, code) => {
    const output = folder.path(`${signal}.safetensors`);
    const child = training(output);
    const text = await firstEpoch(child);
    child.kill(signal);
    expect(await exit(child)).toBe(code);
    expect(text()).toContain(
      `seqtag: interrupted (${signal}): the training is kept in ${output}.checkpoint.`,
    );
    expect(readCheckpoint(`${output}.checkpoint`).current!.counters.epoch).toBeGreaterThan(0);
    expect(readdirSync(folder.path('.')).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s lets what was tagged arrive whole', async (signal, code) => {
    const large = folder.path('large.txt');
    writeFileSync(large, 'Nadia left .\n'.repeat(500_000));
    const args = [program, 'tag', '-m', model, '--input=horizontal', '--output=jsonl', large];
    const child = spawn(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.once('readable', () => child.kill(signal));
    // a reader that is late: by then more is written than a pipe holds
    setTimeout(() => {
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
      });
    }, 300);
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    expect([await exit(child), stderr]).toEqual([code, '']);
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(500_000);
    expect(new Set(lines).size).toBe(1);
  });
});

const python = spawnSync('python3', ['-c', 'import pty']).status === 0;

// Runs a command on a pseudoterminal of no width, as after `stty cols 0`, and prints its exit code.
const zeroWidth = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 0, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
out = b''
try:
    while True:
        piece = os.read(fd, 65536)
        if not piece:
            break
        out += piece
except OSError:
    pass
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
sys.stdout.buffer.write(out)
`;

it.skipIf(!python)('has no spinner on a terminal of width 0', () => {
  const output = folder.path('pty.safetensors');
  const args = ['train', gold, '-o', output, '--epochs=2', ...tiny];
  const { status, stdout } = spawnSync(
    'python3',
    ['-c', zeroWidth, process.execPath, program, ...args],
    { encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' },
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/^0\n/);
  expect(stdout).toMatch(/^ +2\/2 /m);
  expect(stdout).not.toContain('\u001b');
});
