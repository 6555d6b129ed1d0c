import { Numbering } from '../batch.ts';
import { lstm } from '../cells/lstm.ts';
import type { NetworkConfig } from '../config.ts';
import { collectCharacters } from '../layers/characters.ts';
import type { InputBatch } from '../layers/layer.ts';
import type { Pass } from './pass.ts';
import { recurrence } from './recurrence.ts';
import type { Tensor } from './tfjs.ts';

// Both character encoders. Each word type of a batch is encoded once, as in the built-in engine.

/** The arrays that the encoder of the network reads. */
export function characterArrays(
  { charEncoder, charWidth, chars: count }: NetworkConfig,
  batch: Pick<InputBatch, 'types' | 'ids' | 'replaceChar'>,
): Record<string, Int32Array> {
  const { charset, chars, offsets } = collectCharacters(batch, new Numbering(count));
  return {
    charset: Int32Array.from(charset),
    ...(charEncoder === 'cnn'
      ? windows(chars, offsets, { width: charWidth, outside: charset.length * charWidth })
      : sequences(chars, offsets)),
  };
}

/**
 * For each character, `width` rows of the table that has a row for each character and place in a window, or the row
 * `outside`; and the word of each character.
 */
function windows(
  chars: Int32Array,
  offsets: Int32Array,
  { width, outside }: { width: number; outside: number },
): Record<string, Int32Array> {
  const found = new Int32Array(chars.length * width).fill(outside);
  const words = new Int32Array(chars.length);
  for (let y = 0; y + 1 < offsets.length; y++)
    for (let p = offsets[y]!; p < offsets[y + 1]!; p++) {
      words[p] = y;
      for (let k = 0; k < width; k++) {
        const q = p + k - (width >> 1);
        if (q >= offsets[y]! && q < offsets[y + 1]!) found[p * width + k] = chars[q]! * width + k;
      }
    }
  return { 'char.windows': found, 'char.words': words };
}

/** The characters (steps, words) in both directions, and the place of each word's last one. */
function sequences(chars: Int32Array, offsets: Int32Array): Record<string, Int32Array> {
  const Y = offsets.length - 1;
  let steps = 0;
  for (let y = 0; y < Y; y++) steps = Math.max(steps, offsets[y + 1]! - offsets[y]!);
  const forward = new Int32Array(steps * Y);
  const backward = new Int32Array(steps * Y);
  const last = new Int32Array(Y);
  for (let y = 0; y < Y; y++) {
    const [begin, end] = [offsets[y]!, offsets[y + 1]!];
    last[y] = (end - begin - 1) * Y + y;
    for (let t = 0; t < end - begin; t++) {
      forward[t * Y + y] = chars[begin + t]!;
      backward[t * Y + y] = chars[end - 1 - t]!;
    }
  }
  return { 'char.forward': forward, 'char.backward': backward, 'char.last': last };
}

/** Convolution over a word's characters, then the maximum over its positions (Ma & Hovy 2016, section 2.1): (Y, F). */
export function characterCnn({ ops, config, parameter, input, sizes: { Y } }: Pass): Tensor {
  const { tf, rows, segmentMaxima, zeros } = ops;
  const { charDim: E, charWidth: W, charFilters: F } = config;
  const embedded = rows(parameter('char.embedding'), input('charset')); // (Q, E)
  const kernel = tf.reshape(parameter('char.conv.kernel'), [E, W * F]);
  const products = tf.reshape(tf.matMul(embedded, kernel), [-1, F]); // (Q W, F)
  const table = tf.concat([products, zeros(1, F)], 0);
  const windows = tf.reshape(rows(table, input('char.windows')), [-1, W, F]);
  const convolved = tf.sum(windows, 1); // (characters, F)
  return tf.add(segmentMaxima(convolved, input('char.words'), Y), parameter('char.conv.bias'));
}

/** The last states of a forward and a backward LSTM over a word's characters (Lample et al. 2016, section 4.1): (Y, 2 H). */
export function characterLstm({ ops, parameter, input, sizes: { Y } }: Pass): Tensor {
  const { tf, rows } = ops;
  const embedded = rows(parameter('char.embedding'), input('charset')); // (Q, E)
  const E = embedded.shape[1]!;
  const ends = (['forward', 'backward'] as const).map((direction) => {
    const x = tf.reshape(rows(embedded, input(`char.${direction}`)), [-1, Y, E]);
    const { h } = recurrence(ops, x, { cell: lstm, name: `char.lstm.${direction}`, parameter });
    return rows(tf.reshape(h, [-1, h.shape[2]!]), input('char.last'));
  });
  return tf.concat(ends, 1);
}
