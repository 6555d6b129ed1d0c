import {
  type Direction,
  directionsOf,
  headName,
  type NetworkConfig,
} from '../../src/network/config.ts';
import type { Bags, TrainingOptions } from '../../src/network/engine.ts';
import { accumulate } from '../oracle/arrays.ts';
import { type CrfWeights, crfLoss } from '../oracle/crf.ts';
import type { LayerLinks, LayerWeights, PerDirection } from '../oracle/layer.ts';
import { crossEntropy } from '../oracle/loss.ts';
import type { DenseWeights } from '../oracle/matmul.ts';
import { sentenceRows, unpackSentence } from '../oracle/packing.ts';
import {
  namedArrays,
  type TaggerBatch,
  type TaggerMasks,
  type TaggerWeights,
  taggerForward,
  taggerStep,
} from '../oracle/tagger.ts';
import {
  inputWidths,
  oracleBatch,
  oracleMasks,
  oracleTruncation,
  oracleWeights,
  orderOf,
  type Sample,
  vectorWidth,
} from './sample.ts';

// The oracle's tagger has one head and no features of words or tokens. Heads are taggers that share all but their output:
// losses and gradients add up. Features are columns that stand beside the word embedding: in a table of words with a row
// for each token, whose gradient then goes to the tables that it is made of.

type Read = (name: string) => ArrayLike<number>;

const crfParts = ['transitions', 'start', 'end'] as const;

/** Every parameter, or what belongs to it, by the oracle's names: `output.1.W` of the second head, `features`. */
export function oracleNamed(config: NetworkConfig, read: Read): Record<string, Float64Array> {
  const named = namedArrays(oracleWeights(config, read));
  const values = (name: string): Float64Array => Float64Array.from(read(name));
  config.tags.forEach((_, head) => {
    named[`${headName(head)}.W`] = values(`${headName(head)}.weight`);
    named[`${headName(head)}.b`] = values(`${headName(head)}.bias`);
    if (config.decoder === 'crf')
      for (const part of crfParts)
        named[`${headName(head)}.${part}`] = values(`${headName(head)}.${part}`);
  });
  if (config.languageModel)
    for (const direction of directionsOf(config))
      for (const [name, { W, b }] of Object.entries(languageModelWeights(read, direction))) {
        named[`language-model.${direction}.${name}.W`] = W;
        named[`language-model.${direction}.${name}.b`] = b;
      }
  if (config.featureGroups > 0) named.features = values('feature.embedding');
  if (config.tokenFeatures) named.tokens = values('token.embedding');
  return named;
}

/**
 * Where the oracle's columns [word; vector; features; characters] stand in the network's [word; vector; characters;
 * features].
 */
function columnsOf(config: NetworkConfig): number[] {
  const [wordDim, C, hashed, ofTokens] = inputWidths(config);
  const D = wordDim + vectorWidth(config);
  const F = hashed + ofTokens;
  const run = (from: number, n: number): number[] => Array.from({ length: n }, (_, i) => from + i);
  return [...run(0, D), ...run(D + C, F), ...run(D, C)];
}

/** Rows (n, columns.length) with their columns in another order: column j comes from column columns[j]. */
const reorder = (rows: Float64Array, columns: readonly number[]): Float64Array =>
  rows.map((_, i) => {
    const j = i % columns.length;
    return rows[i - j + columns[j]!]!;
  });

/** The rows of W (D, width) in another order. */
const reorderRows = (W: Float64Array, order: readonly number[]): Float64Array => {
  const width = W.length / order.length;
  return W.map((_, i) => W[order[Math.floor(i / width)]! * width + (i % width)]!);
};

function reorderInput(layer: LayerWeights, order: readonly number[]): LayerWeights {
  const of = (cell: LayerWeights['forward']) => cell && { ...cell, W: reorderRows(cell.W, order) };
  return { ...layer, forward: of(layer.forward), backward: of(layer.backward) };
}

interface Prepared {
  weights: TaggerWeights;
  batch: TaggerBatch;
  masks: TaggerMasks | undefined;
  /** Gives a gradient by the names of `weights` the names and the order of the network's parameters. */
  translate(gradients: TaggerWeights): Record<string, Float64Array>;
}

function prepare(sample: Sample, read: Read, masks?: TaggerMasks): Prepared {
  const { config, types } = sample;
  const weights = oracleWeights(config, read);
  const batch = oracleBatch(sample);
  const { wordDim: D, tokenFeatures } = config;
  const [, , hashed, ofTokens] = inputWidths(config);
  const V = vectorWidth(config);
  const F = V + hashed + ofTokens; // columns beside the word embedding
  if (F === 0) return { weights, batch, masks, translate: namedArrays };

  const { table } = weights.words;
  const order = orderOf(sample.batch.sentences);
  const tokens = batch.packing.rows.flatMap((live, t) =>
    order.slice(0, live).map((s) => ({ s, t, type: sample.batch.sentences[s]![t]! })),
  );
  const rows: Record<string, Float64Array> = {}; // of each table, (rows, dim)
  if (config.featureGroups > 0) rows.features = Float64Array.from(read('feature.embedding'));
  if (tokenFeatures) rows.tokens = Float64Array.from(read('token.embedding'));
  type Visit = (name: string, column: number, place: number) => void;
  /** Calls `visit` for every place of the features of token n: in its row of F columns, and in a table. */
  const eachPlace = (n: number, visit: Visit): void => {
    const { s, t, type } = tokens[n]!;
    let column = V;
    const visitBags = (
      name: string,
      { offsets, members }: Bags,
      { at, groups, dim }: Record<'at' | 'groups' | 'dim', number>,
    ): void => {
      for (let bag = at * groups; bag < (at + 1) * groups; bag++, column += dim)
        for (let m = offsets[bag]!; m < offsets[bag + 1]!; m++)
          for (let j = 0; j < dim; j++) visit(name, column + j, members[m]! * dim + j);
    };
    const { featureGroups: groups, featureDim: dim } = config;
    if (groups > 0) visitBags('features', types.bags!, { at: type, groups, dim });
    if (tokenFeatures)
      visitBags('tokens', sample.batch.tokenFeatures![s]!, { at: t, ...tokenFeatures });
  };
  const own = new Float64Array(batch.packing.N * (D + F)); // (N, D + F)
  tokens.forEach((_, n) => {
    const row = own.subarray(n * (D + F), (n + 1) * (D + F));
    row.set(table.subarray(batch.words[n]! * D, (batch.words[n]! + 1) * D));
    if (V > 0) row.set(types.vectors!.subarray(tokens[n]!.type * V, (tokens[n]!.type + 1) * V), D);
    eachPlace(n, (name, column, place) => {
      row[D + column]! += rows[name]![place]!;
    });
  });
  const columns = columnsOf(config);
  const back = columns.map((_, column) => columns.indexOf(column));
  const input = masks?.layers?.[0]?.input;
  return {
    batch: { ...batch, words: tokens.map((_, n) => n) },
    weights: {
      ...weights,
      words: { table: own, D: D + F },
      layers: weights.layers.map((layer, l) => (l === 0 ? reorderInput(layer, columns) : layer)),
    },
    masks: masks && {
      ...masks,
      layers: masks.layers?.map((layer, l) =>
        l === 0 && input ? { ...layer, input: reorder(input, columns) } : layer,
      ),
    },
    translate(gradients) {
      const words = new Float64Array(table.length);
      const tables = Object.fromEntries(
        Object.entries(rows).map(([name, { length }]) => [name, new Float64Array(length)]),
      );
      tokens.forEach((_, n) => {
        const d = gradients.words.table.subarray(n * (D + F), (n + 1) * (D + F));
        accumulate(words.subarray(batch.words[n]! * D, (batch.words[n]! + 1) * D), d.slice(0, D));
        eachPlace(n, (name, column, place) => {
          tables[name]![place]! += d[D + column]!;
        });
      });
      const layers = gradients.layers.map((layer, l) =>
        l === 0 ? reorderInput(layer, back) : layer,
      );
      return { ...namedArrays({ ...gradients, layers }), words, ...tables };
    },
  };
}

/** The batch with the tags of one head. */
const ofHead = (sample: Sample, head: number): Sample => ({
  ...sample,
  batch: { ...sample.batch, tags: [sample.batch.tags[head]!] },
});

const outputOf = (read: Read, head: number): TaggerWeights['output'] => ({
  W: Float64Array.from(read(`${headName(head)}.weight`)),
  b: Float64Array.from(read(`${headName(head)}.bias`)),
});

/** The field of a head; of a decoder that has no parameters, one of zeros. What `allowed` forbids is -Infinity. */
export function fieldOf(
  { config, allowed }: Pick<Sample, 'config' | 'allowed'>,
  read: Read,
  head: number,
): CrfWeights {
  const K = config.tags[head]!;
  const links = allowed?.[head];
  let at = 0; // in links: transitions, starts, ends
  const [transitions, start, end] = crfParts.map((part, i) => {
    const values =
      config.decoder === 'crf'
        ? Float64Array.from(read(`${headName(head)}.${part}`))
        : new Float64Array(i === 0 ? K * K : K);
    return values.map((x) => (links?.[at++] === 0 ? Number.NEGATIVE_INFINITY : x));
  }) as [Float64Array, Float64Array, Float64Array];
  return { K, transitions, start, end };
}

/**
 * The loss of a CRF over a batch, a mean over its tokens with a tag, with the smoothed loss of each token, and what it
 * adds to the gradients of the CRF's parameters. Tokens without a tag may have any.
 */
function createCrf(
  { packing, gold }: TaggerBatch,
  field: CrfWeights,
  { head, smoothing }: { head: number; smoothing: number },
) {
  const { K } = field;
  const gradients: Record<string, Float64Array> = {};
  const scale = 1 / Array.from(gold).filter((tag) => tag >= 0).length;
  const add = (part: (typeof crfParts)[number], values: Float64Array): void => {
    const name = `${headName(head)}.${part}`;
    gradients[name] ??= new Float64Array(values.length);
    accumulate(
      gradients[name],
      values.map((x) => x * scale),
    );
  };
  const lossOf = (logits: Float64Array) => {
    const tokens = smoothing > 0 && crossEntropy({ logits, gold, smoothing });
    const dlogits = tokens ? tokens.dlogits : new Float64Array(logits.length);
    let loss = tokens ? tokens.loss : 0;
    for (let b = 0; b < packing.B; b++) {
      const rows = sentenceRows(packing, b);
      const sets = rows.flatMap((row) =>
        Array.from({ length: K }, (_, k) => (gold[row]! < 0 || gold[row] === k ? 1 : 0)),
      );
      const emissions = unpackSentence(logits, packing, b);
      const own = crfLoss(field, emissions, sets);
      loss += scale * own.loss;
      rows.forEach((row, t) => {
        const d = own.demissions.subarray(t * K, (t + 1) * K);
        accumulate(
          dlogits.subarray(row * K, (row + 1) * K),
          d.map((x) => x * scale),
        );
      });
      add('transitions', own.dtransitions);
      add('start', own.dstart);
      add('end', own.dend);
    }
    return { loss, dlogits };
  };
  return { lossOf, gradients };
}

const languageModelWeights = (
  read: Read,
  direction: Direction,
): Record<'hidden' | 'output', DenseWeights> => {
  const weights = (part: string): DenseWeights => ({
    W: Float64Array.from(read(`language-model.${direction}.${part}.weight`)),
    b: Float64Array.from(read(`language-model.${direction}.${part}.bias`)),
  });
  return { hidden: weights('hidden'), output: weights('output') };
};

/** The words that the language model of a direction predicts, as tags. */
function nextWords({ config, types, batch }: Sample, direction: Direction): Int32Array[] {
  const { words } = config.languageModel!;
  return batch.sentences.map((ids) =>
    ids.map((_, t) => {
      const next = ids[direction === 'forward' ? t + 1 : t - 1];
      if (next === undefined) return words;
      const row = types.words[next]!;
      return row < words ? row : 0;
    }),
  );
}

/**
 * The loss of the language model of a direction, and its gradients. The model is a tagger of one recurrent layer. Its dense
 * layer has weights of 0 for the other direction, whose gradients are left out.
 */
function languageModelStep(
  sample: Sample,
  options: {
    read: Read;
    masks: TaggerMasks;
    links: readonly LayerLinks[];
    direction: Direction;
    weight: number;
  },
): { loss: number; gradients: Record<string, Float64Array> } {
  const { read, masks, links, direction, weight } = options;
  const { config } = sample;
  const { dim } = config.languageModel!;
  const all = directionsOf(config);
  const size = config.hidden * dim;
  const at = all.indexOf(direction) * size;
  const { hidden, output } = languageModelWeights(read, direction);
  const W = new Float64Array(all.length * size);
  W.set(hidden.W, at);
  const ofNext = { ...sample, batch: { ...sample.batch, tags: [nextWords(sample, direction)] } };
  const { translate, ...prepared } = prepare(ofNext, read, masks);
  const step = taggerStep({
    ...prepared,
    weights: {
      ...prepared.weights,
      layers: prepared.weights.layers.slice(0, 1),
      dense: [{ W, b: hidden.b }],
      output,
    },
    masks: { ...prepared.masks, output: prepared.masks?.layers?.[1]?.input ?? masks.output },
    links: links.slice(0, 1),
  });
  const gradients: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(translate(step.gradients))) {
    const own = name
      .replace('dense.0', `language-model.${direction}.hidden`)
      .replace(/^output/, `language-model.${direction}.output`);
    const part = name === 'dense.0.W' ? values.subarray(at, at + size) : values;
    gradients[own] = part.map((g) => g * weight);
  }
  return { loss: step.loss * weight, gradients };
}

/** Loss and gradients of step `step` (from 0), with its masks and links, by the names of `oracleNamed`. */
export function oracleStep(
  sample: Sample,
  { read, training, step = 0 }: { read: Read; training: TrainingOptions; step?: number },
): { loss: number; gradients: Record<string, Float64Array> } {
  const masks = oracleMasks(sample, training, step);
  const links = oracleTruncation(sample, training, step);
  const sums: Record<string, Float64Array> = {};
  let sum = 0;
  sample.config.tags.forEach((_, head) => {
    const prepared = prepare(ofHead(sample, head), read, masks);
    const smoothing = Math.fround(training.labelSmoothing);
    const crf =
      sample.config.decoder === 'crf'
        ? createCrf(prepared.batch, fieldOf(sample, read, head), { head, smoothing })
        : undefined;
    const { loss, gradients } = taggerStep({
      ...prepared,
      lossOf: crf?.lossOf,
      weights: { ...prepared.weights, output: outputOf(read, head) },
      smoothing,
      links,
    });
    sum += loss;
    Object.assign(sums, crf?.gradients);
    for (const [name, values] of Object.entries(prepared.translate(gradients))) {
      const own = name.replace(/^output/, headName(head));
      if (sums[own]) accumulate(sums[own], values);
      else sums[own] = values.slice();
    }
  });
  if (sample.config.languageModel)
    for (const direction of directionsOf(sample.config)) {
      const { languageModelWeight: weight = 1 } = training;
      const options = { read, masks, links, direction, weight };
      const { loss, gradients } = languageModelStep(sample, options);
      sum += loss;
      for (const [name, values] of Object.entries(gradients))
        if (sums[name]) accumulate(sums[name], values);
        else sums[name] = values;
    }
  return { loss: sum, gradients: sums };
}

/** Scores of every head, (N, K) packed, nothing dropped. */
export function oracleScores(sample: Sample, read: Read): Float64Array[] {
  return sample.config.tags.map((_, head) => {
    const { weights, batch } = prepare(ofHead(sample, head), read);
    return taggerForward({ weights: { ...weights, output: outputOf(read, head) }, batch }).logits;
  });
}

/** For each direction of the top layer, (N, H): dL/dh, L being the sum of the first head's losses, nothing dropped. */
export function oracleTrace(sample: Sample, read: Read): PerDirection<Float64Array> {
  const { weights, batch } = prepare(ofHead(sample, 0), read);
  const counted = Array.from(batch.gold).filter((tag) => tag >= 0).length;
  const { forward, backward } = taggerStep({ weights, batch }).dhTotal.at(-1)!;
  const ofSum = (d: Float64Array | undefined) => d?.map((x) => x * counted); // the oracle's loss is a mean
  return { forward: ofSum(forward), backward: ofSum(backward) };
}
