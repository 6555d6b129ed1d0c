import { type ErrorCode, UserError } from '../../errors.ts';
import { CHECKSUMS, headerCrc32, OF_HEADER } from './checksums.ts';
import { foreignFile } from './foreign-files.ts';
import {
  elementBytes,
  elementCount,
  grouped,
  isDtype,
  MAX_HEADER,
  quotedName,
  type TensorLocation,
} from './format.ts';
import { jsonReader } from './json-reader.ts';

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorLocation>;
  /** The CRC-32 of each tensor; undefined if the file has no checksums. */
  readonly checksums: ReadonlyMap<string, number> | undefined;
}

interface FileFacts {
  readonly file: string;
  readonly fileBytes: number;
}

const REMEDY = 'Copy or train it again.';
/** Size in bytes of the number before the header. */
const LENGTH = 8;
const FIELDS: readonly string[] = ['dtype', 'shape', 'data_offsets'];

/**
 * Reads and checks the header of a file.
 * @param read fills a buffer with the bytes of the file from a position on
 * @throws UserError that says what is wrong
 */
export function readHeader(
  read: (target: Uint8Array, from: number) => void,
  { file, fileBytes }: FileFacts,
): Header {
  if (fileBytes === 0) throw problem(file, `the file is empty. ${REMEDY}`, 'SEQTAG_MODEL_DAMAGED');
  const beginning = new Uint8Array(Math.min(fileBytes, 64));
  read(beginning, 0);
  const notSafetensors = (what: string): UserError =>
    problem(
      file,
      foreignFile(beginning) ?? `not a safetensors file: it ${what}. Give a model file.`,
    );
  if (fileBytes < LENGTH) throw notSafetensors(`has only ${fileBytes} of the first 8 bytes`);
  const declared = new DataView(beginning.buffer).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER) || declared < 2n)
    throw notSafetensors(`names a header of ${byteCount(declared)}`);
  if (fileBytes > LENGTH && beginning[LENGTH] !== 0x7b)
    throw notSafetensors('has no header that begins with "{"');
  const end = LENGTH + Number(declared);
  if (end > fileBytes)
    throw truncated(
      file,
      `the header ends at byte ${grouped(end)} but the file has ${grouped(fileBytes)}`,
    );
  const bytes = new Uint8Array(Number(declared));
  read(bytes, LENGTH);
  return parseHeader(bytes, { file, fileBytes });
}

/** Files with more of them are refused, because each takes memory. */
const MOST_TENSORS = 100_000;
const MOST_ENTRIES = 1000;

function parseHeader(bytes: Uint8Array, { file, fileBytes }: FileFacts): Header {
  const dataBegin = LENGTH + bytes.length;
  const metadata = new Map<string, string>();
  const tensors = new Map<string, TensorLocation>();
  const reader = jsonReader(decodeUtf8(bytes, file), () => {
    throw damaged(file, 'the header is not JSON');
  });
  const fail = (what: string): UserError => damaged(file, `the header has ${what}`);
  const once = (key: string, known: { has(key: string): boolean }): void => {
    if (known.has(key)) throw fail(`${quotedName(key)} twice`);
  };
  let hasMetadata = false;
  reader.members((name) => {
    if (name === OF_HEADER) {
      if (hasMetadata) throw fail(`"${OF_HEADER}" twice`);
      hasMetadata = true;
      if (reader.peek() !== '{') throw damaged(file, `"${OF_HEADER}" is not an object`);
      reader.members((key) => {
        once(key, metadata);
        if (reader.peek() !== '"')
          throw damaged(file, `"${OF_HEADER}" holds no string at ${quotedName(key)}`);
        if (metadata.size === MOST_ENTRIES) throw fail(`more than ${MOST_ENTRIES} entries`);
        metadata.set(key, reader.string());
      });
      return;
    }
    once(name, tensors);
    if (tensors.size === MOST_TENSORS) throw fail(`more than ${grouped(MOST_TENSORS)} tensors`);
    const info = new Map<string, unknown>();
    if (reader.peek() !== '{')
      throw damaged(file, `tensor ${quotedName(name)} is not described by an object`);
    reader.members((field) => {
      once(field, info);
      info.set(field, reader.small());
    });
    tensors.set(name, locate(info, { file, name, dataBegin }));
  });
  if (reader.peek() !== '') throw damaged(file, 'the header is not JSON');
  checkCover(tensors, { file, fileBytes, dataBegin });
  const checksums = decodeChecksums(metadata, { file, tensors });
  metadata.delete(CHECKSUMS);
  return { metadata, tensors, checksums };
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(file, 'the header is not UTF-8');
  }
}

/** The checksums of the tensors, after a check of the header's own; undefined if the file has none. */
function decodeChecksums(
  metadata: ReadonlyMap<string, string>,
  { file, tensors }: { file: string; tensors: Header['tensors'] },
): Header['checksums'] {
  const json = metadata.get(CHECKSUMS);
  const checksums = new Map<string, number>();
  const fail = (): never => {
    throw damaged(file, 'the checksums in its header are not those of its tensors');
  };
  if (json === undefined) {
    // a damaged key would look like a file without checksums
    for (const value of metadata.values()) if (value.startsWith(`{"${OF_HEADER}":"`)) fail();
    return undefined;
  }
  const reader = jsonReader(json, fail);
  reader.members((name) => {
    const text = reader.string();
    if (!/^[\da-f]{8}$/.test(text) || (name !== OF_HEADER && !tensors.has(name))) fail();
    checksums.set(name, Number.parseInt(text, 16));
  });
  if (reader.peek() !== '' || checksums.size !== tensors.size + 1) fail();
  if (checksums.get(OF_HEADER) !== headerCrc32({ metadata, tensors }))
    throw damaged(file, 'the header does not have its checksum');
  return checksums;
}

/** Checks the description of a tensor, and returns where it is in the file. */
function locate(
  info: ReadonlyMap<string, unknown>,
  { file, name, dataBegin }: { file: string; name: string; dataBegin: number },
): TensorLocation {
  const fail = (what: string): UserError => damaged(file, `tensor ${quotedName(name)} ${what}`);
  const foreign = [...info.keys()].find((field) => !FIELDS.includes(field));
  if (foreign !== undefined) throw fail(`has an unknown field ${quotedName(foreign)}`);
  const [dtype, shape, offsets] = FIELDS.map((field) => info.get(field));
  if (typeof dtype !== 'string') throw fail('has no dtype');
  if (!isDtype(dtype))
    throw problem(
      file,
      `tensor ${quotedName(name)} has dtype ${quotedName(dtype)}, which is not supported. Convert it to F32 or F16.`,
    );
  if (!isSizes(shape)) throw fail('has no shape of whole numbers');
  if (!isSizes(offsets) || offsets.length !== 2) throw fail('has no two data_offsets');
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw fail('ends before it begins');
  const bytes = elementCount(shape) * elementBytes(dtype);
  if (bytes !== end - begin)
    throw fail(
      `of ${dtype} [${shape.join(', ')}] needs ${byteCount(bytes)} but has ${grouped(end - begin)}`,
    );
  return { dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/**
 * Checks that the tensors cover the file from the end of the header to the last byte, without
 * overlap.
 */
function checkCover(
  tensors: ReadonlyMap<string, TensorLocation>,
  { file, fileBytes, dataBegin }: FileFacts & { dataBegin: number },
): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  // checked first, because a file cut short is the most frequent fault and may cause the others
  for (const [name, { end }] of ordered)
    if (end > fileBytes)
      throw truncated(
        file,
        `tensor ${quotedName(name)} ends at byte ${grouped(end)} but the file has ${grouped(fileBytes)}`,
      );
  let reached = dataBegin;
  let previous = '';
  for (const [name, { begin, end }] of ordered) {
    if (begin < reached)
      throw damaged(file, `tensors ${quotedName(previous)} and ${quotedName(name)} overlap`);
    if (begin > reached)
      throw damaged(
        file,
        `there is a hole of ${byteCount(begin - reached)} before tensor ${quotedName(name)}`,
      );
    reached = end;
    previous = name;
  }
  if (reached < fileBytes)
    throw damaged(file, `it goes on for ${byteCount(fileBytes - reached)} after the last tensor`);
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

const problem = (
  file: string,
  message: string,
  code: ErrorCode = 'SEQTAG_MODEL_FORMAT',
): UserError => new UserError(`${file}: ${message}`, { code });

export const damaged = (file: string, what: string): UserError =>
  problem(file, `${what}: the file is damaged. ${REMEDY}`, 'SEQTAG_MODEL_DAMAGED');

const truncated = (file: string, what: string): UserError =>
  problem(file, `${what}: the file is cut short. ${REMEDY}`, 'SEQTAG_MODEL_DAMAGED');

const byteCount = (n: number | bigint): string =>
  `${grouped(n)} ${String(n) === '1' ? 'byte' : 'bytes'}`;
