import { checkCount, checkSize } from './arrays.ts';

export interface MatmulSizes {
  /** Rows of op(A) and of C. */
  M: number;
  /** Columns of op(B) and of C. */
  N: number;
  /** Columns of op(A), rows of op(B). */
  K: number;
  /** A is stored (K, M) and used transposed. */
  transposeA?: boolean;
  /** B is stored (N, K) and used transposed. */
  transposeB?: boolean;
}

// sizes inferred by a caller may turn out fractional, and typed arrays would round them silently
function checkSizes(sizes: { M: number; N: number; K: number }): void {
  for (const [name, size] of Object.entries(sizes)) checkCount(name, size);
}

/**
 * C = op(A) · op(B): C[m, n] = Σ_k op(A)[m, k] op(B)[k, n], where op(X) is X or Xᵀ.
 * All row-major: A (M, K) or, transposed, (K, M); B (K, N) or (N, K); C (M, N).
 */
export function matmul(
  A: Float64Array,
  B: Float64Array,
  { M, N, K, transposeA = false, transposeB = false }: MatmulSizes,
): Float64Array {
  checkSizes({ M, N, K });
  checkSize('A', A, M * K);
  checkSize('B', B, K * N);
  const C = new Float64Array(M * N); // (M, N)
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0; k < K; k++) {
        const a = transposeA ? A[k * M + m]! : A[m * K + k]!;
        const b = transposeB ? B[n * K + k]! : B[k * N + n]!;
        sum += a * b;
      }
      C[m * N + n] = sum;
    }
  }
  return C;
}

/**
 * Given dC (M, N): dop(A)[m, k] = Σ_n dC[m, n] op(B)[k, n] and
 * dop(B)[k, n] = Σ_m op(A)[m, k] dC[m, n] (Petersen & Pedersen, The Matrix Cookbook, 2012, §2.5),
 * each stored as its operand is.
 */
export function matmulBackward(
  dC: Float64Array,
  A: Float64Array,
  B: Float64Array,
  { M, N, K, transposeA = false, transposeB = false }: MatmulSizes,
): { dA: Float64Array; dB: Float64Array } {
  checkSize('dC', dC, M * N);
  checkSizes({ M, N, K });
  checkSize('A', A, M * K);
  checkSize('B', B, K * N);
  const dA = new Float64Array(M * K); // as A
  const dB = new Float64Array(K * N); // as B
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      for (let k = 0; k < K; k++) {
        const a = transposeA ? k * M + m : m * K + k;
        const b = transposeB ? n * K + k : k * N + n;
        dA[a]! += dC[m * N + n]! * B[b]!;
        dB[b]! += dC[m * N + n]! * A[a]!;
      }
    }
  }
  return { dA, dB };
}

export interface DenseWeights {
  /** (D, K) */
  W: Float64Array;
  /** (K) */
  b: Float64Array;
}

/** y = x · W + b: x (N, D), W (D, K), b (K), y (N, K). */
export function denseForward(x: Float64Array, { W, b }: DenseWeights): Float64Array {
  const K = b.length;
  const D = W.length / K;
  const N = x.length / D;
  const y = matmul(x, W, { M: N, N: K, K: D });
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) y[n * K + k]! += b[k]!;
  }
  return y;
}

/** Given dy (N, K): dx = dy · Wᵀ, dW = xᵀ · dy, db[k] = Σ_n dy[n, k]. */
export function denseBackward({
  dy,
  x,
  weights: { W, b },
}: {
  dy: Float64Array;
  x: Float64Array;
  weights: DenseWeights;
}): { dx: Float64Array; dW: Float64Array; db: Float64Array } {
  const K = b.length;
  const D = W.length / K;
  const N = x.length / D;
  const { dA: dx, dB: dW } = matmulBackward(dy, x, W, { M: N, N: K, K: D });
  const db = new Float64Array(K);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) db[k]! += dy[n * K + k]!;
  }
  return { dx, dW, db };
}
