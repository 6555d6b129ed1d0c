import { directionsOf, headName } from '../config.ts';
import { crfLoss, NEVER } from './crf.ts';
import type { Hidden } from './hidden.ts';
import { goldName, nextWordName, setName, weightName } from './names.ts';
import type { Pass } from './pass.ts';
import type { Tensor } from './tfjs.ts';

/** Factors of the losses: of each head, and of the language models. */
export interface LossScales {
  readonly heads: readonly number[];
  readonly languageModels: number;
}

/** The scores (N, K) of a head. */
export function headScores({ ops, parameter }: Pass, output: Tensor, head: number): Tensor {
  const name = headName(head);
  return ops.affine(output, parameter(`${name}.weight`), parameter(`${name}.bias`));
}

/** The sum of the losses of all heads and language models. */
export function totalLoss(pass: Pass, hidden: Hidden, scales: LossScales): Tensor {
  const { ops, config } = pass;
  const losses = config.tags.map((_, head) =>
    ops.tf.mul(headLoss(pass, headScores(pass, hidden.output, head), head), scales.heads[head]!),
  );
  if (config.languageModel)
    losses.push(ops.tf.mul(languageModelLoss(pass, hidden.first), scales.languageModels));
  return losses.length > 1 ? ops.tf.addN(losses) : losses[0]!;
}

function headLoss(pass: Pass, scores: Tensor, head: number): Tensor {
  const { ops, config, training } = pass;
  const { labelSmoothing } = training!;
  if (config.decoder !== 'crf') return crossEntropy(pass, scores, { head, labelSmoothing });
  const loss = crfLoss(pass, scores, head);
  if (labelSmoothing === 0) return loss;
  return ops.tf.add(loss, crossEntropy(pass, scores, { head, labelSmoothing }));
}

/**
 * The sum over tokens of w CE(softmax(scores), gold), with label smoothing; see `softmax_cross_entropy` in
 * kernels/layers/softmax.c. Tokens of unknown tags have the weight 0.
 */
export function crossEntropy(
  { ops: { tf }, input, has }: Pass,
  scores: Tensor,
  { head, labelSmoothing }: { head: number; labelSmoothing: number },
): Tensor {
  const [N, K] = scores.shape as [number, number];
  const logs = tf.logSoftmax(scores);
  const rest = labelSmoothing / K;
  const gold = input(goldName(head));
  const weights = tf.reshape(input(weightName(head)), [N, 1]);
  const targets = tf.oneHot(gold, K, 1 - labelSmoothing + rest, rest, 'float32');
  if (!has(setName(head))) return tf.neg(tf.sum(tf.mul(tf.mul(targets, weights), logs)));
  // Of a set of tags: -(1 - smoothing) ln P - smoothing / |S| Σ ln p
  const sets = tf.reshape(input(setName(head)), [N, K]);
  const isSet = tf.reshape(tf.step(tf.sum(sets, 1)), [N, 1]);
  const sizes = tf.maximum(tf.sum(sets, 1, true), 1);
  const within = tf.add(
    tf.mul(targets, tf.sub(1, isSet)),
    tf.mul(tf.div(sets, sizes), labelSmoothing),
  );
  const inSets = tf.add(logs, tf.mul(tf.sub(1, sets), NEVER));
  const best = tf.max(inSets, 1, true);
  const sums = tf.sum(tf.mul(tf.exp(tf.sub(inSets, best)), sets), 1, true);
  // rows without a set: ln 1
  const logSums = tf.add(tf.log(tf.add(tf.mul(sums, isSet), tf.sub(1, isSet))), best);
  const marginal = tf.mul(tf.mul(logSums, isSet), 1 - labelSmoothing);
  return tf.neg(
    tf.add(tf.sum(tf.mul(tf.mul(within, weights), logs)), tf.sum(tf.mul(marginal, weights))),
  );
}

/** The summed loss of the language models (Rei 2017), one for each direction of the first recurrent layer. */
function languageModelLoss(
  { ops, config, parameter, input, sizes: { N } }: Pass,
  first: Tensor,
): Tensor {
  const { tf } = ops;
  const { hidden: H, languageModel } = config;
  const losses = directionsOf(config).map((direction, d) => {
    const affine = (x: Tensor, part: string): Tensor => {
      const name = `language-model.${direction}.${part}`;
      return ops.affine(x, parameter(`${name}.weight`), parameter(`${name}.bias`));
    };
    const hidden = tf.tanh(affine(tf.slice(first, [0, d * H], [N, H]), 'hidden'));
    const logs = tf.logSoftmax(affine(hidden, 'output'));
    const targets = tf.oneHot(
      input(nextWordName(direction)),
      languageModel!.words + 1,
      1,
      0,
      'float32',
    );
    return tf.neg(tf.sum(tf.mul(targets, logs)));
  });
  return losses.length > 1 ? tf.addN(losses) : losses[0]!;
}
