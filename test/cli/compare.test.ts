import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { systemsOf } from '../../src/cli/systems.ts';
import { corpus, createFolder, expectRefused, type Outcome, seqtag } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

const write = (name: string, lines: readonly string[]): string => {
  writeFileSync(folder.path(name), `${lines.join('\n')}\n`);
  return folder.path(name);
};

/** 40 sentences of two tokens, of which the first is a person; `wrong` says in which the tag is missing. */
const people = (name: string, wrong: (s: number) => boolean): string =>
  write(
    name,
    Array.from({ length: 40 }, (_, s) => `Ada${s}\t${wrong(s) ? 'O' : 'B-PER'}\nsang\tO\n`),
  );
const gold = people('gold.conll', () => false);
const good = people('good-1.conll', (s) => s % 10 === 0);
const bad = people('bad-1.conll', (s) => s % 2 === 0);
const worse = people('bad-2.conll', (s) => s % 2 === 0 || s === 1);

const compare = (args: readonly string[]): Promise<Outcome> =>
  seqtag(['compare', '--samples=200', ...args]);
interface Facts {
  readonly score: string;
  readonly sentences: number;
  readonly systems: readonly { name: string; score: number; runs: number[]; files: string[] }[];
  readonly pairs: readonly {
    p: number;
    adjustedP: number;
    onlyA: number;
    onlyB: number;
    flips?: { at: string; tags: object }[];
  }[];
}
const facts = async (args: readonly string[]): Promise<Facts> => {
  const { code, stdout, stderr } = await compare([...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Facts;
};

describe('files of predictions', () => {
  it('have scores, intervals, a p-value and sentences that only one has right', async () => {
    const { code, stdout, stderr } = await compare([gold, good, bad]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('gold.conll  40 sentences, 200 samples, seed 1\n');
    expect(stdout).toMatch(/^ +F1 +95 % interval$/m);
    expect(stdout).toMatch(/good-1\.conll +94\.74 +\d+\.\d\d to \d+\.\d\d$/m);
    expect(stdout).toMatch(/good-1\.conll → \S+ +-28\.07 .* 0\.0050 +16 +0 +significant$/m);
    expect(stdout).not.toContain('Holm');
  });

  it('show the tokens and the place of such sentences', async () => {
    const { stdout } = await compare([gold, good, bad, '--flips=1']);
    expect(stdout).toMatch(/gold\.conll:7 {2}only \S+good-1\.conll is right\nAda2 sang\n/);
    expect(stdout).toMatch(/^ {2}Ada2 +B-PER +B-PER +O$/m);
    const { pairs } = await facts([gold, bad, good, '--flips=2']);
    expect(pairs[0]!.flips).toMatchObject([
      { at: `${gold}:7`, tags: { gold: ['B-PER', 'O'], a: ['O', 'O'], b: ['B-PER', 'O'] } },
      { at: `${gold}:13` },
    ]);
  });

  it('have p-values corrected for their number', async () => {
    const { pairs } = await facts([gold, good, bad, worse]);
    expect(pairs).toHaveLength(3);
    expect(pairs[0]!.adjustedP).toBeCloseTo(3 * pairs[0]!.p, 12);
    expect((await compare([gold, good, bad, worse])).stdout).toContain('p (Holm)');
  });

  it('are grouped by their names', async () => {
    const { systems } = await facts([gold, good, bad, worse, '--group']);
    expect(systems).toMatchObject([
      { name: good, runs: [expect.closeTo(0.947, 3)], files: [good] },
      { name: folder.path('bad-*.conll'), files: [bad, worse] },
    ]);
    expect(systems[1]!.runs).toHaveLength(2);
    const { stdout } = await compare([gold, good, bad, worse, '--group']);
    expect(stdout).toMatch(/bad-\*\.conll .* 2 +\d\.\d\d$/m);
  });

  it('are compared by accuracy if the tags are plain', async () => {
    const plain = (name: string, tag: string): string => write(name, ['a\tX\nb\tY\n', `c\t${tag}`]);
    const { score, systems } = await facts([
      plain('x.conll', 'X'),
      plain('x1.conll', 'X'),
      plain('x2.conll', 'Y'),
    ]);
    expect(score).toBe('accuracy');
    expect(systems.map((system) => system.score)).toEqual([1, 2 / 3]);
  });
});

describe('models', () => {
  it('are compared by the tags that they predict, with the scores of eval', async () => {
    const test = corpus('english.test.conllu');
    const args = [test, 'en-upos', 'en', '--tag-column=upos', '--threads=1'];
    const { systems } = await facts(args);
    const measured = await seqtag(['eval', '-m', 'en-upos', test, '--threads=1', '--json']);
    const { total } = JSON.parse(measured.stdout) as { total: { accuracy: number } };
    expect(systems[0]!.score).toBeCloseTo(total.accuracy, 12);
    expect(systems.map(({ name }) => name)).toEqual(['en-upos', 'en']);
  });
});

describe('wrong use', () => {
  it.each([
    [[gold, good], /one system, \S+good-1\.conll\. Give two or more/],
    [[gold, good, good], /good-1\.conll is given twice/],
    [[gold, bad, worse, '--group'], /all 2 runs are one system, \S+bad-\*\.conll/],
    [[gold, good, 'nowhere.conll'], /nowhere\.conll/],
    [[gold, good, 'nowhere'], /nowhere: no such model file or bundled model/],
    [[gold, good, bad, '--samples=5'], /--samples 5: too few/],
    [[gold, good, bad, '--flips=x'], /--flips x: expected a whole number/],
  ])('%j', async (args, message) => {
    expectRefused(await compare(args), message);
  });

  it('refuses a model of other tags', async () => {
    const args = [corpus('english.test.conllu'), 'en-upos', 'en-ner', '--threads=1'];
    expectRefused(await compare(args), /plain tags \(.*\), but en-ner predicts spans in BIO/);
  });
});

it('says once what there is to say about the gold file', async () => {
  const lines = ['a\tb-x\nb\ti-x\n', 'c\to\n'];
  const [odd, first, second] = ['odd', 'odd1', 'odd2'].map((name) => write(name, lines));
  const { stderr } = await compare([odd!, first!, second!]);
  expect(stderr.match(/B-X is written b-x/g)).toHaveLength(3);
  expect(stderr.split(`${odd}: B-X is written`)).toHaveLength(2);
});

describe('names of systems', () => {
  it.each([
    [
      ['a-1.conll', 'a-2.conll', 'b.conll'],
      ['a-*.conll', 'b.conll'],
    ],
    [
      ['v1.2-s1', 'v1.2-s2', 'v1.3-s1'],
      ['v1.2-s*', 'v1.3-s1'],
    ],
    [
      ['run1/a.conll', 'run2/a.conll'],
      ['run1/a.conll', 'run2/a.conll'],
    ],
    [
      ['./a-1.x', './a-12.x', 'en'],
      ['a-*.x', 'en'],
    ],
  ])('%j', (runs, names) => {
    expect(systemsOf(runs, { isGrouped: true }).map(({ name }) => name)).toEqual(names);
  });
});
