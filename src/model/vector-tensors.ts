import { createVectorLookup, type WordVectors } from '../corpus/features/word-vectors.ts';
import type { Tensor } from './safetensors/format.ts';
import type { SafetensorsFile } from './safetensors/read.ts';

// The word vectors of a model file: whole numbers (rows, dim), a scale for each row, and the words.

const VALUES = 'vectors.values';
const SCALES = 'vectors.scales';
const WORDS = 'vectors.words';

export function vectorTensors({ dim, words, values, scales }: WordVectors): [string, Tensor][] {
  const dtype = values instanceof Int8Array ? 'I8' : 'I16';
  const rows = scales.length;
  return [
    [VALUES, { dtype, shape: [rows, dim], data: values }],
    [SCALES, { dtype: 'F32', shape: [rows], data: scales }],
    [WORDS, { dtype: 'U8', shape: [words.length], data: words }],
  ];
}

/** Reads word vectors of width `dim`. A string describes what is wrong with them. */
export function readVectorTensors(file: SafetensorsFile, dim: number): WordVectors | string {
  const [values, scales, words] = [VALUES, SCALES, WORDS].map((name) => file.tensors.get(name));
  const rows = scales?.shape[0];
  if (!values || !scales || !words || rows === undefined) return 'word vectors are missing';
  if (
    !['I8', 'I16'].includes(values.dtype) ||
    scales.dtype !== 'F32' ||
    words.dtype !== 'U8' ||
    values.shape.join() !== [rows, dim].join()
  )
    return 'its word vectors are of a wrong shape or dtype';
  const vectors: WordVectors = {
    dim,
    words: new Uint8Array(words.end - words.begin),
    values: new (values.dtype === 'I8' ? Int8Array : Int16Array)(rows * dim),
    scales: new Float32Array(rows),
  };
  const bytesOf = (data: WordVectors['values' | 'scales' | 'words']): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  file.readInto(WORDS, vectors.words);
  file.readInto(VALUES, bytesOf(vectors.values));
  file.readInto(SCALES, bytesOf(vectors.scales));
  const isDamaged = !vectors.scales.every(Number.isFinite) || !createVectorLookup(vectors);
  return isDamaged ? 'its word vectors are damaged' : vectors;
}

export const vectorTensorNames = [VALUES, SCALES, WORDS] as const;
