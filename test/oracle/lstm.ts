import { accumulate, checkCount, checkSize, concatColumns, splitColumns } from './arrays.ts';
import { dropoutBackward, dropoutForward } from './dropout.ts';
import { denseBackward, denseForward } from './matmul.ts';
import { type Packing, sentenceRows } from './packing.ts';

/** One direction of one layer; gates in the order i, f, g, o along the 4H columns. */
export interface LstmWeights {
  /** (D, 4H): input to gates. */
  W: Float64Array;
  /** (H, 4H): previous output to gates. */
  U: Float64Array;
  /** (4H) */
  b: Float64Array;
}

interface Recurrence {
  packing: Packing;
  /** Go through each sentence from its own last token to its first. */
  reverse?: boolean;
  /**
   * Variational recurrent dropout, (B, H): multiplied onto h of the previous step where it enters
   * the recurrent product; the same for all steps of a sentence. Holds 0 and 1 / (1 - p).
   */
  mask?: Float64Array | undefined;
}

/** What a forward pass leaves for its backward pass. */
export interface LstmStates {
  /** (N, H): outputs. */
  h: Float64Array;
  /** (N, H): cell states. */
  c: Float64Array;
  /** (N, 4H): gates after their sigmoid or tanh. */
  gates: Float64Array;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * The recurrence over pre-activations P = x·W + b, (N, 4H). For each sentence, with h and c zero
 * before its first step (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 *
 *     a = P_t + (mask ∘ h_{t-1}) · U            (mask: Gal & Ghahramani 2016)
 *     i = σ(a_i)  f = σ(a_f)  g = tanh(a_g)  o = σ(a_o)
 *     c_t = f ∘ c_{t-1} + i ∘ g
 *     h_t = o ∘ tanh(c_t)
 *
 * With `reverse`, t-1 above stands for t+1.
 */
export function recurrenceForward({
  P,
  U,
  packing,
  reverse = false,
  mask,
}: Recurrence & { P: Float64Array; U: Float64Array }): LstmStates {
  const { N, B } = packing;
  const H = P.length / (4 * N);
  checkCount('H', H);
  checkSize('U', U, H * 4 * H);
  if (mask) checkSize('mask', mask, B * H);
  const h = new Float64Array(N * H); // (N, H)
  const c = new Float64Array(N * H); // (N, H)
  const gates = new Float64Array(N * 4 * H); // (N, 4H)

  for (let b = 0; b < B; b++) {
    const steps = sentenceRows(packing, b);
    if (reverse) steps.reverse();
    let hPrevious = new Float64Array(H);
    let cPrevious = new Float64Array(H);
    for (const row of steps) {
      const a = new Float64Array(4 * H);
      for (let j = 0; j < 4 * H; j++) {
        a[j] = P[row * 4 * H + j]!;
        for (let k = 0; k < H; k++) {
          const m = mask ? mask[b * H + k]! : 1;
          a[j]! += m * hPrevious[k]! * U[k * 4 * H + j]!;
        }
      }
      const hNow = new Float64Array(H);
      const cNow = new Float64Array(H);
      for (let k = 0; k < H; k++) {
        const i = sigmoid(a[k]!);
        const f = sigmoid(a[H + k]!);
        const g = Math.tanh(a[2 * H + k]!);
        const o = sigmoid(a[3 * H + k]!);
        cNow[k] = f * cPrevious[k]! + i * g;
        hNow[k] = o * Math.tanh(cNow[k]!);
        gates[row * 4 * H + k] = i;
        gates[row * 4 * H + H + k] = f;
        gates[row * 4 * H + 2 * H + k] = g;
        gates[row * 4 * H + 3 * H + k] = o;
        c[row * H + k] = cNow[k]!;
        h[row * H + k] = hNow[k]!;
      }
      hPrevious = hNow;
      cPrevious = cNow;
    }
  }
  return { h, c, gates };
}

/**
 * Backpropagation through time (Werbos 1990) of `recurrenceForward`. Given dh (N, H), the gradient
 * arriving at each output from above, going through each sentence against its direction, with
 * dh' and dc' the gradients coming back from the step after (zero after the last):
 *
 *     δh = dh_t + dh'                    δc = dc' + δh ∘ o ∘ (1 - tanh²c_t)
 *     da_i = δc ∘ g ∘ i(1-i)             da_f = δc ∘ c_{t-1} ∘ f(1-f)
 *     da_g = δc ∘ i ∘ (1-g²)             da_o = δh ∘ tanh(c_t) ∘ o(1-o)
 *     dP_t = da                          dU += (mask ∘ h_{t-1})ᵀ · da
 *     dc' = δc ∘ f                       dh' = mask ∘ (da · Uᵀ)
 */
export function recurrenceBackward({
  dh,
  U,
  states: { h, c, gates },
  packing,
  reverse = false,
  mask,
}: Recurrence & { dh: Float64Array; U: Float64Array; states: LstmStates }): {
  dP: Float64Array;
  dU: Float64Array;
} {
  const { N, B } = packing;
  const H = dh.length / N;
  checkCount('H', H);
  checkSize('U', U, H * 4 * H);
  checkSize('gates', gates, N * 4 * H);
  if (mask) checkSize('mask', mask, B * H);
  const dP = new Float64Array(N * 4 * H); // (N, 4H)
  const dU = new Float64Array(H * 4 * H); // (H, 4H)

  for (let b = 0; b < B; b++) {
    const steps = sentenceRows(packing, b);
    if (reverse) steps.reverse();
    let dhNext = new Float64Array(H);
    let dcNext = new Float64Array(H);
    for (let s = steps.length - 1; s >= 0; s--) {
      const row = steps[s]!;
      const before = s > 0 ? steps[s - 1]! : undefined;
      const da = new Float64Array(4 * H);
      const dcPrevious = new Float64Array(H);
      for (let k = 0; k < H; k++) {
        const i = gates[row * 4 * H + k]!;
        const f = gates[row * 4 * H + H + k]!;
        const g = gates[row * 4 * H + 2 * H + k]!;
        const o = gates[row * 4 * H + 3 * H + k]!;
        const tanhC = Math.tanh(c[row * H + k]!);
        const cPrevious = before === undefined ? 0 : c[before * H + k]!;
        const deltaH = dh[row * H + k]! + dhNext[k]!;
        const deltaC = dcNext[k]! + deltaH * o * (1 - tanhC * tanhC);
        da[k] = deltaC * g * i * (1 - i);
        da[H + k] = deltaC * cPrevious * f * (1 - f);
        da[2 * H + k] = deltaC * i * (1 - g * g);
        da[3 * H + k] = deltaH * tanhC * o * (1 - o);
        dcPrevious[k] = deltaC * f;
      }
      const dhPrevious = new Float64Array(H);
      for (let j = 0; j < 4 * H; j++) dP[row * 4 * H + j] = da[j]!;
      for (let k = 0; k < H; k++) {
        const m = mask ? mask[b * H + k]! : 1;
        const hPrevious = before === undefined ? 0 : h[before * H + k]!;
        for (let j = 0; j < 4 * H; j++) {
          dU[k * 4 * H + j]! += m * hPrevious * da[j]!;
          dhPrevious[k]! += m * da[j]! * U[k * 4 * H + j]!;
        }
      }
      dhNext = dhPrevious;
      dcNext = dcPrevious;
    }
  }
  return { dP, dU };
}

/** One direction of one layer: P = x·W + b, then `recurrenceForward`. x (N, D), h (N, H). */
export function lstmForward({
  x,
  weights: { W, U, b },
  ...recurrence
}: Recurrence & { x: Float64Array; weights: LstmWeights }): LstmStates & { P: Float64Array } {
  const P = denseForward(x, { W, b }); // (N, 4H)
  return { P, ...recurrenceForward({ P, U, ...recurrence }) };
}

export interface LstmGradients {
  /** (N, D) */
  dx: Float64Array;
  /** (N, 4H): gradient of the pre-activations. */
  dP: Float64Array;
  dW: Float64Array;
  dU: Float64Array;
  db: Float64Array;
}

/** Given dh (N, H): `recurrenceBackward`, then dx = dP·Wᵀ, dW = xᵀ·dP, db = Σ_n dP[n]. */
export function lstmBackward({
  dh,
  x,
  weights: { W, U, b },
  states,
  ...recurrence
}: Recurrence & {
  dh: Float64Array;
  x: Float64Array;
  weights: LstmWeights;
  states: LstmStates;
}): LstmGradients {
  const { dP, dU } = recurrenceBackward({ dh, U, states, ...recurrence });
  const { dx, dW, db } = denseBackward({ dy: dP, x, weights: { W, b } });
  return { dx, dP, dW, dU, db };
}

export interface BiLstmWeights {
  forward: LstmWeights;
  /** The direction from each sentence's last token to its first. */
  backward: LstmWeights;
}

/** Dropout of one bidirectional layer. */
export interface BiLstmMasks {
  /** (N, D): onto the layer's input, seen by both directions. */
  input?: Float64Array | undefined;
  /** (B, H): recurrent mask of the forward direction. */
  forward?: Float64Array | undefined;
  /** (B, H): recurrent mask of the backward direction. */
  backward?: Float64Array | undefined;
}

export interface BiLstmStates {
  /** (N, D): the input after its mask. */
  x: Float64Array;
  forward: LstmStates;
  backward: LstmStates;
  /** (N, 2H): [forward; backward] of each token (Schuster & Paliwal 1997). */
  y: Float64Array;
}

/** One bidirectional layer: y_n = [forward h_n; backward h_n]. */
export function biLstmForward({
  x,
  weights,
  packing,
  masks = {},
}: {
  x: Float64Array;
  weights: BiLstmWeights;
  packing: Packing;
  masks?: BiLstmMasks | undefined;
}): BiLstmStates {
  const masked = masks.input ? dropoutForward(x, masks.input) : x;
  const forward = lstmForward({
    x: masked,
    weights: weights.forward,
    packing,
    mask: masks.forward,
  });
  const backward = lstmForward({
    x: masked,
    weights: weights.backward,
    packing,
    mask: masks.backward,
    reverse: true,
  });
  const y = concatColumns(
    [forward.h, backward.h],
    [weights.forward.b.length / 4, weights.backward.b.length / 4],
  );
  return { x: masked, forward, backward, y };
}

export interface BiLstmGradients {
  /** (N, D) */
  dx: Float64Array;
  /** dW, dU and db of each direction, shaped and named as the weights. */
  weights: BiLstmWeights;
}

/** Given dy (N, 2H): each direction takes its half; both add to dx. */
export function biLstmBackward({
  dy,
  weights,
  states,
  packing,
  masks = {},
}: {
  dy: Float64Array;
  weights: BiLstmWeights;
  states: BiLstmStates;
  packing: Packing;
  masks?: BiLstmMasks | undefined;
}): BiLstmGradients {
  const halves = splitColumns(dy, [weights.forward.b.length / 4, weights.backward.b.length / 4]);
  const forward = lstmBackward({
    dh: halves[0]!,
    x: states.x,
    weights: weights.forward,
    states: states.forward,
    packing,
    mask: masks.forward,
  });
  const backward = lstmBackward({
    dh: halves[1]!,
    x: states.x,
    weights: weights.backward,
    states: states.backward,
    packing,
    mask: masks.backward,
    reverse: true,
  });
  const dx = forward.dx;
  accumulate(dx, backward.dx);
  return {
    dx: masks.input ? dropoutBackward(dx, masks.input) : dx,
    weights: {
      forward: { W: forward.dW, U: forward.dU, b: forward.db },
      backward: { W: backward.dW, U: backward.dU, b: backward.db },
    },
  };
}

/** Bidirectional layers, the (N, 2H) output of each the input of the next. */
export function stackForward({
  x,
  layers,
  packing,
  masks = [],
}: {
  x: Float64Array;
  layers: readonly BiLstmWeights[];
  packing: Packing;
  masks?: readonly BiLstmMasks[] | undefined;
}): { states: BiLstmStates[]; y: Float64Array } {
  const states: BiLstmStates[] = [];
  let y = x;
  layers.forEach((weights, l) => {
    const state = biLstmForward({ x: y, weights, packing, masks: masks[l] });
    states.push(state);
    y = state.y;
  });
  return { states, y };
}

/** Given dy (N, 2H) of the last layer, from the last layer down to the first. */
export function stackBackward({
  dy,
  layers,
  states,
  packing,
  masks = [],
}: {
  dy: Float64Array;
  layers: readonly BiLstmWeights[];
  states: readonly BiLstmStates[];
  packing: Packing;
  masks?: readonly BiLstmMasks[] | undefined;
}): { dx: Float64Array; layers: BiLstmWeights[] } {
  const gradients: BiLstmWeights[] = [];
  let dx = dy;
  for (let l = layers.length - 1; l >= 0; l--) {
    const result = biLstmBackward({
      dy: dx,
      weights: layers[l]!,
      states: states[l]!,
      packing,
      masks: masks[l],
    });
    dx = result.dx;
    gradients.unshift(result.weights);
  }
  return { dx, layers: gradients };
}
