import { vectorLookup, type WordVectors } from '../corpus/features/word-vectors.ts';
import { areFinite } from './finite.ts';
import type { Tensor } from './safetensors/format.ts';
import type { SafetensorsFile } from './safetensors/read.ts';

// The word vectors of a model file: whole numbers (rows, dim), a scale for each row, and the words: their lengths in bytes, and
// all bytes one after another.

const VALUES = 'vectors.values';
const SCALES = 'vectors.scales';
const WORDS = 'vectors.words';
const LENGTHS = 'vectors.lengths';

export function vectorTensors({
  dim,
  words,
  lengths,
  values,
  scales,
}: WordVectors): [string, Tensor][] {
  const dtype = values instanceof Int8Array ? 'I8' : 'I16';
  const rows = scales.length;
  return [
    [VALUES, { dtype, shape: [rows, dim], data: values }],
    [SCALES, { dtype: 'F32', shape: [rows], data: scales }],
    [LENGTHS, { dtype: 'U8', shape: [rows], data: lengths }],
    [WORDS, { dtype: 'U8', shape: [words.length], data: words }],
  ];
}

/** Reads word vectors of width `dim`. A string describes what is wrong with them. */
export function readVectorTensors(file: SafetensorsFile, dim: number): WordVectors | string {
  const [values, scales, lengths, words] = vectorTensorNames.map((name) => file.tensors.get(name));
  const rows = scales?.shape[0];
  if (!values || !scales || !lengths || !words || rows === undefined)
    return 'its word vectors are missing';
  if (
    !['I8', 'I16'].includes(values.dtype) ||
    scales.dtype !== 'F32' ||
    lengths.dtype !== 'U8' ||
    words.dtype !== 'U8' ||
    values.shape.join() !== [rows, dim].join() ||
    lengths.shape.join() !== [rows].join()
  )
    return 'its word vectors are of a wrong shape or dtype';
  const vectors: WordVectors = {
    dim,
    values: new (values.dtype === 'I8' ? Int8Array : Int16Array)(rows * dim),
    scales: new Float32Array(rows),
    lengths: new Uint8Array(rows),
    words: new Uint8Array(words.end - words.begin),
  };
  const bytesOf = ({
    buffer,
    byteOffset,
    byteLength,
  }: Uint8Array | WordVectors['values'] | Float32Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  file.readInto(VALUES, bytesOf(vectors.values));
  file.readInto(SCALES, bytesOf(vectors.scales));
  file.readInto(LENGTHS, vectors.lengths);
  file.readInto(WORDS, vectors.words);
  const isDamaged =
    !areFinite(vectors.scales) || vectorLookup(vectors).wordBytes !== vectors.words.length;
  return isDamaged ? 'its word vectors are damaged' : vectors;
}

export const vectorTensorNames = [VALUES, SCALES, LENGTHS, WORDS] as const;
