import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { corpus, createFolder, expectRefused, seqtag, type WorldOptions } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

const convert = async (args: readonly string[], options: WorldOptions = {}): Promise<string> => {
  const { code, stdout, stderr } = await seqtag(['convert', ...args], options);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
};
const write = (name: string, content: string): string => {
  writeFileSync(folder.path(name), content);
  return folder.path(name);
};

describe('formats', () => {
  it('writes spans without types', async () => {
    const file = write('bare.conll', 'Ada B\nLee I\nleft O\nBo B\n');
    expect(await convert([file, '--to=doccano'])).toBe(
      '{"text":"Ada Lee left Bo","label":[[0,7,"SPAN"],[13,15,"SPAN"]]}\n',
    );
    expect(await convert([file, '--to=inline'])).toBe('[SPAN Ada Lee] left [SPAN Bo]\n');
    const spans = write('bare.spans', await convert([file, '--to=spans']));
    const { stdout } = await seqtag(['eval', '--gold', file, '--pred', spans, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ total: { accuracy: 1, spans: { f1: 1, gold: 2 } } });
  });

  it('writes a type with a space so that it can be read', async () => {
    const file = write('space.conll', 'Ada\tB-my label\nLee\tI-my label\nleft\tO\n');
    const inline = write('space.inline', await convert([file, '--to=inline']));
    expect(await convert([inline, '--to=columns'])).toBe(
      'Ada\tB-my_label\nLee\tI-my_label\nleft\tO\n\n',
    );
  });

  it.each(['english.dev.conll', 'english.dev.conllu'])('gives %s back as it was', async (name) => {
    expect(await convert([corpus(name)])).toBe(readFileSync(corpus(name), 'utf8'));
    const stdin = readFileSync(corpus(name));
    expect(await convert([], { stdin })).toBe(stdin.toString());
  });

  it.each([
    ['a.conll', '\ufeff-DOCSTART- -X-\r\n\r\n# a comment, no token\r\na  N\r\n\r\n\r\nb  V'],
    ['a.csv', '\ufeffid,"tok""en",tag\r\n1,"a,b",N\r\n\r\n2,c,V\r\n\r\n\r\n'],
    ['a.tsv', 'a\t"\nb\tN\n\n\n'],
    [
      'a.conllu',
      '# c\n1-2\tab\t_\t_\t_\t_\t_\t_\t_\t_\n1\ta\t_\tN\t_\t_\t_\t_\t_\t_\n2\tb\t_\tN\t_\t_\t_\t_\t_\tX=1\n2.1\te\t_\t_\t_\t_\t_\t_\t_\t_\n\n# end\n',
    ],
    ['a.jsonl', '\ufeff{"tokens" : ["a"], "n": 1.0}\r\n\n {"text": "b. c"}\n{"tokens":[]}'],
    ['empty.conll', ''],
    ['blank.conll', '\n\n'],
  ])('gives %s back byte for byte', async (name, content) => {
    expect(await convert([write(name, content)])).toBe(content);
  });

  it('converts to every format', async () => {
    const file = write('a.conll', 'Anna B-PER\nleft O\n\nYes O\n\n');
    expect(await convert([file, '--to=columns'])).toBe('Anna B-PER\nleft O\n\nYes O\n\n');
    expect(await convert([file, '--to=csv'])).toBe(
      'sentence,token,tag\n1,Anna,B-PER\n1,left,O\n2,Yes,O\n',
    );
    expect(await convert([file, '--to=tsv'])).toMatch(/^sentence\ttoken\ttag\n1\tAnna\tB-PER\n/);
    expect(await convert([file, '--to=inline'])).toBe('[PER Anna] left\nYes\n');
    expect(await convert([file, '--to=horizontal'])).toBe('Anna left\nYes\n');
    expect(await convert([file, '--to=jsonl'])).toBe(
      '{"tokens":["Anna","left"],"tags":["B-PER","O"]}\n{"tokens":["Yes"],"tags":["O"]}\n',
    );
    expect(await convert([file, '--to=spans'])).toBe(
      `{"file":"${file}","sentence":1,"start":0,"end":4,"text":"Anna","type":"PER"}\n`,
    );
    expect(await convert([file, '--to=html'])).toMatch(
      /data-type="PER">Anna<\/mark> left\n[\s\S]*<\/html>\n$/,
    );
    expect(await convert([file, '--to=conllu'])).toContain(
      '1\tAnna\t_\t_\t_\t_\t_\t_\t_\tNER=B-PER\n',
    );
  });

  it('writes plain tags to upos, or where it is told', async () => {
    const file = write('a.conll', 'Anna\tPROPN\nleft\tVERB\n\n');
    expect(await convert([file, '--to=conllu'])).toContain('1\tAnna\t_\tPROPN\t_\t');
    expect(
      await convert([corpus('english.dev.conllu'), '--to=columns', '--tag-column=NER']),
    ).toMatch(/^Mongolia\tB-LOC$/m);
  });

  it('writes the names of its own CoNLL-U again, in every format', async () => {
    const file = write('names.txt', 'Anna B-PER\nleft O\n\n');
    const names = write('names.conllu', await convert([file, '--to=conllu']));
    const { stdout, stderr } = await seqtag(['convert', names, '--to=columns']);
    expect(stdout).toBe('Anna\tB-PER\nleft\tO\n\n');
    expect(stderr).toContain('NER= in MISC is read as the tag');
    const same = await seqtag(['convert', names, '--to=conllu', '--scheme=BIOES']);
    expect(same.stdout).toBe(readFileSync(names, 'utf8').replace('B-PER', 'S-PER'));
  });

  it('comes back from jsonl to columns the same', async () => {
    const text = 'Anna\tB-PER\nleft\tO\n\n';
    const there = await convert([write('c.conll', text), '--to=jsonl']);
    expect(await convert(['--to=columns'], { stdin: there })).toBe(text);
    expect(
      await convert(['--from=jsonl', '--to=horizontal'], { stdin: '{"text":"Hi. You"}' }),
    ).toBe('Hi .\nYou\n');
  });

  it('comes back from conllu to columns the same', async () => {
    const file = write('b.conll', 'Anna\tB-PER\nleft\tO\n\n');
    const there = write('b.conllu', await convert([file, '--to=conllu']));
    expect(await convert([there, '--to=columns', '--tag-column=NER'])).toBe(
      'Anna\tB-PER\nleft\tO\n\n',
    );
  });

  it('cuts raw text into sentences and tokens', async () => {
    const stdin = 'Anna left. Bob, too!';
    expect(await convert(['--from=text', '--to=horizontal'], { stdin })).toBe(
      'Anna left .\nBob , too !\n',
    );
    expect(await convert(['--to=conllu'], { stdin })).toContain(
      '# text = Anna left.\n1\tAnna\t_\t_\t',
    );
  });

  it('writes a file of the format of its name', async () => {
    const output = folder.path('out.jsonl');
    expect(await convert([write('a.conll', 'Anna B-PER\n\n'), '-o', output])).toBe('');
    expect(readFileSync(output, 'utf8')).toBe('{"tokens":["Anna"],"tags":["B-PER"]}\n');
  });
});

describe('schemes', () => {
  const bio = '# c c c\nNew  NNP   B-LOC\nYork NNP  B-LOC\nCity NNP  I-LOC\r\n\n\nOslo NNP B-LOC\n';

  it.each([
    ['BIOES', ['S-LOC', 'B-LOC', 'E-LOC', 'S-LOC']],
    ['IOBES', ['S-LOC', 'B-LOC', 'E-LOC', 'S-LOC']],
    ['BILOU', ['U-LOC', 'B-LOC', 'L-LOC', 'U-LOC']],
    ['bmes', ['S-LOC', 'B-LOC', 'E-LOC', 'S-LOC']],
    ['IOB1', ['I-LOC', 'B-LOC', 'I-LOC', 'I-LOC']],
    ['BIO', ['B-LOC', 'B-LOC', 'I-LOC', 'B-LOC']],
  ])('writes %s and changes nothing but the tags', async (scheme, tags) => {
    let next = 0;
    const expected = bio.replace(/[BI]-LOC/g, () => tags[next++]!);
    expect(await convert([write('s.conll', bio), '--scheme', scheme])).toBe(expected);
  });

  it('comes back the same, through every scheme', async () => {
    const source = readFileSync(corpus('english.dev.conll'), 'utf8');
    let text = source;
    for (const scheme of ['BIOES', 'IOB1', 'BILOU', 'BMES', 'BIO']) {
      text = await convert([write('c.conll', text), '--scheme', scheme]);
      expect(text === source).toBe(scheme === 'BIO');
    }
  });

  it('changes a csv column that the header names, and conllu MISC', async () => {
    const csv = write('s.csv', 'tag,word,x\nB-A,"a,b",1\nI-A,c,2\n');
    expect(await convert([csv, '--scheme=BIOES'])).toBe('tag,word,x\nB-A,"a,b",1\nE-A,c,2\n');
    const jsonl = write('s.jsonl', '{"ner": ["B-A", "I-A"], "tokens": ["a","b"], "n": 1.0}\n');
    expect(await convert([jsonl, '--scheme=BIOES'])).toBe(
      '{"ner": ["B-A", "E-A"], "tokens": ["a","b"], "n": 1.0}\n',
    );
    const conllu = [corpus('english.dev.conllu'), '--tag-column=NER', '--scheme=BIOES'];
    expect(await convert(conllu)).toMatch(/NER=S-LOC/);
  });

  it('takes the scheme it is told to read', async () => {
    const file = write('i.conll', 'a I-X\nb I-X\n\n');
    expect(await convert([file, '--scheme=BIO', '--from-scheme=IOB1'])).toBe('a B-X\nb I-X\n\n');
  });

  it('converts scheme and format at once', async () => {
    const args = ['--scheme=BIOES', '--to=jsonl', '--tag-column=-1'];
    expect(await convert([write('s.conll', bio), ...args])).toBe(
      '{"tokens":["New","York","City"],"tags":["S-LOC","B-LOC","E-LOC"]}\n{"tokens":["Oslo"],"tags":["S-LOC"]}\n',
    );
  });
});

describe('several tag columns', () => {
  const file = write('three.conll', 'New NNP B-LOC\nYork NNP I-LOC\n\n');

  it('are all written, by name or index', async () => {
    expect(await convert([file, '--to=jsonl', '--tag-column=1,-1'])).toBe(
      '{"tokens":["New","York"],"tag_1":["NNP","NNP"],"tag_2":["B-LOC","I-LOC"]}\n',
    );
    const csv = write('three.csv', 'word,pos,ner\nNew,NNP,B-LOC\nYork,NNP,I-LOC\n');
    expect(await convert([csv, '--to=jsonl', '--token-column=word', '--tag-column=pos,2'])).toBe(
      '{"tokens":["New","York"],"pos":["NNP","NNP"],"ner":["B-LOC","I-LOC"]}\n',
    );
    const conllu = ['--to=conllu', '--tag-column=pos,ner', '--token-column=word'];
    expect(await convert([csv, ...conllu])).toContain('\tpos=NNP|ner=B-LOC\n');
    const xpos = [corpus('english.dev.conllu'), '--to=columns', '--tag-column=upos,NER'];
    expect(await convert(xpos)).toMatch(/^Mum\tNOUN\tO\n,\tPUNCT\tO\n/);
  });

  it('are converted where they are spans', async () => {
    expect(await convert([file, '--scheme=BIOES', '--tag-column=1,2'])).toBe(
      'New NNP B-LOC\nYork NNP E-LOC\n\n',
    );
  });

  it('are left out with one line that says so', async () => {
    const { code, stdout, stderr } = await seqtag(['convert', file, '--to=jsonl']);
    expect([code, stdout]).toEqual([0, '{"tokens":["New","York"],"tags":["B-LOC","I-LOC"]}\n']);
    expect(stderr).toMatch(
      /^seqtag: \S+three\.conll: only one column of tags is written; 1 more column is left out\. To write all: --tag-column 1,2\.\n$/,
    );
    const conllu = write('fields.conllu', '1\tDogs\tdog\tNOUN\tNNS\t_\t0\troot\t_\t_\n\n');
    const fields = await seqtag(['convert', conllu, '--to=jsonl']);
    expect(fields.stderr).toMatch(
      /fields\.conllu: only upos is written; lemma, xpos, deprel are left out\. To write all: --tag-column upos,lemma,xpos,deprel\.\n$/,
    );
    expect(await convert([conllu, '--to=jsonl', '--tag-column=upos, lemma'])).toBe(
      '{"tokens":["Dogs"],"upos":["NOUN"],"lemma":["dog"]}\n',
    );
    expect((await seqtag(['convert', file, '--scheme=BIOES'])).stderr).toBe('');
  });
});

it('refuses what it cannot convert, and leaves no file', async () => {
  const file = write('ok.conll', 'a N\n\n');
  const bad = write('bad.conll', 'a N\nb\n\n');
  const before = readdirSync(dirname(file)).sort();
  const refused = async (args: readonly string[], message: RegExp): Promise<void> => {
    expectRefused(await seqtag(['convert', ...args]), message);
    expect(readdirSync(dirname(file)).sort()).toEqual(before);
  };
  await refused([file, '--scheme=BIO'], /ok\.conll: plain tags \(N\), which hold no spans/);
  await refused([file, '--scheme=XYZ'], /unknown tag scheme "XYZ"/);
  await refused([file, '--scheme=none'], /plain tags hold no spans/);
  await refused([file, '--from=text', '--scheme=BIO'], /the format text has no tags/);
  await refused([file, '--to=csv', '--tag-column=4'], /2 columns, but column 4/);
  await refused(
    [bad, '--to=csv', '-o', folder.path('out.csv')],
    /bad\.conll:2: 1 column, expected 2/,
  );
  await refused([folder.path('none.conll')], /none\.conll: no such file/);
  await refused([dirname(file)], /a directory/);
  await refused([file, '-o', folder.path('no/where')], /there is no directory/);
});
