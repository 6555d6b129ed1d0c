import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packVectors, type WordVectors } from '../../src/corpus/features/word-vectors.ts';
import type { Tensor } from '../../src/model/safetensors/format.ts';
import { openSafetensors } from '../../src/model/safetensors/read.ts';
import { writeSafetensors } from '../../src/model/safetensors/write.ts';
import { readVectorTensors, vectorTensors } from '../../src/model/vector-tensors.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqtag-vectors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const values = Float32Array.from({ length: 9 }, (_, i) => Math.cos(i));
const packed = packVectors(['the', 'été', 'US'], values, { bits: 8 });

function reread(change: Record<string, Tensor | undefined> = {}, dim = 3): WordVectors | string {
  const path = join(folder, 'vectors.safetensors');
  const tensors = { ...Object.fromEntries(vectorTensors(packed)), ...change };
  const present = Object.entries(tensors).filter(([, tensor]) => tensor) as [string, Tensor][];
  writeSafetensors(path, new Map(present));
  using file = openSafetensors(path);
  return readVectorTensors(file, dim);
}

test.each([8, 16] as const)('%s-bit vectors come back as they were saved', (bits) => {
  const vectors = packVectors(['the', 'été', 'US'], values, { bits });
  expect(reread(Object.fromEntries(vectorTensors(vectors)))).toEqual(vectors);
});

test('no vectors at all come back too', () => {
  const none = packVectors([], new Float32Array(0), { bits: 8 });
  expect(reread(Object.fromEntries(vectorTensors(none)), 1)).toEqual(none);
});

test.each<[string, Record<string, Tensor | undefined>, RegExp]>([
  ['missing', { 'vectors.scales': undefined }, /are missing/],
  [
    'of another width',
    { 'vectors.values': { dtype: 'I8', shape: [3, 2], data: new Int8Array(6) } },
    /of a wrong shape or dtype/,
  ],
  [
    'of another dtype',
    { 'vectors.values': { dtype: 'F32', shape: [3, 3], data: new Float32Array(9) } },
    /of a wrong shape or dtype/,
  ],
  [
    'with too few lengths',
    { 'vectors.lengths': { dtype: 'U8', shape: [2], data: Uint8Array.of(3, 5) } },
    /of a wrong shape or dtype/,
  ],
  [
    'without scales',
    { 'vectors.scales': { dtype: 'F32', shape: [], data: Float32Array.of(1) } },
    /are missing/,
  ],
  [
    'with a scale that is not finite',
    { 'vectors.scales': { dtype: 'F32', shape: [3], data: Float32Array.of(1, Number.NaN, 1) } },
    /are damaged/,
  ],
  [
    'with other words',
    { 'vectors.words': { dtype: 'U8', shape: [4], data: Uint8Array.of(1, 2, 3, 4) } },
    /are damaged/,
  ],
])('vectors are refused if they are %s', (_, change, pattern) => {
  expect(reread(change)).toMatch(pattern);
});
