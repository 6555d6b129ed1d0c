/** A byte offset into the arena; 0 is the null pointer. */
export type Address = number;

/** Recurrent cells. Each has three kernels, such as `gru_forward`, `gru_infer` and `gru_backward`. */
export type Recurrence =
  | 'lstm'
  | 'peephole'
  | 'depth_gated'
  | 'coupled'
  | 'gru'
  | 'rnn_tanh'
  | 'rnn_relu'
  | 'clockwork';

type RecurrenceForward = (
  h: Address,
  saved: Address,
  c: Address,
  hPrev: Address,
  reset: Address,
  pre: Address,
  packedU: Address,
  packedV: Address,
  perUnit: Address,
  perRow: Address,
  mask: Address,
  batchSizes: Address,
  T: number,
  H: number,
  ldh: number,
  reverse: 0 | 1,
) => void;
type RecurrenceInfer = (
  h: Address,
  c: Address,
  scratch: Address,
  table: Address,
  ids: Address,
  packedU: Address,
  packedV: Address,
  perUnit: Address,
  perRow: Address,
  batchSizes: Address,
  T: number,
  H: number,
  ld: number,
  ldh: number,
  reverse: 0 | 1,
) => void;
type RecurrenceBackward = (
  dpre: Address,
  dperRow: Address,
  dperUnit: Address,
  dhTotal: Address,
  scratch: Address,
  dh: Address,
  dcAbove: Address,
  saved: Address,
  c: Address,
  hPrev: Address,
  packedUt: Address,
  packedVt: Address,
  perUnit: Address,
  perRow: Address,
  mask: Address,
  truncationMask: Address,
  batchSizes: Address,
  T: number,
  H: number,
  ldd: number,
  reverse: 0 | 1,
) => void;

type RecurrenceKernels = {
  [K in `${Recurrence}_forward`]: RecurrenceForward;
} & { [K in `${Recurrence}_infer`]: RecurrenceInfer } & {
  [K in `${Recurrence}_backward`]: RecurrenceBackward;
};

/**
 * The kernels, in native code and in WebAssembly. The comment above each C function in `kernels/`
 * documents its equation, shapes and aliasing. Arguments: outputs, inputs, sizes. Kernels check
 * nothing: callers check sizes once, before a step.
 */
export interface Kernels extends RecurrenceKernels {
  gemm_pack(
    packed: Address,
    b: Address,
    K: number,
    N: number,
    rowStride: number,
    columnStride: number,
  ): void;
  gemm(
    c: Address,
    a: Address,
    packed: Address,
    bias: Address,
    M: number,
    N: number,
    K: number,
    rowStride: number,
    columnStride: number,
    ldc: number,
    accumulate: 0 | 1,
  ): void;
  column_sums(sums: Address, x: Address, M: number, N: number, ld: number): void;
  merge_forward(out: Address, h: Address, N: number, H: number, how: number): void;
  merge_backward(dh: Address, dout: Address, h: Address, N: number, H: number, how: number): void;
  add(x: Address, y: Address, n: number): void;
  highway_forward(out: Address, t: Address, y: Address, x: Address, n: number): void;
  highway_backward(
    dt: Address,
    dy: Address,
    dx: Address,
    dout: Address,
    t: Address,
    y: Address,
    x: Address,
    n: number,
  ): void;
  tanh_forward(x: Address, n: number): void;
  tanh_backward(dx: Address, y: Address, n: number): void;
  rows_gather(out: Address, table: Address, ids: Address, n: number, D: number, ldo: number): void;
  rows_scatter_add(
    table: Address,
    input: Address,
    ids: Address,
    n: number,
    D: number,
    ldi: number,
  ): void;
  segment_sum(
    out: Address,
    input: Address,
    offsets: Address,
    members: Address,
    n: number,
    D: number,
    ldi: number,
  ): void;
  segment_scatter_add(
    table: Address,
    dout: Address,
    offsets: Address,
    members: Address,
    n: number,
    D: number,
  ): void;
  char_conv_forward(
    out: Address,
    argmax: Address,
    table: Address,
    bias: Address,
    chars: Address,
    offsets: Address,
    n: number,
    F: number,
    width: number,
    ldo: number,
  ): void;
  char_conv_backward(
    dtable: Address,
    dbias: Address,
    dout: Address,
    argmax: Address,
    chars: Address,
    offsets: Address,
    n: number,
    F: number,
    width: number,
    ldd: number,
  ): void;
  dropout_mask(mask: Address, n: number, keep: number, seed: number, stream: number): void;
  dropout_apply(
    x: Address,
    mask: Address,
    batchSizes: Address,
    T: number,
    D: number,
    ld: number,
  ): void;
  softmax_cross_entropy(
    loss: Address,
    dlogits: Address,
    logits: Address,
    gold: Address,
    sets: Address,
    weights: Address,
    N: number,
    K: number,
    scale: number,
    smoothing: number,
  ): void;
  argmax(out: Address, logits: Address, N: number, K: number): void;
  crf_pack(
    tables: Address,
    transitions: Address,
    start: Address,
    end: Address,
    allowed: Address,
    K: number,
  ): void;
  crf_loss(
    loss: Address,
    demissions: Address,
    dtransitions: Address,
    dstart: Address,
    dend: Address,
    scratch: Address,
    emissions: Address,
    tables: Address,
    gold: Address,
    sets: Address,
    batchSizes: Address,
    T: number,
    K: number,
    scale: number,
  ): void;
  crf_decode(
    best: Address,
    score: Address,
    scratch: Address,
    emissions: Address,
    tables: Address,
    gold: Address,
    sets: Address,
    batchSizes: Address,
    T: number,
    K: number,
  ): void;
  sum_shards(out: Address, shards: Address, S: number, stride: number, n: number): void;
  measure(out: Address, x: Address, n: number): void;
  widen_halves(x: Address, n: number): void;
  sgd(
    w: Address,
    v: Address,
    g: Address,
    ids: Address,
    n: number,
    D: number,
    scale: number,
    limit: number,
    learningRate: number,
    momentum: number,
    decay: number,
  ): void;
  adam(
    w: Address,
    m: Address,
    v: Address,
    g: Address,
    ids: Address,
    n: number,
    D: number,
    scale: number,
    limit: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correct1: number,
    correct2: number,
    decay: number,
  ): void;
  uniform_rows(
    table: Address,
    n: number,
    columns: number,
    ld: number,
    scale: number,
    seed: number,
    stream: number,
  ): void;
  skipgram_subsample(
    kept: Address,
    count: Address,
    ids: Address,
    keep: Address,
    n: number,
    seed: number,
    stream: number,
  ): void;
  skipgram_shard(
    values: Address,
    slots: Address,
    touched: Address,
    scratch: Address,
    loss: Address,
    table: Address,
    subwords: Address,
    owned: Address,
    kept: Address,
    noise: Address,
    plan: Address,
    begin: number,
    end: number,
    learningRate: number,
  ): void;
  skipgram_merge(
    table: Address,
    values: Address,
    slots: Address,
    touched: Address,
    s: number,
    S: number,
    size: number,
    capacity: number,
    D: number,
  ): void;
  fma_peak(out: Address, n: number): void;
}
