import { headName } from '../config.ts';
import { allowedName, costsName, goldName, setName, weightName } from './names.ts';
import type { Ops } from './ops.ts';
import type { Pass } from './pass.ts';
import type { Tensor } from './tfjs.ts';

// The loss of a CRF; see layers/decoders/crf.ts. The sums over paths are computed with logarithms.

/** The score of what is forbidden. It stays finite when the scores of a sentence are added. */
export const NEVER = -1e30;

/**
 * The sum over sentences of ln Z - ln Z', where Z' sums the paths that agree with the gold tags. Sentences without such a
 * path have no loss. With tag weights, the loss is the softmax-margin loss.
 */
export function crfLoss(pass: Pass, emissions: Tensor, head: number): Tensor {
  const { ops, input, has, rows, sizes } = pass;
  const { tf } = ops;
  const { B } = sizes;
  const [N, K] = emissions.shape as [number, number];
  const crf = crfParameters(pass, head, K);
  const gold = tf.oneHot(input(goldName(head)), K, 1, 0, 'float32');
  const unknown = tf.sub(1, tf.reshape(input(weightName(head)), [N, 1]));
  let agrees = tf.add(gold, unknown);
  if (has(setName(head))) agrees = tf.add(agrees, tf.reshape(input(setName(head)), [N, K]));
  const scores = has(costsName(head))
    ? tf.sub(emissions, tf.mul(gold, input(costsName(head))))
    : emissions;
  const inGold = tf.add(scores, tf.mul(tf.sub(1, agrees), NEVER));
  const steps = tf.split(tf.stack([scores, inGold]), [...rows], 1); // each (2, live, K)
  let sums = tf.add(steps[0]!, crf.start);
  const finished: Tensor[] = [];
  steps.forEach((step, t) => {
    if (t > 0) sums = nextSums(ops, { sums, transitions: crf.transitions, step });
    const live = rows[t]!;
    const next = rows[t + 1] ?? 0;
    if (next === live) return;
    finished.push(tf.slice(sums, [0, next, 0], [2, live - next, K]));
    if (next > 0) sums = tf.slice(sums, [0, 0, 0], [2, next, K]);
  });
  const ends = tf.add(tf.concat(finished, 1), crf.end);
  const best = tf.max(ends, 2, true);
  const logs = tf.add(tf.log(tf.sum(tf.exp(tf.sub(ends, best)), 2, true)), best);
  const [logZ, logGold] = tf.unstack(tf.reshape(logs, [2, B])) as [Tensor, Tensor];
  const isPossible = tf.step(tf.add(logGold, tf.scalar(-NEVER / 2)));
  return tf.sum(tf.mul(tf.sub(logZ, logGold), isPossible));
}

/** Transitions (K, K), starts and ends (K), with `NEVER` for what is forbidden. */
function crfParameters(
  { ops: { tf }, parameter, has, input }: Pass,
  head: number,
  K: number,
): Record<'transitions' | 'start' | 'end', Tensor> {
  const name = headName(head);
  const parts = (['transitions', 'start', 'end'] as const).map((part) =>
    parameter(`${name}.${part}`),
  ) as [Tensor, Tensor, Tensor];
  if (!has(allowedName(head))) return { transitions: parts[0], start: parts[1], end: parts[2] };
  const allowed = tf.split(input(allowedName(head)), [K * K, K, K], 0) as [Tensor, Tensor, Tensor];
  const masked = (i: 0 | 1 | 2, shape: readonly number[]): Tensor => {
    const isAllowed = tf.reshape(allowed[i], shape);
    return tf.add(tf.mul(parts[i], isAllowed), tf.mul(tf.sub(1, isAllowed), NEVER));
  };
  return { transitions: masked(0, [K, K]), start: masked(1, [K]), end: masked(2, [K]) };
}

/** ln Σ_j exp(sums[j] + transitions[j, k]) + step[k]. sums and step (2, live, K). */
function nextSums(
  { tf }: Ops,
  { sums, transitions, step }: Record<'sums' | 'transitions' | 'step', Tensor>,
): Tensor {
  const [P, n, K] = sums.shape as [number, number, number];
  return tf.customGrad((...given) => {
    const save = given.at(-1) as (tensors: Tensor[]) => void;
    const scores = tf.add(tf.reshape(sums, [P, n, K, 1]), transitions);
    const best = tf.max(scores, 2, true);
    const factors = tf.exp(tf.sub(scores, best));
    const totals = tf.sum(factors, 2, true);
    save([tf.div(factors, totals)]);
    return {
      value: tf.add(tf.reshape(tf.add(tf.log(totals), best), [P, n, K]), step),
      gradFunc(gradient, [probabilities]) {
        const parts = tf.mul(probabilities!, tf.reshape(gradient, [P, n, 1, K]));
        return [tf.sum(parts, 3), tf.sum(parts, [0, 1]), gradient];
      },
    };
  })(sums, transitions, step);
}
