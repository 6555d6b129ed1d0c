import { type ErrorCode, UserError } from '../../errors.ts';
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

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorLocation>;
}

interface FileFacts {
  readonly file: string;
  readonly fileBytes: number;
}

const REMEDY = 'Copy or train it again.';
/** Size in bytes of the number before the header. */
const LENGTH = 8;

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

function parseHeader(bytes: Uint8Array, { file, fileBytes }: FileFacts): Header {
  const json = parseJson(bytes, file);
  const dataBegin = LENGTH + bytes.length;
  const metadata = new Map<string, string>();
  const tensors = new Map<string, TensorLocation>();
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') {
      tensors.set(name, locate(value, { file, name, dataBegin }));
      continue;
    }
    if (!isObject(value)) throw damaged(file, '"__metadata__" is not an object');
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry !== 'string')
        throw damaged(file, `"__metadata__" holds no string at ${quotedName(key)}`);
      metadata.set(key, entry);
    }
  }
  checkCover(tensors, { file, fileBytes, dataBegin });
  return { metadata, tensors };
}

function parseJson(bytes: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(file, `the header is not ${error instanceof SyntaxError ? 'JSON' : 'UTF-8'}`);
  }
  if (!isObject(json)) throw damaged(file, 'the header is not a JSON object');
  // what `seqtag` writes is what JSON.stringify gives: a fast proof that no key occurs twice
  const twice = JSON.stringify(json) === text.trimEnd() ? undefined : duplicateKey(text);
  if (twice !== undefined) throw damaged(file, `the header has ${quotedName(twice)} twice`);
  return json;
}

/** Checks the description of a tensor, and returns where it is in the file. */
function locate(
  value: unknown,
  { file, name, dataBegin }: { file: string; name: string; dataBegin: number },
): TensorLocation {
  const fail = (what: string): UserError => damaged(file, `tensor ${quotedName(name)} ${what}`);
  if (!isObject(value)) throw fail('is not described by an object');
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const [foreign] = Object.keys(others);
  if (foreign !== undefined) throw fail(`has an unknown field ${quotedName(foreign)}`);
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

/**
 * The first key that occurs twice in an object of valid JSON. JSON.parse would keep the later one.
 */
function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys of each open object, undefined for an array
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x7b) open.push(new Set());
    else if (c === 0x5b) open.push(undefined);
    else if (c === 0x7d || c === 0x5d) open.pop();
    else if (c === 0x22) {
      const begin = i++;
      for (let d = text.charCodeAt(i); d !== 0x22; d = text.charCodeAt(i)) i += d === 0x5c ? 2 : 1;
      const keys = open.at(-1);
      if (keys === undefined || !isFollowedByColon(text, i + 1)) continue;
      const key = JSON.parse(text.slice(begin, i + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function isFollowedByColon(text: string, from: number): boolean {
  let i = from;
  while (text.charCodeAt(i) <= 0x20) i++;
  return text.charCodeAt(i) === 0x3a;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

const problem = (
  file: string,
  message: string,
  code: ErrorCode = 'SEQTAG_MODEL_FORMAT',
): UserError => new UserError(`${file}: ${message}`, { code });

const damaged = (file: string, what: string): UserError =>
  problem(file, `${what}: the file is damaged. ${REMEDY}`, 'SEQTAG_MODEL_DAMAGED');

const truncated = (file: string, what: string): UserError =>
  problem(file, `${what}: the file is cut short. ${REMEDY}`, 'SEQTAG_MODEL_DAMAGED');

const byteCount = (n: number | bigint): string =>
  `${grouped(n)} ${String(n) === '1' ? 'byte' : 'bytes'}`;
