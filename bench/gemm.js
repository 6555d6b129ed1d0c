// @ts-check
// The packed GEMM at the shapes of an LSTM against the bare register-resident multiply-add loop of the same build, one
// thread, for each instruction-set level of this processor and for WebAssembly.
//
// node bench/gemm.js [--rounds 25]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasBfloat16, hasNative, openBackend, packedSize } from '../dist/backend/backend.js';
import {
  atLeast,
  fail,
  interleave,
  machine,
  median,
  percent,
  plusMinus,
  repetitions,
  run,
  significant,
  spread,
  table,
  time,
} from './common.js';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '25' }, level: { type: 'string' } },
});
const rounds = Number(values.rounds);

/**
 * C (M, N) from A (M, K), or from A stored as (K, M) where `transposed`.
 * @typedef {{ use: string; M: number; N: number; K: number; transposed?: boolean; accumulate: 0 | 1; bias?: boolean }} Shape
 * @typedef {{ share: number; gflops: number; spread: number }} Result
 * @typedef {{ isa: string; peak: number; native: number; results: Result[] }} Level
 */
/** @type {Shape[]} */
const shapes = [
  ...[100, 200].flatMap((H) =>
    [8, 16, 32].map((M) => ({
      use: 'recurrence',
      M,
      N: 4 * H,
      K: H,
      accumulate: /** @type {1} */ (1),
    })),
  ),
  ...[100, 200].map((H) => ({
    use: 'input projection',
    M: 800,
    N: 4 * H,
    K: 150,
    accumulate: /** @type {0} */ (0),
    bias: true,
  })),
  ...[100, 200].flatMap((H) =>
    [8, 32].map((M) => ({
      use: 'gradient of h',
      M,
      N: H,
      K: 4 * H,
      accumulate: /** @type {0} */ (0),
    })),
  ),
  ...[100, 200].flatMap((H) =>
    [150, H].flatMap((M) =>
      [200, 800].map((K) => ({
        use: 'gradient of weights',
        M,
        N: 4 * H,
        K,
        transposed: true,
        accumulate: /** @type {1} */ (1),
      })),
    ),
  ),
];

const SAMPLE = 3e-3; // seconds; shorter than a scheduler's slice, so that a median passes over interruptions

/** @param {ReturnType<typeof openBackend>} backend */
function peakJob({ kernels, arena }) {
  const LANES = /** @type {Record<string, number>} */ ({ amx: 16, avx512: 16, avx2: 8 });
  return (/** @type {string} */ isa) => {
    const out = arena.take(64);
    const rounds = 4096;
    const once = () => {
      arena.f32(out, 2).set([1, 0]); // the loop then neither overflows nor meets denormals
      kernels.fma_peak(out, rounds);
    };
    const times = repetitions(once, SAMPLE);
    const flop = 24 * (LANES[isa] ?? 4) * rounds;
    return () => flop / time(once, times) / 1e9;
  };
}

/** One level, in this process. @param {string} name @returns {Promise<Level | undefined>} */
async function measure(name) {
  const wasm = name === 'wasm';
  const products = name === 'amx' ? 'bfloat16' : 'single';
  if (products === 'bfloat16' && !hasBfloat16()) return undefined;
  const backend = openBackend({ backend: wasm ? 'wasm' : 'native', products, threads: 1 });
  if (!wasm && backend.isa !== name) return undefined;
  const { kernels, arena, panelWidth, isa } = backend;
  /** @param {number} n */
  const random = (n) => {
    const at = arena.take(n);
    arena.f32(at, n).forEach((_, i, all) => {
      all[i] = Math.random() - 0.5;
    });
    return at;
  };
  /** @type {Record<string, () => number>} */
  const jobs = { peak: peakJob(backend)(isa) };
  if (wasm && hasNative()) {
    const native = openBackend({ backend: 'native', threads: 1 });
    jobs.native = peakJob(native)(native.isa);
  }
  shapes.forEach(({ M, N, K, transposed, accumulate, bias }, i) => {
    const a = random(M * K);
    const b = random(K * N);
    const c = arena.take(M * N);
    const packed = arena.take(packedSize(panelWidth, K, N));
    const add = bias ? random(N) : 0;
    kernels.gemm_pack(packed, b, K, N, N, 1);
    const [row, column] = transposed ? [1, M] : [K, 1];
    const once = () => kernels.gemm(c, a, packed, add, M, N, K, row, column, N, accumulate);
    const times = repetitions(once, SAMPLE);
    jobs[String(i)] = () => {
      if (accumulate) arena.f32(c, M * N).fill(0);
      return (2 * M * N * K) / time(once, times) / 1e9;
    };
  });
  // Twice in a row at first: V8 compiles WebAssembly again, better, once a function is hot.
  await interleave(jobs, 3);
  const all = await interleave(jobs, rounds);
  const peak = median(/** @type {number[]} */ (all.peak));
  const results = shapes.map((_, i) => {
    const rates = /** @type {number[]} */ (all[String(i)]);
    return { gflops: median(rates), share: median(rates) / peak, spread: spread(rates) };
  });
  return { isa, peak, native: median(all.native ?? all.peak ?? []), results };
}

if (values.level) {
  console.log(JSON.stringify((await measure(values.level)) ?? null));
} else {
  const names = [...(hasNative() ? ['amx', 'avx512', 'avx2', 'base'] : []), 'wasm'];
  console.log(`${machine()}\n`);
  /** @type {Level[]} */
  const levels = [];
  for (const name of names) {
    const text = await run(
      process.execPath,
      [fileURLToPath(import.meta.url), '--level', name, '--rounds', String(rounds)],
      { env: name === 'wasm' ? {} : { SEQTAG_ISA: name } },
    );
    const level = /** @type {Level | null} */ (JSON.parse(text));
    if (level) levels.push(level);
  }
  if (levels.length === 0) fail('nothing to measure');
  console.log(
    table(
      [
        'GFLOP/s and share of the peak',
        'M',
        'N',
        'K',
        ...levels.flatMap(({ isa }) => [isa, 'share']),
      ],
      [
        ['multiply-add loop', '', '', '', ...levels.flatMap(({ peak }) => [significant(peak), ''])],
        ...shapes.map(({ use, M, N, K }, i) => [
          use,
          String(M),
          String(N),
          String(K),
          ...levels.flatMap(({ results }) => {
            const { gflops, share } = /** @type {Result} */ (results[i]);
            return [significant(gflops), percent(share)];
          }),
        ]),
      ],
    ),
  );
  console.log();
  for (const { isa, native, results } of levels) {
    const rates = results.map(({ gflops }) => gflops);
    const shares = results.map(({ share }) => share);
    const noise = `noise ${plusMinus(median(results.map((result) => result.spread)))}`;
    if (isa === 'amx')
      console.log(
        `amx, factors in bfloat16: to the peak in 32 bits, median ${significant(median(shares))}; ${noise}`,
      );
    else if (isa !== 'simd128')
      console.log(
        `${isa}: share of the peak, median ${percent(median(shares))}, least ${percent(Math.min(...shares))}; median ${atLeast(median(shares), 0.8)}; ${noise}`,
      );
    else
      console.log(
        `wasm: share of the native peak (${significant(native)} GFLOP/s), median ${percent(median(rates) / native)}, least ${percent(Math.min(...rates) / native)}; median ${atLeast(median(rates) / native, 30 / 170)}; ${noise}`,
      );
  }
}
