import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { findModel, type Model, openModel, saveModel } from '../../src/model/model.ts';
import { readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import { type NetworkConfig, parameterSpecs, sizeOf } from '../../src/network/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config: NetworkConfig = {
  words: 3,
  wordDim: 4,
  charEncoder: 'cnn',
  chars: 5,
  charDim: 2,
  charWidth: 3,
  charFilters: 3,
  charHidden: 2,
  layers: 2,
  hidden: 3,
  tags: 2,
};
const model: Model = {
  config,
  vocabulary: {
    words: ['', 'a', 'b'],
    chars: ['', '', '', 'a', 'b'],
    tags: ['X', 'Y'],
    lowercase: true,
  },
  task: { scheme: 'none', trainedScheme: 'none', format: 'columns' },
  record: {
    seqtag: '0',
    command: 'seqtag train x',
    seed: 1,
    kernels: 'wasm simd128',
    corpora: [],
    hyperparameters: {},
    bestEpoch: 1,
    epochs: [],
    dev: { accuracy: 1 },
  },
  parameters: new Map(
    parameterSpecs(config).map(({ name, shape }, p) => [
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => p + i / 7),
    ]),
  ),
};

const read = (path: string): Map<string, Float32Array> => {
  using file = openModel(path);
  const values = new Map(
    parameterSpecs(file.config).map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
  );
  file.readParameters((name) => values.get(name)!);
  return values;
};

test('a model comes back as it was saved, and the same model is the same bytes', () => {
  const [a, b] = ['a', 'b'].map((name) => join(folder, `${name}.safetensors`)) as [string, string];
  const bytes = saveModel(a, model);
  saveModel(b, model);
  expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  expect(readFileSync(a).length).toBe(bytes);
  expect(read(a)).toEqual(model.parameters);
  using file = openModel(a);
  expect({ ...file.vocabulary }).toEqual(model.vocabulary);
  expect([file.config, file.task, file.record, file.bytes]).toEqual([
    config,
    model.task,
    model.record,
    bytes,
  ]);
});

/** Saves the model with something changed and returns what opening and reading it says. */
function complaint(
  change: (parts: {
    metadata: Map<string, string>;
    tensors: Map<string, import('../../src/model/safetensors.ts').Tensor>;
  }) => void,
): string {
  const path = join(folder, 'changed.safetensors');
  saveModel(path, model);
  const { metadata, tensors } = readSafetensors(path);
  const parts = { metadata: new Map(metadata), tensors: new Map(tensors) };
  change(parts);
  writeSafetensors(path, parts.tensors, parts.metadata);
  try {
    read(path);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/^[^\n]*changed.safetensors: [^\n]*\.$/);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}
const withConfig = (change: object) =>
  complaint(({ metadata }) => metadata.set('config', JSON.stringify({ ...config, ...change })));

test('every damage is named', () => {
  expect(complaint(({ metadata }) => metadata.delete('format'))).toMatch(/not a seqtag model/);
  expect(complaint(({ metadata }) => metadata.set('version', '99'))).toMatch(
    /format version 99.*newer seqtag/,
  );
  expect(complaint(({ metadata }) => metadata.delete('task'))).toMatch(/no `task`/);
  expect(complaint(({ metadata }) => metadata.set('record', '{'))).toMatch(
    /`record` in its metadata is not JSON/,
  );
  expect(complaint(({ metadata }) => metadata.set('config', 'null'))).toMatch(
    /configuration is no object/,
  );
  expect(complaint(({ metadata }) => metadata.set('task', '{}'))).toMatch(/tag scheme is unknown/);
  expect(complaint(({ metadata }) => metadata.set('vocabulary', '{"words":3}'))).toMatch(
    /vocabulary of words is no list/,
  );
  expect(withConfig({ hidden: -1 })).toMatch(/hidden = -1, expected a whole number/);
  expect(withConfig({ hidden: 1e9 })).toMatch(/hidden = 1000000000/);
  expect(withConfig({ charWidth: 4 })).toMatch(/charWidth = 4, expected an odd number/);
  expect(withConfig({ charEncoder: 'x' })).toMatch(/character encoder `x` is unknown/);
  expect(withConfig({ tags: 3 })).toMatch(/vocabulary has 2 tags, but its configuration 3/);
  expect(withConfig({ wordDim: 5 })).toMatch(
    /tensor "word.embedding" has shape \(3, 4\), expected \(3, 5\)/,
  );
  expect(complaint(({ tensors }) => tensors.delete('output.bias'))).toMatch(
    /tensor "output.bias" is missing/,
  );
  expect(
    complaint(({ tensors }) =>
      tensors.set('more', { dtype: 'F32', shape: [1], data: new Float32Array(1) }),
    ),
  ).toMatch(/tensor "more" is unknown/);
  expect(
    complaint(({ tensors }) =>
      tensors.set('output.bias', { dtype: 'I32', shape: [2], data: new Int32Array(2) }),
    ),
  ).toMatch(/"output.bias" is of I32/);
  expect(
    complaint(({ tensors }) =>
      tensors.set('output.bias', {
        dtype: 'F32',
        shape: [2],
        data: Float32Array.of(1, Number.NaN),
      }),
    ),
  ).toMatch(/"output.bias" holds numbers that are not finite/);
});

test('no path, no name: one line that says what to give', () => {
  expect(() => findModel('no-such-model')).toThrow(
    /no-such-model: no such model file or bundled model\./,
  );
  expect(() => findModel('no/such/file')).toThrow(/no\/such\/file: no such model file\./);
  writeFileSync(join(folder, 'text'), 'hello');
  expect(() => openModel(join(folder, 'text'))).toThrow(UserError);
});
