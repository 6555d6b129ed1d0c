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
import { hasNative, openBackend } from '../dist/backend/backend.js';
import { lstm } from '../dist/network/cells/lstm.js';
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
import { createLayer } from './layer.js';

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

/** @param {import('../dist/backend/backend.js').Backend} backend @param {number} H */
function ours(backend, H) {
  const { update, h, dx, gradientOf } = createLayer(backend, lstm, { B, T, D, H });
  return {
    seconds: () => time(update, TIMES),
    check: () => {
      update();
      const { input, recurrent, bias } = gradientOf;
      return [h, dx, input, recurrent, bias].map((values) =>
        values.reduce((sum, value) => sum + value * value, 0),
      );
    },
  };
}

/** nn.LSTM in a separate process, because OpenBLAS chooses its kernels when it is loaded. @param {string} core */
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
const backends = kinds.map((backend) => openBackend({ backend, threads: 1 }));
/** @type {string[][]} */
const cells = [];
/** @type {string[]} */
const verdicts = [];
for (const H of [100, 200]) {
  const mine = Object.fromEntries(backends.map((backend) => [backend.kind, ours(backend, H)]));
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
