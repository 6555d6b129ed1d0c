import { expect, test } from 'vitest';
import { readVectors, type VectorTable } from '../../src/vectors/read.ts';
import { expectUserErrorAsync, stream } from '../corpus/helpers.ts';

const read = (content: string, cuts: readonly number[] = []): Promise<VectorTable> =>
  readVectors(stream(Buffer.from(content), cuts), { counts: new Map(), keep: 99, file: 'file' });

const shown = ({ words, values, dim }: VectorTable): string =>
  words.map((word, i) => `${word}=${[...values.subarray(i * dim, (i + 1) * dim)]}`).join(' ');

const wink = JSON.stringify({
  precision: 8,
  dimensions: 2,
  words: ['the', '"', ']', '\\'],
  vectors: { the: [0.5, -1, 9, 0], '"': [1, 2, 9, 1], ']': [3e-1, 4, 9, 2], '\\': [5, 6, 9, 3] },
});
const winkRows = `the=0.5,-1 "=1,2 ]=${Math.fround(0.3)},4 \\=5,6`;

test.each([
  ["wink-nlp's layout, whose lists end with a norm and an index", wink, winkRows],
  ['indented', JSON.stringify(JSON.parse(wink), undefined, 2), winkRows],
  ['words and lists alone', '{"a": [1, 2],\n"\\u00e9": [3, 4]}\n', 'a=1,2 é=3,4'],
  ['other values beside it', '{"x":{"y":[{"z":1},["[",2]]},"n":null,"v":{"a":[1,2]}}', 'a=1,2'],
])('%s', async (_, content, rows) => {
  expect(shown(await read(content))).toBe(rows);
  const bytes = Buffer.byteLength(content);
  expect(shown(await read(content, [...Array(bytes).keys()]))).toBe(rows);
});

test.each([
  ['cut short', wink.slice(0, -2), /^file: the JSON is cut short\. Download it again\.$/],
  ['no vectors', '{"words": ["a"], "n": 1}', /^file:1: neither a word with its numbers/],
  ['a short list', '{"a":[1,2],"b":[1]}', /^file: byte 16: 1 values of "b" instead of 2, expected/],
  ['a value that is not finite', '{"a":[1,1e99]}', /value 2 of "a" is no finite number/],
  ['a value that is no number', '{"a":[1,null]}', /value 2 of "a" is no finite number/],
  ['not JSON', '{"a":[1,2],b:[1,2]}', /^file: byte 12: no key in quotation marks, expected JSON/],
  ['a wrong bracket', '{"a":[1,2]]', /^file: byte 11: a wrong bracket/],
  ['text after the object', '{"a":[1,2]} x', /^file: byte 13: text outside of the object/],
])('%s is refused', async (_, content, pattern) => {
  await expectUserErrorAsync(() => read(content), pattern);
});
