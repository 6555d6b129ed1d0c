import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createFolder, expectRefused, type Outcome, seqtag, type WorldOptions } from './world.ts';

const folder = createFolder();
afterAll(folder.remove);

const tag = (
  model: string,
  args: readonly string[],
  options: WorldOptions = {},
): Promise<Outcome> => seqtag(['tag', '--threads=1', '-m', model, ...args], options);
const done = async (outcome: Promise<Outcome>): Promise<string> => {
  const { code, stdout, stderr } = await outcome;
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

const reviews = folder.path('reviews.csv');
const cell = 'Angela Merkel met\nBarack Obama, in Berlin. She left!';
writeFileSync(
  reviews,
  `id,text,label\r\n7,"${cell}",x\r\n8,,y\r\n9,"Say ""hi"" 😂 to Barack Obama",z\r\n`,
);

describe('--text-column', () => {
  it('is named where a csv without header seems to have running text', async () => {
    const file = folder.path('x.csv');
    writeFileSync(file, 'x,Angela in Rome\ny,Joe left\n');
    expect(await tag('en-ner', [file])).toMatchObject({
      code: 0,
      stdout: 'x,Angela in Rome,O\ny,Joe left,O\n',
      stderr: `seqtag: ${file}:1: no header, so the tokens are read from column 0, as "x". Column 1 seems to have running text. To tag each cell as a text: \`seqtag tag --text-column 1\`.\n`,
    });
    await done(tag('en-ner', [file, '--token-column=0']));
    expect(await done(tag('en-ner', [file, '--text-column=1']))).toContain('""Angela""');
    writeFileSync(file, 'New York,B-LOC\nis,O\n');
    await done(tag('en-ner', [file]));
  });

  it('gives the spans of each cell, with offsets in it, and leaves the rest as it was', async () => {
    const stdout = await done(tag('en-ner', [reviews, '--text-column=text']));
    const rows = readFileSync(reviews, 'utf8').split('\r\n');
    const found = stdout.split('\r\n');
    expect(found.map((row, r) => row.startsWith(rows[r]!))).toEqual(rows.map(() => true));
    expect(found[0]).toBe('id,text,label,spans');
    expect(found[2]).toBe('8,,y,[]');
    const spans = found.slice(1, -1).map((row, r) => {
      const json = row.slice(rows[r + 1]!.length + 1);
      return JSON.parse(json.startsWith('"') ? json.slice(1, -1).replaceAll('""', '"') : json) as {
        start: number;
        end: number;
        text: string;
        type: string;
      }[];
    });
    expect(spans[0]).toContainEqual({ start: 0, end: 13, text: 'Angela Merkel', type: 'PER' });
    expect(spans[0]).toContainEqual({ start: 18, end: 30, text: 'Barack Obama', type: 'PER' });
    for (const { start, end, text } of spans[0]!) expect(cell.slice(start, end)).toBe(text);
    expect(spans[2]).toEqual([{ start: 15, end: 27, text: 'Barack Obama', type: 'PER' }]);
    const args = [reviews, '--text-column=text', '--offsets=code-points', '--confidence'];
    expect(await done(tag('en-ner', args))).toMatch(
      /""start"":14,""end"":26,""text"":""Barack Obama"",""type"":""PER"",""confidence"":0\.\d+/,
    );
    expect(await done(tag('en-ner', [...args, '--tag-column=names']))).toMatch(
      /^id,text,label,names\r\n/,
    );
  });

  it('reads several files with the same columns, and writes the header once', async () => {
    const [a, b] = [folder.path('a.csv'), folder.path('b.csv')];
    writeFileSync(a, 'id,text\n1,She left!'); // without a last line end
    writeFileSync(b, 'id,text\n2,He slept.\n');
    const args = [a, b, '--text-column=text'];
    const stdout = await done(tag('en-upos', args));
    expect(stdout).toMatch(/^id,text,tokens,tags\n1,She left!,"\[.*\n2,He slept\.,"\[.*\n$/);
    expect(await done(tag('en-upos', [...args, '--token-rows=id']))).toMatch(
      /^id,sentence,token,tag\n(1,1,.*\n){3}(2,1,.*\n){3}$/,
    );
    writeFileSync(b, 'text,id\nHe slept.,2\n');
    const { code, stderr } = await tag('en-upos', args);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /b\.csv: the columns are text, id, but \S+a\.csv has id, text\. Tag the files one by one\.\n$/,
    );
  });

  it('gives tokens and tags if the tags are plain', async () => {
    const stdin = 'text\tn\nShe left!\t1\n';
    expect(await done(tag('en-upos', ['--text-column=text', '--input=tsv'], { stdin }))).toBe(
      'text\tn\ttokens\ttags\nShe left!\t1\t["She","left","!"]\t["PRON","VERB","PUNCT"]\n',
    );
  });

  it('gives a row for each token with the key of its text', async () => {
    const args = ['--text-column=text', '--token-rows=id'];
    const stdout = await done(tag('en-upos', [reviews, ...args]));
    const rows = stdout.split('\n');
    expect(rows[0]).toBe('id,sentence,token,tag');
    expect(rows[1]).toBe('7,1,Angela,PROPN');
    expect(rows).toContain('7,1,",",PUNCT');
    expect(rows).toContain('7,2,She,PRON');
    expect(rows.filter((row) => row.startsWith('8,'))).toEqual([]);
    expect(await done(tag('en-upos', args, { stdin: readFileSync(reviews) }))).toBe(stdout);
    const byIndex = ['--text-column=1', '--token-rows=0', '--header', '--input=csv'];
    expect(await done(tag('en-upos', byIndex, { stdin: readFileSync(reviews) }))).toBe(stdout);
  });

  it('names the key of jsonl', async () => {
    const stdin = '{"body":"She left!"}\n';
    expect(await done(tag('en-upos', ['--text-column=body'], { stdin }))).toBe(
      '{"body":"She left!","tokens":["She","left","!"],"tags":["PRON","VERB","PUNCT"]}\n',
    );
  });

  it('takes more rows than are tagged at once', async () => {
    const row = '1,"She left, and Barack Obama came."\n';
    const stdin = `id,text\n${row.repeat(3000)}`;
    const stdout = await done(tag('en-ner', ['--text-column=text'], { stdin }));
    expect(stdout.split('\n')).toHaveLength(3002);
  });

  it('is the remedy when the column of tokens has texts', async () => {
    const cells = (text: string) => text.replaceAll('"', '""');
    const stdin = `Sentence #,Sentence,Tag\n1,Thousands of London,"${cells('["O","O","B-geo"]')}"\n`;
    expectRefused(
      await tag('en-ner', ['--token-column=Sentence', '--input=csv'], { stdin }),
      /:2: "Thousands of London" in column "Sentence" is a text.* Give --text-column "Sentence"/,
    );
    const args = ['convert', '--from=csv', '--token-column=Sentence', '--to=inline'];
    expect((await seqtag(args, { stdin })).stdout).toBe('Thousands of [geo London]\n');
  });

  it('is named when a header has running text and no tokens', async () => {
    expectRefused(
      await tag('en-ner', [reviews]),
      /reviews\.csv:1: .*"text" .* --text-column "text"; give --token-column "text"/,
    );
    expectRefused(
      await seqtag(['train', reviews, '-o', folder.path('m')]),
      /"text" .* --token-column/,
    );
    const stdin = 'text,label\nShe,PRON\n';
    expect(await done(tag('en-upos', ['--token-column=text', '--input=csv'], { stdin }))).toBe(
      'text,label,tag\nShe,PRON,PRON\n',
    );
  });

  it.each([
    [['--token-rows=id', reviews], /--token-rows: needs --text-column/],
    [['--text-column=text', '--n-best=2', reviews], /cannot be combined with --n-best/],
    [['--text-column=text', '--stats', reviews], /cannot be combined with --stats/],
    [['--text-column=text', '--output=inline', reviews], /csv and not inline\. Leave out/],
    [['--text-column=text', '--output=jsonl', reviews], /csv and not jsonl\. Leave out/],
    [['--text-column=text', '--output=tsv', reviews], /csv and not tsv\. Leave out/],
    [['--text-column=none', reviews], /no column "none".*"id", "text"/],
    [['--text-column=text', '--input=columns', reviews], /columns has no column of texts/],
    [['--text-column=text', '--token-rows=id', '--input=jsonl', reviews], /--token-rows: for csv/],
  ])('refuses %j', async (args, message) => {
    expectRefused(await tag('en-ner', args), message);
  });

  it('does not replace a column of the same name', async () => {
    const stdin = 'text,spans\nShe left.,mine\n';
    const args = ['--text-column=text', '--input=csv'];
    expectRefused(await tag('en-ner', args, { stdin }), /a column "spans" already.*--tag-column/);
    expect(await done(tag('en-ner', [...args, '--tag-column=spans'], { stdin }))).toBe(
      'text,spans\nShe left.,[]\n',
    );
  });
});
