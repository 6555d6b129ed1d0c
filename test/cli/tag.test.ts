import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBfloat16 } from '../../src/backend/backend.ts';
import { run } from '../../src/cli/main.ts';
import {
  corpus,
  createFolder,
  createWorld,
  expectRefused,
  type Outcome,
  pieces,
  sentences,
  seqtag,
  tiny,
  type WorldOptions,
  withoutEscapes,
} from './world.ts';

const folder = createFolder();
const gold = folder.path('gold.conll');
const goldConllu = folder.path('gold.conllu');
/** Of spans in BIO, learnt by heart from `gold`. */
const ner = folder.path('ner.safetensors');
/** Of parts of speech, from column 1 of `gold`. */
const upos = folder.path('upos.safetensors');
/** Of parts of speech and spans, of CoNLL-U. */
const named = folder.path('named.safetensors');

beforeAll(async () => {
  writeFileSync(gold, sentences('english.train.conll', 30));
  writeFileSync(goldConllu, sentences('english.train.conllu', 30));
  const base = ['train', folder.another(gold), '--dev', gold, '-q', ...tiny];
  const first = await seqtag([...base, '-o', ner, '--epochs=32', '--patience=32']);
  const second = await seqtag([...base, '-o', upos, '--tag-column', '1', '--epochs=12']);
  const columns = ['--tag-column', 'upos,NER', '-q', '--epochs=1', ...tiny];
  const third = await seqtag([
    'train',
    folder.another(goldConllu),
    '--dev',
    goldConllu,
    '-o',
    named,
    ...columns,
  ]);
  expect([first.code, second.code, third.code]).toEqual([0, 0, 0]);
});
afterAll(folder.remove);

const tag = (args: readonly string[], options: WorldOptions = {}): Promise<Outcome> =>
  seqtag(['tag', '--threads=1', ...args], options);
const done = async (outcome: Promise<Outcome>): Promise<string> => {
  const { code, stdout, stderr } = await outcome;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
};
const lines = (text: string): string[] => text.split('\n');
const text = 'Nadia is free on saturday.';

it('has products in bfloat16 where the machine has, and else says so', async () => {
  const args = ['tag', '-m', upos, '--bfloat16', '--threads=2'];
  const given = { stdin: sentences('english.dev.conll', 30) };
  if (hasBfloat16()) {
    const [fast, exact] = [
      await done(seqtag([...args, '--input=columns'], given)),
      await done(tag(['-m', upos, '--input=columns'], given)),
    ].map(lines);
    const differing = exact!.filter((line, i) => line !== fast![i]);
    expect(fast!.length).toBe(exact!.length);
    expect(differing.length).toBeLessThan(4);
  }
  expectRefused(await seqtag([...args, '--backend=wasm'], given), /bfloat16 .* AMX/);
});

describe('formats', () => {
  it('reads raw text from standard input and writes columns', async () => {
    const stdout = await done(tag(['-m', ner], { stdin: `${text} Yes, she is.` }));
    expect(stdout).toMatch(/^Nadia\tB-PER\nis\tO\nfree\tO\non\tO\nsaturday\tO\n\.\tO\n\nYes\t/);
    expect(stdout).toMatch(/\n\n$/);
  });

  it('takes - for standard input, among files, in order', async () => {
    const first = folder.path('first.txt');
    writeFileSync(first, 'One.\n');
    const stdout = await done(tag(['-m', upos, first, '-', first], { stdin: 'Two.' }));
    expect(
      lines(stdout)
        .filter((line) => /^(One|Two)\t/.test(line))
        .map((l) => l.slice(0, 3)),
    ).toEqual(['One', 'Two', 'One']);
  });

  it('reads gzip wherever it reads, and the format from the name before .gz', async () => {
    const first = folder.path('gold.conll.gz');
    writeFileSync(first, gzipSync(readFileSync(gold)));
    const plainly = await done(tag(['-m', ner, gold]));
    expect(await done(tag(['-m', ner, first]))).toBe(plainly);
    const nameless = folder.path('nameless.gz');
    writeFileSync(nameless, gzipSync(readFileSync(gold)));
    expect(await tag(['-m', ner, nameless])).toMatchObject({
      code: 0,
      stdout: plainly,
      stderr: `seqtag: ${nameless}: this looks like columns and is read so. If it is raw text: --input text.\n`,
    });
    const stdin = gzipSync(readFileSync(gold));
    expect(await done(tag(['-m', ner, '--input=columns'], { stdin }))).toBe(plainly);
    const score = (args: string[], options: WorldOptions = {}): Promise<string> =>
      done(seqtag(['eval', '-m', ner, '--json', ...args], options));
    const total = (json: string): unknown => (JSON.parse(json) as { total: unknown }).total;
    const expected = total(await score([gold]));
    expect(total(await score([first]))).toEqual(expected);
    expect(total(await score([nameless]))).toEqual(expected);
    expect(total(await score(['-'], { stdin }))).toEqual(expected);
    const broken = folder.path('broken.conll.gz');
    writeFileSync(broken, stdin.subarray(0, -9));
    const { code, stderr } = await tag(['-m', ner, broken]);
    expect(stderr).toMatch(
      /^seqtag: .*broken\.conll\.gz: the gzip data is damaged or cut short\. [^\n]+\n$/,
    );
    expect(code).toBe(2);
    expectRefused(
      await tag(['-m', ner, gold, '-o', first]),
      /gold\.conll\.gz: output is not compr/,
    );
  });

  it('puts files one after another, each read by its own name', async () => {
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(folder.path(name), content);
      return folder.path(name);
    };
    const files = [
      file('1.conll', 'Nadia'),
      file('2.conllu.gz', gzipSync('1\tNadia\t_\t_\t_\t_\t_\t_\t_\t_\n')),
      file('3.csv', 'id,token\n1,left\n'),
      file('4.jsonl', '{"text":"Nadia. Nadia"}'),
      file('5.txt', 'left'),
    ];
    expect(await done(tag(['-m', ner, ...files, '-', '--output=inline'], { stdin: 'Nadia' }))).toBe(
      '[PER Nadia]\n[PER Nadia]\nleft\n[PER Nadia] .\n[PER Nadia]\nleft\n[PER Nadia]\n',
    );
    const same = [files[0]!, file('6.conll', '\ufeffNadia\r\n'), file('7.conll', 'left\n\n')];
    expect(await done(tag(['-m', ner, ...same]))).toBe(
      'Nadia\tB-PER\n\nNadia\tB-PER\r\n\nleft\tO\n\n',
    );
  });

  it('tags a sentence a line', async () => {
    const args = ['-m', ner, '--input', 'horizontal', '--output', 'inline'];
    expect(await done(tag(args, { stdin: 'Nadia , are u free\n\nYes , but I\n' }))).toBe(
      '[PER Nadia] , are u free\nYes , but I\n',
    );
  });

  it('tags a text a line, and keeps blank lines', async () => {
    const stdin = '\nNadia left. Is Nadia free\n\nleft\n \u200d\n \n';
    const args = ['-m', ner, '--lines'];
    expect(await done(tag([...args, '--output=inline'], { stdin }))).toBe(
      '\n[PER Nadia] left . Is [PER Nadia] free\n\nleft\n\n\n',
    );
    const columns =
      '\nNadia\tB-PER\nleft\tO\n.\tO\n\nIs\tO\nNadia\tB-PER\nfree\tO\n\n\nleft\tO\n\n\n\n';
    expect(await done(tag(args, { stdin }))).toBe(columns);
    const { stdout } = await tag([...args, '--stats'], { stdin });
    expect(stdout).toBe(columns);
    expect(await done(tag([...args, '--output=jsonl'], { stdin }))).toBe(
      '{"line":2,"tokens":["Nadia","left","."],"tags":["B-PER","O","O"]}\n' +
        '{"line":2,"tokens":["Is","Nadia","free"],"tags":["O","B-PER","O"]}\n' +
        '{"line":4,"tokens":["left"],"tags":["O"]}\n',
    );
    expect(await done(tag([...args, '--output=spans'], { stdin }))).toBe(
      '{"sentence":1,"line":2,"start":1,"end":6,"text":"Nadia","type":"PER"}\n' +
        '{"sentence":2,"line":2,"start":16,"end":21,"text":"Nadia","type":"PER"}\n',
    );
    const annotated = await done(tag([...args, '--confidence'], { stdin }));
    expect(annotated.replace(/\t[\d.]+$/gm, '')).toBe(columns);
    expect(await done(tag([...args, '--output=conllu'], { stdin }))).toMatch(
      /^# sent_id = 1\n# text = Nadia left\.\n1\t/,
    );
    expectRefused(await tag([...args, '--input=csv'], { stdin }), /--lines: .* Leave out one/);
    expect(await done(seqtag(['convert', '--from=lines', '--to=horizontal'], { stdin }))).toBe(
      '\nNadia left . Is Nadia free\n\nleft\n\n\n',
    );
    expect(await done(seqtag(['convert', '--from=lines', '--to=conllu'], { stdin }))).not.toContain(
      '\n\n\n',
    );
    expect(
      (await seqtag(['inspect', '-', '--format=lines', '--json'], { stdin })).stdout,
    ).toContain('"sentences":3');
  });

  it('has a line of output for each line of input, however long', async () => {
    const longLine = 'Nadia left. '.repeat(9_000);
    const stdin = `${' '.repeat(70_000)}\n${longLine}\n\n${'x'.repeat(70_000)}\n${longLine}`;
    const args = ['-m', ner, '--lines'];
    const inline = await done(tag([...args, '--output=inline'], { stdin }));
    expect(lines(inline).map((line) => line.length > 0)).toEqual([
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
    const columns = await done(tag(args, { stdin }));
    const slow = await tag([...args, '--stats'], { stdin });
    expect(slow.stdout === columns).toBe(true);
    expect(columns.match(/\n\n\n/g)).toHaveLength(1);
  });

  it('answers each line before the next is written', async () => {
    for (const output of ['inline', 'columns']) {
      let answer: (() => void) | undefined;
      let written = '';
      const stdout = new Writable({
        write(chunk: Buffer, _, next) {
          written += chunk.toString();
          answer?.();
          next();
        },
      });
      async function* live(): AsyncGenerator<Uint8Array> {
        for (let line = 0; line < 10; line++) {
          const before = written;
          const answered = new Promise<void>((resolve) => {
            answer = resolve;
          });
          yield Buffer.from(line % 3 === 2 ? '\n' : `Nadia left ${line}\n`);
          await answered;
          expect(written.length).toBeGreaterThan(before.length);
        }
      }
      const args = ['-m', ner, '--lines', '--output', output];
      await done(tag(args, { stdin: live(), stdout }));
      expect(lines(written).filter((line) => line.startsWith('left')).length).toBe(
        output === 'inline' ? 0 : 7,
      );
    }
  });

  it('writes the line of each text to csv', async () => {
    const args = ['-m', ner, '--lines', '--output=csv'];
    const csv = await done(tag(args, { stdin: 'Nadia\n\nNadia left\n' }));
    expect(csv).toMatch(/^line,sentence,token,tag\n1,1,Nadia,.*\n3,2,Nadia,.*\n3,2,left,.*\n$/);
    const again = await done(tag(['-m', ner, '--input=csv', '--output=columns'], { stdin: csv }));
    expect(again).toMatch(/^Nadia\t.*\n\nNadia\t.*\nleft\t.*\n/);
  });

  it('reads from standard input and .txt what is clearly no text, and says so', async () => {
    const file = folder.path('looked-at.txt');
    const inputs: [string, string][] = [
      ['conllu', '# sent_id = 1\n1\tNadia\t_\t_\t_\t_\t_\t_\t_\t_\n'],
      ['columns', 'Nadia\tB-PER\nleft\tO\n\n'],
      ['columns', 'Nadia NNP B-PER\nleft VBD O\n\nNadia NNP B-PER\n'],
      ['csv', 'sentence,token,tag\n1,Nadia,O\n'],
      ['tsv', 'token\ttag\nNadia\tO\n'],
      ['jsonl', '{"tokens":["Nadia"]}\n'],
    ];
    for (const [format, stdin] of inputs) {
      const expected = await done(tag(['-m', ner, `--input=${format}`], { stdin }));
      const { code, stdout, stderr } = await tag(['-m', ner], { stdin });
      expect([code, stdout]).toEqual([0, expected]);
      expect(stderr).toBe(
        `seqtag: <stdin>: this looks like ${format} and is read so. If it is raw text: --input text.\n`,
      );
      writeFileSync(file, stdin);
      expect((await tag(['-m', ner, file])).stdout).toBe(expected);
      expect(await done(tag(['-m', ner, '--input=text'], { stdin }))).not.toBe(expected);
    }
  });

  it('says when raw text looks like one text a line', async () => {
    const stdin = 'Nadia left\nThe cat sat on a mat\nno way\nWhat now\nlol\n';
    const { code, stdout, stderr } = await tag(['-m', ner, '--output=inline'], { stdin });
    expect([code, lines(stdout).length]).toEqual([0, 2]);
    expect(stderr).toMatch(
      /^seqtag: <stdin>: this looks like one text a line, [^\n]+ --lines\.\n$/,
    );
    await done(tag(['-m', ner, '--lines'], { stdin }));
    await done(tag(['-m', ner, '--input=text'], { stdin }));
  });

  it('gives a file without a known extension the answer of a pipe', async () => {
    const file = folder.path('some.log');
    const number = (text: (n: number) => string): string =>
      Array.from({ length: 40 }, (_, n) => `${text(n)}\n`).join('');
    for (const [stdin, said] of [
      [number((n) => `12:00:01 ERROR server${n} failed`), 'one text a line'],
      [number((n) => `Message ${n} from Anna in Rome`), 'one text a line'],
      ['Nadia Merkel\nJoe Biden\nAda Lee\nBo Ray\n', 'one text a line'],
      ['I love Paris.\nI love Rome.\n', undefined],
      ['Yes .\n[PER Nadia] left .\n', 'inline'],
      [`${'Nadia PERSON\nleft none\n'.repeat(2)}\nYes none\n`, 'columns'],
    ] as const) {
      const piped = await tag(['-m', ner], { stdin });
      writeFileSync(file, stdin);
      const filed = await tag(['-m', ner, file]);
      expect([piped.code, filed.code]).toEqual([0, 0]);
      expect(filed.stdout).toBe(piped.stdout);
      expect(filed.stderr.replaceAll(file, '<stdin>')).toBe(piped.stderr);
      if (said === undefined) expect(piped.stderr).toBe('');
      else expect(piped.stderr).toContain(`this looks like ${said}`);
      if (said === 'columns' || said === 'inline') continue;
      expect(piped.stdout).toBe(await done(tag(['-m', ner, '--input=text'], { stdin })));
    }
  });

  it('writes spans inline as every command reads them', async () => {
    const file = folder.path('inline.txt');
    const stdin = await done(
      tag(['-m', ner, '--output=inline'], { stdin: 'Yes I do.\n\nNadia left.\n' }),
    );
    writeFileSync(file, stdin);
    const columns = 'Yes\tO\nI\tO\ndo\tO\n.\tO\n\nNadia\tB-PER\nleft\tO\n.\tO\n\n';
    expect(await done(seqtag(['convert', file, '--to=columns']))).toBe(columns);
    expect(await done(seqtag(['convert', '-', '--to=columns'], { stdin }))).toBe(columns);
    expect(await done(seqtag(['inspect', file]))).toMatch(/^format +inline$/m);
    expect(await done(seqtag(['eval', '-m', ner, file]))).toContain('2 sentences, 7 tokens');
    const { stdout, stderr } = await tag(['-m', ner, '--output=columns'], { stdin });
    expect(stderr).toContain('this looks like inline');
    expect(stdout).toBe(columns);
  });

  it('reads spans of lines in a file without a known extension back', async () => {
    const file = folder.path('names.log');
    const spans = folder.path('n.spans');
    writeFileSync(file, 'Nadia left\nJoe left\nNadia sat\nBo sat\n');
    await done(tag(['-m', ner, '--lines', file, '--output=spans', '-o', spans]));
    const { code, stdout, stderr } = await seqtag(['convert', spans, '--to=inline']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(await done(tag(['-m', ner, '--lines', file, '--output=inline'])));
  });

  it('writes parts of speech inline after a slash', async () => {
    const stdout = await done(tag(['-m', upos, '--output=inline'], { stdin: text }));
    expect(stdout).toMatch(/^Nadia\/PROPN is\/AUX free\/ADJ on\/ADP saturday\/PROPN \.\/PUNCT\n$/);
  });

  it('writes spans with their offsets, and a page', async () => {
    const file = folder.path('two.txt');
    writeFileSync(file, '😂 Nadia left.\n');
    const args = ['-m', ner, file, '-', '--output'];
    const stdin = 'Is Nadia free?';
    expect(await done(tag([...args, 'spans'], { stdin }))).toBe(
      `{"file":"${file}","sentence":1,"start":3,"end":8,"text":"Nadia","type":"PER"}\n` +
        '{"sentence":1,"start":3,"end":8,"text":"Nadia","type":"PER"}\n',
    );
    expect(await done(tag([...args, 'spans', '--offsets=code-points'], { stdin }))).toContain(
      '"start":2,"end":7',
    );
    const page = folder.path('page.html');
    expect(await done(tag(['-m', ner, file, '-', '-o', page], { stdin }))).toBe('');
    const html = readFileSync(page, 'utf8');
    expect(html.match(/<mark[^>]* data-type="PER">Nadia<\/mark>/g)).toHaveLength(2);
    expect(html.match(/<\/html>/g)).toHaveLength(1);
    expect(html).toContain('>PER 2</mark>');
  });

  it('writes jsonl, csv, tsv and conllu', async () => {
    const stdin = 'Nadia left.';
    const write = (format: string): Promise<string> =>
      done(tag(['-m', ner, '--output', format], { stdin }));
    expect(JSON.parse(await write('jsonl'))).toEqual({
      tokens: ['Nadia', 'left', '.'],
      tags: ['B-PER', 'O', 'O'],
    });
    expect(await write('csv')).toBe('sentence,token,tag\n1,Nadia,B-PER\n1,left,O\n1,.,O\n');
    expect(await write('tsv')).toBe('sentence\ttoken\ttag\n1\tNadia\tB-PER\n1\tleft\tO\n1\t.\tO\n');
    expect(await write('conllu')).toContain(
      '# text = Nadia left.\n1\tNadia\t_\t_\t_\t_\t0\troot\t_\tNER=B-PER\n',
    );
  });

  it('knows formats of files by extension, and gives them back with a column more', async () => {
    const stdout = await done(tag(['-m', ner, gold]));
    const source = readFileSync(gold, 'utf8');
    expect(lines(stdout).map((line) => line.replace(/\t[^\t]*$/, ''))).toEqual(lines(source));
    expect(stdout).toContain('Nadia\tPROPN\tB-PER\tB-PER\n');
  });

  it('replaces a column', async () => {
    const stdout = await done(tag(['-m', upos, gold, '--tag-column', '1']));
    expect(lines(stdout).map((line) => line.split('\t').length)).toEqual(
      lines(readFileSync(gold, 'utf8')).map((line) => line.split('\t').length),
    );
    expect(stdout).toContain('Nadia\tPROPN\tB-PER\n');
  });

  it('takes tokens from another column', async () => {
    const file = folder.path('second.tsv');
    writeFileSync(file, 'x\tNadia\nx\tleft\n\n');
    expect(await done(tag(['-m', ner, file, '--token-column', '1', '--no-header']))).toBe(
      'x\tNadia\tB-PER\nx\tleft\tO\n\n',
    );
  });

  it('adds a csv column, under a name of its own or the one asked for', async () => {
    const file = folder.path('words.csv');
    writeFileSync(file, 'id,token\r\n1,Nadia\r\n2,left\r\n');
    expect(await done(tag(['-m', ner, file]))).toBe(
      'id,token,tag\r\n1,Nadia,B-PER\r\n2,left,O\r\n',
    );
    expect(await done(tag(['-m', ner, file, '--tag-column', 'entity']))).toMatch(
      /^id,token,entity\r\n/,
    );
  });

  it('adds tags to the objects of jsonl, and tokens to those of raw text', async () => {
    const file = folder.path('objects.jsonl');
    writeFileSync(file, '{"tokens": ["Nadia"], "n": 1.0}\r\n\n{"text":"Nadia left."}');
    expect(await done(tag(['-m', ner, file]))).toBe(
      '{"tokens": ["Nadia"], "n": 1.0, "tags": ["B-PER"]}\r\n\n{"text":"Nadia left.","tokens":["Nadia","left","."],"tags":["B-PER","O","O"]}',
    );
    const args = ['-m', ner, '--input=jsonl', '--tag-column=ner', '--token-column=w'];
    expect(await done(tag(args, { stdin: '{"ner":0,"w":["Nadia"]}\n' }))).toBe(
      '{"ner":["B-PER"],"w":["Nadia"]}\n',
    );
  });

  it('takes jsonl wherever it takes columns: the same model, the same score', async () => {
    const objects = folder.path('gold.jsonl');
    expect((await seqtag(['convert', gold, '-o', objects])).code).toBe(0);
    const epoch = ['-q', '--epochs=1', ...tiny];
    const scores = [gold, objects].map(async (file, i) => {
      const model = folder.path(`same-${i}.safetensors`);
      expect((await seqtag(['train', file, '--dev', file, '-o', model, ...epoch])).code).toBe(0);
      const { stdout } = await seqtag(['eval', '-m', model, file, '--json']);
      return (JSON.parse(stdout) as { total: unknown }).total;
    });
    const [columns, jsonl] = await Promise.all(scores);
    expect(jsonl).toEqual(columns);
  });

  it('writes UPOS to upos, spans to MISC, and either where it is told', async () => {
    const source = readFileSync(goldConllu, 'utf8').replaceAll('\tPROPN\t', '\tX\t');
    const blank = folder.path('blank.conllu');
    writeFileSync(blank, source);
    expect(await done(tag(['-m', upos, blank]))).toMatch(/^2\tNadia\t_\tPROPN\t_\t.*NER=B-PER/m);
    const spans = await done(tag(['-m', ner, blank]));
    expect(spans).toMatch(/^2\tNadia\t_\tX\t_\t.*NER=B-PER/m);
    expect(spans).toMatch(/^# text = /m);
    expect(spans).toMatch(/^\d+-\d+\t/m);
    expect(await done(tag(['-m', ner, blank, '--tag-column=xpos']))).toMatch(
      /^2\tNadia\t_\tX\tB-PER\t/m,
    );
    expect(await done(tag(['-m', upos, blank, '--tag-column=Pos']))).toMatch(
      /^2\tNadia\t_\tX\t.*Pos=PROPN/m,
    );
  });

  it('writes to the conllu field that the model was trained on', async () => {
    const model = folder.path('misc.safetensors');
    const args = ['--tag-column', 'NER', '-q', '--epochs=1', ...tiny];
    expect((await seqtag(['train', goldConllu, '-o', model, ...args])).code).toBe(0);
    expect(await done(tag(['-m', model, goldConllu]))).toMatch(/^2\tNadia\t_\tPROPN\t_\t.*NER=/m);
  });

  it('will not mix formats in its output', async () => {
    const { code, stderr } = await tag(['-m', ner, gold, goldConllu]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /gold\.conllu: the output format would be conllu, but it is columns for .*--output\.\n$/,
    );
    await done(tag(['-m', ner, gold, goldConllu, '--output', 'columns']));
  });

  it('gives nothing for nothing', async () => {
    expect(await done(tag(['-m', ner], { stdin: '' }))).toBe('');
    expect(await done(tag(['-m', ner], { stdin: '\n \n' }))).toBe('');
  });
});

describe('a model of several columns', () => {
  /** Of parts of speech and spans, of columns. */
  const counted = folder.path('counted.safetensors');
  const stdin = 'Nadia left.\n';

  beforeAll(async () => {
    const quick = ['-q', '--epochs=1', ...tiny];
    const by = (file: string, model: string, columns: string): Promise<Outcome> =>
      seqtag(['train', file, '--dev', file, '-o', model, '--tag-column', columns, ...quick]);
    expect((await by(gold, counted, '1,2')).code).toBe(0); // warns: dev is train
  });

  /** Tags of `stdin`, of each column, as columns give them. */
  async function expected(): Promise<{ upos: string[]; NER: string[] }> {
    const stdout = await done(tag(['-m', named], { stdin }));
    const cells = lines(stdout.trimEnd()).map((line) => line.split('\t'));
    expect(cells.map(([token]) => token)).toEqual(['Nadia', 'left', '.']);
    expect(cells.map(({ length }) => length)).toEqual([3, 3, 3]);
    return { upos: cells.map(([, upos]) => upos!), NER: cells.map(([, , ner]) => ner!) };
  }

  it('gives all of them, under their names', async () => {
    const { upos, NER } = await expected();
    expect(NER.every((one) => /^(O|[BI]-[A-Z]+)$/.test(one))).toBe(true);
    const to = (format: string): Promise<string> =>
      done(tag(['-m', named, '--output', format], { stdin }));
    const tokens = ['Nadia', 'left', '.'];
    expect(JSON.parse(await to('jsonl'))).toEqual({ tokens, upos, NER });
    expect(lines(await to('csv')).slice(0, 2)).toEqual([
      'sentence,token,upos,NER',
      `1,Nadia,${upos[0]},${NER[0]}`,
    ]);
    expect(await to('conllu')).toContain(
      `\n1\tNadia\t_\t${upos[0]}\t_\t_\t0\troot\t_\tNER=${NER[0]}\n`,
    );
    expect((await to('inline')).replace(/\[\S+ |\]/g, '')).toBe(
      `${tokens.map((token, i) => `${token}/${upos[i]}`).join(' ')}\n`,
    );
  });

  it('puts each where it was in training, if that is there', async () => {
    const source = readFileSync(goldConllu, 'utf8');
    const without = (text: string): string =>
      text
        .replace(/^(\d+\t[^\t]*\t[^\t]*\t)[^\t]*/gm, '$1')
        .replace(/\|?NER=[^|\n]*\|?/g, '')
        .replace(/\t_?$/gm, '');
    expect(without(await done(tag(['-m', named, goldConllu])))).toBe(without(source));
    const columns = await done(tag(['-m', counted, gold]));
    expect(lines(columns).map((line) => line.split('\t').length)).toEqual(
      lines(readFileSync(gold, 'utf8')).map((line) => line.split('\t').length),
    );
    expect(columns).not.toBe(readFileSync(gold, 'utf8'));
    const short = folder.path('short.conll');
    writeFileSync(short, 'Nadia\nleft\n\n');
    expect(await done(tag(['-m', counted, short]))).toMatch(/^Nadia\t[A-Z]+\t\S+\nleft\t/);
    expect(await done(tag(['-m', named, short]))).toMatch(/^Nadia\t[A-Z]+\t\S+\nleft\t/);
    const csv = folder.path('named.csv');
    writeFileSync(csv, 'token,NER\nNadia,x\n');
    expect(await done(tag(['-m', named, csv]))).toMatch(
      /^token,NER,upos\nNadia,[OBI][^,]*,[A-Z]+\n$/,
    );
    // indices are names of nothing in other formats: these go by what they are
    expect(await done(tag(['-m', counted, '--output=jsonl'], { stdin }))).toMatch(
      /^\{"tokens":.*"upos":.*"NER":/,
    );
  });

  it('writes only those that are named, or all where they are told', async () => {
    const { upos, NER } = await expected();
    const only = (column: string, ...args: string[]): Promise<string> =>
      done(tag(['-m', named, '--tag-column', column, ...args], { stdin }));
    expect(await only('NER')).toMatch(`Nadia\t${NER[0]}\nleft\t`);
    expect(JSON.parse(await only('NER', '--output=jsonl'))).toEqual({
      tokens: ['Nadia', 'left', '.'],
      NER,
    });
    expect(await only('upos', '--output=conllu')).toContain(
      `\n1\tNadia\t_\t${upos[0]}\t_\t_\t0\troot\t_\t_\n`,
    );
    expect(await only('xpos,Entity', '--output=conllu')).toContain(
      `\n1\tNadia\t_\t_\t${upos[0]}\t_\t0\troot\t_\tEntity=${NER[0]}\n`,
    );
    const wide = folder.path('wide.conll');
    writeFileSync(wide, 'x Nadia y z\n\n');
    const args = ['-m', named, wide, '--token-column=1', '--tag-column=3,2'];
    expect(await done(tag(args))).toBe(
      (await done(tag([...args.slice(0, -1), '--tag-column=2,3']))).replace(
        /^x Nadia (\S+) (\S+)/,
        'x Nadia $2 $1',
      ),
    );
    expectRefused(
      await tag(['-m', named, '--tag-column=xpos'], { stdin }),
      /--tag-column xpos: .*named\.safetensors has the tag columns upos, NER\. Name some of them, or 2 col/,
    );
  });

  it('is measured column by column, and by no other', async () => {
    const score = (model: string, ...args: string[]): Promise<Outcome> =>
      seqtag(['eval', '-m', model, goldConllu, '--threads=1', ...args]);
    expect(await done(score(named))).not.toContain('F1');
    expect(await done(score(named, '--tag-column=NER'))).toContain('F1');
    expectRefused(
      await score(named, '--tag-column=xpos'),
      /--tag-column xpos: .*named\.safetensors has the tag columns upos, NER\. Name one of them\./,
    );
    expect(await done(score(counted, '--tag-column=NER'))).toContain('F1');
  });
});

describe('more than tags', () => {
  const file = (name: string, content: string): string => {
    writeFileSync(folder.path(name), content);
    return folder.path(name);
  };

  it('writes how probable each tag is, and changes no tag', async () => {
    const plainly = await done(tag(['-m', ner, gold]));
    const surely = await done(tag(['-m', ner, gold, '--confidence']));
    expect(surely.replace(/\t[01]\.\d{4}$/gm, '')).toBe(plainly);
    const spans = await done(tag(['-m', ner, '--confidence', '--output=spans'], { stdin: text }));
    expect(spans).toMatch(/"text":"Nadia","type":"PER","confidence":0\.\d+\}\n$/);
    const screen = { stdin: 'Nadia left.', terminals: ['stdout'] } as const;
    expect(withoutEscapes(await done(tag(['-m', ner, '--confidence'], screen)))).toMatch(
      /^Nadia\tB-PER\t0\.\d{4}\nleft\t/,
    );
    const both = await done(tag(['-m', named, gold, '--confidence', '--output=csv']));
    expect(lines(both)[0]).toBe('sentence,token,upos,NER,confidence_upos,confidence_NER');
  });

  it('does not tell what is less probable than asked for', async () => {
    const sure = (model: string, p: string): Promise<string> =>
      done(tag(['-m', model, '--min-confidence', p], { stdin: 'Nadia left.' }));
    expect(await sure(ner, '0')).toContain('Nadia\tB-PER\n');
    expect(await sure(ner, '100%')).toBe('Nadia\tO\nleft\tO\n.\tO\n\n');
    expect(await sure(upos, '1')).toBe('Nadia\t_\nleft\t_\n.\t_\n\n');
    const { code, stderr } = await tag(['-m', upos, '--min-confidence=few']);
    expect(stderr).toMatch(/--min-confidence .*expected a fraction/);
    expect(code).toBe(2);
  });

  it('writes the best sequences', async () => {
    const args = ['-m', upos, '--n-best=3', '--output'];
    const line = await done(tag([...args, 'jsonl'], { stdin: text }));
    const { tags, nbest } = JSON.parse(line) as {
      tags: string[];
      nbest: { tags: string[]; probability: number }[];
    };
    expect(nbest).toHaveLength(3);
    expect(nbest[0]!.tags).toEqual(tags);
    expect(nbest[1]!.probability).toBeLessThanOrEqual(nbest[0]!.probability);
    const cells = lines(await done(tag([...args, 'columns'], { stdin: text })));
    expect(cells[0]!.split('\t').slice(1)).toEqual(nbest.map((one) => one.tags[0]));
    expectRefused(await tag([...args, 'csv'], { stdin: text }), /the format csv has no place for/);
  });

  it('keeps to what is given', async () => {
    const some = file('some.conll', 'Nadia O\nleft B-LOC|B-ORG\nNadia ?\n\n_ _\n');
    const stdout = await done(tag(['-m', ner, some, '--given=1', '--confidence']));
    expect(stdout).toMatch(
      /^Nadia O O 1\.0000\nleft B-LOC\|B-ORG B-(LOC|ORG) [01]\.\d+\nNadia \? \S+ [01]/,
    );
    const conllu = file(
      'some.conllu',
      '1\tNadia\t_\t_\t_\t_\t_\t_\t_\t_\n2\tleft\t_\tSYM\t_\t_\t_\t_\t_\tGold=B-LOC\n\n',
    );
    // what has no key is not known
    expect(await done(tag(['-m', ner, conllu, '--given=Gold']))).toMatch(
      /^1\tNadia\t.*NER=B-PER\n2\tleft\t.*\|NER=B-LOC\n/,
    );
    const joint = await done(tag(['-m', named, conllu, '--given=upos', '--output=columns']));
    expect(joint).toMatch(/^Nadia\t[A-Z]+\t\S+\nleft\tSYM\t/);
    const places = file('places.conll', 'Nadia DET B-LOC\nleft _ ?\n');
    expect(await done(tag(['-m', named, places, '--given=1,2']))).toMatch(
      /^Nadia DET B-LOC DET B-LOC\nleft /,
    );
  });

  it('says what is wrong with what is given', async () => {
    const bad = file('bad.conll', 'Nadia O\n\nleft O\nNadia NN\n');
    const refused = await tag(['-m', ner, bad, '--given=1']);
    expect(refused.stdout).toBe('Nadia O O\n\n'); // what was whole before
    expectRefused(
      { ...refused, stdout: '' },
      /bad\.conll:3: token 2, "Nadia": the model does not have the given tag NN\. Its tags are B-/,
    );
    expectRefused(
      await tag(['-m', ner, '--given=1'], { stdin: text }),
      /<stdin>: the format text has no tags/,
    );
    expectRefused(
      await tag(['-m', named, goldConllu, '--given=xpos']),
      /--given xpos: .*named\.safetensors has the tag columns upos, NER\. Name some of them, or 2 columns of the file\.\n/,
    );
  });
});

describe('streaming', () => {
  it('answers a line before the next one comes', async () => {
    const answers: ((text: string) => void)[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _, next) {
        if (chunk.length > 0) answers.pop()!(chunk.toString());
        next();
      },
    });
    const seen: string[] = [];
    async function* typed(): AsyncGenerator<Uint8Array> {
      for (const line of ['Nadia left\n', 'Nadia\n']) {
        const answer = new Promise<string>((resolve) => answers.push(resolve));
        yield Buffer.from(line);
        seen.push(await answer);
      }
    }
    const args = ['-m', ner, '--input=horizontal', '--output=inline'];
    for (const more of [[], ['--max-latency=0'], ['--max-latency=0.5']])
      expect(await tag([...args, ...more], { stdin: typed(), stdout })).toMatchObject({
        code: 0,
        stderr: '',
      });
    expect(seen.join('')).toBe('[PER Nadia] left\n[PER Nadia]\n'.repeat(3));
    for (const wrong of ['soon', '-1', '1e9', ''])
      expectRefused(
        await tag([...args, `--max-latency=${wrong}`]),
        /--max-latency .*: expected milliseconds/,
      );
  });

  it('reads no faster than its output is taken', async () => {
    let read = 0;
    let written = 0;
    let most = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; read < 50; read++) {
        most = Math.max(most, read - written);
        yield Buffer.from('Nadia left .\n'.repeat(1000));
      }
    }
    const stdout = new Writable({
      highWaterMark: 1,
      write(_chunk, _encoding, next) {
        written++;
        setImmediate(next);
      },
    });
    const args = ['-m', ner, '--input=horizontal', '--output=columns'];
    expect((await tag(args, { stdin: endless(), stdout })).code).toBe(0);
    expect(read).toBe(50);
    expect(most).toBeLessThan(4);
  });

  it('ends in silence, and stops reading, when its reader goes away', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read++;
        yield Buffer.from('Nadia left .\n'.repeat(4000));
      }
    }
    const stdout = new Writable({
      write: (_chunk, _encoding, next) => next(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    });
    const args = ['-m', ner, '--input=horizontal'];
    expect(await tag(args, { stdin: endless(), stdout })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(read).toBeLessThan(5);
  });
});

describe('on a terminal', () => {
  it('shows raw text inline and coloured', async () => {
    const stdout = await done(tag(['-m', ner], { stdin: text, terminals: ['stdout'] }));
    expect(stdout).toContain('\u001b[');
    expect(withoutEscapes(stdout)).toBe('[PER Nadia] is free on saturday .\n');
  });

  it('colours the tags of columns, and nothing in other formats', async () => {
    const terminals = ['stdout'] as const;
    expect(await done(tag(['-m', ner, gold], { terminals }))).toContain(
      'Nadia\tPROPN\tB-PER\t\u001b[',
    );
    const jsonl = await done(tag(['-m', ner, gold, '--output=jsonl'], { terminals }));
    expect(jsonl).not.toContain('\u001b');
  });

  it('heeds --no-color, NO_COLOR and --color', async () => {
    const terminals = ['stdout'] as const;
    const stdin = text;
    const uncoloured = '[PER Nadia] is free on saturday .\n';
    expect(await done(tag(['-m', ner, '--no-color'], { stdin, terminals }))).toBe(uncoloured);
    const env = { NO_COLOR: '1' };
    expect(await done(tag(['-m', ner], { stdin, terminals, env }))).toBe(uncoloured);
    expect(await done(tag(['-m', ner, '--color'], { stdin }))).toContain('\u001b[');
  });

  it('gives what is typed the answer of a pipe and of a file', async () => {
    const typed = [Buffer.from('Nadia left\n'), Buffer.from('Yes\n')];
    const file = folder.path('typed.txt');
    writeFileSync(file, Buffer.concat(typed));
    for (const [flags, expected] of [
      [[], '[PER Nadia] left Yes\n'],
      [['--lines'], '[PER Nadia] left\nYes\n'],
    ] as const) {
      const args = ['-m', ner, '--no-color', '--output=inline', ...flags];
      const { code, stdout, stderr } = await tag(args, {
        stdin: pieces(typed),
        terminals: ['stdin', 'stdout'],
      });
      expect([code, stdout]).toEqual([0, expected]);
      expect(stderr).toMatch(/^Type .* Ctrl-D ends\.\n$/);
      expect(await done(tag(args, { stdin: pieces(typed) }))).toBe(expected);
      expect(await done(tag([...args, file]))).toBe(expected);
    }
  });
});

describe('-o', () => {
  it('writes a file, which takes its format from its name', async () => {
    const output = folder.path('tagged.jsonl');
    expect(await done(tag(['-m', ner, gold, '-o', output]))).toBe('');
    expect(lines(readFileSync(output, 'utf8'))[0]).toMatch(/^\{"tokens":\["hey"/);
  });

  it('replaces its own input, through a link, and keeps permissions', async () => {
    const file = folder.path('own.conll');
    const link = folder.path('link.conll');
    writeFileSync(file, 'Nadia\nleft\n\n', { mode: 0o640 });
    symlinkSync(file, link);
    await done(tag(['-m', ner, file, '-o', link]));
    expect(readFileSync(file, 'utf8')).toBe('Nadia\tB-PER\nleft\tO\n\n');
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  it('leaves nothing behind, and what was there alone, on failure', async () => {
    const output = folder.path('kept.conll');
    const bad = folder.path('mixed.conll');
    writeFileSync(output, 'before');
    writeFileSync(bad, `${'Nadia\tN\n\n'.repeat(50_000)}left\n\n`);
    const before = readdirSync(dirname(output)).sort();
    expectRefused(
      await tag(['-m', ner, bad, '-o', output]),
      /mixed\.conll:100001: 1 column, expected 2/,
    );
    expect(readFileSync(output, 'utf8')).toBe('before');
    expect(readdirSync(dirname(output)).sort()).toEqual(before);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const output = folder.path('never.conll');
    const before = readdirSync(dirname(output)).sort();
    async function* typed(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Nadia left\n\n');
      world.interrupt();
      expect(readdirSync(dirname(output)).sort()).toEqual(before);
      throw new Error('the process would be gone');
    }
    const world = createWorld({ stdin: typed() });
    await run(['tag', '-m', ner, '-o', output, '--threads=1'], world.io);
    expect(world.quits).toEqual([130]);
    expect(existsSync(output)).toBe(false);
  });

  it('writes to a device', async () => {
    await done(tag(['-m', ner, gold, '-o', '/dev/null']));
    expect(statSync('/dev/null').isFile()).toBe(false);
  });

  it('refuses a path that cannot be written', async () => {
    expectRefused(
      await tag(['-m', ner, gold, '-o', folder.path('no/where')]),
      /there is no directory/,
    );
    expectRefused(await tag(['-m', ner, gold, '-o', dirname(gold)]), /: a directory\. /);
  });
});

describe('bad input', () => {
  const file = folder.path('bad.conll');

  it.each([
    ['mixed columns', 'a\tN\nb\n\n', /bad\.conll:2: 1 column, expected 2/],
    ['invalid UTF-8', Buffer.from('caf\xe9\tN\n\n', 'latin1'), /bad\.conll:1: invalid UTF-8/],
    ['a NUL', Buffer.from([65, 0, 66, 10]), /bad\.conll:1: a binary file/],
  ])('refuses a file with %s', async (_, content, message) => {
    writeFileSync(file, content);
    expectRefused(await tag(['-m', ner, file]), message);
  });

  it('refuses a missing column, a directory, a missing file, a format without reader', async () => {
    expectRefused(await tag(['-m', ner, gold, '--token-column=9']), /3 columns, but column 9/);
    expectRefused(await tag(['-m', ner, gold, '--tag-column=9']), /3 columns, but .* column 9/);
    expectRefused(await tag(['-m', ner, dirname(gold)]), /a directory/);
    expectRefused(await tag(['-m', ner, folder.path('none.conll')]), /none\.conll: no such file/);
    expectRefused(await tag(['-m', ner, gold, '--input=html']), /--input html: expected one of/);
    const jsonl = folder.path('bad.jsonl');
    writeFileSync(jsonl, '{"tokens": ["a"]}\n{"words": "a"}\n');
    expectRefused(await tag(['-m', ner, jsonl]), /bad\.jsonl:2: "words" is not an array/);
  });

  it('refuses what is no model', async () => {
    const model = folder.path('bad.safetensors');
    const refused = async (content: string | Uint8Array, message: RegExp): Promise<void> => {
      writeFileSync(model, content);
      expectRefused(await tag(['-m', model, gold]), message);
    };
    const whole = readFileSync(ner);
    await refused(whole.subarray(0, 1000), /cut short/);
    await refused(whole.subarray(0, whole.length - 1), /cut short/);
    await refused('', /bad\.safetensors: /);
    await refused(readFileSync(corpus('english.dev.conll')), /not a safetensors file/);
    expectRefused(await tag(['-m', 'no-such-model', gold]), /no such model file or bundled model/);
    expectRefused(await tag(['-m', folder.path('none.safetensors'), gold]), /no such model file/);
    expectRefused(await tag(['-m', dirname(gold), gold]), /: a directory\. /);
  });
});
