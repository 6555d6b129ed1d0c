import { arrays, type Tensor } from '../../src/model/safetensors/format.ts';
import { openSafetensors } from '../../src/model/safetensors/read.ts';

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Reads all of a file. */
export function readSafetensors(path: string): Safetensors {
  using file = openSafetensors(path);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, begin, end }] of file.tensors) {
    const bytes = new Uint8Array(end - begin);
    file.readInto(name, bytes);
    tensors.set(name, { dtype, shape, data: new arrays[dtype](bytes.buffer) });
  }
  return { metadata: file.metadata, tensors };
}
