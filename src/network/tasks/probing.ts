import type { Address } from '../../backend/kernels.ts';
import type { Task, TaskContext } from '../../backend/pool.ts';
import { directionsOf } from '../config.ts';
import { crossEntropy } from '../layers/decoders/softmax.ts';
import type { BackwardPass } from '../layers/layer.ts';
import { layoutShard, readShardSizes } from '../layouts.ts';
import type { Network } from '../network.ts';
import { eachAge } from '../packing.ts';
import { backwardTo, forward, gradientIn } from './backpropagation.ts';
import type { ProgramSpec } from './spec.ts';

/**
 * Computes the gradient of every h in one direction of the top recurrent layer. The loss is the cross-entropy of the
 * first head at the last token of each sentence that this direction reads. Arguments: [0] the address of a shard, [1]
 * space for its results, [2] scratch space, [3] the direction, [4] the address for the gradient (N, H).
 */
export function probeTask(
  { kernels, arena }: TaskContext,
  { config, weights, training }: ProgramSpec,
  network: Network,
): Task {
  return (_, args) => {
    const [integers, kept, scratch, direction, trace] = args as unknown as [
      Address,
      Address,
      Address,
      number,
      Address,
    ];
    const { losses, gradients } = training!;
    const sizes = readShardSizes(arena, network, integers);
    const s = layoutShard(network, sizes, { integers, kept, scratch, dx: 0 });
    const { rows, N, T, B } = s;
    const golds = s.heads.map(({ gold }) => arena.i32(gold, N));
    const reverse = directionsOf(config)[direction] === 'backward';
    eachAge(arena.i32(rows, T), !reverse, (row, age) => {
      golds.forEach((gold, h) => {
        if (h > 0 || age !== 0) gold[row] = -1;
      });
    });
    const pass: BackwardPass = {
      kernels,
      arena,
      rows,
      N,
      T,
      B,
      gradients: { at: gradientIn(gradients, weights), product: () => undefined },
      trace: { direction, address: trace },
    };
    forward(network, pass, s);
    s.heads.forEach((head, h) => {
      crossEntropy(pass, head, {
        loss: losses,
        sets: 0,
        scale: 1,
        K: config.tags[h]!,
        labelSmoothing: 0,
        weights: 0,
      });
    });
    backwardTo(network, pass, s, { last: network.top });
    arena.f32(gradients, weights.denseSize).fill(0);
  };
}
