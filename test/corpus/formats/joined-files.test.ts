import { expect, test } from 'vitest';
import { readTokenLines, tokenText } from '../../../src/corpus/index.ts';
import { joined, parseText, stream, written } from '../helpers.ts';

/** Files that begin with a byte order mark, and that were joined, with the tag X added. */
const files = {
  columns: ['Ada\tO\nleft\tO\n', 'Bo\tO\n', 'Ada\tO\tX\nleft\tO\tX\n', 'Bo\tO\tX\n'],
  conllu: [
    `# text = Ada\n1\tAda${'\t_'.repeat(8)}\n2\tleft${'\t_'.repeat(8)}\n`,
    `1\tBo${'\t_'.repeat(8)}\n`,
    `# text = Ada\n1\tAda\t_\tX${'\t_'.repeat(6)}\n2\tleft\t_\tX${'\t_'.repeat(6)}\n`,
    `1\tBo\t_\tX${'\t_'.repeat(6)}\n`,
  ],
  csv: ['w,"O"\nleft,O\n', '"Bo",O\n', 'w,"O",X\nleft,O,X\n', '"Bo",O,X\n'],
  tsv: ['Ada\tO\nleft\tO\n', 'Bo\tO\n', 'Ada\tO\tX\nleft\tO\tX\n', 'Bo\tO\tX\n'],
  jsonl: [
    '{"tokens":["Ada","left"]}\n',
    '{"tokens":["Bo"]}\n',
    '{"tokens":["Ada","left"],"tags":["X","X"]}\n',
    '{"tokens":["Bo"],"tags":["X"]}\n',
  ],
} as const;
const BOM = '\ufeff';

test.each(Object.entries(files))(
  '%s: a byte order mark ends a sentence and is in no token',
  (format, parts) => {
    const [first, second, firstTagged, secondTagged] = parts as readonly [
      string,
      string,
      string,
      string,
    ];
    const text = BOM + first + BOM + second + BOM + BOM + second;
    const parsed = parseText(text, { format: format as keyof typeof files });
    expect(parsed.sentences.map(({ tokens }) => tokens.length)).toEqual([2, 1, 1]);
    expect(parsed.sentences.flatMap(({ tokens }) => tokens).join('')).not.toContain(BOM);
    expect(joined(parsed)).toBe(text);
    const tagged = written(parsed, {}, () => 'X');
    expect(tagged.replaceAll(BOM, '').replaceAll('\n\n', '\n')).toBe(
      (firstTagged + secondTagged + secondTagged).replaceAll('\n\n', '\n'),
    );
  },
);

test.each(['horizontal', 'text', 'lines'] as const)(
  '%s: no token has a byte order mark',
  (format) => {
    const { sentences } = parseText(`${BOM}Ada left .\n${BOM}Bo sat .\n`, { format });
    expect(sentences.flatMap(({ tokens }) => tokens).join(' ')).toBe('Ada left . Bo sat .');
  },
);

test('inline: the same', () => {
  const { sentences } = parseText(`${BOM}Ada/X left/Y\n${BOM}Bo/X\n`, {
    format: 'inline',
    gold: true,
  });
  expect(sentences.map(({ tokens }) => tokens)).toEqual([['Ada', 'left'], ['Bo']]);
});

test('token lines, as bytes', async () => {
  const bytes = new TextEncoder().encode(`${BOM}Ada left\n${BOM}Bo\n`);
  const tokens: string[] = [];
  for await (const batch of readTokenLines(stream(bytes), { file: 'f', most: 10 }))
    for (let t = 0; t < batch.tokens; t++) tokens.push(tokenText(batch, t));
  expect(tokens).toEqual(['Ada', 'left', 'Bo']);
});
