import { accumulate, checkSize } from './arrays.ts';
import { lstm } from './cells.ts';
import { embeddingBackward, embeddingForward } from './embedding.ts';
import { directions, type LayerStates, layerBackward, layerForward } from './layer.ts';
import { packingOfLengths } from './packing.ts';
import type { CellWeights } from './recurrence.ts';

/** The characters of words, one word after the other. */
export interface Words {
  /** Character ids of all words. */
  ids: ArrayLike<number>;
  /** Word w has the characters starts[w] … starts[w + 1] - 1, at least one; (words + 1). */
  starts: ArrayLike<number>;
}

function lengthOfWord({ ids, starts }: Words, word: number): number {
  const length = starts[word + 1]! - starts[word]!;
  if (!(length >= 1 && starts[word]! >= 0 && starts[word + 1]! <= ids.length)) {
    throw new Error(`word ${word} spans ${starts[word]} to ${starts[word + 1]} of ${ids.length}`);
  }
  return length;
}

export interface CharConvolutionWeights {
  /** Filter width w, odd. */
  width: number;
  /** (C, E): character embeddings. */
  embedding: Float64Array;
  /** (w, E, F) */
  kernel: Float64Array;
  /** (F) */
  bias: Float64Array;
}

export interface CharConvolutionStates {
  /** (characters, F): the convolution at every character of every word. */
  convolved: Float64Array;
  /** (words, F): character position, from the start of its word, of the maximum. */
  argmax: Int32Array;
  /** (words, F) */
  y: Float64Array;
}

/**
 * Character features by convolution and max pooling (dos Santos & Zadrozny 2014; Ma & Hovy
 * 2016), without non-linearity. For a word of L characters, with e_q the embedding of character q
 * and zero outside the word:
 *
 *     v[p, f] = bias[f] + Σ_j Σ_e kernel[j, e, f] e_{p + j - (w-1)/2}[e]     0 <= p < L
 *     y[f] = max_p v[p, f]                                                  ties: the first p
 */
export function charConvolutionForward(
  words: Words,
  { width, embedding, kernel, bias }: CharConvolutionWeights,
): CharConvolutionStates {
  if (width % 2 !== 1) throw new Error(`width ${width} is not odd`);
  const F = bias.length;
  const E = kernel.length / (width * F);
  const count = words.starts.length - 1;
  const e = embeddingForward({ table: embedding, ids: words.ids, D: E }); // (characters, E)
  const convolved = new Float64Array(words.ids.length * F); // (characters, F)
  const argmax = new Int32Array(count * F); // (words, F)
  const y = new Float64Array(count * F); // (words, F)
  for (let word = 0; word < count; word++) {
    const start = words.starts[word]!;
    const length = lengthOfWord(words, word);
    for (let f = 0; f < F; f++) {
      for (let p = 0; p < length; p++) {
        let v = bias[f]!;
        for (let j = 0; j < width; j++) {
          const q = p + j - (width - 1) / 2;
          if (q < 0 || q >= length) continue;
          for (let d = 0; d < E; d++) {
            v += kernel[(j * E + d) * F + f]! * e[(start + q) * E + d]!;
          }
        }
        convolved[(start + p) * F + f] = v;
        if (p === 0 || v > y[word * F + f]!) {
          y[word * F + f] = v;
          argmax[word * F + f] = p;
        }
      }
    }
  }
  return { convolved, argmax, y };
}

/**
 * Given dy (words, F): only the position p* that won passes it on.
 * dbias[f] += dy[f]; dkernel[j, :, f] += dy[f] e_q; de_q += dy[f] kernel[j, :, f],
 * with q = p* + j - (w-1)/2 inside the word.
 */
export function charConvolutionBackward({
  dy,
  words,
  weights: { width, embedding, kernel, bias },
  states: { argmax },
}: {
  dy: Float64Array;
  words: Words;
  weights: CharConvolutionWeights;
  states: Pick<CharConvolutionStates, 'argmax'>;
}): { dembedding: Float64Array; dkernel: Float64Array; dbias: Float64Array } {
  const F = bias.length;
  const E = kernel.length / (width * F);
  const count = words.starts.length - 1;
  checkSize('dy', dy, count * F);
  const e = embeddingForward({ table: embedding, ids: words.ids, D: E }); // (characters, E)
  const de = new Float64Array(e.length); // (characters, E)
  const dkernel = new Float64Array(kernel.length); // (w, E, F)
  const dbias = new Float64Array(F); // (F)
  for (let word = 0; word < count; word++) {
    const start = words.starts[word]!;
    const length = lengthOfWord(words, word);
    for (let f = 0; f < F; f++) {
      const d = dy[word * F + f]!;
      const p = argmax[word * F + f]!;
      dbias[f]! += d;
      for (let j = 0; j < width; j++) {
        const q = p + j - (width - 1) / 2;
        if (q < 0 || q >= length) continue;
        for (let k = 0; k < E; k++) {
          dkernel[(j * E + k) * F + f]! += d * e[(start + q) * E + k]!;
          de[(start + q) * E + k]! += d * kernel[(j * E + k) * F + f]!;
        }
      }
    }
  }
  const V = embedding.length / E;
  return { dembedding: embeddingBackward({ dy: de, ids: words.ids, V, D: E }), dkernel, dbias };
}

export interface CharLstmWeights {
  /** (C, E): character embeddings. */
  embedding: Float64Array;
  forward: CellWeights;
  backward: CellWeights;
}

export interface CharLstmStates {
  /** Of each word by itself. */
  words: LayerStates[];
  /** (words, 2H) */
  y: Float64Array;
}

/**
 * Character features by a BiLSTM (Ling et al. 2015; Lample et al. 2016, §4.1): over the embedded
 * characters of each word, y = [forward h at the last character; backward h at the first]. Words
 * may come in any order of length; each is run by itself.
 */
export function charLstmForward(
  words: Words,
  { embedding, ...weights }: CharLstmWeights,
): CharLstmStates {
  const H = weights.forward.b.length / 4;
  const E = weights.forward.W.length / (4 * H);
  const count = words.starts.length - 1;
  const e = embeddingForward({ table: embedding, ids: words.ids, D: E }); // (characters, E)
  const y = new Float64Array(count * 2 * H); // (words, 2H)
  const states: LayerStates[] = [];
  for (let word = 0; word < count; word++) {
    const start = words.starts[word]!;
    const length = lengthOfWord(words, word);
    const x = e.slice(start * E, (start + length) * E); // (length, E)
    const state = layerForward({
      x,
      weights: { cell: lstm, ...weights },
      packing: packingOfLengths([length]),
    });
    for (let k = 0; k < H; k++) {
      y[word * 2 * H + k] = state.forward!.h[(length - 1) * H + k]!;
      y[word * 2 * H + H + k] = state.backward!.h[k]!;
    }
    states.push(state);
  }
  return { words: states, y };
}

/** Given dy (words, 2H): it enters at the two states `charLstmForward` took out. */
export function charLstmBackward({
  dy,
  words,
  weights: { embedding, ...weights },
  states,
}: {
  dy: Float64Array;
  words: Words;
  weights: CharLstmWeights;
  states: CharLstmStates;
}): { dembedding: Float64Array; forward: CellWeights; backward: CellWeights } {
  const H = weights.forward.b.length / 4;
  const E = weights.forward.W.length / (4 * H);
  const count = words.starts.length - 1;
  checkSize('dy', dy, count * 2 * H);
  const de = new Float64Array(words.ids.length * E); // (characters, E)
  const zero = ({ W, U, b }: CellWeights): CellWeights => ({
    W: new Float64Array(W.length),
    U: new Float64Array(U.length),
    b: new Float64Array(b.length),
  });
  const total = { forward: zero(weights.forward), backward: zero(weights.backward) };
  for (let word = 0; word < count; word++) {
    const start = words.starts[word]!;
    const length = lengthOfWord(words, word);
    const dOutput = new Float64Array(length * 2 * H); // (length, 2H)
    for (let k = 0; k < H; k++) {
      dOutput[(length - 1) * 2 * H + k] = dy[word * 2 * H + k]!;
      dOutput[H + k] = dy[word * 2 * H + H + k]!;
    }
    const gradients = layerBackward({
      dout: dOutput,
      weights: { cell: lstm, ...weights },
      states: states.words[word]!,
      packing: packingOfLengths([length]),
    });
    de.set(gradients.dx, start * E);
    for (const direction of directions) {
      for (const name of ['W', 'U', 'b'] as const) {
        accumulate(total[direction][name], gradients.weights[direction]![name]);
      }
    }
  }
  const V = embedding.length / E;
  return { dembedding: embeddingBackward({ dy: de, ids: words.ids, V, D: E }), ...total };
}
