import { describe, expect, test } from 'vitest';
import { type LintSentence, lint, type Part, type Role } from '../../../src/corpus/lint/lint.ts';

const words = 'Ada met Bo in Rome . They saw old ships and sang loudly'.split(' ');
const sentence = (text: string, line: number): LintSentence => {
  const cells = text.split(' ').map((cell) => cell.split('/'));
  return {
    file: 'f',
    line,
    tokens: cells.map(([token]) => token!),
    tags: cells.map(([, tag]) => tag!),
  };
};
const part = (role: Role, ...texts: string[]): Part => {
  let line = 1;
  const sentences = texts.map((text) => {
    const one = sentence(text, line);
    line += one.tokens.length + 1;
    return one;
  });
  return { role, name: `${role}.conll`, sentences };
};
const checksOf = (...parts: Part[]): string[] =>
  lint(parts).map(({ check, severity }) => `${check} ${severity}`);
const good = ['Ada/B-PER met/O Bo/B-PER ./O', 'They/O saw/O old/O Rome/B-LOC'];

describe('lint', () => {
  test('finds nothing in a good corpus', () => {
    expect(checksOf(part('train', ...good))).toEqual([]);
  });

  test.each([
    ['empty-tokens error', 'train', ['/O /B-PER', '/O /O']],
    ['empty-tags error', 'train', ['Ada/ ran/', 'Bo/ sat/']],
    ['empty-tags error', 'train', [...good, 'It/O rained/']],
    ['one-tag error', 'train', ['Ada/X ran/X', 'Bo/X sat/X']],
    ['ids-as-words error', 'train', ['1/O 2/B-PER 3/O', '1/B-LOC 2/O']],
    [
      'invalid-transitions warning',
      'train',
      [...good, 'He/O saw/O Lady/B-PER Ann/I-LOC again/I-LOC'],
    ],
    ['spaces-in-tokens warning', 'test', [...good, 'New\u00a0York\u2003City/B-LOC is/O']],
    ['suspicious-characters warning', 'train', [...good, 'caf\ufffd/O is/O']],
    ['duplicates warning', 'train', [...good, good[0]!]],
    ['tags-disagree warning', 'train', [...good, 'Ada/O met/O Bo/B-PER ./O']],
  ] as [string, Role, string[]][])('finds %s', (found, role, texts) => {
    expect(checksOf(part(role, ...texts))).toContain(found);
  });

  test('one empty cell of many is a warning', () => {
    const many = Array.from({ length: 40 }, (_, i) => `Ada/B-PER met/O x${i}/O ./O`);
    expect(checksOf(part('train', ...many, 'It/O /O'))).toContain('empty-tokens warning');
    expect(checksOf(part('train', ...many, 'It/O rained/'))).toContain('empty-tags warning');
  });

  test('tokens of white space are no empty ones', () => {
    const [finding, ...others] = lint([part('train', ...good, '\n/O Ada/B-PER')]);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ check: 'spaces-in-tokens', severity: 'warning' });
    expect(finding?.message).toContain('has only white space');
  });

  test('an empty tag is named in messages', () => {
    const empty = part('train', ...good, 'He/ saw/I-PER Bo/B-PER ./O');
    const again = part('train', ...good, 'Ada/ met/O Bo/B-PER ./O');
    const messages = [empty, again].flatMap((one) => lint([one]).map(({ message }) => message));
    expect(messages.join('\n')).toContain('I-PER after an empty tag is not valid');
    expect(messages.join('\n')).toContain('"Ada" is an empty tag, but B-PER in');
  });

  test('tags that are numbers need names', () => {
    const finding = lint([part('train', 'Ada/1 met/0 Bo/1 ./0', 'They/0 saw/0 Rome/3 ./0')])[0];
    expect(finding?.message).toMatch(/the tags are numbers \(0, 1, 3\)\. If they stand for labels/);
  });

  test('says where, what and the remedy', () => {
    const [finding] = lint([part('train', ...good, 'It/O rained/')]);
    expect(finding?.message).toBe('f:12: no tag. Fill in the tags or remove the lines.');
  });

  test('many tags are strange, but not many lemmas or features', () => {
    const withTags = (tag: (i: number) => string): Part =>
      part(
        'train',
        ...Array.from({ length: 400 }, (_, i) => `w${i}/${tag(i)} ${'x/y '.repeat(6)}z/y`),
      );
    const many = withTags((i) => `T${i}`);
    expect(checksOf(many)).toContain('many-tags warning');
    expect(lint([many], { lemmas: true })).toEqual([]);
    const features = withTags((i) => `Case=C${i}`);
    const all = {
      ...features,
      sentences: features.sentences.map((one) => ({
        ...one,
        tags: one.tags.map((tag) => (tag === 'y' ? '_' : tag)),
      })),
    };
    expect(checksOf(all)).toEqual([]);
  });

  test('lemmas of other parts may be new, but not missing', () => {
    const dev = part('dev', 'She/she went/go home/home');
    const train = part('train', 'They/they saw/see it/it', 'It/it was/be old/old');
    expect(lint([train, dev], { lemmas: true })).toEqual([]);
    expect(lint([train, dev]).map(({ check }) => check)).toContain('unseen-tags');
    const none = part('train', 'They/_ saw/_ it/_');
    expect(lint([none], { lemmas: true }).map(({ check }) => check)).toEqual(['one-tag']);
  });

  test('finds swapped columns', () => {
    const texts = Array.from({ length: 20 }, (_, i) => `O/w${i} O/v${i} B-PER/u${i}`);
    expect(checksOf(part('train', ...texts))).toContain('columns-swapped error');
  });

  test('finds missing sentence boundaries', () => {
    const text = Array.from(
      { length: 300 },
      (_, i) => `${words[i % words.length]}/${i % 7 ? 'O' : 'B-X'}`,
    );
    const [finding] = lint([part('train', text.join(' '))]);
    expect(finding?.message).toMatch(/^f:1: no blank line in 300 tokens/);
  });

  test('compares parts', () => {
    const train = part('train', ...good);
    expect(checksOf(train, part('dev', good[0]!))).toContain('overlap warning');
    expect(checksOf(train, part('dev', 'a/O b/O c/O'))).toContain('no-spans warning');
    expect(checksOf(train, part('test', 'Oslo/B-GPE is/O far/O'))).toContain('unseen-tags warning');
    expect(checksOf(train, part('test', 'Oslo/NNP is/VBZ far/RB'))).toContain(
      'scheme-differs error',
    );
    expect(checksOf(train, part('test', 'Bo/S-PER Ann/B-PER Lee/E-PER'))).toContain(
      'scheme-differs note',
    );
  });

  test('hints that labels beside O may be runs', () => {
    const labels = part('train', 'Ada/PERSON Lee/PERSON ran/O far/O ./O', 'They/O sat/O');
    expect(checksOf(labels)).toEqual(['tag-notation note']);
    const colons = part('train', ...good.map((text) => text.replaceAll('B-', 'B:')));
    expect(lint([colons]).map(({ message }) => message)).toEqual([
      'train.conll: the tags look like spans (B:PER, B:LOC), but are read as plain tags. Write - between the letter and the type, as in B-PER.',
    ]);
    expect(lint([labels], { fromScheme: 'IO' })).toEqual([]);
  });
});
