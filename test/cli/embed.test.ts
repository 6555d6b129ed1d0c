import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/main.ts';
import { corpus, createFolder, createWorld, expectRefused, seqtag } from './world.ts';

const folder = createFolder();
const text = folder.path('text.txt');
const raw = 'The cat sat on the mat. The dog sat on the log.\n\nA cat saw the dog.\n'.repeat(20);
beforeAll(() => writeFileSync(text, raw));
afterAll(folder.remove);

// thinned out, so little text would be none
const small = ['--threads=1', '--subsample=0', '--dim=4', '--epochs=2', '--buckets=50'];
const embed = (output: string, ...args: string[]) =>
  seqtag(['embed', text, '-o', output, ...small, ...args]);

describe('embed', () => {
  it('tokenises raw text, shows progress on standard error and writes vectors', async () => {
    const output = folder.path('a.vec');
    const { code, stdout, stderr } = await embed(output);
    expect(stderr).toMatch(/^text +60 sentences +400 tokens\nwords +10 +100\.00 % of the tokens\n/);
    expect(stderr).toMatch(/^ +epoch +loss +tokens\/s +time +left\n +1\/2 +\d\.\d{4} /m);
    expect(stderr).toMatch(/^vectors {2}\S+a\.vec \(\S+ \w+, 10 words of 4 numbers\)$/m);
    expect(stderr).toMatch(/^try +seqtag train CORPUS --embeddings \S+a\.vec -o/m);
    expect([code, stdout]).toEqual([0, '']);
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('10 4');
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toContain('dog');
    expect(lines[1]).toMatch(/^the( -?\d[\d.e-]*){4}$/);
  });

  it('keeps case when told, and reads standard input', async () => {
    const output = folder.path('case.vec');
    const args = ['embed', '-', '-o', output, ...small, '--no-lowercase', '--quiet'];
    const { stderr } = await seqtag(args, { stdin: raw });
    expect(stderr).toBe('');
    expect(readFileSync(output, 'utf8')).toMatch(/^The /m);
  });

  it('reads tokens of labelled files by their extension', async () => {
    const output = folder.path('conllu.vec');
    const file = corpus('english.dev.conllu');
    const { code } = await seqtag(['embed', file, '-o', output, ...small, '--quiet']);
    expect(code).toBe(0);
    expect(readFileSync(output, 'utf8')).toMatch(/^the /m);
  });

  it('writes binary and gzip by the name', async () => {
    await embed(folder.path('b.bin'));
    expect(readFileSync(folder.path('b.bin')).subarray(0, 9).toString()).toBe('10 4\nthe ');
    await embed(folder.path('c.vec.gz'));
    await embed(folder.path('c.vec'));
    const plain = readFileSync(folder.path('c.vec'));
    expect(gunzipSync(readFileSync(folder.path('c.vec.gz'))).equals(plain)).toBe(true);
  });

  it('writes events for scripts', async () => {
    const { stdout, stderr } = await embed(folder.path('d.vec'), '--json', '--quiet');
    expect(stderr).toBe('');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.find(({ type }) => type !== 'read')!.type).toBe('start'); // a slow machine reports reading
    expect(events.filter(({ type }) => type === 'epoch').length).toBe(2);
    expect(events.at(-1)).toMatchObject({ type: 'end', words: 10, dim: 4, stopped: 'epochs' });
  });

  const interrupted = async (output: string, ...args: string[]) => {
    const world = createWorld({
      onStderr: (written, self) => {
        if (/^ *1\//m.test(written)) self.interrupt();
      },
    });
    const code = await run(['embed', text, '-o', output, ...small, ...args], world.io);
    expect(code).toBe(130);
    return world.stderr();
  };

  it('is kept by Ctrl-C, and goes on to the bytes of a run without a break', async () => {
    const output = folder.path('e.vec');
    const checkpoint = `${output}.checkpoint`;
    const stderr = await interrupted(output, '--epochs=40');
    expect(stderr).toMatch(/stopping; the training will be written/);
    expect(stderr).toContain(`To go on: seqtag embed --resume ${checkpoint} (with --finish: the`);
    expect(existsSync(output)).toBe(false);
    expectRefused(await embed(output), /an unfinished training is kept here.*embed --resume/);
    expectRefused(await embed(output, '--resume', checkpoint), /text\.txt and --resume exclude/);
    const resume = ['embed', '--resume', checkpoint];
    expectRefused(await seqtag([...resume, '--dim=5']), /--dim and --resume exclude each other/);
    const kept = readFileSync(checkpoint);
    const { code, stderr: shown } = await seqtag([...resume, '--threads=2']);
    expect(code).toBe(0);
    expect(shown).toMatch(/^resumed +in epoch [12]$/m);
    expect(existsSync(checkpoint)).toBe(false);
    const bytes = readFileSync(output);
    await embed(output, '--epochs=40');
    expect(readFileSync(output).equals(bytes)).toBe(true);

    writeFileSync(checkpoint, kept);
    await seqtag([...resume, '--finish', '-q', '-o', folder.path('early.vec')]);
    expect(readFileSync(folder.path('early.vec'), 'utf8')).toMatch(/^10 4\n/);
    writeFileSync(checkpoint, kept);
    writeFileSync(text, `${raw}The end.\n`);
    expectRefused(await seqtag(resume), /the text has changed since the training began/);
    writeFileSync(text, raw);
    const model = folder.path('model.checkpoint');
    writeFileSync(model, readFileSync(checkpoint).subarray(0, 99));
    expectRefused(await seqtag(['embed', '--resume', model]), /model\.checkpoint: /);
    expectRefused(
      await seqtag(['train', '--resume', checkpoint]),
      /not a checkpoint of a training/,
    );
  });

  it('is ended by Ctrl-C with the vectors so far if there are no checkpoints', async () => {
    const output = folder.path('ended.vec');
    const stderr = await interrupted(output, '--no-checkpoint', '--epochs=1000000');
    expect(stderr).toMatch(/stopping; the vectors so far will be written/);
    expect(stderr).toMatch(/; interrupted$/m);
    expect(readFileSync(output, 'utf8')).toMatch(/^10 4\n/);
  });

  it('refuses what it cannot do, in one line', async () => {
    const output = folder.path('f.vec');
    expectRefused(await seqtag(['embed', '-o', output]), /embed: no text\. /);
    expectRefused(await embed(output, '--finish'), /--finish needs --resume/);
    expectRefused(
      await seqtag(['embed', text]),
      /embed: no output\. Name the file of word vectors with -o/,
    );
    expectRefused(await embed(output, '--dim', '0'), /dim 0: expected a whole number from 1/);
    expectRefused(await embed(output, '--min-count', 'x'), /min-count.*positive whole number/);
    expectRefused(
      await embed(output, '--min-count', '999'),
      /text\.txt: no word occurs at least 999/,
    );
    expectRefused(await embed(folder.path('no/f.vec')), /no\/f\.vec/);
    expectRefused(
      await seqtag(['embed', 'nowhere.txt', '-o', output]),
      /nowhere\.txt: no such file/,
    );
    const empty = folder.path('empty.txt');
    writeFileSync(empty, '\n\n');
    expectRefused(
      await seqtag(['embed', empty, '-o', output]),
      /empty\.txt: no words\. Is the file/,
    );
    expect(existsSync(output)).toBe(false);
  });
});
