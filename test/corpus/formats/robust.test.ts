import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createParser, type Format, type Sentence } from '../../../src/corpus/index.ts';
import { UserError } from '../../../src/errors.ts';
import { readAll, stream, written } from '../helpers.ts';

const valid = {
  columns: '# c\nEU NNP B-ORG\nrejects VBZ O\n\n-DOCSTART- -X- O\n\nPeter NNP B-PER\n\n',
  conllu: `# text = a b\n1-2\tab${'\t_'.repeat(8)}\n1\ta\tl\tX\tY\tF=1|G=2\t0\troot\t_\tNER=O|SpaceAfter=No\n2\tb\tl\tX\tY\t_\t1\tx\t_\tNER=B-X\n2.1\tc${'\t_'.repeat(8)}\n\n`,
  csv: 'sentence,token,tag\n1,a,O\n1,"b,""c""",B-X\n2,",",O\n\n3,d,O\n',
  tsv: 'token\ttag\n"a"\tO\n"\tB-X\n\nb\tO\n',
  jsonl:
    '{"tokens": ["a", "b\\n"], "tags": ["O", "B-X"]}\n\n{"text": "One dog. Two.", "tags": ["O","O","O","O","O"]}\n',
  horizontal: 'one two\n\nthree  four \n',
  text: 'One dog.  Two dogs!\nMr. X (“no”) left.\n\n日本語のテキスト。 #tag :-) http://a.b/c\n',
} as const;
type Readable = keyof typeof valid;
const formats = Object.keys(valid) as Readable[];

/** Pieces that have a meaning in some format. */
const piece = fc.constantFrom(
  ...[
    '"',
    '""',
    '\t',
    ' ',
    '\n',
    '\r\n',
    '\r',
    ',',
    '#',
    '# ',
    '{',
    '}',
    '[',
    ']',
    ':',
    '\\',
    '\\u',
  ],
  ...[
    '|',
    '=',
    '-',
    '.',
    '1',
    '99',
    '1e999',
    'O',
    'B-',
    '_',
    '-DOCSTART-',
    '\ufeff',
    '\u2028',
    '\0',
  ],
  ...[
    'é',
    '😂',
    '\ud83d',
    '\u200b',
    '\u0085',
    '\x1b[31m',
    '__proto__',
    'null',
    '"tags"',
    '"tokens"',
  ],
);

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 6 }),
  insert: fc.array(piece, { maxLength: 3 }).map((parts) => parts.join('')),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

const mutate = (bytes: Buffer, edits: readonly Edit[]): Buffer =>
  edits.reduce((all, { at, remove, insert }) => {
    const from = Math.floor(at * all.length);
    return Buffer.concat([
      all.subarray(0, from),
      Buffer.from(insert),
      all.subarray(Math.min(all.length, from + remove)),
    ]);
  }, bytes);

describe('whatever the bytes are, a reader yields sentences or throws a UserError', () => {
  test.each(formats)('%s', async (format) => {
    const isRaw = format === 'text' || format === 'horizontal';
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...formats),
        fc.array(edit, { maxLength: 5 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 3 }),
        fc.boolean(),
        async (origin, edits, cuts, isSniffed) => {
          const bytes = mutate(Buffer.from(valid[origin]), edits);
          let document: Parameters<typeof written>[0]['document'] | undefined;
          const outcome = async (): Promise<Sentence[] | UserError> => {
            try {
              return await readAll(stream(bytes, cuts), {
                ...(!isSniffed && { format }),
                gold: !isRaw && !isSniffed,
                onDocument: (started) => {
                  document = started;
                },
              });
            } catch (error) {
              if (!(error instanceof UserError)) throw error;
              return error;
            }
          };
          const sentences = await outcome();
          if (sentences instanceof UserError) {
            expect(sentences.message).not.toMatch(/[\n\r]/);
            return;
          }
          for (const { tokens, tags, line } of sentences) {
            expect(tokens.length).toBeGreaterThan(0);
            expect([0, tokens.length]).toContain(tags.length);
            expect(line).toBeGreaterThan(0);
          }
          if (isSniffed || isRaw || document === undefined) return;
          // what was read comes back
          const options = { tagColumn: 'K', orAppend: true };
          const read = createParser({ format, keepSource: true });
          const parsed = [...read.push(bytes.toString()), ...read.end()];
          written({ sentences: parsed, document: read.document }, options, () => 'T');
        },
      ),
      { seed: 12, numRuns: 150 },
    );
  });

  test('JSON nested deeply, where a tag is to be written', () => {
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const parser = createParser({ format: 'jsonl' });
    const text = `{"tokens": ["a"], "tags": ${nested}}\n`;
    const sentences = [...parser.push(text), ...parser.end()];
    const out = written({ sentences, document: parser.document }, {}, () => 'T');
    expect(out).toBe('{"tokens": ["a"], "tags": ["T"]}\n');
  });
});

describe('long inputs take linear time', () => {
  /** How many tokens are read. Quadratic work on these inputs would exceed the time limit. */
  const count = (format: Format, text: string, pieceLength = text.length): number => {
    const parser = createParser({ format, gold: format !== 'text' && format !== 'horizontal' });
    let tokens = 0;
    const add = (sentences: Sentence[]): void => {
      for (const sentence of sentences) tokens += sentence.tokens.length;
    };
    for (let at = 0; at < text.length; at += pieceLength)
      add(parser.push(text.slice(at, at + pieceLength)));
    add(parser.end());
    return tokens;
  };

  test('many comments before the first token, in small pieces', () => {
    expect(count('columns', `${'# a comment\n'.repeat(70_000)}a O\n`, 24)).toBe(1);
  });

  test('a long cell with line ends in quotes, in small pieces', () => {
    expect(count('csv', `a,"${'x\n'.repeat(1_000_000)}",O\nb,c,O\n`, 500)).toBe(2);
  });

  test('a cell of quotes', () => {
    expect(count('tsv', `"${'""'.repeat(500_000)}"\tO\n`)).toBe(1);
    expect(count('csv', `"${'""'.repeat(500_000)}",O\n`)).toBe(1);
  });

  test('MISC without a bar', () => {
    const rows = `1\ta${'\t_'.repeat(7)}\tNER=O\n\n`.repeat(100_000);
    const parser = createParser({ format: 'conllu', tagColumn: 'Absent', gold: true });
    expect(parser.push(rows).length).toBe(100_000);
  });

  test('a paragraph of megabytes in one line', () => {
    expect(count('text', 'One dog barks. '.repeat(70_000))).toBe(280_000);
  });

  test('a word of a script without spaces', () => {
    expect(count('text', '日本語'.repeat(60_000))).toBeGreaterThan(50_000);
  });

  test('many columns', () => {
    expect(count('columns', `${'a '.repeat(1_000_000)}O\n`)).toBe(1);
    expect(count('tsv', `${'a\t'.repeat(1_000_000)}O\n`)).toBe(1);
  });
});
