import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CorporaReport } from '../../src/evaluation/report.ts';
import {
  corpus,
  createFolder,
  expectRefused,
  type Outcome,
  sentences,
  seqtag,
  tiny,
  type WorldOptions,
} from './world.ts';

const folder = createFolder();
const gold = folder.path('gold.conll');
let learned = '';
const test = corpus('english.test.conll');
const dev = corpus('english.dev.conll');
const ner = folder.path('ner.safetensors');
const upos = folder.path('upos.safetensors');

beforeAll(async () => {
  writeFileSync(gold, sentences('english.train.conll', 30));
  learned = folder.another(gold);
  const base = ['train', learned, '--dev', gold, '-q', ...tiny];
  const first = await seqtag([...base, '-o', ner, '--epochs=32', '--patience=32']);
  const second = await seqtag([...base, '-o', upos, '--tag-column', '1', '--epochs=12']);
  expect([first.code, second.code]).toEqual([0, 0]);
});
afterAll(folder.remove);

const evaluate = (args: readonly string[], options: WorldOptions = {}): Promise<Outcome> =>
  seqtag(['eval', ...args], options);
const measured = async (
  args: readonly string[],
  options: WorldOptions = {},
): Promise<CorporaReport & { scheme: string; model?: string }> => {
  const { code, stdout, stderr } = await evaluate([...args, '--json'], options);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(stdout) as CorporaReport & { scheme: string; model?: string };
};
const write = (name: string, content: string): string => {
  writeFileSync(folder.path(name), content);
  return folder.path(name);
};

describe('a model on gold files', () => {
  it('shows F1, accuracy on known and unknown words, and types', async () => {
    const { code, stdout, stderr } = await evaluate(['-m', ner, test]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('english.test.conll  146 sentences, 2,237 tokens, 147 spans\n');
    expect(stdout).toMatch(/^F1 +\d+\.\d\d\nprecision +\d+\.\d\d\nrecall +\d+\.\d\d\naccuracy +/m);
    expect(stdout).toMatch(
      /^ {2}known words +\d+\.\d\d\n {2}unknown words +\d+\.\d\d {2}[\d,]+ tokens, \d+\.\d\d % of all$/m,
    );
    expect(stdout).toMatch(/^ +precision +recall +F1 +gold +predicted +correct\nLOC /m);
    expect(stdout).toMatch(/^all +.* 147 +\d+ +\d+$/m);
  });

  it('shows accuracy alone for plain tags, which it finds where they were in training', async () => {
    const { stdout } = await evaluate(['-m', upos, gold]);
    expect(stdout).toMatch(/^accuracy +9\d\.\d\d$/m);
    expect(stdout).not.toContain('F1');
    const { total, scheme } = await measured(['-m', upos, gold]);
    expect(scheme).toBe('none');
    expect(total.accuracy).toBeGreaterThan(0.9);
  });

  it('says that figures of the training corpus itself tell nothing', async () => {
    const message = `seqtag: ${learned}: ${ner} was trained on this very file. Its scores here say nothing about new text.\n`;
    const { code, stderr, stdout } = await evaluate(['-m', ner, test, learned]);
    expect([code, stderr]).toEqual([0, message]);
    expect(stdout).toContain('total');
    const piped = await evaluate(['-m', ner], { stdin: readFileSync(learned) });
    expect(piped.stderr).toBe(message.replace(`${learned}:`, '<stdin>:'));
  });

  it('says so of development sentences only where it learned from them at last', async () => {
    const path = folder.path('refit.safetensors');
    const train = ['train', learned, '--dev', dev, '-q', ...tiny, '--epochs=1', '-o', path];
    for (const refit of [true, false]) {
      expect((await seqtag([...train, `--${refit ? '' : 'no-'}refit`])).code).toBe(0);
      const { stderr } = await evaluate(['-m', path, dev]);
      expect(stderr.includes('trained on this very file')).toBe(refit);
    }
  });

  it('shows what is taken for what with --details', async () => {
    const { stdout } = await evaluate(['-m', upos, test, '--allow-unseen', '--details']);
    expect(stdout).toMatch(/^NOUN +\d/m);
    expect(stdout).toMatch(/^ *tokens +gold +predicted\n +\d+ +[A-Z]+ +[A-Z]+$/m);
  });

  it('gives a row a file and a total', async () => {
    const { stdout } = await evaluate(['-m', ner, test, dev]);
    expect(stdout).toMatch(
      /^ +sentences +tokens +precision +recall +F1 +accuracy +known words +unknown words\n/,
    );
    expect(stdout).toMatch(
      /^\S+english\.test\.conll +146 +2,237 .*\n\S+english\.dev\.conll +144 +2,188 .*\ntotal +290 +4,425 /m,
    );
    const { corpora, total, model } = await measured(['-m', ner, test, dev]);
    expect(model).toBe(ner);
    expect(corpora.map(({ name, report }) => [name, report.tokens])).toEqual([
      [test, 2237],
      [dev, 2188],
    ]);
    expect(total.tokens).toBe(4425);
    expect(total.correctTokens).toBe(
      corpora.reduce((sum, { report }) => sum + report.correctTokens, 0),
    );
  });

  it('reads standard input, and formats other than that of training', async () => {
    const { total } = await measured(['-m', ner, test]);
    const piped = await measured(['-m', ner], { stdin: readFileSync(test) });
    expect(piped.total).toEqual(total);
    expect(piped.corpora[0]?.name).toBe('<stdin>');
    const conllu = corpus('english.test.conllu');
    expect((await measured(['-m', ner, conllu, '--tag-column', 'NER'])).total).toEqual(total);
  });

  it('compares in the scheme of the gold tags', async () => {
    const { stdout } = await seqtag(['convert', gold, '--scheme', 'BIOES']);
    const other = write('other.conll', stdout);
    const inBio = (await measured(['-m', ner, gold])).total;
    const inBioes = (await measured(['-m', ner, other])).total;
    expect(inBioes.spans).toEqual(inBio.spans);
    expect(inBioes.accuracy).toBe(inBio.accuracy);
    expect(inBio.spans?.f1).toBeGreaterThan(0.8);
  });

  it('counts a gold tag that training never saw as an error, tells of it in one line, and fails', async () => {
    const unseen = write('unseen.conll', readFileSync(gold, 'utf8').replaceAll('-PER', '-GPE'));
    const { code, stdout, stderr } = await evaluate(['-m', ner, unseen]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^seqtag: \S+unseen\.conll: tags that training never saw, counted as errors: B-GPE \(10\).*--allow-unseen\.\n$/,
    );
    expect(stdout).toMatch(/^GPE +– +0\.00 +0\.00 /m);
    const allowed = await evaluate(['-m', ner, unseen, '--allow-unseen']);
    expect(allowed.code).toBe(0);
    expect(allowed.stdout).toBe(stdout);
    expect(allowed.stderr).toMatch(/counted as errors: B-GPE \(10\).*\.\n$/);
  });

  it('refuses a column of other tags', async () => {
    expectRefused(
      await evaluate(['-m', ner, gold, '--tag-column', '1']),
      /gold\.conll: plain tags \(.*\), but \S+ predicts spans in BIO\. .*--tag-column/,
    );
    expectRefused(
      await evaluate(['-m', upos, gold, '--tag-column', '2']),
      /gold\.conll: none of its tags \(O, .*\) was seen in training .*--tag-column/,
    );
  });
});

describe('files of predicted tags', () => {
  const goldTags = 'U.N.\tB-ORG\nofficial\tO\nEkeus\tB-PER\nheads\tO\nfor\tO\nBaghdad\tB-LOC\n\n';
  const predicted = goldTags.replace('Ekeus\tB-PER', 'Ekeus\tB-LOC');
  const both =
    'U.N. B-ORG B-ORG\nofficial O O\nEkeus B-PER B-LOC\nheads O O\nfor O O\nBaghdad B-LOC B-LOC\n\n';

  it('compares two files', async () => {
    const a = write('a.conll', goldTags);
    const b = write('b.conll', predicted);
    const { total, scheme } = await measured(['--gold', a, '--pred', b]);
    expect(scheme).toBe('BIO');
    expect(total).toMatchObject({ tokens: 6, correctTokens: 5, unknownTokens: null });
    expect(total.spans).toMatchObject({ gold: 3, predicted: 3, correct: 2 });
    const { stdout } = await evaluate(['--gold', a, '--pred', b]);
    expect(stdout).toMatch(/^LOC +50\.00 +100\.00 +66\.67 +1 +2 +1$/m);
    expect(stdout).not.toContain('known words');
  });

  it('compares the last two columns of one file, as conlleval does', async () => {
    const file = write('both.conll', both);
    const { total } = await measured([file]);
    expect(total.spans).toMatchObject({ gold: 3, predicted: 3, correct: 2 });
    expect((await measured([], { stdin: both })).total).toEqual(total);
    expect((await measured([file, file])).total.tokens).toBe(12);
  });

  it('takes columns by number or name', async () => {
    const file = write('named.csv', 'gold,word,guess\nB-X,a,B-X\nO,b,B-X\n');
    const args = [file, '--token-column=word', '--tag-column=gold', '--pred-column=guess'];
    expect((await measured(args)).total.spans).toMatchObject({ gold: 1, predicted: 2, correct: 1 });
    const swapped = [file, '--token-column=1', '--tag-column=2', '--pred-column=0', '--header'];
    expect((await measured(swapped)).total.spans).toMatchObject({ gold: 2, predicted: 1 });
  });

  it('measures what tag writes', async () => {
    const { stdout } = await seqtag(['tag', '-m', ner, test, '--threads=1']);
    const direct = (await measured(['-m', ner, test])).total;
    const piped = (await measured([], { stdin: stdout })).total;
    expect(piped.spans).toEqual(direct.spans);
    expect(piped.accuracy).toBe(direct.accuracy);
  });

  it('reads predictions of another scheme', async () => {
    const a = write('a.conll', goldTags);
    const b = write('b.conll', predicted.replaceAll('B-', 'S-'));
    expect((await measured(['--gold', a, '--pred', b])).total.correctTokens).toBe(5);
  });

  it('does not mend malformed predictions', async () => {
    const a = write('a.conll', goldTags);
    const b = write('b.conll', goldTags.replaceAll('B-', 'I-'));
    const { total } = await measured(['--gold', a, '--pred', b]);
    expect(total.spans?.f1).toBe(1);
    expect(total.correctTokens).toBe(3);
  });

  it('shows control characters of names and tags as escapes, but not in JSON', async () => {
    const file = write('evil\u001b[31m.conll', both.replaceAll('ORG', '\u001b[2J'));
    const { stdout } = await evaluate([file, '--details']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('evil\\x1b[31m.conll');
    expect(stdout).toMatch(/^\\x1b\[2J +100\.00/m);
    expect((await measured([file])).corpora[0]?.name).toBe(file);
  });

  it('reads standard input once, whatever cuts it', async () => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (const byte of Buffer.from(both)) yield Uint8Array.of(byte);
    }
    const { total } = await measured([], { stdin: bytes() });
    expect(total.spans).toMatchObject({ gold: 3, predicted: 3, correct: 2 });
  });

  it('refuses files that do not belong together', async () => {
    const a = write('a.conll', goldTags);
    const refused = async (args: readonly string[], message: RegExp): Promise<void> =>
      expectRefused(await evaluate(args), message);
    await refused(
      ['--gold', a, '--pred', write('b.conll', predicted.replace('Ekeus', 'x'))],
      /b\.conll:1: token 3/,
    );
    await refused(
      ['--gold', a, '--pred', write('b.conll', 'U.N.\tO\n\n')],
      /b\.conll:1: this sentence has 1 token/,
    );
    await refused(
      ['--gold', a, '--pred', write('b.conll', goldTags + goldTags)],
      /a\.conll: ends after 1 sentence/,
    );
    await refused(
      ['--gold', a, '--pred', dev, '--pred-column=1'],
      /english\.dev\.conll: plain tags/,
    );
    await refused([a], /a\.conll: 2 columns, expected a token, a gold and a predicted tag.*-m/);
    await refused([dev], /none of the predicted tags .* is a gold tag/);
    await refused([corpus('english.dev.conllu')], /--tag-column COLUMN --pred-column Pred/);
  });
});

describe('partial gold tags', () => {
  const blurred = folder.path('blurred.conll');
  const lines = (): string[] => readFileSync(gold, 'utf8').trimEnd().split('\n');
  beforeAll(() => {
    const cells = lines().map((line, i) => {
      const [token, upos, tag] = line.split('\t');
      if (token === '' || i % 2 === 0) return line;
      return [token, upos, i % 4 === 1 ? '?' : `${tag}|B-LOC`].join('\t');
    });
    writeFileSync(blurred, `${cells.join('\n')}\n`);
  });

  it('are measured where they are certain', async () => {
    const certain = lines().filter((line, i) => line !== '' && i % 2 === 0).length;
    const { total } = await measured(['--gold', blurred, '--pred', gold, '--partial']);
    expect(total).toMatchObject({ tokens: expect.any(Number), accuracy: 1, spans: { f1: 1 } });
    expect(total.tokens).toBeGreaterThanOrEqual(certain);
    expect(total.tokens).toBeLessThan(lines().filter(Boolean).length);
    const plainly = await evaluate(['--gold', blurred, '--pred', gold, '--json']);
    expect((JSON.parse(plainly.stdout) as CorporaReport).total.accuracy).toBeLessThan(0.8);
    const model = await measured(['-m', ner, blurred, '--partial']);
    expect(model.total.tokens).toBe(total.tokens);
    const nothing = write('nothing.conll', 'a\tX\t?\n');
    expectRefused(await evaluate(['-m', ner, nothing, '--partial']), /no tag is certain/);
  });

  it('are known to a model that was trained on some', async () => {
    const path = folder.path('partial.safetensors');
    const train = ['train', blurred, '--partial', '--dev', gold, '-q', ...tiny, '--epochs=1'];
    expect((await seqtag([...train, '-o', path])).code).toBe(0);
    const { total } = await measured(['-m', path, folder.another(blurred)]);
    expect(total.tokens).toBeLessThan(lines().filter(Boolean).length);
  });
});

describe('a model of several columns', () => {
  const joint = folder.path('joint.safetensors');
  const conllu = corpus('english.dev.conllu');
  beforeAll(async () => {
    const columns = ['--tag-column', 'upos,NER', '-o', joint, '--epochs=4'];
    const args = ['train', folder.another(conllu), '--dev', conllu, ...tiny, ...columns];
    const { code, stderr } = await seqtag(args);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^dev upos +144 +2,188 /m);
    expect(stderr).toMatch(/^dev NER +144 +2,188 /m);
  });

  it('is measured by the first, or by the one that is named', async () => {
    const first = await measured(['-m', joint, conllu]);
    const upos = await measured(['-m', joint, conllu, '--tag-column', 'upos']);
    const ner = await measured(['-m', joint, conllu, '--tag-column', 'NER']);
    expect([first.scheme, upos.scheme, ner.scheme]).toEqual(['none', 'none', 'BIO']);
    expect(upos).toEqual(first);
    expect(first.total.accuracy).toBeGreaterThan(0.5);
    expect(ner.total.spans!.gold).toBe(readFileSync(conllu, 'utf8').split('NER=B-').length - 1);
    expect(ner.total.accuracy).toBeGreaterThan(0.9);
  });
});

describe('thresholds', () => {
  it.each([
    [['--min-f1', '0.5'], 0],
    [['--min-f1', '50'], 0],
    [['--min-f1', '50%', '--min-accuracy', '.5'], 0],
    [['--min-f1', '1'], 1],
    [['--min-accuracy', '100'], 1],
  ])('%j: exit code %d', async (args, code) => {
    // learnt by heart, or never seen
    const file = code === 0 ? gold : test;
    const { stdout, stderr, ...outcome } = await evaluate(['-m', ner, file, ...args]);
    expect(outcome.code).toBe(code);
    expect(stdout).toContain('sentences, ');
    const message = /^seqtag: [^\n]+ \d+\.\d\d is below --min-\S+ 100\.00\.\n$/;
    expect(stderr).toMatch(code === 0 ? /^$/ : message);
  });

  it('tells of both in one line', async () => {
    const { code, stderr } = await evaluate([
      '-m',
      ner,
      test,
      '--min-f1=99',
      '--min-accuracy=99.9',
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^seqtag: F1 \d+\.\d\d is below --min-f1 99\.00, accuracy \d+\.\d\d is below --min-accuracy 99\.90\.\n$/,
    );
  });

  it('has no F1 for plain tags', async () => {
    expectRefused(await evaluate(['-m', upos, gold, '--min-f1=0.5']), /plain tags.*--min-accuracy/);
  });
});

describe('wrong use and bad input', () => {
  it.each([
    [['-m', 'x', '--gold', 'a'], /tags come either from a model or from a file/],
    [['-m', 'x', '--pred-column', '1', 'a'], /the model predicts the tags/],
    [['--gold', 'a'], /expected both --gold FILE and --pred FILE/],
    [['--gold', 'a', '--pred', 'b', 'c'], /and no other file/],
    [['none.conll'], /none\.conll: no such file/],
  ])('refuses %j', async (args, message) => {
    expectRefused(await evaluate(args), message);
  });

  it('does not wait for a terminal when there is nothing to measure', async () => {
    expectRefused(await evaluate([], { terminals: ['stdin'] }), /nothing to measure/);
  });

  it('refuses empty, mixed, missing and unreadable files', async () => {
    const refused = async (args: readonly string[], message: RegExp): Promise<void> =>
      expectRefused(await evaluate(['-m', ner, ...args]), message);
    await refused([write('bad.conll', '')], /bad\.conll: no sentences/);
    await refused([write('bad.conll', 'a\tO\nb\n')], /bad\.conll:2: 1 column, expected 2/);
    await refused([folder.path('none.conll')], /none\.conll: no such file/);
    await refused([dirname(gold)], /a directory/);
    await refused([gold, '--tag-column=5'], /3 columns, but column 5/);
  });
});
