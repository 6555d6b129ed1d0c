import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { DivergedError, UserError } from '../../src/errors.ts';
import { bundledModels } from '../../src/model/bundled.ts';
import { floatToHalf, halfToFloat } from '../../src/model/half.ts';
import { decodeMetadata } from '../../src/model/metadata.ts';
import type { Model, TrainingRecord } from '../../src/model/model.ts';
import { findModel, openModel } from '../../src/model/model-file.ts';
import type { Tensor } from '../../src/model/safetensors/format.ts';
import { writeSafetensors } from '../../src/model/safetensors/write.ts';
import { checkSavable, saveModel } from '../../src/model/save-model.ts';
import { type NetworkConfig, plainBiLstm } from '../../src/network/config.ts';
import { parameterSpecs } from '../../src/network/network.ts';
import { sizeOf } from '../../src/network/parameters.ts';
import { joinNetworks } from '../../src/training/ensemble.ts';
import { readSafetensors } from './read-safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config: NetworkConfig = {
  ...plainBiLstm,
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
  tags: [2],
};
const model: Model = {
  config,
  vocabulary: {
    words: ['', 'a', 'b'],
    chars: ['', '', '', 'a', 'b'],
    tags: [['X', 'Y']],
    lowercase: true,
  },
  tagColumns: [{ scheme: 'none', trainedScheme: 'none', format: 'columns' }],
  record: {
    seqtag: '0',
    command: 'seqtag train x',
    seed: 1,
    kernels: 'wasm simd128',
    corpora: [],
    hyperparameters: {},
    bestEpoch: 1,
    epochs: [],
    dev: [{ accuracy: 1 }],
  },
  parameters: new Map(
    parameterSpecs(config).map(({ name, shape, init }, p) => [
      name,
      // embeddings as half precision holds them
      Float32Array.from(
        { length: sizeOf(shape) },
        (_, i) => p + i / (init === 'embedding' ? 8 : 7),
      ),
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
  expect([file.config, file.tagColumns, file.record, file.bytes]).toEqual([
    config,
    model.tagColumns,
    model.record,
    bytes,
  ]);
});

/** Saves the model with something changed and returns what opening and reading it says. */
function complaint(
  change: (parts: { metadata: Map<string, string>; tensors: Map<string, Tensor> }) => void,
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

test('only a model with lemmas needs the latest version', () => {
  const versionOf = (saved: Model): string | undefined => {
    const path = join(folder, 'version.safetensors');
    saveModel(path, saved);
    expect(openModel(path).tagColumns).toEqual(saved.tagColumns);
    return readSafetensors(path).metadata.get('version');
  };
  expect(versionOf(model)).toBe('2');
  const [column] = model.tagColumns;
  const vocabulary = { ...model.vocabulary, tags: [['lower *', '=be']] };
  expect(versionOf({ ...model, vocabulary, tagColumns: [{ ...column!, lemmas: true }] })).toBe('3');
});

test('every damage is named', () => {
  expect(complaint(({ metadata }) => metadata.delete('format'))).toMatch(/not a seqtag model/);
  expect(complaint(({ metadata }) => metadata.set('version', '99'))).toMatch(
    /format version 99.*newer seqtag/,
  );
  expect(complaint(({ metadata }) => metadata.delete('tasks'))).toMatch(/no `tasks`/);
  expect(complaint(({ metadata }) => metadata.set('record', '{'))).toMatch(
    /`record` in its metadata is not JSON/,
  );
  expect(complaint(({ metadata }) => metadata.set('config', 'null'))).toMatch(
    /config is null, expected an object/,
  );
  expect(complaint(({ metadata }) => metadata.set('tasks', '[{}]'))).toMatch(
    /tasks\[0\]\.scheme is missing, expected one of IOB1, /,
  );
  expect(complaint(({ metadata }) => metadata.set('tasks', '[]'))).toMatch(
    /tasks is \[\], expected a list of 1\./,
  );
  expect(complaint(({ metadata }) => metadata.set('vocabulary', '{"words":3}'))).toMatch(
    /vocabulary\.words is 3, expected a list of 3\./,
  );
  expect(
    complaint(({ metadata }) =>
      metadata.set(
        'tasks',
        JSON.stringify([{ scheme: 'none', trainedScheme: 'none', lemmas: true, format: 'conllu' }]),
      ),
    ),
  ).toMatch(/vocabulary\.tags\[0\] has "X", expected an edit script such as "lower \*-1"/);
  const withLexicon = (key: string): string =>
    complaint(({ metadata }) => {
      const lexicon = { least: 1, words: { [key]: ['a'] } };
      const column = { scheme: 'none', trainedScheme: 'none', format: 'conllu', lexicon };
      metadata.set('tasks', JSON.stringify([column]));
    });
  for (const key of ['', '2', '0 2', 'x', '0  1', '-1'])
    expect(withLexicon(key)).toMatch(
      /tasks\[0\]\.lexicon has ".*", expected indices of edit scripts/,
    );
  expect(withConfig({ hidden: -1 })).toMatch(
    /config\.hidden is -1, expected a whole number from 1 to 16384/,
  );
  expect(withConfig({ hidden: 1e9 })).toMatch(/config\.hidden is 1000000000/);
  expect(withConfig({ charWidth: 4 })).toMatch(/config\.charWidth is 4, expected an odd number/);
  expect(withConfig({ charEncoder: 'x' })).toMatch(
    /config\.charEncoder is "x", expected one of cnn, lstm, none/,
  );
  expect(withConfig({ cell: 'x' })).toMatch(/config\.cell is "x", expected one of/);
  expect(withConfig({ merge: undefined })).toMatch(/config\.merge is missing, expected one of/);
  expect(withConfig({ members: 65 })).toMatch(
    /config\.members is 65, expected a whole number from 1 to 64/,
  );
  expect(withConfig({ members: 2 })).toMatch(/tensor "member.0.word.embedding" is missing/);
  expect(withConfig({ dense: -1 })).toMatch(
    /config\.dense is -1, expected a whole number from 0 to 64/,
  );
  expect(withConfig({ periods: [2, 2] })).toMatch(
    /config\.periods is \[2,2\], expected rising numbers/,
  );
  expect(withConfig({ tags: 2 })).toMatch(/config\.tags is 2, expected a list of 1 to 16/);
  expect(withConfig({ featureGroups: 1 })).toMatch(/differ about the hashed features/);
  expect(withConfig({ tags: [3] })).toMatch(
    /vocabulary\.tags\[0\] is \["X","Y"\], expected a list of 3/,
  );
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
  ).toMatch(/"output.bias" has numbers that are not finite/);
});

test('numbers that are too large for finite scores are refused, and not saved', () => {
  const large = (value: number) =>
    ({ dtype: 'F32', shape: [2], data: Float32Array.of(1, value) }) as const;
  for (const value of [2e9, -3e38])
    expect(complaint(({ tensors }) => tensors.set('output.bias', large(value)))).toMatch(
      /"output.bias" has a number of (2\.0e\+9|3\.0e\+38), too large for finite scores/,
    );
  const path = join(folder, 'large.safetensors');
  const parameters = new Map(model.parameters).set('output.bias', Float32Array.of(1e9, -1e9));
  saveModel(path, { ...model, parameters });
  expect(read(path)).toEqual(parameters);
  parameters.set('output.bias', Float32Array.of(0, 2e9));
  expect(() => saveModel(path, { ...model, parameters })).toThrow(DivergedError);
});

test('verifying reads all parameters', () => {
  const path = join(folder, 'verified.safetensors');
  saveModel(path, model);
  using whole = openModel(path);
  whole.verify();
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  using damaged = openModel(path);
  expect(() => damaged.verify()).toThrow(/tensor "word.embedding" does not have its checksum/);
});

test.each([
  ['vocabulary', { words: ['', 'a', 'a'] }, /vocabulary\.words has "a" twice/],
  ['vocabulary', { chars: ['', '', '', 'b', 'b'] }, /vocabulary\.chars has "b" twice/],
  ['vocabulary', { tags: [['X', 'X']] }, /vocabulary\.tags\[0\] has "X" twice/],
  [
    'record',
    {
      members: [
        { seed: 1, bestEpoch: 1, epochs: [], dev: [{ accuracy: 1 }] },
        { seed: 2, bestEpoch: 1, epochs: [], dev: [{ accuracy: 1 }] },
      ],
    },
    /record\.members has 2 networks, but config\.members is 1/,
  ],
])('a %s with %j is refused', (part, change, pattern) => {
  const whole = { ...model[part as 'vocabulary' | 'record'], ...change };
  expect(complaint(({ metadata }) => metadata.set(part, JSON.stringify(whole)))).toMatch(pattern);
});

test('JSON that is nested too deep or would take too much memory is refused', () => {
  const nested = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  for (const depth of [40, 100_000])
    expect(complaint(({ metadata }) => metadata.set('record', nested(depth)))).toMatch(
      /`record` in its metadata is nested more than 32 deep/,
    );
  expect(complaint(({ metadata }) => metadata.set('record', `[${'[],'.repeat(5e5)}0]`))).toMatch(
    /`record` in its metadata would take too much memory/,
  );
});

test('a model with too many tags for its decoder is refused', () => {
  const tags = Array(2).fill(2000);
  expect(withConfig({ decoder: 'constrained', tags })).toMatch(/vocabulary.tags/);
  const names = Array.from({ length: 2000 }, (_, i) => `${i}`);
  const [column] = model.tagColumns;
  const two = {
    config: { ...config, decoder: 'constrained', tags } as const,
    vocabulary: { ...model.vocabulary, tags: [names, names] },
    tagColumns: [column!, column!],
  };
  expect(() => checkSavable(two)).toThrow(/more than 2048 tags, too many for its decoder/);
  checkSavable({ ...two, config: { ...two.config, decoder: 'softmax' } });
});

test('embeddings are kept in half precision, all else in full', () => {
  const path = join(folder, 'half.safetensors');
  saveModel(path, model);
  const { tensors } = readSafetensors(path);
  for (const { name } of parameterSpecs(config))
    expect([name, tensors.get(name)!.dtype]).toEqual([
      name,
      name.endsWith('.embedding') ? 'F16' : 'F32',
    ]);
});

/** A record with everything that there may be. */
const fullRecord: TrainingRecord = {
  ...model.record,
  corpora: [{ role: 'train', file: 'x', sha256: 'ab', sentences: 1, tokens: 2 }],
  gazetteers: [{ file: 'g', sha256: 'cd', entries: 3 }],
  hyperparameters: { hidden: 3, freeze: false, cell: 'lstm' },
  epochs: [{ loss: 1, score: 0.5, norm: 1, clipped: 0 }],
  test: [{ accuracy: 1, f1: null }],
  refit: { sentences: 1, tokens: 2 },
  recallBias: [0.25],
  recallTag: 'X',
  teacher: { file: 't', sha256: 'ef', weight: 0.5 },
  members: [{ seed: 1, bestEpoch: 1, epochs: [], dev: [{ accuracy: 1 }], recallBias: [0] }],
  gradients: {
    initial: { forward: [1, null], backward: [1] },
    trained: { forward: [1, 0.5], backward: [1] },
  },
};

test.each([
  ['null', /record is null, expected an object/],
  ['[]', /record is \[\], expected an object/],
  ['{}', /record\.seed is missing, expected a whole number/],
  ...Object.entries({
    seed: 0.5,
    seqtag: 1,
    command: null,
    kernels: {},
    corpora: [{ role: 'dev' }],
    gazetteers: [{}],
    hyperparameters: { hidden: [] },
    bestEpoch: -1,
    epochs: [{ loss: 1, score: 1, norm: null, clipped: 0 }],
    dev: [],
    test: [null],
    refit: true,
    recallBias: [1, 2],
    recallTag: 1,
    teacher: 'en-ner',
    members: [{ ...fullRecord.members![0], dev: [] }],
    gradients: { initial: {} },
  }).map(([key, value]): [string, RegExp] => [
    JSON.stringify({ ...fullRecord, [key]: value }),
    new RegExp(`record\\.${key}[^ ]* is .*, expected `),
  ]),
  [
    JSON.stringify({ ...fullRecord, gradients: { initial: { forward: [1] }, trained: {} } }),
    /record\.gradients has profiles of unequal lengths/,
  ],
])('a record like %s is refused', (record, pattern) => {
  expect(complaint(({ metadata }) => metadata.set('record', record))).toMatch(pattern);
});

test('a record with everything that there may be comes back', () => {
  const path = join(folder, 'record.safetensors');
  saveModel(path, { ...model, record: fullRecord });
  using file = openModel(path);
  expect(file.record).toEqual(fullRecord);
});

test.each([
  [{ format: 'html' }, /tasks\[0\]\.format is "html", expected one of columns, /],
  [{ tokenColumn: 0.5 }, /tasks\[0\]\.tokenColumn is 0\.5, expected a string or a whole number/],
  [{ tagColumn: null }, /tasks\[0\]\.tagColumn is null, expected a string or/],
  [{ trainedScheme: 'BIO' }, /tasks has BIO for tags in none, expected none/],
  [{ extraLinks: [8] }, /tasks\[0\]\.extraLinks\[0\] is 8, expected a whole number from 0 to 7/],
  [{ extraLinks: {} }, /tasks\[0\]\.extraLinks is \{\}, expected a list/],
])('a tag column with %j is refused', (change, pattern) => {
  const tasks = JSON.stringify([{ ...model.tagColumns[0], ...change }]);
  expect(complaint(({ metadata }) => metadata.set('tasks', tasks))).toMatch(pattern);
});

test('extra transitions come back, under the key that files have always had', () => {
  const path = join(folder, 'extra.safetensors');
  const tagColumns = [{ ...model.tagColumns[0]!, extraTransitions: [1, 7] }];
  saveModel(path, { ...model, tagColumns });
  expect(readSafetensors(path).metadata.get('tasks')).toContain('"extraLinks":[1,7]');
  using file = openModel(path);
  expect(file.tagColumns).toEqual(tagColumns);
});

test('any JSON in place of any part of the metadata is accepted, or refused with a UserError', () => {
  const parts = {
    config,
    vocabulary: model.vocabulary,
    tasks: model.tagColumns,
    record: fullRecord,
  };
  const path = join(folder, 'changed.safetensors');
  saveModel(path, { ...model, record: fullRecord });
  const { metadata, tensors } = readSafetensors(path);
  /** Paths of all values within a value. */
  const pathsOf = (value: unknown): (string | number)[][] => [
    [],
    ...(typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, one]) => pathsOf(one).map((rest) => [key, ...rest]))
      : []),
  ];
  const replaced = (value: unknown, [key, ...rest]: (string | number)[], by: unknown): unknown => {
    if (key === undefined) return by;
    const copy = structuredClone(value) as Record<string | number, unknown>;
    copy[key] = replaced(copy[key], rest, by);
    return copy;
  };
  for (const [name, value] of Object.entries(parts))
    for (const at of pathsOf(value))
      for (const by of [null, -1, 0.5, 1e99, '', 'x', true, [], {}, [null], [[]], [{}]]) {
        const changed = new Map(metadata).set(name, JSON.stringify(replaced(value, at, by)));
        try {
          decodeMetadata(changed, (what) => {
            throw new UserError(what);
          });
          if (name !== 'config') continue;
          writeSafetensors(path, tensors, changed);
          read(path);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.message).not.toMatch(/[\n\r]/);
        }
      }
});

test('an embedding with a value beyond half precision is kept in full', () => {
  const path = join(folder, 'large.safetensors');
  for (const value of [65_504, 65_519, 65_520, -1e9]) {
    const parameters = new Map(model.parameters);
    const values = parameters.get('word.embedding')!.slice();
    values[3] = value;
    parameters.set('word.embedding', values);
    saveModel(path, { ...model, parameters });
    const isHalf = Math.abs(value) < 65_520;
    const dtype = readSafetensors(path).tensors.get('word.embedding')!.dtype;
    expect([value, dtype]).toEqual([value, isHalf ? 'F16' : 'F32']);
    const found = read(path).get('word.embedding')!;
    expect([...found]).toEqual(isHalf ? [...halfToFloat(floatToHalf(values))] : [...values]);
  }
});

test('a model that could not be loaded is not saved', () => {
  const path = join(folder, 'diverged.safetensors');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const parameters = new Map(model.parameters);
    parameters.set('output.bias', Float32Array.of(0, value));
    expect(() => saveModel(path, { ...model, parameters })).toThrow(DivergedError);
  }
  expect(existsSync(path)).toBe(false);
  checkSavable(model);
  expect(() => checkSavable({ ...model, config: { ...config, wordDim: 5000 } })).toThrow(
    /could not be loaded again: config\.wordDim is 5000, expected a whole number from 1 to 4096\. /,
  );
});

test.each([
  ['the version', 'version', /`version` in its metadata is "", expected a number/],
  ['the format', 'format', /not a seqtag model/],
])('a file without %s is refused', (_, key, pattern) => {
  expect(complaint(({ metadata }) => metadata.delete(key))).toMatch(pattern);
});

describe('a name', () => {
  const before = process.cwd();
  afterEach(() => process.chdir(before));
  test('is a file of this name, else the bundled model, also if a directory is called so', () => {
    process.chdir(mkdtempSync(join(folder, 'names-')));
    const bundled = findModel('en-ner');
    expect(bundled).toMatch(/models.en-ner\.safetensors$/);
    mkdirSync('en-ner');
    expect(findModel('en-ner')).toBe(bundled);
    mkdirSync('other');
    expect(() => openModel('other')).toThrow(/other: a directory/);
    saveModel('en-upos', model);
    expect(findModel('en-upos')).toBe('en-upos');
    expect(() => openModel('./en-ner')).toThrow(/: a directory/);
  });
});

describe('feature columns and gazetteers of a model', () => {
  const gazetteer = { types: ['p', 'q'], phrases: ['New York', 'é'], typesOf: [[1], [0, 1]] };
  const tokenFeatures = { columns: [{ column: 'pos', values: ['', 'N', 'V'] }], gazetteer };
  const own: Model = {
    ...model,
    config: { ...config, tokenFeatures: { groups: 2, rows: 11, dim: 2 } },
    vocabulary: { ...model.vocabulary, tokenFeatures },
  };
  const path = join(folder, 'beside.safetensors');
  const specs = parameterSpecs(own.config);
  const whole: Model = {
    ...own,
    parameters: new Map(specs.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))])),
  };

  test('comes back as it was saved, with the phrases of gazetteers apart from the header', () => {
    saveModel(path, whole);
    using file = openModel(path);
    expect(file.vocabulary).toEqual(whole.vocabulary);
    expect(file.config).toEqual(whole.config);
    const { metadata, tensors } = readSafetensors(path);
    expect(metadata.get('vocabulary')).not.toContain('York');
    expect(tensors.get('token.embedding')!.shape).toEqual([11, 2]);
    const { vocabulary, ...rest } = whole;
    const columns = { ...vocabulary, tokenFeatures: { columns: tokenFeatures.columns } };
    const fewer = { groups: 1, rows: 3, dim: 2 };
    const parameters = new Map(whole.parameters).set('token.embedding', new Float32Array(6));
    for (const [name, values] of whole.parameters)
      if (name.startsWith('lstm.0') && name.endsWith('input'))
        parameters.set(name, values.subarray(0, (9 * values.length) / 11));
    saveModel(path, {
      ...rest,
      parameters,
      vocabulary: columns,
      config: { ...own.config, tokenFeatures: fewer },
    });
    using plain = openModel(path);
    expect(plain.vocabulary).toEqual(columns);
  });

  test.each([
    [
      { config: { ...own.config, tokenFeatures: { groups: 2, rows: 12, dim: 2 } } },
      /differ about the features of tokens/,
    ],
    [
      { config: { ...own.config, tokenFeatures: null } },
      /config\.tokenFeatures is null, expected an/,
    ],
    [{ config }, /differ about the features of tokens/],
    [{ vocabulary: model.vocabulary }, /differ about the features of tokens/],
    [
      { vocabulary: { ...own.vocabulary, tokenFeatures: { columns: [null], gazetteer } } },
      /tokenFeatures\.columns\[0\] is null, expected an object/,
    ],
  ])('does not load damaged: %#', (change, pattern) => {
    saveModel(path, whole);
    const { metadata, tensors } = readSafetensors(path);
    const changed = new Map(metadata);
    for (const [key, value] of Object.entries(change)) changed.set(key, JSON.stringify(value));
    writeSafetensors(path, tensors, changed);
    expect(() => openModel(path)).toThrow(pattern);
  });

  test('does not load without its phrases, or with others', () => {
    saveModel(path, whole);
    const { metadata, tensors } = readSafetensors(path);
    const name = 'gazetteer.phrases';
    const withPhrases = (data: Uint8Array): number =>
      writeSafetensors(
        path,
        new Map(tensors).set(name, { dtype: 'U8', shape: [data.length], data }),
        metadata,
      );
    withPhrases(Uint8Array.of(9, 9));
    expect(() => openModel(path)).toThrow(/its gazetteer is damaged/);
    const without = new Map(tensors);
    without.delete(name);
    writeSafetensors(path, without, metadata);
    expect(() => openModel(path)).toThrow(/"gazetteer.phrases" is missing, or not of U8/);
  });
});

test('an ensemble comes back as it was saved; a file without a number of members is of one', () => {
  const path = join(folder, 'ensemble.safetensors');
  const two = joinNetworks(config, [model.parameters, model.parameters]);
  const parameters = new Map([...two.parameters].map(([name, x]) => [name, x.map(Math.fround)]));
  saveModel(path, { ...model, config: two.config, parameters });
  expect(new Map([...read(path)].sort())).toEqual(new Map([...parameters].sort()));
  const { metadata, tensors } = readSafetensors(path);
  expect(tensors.get('member.1.word.embedding')).toMatchObject({ dtype: 'F16', shape: [3, 4] });
  const damaged = (change: (all: Map<string, Tensor>) => void, message: RegExp): void => {
    const all = new Map(tensors);
    change(all);
    writeSafetensors(path, all, new Map(metadata));
    expect(() => read(path)).toThrow(message);
  };
  damaged(
    (all) => all.delete('member.1.output.weight'),
    /tensor "member.1.output.weight" is missing/,
  );
  const nan = { dtype: 'F32', shape: [12], data: new Float32Array(12).fill(Number.NaN) } as const;
  damaged(
    (all) => all.set('member.1.lstm.0.forward.bias', nan),
    /member.1.*has numbers that are not/,
  );
  damaged(
    (all) => all.set('member.2.output.weight', nan),
    /tensor "member.2.output.weight" is unknown/,
  );
  damaged(
    (all) => all.set('member.0.lstm.0.forward.bias', { ...nan, shape: [3, 4] }),
    /has shape \(3, 4\)/,
  );

  saveModel(path, model);
  const before = readSafetensors(path);
  const { members: _, ...old } = config;
  const changed = new Map(before.metadata).set('config', JSON.stringify(old));
  writeSafetensors(path, new Map(before.tensors), changed);
  expect(read(path)).toEqual(model.parameters);
  using file = openModel(path);
  expect(file.config).toEqual(config);
});

test('a model of version 1 is converted to version 2', () => {
  const path = join(folder, 'version1.safetensors');
  saveModel(path, model);
  const { metadata, tensors } = readSafetensors(path);
  const old = new Map(metadata);
  const json = (key: string, value: unknown): unknown => old.set(key, JSON.stringify(value));
  const added = Object.keys(plainBiLstm);
  const kept = Object.entries(config).filter(([key]) => !added.includes(key));
  json('config', { ...Object.fromEntries(kept), tags: 2 });
  json('vocabulary', { ...model.vocabulary, tags: ['X', 'Y'] });
  json('record', { ...model.record, dev: { accuracy: 1 }, test: { accuracy: 0.5, f1: 0.25 } });
  json('task', model.tagColumns[0]);
  old.delete('tasks');
  writeSafetensors(path, new Map(tensors), old.set('version', '1'));
  expect(read(path)).toEqual(model.parameters);
  using file = openModel(path);
  expect(file.config).toEqual(config);
  expect({ ...file.vocabulary }).toEqual(model.vocabulary);
  expect(file.tagColumns).toEqual(model.tagColumns);
  expect(file.record).toEqual({ ...model.record, test: [{ accuracy: 0.5, f1: 0.25 }] });
  // and what it lacks is said as of any other
  writeSafetensors(path, new Map(tensors), old.set('config', '{}'));
  expect(() => openModel(path)).toThrow(/version1.safetensors: config\.words is missing/);
  old.delete('task');
  writeSafetensors(path, new Map(tensors), old);
  expect(() => openModel(path)).toThrow(/no `task` in its metadata/);
});

test.each(bundledModels)(
  'the bundled model %s is read, is at most 15 MB and names its licence',
  (name) => {
    using file = openModel(name);
    const { config, vocabulary, tagColumns, record, bytes } = file;
    expect(config).toMatchObject({ cell: 'lstm', direction: 'both', merge: 'concat' });
    expect(config.tags).toEqual(vocabulary.tags.map(({ length }) => length));
    expect(tagColumns).toHaveLength(name === 'en' ? 4 : 1);
    for (const { accuracy } of record.dev) expect(accuracy).toBeGreaterThan(0.9);
    expect(bytes).toBeLessThanOrEqual(15e6);
    expect(record.about).toMatchObject({ licence: 'CC-BY-SA-4.0', attribution: expect.any(Array) });
  },
);

test('a string that is neither a path nor a name is refused in one line with a remedy', () => {
  expect(() => findModel('no-such-model')).toThrow(
    /no-such-model: no such model file or bundled model\./,
  );
  expect(() => findModel('no/such/file')).toThrow(/no\/such\/file: no such model file\./);
  writeFileSync(join(folder, 'text'), 'hello');
  expect(() => openModel(join(folder, 'text'))).toThrow(UserError);
});
