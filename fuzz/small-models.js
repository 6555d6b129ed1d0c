// Small models of every kind: all layers, decoders and tensors that a model file may have.
import { packVectors } from '../dist/corpus/features/word-vectors.js';
import { plainBiLstm } from '../dist/network/config.js';
import { parameterSpecs } from '../dist/network/network.js';
import { sizeOf } from '../dist/network/parameters.js';
import { createRandom } from './random.js';

/** @typedef {import('../dist/model/model.js').Model} Model */

const words = ['', 'the', 'Oslo', 'dogs', '0', 'é'];
const chars = ['', '', '', ...'abdeghorstO0é'];
const spans = ['O', 'B-LOC', 'I-LOC', 'E-LOC', 'S-LOC'];
const plain = ['NOUN', 'VERB', 'PUNCT'];
const scripts = ['lower *', 'lower *-1', '=be'];

/** @type {import('../dist/network/config.js').NetworkConfig} */
const base = {
  ...plainBiLstm,
  ...{ words: words.length, wordDim: 3, chars: chars.length },
  ...{ charEncoder: 'cnn', charDim: 2, charWidth: 3, charFilters: 3, charHidden: 2 },
  ...{ layers: 1, hidden: 3, tags: [plain.length] },
};
const format = /** @type {const} */ ('conllu');
const column = /** @type {const} */ ({ scheme: 'none', trainedScheme: 'none', format });
const spanColumn = /** @type {const} */ ({
  scheme: 'BIO',
  trainedScheme: 'BIOES',
  format: 'columns',
});

/** A model with random parameters. @param {Partial<Model>} parts @param {number} seed @returns {Model} */
function modelOf({ config = base, vocabulary, tagColumns = [column] }, seed) {
  const random = createRandom(seed);
  const score = { accuracy: 0.5, f1: null };
  return {
    config,
    vocabulary: { words, chars, tags: [plain], lowercase: false, ...vocabulary },
    tagColumns,
    record: {
      ...{ seqtag: '0', command: 'seqtag train x', seed: 1, kernels: 'native avx2' },
      corpora: [{ role: 'train', file: 'x', sha256: 'ab', sentences: 1, tokens: 2 }],
      hyperparameters: { hidden: 3, freeze: false, cell: 'lstm' },
      ...{ bestEpoch: 1, epochs: [{ loss: 1, score: 0.5, norm: 1, clipped: 0 }] },
      ...{ dev: tagColumns.map(() => score), recallBias: tagColumns.map(() => 0.25) },
      gradients: { initial: { forward: [1, null] }, trained: { forward: [1, 0.5] } },
    },
    parameters: new Map(
      parameterSpecs(config).map(({ name, shape }) => [
        name,
        Float32Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
      ]),
    ),
  };
}

const vectors = packVectors(
  ['the', 'oslo', 'dogs', 'rain'],
  Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
  { bits: 8 },
);
const gazetteer = {
  types: ['p', 'q'],
  phrases: ['New York', 'Oslo', 'é'],
  typesOf: [[1], [0, 1], [0]],
};
const tokenFeatures = { columns: [{ column: 'pos', values: ['', 'N', 'V'] }], gazetteer };
const features = /** @type {const} */ ({ groups: ['suffix2', 'shape'], buckets: 8 });

/** @type {Readonly<Record<string, Model>>} */
export const smallModels = {
  'softmax, vectors, features': modelOf(
    {
      config: { ...base, vectorDim: 2, featureGroups: 2, featureBuckets: 8, featureDim: 2 },
      vocabulary: { vectors, features, words, chars, tags: [plain], lowercase: false },
    },
    1,
  ),
  'CRF, character LSTM, gazetteer': modelOf(
    {
      config: {
        ...base,
        ...{ charEncoder: 'lstm', decoder: 'crf', layers: 2, between: 'highway', tags: [5] },
        tokenFeatures: { groups: 2, rows: 11, dim: 2 },
      },
      vocabulary: { tokenFeatures, words, chars, tags: [spans], lowercase: true },
      tagColumns: [{ ...spanColumn, extraTransitions: [7] }],
    },
    2,
  ),
  'lemmas, tokenization': modelOf(
    {
      config: { ...base, cell: 'gru', dense: 1, tags: [3, 3] },
      vocabulary: {
        ...{ words, chars, tags: [plain, scripts], lowercase: false },
        tokenization: {
          treatments: /** @type {any} */ ({ hyphens: 'keep' }),
          ...{ prefixes: ['re'], abbreviations: ['Dr.'] },
          ...{ unsplit: ['cannot'], multiwordTokens: true },
        },
      },
      tagColumns: [
        { ...column, tokenColumn: 1, tagColumn: 3 },
        {
          ...column,
          lemmas: true,
          lexicon: { least: 1, words: { '0 1': ['dogs'] } },
          examples: ['The'],
        },
      ],
    },
    3,
  ),
  'ensemble, constrained': modelOf(
    {
      config: {
        ...base,
        ...{ cell: 'clockwork', periods: [1, 2], charEncoder: 'none', merge: 'mean' },
        ...{ decoder: 'constrained', tags: [5], members: 2 },
      },
      vocabulary: { words, chars, tags: [spans], lowercase: true },
      tagColumns: [spanColumn],
    },
    4,
  ),
};

/** Sentences, and the values of the feature column of the second model. */
export const sentences = [['the', 'dogs', 'of', 'New', 'York', '2'], ['Oslo'], ['Straßen', 'é']];
export const featureValues = sentences.map((tokens) => [tokens.map((_, t) => (t % 2 ? 'N' : 'x'))]);
