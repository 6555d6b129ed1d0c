import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/model/model-file.ts';
import { parameterSpecs } from '../../src/network/network.ts';
import { sizeOf } from '../../src/network/parameters.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { rng } from '../oracle/rng.ts';
import { createFolder, expectRefused, type Outcome, seqtag, tiny } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

const random = rng(1);
const pick = <T>(items: readonly T[]): T => items[random.integer(items.length)]!;

/** Sentences of words that tell nothing: what tells the tag stands beside them. */
function written<T>(count: number, line: () => T, text: (line: T) => string): string {
  const sentences = Array.from({ length: count }, () =>
    Array.from({ length: 2 + random.integer(5) }, () => text(line())).join('\n'),
  );
  return `${sentences.join('\n\n')}\n`;
}

const train = (args: readonly string[]): Promise<Outcome> =>
  seqtag(['train', ...args, ...tiny, '--column-dim=8', '--epochs=6']);
const accuracyOf = ({ stdout }: Outcome): unknown =>
  (JSON.parse(stdout) as { total: { accuracy: number } }).total.accuracy;

describe('a column that decides the tag', () => {
  const tagOf: Record<string, string> = { red: 'X', green: 'Y', blue: 'Z' };
  const line = () => ({ word: `w${random.integer(9)}`, colour: pick(Object.keys(tagOf)) });
  const columns = ({ word, colour }: ReturnType<typeof line>): string =>
    `${word} ${colour} ${tagOf[colour]}`;
  const model = folder.path('column.safetensors');
  const corpus = folder.path('corpus.conll');
  const test = folder.path('test.conll');
  let trained: Outcome;

  beforeAll(async () => {
    writeFileSync(corpus, written(80, line, columns));
    writeFileSync(test, written(10, line, columns));
    // from the end, where the tag is one of the columns
    trained = await train([corpus, '--feature-column=-2', '-o', model]);
  }, 60_000);

  it('is learned, and read in evaluation', async () => {
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(/^feature +3 +values of the column 1$/m);
    expect(accuracyOf(await seqtag(['eval', '-m', model, test, '--json']))).toBe(1);
    using file = openModel(model);
    expect(file.record.command).toContain('--feature-column -2');
    expect(file.vocabulary.tokenFeatures?.columns.map(({ column }) => column)).toEqual([1]);
    const { stdout } = await seqtag(['inspect', model]);
    expect(stdout).toMatch(/^features +column 1, 3 values$/m);
  });

  it('is in the command that the end of training says to try', async () => {
    const [, command = ''] = /^try +seqtag (.*)$/m.exec(trained.stderr) ?? [];
    expect(command.split(' ')).toEqual(['tag', '-m', model, corpus]);
    const { code, stderr } = await seqtag(command.split(' '));
    expect([code, stderr]).toEqual([0, '']);
  });

  it('is read in tagging, where it stands', async () => {
    const tag = (file: string, text: string, ...args: string[]) => {
      writeFileSync(folder.path(file), text);
      return seqtag(['tag', '-m', model, folder.path(file), ...args]);
    };
    expect((await tag('a.conll', 'w1 red\nw1 blue\nnew green\n')).stdout).toBe(
      'w1 red X\nw1 blue Z\nnew green Y\n',
    );
    const moved = await tag('b.conll', 'red _ w1\n', '--feature-column=0', '--token-column=2');
    expect(moved.stdout).toBe('red _ w1 X\n');
    const json = await tag(
      'c.jsonl',
      '{"tokens":["w1","w2"],"c":["blue","red"]}\n',
      '--feature-column=c',
    );
    expect(json.stdout).toBe('{"tokens":["w1","w2"],"c":["blue","red"],"tags":["Z","X"]}\n');
  });

  it('is needed', async () => {
    writeFileSync(folder.path('d.conll'), 'w1\n');
    writeFileSync(folder.path('d.jsonl'), '{"tokens":["w1"]}\n');
    const tag = (file: string, ...args: string[]) =>
      seqtag(['tag', '-m', model, folder.path(file), ...args]);
    expectRefused(await tag('d.conll'), /d\.conll:1: 1 column, but feature column 1 was asked for/);
    const other =
      /d\.jsonl: .* needs the feature column 1 of the format columns, but this is jsonl\. .* --feature-column/;
    expectRefused(await tag('d.jsonl'), other);
    const many = /--feature-column 1,2: .* was trained with the feature column 1\. Name as many/;
    expectRefused(await tag('d.conll', '--feature-column=1,2'), many);
    const raw = await seqtag(['tag', '-m', model], { stdin: 'w1 w2\n' });
    expectRefused(raw, /<stdin>: the format text has no column 1 to read as a feature/);
    const none = await seqtag(['eval', '-m', model, test, '--feature-column=0']);
    const strange = /saw none of the values \(w\d.*\) of the feature column 1 in training/;
    expectRefused(none, strange);
    // of a stream that is known at its end alone
    const tagged = await tag('a.conll', '--feature-column=0');
    expect([tagged.code, tagged.stderr]).toEqual([0, expect.stringMatching(strange)]);
    expect(tagged.stdout).toMatch(/^w1 red [XYZ]\n/);
    expect((await tag('a.conll')).stderr).toBe('');
    const stray = await seqtag(['eval', test, '--feature-column=0']);
    expectRefused(stray, /--feature-column without --model/);
    const plain = await seqtag(['tag', '-m', 'en-upos', test, '--feature-column=1']);
    expectRefused(plain, /en-upos has no feature columns/);
    const tagger = loadTagger(model, { threads: 1 });
    try {
      expect(tagger.tag([['w1', 'w2']], [[['green', 'red']]])).toEqual([['Y', 'X']]);
      expect(() => tagger.tag([['w1', 'w2']])).toThrow(/2 tokens without values of .*: 1\./);
    } finally {
      await tagger.close();
    }
  });

  it('gives the same bytes for any number of threads', async () => {
    const [one, two] = [folder.path('one.safetensors'), folder.path('two.safetensors')] as const;
    const args = [corpus, '--feature-column=1', '--epochs=2'];
    await train([...args, '-o', one]);
    await train([...args, '-o', two, '--threads=2']);
    const read = (path: string): Float32Array[] => {
      using file = openModel(path);
      const values: Float32Array[] = [];
      const { groups, rows, dim } = file.config.tokenFeatures!;
      expect([groups, rows, dim]).toEqual([1, 4, 8]);
      file.readParameters((name) => {
        const { shape } = parameterSpecs(file.config).find((spec) => spec.name === name)!;
        values.push(new Float32Array(sizeOf(shape)));
        return values.at(-1)!;
      });
      return values;
    };
    expect(read(two)).toEqual(read(one));
  });
});

describe('a gazetteer that decides the tag', () => {
  const name = (): string => Array.from({ length: 5 }, () => pick([...'abcdefghijk'])).join('');
  const phrases = (count: number): string[] =>
    Array.from({ length: count }, () => (random.integer(2) === 0 ? name() : `${name()} ${name()}`));
  const [places, people] = [phrases(80), phrases(80)];
  /** A phrase of a type among others; those of training and of testing are not the same. */
  const spans = (from: number, to: number) => () => {
    const type = pick(['LOC', 'PER', 'O']);
    const list = type === 'LOC' ? places : people;
    const words = type === 'O' ? [name()] : list[from + random.integer(to - from)]!.split(' ');
    return words.map(
      (word, i) => `${word} ${type === 'O' ? 'O' : `${i === 0 ? 'B' : 'I'}-${type}`}`,
    );
  };
  const text = (lines: readonly string[]): string => lines.join('\n');
  const [corpus, test] = [folder.path('names.conll'), folder.path('names-test.conll')];
  const lists = [folder.path('places.txt.gz'), folder.path('people.txt')] as const;
  const model = folder.path('gazetteer.safetensors');
  let trained: Outcome;

  beforeAll(async () => {
    writeFileSync(corpus, written(150, spans(0, 40), text));
    writeFileSync(test, written(10, spans(40, 80), text));
    writeFileSync(lists[0], gzipSync(places.join('\n').toUpperCase()));
    writeFileSync(lists[1], people.map((phrase) => `${phrase}\tperson`).join('\n'));
    trained = await train([
      corpus,
      ...['-o', model, '--gazetteer', ...lists],
      ...['--gazetteer-dropout=0', '--word-dropout=0.5'],
    ]);
  }, 60_000);

  it('is learned for phrases that training never saw, and is in the model', async () => {
    expect(trained.code).toBe(0);
    expect(trained.stderr).toMatch(
      /^gazetteer +160 +phrases of 2 types, which match \d\d\.\d\d % of tokens$/m,
    );
    for (const list of lists) writeFileSync(list, ''); // the model has them
    expect(accuracyOf(await seqtag(['eval', '-m', model, test, '--json']))).toBe(1);
    const horizontal = await seqtag(['tag', '-m', model, '--input=horizontal', '--output=inline'], {
      stdin: `zz ${places[50]} zz ${people[60]}\n`,
    });
    expect(horizontal.stdout).toBe(`zz [LOC ${places[50]}] zz [PER ${people[60]}]\n`);
    const { stdout } = await seqtag(['inspect', model]);
    expect(stdout).toMatch(/^gazetteer +\d+ phrases of places, person$/m);
    using file = openModel(model);
    expect(file.record.gazetteers).toEqual([
      { file: lists[0], entries: 80, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { file: lists[1], entries: 80, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(file.record.command).toContain(`${corpus} --gazetteer ${lists.join(' ')} --`);
  });

  it('is told what is no list', async () => {
    writeFileSync(folder.path('bad.tsv'), 'a\tb\tc\n');
    expectRefused(
      await train([corpus, '-o', model, '--gazetteer', folder.path('bad.tsv')]),
      /bad\.tsv:1: 3 columns/,
    );
  });
});
