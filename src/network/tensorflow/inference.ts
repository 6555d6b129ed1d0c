import { byFallingLength } from '../batch.ts';
import type { Batch, EmissionOptions, Emissions } from '../engine.ts';
import { type ArrayBatch, createArrays } from './batch.ts';
import { type Context, createPass, memberParameter, uploadBatch } from './context.ts';
import { createPathFinders } from './decode.ts';
import { hiddenLayers } from './hidden.ts';
import { inputLayer } from './input.ts';
import { headScores } from './loss.ts';
import type { Tensor } from './tfjs.ts';

/** Sentences that are computed together. They are of similar length, so little is padded. */
const CHUNK_SENTENCES = 64;

export interface Inference {
  emissions(batch: Batch, options?: EmissionOptions): Emissions;
  parametersChanged(): void;
  close(): Promise<void>;
}

export function createInference(context: Context): Inference {
  const { config, transitions, variables } = context;
  const finders = createPathFinders(config, {
    transitions,
    parameter: (name) => variables.get(name)!.values(),
  });
  let isUpdated = false;

  return {
    emissions(batch, { scores = false } = {}) {
      if (!isUpdated) for (const finder of finders.heads) finder?.update();
      isUpdated = true;
      const { sentences } = batch;
      const lengths = sentences.map(({ length }) => length);
      const starts = [0];
      for (const length of lengths) starts.push(starts.at(-1)! + length);
      const count = starts.at(-1)!;
      const best = config.tags.map(() => new Int32Array(count));
      const all = config.tags.map((K) => new Float32Array(scores ? count * K : 0));
      const order = byFallingLength(lengths).filter((s) => lengths[s]! > 0);
      for (let from = 0; from < order.length; from += CHUNK_SENTENCES) {
        const chosen = order.slice(from, from + CHUNK_SENTENCES);
        const { wordTypes } = batch;
        const arrays = createArrays({
          ...{ config, wordTypes, numbering: context.numberingFor(wordTypes) },
          sentences: chosen.map((s) => sentences[s]!),
        });
        const tokens = tokensOf(
          arrays,
          chosen.map((s) => starts[s]!),
        );
        const wanted = finders.heads.map((finder) => scores || finder !== undefined);
        const found = computeScores(context, arrays, wanted);
        found.forEach(({ values, tags }, head) => {
          const K = config.tags[head]!;
          const paths = finders.heads[head]?.find(values!, arrays.rows) ?? tags;
          tokens.forEach((token, row) => {
            best[head]![token] = paths[row]!;
            if (scores) all[head]!.set(values!.subarray(row * K, (row + 1) * K), token * K);
          });
        });
      }
      return scores ? { best, scores: all } : { best };
    },
    parametersChanged() {
      isUpdated = false;
    },
    close: finders.close,
  };
}

/** The index in the batch of the token in each packed row. */
function tokensOf({ rows, order }: ArrayBatch, starts: readonly number[]): Int32Array {
  const tokens: number[] = [];
  rows.forEach((live, t) => {
    for (let b = 0; b < live; b++) tokens.push(starts[order[b]!]! + t);
  });
  return Int32Array.from(tokens);
}

interface HeadResult {
  /** (N, K), if they are wanted. */
  readonly values: Float32Array | undefined;
  /** (N) The tags of the highest scores. */
  readonly tags: Int32Array;
}

/** The scores of each head, added up over the members of an ensemble. */
function computeScores(
  context: Context,
  batch: ArrayBatch,
  wanted: readonly boolean[],
): HeadResult[] {
  const { ops, config, variables } = context;
  const { tf } = ops;
  return tf.tidy(() => {
    const inputs = uploadBatch(context, {
      ...batch,
      arrays: { ...batch.arrays, words: batch.words },
    });
    const zeros = new Map<string, Tensor>();
    const sums: Tensor[] = [];
    for (let member = 0; member < config.members; member++) {
      const read = new Map<string, Tensor>();
      const parameter = (name: string): Tensor => {
        const full = memberParameter(context, name, member);
        const isRepeated = full === name && member > 0; // shared, and already added
        const kept = isRepeated ? zeros : read;
        let tensor = kept.get(full);
        if (!tensor) {
          const variable = variables.get(full)!;
          tensor = isRepeated ? tf.zeros(variable.shape) : variable.read();
          kept.set(full, tensor);
        }
        return tensor;
      };
      const table = variables.get(memberParameter(context, 'word.embedding', member))!;
      const words = table.gather(inputs.words!);
      const pass = createPass(context, { batch, inputs, parameter, words });
      const { output } = hiddenLayers(pass, inputLayer(pass));
      config.tags.forEach((_, head) => {
        const scores = headScores(pass, output, head);
        sums[head] = member === 0 ? scores : tf.add(sums[head]!, scores);
      });
    }
    return sums.map(
      (scores, head): HeadResult => ({
        values: wanted[head] ? (scores.dataSync() as Float32Array) : undefined,
        tags: tf.argMax(scores, 1).dataSync() as Int32Array,
      }),
    );
  });
}
