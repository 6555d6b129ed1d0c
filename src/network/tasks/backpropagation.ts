import type { Address } from '../../backend/kernels.ts';
import type { Task, TaskContext } from '../../backend/pool.ts';
import type { BackwardPass, Pass } from '../layers/layer.ts';
import { streamCount } from '../layers/random-streams.ts';
import { layoutShard, readShardSizes, type Shard } from '../layouts.ts';
import type { Network } from '../network.ts';
import type { Gradients, Weights } from '../weights.ts';
import { type ProgramSpec, SHARDS, type TrainingSpec } from './spec.ts';

/** Number of doubles that describe a matrix gradient. */
export const FACTORS = 4;

/**
 * The factors of all matrix gradients that the backward pass of a shard stores. For each matrix: the addresses of x and
 * of dy (packed), their number of rows, and the distance between rows of x.
 */
export const factorsOf = (
  { arena }: Pick<TaskContext, 'arena'>,
  { factors }: TrainingSpec,
  { shard, matrices }: { shard: number; matrices: number },
): Float64Array => arena.f64(factors + shard * matrices * FACTORS * 8, matrices * FACTORS);

/** Returns the address of a dense parameter's gradient in a block of gradients. */
export const gradientIn =
  (block: Address, { dense }: Weights): Gradients['at'] =>
  (parameter) =>
    parameter + block - dense;

/** Computes the logits of all heads. */
export function forward(network: Network, pass: Pass, s: Shard): void {
  network.input.forward(pass, s.input);
  network.hidden.forEach((layer, i) => {
    layer.forward(pass, s.hidden[i]!);
  });
  network.heads.forEach((head, h) => {
    head.forward(pass, s.heads[h]!);
  });
}

/**
 * Backpropagates from the logits to the input of the hidden layer with index `last`.
 * @param reached called before the backward pass of each hidden layer, when the gradient of its output is complete but for
 * what the call adds
 */
export function backwardTo(
  network: Network,
  pass: BackwardPass,
  s: Shard,
  { last, reached }: { last: number; reached?: (layer: number) => void },
): void {
  network.heads.forEach((head, h) => {
    head.backward(pass, s.heads[h]!, h > 0);
  });
  for (let i = network.hidden.length - 1; i >= last; i--) {
    reached?.(i);
    network.hidden[i]!.backward(pass, s.hidden[i]!);
  }
}

/**
 * Computes the loss and gradients of a shard. Arguments: [i] the address of shard i, [SHARDS + i] the address for the
 * results of its backward pass, [2 SHARDS + i] its dx (N, D); then the address of the threads' scratch space, its bytes
 * per thread, the random stream of the step, and the factor of the language models' loss; then for each head the factor
 * of its loss; then for each head its sets of tags, or 0.
 */
export function backpropagateTask(
  { kernels, arena, thread }: TaskContext,
  { config, weights, training }: ProgramSpec,
  network: Network,
): Task {
  const matrices = Object.values(weights.matrices);
  return (shard, args) => {
    const { gradients, losses } = training!;
    const factors = factorsOf({ arena }, training!, { shard, matrices: matrices.length });
    const integers = args[shard]!;
    const sizes = readShardSizes(arena, network, integers);
    const loss = losses + shard * 64;
    arena.f32(loss, 1)[0] = 0;
    if (sizes.N === 0) {
      factors.fill(0);
      return;
    }
    const [scratch, bytes, stream, languageModelScale, ...heads] = args.subarray(
      3 * SHARDS,
    ) as unknown as [Address, number, number, number, ...number[]];
    const s = layoutShard(network, sizes, {
      integers,
      kept: args[SHARDS + shard]!,
      scratch: scratch + thread * bytes,
      dx: args[2 * SHARDS + shard]!,
    });
    const block = gradients + shard * weights.denseSize * 4;
    const pass: BackwardPass = {
      kernels,
      arena,
      rows: s.rows,
      N: s.N,
      T: s.T,
      B: s.B,
      stream: stream + shard * streamCount(config),
      gradients: {
        at: gradientIn(block, weights),
        product: (w, x, dy, n, ldx = w.K) =>
          factors.set([x, dy, n, ldx], FACTORS * matrices.indexOf(w)),
      },
    };
    forward(network, pass, s);
    network.heads.forEach((head, h) => {
      const [scale, sets] = [heads[h]!, heads[network.heads.length + h]!];
      head.loss(pass, s.heads[h]!, { loss, scale, sets });
    });
    backwardTo(network, pass, s, {
      last: 0,
      reached(layer) {
        if (layer !== network.languageModelInput) return;
        network.languageModels.forEach((model, d) => {
          const b = s.languageModels[d]!;
          model.forward(pass, b);
          model.backward(pass, b, { loss, scale: languageModelScale });
        });
      },
    });
    network.input.backward(pass, s.input);
  };
}
