/** A byte offset into the arena; 0 stands for none. */
export type Address = number;

/**
 * The kernels of `kernels/kernels.c`, the same natively and in WebAssembly. Outputs come first, then inputs, then sizes;
 * every contract (equation, shapes, aliasing, what is accumulated) stands over the C function of that name. Nothing is
 * checked: callers check sizes once, before a step.
 */
export interface Kernels {
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
  lstm_forward(
    h: Address,
    gates: Address,
    c: Address,
    tanhC: Address,
    hPrev: Address,
    pre: Address,
    packedU: Address,
    mask: Address,
    rows: Address,
    T: number,
    H: number,
    ldh: number,
    reverse: 0 | 1,
  ): void;
  lstm_infer(
    h: Address,
    scratch: Address,
    table: Address,
    ids: Address,
    packedU: Address,
    rows: Address,
    T: number,
    H: number,
    ld: number,
    ldh: number,
    reverse: 0 | 1,
  ): void;
  lstm_backward(
    dpre: Address,
    scratch: Address,
    dh: Address,
    gates: Address,
    c: Address,
    tanhC: Address,
    packedUt: Address,
    mask: Address,
    rows: Address,
    T: number,
    H: number,
    ldd: number,
    reverse: 0 | 1,
  ): void;
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
  dropout_apply(x: Address, mask: Address, rows: Address, T: number, D: number, ld: number): void;
  softmax_cross_entropy(
    loss: Address,
    dlogits: Address,
    logits: Address,
    gold: Address,
    N: number,
    K: number,
    scale: number,
    smoothing: number,
  ): void;
  argmax(out: Address, logits: Address, N: number, K: number): void;
  sum_shards(out: Address, shards: Address, S: number, stride: number, n: number): void;
  sum_squares(out: Address, x: Address, n: number): void;
  sgd(
    w: Address,
    v: Address,
    g: Address,
    ids: Address,
    n: number,
    D: number,
    scale: number,
    rate: number,
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
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    correct1: number,
    correct2: number,
    decay: number,
  ): void;
  fma_peak(out: Address, n: number): void;
}
