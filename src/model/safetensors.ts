import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { bfloatToFloat, halfToFloat, lastHalf, widenHalves } from './half.ts';

// The safetensors format, as published with the reference implementation:
//   8 bytes   N, the header's length, unsigned, little-endian; at most 100,000,000
//   N bytes   JSON in UTF-8, begins with `{`, padded with spaces: name -> {dtype, shape, data_offsets},
//             offsets from the end of the header; `__metadata__` holds a map of strings to strings
//   the rest  the tensors, little-endian, row-major, without holes or overlap

/** Element types this module reads and writes; all others of the format are refused by name. */
export type Dtype =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

/** Elements as JavaScript holds them: F16 and BF16 are their bits in a Uint16Array, BOOL is bytes. */
export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | BigUint64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

export interface Tensor {
  readonly dtype: Dtype;
  /** Row-major; [] is a single number. */
  readonly shape: readonly number[];
  /** As many elements as the shape's product. May lie over a SharedArrayBuffer. */
  readonly data: TensorData;
}

/** Where a tensor lies: bytes `begin` to `end - 1`, counted from the start of the file. */
export interface TensorPlace {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** An open file whose header has been checked against its length; close it when done. */
export interface SafetensorsFile extends Disposable {
  readonly path: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  /**
   * Reads a tensor's bytes (little-endian) straight into `target`, which must have just its length
   * and may lie over shared memory. Throws a UserError when the file fails or has shrunk, an Error
   * for an unknown name or a wrong length.
   */
  readInto(name: string, target: Uint8Array): void;
  /**
   * Reads F32, F16 or BF16 numbers as F32 into `target`; as `readInto` otherwise. `widen` makes F32 of the F16 numbers
   * that fill the last half of an array, in place.
   */
  readFloats(name: string, target: Float32Array, widen?: (floats: Float32Array) => void): void;
  close(): void;
}

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const elementBytes: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

const headerLimit = 100_000_000;

// One call of read or write takes less than 2 GiB.
const chunkBytes = 1 << 30;

// ---------------------------------------------------------------------------------------------
// Writing

/**
 * Writes the tensors, largest elements first and by name among equals, so that each is aligned; the
 * same tensors and metadata give the same bytes. The file appears whole or not at all: it is written
 * under a temporary name beside `file`, synchronised with the disk, and renamed. A link is followed.
 * Throws a UserError when the file cannot be written, an Error when a tensor is not what it says.
 */
export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {},
): void {
  const ordered = inFileOrder(tensors);
  const header = headerBytes(ordered, metadata);
  replaceFile(file, (write) => {
    write(header);
    for (const [, { data }] of ordered) {
      write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

function inFileOrder(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
): [string, Tensor][] {
  const entries = entriesOf(tensors);
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === '__metadata__') throw new Error('a tensor cannot be named "__metadata__"');
    if (!Object.hasOwn(arrays, dtype) || !(data instanceof arrays[dtype])) {
      throw new Error(`tensor ${quote(name)}: ${dtype} cannot be in a ${data.constructor.name}`);
    }
    if (sizeOf(shape) !== data.length) {
      throw new Error(`tensor ${quote(name)}: shape [${shape}] with ${data.length} elements`);
    }
  }
  return entries.sort(
    ([a, x], [b, y]) => elementBytes[y.dtype] - elementBytes[x.dtype] || byName(a, b),
  );
}

function entriesOf<T>(items: ReadonlyMap<string, T> | Readonly<Record<string, T>>): [string, T][] {
  return isMap(items) ? [...items] : Object.entries(items);
}

function isMap<T>(
  items: ReadonlyMap<string, T> | Readonly<Record<string, T>>,
): items is ReadonlyMap<string, T> {
  return items instanceof Map;
}

/** JSON of a string that UTF-8 can hold; half a surrogate pair would make other readers fail. */
function jsonOf(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new Error(`${quote(text)} is not well-formed Unicode`);
  return JSON.stringify(text);
}

/** Length and header. Built as text, key by key: an object would move keys such as "1" to the front. */
function headerBytes(
  ordered: readonly [string, Tensor][],
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): Uint8Array {
  const pairs = entriesOf(metadata);
  const members: string[] = [];
  if (pairs.length > 0) {
    pairs.sort(([a], [b]) => byName(a, b));
    const inner = pairs.map(([key, value]) => `${jsonOf(key)}:${jsonOf(value)}`);
    members.push(`"__metadata__":{${inner.join(',')}}`);
  }
  let offset = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const end = offset + data.byteLength;
    const info = { dtype, shape, data_offsets: [offset, end] };
    members.push(`${jsonOf(name)}:${JSON.stringify(info)}`);
    offset = end;
  }
  const json = Buffer.from(`{${members.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > headerLimit) {
    throw new Error(`the header would take ${grouped(padded)} bytes, more than the format's limit`);
  }
  const bytes = Buffer.alloc(8 + padded, ' ');
  bytes.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(bytes, 8);
  return bytes;
}

/**
 * Throws the UserError that `writeSafetensors` would, as far as that can be known beforehand: for a
 * long training to ask before it begins. Nothing is left behind.
 */
export function checkWritable(file: string): void {
  try {
    const { target } = writableTarget(file);
    const name = temporaryName(target);
    fs.closeSync(fs.openSync(name, 'wx'));
    fs.unlinkSync(name);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Writes a file beside `file` and renames it into place; leaves nothing behind on failure. */
function replaceFile(file: string, fill: (write: (bytes: Uint8Array) => void) => void): void {
  let temporary: string | undefined;
  let fd: number | undefined;
  try {
    const { target, mode } = writableTarget(file);
    const name = temporaryName(target);
    fd = fs.openSync(name, 'wx');
    temporary = name;
    const open = fd;
    fill((bytes) => writeAll(open, bytes));
    if (mode !== undefined) fs.fchmodSync(fd, mode & 0o7777);
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    fd = undefined;
    fs.renameSync(temporary, target);
    temporary = undefined;
    syncDirectory(path.dirname(target));
  } catch (error) {
    throw cannotWrite(file, error);
  } finally {
    if (fd !== undefined) attempt(() => fs.closeSync(fd!));
    if (temporary !== undefined) attempt(() => fs.unlinkSync(temporary!));
  }
}

// In the same directory, so that renaming stays on one file system; short, whatever the file's name.
function temporaryName(target: string): string {
  const unique = `${process.pid}-${Math.random().toString(36).slice(2, 10)}`;
  return path.join(path.dirname(target), `.seqtag-${unique}.tmp`);
}

/** Where the bytes go, and the permissions of a file that is there already. */
function writableTarget(file: string): { target: string; mode: number | undefined } {
  const present = fs.statSync(file, { throwIfNoEntry: false });
  const isDirectoryName = file === '' || file.endsWith('/') || file.endsWith(path.sep);
  if (present === undefined && !isDirectoryName) return { target: file, mode: undefined };
  if (present === undefined) {
    throw new UserError(`${file}: no file name; give the name of a file to write.`);
  }
  if (present.isDirectory()) {
    throw new UserError(`${file}: is a directory; give the name of a file to write.`);
  }
  // renaming over /dev/stdout or a pipe would remove it
  if (!present.isFile()) {
    throw new UserError(`${file}: not a regular file; a model can only be written to one.`);
  }
  fs.accessSync(file, fs.constants.W_OK);
  return { target: fs.realpathSync(file), mode: present.mode };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(fd, bytes, done, Math.min(bytes.length - done, chunkBytes));
  }
}

/** Makes the renaming durable where directories can be synchronised; the file is complete anyway. */
function syncDirectory(directory: string): void {
  attempt(() => {
    const fd = fs.openSync(directory, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // best effort: the failure that matters is already on its way
  }
}

function cannotWrite(file: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const directory = path.dirname(file);
  switch (code) {
    case 'ENOENT':
      return new UserError(`${file}: there is no directory ${directory}; create it first.`);
    case 'ENOTDIR':
      return new UserError(`${file}: ${directory} is not a directory; give another path.`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(`${file}: no permission to write here; give another path.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(`${file}: the disk is full; nothing was written. Free some space.`);
    case 'EFBIG':
      return new UserError(`${file}: larger than files may be here; nothing was written.`);
    case 'ENAMETOOLONG':
      return new UserError(`${file}: the name is too long; give a shorter one.`);
    default:
      return new UserError(`${file}: cannot be written (${code}); nothing was changed.`);
  }
}

// ---------------------------------------------------------------------------------------------
// Reading

/**
 * Opens a file and checks its header: the length, the JSON, each dtype, shape and place, that the
 * tensors fill the file without holes or overlap. Throws a UserError that says which is wrong.
 */
export function openSafetensors(file: string): SafetensorsFile {
  let fd = openForReading(file);
  let header: Header;
  try {
    header = readHeader(file, fd);
  } catch (error) {
    attempt(() => fs.closeSync(fd));
    throw cannotRead(file, error);
  }
  const { metadata, tensors } = header;

  function placeOf(name: string): TensorPlace {
    const place = tensors.get(name);
    if (place === undefined) throw new Error(`${file} has no tensor ${quote(name)}`);
    if (fd < 0) throw new Error(`${file} is closed`);
    return place;
  }

  function readInto(name: string, target: Uint8Array): void {
    const { begin, end } = placeOf(name);
    if (target.length !== end - begin) {
      throw new Error(`tensor ${quote(name)} has ${end - begin} bytes, not ${target.length}`);
    }
    readAll(file, fd, target, begin);
  }

  function readFloats(name: string, target: Float32Array, widen = widenHalves): void {
    const { dtype, begin, end } = placeOf(name);
    const size = (end - begin) / elementBytes[dtype];
    if (target.length !== size) {
      throw new Error(`tensor ${quote(name)} has ${size} elements, not ${target.length}`);
    }
    if (dtype === 'F32') {
      readInto(name, new Uint8Array(target.buffer, target.byteOffset, target.byteLength));
    } else if (dtype === 'F16' || dtype === 'BF16') {
      const bits = lastHalf(target);
      readInto(name, new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
      if (dtype === 'F16') widen(target);
      else bfloatToFloat(bits, target);
    } else {
      throw new Error(`tensor ${quote(name)} is ${dtype}, not F32, F16 or BF16`);
    }
  }

  function close(): void {
    if (fd < 0) return;
    fs.closeSync(fd);
    fd = -1;
  }

  return { path: file, metadata, tensors, readInto, readFloats, close, [Symbol.dispose]: close };
}

/**
 * Reads all tensors as views over one buffer; one whose place is not a multiple of its element size
 * (other writers may do so) is a copy. Throws a UserError as `openSafetensors` does.
 */
export function readSafetensors(file: string): Safetensors {
  const opened = openSafetensors(file);
  try {
    const places = [...opened.tensors];
    const first = places.reduce((least, [, { begin }]) => Math.min(least, begin), Infinity);
    const last = places.reduce((most, [, { end }]) => Math.max(most, end), 0);
    const buffer = allocate(file, places.length === 0 ? 0 : last - first);
    const tensors = new Map<string, Tensor>();
    for (const [name, { dtype, shape, begin, end }] of places) {
      opened.readInto(name, new Uint8Array(buffer, begin - first, end - begin));
      const array = arrays[dtype];
      const at = begin - first;
      const isAligned = at % elementBytes[dtype] === 0;
      const data = isAligned
        ? new array(buffer, at, (end - begin) / elementBytes[dtype])
        : new array(buffer.slice(at, end - first));
      tensors.set(name, { dtype, shape, data });
    }
    return { metadata: opened.metadata, tensors };
  } finally {
    opened.close();
  }
}

/** The numbers of an F32, F16 or BF16 tensor as F32: itself when it is F32 already, else a new array. */
export function asFloats({ dtype, data }: Tensor): Float32Array {
  if (dtype === 'F32') return data as Float32Array;
  if (dtype === 'F16') return halfToFloat(data as Uint16Array);
  if (dtype === 'BF16') return bfloatToFloat(data as Uint16Array);
  throw new Error(`${dtype} numbers cannot be read as F32`);
}

interface Header {
  readonly metadata: Map<string, string>;
  readonly tensors: Map<string, TensorPlace>;
}

const remedy = 'copy or train it again.';

function openForReading(file: string): number {
  try {
    // asked before opening: opening a pipe would wait for its writer
    const found = fs.statSync(file);
    if (found.isDirectory()) {
      throw new UserError(`${file}: is a directory; give the model file in it.`);
    }
    if (!found.isFile()) {
      throw new UserError(`${file}: not a regular file; a model can only be read from one.`);
    }
    return fs.openSync(file, 'r');
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function cannotRead(file: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  switch (code) {
    case 'ENOENT':
      return new UserError(`${file}: no such file.`);
    case 'ENOTDIR':
      return new UserError(`${file}: no such file: part of the path is not a directory.`);
    case 'EACCES':
    case 'EPERM':
      return new UserError(`${file}: no permission to read it.`);
    default:
      return new UserError(`${file}: cannot be read (${code}).`);
  }
}

function readAll(file: string, fd: number, target: Uint8Array, from: number): void {
  try {
    for (let done = 0; done < target.length; ) {
      const wanted = Math.min(target.length - done, chunkBytes);
      const got = fs.readSync(fd, target, done, wanted, from + done);
      if (got === 0) {
        throw new UserError(`${file}: became shorter while it was read; ${remedy}`);
      }
      done += got;
    }
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function allocate(file: string, bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    throw new UserError(`${file}: its tensors, ${byteCount(bytes)}, do not fit into memory.`);
  }
}

function readHeader(file: string, fd: number): Header {
  const fileBytes = fs.fstatSync(fd).size;
  if (fileBytes === 0) throw new UserError(`${file}: the file is empty; ${remedy}`);
  const beginning = new Uint8Array(Math.min(fileBytes, 64));
  readAll(file, fd, beginning, 0);
  if (fileBytes < 8) throw notOurs(file, beginning, `has only ${fileBytes} of the first 8 bytes`);
  const declared = new DataView(beginning.buffer).getBigUint64(0, true);
  if (declared > BigInt(headerLimit)) {
    throw notOurs(file, beginning, `names a header of ${byteCount(declared)}`);
  }
  const headerLength = Number(declared);
  if (headerLength < 2) {
    throw notOurs(file, beginning, `names a header of ${byteCount(headerLength)}`);
  }
  if (fileBytes > 8 && beginning[8] !== 0x7b) {
    throw notOurs(file, beginning, 'has no header that begins with "{"');
  }
  const dataBegin = 8 + headerLength;
  if (dataBegin > fileBytes) {
    throw new UserError(
      `${file}: the header ends at byte ${grouped(dataBegin)} but the file has ${grouped(fileBytes)}: the file is truncated; ${remedy}`,
    );
  }
  const bytes = new Uint8Array(headerLength);
  readAll(file, fd, bytes, 8);
  return parseHeader(file, bytes, fileBytes);
}

function parseHeader(file: string, bytes: Uint8Array, fileBytes: number): Header {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof SyntaxError ? 'JSON' : 'UTF-8';
    throw new UserError(`${file}: the header is not ${why}: the file is damaged; ${remedy}`);
  }
  if (!isObject(json)) throw damaged(file, 'the header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw damaged(file, `the header has ${quote(twice)} twice`);

  const metadata = new Map<string, string>();
  const tensors = new Map<string, TensorPlace>();
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') {
      tensors.set(name, tensorPlace(file, name, value, 8 + bytes.length));
      continue;
    }
    if (!isObject(value)) throw damaged(file, '"__metadata__" is not an object');
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry !== 'string') {
        throw damaged(file, `"__metadata__" holds no string at ${quote(key)}`);
      }
      metadata.set(key, entry);
    }
  }
  checkCover(file, tensors, 8 + bytes.length, fileBytes);
  return { metadata, tensors };
}

function tensorPlace(file: string, name: string, value: unknown, dataBegin: number): TensorPlace {
  const label = `tensor ${quote(name)}`;
  if (!isObject(value)) throw damaged(file, `${label} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const foreign = Object.keys(value).find(
    (key) => key !== 'dtype' && key !== 'shape' && key !== 'data_offsets',
  );
  if (foreign !== undefined) throw damaged(file, `${label} has an unknown field ${quote(foreign)}`);
  if (typeof dtype !== 'string') throw damaged(file, `${label} has no dtype`);
  if (!isDtype(dtype)) {
    throw new UserError(
      `${file}: ${label} has dtype ${quote(dtype)}, which is not supported; convert it to F32 or F16.`,
    );
  }
  if (!isSizes(shape)) throw damaged(file, `${label} has no shape of whole numbers`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw damaged(file, `${label} has no two data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw damaged(file, `${label} ends before it begins`);
  const bytes = sizeOf(shape) * elementBytes[dtype];
  if (bytes !== end - begin) {
    throw damaged(
      file,
      `${label} of ${dtype} [${shape.join(', ')}] needs ${byteCount(bytes)} but has ${grouped(end - begin)}`,
    );
  }
  return { dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/** The tensors must fill the file from the header's end to its last byte, each byte once. */
function checkCover(
  file: string,
  tensors: ReadonlyMap<string, TensorPlace>,
  dataBegin: number,
  fileBytes: number,
): void {
  const ordered = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  // First of all: a file cut short is the likeliest fault, and the others may be its consequence.
  for (const [name, { end }] of ordered) {
    if (end > fileBytes) {
      throw new UserError(
        `${file}: tensor ${quote(name)} ends at byte ${grouped(end)} but the file has ${grouped(fileBytes)}: the file is truncated; ${remedy}`,
      );
    }
  }
  let reached = dataBegin;
  let previous = '';
  for (const [name, { begin, end }] of ordered) {
    if (begin < reached) {
      throw damaged(file, `tensors ${quote(previous)} and ${quote(name)} overlap`);
    }
    if (begin > reached) {
      throw damaged(
        file,
        `there is a hole of ${byteCount(begin - reached)} before tensor ${quote(name)}`,
      );
    }
    reached = end;
    previous = name;
  }
  if (reached < fileBytes) {
    throw damaged(file, `it goes on for ${byteCount(fileBytes - reached)} after the last tensor`);
  }
}

/**
 * The first key that an object of this valid JSON text holds twice; JSON.parse would silently keep
 * the later one.
 */
function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // keys so far of each open object, undefined for an array
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x7b) open.push(new Set());
    else if (c === 0x5b) open.push(undefined);
    else if (c === 0x7d || c === 0x5d) open.pop();
    else if (c === 0x22) {
      const begin = i++;
      for (let d = text.charCodeAt(i); d !== 0x22; d = text.charCodeAt(i)) i += d === 0x5c ? 2 : 1;
      const keys = open.at(-1);
      if (keys !== undefined && isKeyEnd(text, i + 1)) {
        const key = JSON.parse(text.slice(begin, i + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
  }
  return undefined;
}

/** In an object a string is a key when a colon follows it. */
function isKeyEnd(text: string, from: number): boolean {
  let i = from;
  while (text.charCodeAt(i) <= 0x20) i++;
  return text.charCodeAt(i) === 0x3a;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function isDtype(name: string): name is Dtype {
  return Object.hasOwn(elementBytes, name);
}

/** Elements of a shape. Too large a product is inexact, but then larger than any file. */
function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function damaged(file: string, what: string): UserError {
  return new UserError(`${file}: ${what}: the file is damaged; ${remedy}`);
}

/** For a file whose first bytes are not a safetensors header: says what it seems to be. */
function notOurs(file: string, beginning: Uint8Array, what: string): UserError {
  const text = Buffer.from(beginning).toString('latin1');
  if (text.startsWith('version https://git-lfs')) {
    return new UserError(`${file}: a Git LFS pointer, not the model itself; run "git lfs pull".`);
  }
  const magic = magics.find(([start]) => text.startsWith(start));
  const kind = magic?.[1] ?? (isText(beginning) ? 'a text file' : undefined);
  if (kind === undefined) {
    return new UserError(`${file}: not a safetensors file: it ${what}. Give a model file.`);
  }
  return new UserError(`${file}: ${kind}, not a safetensors file. Give a model file.`);
}

const magics: readonly [string, string][] = [
  ['PK\x03\x04', 'a zip archive (such as a PyTorch checkpoint or .npz)'],
  ['\x80\x02', 'a Python pickle'],
  ['\x80\x03', 'a Python pickle'],
  ['\x80\x04', 'a Python pickle'],
  ['\x80\x05', 'a Python pickle'],
  ['\x1f\x8b', 'a gzip archive'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x89HDF', 'an HDF5 file'],
  ['GGUF', 'a GGUF file'],
];

/** Valid UTF-8, though perhaps cut in a character, without control characters. */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return /^[\t\n\r\P{Control}]*$/u.test(text);
  } catch {
    return false;
  }
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

function byteCount(n: number | bigint): string {
  return `${grouped(n)} ${n.toString() === '1' ? 'byte' : 'bytes'}`;
}

function grouped(n: number | bigint): string {
  return n.toLocaleString('en-US');
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
