import { writeFile, writeFileInBackground } from '../../files/write.ts';
import { CHECKSUMS, crc32, encodeChecksums, headerCrc32, OF_HEADER } from './checksums.ts';
import {
  arrays,
  elementBytes,
  elementCount,
  grouped,
  MAX_HEADER,
  quotedName,
  type Tensor,
} from './format.ts';

/**
 * Writes tensors and metadata, with checksums. The same input gives the same bytes. Tensors are sorted by falling element size, so that
 * all are aligned, then by name. The file appears only when it is complete.
 * @returns the size of the file in bytes
 * @throws UserError when the file cannot be written; Error when a tensor contradicts its description
 */
export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): number {
  const chunks = safetensorsChunks(tensors, metadata);
  writeFile(file, (write) => chunks.forEach(write));
  return chunks.reduce((size, { length }) => size + length, 0);
}

/** As `writeSafetensors`, in the background. The tensors must not change until the file is complete. */
export const writeSafetensorsInBackground = (
  file: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string>,
): Promise<void> => writeFileInBackground(file, safetensorsChunks(tensors, metadata));

/** The bytes of a file: its header, then views of the tensors. */
function safetensorsChunks(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string>,
): Uint8Array[] {
  const ordered = inFileOrder(tensors);
  const chunks = ordered.map(
    ([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  const checksums = new Map([[OF_HEADER, headerCrc32({ metadata, tensors })]]);
  for (const [i, [name]] of ordered.entries()) checksums.set(name, crc32(chunks[i]!));
  const entries = new Map(metadata).set(CHECKSUMS, encodeChecksums(checksums));
  return [headerBytes(ordered, entries), ...chunks];
}

function inFileOrder(tensors: ReadonlyMap<string, Tensor>): [string, Tensor][] {
  for (const [name, { dtype, shape, data }] of tensors) {
    if (name === '__metadata__') throw new Error('a tensor cannot be named "__metadata__"');
    if (!(data instanceof arrays[dtype]))
      throw new Error(
        `tensor ${quotedName(name)}: ${dtype} cannot be in a ${data.constructor.name}`,
      );
    if (elementCount(shape) !== data.length)
      throw new Error(`tensor ${quotedName(name)}: shape [${shape}] with ${data.length} elements`);
  }
  return [...tensors].sort(
    ([a, x], [b, y]) => elementBytes(y.dtype) - elementBytes(x.dtype) || compare(a, b),
  );
}

/** Length and header. The JSON is built as text, because an object would move keys such as "1" to the front. */
function headerBytes(
  ordered: readonly [string, Tensor][],
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const entries = [...metadata].sort(([a], [b]) => compare(a, b));
  const pairs = entries.map(([key, value]) => `${jsonOf(key)}:${jsonOf(value)}`);
  const members = [`"__metadata__":{${pairs.join(',')}}`];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const end = offset + data.byteLength;
    members.push(
      `${jsonOf(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`,
    );
    offset = end;
  }
  const json = Buffer.from(`{${members.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > MAX_HEADER)
    throw new Error(`the header would take ${grouped(padded)} bytes, more than the format's limit`);
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(bytes, 8);
  return bytes;
}

/** JSON of a string. Refuses lone surrogates, which UTF-8 cannot represent. */
function jsonOf(text: string): string {
  if (/\p{Surrogate}/u.test(text))
    throw new Error(`${quotedName(text)} is not well-formed Unicode`);
  return JSON.stringify(text);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
