import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tagType } from '../../../src/corpus/formats/chunks.ts';
import { formatInline } from '../../../src/corpus/formats/inline/writer.ts';

const plain = (text: string): string => text;
const line = (tagged: string, paint = plain as (text: string, type: string) => string) => {
  const pairs = tagged.split(' ').map((pair) => pair.split('/'));
  return formatInline(
    pairs.map(([token]) => token!),
    [pairs.map(([, tag]) => tag!)],
    paint,
  );
};

test('parts of speech follow their word', () => {
  expect(line('Dogs/NNS bark/VBP ./.')).toBe('Dogs/NNS bark/VBP ./.\n');
  expect(formatInline(['1/2', 'New York', ''], [['CD', 'NNP', 'X']], plain)).toBe(
    '1/2/CD New\u00a0York/NNP _/X\n',
  );
});

test('spans are brackets, in any scheme', () => {
  const expected = '[PER Barack Obama] visited [LOC Paris] .\n';
  expect(line('Barack/B-PER Obama/I-PER visited/O Paris/B-LOC ./O')).toBe(expected);
  expect(line('Barack/I-PER Obama/I-PER visited/O Paris/I-LOC ./O')).toBe(expected);
  expect(line('Barack/B-PER Obama/E-PER visited/O Paris/S-LOC ./O')).toBe(expected);
  expect(line('Barack/B-PER Obama/L-PER visited/O Paris/U-LOC ./O')).toBe(expected);
  expect(line('a/B-X b/M-X c/E-X d/S-X')).toBe('[X a b c] [X d]\n');
  expect(line('a/B-X b/B-X c/I-Y d/I-X')).toBe('[X a] [X b] [Y c] [X d]\n');
  expect(line('a/O b/O')).toBe('a b\n');
});

test('one tag without a prefix makes them parts of speech', () => {
  expect(line('a/O b/X')).toBe('a/O b/X\n');
  expect(tagType('B-PER')).toBe('PER');
  expect(tagType('NN')).toBe('NN');
  expect(tagType('X-Y')).toBe('X-Y');
  expect(tagType('O')).toBe('O');
});

test('of several columns the first of spans is in brackets, the others follow their word', () => {
  const columns = {
    upos: ['NOUN', 'PUNCT'],
    xpos: ['NNS', '.'],
    ner: ['B-X', 'O'],
    chunk: ['B-NP', 'O'],
  };
  const { upos, xpos, ner, chunk } = columns;
  const inline = (...tags: string[][]): string => formatInline(['Dogs', '.'], tags, plain);
  expect(inline(upos, xpos)).toBe('Dogs/NOUN/NNS ./PUNCT/.\n');
  expect(inline(upos, ner)).toBe('[X Dogs/NOUN] ./PUNCT\n');
  expect(inline(ner, upos, chunk)).toBe('[X Dogs/NOUN/B-NP] ./PUNCT/O\n');
});

test('what is a tag is painted', () => {
  const paint = (text: string, type: string) => `<${type}:${text}>`;
  expect(line('a/NN', paint)).toBe('a<NN:/NN>\n');
  expect(line('a/B-X b/O', paint)).toBe('<X:[X a]> b\n');
});

test('control characters become visible ones', () => {
  expect(formatInline(['\x1b[31mred\x07', 'b'], [['N\x1b]0;x', 'V\u009b']], plain)).toBe(
    '␛[31mred␇/N␛]0;x b/V\ufffd\n',
  );
  expect(formatInline(['a'], [['B-X\x1b\ny']], plain)).toBe('[X␛␊y a]\n');
});

test('words and tags of parts of speech come back, cut at the last slash', () => {
  const token = fc
    .string({ unit: 'binary', minLength: 1 })
    .filter((text) => !/[\p{Cc} \u00a0]/u.test(text));
  const tag = fc.stringMatching(/^[A-Z]{2,4}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(token, tag), { minLength: 1 }), (pairs) => {
      const out = formatInline(
        pairs.map(([t]) => t),
        [pairs.map(([, t]) => t)],
        plain,
      );
      const back = out
        .slice(0, -1)
        .split(' ')
        .map((pair) => {
          const at = pair.lastIndexOf('/');
          return [pair.slice(0, at), pair.slice(at + 1)];
        });
      expect(back).toEqual(pairs);
    }),
  );
});
