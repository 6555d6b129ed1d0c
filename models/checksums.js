#!/usr/bin/env node
// @ts-check
// Writes checksums into model files of earlier versions. Tensors and metadata stay as they are.
//
// node models/checksums.js MODEL...
import { isDeepStrictEqual } from 'node:util';
import { arrays } from '../dist/model/safetensors/format.js';
import { openSafetensors } from '../dist/model/safetensors/read.js';
import { writeSafetensors } from '../dist/model/safetensors/write.js';

/** @param {string} path */
function readAll(path) {
  const file = openSafetensors(path);
  const tensors = new Map(
    [...file.tensors].map(([name, { dtype, shape, begin, end }]) => {
      const bytes = new Uint8Array(end - begin);
      file.readInto(name, bytes);
      return [name, { dtype, shape, data: new arrays[dtype](bytes.buffer) }];
    }),
  );
  file.close();
  return { metadata: file.metadata, tensors };
}

for (const path of process.argv.slice(2)) {
  const before = readAll(path);
  writeSafetensors(path, before.tensors, before.metadata);
  if (!isDeepStrictEqual(readAll(path), before)) throw new Error(`${path} has changed`);
  console.log(`${path}: ${before.tensors.size} tensors`);
}
