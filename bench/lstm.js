// @ts-check
// One update of an LSTM layer (forward, and backward to input, weights and bias; batch 32, 25 steps, 150 inputs, one
// direction, one thread) against PyTorch's nn.LSTM with OpenBLAS, repetitions interleaved in one run.
//
// node bench/lstm.js [--python python3] [--rounds 40]
//
// Ours counts everything that an update needs: packing W, U and their transposes, clearing the gradients, projecting the
// input, the recurrence, its backward, packing the gradient of the pre-activations, and dU, dW, db, dx.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hasNative, openBackend, packedSize } from '../dist/backend/backend.js';
import { lstm as cell } from '../dist/network/cells/lstm.js';
import {
  inputBackward,
  layoutScratch,
  layoutTape,
  recurrenceBackward,
  recurrenceForward,
} from '../dist/network/recurrence.js';
import { packMatrix, project } from '../dist/network/weights.js';
import {
  atLeast,
  fail,
  interleave,
  machine,
  median,
  note,
  openblasCores,
  plusMinus,
  significant,
  spread,
  table,
  time,
} from './common.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '40' },
  },
});
const rounds = Number(values.rounds);
const [B, T, D] = [32, 25, 150];
const N = B * T;
const TIMES = 3; // updates a sample

/**
 * @param {'native' | 'wasm'} kind
 * @param {number} H
 */
function ours(kind, H) {
  const { kernels, arena, panelWidth } = openBackend({ backend: kind, threads: 1 });
  /** @param {number} n @param {number} frequency @param {number} scale as in torch_lstm.py */
  const numbers = (n, frequency, scale) => {
    const at = arena.take(n);
    arena
      .f32(at, n)
      .set(Float32Array.from({ length: n }, (_, i) => Math.sin(i * frequency) * scale));
    return at;
  };
  /** @param {number} at @param {number} K @param {number} N */
  const matrix = (at, K, N) => ({
    at,
    K,
    N,
    packed: arena.take(packedSize(panelWidth, K, N)),
    transposed: arena.take(packedSize(panelWidth, N, K)),
  });
  const x = numbers(N * D, 0.9, 1);
  const dh = numbers(N * H, 1.7, 0.01);
  const weights = {
    cell,
    input: matrix(numbers(D * 4 * H, 0.7, 0.1), D, 4 * H),
    recurrent: matrix(numbers(H * 4 * H, 1.3, 0.1), H, 4 * H),
    candidate: undefined,
    bias: numbers(4 * H, 1.1, 0.1),
    own: 0,
  };
  const rows = arena.take(T);
  arena.i32(rows, T).fill(B);
  const h = arena.take(N * H);
  const dx = arena.take(N * D);
  const tape = layoutTape(arena.layout, cell, { N, B, H });
  const scratch = layoutScratch(arena.layout, { N, B, H, gates: cell.gates, panelWidth });
  const sizes = {
    [weights.input.at]: D * 4 * H,
    [weights.recurrent.at]: H * 4 * H,
    [weights.bias]: 4 * H,
  };
  const gradients = Object.fromEntries(Object.entries(sizes).map(([at, n]) => [at, arena.take(n)]));
  arena.reserve(arena.layout.end);
  /** @param {number} parameter */
  const gradient = (parameter) => /** @type {number} */ (gradients[parameter]);
  const cleared = Object.entries(sizes).map(([at, n]) => arena.f32(gradient(Number(at)), n));
  const packing = { rows, N, T, B, reverse: false };

  const update = () => {
    for (const values of cleared) values.fill(0);
    packMatrix(kernels, weights.input);
    packMatrix(kernels, weights.recurrent);
    project(kernels, tape.pre, x, weights.input, { n: N, bias: weights.bias });
    recurrenceForward(kernels, h, tape, weights, { ...packing, ldh: H });
    recurrenceBackward(kernels, gradient, dh, tape, weights, { ...packing, ldd: H, scratch });
    inputBackward(kernels, gradient, dx, x, tape, weights, { N, scratch, accumulate: false });
  };
  /** @param {Float32Array} values */
  const squares = (values) => values.reduce((sum, value) => sum + value * value, 0);
  return {
    seconds: () => time(update, TIMES),
    check: () => {
      update();
      return [
        arena.f32(h, N * H),
        arena.f32(dx, N * D),
        ...cleared.sort((a, b) => order(a) - order(b)),
      ].map(squares);
    },
  };
  /** dW, dU, db @param {Float32Array} values */
  function order(values) {
    return [D * 4 * H, H * 4 * H, 4 * H].indexOf(values.length);
  }
}

/** nn.LSTM in a process of its own, since OpenBLAS chooses its kernels at load. @param {string} core */
async function peer(core) {
  const script = fileURLToPath(new URL('torch_lstm.py', import.meta.url));
  const python = spawn(values.python, [script], {
    env: {
      ...process.env,
      OPENBLAS_NUM_THREADS: '1',
      OMP_NUM_THREADS: '1',
      ...(core && { OPENBLAS_CORETYPE: core }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  python.on('error', (error) =>
    fail(`${values.python}: ${error.message}. Give --python PATH of one that has torch.`),
  );
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) fail(`${values.python} ended; has it torch?`);
    return JSON.parse(value);
  };
  const { torch, mkldnn } = /** @type {{ torch: string; mkldnn: boolean }} */ (await answer());
  return {
    core,
    torch,
    mkldnn,
    /** @param {object} question */
    ask(question) {
      python.stdin.write(`${JSON.stringify(question)}\n`);
      return answer();
    },
    close: () => python.stdin.end(),
  };
}

console.log(machine());
const peers = await Promise.all(openblasCores().map(peer));
const [first] = peers;
if (!first) fail('no peer');
console.log(
  `PyTorch ${first.torch}, OPENBLAS_NUM_THREADS=1, MKL-DNN ${first.mkldnn ? 'tried on and off' : 'not available'}\n`,
);

const kinds = /** @type {('native' | 'wasm')[]} */ (hasNative() ? ['native', 'wasm'] : ['wasm']);
/** @type {string[][]} */
const cells = [];
/** @type {string[]} */
const verdicts = [];
for (const H of [100, 200]) {
  const mine = Object.fromEntries(kinds.map((kind) => [kind, ours(kind, H)]));
  const expected = /** @type {number[]} */ (await first.ask({ H, mkldnn: false, check: true }));
  for (const [kind, { check }] of Object.entries(mine))
    check().forEach((value, i) => {
      const wanted = /** @type {number} */ (expected[i]);
      if (!(Math.abs(value - wanted) <= 1e-4 * wanted))
        fail(`${kind}, H ${H}: result ${i} is ${value}, PyTorch's ${wanted}`);
    });
  /** @type {Record<string, () => number | Promise<number>>} */
  const jobs = {
    ...Object.fromEntries(Object.entries(mine).map(([kind, { seconds }]) => [kind, seconds])),
    ...Object.fromEntries(
      peers.flatMap(({ core, mkldnn, ask }) =>
        (mkldnn ? [false, true] : [false]).map((on) => [
          `PyTorch${core && `, OpenBLAS as ${core}`}, MKL-DNN ${on ? 'on' : 'off'}`,
          () => ask({ H, mkldnn: on, times: TIMES }),
        ]),
      ),
    ),
  };
  await interleave(jobs, 5);
  const results = await interleave(jobs, rounds);
  note(`H ${H} done`);
  const flop = 6 * N * (D + H) * 4 * H;
  const best = Math.min(
    ...Object.entries(results)
      .filter(([name]) => name.startsWith('PyTorch'))
      .map(([, all]) => median(all)),
  );
  for (const [name, all] of Object.entries(results)) {
    const seconds = median(all);
    cells.push([
      name,
      String(H),
      (seconds * 1e3).toFixed(2),
      String(Math.round(N / seconds / 1000)),
      significant(flop / seconds / 1e9),
      (best / seconds).toFixed(2),
      plusMinus(spread(all)),
    ]);
    if (name === 'native')
      verdicts.push(`H ${H}: native against PyTorch's best ${atLeast(best / seconds, 1.5)}`);
  }
}
for (const { close } of peers) close();
console.log(
  table(
    [
      'one update of 32 x 25 tokens',
      'H',
      'ms',
      '1000 tokens/s',
      'GFLOP/s',
      "to PyTorch's best",
      'noise',
    ],
    cells,
  ),
);
console.log(`\n${verdicts.join('\n')}`);
