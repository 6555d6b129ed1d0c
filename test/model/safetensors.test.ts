import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { crc32, portableCrc32 } from '../../src/model/safetensors/checksums.ts';
import type { Dtype, Tensor } from '../../src/model/safetensors/format.ts';
import { openSafetensors } from '../../src/model/safetensors/read.ts';
import * as writing from '../../src/model/safetensors/write.ts';
import { readSafetensors } from './read-safetensors.ts';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'safetensors-'));
const file = path.join(directory, 'm.safetensors');
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** A file by hand: the header text as given, then the data. */
function bytesOf(header: string, data: Uint8Array | number = 0): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, typeof data === 'number' ? Buffer.alloc(data) : data]);
}

/** `writeSafetensors` for objects too. */
function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Tensor> | Record<string, Tensor>,
  metadata: ReadonlyMap<string, string> | Record<string, string> = {},
): void {
  const mapOf = <T>(items: ReadonlyMap<string, T> | Record<string, T>): ReadonlyMap<string, T> =>
    items instanceof Map ? items : new Map(Object.entries(items));
  const size = writing.writeSafetensors(file, mapOf<Tensor>(tensors), mapOf<string>(metadata));
  expect(size).toBe(fs.statSync(file).size);
}

const one = (info: object, more = '') => `{"t":${JSON.stringify(info)}${more}}`;

/** The one line said of these bytes; fails when they are accepted, or with any other error. */
function refusal(bytes: Uint8Array): string {
  fs.writeFileSync(file, bytes);
  try {
    readSafetensors(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message.startsWith(`${file}: `)).toBe(true);
    expect(error.message).not.toMatch(/[\n\r]/);
    return error.message.slice(file.length + 2);
  }
  throw new Error('the file was accepted');
}

/** The one line said of a failed action, and that no temporary file is left. */
function complaint(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toMatch(/[\n\r]/);
    expect(fs.readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    return error.message;
  }
  throw new Error('nothing was thrown');
}

const f32 = (shape: number[], ...values: number[]): Tensor => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(values),
});

describe('writing', () => {
  it('gives the bytes of the published format, with checksums that any program can compute', () => {
    writeSafetensors(
      file,
      { b: f32([2], 1, -2), a: { dtype: 'U8', shape: [1, 3], data: Uint8Array.of(7, 8, 9) } },
      { z: '"ü"', a: '1' },
    );
    // by Python's zlib.crc32: of 'a\0001\0z\0"ü"\0' and 'a\0U8\0001,3\0b\0F32\0002\0', and of the bytes of b and a
    const checksums =
      '{\\"__metadata__\\":\\"f4867d7b\\",\\"b\\":\\"c3872656\\",\\"a\\":\\"4b0bfd3b\\"}';
    const header = `{"__metadata__":{"a":"1","checksums":"${checksums}","z":"\\"ü\\""},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[1,3],"data_offsets":[8,11]}}`;
    const size = Buffer.byteLength(header);
    const padded = header + ' '.repeat((8 - (size % 8)) % 8);
    const data = Buffer.from('0000803f000000c0070809', 'hex');
    expect(fs.readFileSync(file).equals(bytesOf(padded, data))).toBe(true);
  });

  it('does not depend on the order of its input', () => {
    const tensors: [string, Tensor][] = [
      ['10', f32([1], 1)],
      ['9', f32([], 2)],
      ['__proto__', f32([0, 3])],
      ['ä "\n', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-1n) }],
    ];
    const metadata: [string, string][] = [
      ['2', 'b'],
      ['1', 'a'],
      ['__proto__', 'c'],
    ];
    writeSafetensors(file, new Map(tensors), new Map(metadata));
    const first = fs.readFileSync(file);
    writeSafetensors(
      file,
      Object.fromEntries(tensors.reverse()),
      Object.fromEntries(metadata.reverse()),
    );
    expect(fs.readFileSync(file).equals(first)).toBe(true);
    const { tensors: read, metadata: told } = readSafetensors(file);
    expect(read).toEqual(new Map(tensors));
    expect(told).toEqual(new Map(metadata));
  });

  it('aligns header and tensors', () => {
    writeSafetensors(file, {
      a: { dtype: 'U8', shape: [3], data: new Uint8Array(3) },
      b: { dtype: 'F16', shape: [1], data: new Uint16Array(1) },
      c: f32([1], 0),
      d: { dtype: 'F64', shape: [1], data: new Float64Array(1) },
    });
    using opened = openSafetensors(file);
    expect([...opened.tensors].map(([name, { begin }]) => [name, begin % 8])).toEqual([
      ['d', 0],
      ['c', 0],
      ['b', 4],
      ['a', 6],
    ]);
  });

  it('writes no tensors and no metadata', () => {
    writeSafetensors(file, {});
    expect(readSafetensors(file)).toEqual({ tensors: new Map(), metadata: new Map() });
  });

  it('refuses tensors that contradict their description', () => {
    expect(() => writeSafetensors(file, { __metadata__: f32([]) })).toThrow('__metadata__');
    expect(() => writeSafetensors(file, { t: f32([2], 1) })).toThrow('shape [2] with 1 elements');
    expect(() =>
      writeSafetensors(file, { t: { dtype: 'F16', shape: [1], data: new Float32Array(1) } }),
    ).toThrow('F16 cannot be in a Float32Array');
    expect(() => writeSafetensors(file, { '\ud800': f32([], 1) })).toThrow('Unicode');
    expect(() => writeSafetensors(file, {}, { a: '\udc00' })).toThrow('Unicode');
  });

  it('writes and reads shared memory', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
    shared.set([1.5, -2]);
    writeSafetensors(file, { t: { dtype: 'F32', shape: [2], data: shared } });
    const target = new Uint8Array(new SharedArrayBuffer(24), 8, 8);
    using opened = openSafetensors(file);
    opened.readInto('t', target);
    expect([...new Float32Array(target.buffer, 8, 2)]).toEqual([1.5, -2]);
  });
});

describe('checksums', () => {
  const tensors: Record<string, Tensor> = {
    a: f32([3], 1, 2, 3),
    b: f32([3], 4, 5, 6),
    c: { dtype: 'F16', shape: [2], data: Uint16Array.of(7, 8) },
  };
  /** Writes the tensors and a string, with a change of the header's text or of the data. */
  function changed(change: { header?: (text: string) => string; data?: (data: Buffer) => void }) {
    writeSafetensors(file, tensors, { k: 'v' });
    const bytes = fs.readFileSync(file);
    const end = 8 + bytes.readUInt32LE(0);
    const data = bytes.subarray(end);
    change.data?.(data);
    const header = bytes.toString('utf8', 8, end);
    return bytesOf(change.header?.(header) ?? header, data);
  }

  it('notice every changed byte', () => {
    writeSafetensors(file, tensors, { k: 'v' });
    const bytes = fs.readFileSync(file);
    for (let at = 0; at < bytes.length; at++) {
      const damage = Buffer.from(bytes);
      damage[at]! ^= 1;
      refusal(damage);
    }
  });

  it.each([
    [
      'data',
      { data: (data: Buffer) => data.writeFloatLE(9, 12) },
      'tensor "b" does not have its checksum: the file is damaged. Copy or train it again.',
    ],
    [
      'metadata',
      { header: (text: string) => text.replace('"v"', '"w"') },
      'the header does not have its checksum',
    ],
    [
      'a dtype of the same size',
      { header: (text: string) => text.replace('F16', 'U16') },
      'the header does not have its checksum',
    ],
    [
      'exchanged tensors',
      {
        header: (text: string) =>
          text.replace('"a":{', '"x":{').replace('"b":{', '"a":{').replace('"x":{', '"b":{'),
      },
      'tensor "b" does not have its checksum',
    ],
    [
      'a checksum of no tensor',
      { header: (text: string) => text.replace('\\"a\\"', '\\"d\\"') },
      'the checksums in its header are not those of its tensors',
    ],
    [
      'a missing checksum',
      { header: (text: string) => text.replace(/,\\"a\\":\\"\w{8}\\"/, '') },
      'the checksums in its header are not those of its tensors',
    ],
    [
      'checksums that are none',
      { header: (text: string) => text.replace(/(\\"a\\":\\")\w{8}/, '$1x') },
      'the checksums in its header are not those of its tensors',
    ],
  ])('notice %s', (_, change, expected) => {
    expect(refusal(changed(change))).toContain(expected);
  });

  it('may be missing, as in files of earlier versions', () => {
    const without = changed({
      header: (text) => text.replace(/"checksums":"(?:\\.|[^"])*",/, ''),
      data: (data) => data.writeFloatLE(9, 12),
    });
    fs.writeFileSync(file, without);
    const { metadata, tensors } = readSafetensors(file);
    expect(metadata).toEqual(new Map([['k', 'v']]));
    expect(tensors.get('b')).toEqual(f32([3], 9, 5, 6));
  });

  it('are CRC-32, also where Node has none', () => {
    const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i * i);
    expect(portableCrc32('123456789')).toBe(0xcbf43926);
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(portableCrc32('é')).toBe(crc32(Buffer.from('é')));
    expect(portableCrc32(bytes)).toBe(crc32(bytes));
    expect(portableCrc32(bytes.subarray(9), portableCrc32(bytes.subarray(0, 9)))).toBe(
      crc32(bytes),
    );
  });

  it('are computed piece by piece', () => {
    const data = Float32Array.from({ length: 200_000 }, (_, i) => i);
    writeSafetensors(file, { long: { dtype: 'F32', shape: [data.length], data } });
    expect(readSafetensors(file).tensors.get('long')!.data).toEqual(data);
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    expect(refusal(bytes)).toContain('tensor "long" does not have its checksum');
  });
});

describe('reading', () => {
  it('reads bytes fixed by hand, whatever order and padding its writer chose', () => {
    // no padding, an odd header length, "b" before "a" in the data and after it in the header
    const header =
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[3,7]},"__metadata__":{"k":"v"},"b":{"shape":[3],"data_offsets":[0,3],"dtype":"I8"}}';
    fs.writeFileSync(file, bytesOf(header, Buffer.from('ff00010000c03f', 'hex')));
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata).toEqual(new Map([['k', 'v']]));
    expect(tensors.get('a')).toEqual(f32([1], 1.5));
    expect(tensors.get('b')).toEqual({ dtype: 'I8', shape: [3], data: Int8Array.of(-1, 0, 1) });
  });

  it('reads halves as floats', () => {
    writeSafetensors(file, {
      half: { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
      brain: { dtype: 'BF16', shape: [2], data: Uint16Array.of(0x3f80, 0xc000) },
      whole: f32([2], 1, -2),
      index: { dtype: 'I32', shape: [2], data: Int32Array.of(1, 2) },
    });
    using opened = openSafetensors(file);
    for (const name of ['half', 'brain', 'whole']) {
      const target = new Float32Array(new SharedArrayBuffer(8));
      opened.readFloats(name, target);
      expect([...target]).toEqual([1, -2]);
    }
    expect(() => opened.readFloats('index', new Float32Array(2))).toThrow('I32');
    expect(() => opened.readFloats('half', new Float32Array(3))).toThrow('2 elements, not 3');
    expect(() => opened.readInto('half', new Uint8Array(3))).toThrow('4 bytes, not 3');
    expect(() => opened.readInto('other', new Uint8Array(3))).toThrow('no tensor "other"');
    opened.close();
    expect(() => opened.readInto('half', new Uint8Array(4))).toThrow('closed');
  });

  it('notices a file that shrinks after it was opened', () => {
    writeSafetensors(file, { t: f32([2], 1, 2) });
    using opened = openSafetensors(file);
    fs.truncateSync(file, fs.statSync(file).size - 1);
    expect(() => opened.readInto('t', new Uint8Array(8))).toThrow(UserError);
  });

  it('reports a missing file', () => {
    const missing = path.join(directory, 'none');
    expect(complaint(() => readSafetensors(missing))).toBe(
      `${missing}: no such file. Check the path.`,
    );
    expect(complaint(() => readSafetensors(directory))).toContain(': a directory');
    expect(complaint(() => readSafetensors('/dev/null'))).toContain('not a regular file');
    fs.writeFileSync(file, '');
    expect(complaint(() => readSafetensors(path.join(file, 'x')))).toContain('not a directory');
  });

  const whole = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  it.each([
    ['an empty file', Buffer.alloc(0), 'the file is empty'],
    ['a few bytes', Buffer.from([1, 2, 3]), 'has only 3 of the first 8 bytes'],
    ['a zip', Buffer.from('PK\x03\x04 and more than that'), 'a zip archive'],
    ['a pickle', Buffer.from('\x80\x02}q\x00(X\x01\x00\x00', 'latin1'), 'a Python pickle'],
    ['a small pickle', Buffer.from('\x80\x02\0\0\0\0\0\0q', 'latin1'), 'Python pickle'],
    ['text', Buffer.from('The DT B-NP\ndog NN I-NP\n'), 'a text file, not a safetensors file'],
    ['short text', Buffer.from('a\n'), 'a text file'],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      'git lfs pull',
    ],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'an HDF5 file'],
    ['zeros', Buffer.alloc(100), 'names a header of 0 bytes'],
    ['ones', Buffer.alloc(100, 0xff), 'a header of 18,446,744,073,709,551,615 bytes'],
    [
      'a header too long',
      bytesOf('{}').fill(0xe2, 0, 1).fill(1, 3, 4),
      'header ends at byte 16,777,450 but the file has 10: the file is cut short',
    ],
    [
      'a header beyond the limit',
      bytesOf('{}').fill(6, 3, 4),
      'names a header of 100,663,298 bytes',
    ],
    ['no object', bytesOf('[1]     '), 'no header that begins with "{"'],
    ['space first', bytesOf(' {}     '), 'no header that begins with "{"'],
    ['broken JSON', bytesOf('{"t" {}  '), 'the header is not JSON'],
    [
      'broken UTF-8',
      bytesOf('{"__metadata__":{"k":"v"}}').fill(0xff, 31, 32),
      'the header is not UTF-8',
    ],
    [
      'a name twice',
      bytesOf(one(whole, `,"\\u0074":${JSON.stringify(whole)}`), 8),
      'the header has "t" twice',
    ],
    [
      'a field twice',
      bytesOf('{"t":{"dtype":"U8","dtype" : "I8","shape":[],"data_offsets":[0,1]}}', 1),
      'the header has "dtype" twice',
    ],
    [
      'metadata twice',
      bytesOf('{"__metadata__":{},"__metadata__":{}}'),
      'has "__metadata__" twice',
    ],
    [
      'metadata not an object',
      bytesOf('{"__metadata__":["a"]}'),
      '"__metadata__" is not an object',
    ],
    ['metadata not strings', bytesOf('{"__metadata__":{"k":1}}'), 'holds no string at "k"'],
    ['a tensor not an object', bytesOf('{"t":3}'), 'tensor "t" is not described'],
    ['an unknown field', bytesOf(one({ ...whole, strides: [1] }), 8), 'unknown field "strides"'],
    ['no dtype', bytesOf(one({ shape: [2], data_offsets: [0, 8] }), 8), 'tensor "t" has no dtype'],
    [
      'an unknown dtype',
      bytesOf(one({ ...whole, dtype: 'F8_E4M3' }), 8),
      'has dtype "F8_E4M3", which is not supported',
    ],
    [
      'a dtype of objects',
      bytesOf(one({ ...whole, dtype: 'constructor' }), 8),
      'dtype "constructor"',
    ],
    ['no shape', bytesOf(one({ dtype: 'F32', data_offsets: [0, 8] }), 8), 'has no shape'],
    [
      'a negative shape',
      bytesOf(one({ ...whole, shape: [-1, -2] }), 8),
      'has no shape of whole numbers',
    ],
    [
      'a fractional shape',
      bytesOf(one({ ...whole, shape: [0.5, 4] }), 8),
      'has no shape of whole numbers',
    ],
    ['an enormous shape', bytesOf(one({ ...whole, shape: Array(60).fill(2 ** 52) }), 8), 'needs'],
    ['one offset', bytesOf(one({ ...whole, data_offsets: [0] }), 8), 'has no two data_offsets'],
    [
      'backward offsets',
      bytesOf(one({ ...whole, data_offsets: [8, 0] }), 8),
      'ends before it begins',
    ],
    [
      'a wrong length',
      bytesOf(one({ ...whole, data_offsets: [0, 7] }), 7),
      'tensor "t" of F32 [2] needs 8 bytes but has 7',
    ],
    [
      'overlap',
      bytesOf(one(whole, ',"u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}'), 8),
      'tensors "t" and "u" overlap',
    ],
    [
      'a hole before',
      bytesOf(one({ ...whole, data_offsets: [2, 10] }), 10),
      'there is a hole of 2 bytes before tensor "t"',
    ],
    [
      'bytes at the end',
      bytesOf(one(whole), 1008),
      'it goes on for 1,000 bytes after the last tensor',
    ],
    [
      'a description of a tensor that is too long',
      bytesOf(`{"t":{"dtype":"F32","shape":[${'1,'.repeat(3000)}2],"data_offsets":[0,8]}}`, 8),
      'the header is not JSON',
    ],
    [
      'too many entries',
      bytesOf(
        `{"__metadata__":{${Array.from({ length: 1001 }, (_, i) => `"${i}":""`).join(',')}}}`,
      ),
      'the header has more than 1000 entries',
    ],
    [
      'too many tensors',
      bytesOf(
        `{${Array.from({ length: 100_001 }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`).join(',')}}`,
      ),
      'the header has more than 100,000 tensors',
    ],
    ['text after the header', bytesOf('{} {}   '), 'the header is not JSON'],
    ['bytes of no tensor', bytesOf('{}      ', 1), 'it goes on for 1 byte after the last tensor'],
  ])('refuses %s', (_, bytes, expected) => {
    expect(refusal(bytes)).toContain(expected);
  });

  it('reports where a truncated file was cut', () => {
    const name = 'word.embedding';
    const header = `{"${name}":{"dtype":"U8","shape":[1000],"data_offsets":[0,1000]}}`;
    expect(refusal(bytesOf(header, 900))).toBe(
      `tensor "word.embedding" ends at byte ${(1008 + header.length).toLocaleString('en-US')} but the file has ${908 + header.length}: the file is cut short. Copy or train it again.`,
    );
  });

  it('accepts metadata that looks like a header', () => {
    const text = '{"a":1,"a":2,"\\"":[{"x":"}"}]}\\';
    writeSafetensors(file, { t: f32([], 1) }, { a: text, b: text });
    expect(readSafetensors(file).metadata.get('b')).toBe(text);
  });

  it('refuses every truncation of a file', () => {
    writeSafetensors(
      file,
      { a: f32([2], 1, 2), b: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) } },
      { k: 'v' },
    );
    const bytes = fs.readFileSync(file);
    for (let n = 0; n < bytes.length; n++) refusal(bytes.subarray(0, n));
  });
});

describe('any file', () => {
  const kinds: readonly [Dtype, (n: number) => Tensor['data']][] = [
    ['F64', (n) => new Float64Array(n)],
    ['F32', (n) => new Float32Array(n)],
    ['F16', (n) => new Uint16Array(n)],
    ['BF16', (n) => new Uint16Array(n)],
    ['I64', (n) => new BigInt64Array(n)],
    ['I32', (n) => new Int32Array(n)],
    ['I16', (n) => new Int16Array(n)],
    ['I8', (n) => new Int8Array(n)],
    ['U64', (n) => new BigUint64Array(n)],
    ['U32', (n) => new Uint32Array(n)],
    ['U16', (n) => new Uint16Array(n)],
    ['U8', (n) => new Uint8Array(n)],
    ['BOOL', (n) => new Uint8Array(n)],
  ];
  const tensor = fc
    .tuple(
      fc.constantFrom(...kinds),
      fc.array(fc.nat(4), { maxLength: 3 }),
      fc.infiniteStream(fc.nat(255)),
    )
    .map(([[dtype, make], shape, stream]): Tensor => {
      const data = make(shape.reduce((a, b) => a * b, 1));
      const bytes = new Uint8Array(data.buffer);
      for (let i = 0; i < bytes.length; i++) bytes[i] = stream.next().value!;
      return { dtype, shape, data };
    });
  const name = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((s) => s !== '__metadata__');
  const content = fc.record({
    tensors: fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 }),
    metadata: fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme' })), {
      selector: ([key]) => key,
      maxLength: 4,
    }),
  });
  const bits = (data: Tensor['data']) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');

  it('comes back bit by bit', () => {
    fc.assert(
      fc.property(content, ({ tensors, metadata }) => {
        writeSafetensors(file, new Map(tensors), new Map(metadata));
        const read = readSafetensors(file);
        expect(read.metadata).toEqual(new Map(metadata));
        expect(read.tensors.size).toBe(tensors.length);
        for (const [key, { dtype, shape, data }] of tensors) {
          const found = read.tensors.get(key)!;
          expect([found.dtype, found.shape, bits(found.data)]).toEqual([dtype, shape, bits(data)]);
        }
        const first = fs.readFileSync(file);
        writeSafetensors(file, read.tensors, read.metadata);
        expect(fs.readFileSync(file).equals(first)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  const attempt = (bytes: Uint8Array) => {
    fs.writeFileSync(file, bytes);
    try {
      readSafetensors(file);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  };

  it('with random damage is read or refused, never worse', () => {
    fc.assert(
      fc.property(
        content,
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        ({ tensors, metadata }, damage) => {
          writeSafetensors(file, new Map(tensors), new Map(metadata));
          const bytes = fs.readFileSync(file);
          for (const [at, value] of damage) bytes[at % bytes.length] = value;
          attempt(bytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('with any JSON for a header is read or refused, never worse', () => {
    const field = fc.oneof(
      fc.json({ maxDepth: 2 }),
      fc.constantFrom('"F32"', '[2]', '[0,8]', '[1e99]'),
    );
    const info = fc
      .tuple(field, field, field)
      .map(([a, b, c]) => `{"dtype":${a},"shape":${b},"data_offsets":${c}}`);
    const header = fc
      .array(
        fc.tuple(fc.constantFrom('a', 'b', '__metadata__', '__proto__'), fc.oneof(info, fc.json())),
        {
          maxLength: 4,
        },
      )
      .map((members) => `{${members.map(([key, value]) => `"${key}":${value}`).join(',')}}`);
    fc.assert(
      fc.property(header, fc.nat(16), (text, size) => attempt(bytesOf(text, size))),
      { numRuns: 300 },
    );
  });

  it('of random bytes is refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), attempt), { numRuns: 200 });
  });
});
