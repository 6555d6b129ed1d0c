import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createFolder, expectRefused, seqtag, tiny } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);
const write = (name: string, content: string): string => {
  writeFileSync(folder.path(name), content);
  return folder.path(name);
};
const read = (file: string): string => readFileSync(file, 'utf8');
const text = '😀 Angela Merkel met\nGoogle in New\nYork.\n';
const annotations =
  'T1\tPER 2 15\tAngela Merkel\nT2\tORG 20 26\tGoogle\nT3\tLOC 30 33;34 38\tNew York\n';

describe('BRAT', () => {
  it('annotates the text that was tagged, and comes back', async () => {
    const file = write('a.txt', text);
    const { code, stdout, stderr } = await seqtag(['tag', '-m', 'en-ner', file, '--output=brat']);
    expect([code, stdout, stderr]).toEqual([0, annotations, '']);
    const ann = folder.path('a.ann');
    expect(await seqtag(['tag', '-m', 'en-ner', file, '-o', ann])).toMatchObject({ code: 0 });
    expect(read(ann)).toBe(annotations);
    expect(read(file)).toBe(text);
    expect((await seqtag(['convert', ann])).stdout).toBe(annotations);
    const same = await seqtag(['eval', '--gold', ann, '--pred', ann, '--json']);
    expect(JSON.parse(same.stdout)).toMatchObject({ total: { spans: { f1: 1, gold: 3 } } });
  });

  it('of a corpus or of standard input has its text beside it', async () => {
    const file = write('b.conll', 'Ann B-PER\nleft O\n\nBo b-PER\n');
    const ann = folder.path('b.ann');
    expect(await seqtag(['convert', file, '-o', ann])).toMatchObject({ code: 0 });
    expect([read(ann), read(folder.path('b.txt'))]).toEqual([
      'T1\tPER 0 3\tAnn\nT2\tPER 9 11\tBo\n',
      'Ann left\nBo\n',
    ]);
    const piped = folder.path('c.ann');
    await seqtag(['tag', '-m', 'en-ner', '-o', piped], { stdin: text });
    expect([read(piped), read(folder.path('c.txt'))]).toEqual([annotations, text]);
    const plain = write('c.conll', 'Ann B-PER\n');
    expectRefused(
      await seqtag(['convert', plain, '--to=brat']),
      /BRAT needs the text .* corpus\.ann/,
    );
  });

  it('overwrites no other text', async () => {
    const file = write('d.conll', 'Ann B-PER\n');
    write('d.txt', 'another text');
    const ann = folder.path('d.ann');
    expectRefused(await seqtag(['convert', file, '-o', ann]), /d\.txt: there is another text/);
    expect([existsSync(ann), read(folder.path('d.txt'))]).toEqual([false, 'another text']);
    expectRefused(
      await seqtag(['convert', file, '--to=brat', '-o', folder.path('d.out')]),
      /d\.out: BRAT keeps annotations in files called \.ann/,
    );
  });
});

describe('annotation tools', () => {
  const doccano = `${JSON.stringify({ text: text.trim(), label: [[3, 16, 'PER']] })}\n`;

  it.each([
    ['doccano', /^\{"text":"😀 Angela .*York\.","label":\[\[3,16,"PER"\],/],
    [
      'prodigy',
      /^\{"text":.*"spans":\[\{"start":2,"end":15,"token_start":1,"token_end":2,"label":"PER"\}/,
    ],
    [
      'label-studio',
      /^\[\n\{"data":\{"text":.*"value":\{"start":2,"end":15,"text":"Angela Merkel"/,
    ],
  ])('%s gets a task for each text', async (format, expected) => {
    const { code, stdout, stderr } = await seqtag(['tag', '-m', 'en-ner', `--output=${format}`], {
      stdin: text,
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(expected);
    const lines = await seqtag(['tag', '-m', 'en-ner', '--lines', `--output=${format}`], {
      stdin: 'Ann left.\n\nBo too.\n',
    });
    expect(lines.stdout.match(/"text":"(?:Ann left|Bo too)\."/g)).toHaveLength(2);
  });

  it('gets confidences in Label Studio, and no text of a corpus is lost', async () => {
    const args = ['tag', '-m', 'en-ner', '--output=label-studio', '--confidence'];
    const { stdout } = await seqtag(args, { stdin: 'Ann left.\n' });
    expect(stdout).toMatch(/"labels":\["PER"\]\},"score":0\.\d+\}/);
    const file = write(
      'e.conllu',
      '1\tHi\t_\tX\t_\t_\t_\t_\t_\tSpaceAfter=No\n2\t!\t_\tY\t_\t_\t_\t_\t_\t_\n\n',
    );
    expect((await seqtag(['convert', file, '--to=doccano'])).stdout).toBe(
      '{"text":"Hi!","label":[[0,2,"X"],[2,3,"Y"]]}\n',
    );
    const raw = await seqtag(['convert', write('e.txt', 'No tags.'), '--to=doccano']);
    expect(raw.stdout).toBe('{"text":"No tags.","label":[]}\n');
  });

  it('says in every command which spans do not fit, and refuses them on request', async () => {
    const file = write('f.jsonl', '{"text":"Ann Lee","label":[[1,7,"PER"]]}\n'.repeat(3));
    const note = `seqtag: ${file}: of 3 spans: 3 widened to whole tokens.\n`;
    for (const args of [
      ['inspect', file],
      ['inspect', '--lint', file],
      ['convert', file, '--to=columns'],
      ['eval', '-m', 'en-ner', file],
      ['eval', '--gold', file, '--pred', file],
    ])
      expect((await seqtag(args)).stderr).toContain(note);
    expectRefused(
      await seqtag(['convert', file, '--to=columns', '--strict-spans']),
      /f\.jsonl:1: of 1 span: 1 widened/,
    );
  });

  it('reads spans with the text that they are in', async () => {
    const gold = write('g.jsonl', doccano);
    const spans = (await seqtag(['convert', gold, '--to=spans'])).stdout;
    expect(spans).toBe(
      `{"file":"${gold}","sentence":1,"line":1,"start":3,"end":16,"text":"Angela Merkel","type":"PER"}\n`,
    );
    const file = write('g.spans', spans);
    const result = await seqtag(['eval', '--gold', gold, '--pred', file, '--json']);
    expect(JSON.parse(result.stdout)).toMatchObject({ total: { spans: { f1: 1 } } });
    const moved = write('h.jsonl', spans.replace(/"file":"[^"]*",/, ''));
    expectRefused(await seqtag(['convert', moved, '--to=columns']), /not known.* See --text\.$/m);
    const columns = await seqtag(['convert', moved, '--to=columns', '--text', gold]);
    expect(columns.stdout).toContain('Angela\tB-PER\nMerkel\tI-PER\n');
    const conllu = await seqtag(['convert', file, '--to=conllu']);
    expect(conllu.stdout).toMatch(/Angela\t.*NER=B-PER/);
  });

  it('reads integer labels by their names', async () => {
    const file = write('i.json', '[{"tokens": ["Ann", "left"],\n "ner_tags": [1, 0]}]');
    const names = write('labels.txt', 'O\nB-PER\n');
    for (const labels of ['O,B-PER', names])
      expect((await seqtag(['convert', file, '--to=columns', '--labels', labels])).stdout).toBe(
        'Ann\tB-PER\nleft\tO\n\n',
      );
    expectRefused(await seqtag(['inspect', file]), /i\.json:1: .* has numbers.* --labels/);
    expectRefused(await seqtag(['inspect', file, '--labels', 'O']), /neither a file nor names/);
  });

  it('names the labels in the command that trains a model again', async () => {
    const record = (n: number) => ({ tokens: ['Ann', `w${n}`], ner_tags: [1, 0] });
    const file = write('k.json', JSON.stringify([1, 2, 3, 4].map(record)));
    const model = folder.path('k.safetensors');
    const args = ['train', file, '--dev', file, '-q', ...tiny, '--epochs=1', '--labels=O,B-PER'];
    expect(await seqtag([...args, '-o', model])).toMatchObject({ code: 0 });
    const { stdout } = await seqtag(['inspect', model, '--json']);
    expect((JSON.parse(stdout) as { record: { command: string } }).record.command).toContain(
      '--labels O,B-PER',
    );
  });

  it('shows the format of annotations', async () => {
    write('l.txt', 'Ann');
    const { stdout } = await seqtag(['inspect', write('l.ann', 'T1\tPER 0 3\tAnn\n'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'brat', spans: { PER: 1 } });
  });

  it('tags the texts of an array', async () => {
    const file = write('m.json', '[\n {"id": 1, "body": "Ann left."}\n]\n');
    const args = ['tag', '-m', 'en-ner', file, '--text-column', 'body'];
    expect((await seqtag(args)).stdout).toBe(
      '[\n {"id": 1, "body": "Ann left.", "tokens": ["Ann", "left", "."], "tags": ["B-PER", "O", "O"]}\n]\n',
    );
  });

  it('reads an array whatever the extension is', async () => {
    const array = JSON.stringify([{ tokens: ['Ann'], tags: ['B-PER'] }], null, 2);
    for (const name of ['j.json', 'j.jsonl', 'j.txt', 'j.conll'])
      expect((await seqtag(['convert', write(name, array), '--to=columns'])).stdout).toBe(
        'Ann\tB-PER\n\n',
      );
    expect((await seqtag(['convert', '--to=columns'], { stdin: array })).stdout).toBe(
      'Ann\tB-PER\n\n',
    );
  });
});

describe('exports of records', () => {
  const tagged = async (name: string, content: string, ...args: string[]) =>
    (await seqtag(['tag', '-m', 'en-ner', write(name, content), ...args])).stdout;

  it('keep their other members, and empty texts', async () => {
    const records =
      '{"id":1,"text":""}\n{"id":2,"text":" Ann left. ","meta":{"k":1}}\n{"id":3,"text":""}';
    expect(await tagged('n.jsonl', records, '--output=doccano')).toBe(
      '{"id":1,"text":"","label":[]}\n{"id":2,"meta":{"k":1},"text":"Ann left.","label":[[0,3,"PER"]]}\n{"id":3,"text":"","label":[]}\n',
    );
    const prodigy = (await tagged('n.jsonl', records, '--output=prodigy')).trim().split('\n');
    expect(prodigy.map((line) => JSON.parse(line) as object)).toMatchObject([
      { id: 1, text: '', tokens: [], spans: [] },
      { id: 2, meta: { k: 1 }, text: 'Ann left.', spans: [{ start: 0, end: 3 }] },
      { id: 3, text: '', tokens: [], spans: [] },
    ]);
    const tasks = await tagged('n.jsonl', records, '--output=label-studio');
    expect(JSON.parse(tasks)).toMatchObject([
      { data: { id: 1, text: '' } },
      { data: { id: 2, meta: { k: 1 }, text: 'Ann left.' } },
      { data: { id: 3, text: '' } },
    ]);
  });

  it('keep the ids and data of tasks', async () => {
    const tasks = JSON.stringify([
      { id: 7, meta: { k: 1 }, data: { body: 'Ann left.', ref: 'x' }, annotations: [] },
      { id: 8, data: { body: '', ref: 'y' } },
    ]);
    const args = ['--token-column=body', '--output=label-studio'];
    expect(JSON.parse(await tagged('o.json', tasks, ...args))).toMatchObject([
      { id: 7, meta: { k: 1 }, data: { body: 'Ann left.', ref: 'x' } },
      { id: 8, data: { body: '', ref: 'y' } },
    ]);
  });
});
