/** What a unit finds at a step besides its pre-activations. */
export interface Before<P extends readonly number[] = readonly number[]> {
  /** h_{t-1} of this unit, without its dropout mask; 0 at the beginning of a sentence. */
  h: number;
  /** c_{t-1} of this unit; 0 at the beginning of a sentence. */
  c: number;
  /** Its peephole weights. */
  p: P;
  /** c of the same unit and token in the layer below; 0 for cells that do not look there. */
  below: number;
  /** Whether its module's clock ticks; true for cells without clocks. */
  active: boolean;
}

/** What a unit leaves; c is 0 in cells that have none. */
export interface After<A extends readonly number[] = readonly number[]> {
  h: number;
  c: number;
  /** One value a gate, after its sigmoid or tanh. */
  gates: A;
}

/** Gradients of a unit's a, and of what stood in `Before`; what is left out is 0. */
export interface UnitGradients<A extends readonly number[], P extends readonly number[]> {
  a: A;
  h?: number;
  c?: number;
  p?: P;
  below?: number;
}

/**
 * A recurrent cell, as the equations of one unit at one step: from its pre-activations `a`, one a
 * gate, recurrent products included, to h and c. `backward` takes the whole gradients of h and c.
 * The matrices around it are in recurrence.ts.
 */
export interface Cell<
  A extends readonly number[] = readonly number[],
  P extends readonly number[] = readonly number[],
> {
  name: string;
  /** G: its pre-activations have G blocks of H, each P = x W + b. */
  gates: number;
  /** R: the first R of them get h_{t-1} U added. */
  recurrent: number;
  /** Peephole weights a unit. */
  peepholes: number;
  /** Gate 1 resets h_{t-1} before it enters gate 2 through a matrix of its own (H, H). */
  candidate?: true;
  /** Sees the cell state of the layer below. */
  below?: true;
  /** Units are in modules, in the order of these periods, each active at its multiples only. */
  periods?: readonly number[];
  forward(a: A, before: Before<P>): After<A>;
  backward(d: { h: number; c: number }, after: After<A>, before: Before<P>): UnitGradients<A, P>;
}

type One = readonly [number];
type Three = readonly [number, number, number];
type Four = readonly [number, number, number, number];
type Five = readonly [number, number, number, number, number];
type None = readonly [];

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const { tanh } = Math;

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000):
 *
 *     i = σ(a_i)  f = σ(a_f)  g = tanh(a_g)  o = σ(a_o)
 *     c = f c_{t-1} + i g                    h = o tanh(c)
 */
export const lstm: Cell<Four, None> = {
  name: 'lstm',
  gates: 4,
  recurrent: 4,
  peepholes: 0,
  forward([ai, af, ag, ao], before) {
    const [i, f, g, o] = [sigmoid(ai), sigmoid(af), tanh(ag), sigmoid(ao)];
    const c = f * before.c + i * g;
    return { h: o * tanh(c), c, gates: [i, f, g, o] };
  },
  backward(d, { c, gates: [i, f, g, o] }, before) {
    const dc = d.c + d.h * o * (1 - tanh(c) ** 2);
    const di = dc * g;
    const df = dc * before.c;
    const dg = dc * i;
    const dO = d.h * tanh(c);
    return {
      a: [di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), dO * o * (1 - o)],
      c: dc * f,
    };
  },
};

/**
 * LSTM with peepholes (Gers & Schmidhuber 2000), p for i, f, o:
 *
 *     i = σ(a_i + p_i c_{t-1})  f = σ(a_f + p_f c_{t-1})  g = tanh(a_g)
 *     c = f c_{t-1} + i g       o = σ(a_o + p_o c)        h = o tanh(c)
 */
export const peephole: Cell<Four, Three> = {
  name: 'peephole',
  gates: 4,
  recurrent: 4,
  peepholes: 3,
  forward([ai, af, ag, ao], { c: past, p: [pi, pf, po] }) {
    const i = sigmoid(ai + pi * past);
    const f = sigmoid(af + pf * past);
    const g = tanh(ag);
    const c = f * past + i * g;
    const o = sigmoid(ao + po * c);
    return { h: o * tanh(c), c, gates: [i, f, g, o] };
  },
  backward(d, { c, gates: [i, f, g, o] }, { c: past, p: [pi, pf, po] }) {
    const dao = d.h * tanh(c) * o * (1 - o);
    const dc = d.c + d.h * o * (1 - tanh(c) ** 2) + dao * po;
    const dai = dc * g * i * (1 - i);
    const daf = dc * past * f * (1 - f);
    const dag = dc * i * (1 - g * g);
    return {
      a: [dai, daf, dag, dao],
      c: dc * f + dai * pi + daf * pf,
      p: [dai * past, daf * past, dao * c],
    };
  },
};

/**
 * LSTM with coupled gates (CIFG of Greff et al. 2015), gates i, g, o:
 *
 *     i = σ(a_i)  g = tanh(a_g)  o = σ(a_o)
 *     c = (1 - i) c_{t-1} + i g  h = o tanh(c)
 */
export const coupled: Cell<Three, None> = {
  name: 'coupled',
  gates: 3,
  recurrent: 3,
  peepholes: 0,
  forward([ai, ag, ao], before) {
    const [i, g, o] = [sigmoid(ai), tanh(ag), sigmoid(ao)];
    const c = (1 - i) * before.c + i * g;
    return { h: o * tanh(c), c, gates: [i, g, o] };
  },
  backward(d, { c, gates: [i, g, o] }, before) {
    const dc = d.c + d.h * o * (1 - tanh(c) ** 2);
    const di = dc * (g - before.c);
    const dg = dc * i;
    const dO = d.h * tanh(c);
    return { a: [di * i * (1 - i), dg * (1 - g * g), dO * o * (1 - o)], c: dc * (1 - i) };
  },
};

/**
 * Gated recurrent unit (Cho et al. 2014), gates z, r, n; a_n = P_n + (r ∘ h_{t-1}) V holds the
 * reset already, so that the gradient of a_r comes through V and is not a matter of one unit:
 *
 *     z = σ(a_z)  r = σ(a_r)  n = tanh(a_n)
 *     h = z h_{t-1} + (1 - z) n
 */
export const gru: Cell<Three, None> = {
  name: 'gru',
  gates: 3,
  recurrent: 2,
  peepholes: 0,
  candidate: true,
  forward([az, ar, an], before) {
    const [z, r, n] = [sigmoid(az), sigmoid(ar), tanh(an)];
    return { h: z * before.h + (1 - z) * n, c: 0, gates: [z, r, n] };
  },
  backward(d, { gates: [z, , n] }, before) {
    const dz = d.h * (before.h - n);
    const dn = d.h * (1 - z);
    return { a: [dz * z * (1 - z), 0, dn * (1 - n * n)], h: d.h * z };
  },
};

/** Simple recurrent network (Elman 1990): h = tanh(a), or max(a, 0). */
export const rnn = (activation: 'tanh' | 'relu'): Cell<One, None> => ({
  name: 'rnn',
  gates: 1,
  recurrent: 1,
  peepholes: 0,
  forward([a]) {
    const h = activation === 'tanh' ? tanh(a) : Math.max(a, 0);
    return { h, c: 0, gates: [h] };
  },
  backward(d, { h }) {
    return { a: [activation === 'tanh' ? d.h * (1 - h * h) : h > 0 ? d.h : 0] };
  },
});

/**
 * Depth-gated LSTM (Yao et al. 2015), gates i, f, g, o, d, and p for i, f, o, d, and e: what d sees
 * of the layer below. Its lowest layer is a peephole LSTM.
 *
 *     i = σ(a_i + p_i c_{t-1})  f = σ(a_f + p_f c_{t-1})  g = tanh(a_g)
 *     d = σ(a_d + p_d c_{t-1} + p_e c^below)              no recurrent product in a_d
 *     c = d c^below + f c_{t-1} + i g
 *     o = σ(a_o + p_o c)        h = o tanh(c)
 */
export const depthGated: Cell<Five, Five> = {
  name: 'depth-gated',
  gates: 5,
  recurrent: 4,
  peepholes: 5,
  below: true,
  forward([ai, af, ag, ao, ad], { c: past, p: [pi, pf, po, pd, pe], below }) {
    const i = sigmoid(ai + pi * past);
    const f = sigmoid(af + pf * past);
    const g = tanh(ag);
    const d = sigmoid(ad + pd * past + pe * below);
    const c = d * below + f * past + i * g;
    const o = sigmoid(ao + po * c);
    return { h: o * tanh(c), c, gates: [i, f, g, o, d] };
  },
  backward(d, { c, gates: [i, f, g, o, depth] }, { c: past, p: [pi, pf, po, pd, pe], below }) {
    const dao = d.h * tanh(c) * o * (1 - o);
    const dc = d.c + d.h * o * (1 - tanh(c) ** 2) + dao * po;
    const dai = dc * g * i * (1 - i);
    const daf = dc * past * f * (1 - f);
    const dag = dc * i * (1 - g * g);
    const dad = dc * below * depth * (1 - depth);
    return {
      a: [dai, daf, dag, dao, dad],
      c: dc * f + dai * pi + daf * pf + dad * pd,
      p: [dai * past, daf * past, dao * c, dad * past, dad * below],
      below: dc * depth + dad * pe,
    };
  },
};

/**
 * Clockwork RNN (Koutník et al. 2014): h = tanh(a) where the module's clock ticks, else h_{t-1}.
 * `connects` says which units reach which.
 */
export const clockwork = (periods: readonly number[]): Cell<One, None> => ({
  name: 'clockwork',
  gates: 1,
  recurrent: 1,
  peepholes: 0,
  periods,
  forward([a], before) {
    const h = before.active ? tanh(a) : before.h;
    return { h, c: 0, gates: [h] };
  },
  backward(d, { h }, { active }) {
    return active ? { a: [d.h * (1 - h * h)] } : { a: [0], h: d.h };
  },
});

/** The period of unit j of H: units are dealt to the modules in order, as evenly as can be. */
export function periodOf({ periods = [1] }: Cell, j: number, H: number): number {
  return periods[Math.floor((j * periods.length) / H)]!;
}

/** Whether U has an entry from one unit to another: from slower modules to faster ones, and within. */
export function connects(cell: Cell, { from, to, H }: { from: number; to: number; H: number }) {
  return periodOf(cell, from, H) >= periodOf(cell, to, H);
}

export const cellNames = [
  'lstm',
  'peephole',
  'coupled',
  'gru',
  'rnn',
  'depth-gated',
  'clockwork',
] as const;

/** The choice of a cell for all layers of a stack. */
export interface CellChoice {
  cell: (typeof cellNames)[number];
  /** Of an rnn. */
  activation?: 'tanh' | 'relu';
  /** Of a clockwork, rising. */
  periods?: readonly number[];
}

/** The cell of layer l. */
export function cellOf({ cell, activation = 'tanh', periods = [] }: CellChoice, l: number): Cell {
  switch (cell) {
    case 'rnn':
      return rnn(activation);
    case 'clockwork':
      return clockwork(periods);
    case 'depth-gated':
      return l === 0 ? peephole : depthGated;
    default:
      return { lstm, peephole, coupled, gru }[cell];
  }
}
