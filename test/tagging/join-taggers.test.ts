import { afterAll, describe, expect, it } from 'vitest';
import { joinTaggers } from '../../src/tagging/join-taggers.ts';
import { loadTagger } from '../../src/tagging/tagger.ts';
import { seqtag } from '../cli/world.ts';

const upos = loadTagger('en-upos', { threads: 1 });
const ner = loadTagger('en-ner', { threads: 1 });
const joined = joinTaggers([upos, ner]);
afterAll(() => joined.close());

describe('joinTaggers', () => {
  const sentences = [['Angela', 'Merkel', 'left', '.'], ['Paris']];

  it('has the tag columns of all', () => {
    const expected = [upos.tag(sentences), ner.tag(sentences)];
    expect(joined.tagColumns(sentences)).toEqual(expected);
    expect(joined.begin(sentences)()).toEqual(expected);
    expect(joined.spans(expected[1]![0]!, 1)).toEqual(ner.spans(expected[1]![0]!));
    const annotations = joined.annotate(sentences, { confidence: true });
    expect(annotations).toEqual([
      ...upos.annotate(sentences, { confidence: true }),
      ...ner.annotate(sentences, { confidence: true }),
    ]);
  });

  it('keeps known tags of each model', () => {
    const given = [undefined, [['?', '?', 'B-PER', '?'], ['?']]];
    const [, tags] = joined.annotate(sentences, { given });
    expect(tags![0]!.tags[2]).toBe('B-PER');
  });
});

describe('tag -m A -m B', () => {
  const stdin = 'Angela Merkel left.\n';
  const tag = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await seqtag(['tag', '--threads=1', ...args], { stdin });
    expect([code, stderr]).toEqual([0, '']);
    return stdout;
  };

  it('writes both columns, by bytes and by strings', async () => {
    const both = await tag('-m', 'en-upos', '-m', 'en-ner');
    expect(both).toBe('Angela\tPROPN\tB-PER\nMerkel\tPROPN\tI-PER\nleft\tVERB\tO\n.\tPUNCT\tO\n\n');
    const conllu = await tag('-m', 'en-upos', '-m', 'en-ner', '--output=conllu');
    expect(conllu).toContain('1\tAngela\t_\tPROPN\t_\t_\t0\troot\t_\tNER=B-PER\n');
    const jsonl = await tag('-m', 'en-ner', '-m', 'en-ner', '--output=jsonl');
    expect(Object.keys(JSON.parse(jsonl) as object)).toEqual(['tokens', 'NER', 'NER2']);
    expect(await tag('-m', 'en-upos', '-m', 'en-ner', '--tag-column=NER')).toBe(
      both.replace(/\t[A-Z]+\t/g, '\t'),
    );
  });
});
