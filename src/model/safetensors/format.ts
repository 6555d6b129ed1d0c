/*
 * The safetensors format, as its reference implementation documents it:
 *
 *   8 bytes  N, the length of the header: unsigned, little-endian, at most 100,000,000
 *   N bytes  a JSON object in UTF-8 that begins with `{`, padded with spaces. It maps each tensor's
 *            name to {dtype, shape, data_offsets}; offsets count from the end of the header.
 *            `__metadata__` maps strings to strings.
 *   rest     the tensors: little-endian, row-major, without holes or overlap
 */

/** Supported element types. Other types of the format are refused. */
export type Dtype = keyof typeof arrays;

/** Arrays that hold elements. F16 and BF16 are kept as their bits, BOOL as bytes. */
export const arrays = {
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
  /** As many elements as the product of the shape. May be shared memory. */
  readonly data: TensorData;
}

/** A tensor in a file: bytes `begin` to `end - 1`, counted from the start of the file. */
export interface TensorLocation {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Maximum size of a header in bytes. The format allows 100,000,000; less bounds the memory that reading a header takes, and
 * is still enough for two million words.
 */
export const MAX_HEADER = 2 ** 25;

export const isDtype = (name: string): name is Dtype => Object.hasOwn(arrays, name);

export const elementBytes = (dtype: Dtype): number => arrays[dtype].BYTES_PER_ELEMENT;

/**
 * Number of elements of a shape. A very large product is inexact, but still larger than any file.
 */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, n) => product * n, 1);

/** A name in quotes for a message, truncated if it is long. */
export const quotedName = (name: string): string =>
  JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

export const grouped = (n: number | bigint): string => n.toLocaleString('en-US');
