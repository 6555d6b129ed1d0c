import { accumulate, checkCount, checkSize } from './arrays.ts';
import { type After, type Before, type Cell, connects, periodOf, sigmoid } from './cells.ts';
import { denseBackward, denseForward, matmul, matmulBackward } from './matmul.ts';
import { type Packing, sentenceRows } from './packing.ts';

/** Weights of one direction of one layer; blocks of H columns in the order of the cell's gates. */
export interface CellWeights {
  /** (D, G H): input to gates. */
  W: Float64Array;
  /** (H, R H): previous output to gates. */
  U: Float64Array;
  /** (G H) */
  b: Float64Array;
  /** (cell.peepholes, H), if any. */
  peephole?: Float64Array | undefined;
  /** (H, H): the reset previous output to gate 2, in cells that have it. */
  candidate?: Float64Array | undefined;
}

/** Those that take part in the recurrence itself. */
export type RecurrentWeights = Pick<CellWeights, 'U' | 'peephole' | 'candidate'>;

export interface Recurrence {
  cell: Cell;
  packing: Packing;
  /** Go through each sentence from its own last token to its first. */
  reverse?: boolean;
  /**
   * Variational recurrent dropout, (B, H): multiplied onto h of the previous step where it enters
   * the recurrent products (Gal & Ghahramani 2016); the same for all steps of a sentence. Holds 0
   * and 1 / (1 - p).
   */
  mask?: Float64Array | undefined;
  /** (N, H): cell states of the layer below, for cells that see them. */
  below?: Float64Array | undefined;
  /** What comes before the first token of each sentence; h = c = 0 (B, H) and no token if left out. */
  begin?: { h: Float64Array; c: Float64Array; age: number } | undefined;
}

/** What a forward pass leaves for its backward pass. */
export interface RecurrentStates {
  /** (N, H): outputs. */
  h: Float64Array;
  /** (N, H): cell states; 0 in cells that have none. */
  c: Float64Array;
  /** (N, G H): gates after their sigmoid or tanh. */
  gates: Float64Array;
}

/** Packed rows of sentence b, in the order in which a direction reads them. */
function readingOrder(packing: Packing, b: number, reverse: boolean): number[] {
  const rows = sentenceRows(packing, b);
  return reverse ? rows.reverse() : rows;
}

/** (N): the number of tokens of its sentence that a direction has read before each token. */
export function agesOf(packing: Packing, reverse = false): Int32Array {
  const ages = new Int32Array(packing.N);
  for (let b = 0; b < packing.B; b++) {
    readingOrder(packing, b, reverse).forEach((row, age) => {
      ages[row] = age;
    });
  }
  return ages;
}

/** U without what the cell's units may not send to one another, whatever is stored there. */
function connected(cell: Cell, U: Float64Array, H: number): Float64Array {
  if (!cell.periods) return U;
  const columns = U.length / H;
  return U.map((u, i) => (connects(cell, { from: Math.floor(i / columns), to: i % H, H }) ? u : 0));
}

function checkWeights({ cell, packing, mask, below }: Recurrence, w: RecurrentWeights, H: number) {
  checkCount('H', H);
  checkSize('U', w.U, H * cell.recurrent * H);
  checkSize('peephole', w.peephole ?? [], cell.peepholes * H);
  checkSize('candidate', w.candidate ?? [], cell.candidate ? H * H : 0);
  if (mask) checkSize('mask', mask, packing.B * H);
  if (below) checkSize('below', below, packing.N * H);
}

/** Row `row` of a matrix with `width` columns, as a copy. */
const rowOf = (matrix: Float64Array, row: number, width: number): Float64Array =>
  matrix.slice(row * width, (row + 1) * width);

/** Entry k of each block of H of a row: what one unit has of it. */
const ofUnit = (row: Float64Array, k: number, H: number): number[] =>
  Array.from({ length: row.length / H }, (_, block) => row[block * H + k]!);

/** The state before a step, for all units of one sentence. */
interface Past {
  /** (H), without the mask. */
  h: Float64Array;
  c: Float64Array;
}

/** What unit k finds at a token. */
function before(
  { cell, below }: Recurrence,
  { peephole }: RecurrentWeights,
  { past, row, age, k }: { past: Past; row: number; age: number; k: number },
): Before {
  const H = past.h.length;
  return {
    h: past.h[k]!,
    c: past.c[k]!,
    p: peephole ? ofUnit(peephole, k, H) : [],
    below: below ? below[row * H + k]! : 0,
    active: age % periodOf(cell, k, H) === 0,
  };
}

/**
 * The recurrence over pre-activations P = x·W + b, (N, G H). For each token of a sentence, with ~h
 * the previous output under the mask, ~h = mask ∘ h_{t-1}:
 *
 *     a = P_t + ~h · U                          in the first R blocks; P_t in the others
 *     a_n += (σ(a_r) ∘ ~h) · V                  in cells with a candidate matrix V
 *     h_t, c_t = cell(a, h_{t-1}, c_{t-1})      unit by unit
 *
 * With `reverse`, t-1 stands for t+1.
 */
export function recurrenceForward({
  P,
  weights,
  ...recurrence
}: Recurrence & { P: Float64Array; weights: RecurrentWeights }): RecurrentStates {
  const { cell, packing, reverse = false, mask, begin } = recurrence;
  const { gates: G, recurrent: R } = cell;
  const { N, B } = packing;
  const H = P.length / (G * N);
  checkWeights(recurrence, weights, H);
  const U = connected(cell, weights.U, H);
  const states: RecurrentStates = {
    h: new Float64Array(N * H),
    c: new Float64Array(N * H),
    gates: new Float64Array(N * G * H),
  };
  for (let b = 0; b < B; b++) {
    let past: Past = {
      h: begin ? rowOf(begin.h, b, H) : new Float64Array(H),
      c: begin ? rowOf(begin.c, b, H) : new Float64Array(H),
    };
    readingOrder(packing, b, reverse).forEach((row, t) => {
      const age = t + (begin?.age ?? 0);
      const masked = mask ? past.h.map((h, k) => h * mask[b * H + k]!) : past.h; // ~h
      const a = rowOf(P, row, G * H);
      accumulate(a.subarray(0, R * H), matmul(masked, U, { M: 1, N: R * H, K: H }));
      if (weights.candidate) {
        const reset = masked.map((h, k) => sigmoid(a[H + k]!) * h);
        accumulate(a.subarray(2 * H), matmul(reset, weights.candidate, { M: 1, N: H, K: H }));
      }
      const now: Past = { h: new Float64Array(H), c: new Float64Array(H) };
      for (let k = 0; k < H; k++) {
        const unit = cell.forward(
          ofUnit(a, k, H),
          before(recurrence, weights, { past, row, age, k }),
        );
        now.h[k] = unit.h;
        now.c[k] = unit.c;
        unit.gates.forEach((gate, g) => {
          states.gates[row * G * H + g * H + k] = gate;
        });
      }
      states.h.set(now.h, row * H);
      states.c.set(now.c, row * H);
      past = now;
    });
  }
  return states;
}

export interface RecurrentGradients {
  /** (N, G H): of the pre-activations. */
  dP: Float64Array;
  /** Shaped as the weights; 0 where units are not connected. */
  dU: Float64Array;
  dpeephole?: Float64Array | undefined;
  dcandidate?: Float64Array | undefined;
  /** (N, H): of the cell states below, in a recurrence that has been given them. */
  dbelow?: Float64Array | undefined;
  /** (N, H): the whole gradient of each h: what arrived from above, and through later steps. */
  dhTotal: Float64Array;
}

/**
 * Backpropagation through time (Werbos 1990) of `recurrenceForward`, given dh (N, H), the gradient
 * arriving at each output from above, and dc (N, H), what arrives at the cell states other than
 * through h and later steps. Each sentence is walked against its direction:
 *
 *     δh = dh_t + dh'     δc = dc_t + dc'       dh', dc': from the step after, 0 after the last
 *     da, dh_{t-1}, dc_{t-1} = cell's gradients of δh, δc
 *     dV += (r ∘ ~h)ᵀ · da_n      d(r ∘ ~h) = da_n · Vᵀ         in cells with V
 *     da_r = d(r ∘ ~h) ∘ ~h ∘ r(1-r)
 *     dU += ~hᵀ · da              d~h = da · Uᵀ + d(r ∘ ~h) ∘ r
 *     dh' = link_t (dh_{t-1} + mask ∘ d~h)      dc' = link_t dc_{t-1}
 *
 * `links` (N), 1 if left out, weigh what each token sends back to the one before it: 0 truncates.
 */
export function recurrenceBackward({
  dh,
  dc,
  weights,
  states,
  links,
  ...recurrence
}: Recurrence & {
  dh: Float64Array;
  dc?: Float64Array | undefined;
  weights: RecurrentWeights;
  states: RecurrentStates;
  links?: ArrayLike<number> | undefined;
}): RecurrentGradients {
  const { cell, packing, reverse = false, mask, below, begin } = recurrence;
  const { gates: G, recurrent: R } = cell;
  const { N, B } = packing;
  const H = dh.length / N;
  checkWeights(recurrence, weights, H);
  checkSize('gates', states.gates, N * G * H);
  if (dc) checkSize('dc', dc, N * H);
  if (links) checkSize('links', links, N);
  const { peephole, candidate: V } = weights;
  const U = connected(cell, weights.U, H);
  const dP = new Float64Array(N * G * H); // (N, G H)
  const dU = new Float64Array(H * R * H); // (H, R H)
  const dpeephole = peephole && new Float64Array(peephole.length);
  const dcandidate = V && new Float64Array(V.length);
  const dbelow = below && new Float64Array(below.length);
  const dhTotal = new Float64Array(N * H);

  for (let b = 0; b < B; b++) {
    const order = readingOrder(packing, b, reverse);
    let next: Past = { h: new Float64Array(H), c: new Float64Array(H) }; // dh', dc'
    for (let t = order.length - 1; t >= 0; t--) {
      const row = order[t]!;
      const age = t + (begin?.age ?? 0);
      const from = t > 0 ? states : begin;
      const fromRow = t > 0 ? order[t - 1]! : b;
      const past: Past = {
        h: from ? rowOf(from.h, fromRow, H) : new Float64Array(H),
        c: from ? rowOf(from.c, fromRow, H) : new Float64Array(H),
      };
      const masked = mask ? past.h.map((h, k) => h * mask[b * H + k]!) : past.h; // ~h
      const gates = rowOf(states.gates, row, G * H);
      const da = new Float64Array(G * H);
      const back: Past = { h: new Float64Array(H), c: new Float64Array(H) }; // dh_{t-1}, dc_{t-1}
      for (let k = 0; k < H; k++) {
        const d = {
          h: dh[row * H + k]! + next.h[k]!,
          c: (dc?.[row * H + k] ?? 0) + next.c[k]!,
        };
        const after: After = {
          h: states.h[row * H + k]!,
          c: states.c[row * H + k]!,
          gates: ofUnit(gates, k, H),
        };
        const unit = cell.backward(d, after, before(recurrence, weights, { past, row, age, k }));
        dhTotal[row * H + k] = d.h;
        unit.a.forEach((value, g) => {
          da[g * H + k] = value;
        });
        unit.p?.forEach((value, i) => {
          dpeephole![i * H + k]! += value;
        });
        back.h[k] = unit.h ?? 0;
        back.c[k] = unit.c ?? 0;
        if (dbelow) dbelow[row * H + k] = unit.below ?? 0;
      }
      const dmasked = new Float64Array(H); // d~h
      if (V) {
        const r = gates.slice(H, 2 * H);
        const reset = masked.map((h, k) => r[k]! * h);
        const product = matmulBackward(da.slice(2 * H), reset, V, { M: 1, N: H, K: H });
        accumulate(dcandidate!, product.dB);
        for (let k = 0; k < H; k++) {
          da[H + k] = product.dA[k]! * masked[k]! * r[k]! * (1 - r[k]!);
          dmasked[k] = product.dA[k]! * r[k]!;
        }
      }
      const product = matmulBackward(da.slice(0, R * H), masked, U, { M: 1, N: R * H, K: H });
      accumulate(dU, product.dB);
      accumulate(dmasked, product.dA);
      dP.set(da, row * G * H);
      const link = links ? links[row]! : 1;
      next = {
        h: back.h.map((d, k) => link * (d + (mask ? mask[b * H + k]! : 1) * dmasked[k]!)),
        c: back.c.map((d) => link * d),
      };
    }
  }
  return { dP, dU: connected(cell, dU, H), dpeephole, dcandidate, dbelow, dhTotal };
}

/** One direction of one layer: P = x·W + b, then `recurrenceForward`. x (N, D), h (N, H). */
export function directionForward({
  x,
  weights,
  ...recurrence
}: Recurrence & { x: Float64Array; weights: CellWeights }): RecurrentStates & {
  P: Float64Array;
} {
  const P = denseForward(x, weights); // (N, G H)
  return { P, ...recurrenceForward({ P, weights, ...recurrence }) };
}

/** Given dh (N, H) and dc: `recurrenceBackward`, then dx = dP·Wᵀ, dW = xᵀ·dP, db = Σ_n dP[n]. */
export function directionBackward({
  x,
  weights,
  ...options
}: Recurrence & {
  dh: Float64Array;
  dc?: Float64Array | undefined;
  x: Float64Array;
  weights: CellWeights;
  states: RecurrentStates;
  links?: ArrayLike<number> | undefined;
}): RecurrentGradients & {
  /** (N, D) */
  dx: Float64Array;
  /** Of all weights, shaped and named as they are. */
  gradients: CellWeights;
} {
  const recurrent = recurrenceBackward({ weights, ...options });
  const { dx, dW, db } = denseBackward({ dy: recurrent.dP, x, weights });
  const { dU: U, dpeephole: peephole, dcandidate: candidate } = recurrent;
  return { ...recurrent, dx, gradients: { W: dW, U, b: db, peephole, candidate } };
}
