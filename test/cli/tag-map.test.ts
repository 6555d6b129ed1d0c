import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { mappedTag, parseTagMap } from '../../src/cli/tag-map.ts';
import { createFolder, expectRefused, seqtag } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

describe('mappedTag', () => {
  it('renames types and plain tags, and drops what becomes O', () => {
    const map = parseTagMap('person=PER,product=O,NN=NOUN, a-b=C');
    const names = ['B-person', 'I-person', 'S-product', 'NN', 'O', 'B-other', 'B-a-b', 'a-b'];
    expect(names.map((tag) => mappedTag(tag, { map, used: new Set(), seen: new Set() }))).toEqual([
      'B-PER',
      'I-PER',
      'O',
      'NOUN',
      'O',
      'B-other',
      'B-C',
      'C',
    ]);
  });

  it('renames the type where the letter is given too', () => {
    const map = parseTagMap('B-person=B-PER,I-person=I-PER');
    expect([...map]).toEqual([['person', 'PER']]);
    expect([...parseTagMap('E-mail=MAIL')]).toEqual([['E-mail', 'MAIL']]);
  });

  it.each(['', 'a', 'a=', '=b', 'a=b,a=c', 'a=b,', 'B-a=B-b,I-a=I-c'])('refuses %j', (text) => {
    expect(() => parseTagMap(text)).toThrow(/Expected names and new names/);
  });
});

describe('eval --map', () => {
  const gold = folder.path('gold.conll');
  writeFileSync(gold, 'Angela\tB-person\nMerkel\tI-person\nleft\tO\nBerlin\tB-location\n\n');

  it('renames the gold tags that a model is scored by', async () => {
    const unmapped = await seqtag(['eval', '-m', 'en-ner', gold]);
    expect(unmapped.code).toBe(2);
    expect(unmapped.stderr).toMatch(/never saw.*person.* --map/);
    const args = ['eval', '-m', 'en-ner', gold, '--json', '--map', 'person=PER,location=LOC'];
    const { code, stdout, stderr } = await seqtag(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ total: { spans: { gold: 2 } } });
  });

  it('renames both columns of a file, and says what it does not find', async () => {
    const stdin = 'a\tB-person\tB-PER\nb\tB-x\tO\nc\tO\tO\n\n';
    const args = ['eval', '--format=columns', '--json', '--map', 'person=PER,x=O,place=LOC'];
    const { code, stdout, stderr } = await seqtag(args, { stdin });
    expect(code).toBe(0);
    expect(stderr).toBe(
      'seqtag: --map: no tag or span type is called place. There are PER, person, x.\n',
    );
    expect(JSON.parse(stdout)).toMatchObject({ total: { accuracy: 1, spans: { f1: 1 } } });
  });

  it('adds up when it is repeated, and suggests a similar name', async () => {
    const args = ['eval', '-m', 'en-ner', gold, '--json', '--map', 'person=PER'];
    const { code, stdout, stderr } = await seqtag([
      ...args,
      ...['--map', 'location=LOC', '--map', 'persn=PER'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^seqtag: --map: no tag or span type is called persn\..* Did you mean person\?\n$/,
    );
    expect(JSON.parse(stdout)).toMatchObject({ total: { spans: { gold: 2 } } });
  });

  it('finds names in the notation of the file, whatever their case', async () => {
    const lower = folder.path('lower.conll');
    writeFileSync(lower, 'Angela\tb-person\nMerkel\ti-person\nleft\to\nBerlin\tb-place\n\n');
    const args = ['eval', '-m', 'en-ner', lower, '--json', '--map'];
    for (const map of ['person=PER,place=LOC', 'PERSON=PER,PLACE=LOC']) {
      const { code, stdout, stderr } = await seqtag([...args, map]);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^seqtag: \S+lower\.conll: B-PERSON is written b-person[^\n]*\n$/);
      expect(JSON.parse(stdout)).toMatchObject({ total: { spans: { gold: 2 } } });
    }
  });

  it('says how predicted tags are written', async () => {
    const predicted = folder.path('predicted-lower.conll');
    writeFileSync(predicted, 'Angela\tb-person\nMerkel\ti-person\nleft\to\nBerlin\to\n\n');
    const usual = folder.path('usual.conll');
    writeFileSync(usual, 'Angela\tB-PERSON\nMerkel\tI-PERSON\nleft\tO\nBerlin\tO\n\n');
    const { code, stdout, stderr } = await seqtag([
      ...['eval', '--gold', usual, '--pred', predicted, '--json'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^seqtag: \S+predicted-lower\.conll: predicted tags: B-PERSON is written b-/,
    );
    expect(JSON.parse(stdout)).toMatchObject({ total: { spans: { f1: 1 } } });
  });

  it('renames the tags of two files', async () => {
    const predicted = folder.path('predicted.conll');
    writeFileSync(predicted, 'Angela\tB-PER\nMerkel\tI-PER\nleft\tO\nBerlin\tB-LOC\n\n');
    const args = ['eval', '--gold', gold, '--pred', predicted, '--json'];
    const { stdout } = await seqtag([...args, '--map', 'person=PER,location=LOC']);
    expect(JSON.parse(stdout)).toMatchObject({ total: { spans: { f1: 1 } } });
  });
});

it('says how to score in two steps where one column would replace the other', async () => {
  const bundled = 'corpora/english.dev.conllu';
  const tagged = await seqtag(['tag', '-m', 'en-upos', bundled]);
  expectRefused(
    await seqtag(['eval'], { stdin: tagged.stdout }),
    /seqtag eval -m MODEL GOLD.*--tag-column COLUMN --pred-column Pred, where COLUMN has the gold tags/,
  );
  expectRefused(
    await seqtag(['eval', '--tag-column', 'NER'], { stdin: tagged.stdout }),
    /--tag-column NER --pred-column Pred\.$/m,
  );
  const both = await seqtag(['tag', '-m', 'en-upos', bundled, '--tag-column', 'Pred']);
  const named = ['eval', '--tag-column', 'upos', '--pred-column', 'Pred', '--json'];
  const { code, stdout } = await seqtag(named, { stdin: both.stdout });
  const byModel = await seqtag(['eval', '-m', 'en-upos', bundled, '--json']);
  const accuracy = (json: string): number =>
    (JSON.parse(json) as { total: { accuracy: number } }).total.accuracy;
  expect(code).toBe(0);
  expect(accuracy(stdout)).toBe(accuracy(byModel.stdout));
});
