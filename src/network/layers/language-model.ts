import type { Space } from '../../backend/arena.ts';
import { packedSize } from '../../backend/backend.ts';
import type { Address } from '../../backend/kernels.ts';
import { directionsOf } from '../config.ts';
import { affineBackward, affineForward, affineWeights } from './affine.ts';
import { crossEntropy } from './decoders/softmax.ts';
import type { Activation, BackwardPass, LayerContext, Pass } from './layer.ts';

// A language model that is trained beside the tagger (Rei 2017, "Semi-supervised multitask learning for sequence
// labeling", equations 8 to 12). It is not part of the finished model.

export interface LanguageModelBuffers {
  readonly input: Activation;
  readonly gold: Address; // (N) integers: the class of the next word; see `wordClass`
  readonly hidden: Address; // (n, dim)
  readonly dhidden: Address;
  readonly packedHidden: Address; // (n, dim) its gradient, packed
  readonly logits: Address; // (n, K)
  readonly dlogits: Address;
  readonly packed: Address; // (n, K) dlogits, packed
}

/** The language model of one direction, which predicts the word that the direction reads next. */
export interface LanguageModel {
  /** Whether it predicts the word before a token rather than the word after it. */
  readonly reverse: boolean;
  layout(space: Space, N: number, input: Activation): LanguageModelBuffers;
  forward(pass: Pass, b: LanguageModelBuffers): void;
  /** Adds scale times the sum of the tokens' cross-entropy to `loss`, and its gradient to input.gradient. */
  backward(
    pass: BackwardPass,
    b: LanguageModelBuffers,
    options: { loss: Address; scale: number },
  ): void;
}

/** Maximum number of tokens per shard that the language model predicts. It bounds the memory of a batch. */
const MOST_TOKENS = 1024;

/**
 * The class of a word for a language model of `words` words: a row of the word embedding, whose rows are sorted by falling
 * frequency. Rarer words are the unknown word, 0. Class `words` is the border of the sentence.
 */
export const wordClass = (row: number | undefined, words: number): number =>
  row === undefined ? words : row < words ? row : 0;

/** The language models of the directions of the first recurrent layer. None if the network has none. */
export function languageModels({ config, parameters, panelWidth }: LayerContext): LanguageModel[] {
  const { languageModel, hidden: H } = config;
  if (!languageModel) return [];
  const { words, dim } = languageModel;
  const K = words + 1;
  const directions = directionsOf(config);
  const width = directions.length * H;
  return directions.map((direction, d) => {
    const name = `language-model.${direction}`;
    const hiddenWeights = affineWeights(parameters, `${name}.hidden`, { shape: [H, dim] });
    const outputWeights = affineWeights(parameters, `${name}.output`, { shape: [dim, K] });
    const inputOf = ({ input }: LanguageModelBuffers): Address => input.value + d * H * 4;
    return {
      reverse: direction === 'backward',

      layout({ integers, kept, scratch }, N, input) {
        const n = Math.min(N, MOST_TOKENS);
        return {
          input,
          gold: integers.take(N),
          hidden: kept.take(n * dim),
          dhidden: scratch.take(n * dim),
          packedHidden: kept.take(packedSize(panelWidth, n, dim)),
          logits: scratch.take(n * K),
          dlogits: scratch.take(n * K),
          packed: kept.take(packedSize(panelWidth, n, K)),
        };
      },

      forward({ kernels, N }, b) {
        const n = Math.min(N, MOST_TOKENS);
        affineForward(kernels, b.hidden, inputOf(b), hiddenWeights, { n, ldx: width });
        kernels.tanh_forward(b.hidden, n * dim);
        affineForward(kernels, b.logits, b.hidden, outputWeights, { n });
      },

      backward(pass, b, { loss, scale }) {
        const { kernels, gradients, N } = pass;
        const n = Math.min(N, MOST_TOKENS);
        crossEntropy({ ...pass, N: n }, b, {
          ...{ loss, scale, K, sets: 0, labelSmoothing: 0, weights: 0 },
        });
        affineBackward(kernels, gradients, b.dhidden, b.dlogits, b.hidden, outputWeights, {
          n,
          packed: b.packed,
        });
        kernels.tanh_backward(b.dhidden, b.hidden, n * dim);
        const dx = b.input.gradient + d * H * 4;
        affineBackward(kernels, gradients, dx, b.dhidden, inputOf(b), hiddenWeights, {
          n,
          ldx: width,
          packed: b.packedHidden,
          accumulate: true,
        });
      },
    };
  });
}
