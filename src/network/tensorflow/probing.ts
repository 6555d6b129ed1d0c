import { type Direction, directionsOf } from '../config.ts';
import type { TrainingBatch } from '../engine.ts';
import { eachAge } from '../packing.ts';
import { type Context, createPass, uploadBatch } from './context.ts';
import { hiddenLayers } from './hidden.ts';
import { inputLayer } from './input.ts';
import { crossEntropy, headScores } from './loss.ts';
import { weightName } from './names.ts';
import type { Tensor } from './tfjs.ts';
import { prepareBatch } from './training.ts';

/** See `Engine.gradientNorms`. */
export function gradientNorms(
  context: Context,
  batch: TrainingBatch,
  distance: number,
): Partial<Record<Direction, number[]>> {
  const { ops, config, variables } = context;
  const { tf } = ops;
  const H = config.hidden;
  const arrays = prepareBatch(context, batch);
  const { rows, tokens } = arrays;
  const norms: Partial<Record<Direction, number[]>> = {};
  if (tokens === 0) return norms;
  for (const direction of directionsOf(config)) {
    // the loss is at the last token that the direction reads
    const weights = new Float32Array(tokens);
    eachAge(rows, direction === 'forward', (row, age) => {
      weights[row] = age === 0 && arrays.golds[0]![row]! >= 0 ? 1 : 0;
    });
    const gradients = tf.tidy(() => {
      const inputs = uploadBatch(context, arrays, {
        'word.rows': arrays.words,
        [weightName(0)]: weights,
      });
      const read = new Map<string, Tensor>();
      const parameter = (name: string): Tensor => {
        const found = read.get(name) ?? variables.get(name)!.read();
        read.set(name, found);
        return found;
      };
      const words = variables.get('word.embedding')!.gather(inputs['word.rows']!);
      const zeros = tf.zeros([tokens, H]);
      const { gradients } = ops.differentiate(() => {
        const pass = createPass(context, { batch: arrays, inputs, parameter, words });
        const { output } = hiddenLayers(pass, inputLayer(pass), { direction, zeros });
        return crossEntropy(pass, headScores(pass, output, 0), { head: 0, labelSmoothing: 0 });
      }, [zeros]);
      return gradients[0]!.dataSync();
    });
    const sums: { sum: number; count: number }[] = [];
    eachAge(rows, direction === 'forward', (row, back) => {
      if (back > distance) return;
      const gradient = gradients.subarray(row * H, (row + 1) * H);
      sums[back] ??= { sum: 0, count: 0 };
      sums[back].sum += Math.hypot(...gradient);
      sums[back].count++;
    });
    norms[direction] = Array.from(sums, ({ sum, count }) => sum / count);
  }
  return norms;
}
