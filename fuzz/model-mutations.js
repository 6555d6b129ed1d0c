// Seeded damage to the bytes of a safetensors file.
import {
  CHECKSUMS,
  crc32,
  encodeChecksums,
  headerCrc32,
  OF_HEADER,
} from '../dist/model/safetensors/checksums.js';

/**
 * @typedef {() => number} Random numbers from 0 to 1
 * @typedef {{ dtype: string, shape: unknown, data_offsets: unknown }} Info
 * @typedef {{ metadata: Record<string, string>, tensors: [string, Info][], data: Buffer }} Parts
 */

/** @param {Random} random @param {number} n */
const below = (random, n) => Math.floor(random() * n);
/** @template T @param {readonly T[]} items @param {Random} random @returns {T} */
const pick = (items, random) => /** @type {T} */ (items[below(random, items.length)]);

/** @param {Buffer} bytes @returns {Parts} */
function partsOf(bytes) {
  const end = 8 + bytes.readUInt32LE(0);
  const { __metadata__: metadata, ...tensors } = JSON.parse(bytes.toString('utf8', 8, end));
  return { metadata, tensors: Object.entries(tensors), data: Buffer.from(bytes.subarray(end)) };
}

/** @param {string} header @param {Buffer} data */
function bytesOf(header, data) {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, data]);
}

/** The header's JSON; names may occur twice. @param {Parts} parts */
const headerOf = ({ metadata, tensors }) =>
  `{"${OF_HEADER}":${JSON.stringify(metadata)}${tensors.map(([name, info]) => `,${JSON.stringify(name)}:${JSON.stringify(info)}`).join('')}}`;

/** Gives the parts the right checksums, so that the checks behind them are reached. @param {Parts} parts */
function seal({ metadata, tensors, data }) {
  const [end] = [data.length];
  const checksums = new Map(
    tensors.map(([name, { data_offsets: offsets }]) => {
      const [from, to] = Array.isArray(offsets) ? offsets : [0, 0];
      return [
        name,
        crc32(data.subarray(Math.min(end, Number(from) || 0), Math.min(end, Number(to) || 0))),
      ];
    }),
  );
  const described = {
    metadata: new Map(Object.entries(metadata)),
    tensors: /** @type {any} */ (new Map(tensors)),
  };
  checksums.set(OF_HEADER, headerCrc32(described));
  metadata[CHECKSUMS] = encodeChecksums(checksums);
}

const values = [
  ...[
    null,
    true,
    -1,
    0,
    1,
    2,
    0.5,
    1e99,
    1e9,
    4097,
    65_536,
    2 ** 31,
    2 ** 53,
    '',
    'x',
    'O',
    'é',
    '\n',
  ],
  ...[[], {}, [null], [[]], [{}], { x: 1 }, 'lstm', 'crf', 'BIOES', 'none', '\ud800', '__proto__'],
];

/** The containers in a value, with their keys. @param {any} value @returns {[any, string | number][]} */
const places = (value) =>
  typeof value !== 'object' || value === null
    ? []
    : Object.keys(value).flatMap((key) => [
        /** @type {[any, string]} */ ([value, key]),
        ...places(value[key]),
      ]);

/** Changes the structure of JSON in one place. @param {any} json @param {Random} random */
function changeJson(json, random) {
  const all = places(json);
  if (all.length === 0) return pick(values, random);
  const [container, key] = pick(all, random);
  const kind = below(random, 9);
  const value = container[key];
  if (kind === 0 && Array.isArray(container)) container.splice(Number(key), 1);
  else if (kind === 0) delete container[key];
  else if (kind === 1) {
    const [other, name] = pick(all, random);
    container[key] = structuredClone(other[name]);
  } else if (kind === 2 && Array.isArray(container)) container.push(structuredClone(value));
  else if (kind === 3 && Array.isArray(value))
    container[key] = Array(1 + below(random, 3000)).fill(value[0]);
  else if (kind === 4 && typeof value === 'number')
    container[key] = value + pick([-1, 1, 0.5, 1e6], random);
  else if (kind === 5 && typeof value === 'string')
    container[key] = pick([`${value} `, value.slice(1), value.repeat(50), `\n${value}`], random);
  else if (kind === 6) container[key] = JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`);
  else container[key] = pick(values, random);
  return json;
}

/** The value of JSON that earlier damage may have removed. @param {string | undefined} json */
function parsed(json) {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return json;
  }
}

/** @param {Parts} parts @param {Random} random */
function changeMetadata({ metadata }, random) {
  const key = pick(['config', 'vocabulary', 'tasks', 'record'], random);
  if (random() < 0.9) {
    let json = parsed(metadata[key]);
    for (let n = random() < 0.8 ? 1 : 3; n > 0; n--) json = changeJson(json, random);
    metadata[key] = JSON.stringify(json);
  } else if (random() < 0.5) delete metadata[pick(Object.keys(metadata), random)];
  else metadata[pick(Object.keys(metadata), random)] = String(pick(values, random));
}

const floats = [Number.NaN, Infinity, -Infinity, 3e38, -3e38, 1e30, 1e9, 1e8, -1e8, 1e-45, -0];

/** Kinds of damage to the parts of a file. @type {Readonly<Record<string, (parts: Parts, random: Random) => void>>} */
const ofParts = {
  metadata: changeMetadata,
  'tensor descriptions': ({ tensors }, random) => {
    const [, info] = pick(tensors, random);
    const shape = /** @type {number[]} */ (info.shape);
    const kind = below(random, 6);
    if (kind === 0) info.dtype = pick(['F32', 'F16', 'BF16', 'U8', 'I8', 'F64', 'x'], random);
    else if (kind === 1) info.shape = [...shape].reverse();
    else if (kind === 2) info.shape = [shape.reduce((a, b) => a * b, 1)];
    else if (kind === 3)
      shape[below(random, shape.length)] = Number(pick([0, 1, 7, 2 ** 40], random));
    else if (kind === 4) info.data_offsets = pick(tensors, random)[1].data_offsets;
    else
      Object.assign(info, {
        [pick(['dtype', 'shape', 'data_offsets', 'x'], random)]: pick(values, random),
      });
  },
  'exchanged tensors': ({ tensors }, random) => {
    const [a, b] = [pick(tensors, random), pick(tensors, random)];
    if (random() < 0.5) [a[0], b[0]] = [b[0], a[0]];
    else [a[1].data_offsets, b[1].data_offsets] = [b[1].data_offsets, a[1].data_offsets];
  },
  'missing, repeated and new tensors': ({ tensors }, random) => {
    const at = below(random, tensors.length);
    const [name, info] = /** @type {[string, Info]} */ (tensors[at]);
    const kind = below(random, 3);
    if (kind === 0) tensors.splice(at, 1);
    else tensors.push([kind === 1 ? name : `${name}x`, info]);
  },
  numbers: ({ tensors, data }, random) => {
    const [, { dtype, data_offsets: offsets }] = pick(tensors, random);
    const [from, to] = /** @type {number[]} */ (offsets);
    for (let n = 1 + below(random, 4); n > 0; n--) {
      const at = Number(from) + 4 * below(random, (Number(to) - Number(from)) / 4);
      if (dtype === 'F32') data.writeFloatLE(pick(floats, random), at);
      else data[at] = below(random, 256);
    }
  },
};

/** Kinds of damage to the bytes of a file. @type {Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer>>} */
const ofBytes = {
  bits: (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let n = 1 + below(random, 4); n > 0; n--) {
      const at = below(random, copy.length);
      copy[at] = /** @type {number} */ (copy[at]) ^ (1 << below(random, 8));
    }
    return copy;
  },
  cut: (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  'bytes at the end': (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + below(random, 9))]),
  'bytes of the header': (bytes, random) => {
    const copy = Buffer.from(bytes);
    const size = bytes.readUInt32LE(0);
    if (random() < 0.2) copy[below(random, 8)] = below(random, 256);
    else
      for (let n = 1 + below(random, 3); n > 0; n--)
        copy[8 + below(random, size)] = pick([...'{}[]",:\\0129.e- x\0ÿ'], random).charCodeAt(0);
    return copy;
  },
  'repeated text in the header': (bytes, random) => {
    const end = 8 + bytes.readUInt32LE(0);
    const from = 8 + below(random, end - 8);
    const part = bytes.toString('latin1', from, Math.min(end, from + below(random, 200)));
    const header = bytes.toString('latin1', 8, end);
    const at = below(random, header.length);
    const text = Buffer.from(header.slice(0, at) + part + header.slice(at), 'latin1');
    const length = Buffer.alloc(8);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text, bytes.subarray(end)]);
  },
};

/**
 * A damaged copy of a file.
 * @param {Buffer} bytes @param {Random} random
 * @returns {{ bytes: Buffer, isSealed: boolean }} whether the checksums were made right again, or removed
 */
export function damage(bytes, random) {
  if (random() < 0.35)
    return {
      bytes: ofBytes[pick(Object.keys(ofBytes), random)]?.(bytes, random) ?? bytes,
      isSealed: false,
    };
  const parts = partsOf(bytes);
  for (let n = random() < 0.8 ? 1 : 2; n > 0; n--)
    ofParts[pick(Object.keys(ofParts), random)]?.(parts, random);
  const drawn = random();
  if (drawn < 0.5) seal(parts);
  else if (drawn < 0.8) delete parts.metadata[CHECKSUMS];
  return { bytes: bytesOf(headerOf(parts), parts.data), isSealed: drawn < 0.8 };
}

/** A copy with random damage to the bytes of tensors. @param {Buffer} bytes @param {Random} random */
export function damageTensors(bytes, random) {
  const copy = Buffer.from(bytes);
  const begin = 8 + copy.readUInt32LE(0);
  const size = copy.length - begin;
  const kind = below(random, 3);
  const at = begin + below(random, size);
  if (kind === 0) copy[at] = /** @type {number} */ (copy[at]) ^ (1 << below(random, 8));
  else if (kind === 1)
    for (let i = at; i < Math.min(copy.length, at + 1 + below(random, 64)); i++)
      copy[i] = below(random, 256);
  else copy.fill(random() < 0.5 ? 0 : 255, at, Math.min(copy.length, at + 1 + below(random, 512)));
  return copy;
}
