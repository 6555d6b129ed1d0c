// @ts-check The time per parameter of each recurrent cell, relative to the LSTM: one direction of one layer, batch 32,
// 25 steps, 150 inputs, one thread; processor time, repetitions interleaved in one run.
//
// node bench/cell-speed.js [--rounds 60] [--backend native]
//
// Training counts all that an update needs (packing, input projection, recurrence, backward to input and parameters),
// tagging the input projection and the recurrence.
import { parseArgs } from 'node:util';
import { openBackend } from '../dist/backend/backend.js';
import { clockwork } from '../dist/network/cells/clockwork.js';
import { coupled } from '../dist/network/cells/coupled.js';
import { depthGated } from '../dist/network/cells/depth-gated.js';
import { gru } from '../dist/network/cells/gru.js';
import { lstm } from '../dist/network/cells/lstm.js';
import { peephole } from '../dist/network/cells/peephole.js';
import { rnn } from '../dist/network/cells/rnn.js';
import {
  cpuTime,
  interleave,
  machine,
  median,
  note,
  plusMinus,
  repetitions,
  significant,
  spread,
  table,
} from './common.js';
import { createLayer } from './layer.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '60' },
    backend: { type: 'string', default: 'auto' },
  },
});
const backend = openBackend({
  backend: /** @type {'auto' | 'native' | 'wasm'} */ (values.backend),
  threads: 1,
});
const cells = {
  lstm,
  peephole,
  coupled,
  gru,
  'rnn tanh': rnn.tanh,
  'rnn relu': rnn.relu,
  'depth-gated, second layer': depthGated,
  clockwork,
};
const MOST = 1.2; // maximum time per parameter of these cells, relative to the LSTM
const bound = ['peephole', 'coupled', 'gru'];
const [B, T, D] = [32, 25, 150];
const SAMPLE = 1e-2; // seconds

/** @type {string[][]} */
const rows = [];
/** @type {string[]} */
const verdicts = [];
console.log(`${machine()}\n`);
for (const H of [100, 200]) {
  /** @type {Record<string, () => number>} */
  const jobs = {};
  /** @type {Record<string, number>} */
  const parameters = {};
  for (const [name, cell] of Object.entries(cells)) {
    const layer = createLayer(backend, cell, { B, T, D, H });
    parameters[name] = layer.parameters;
    for (const work of /** @type {const} */ (['update', 'tag'])) {
      layer.update(); // packs
      const times = repetitions(layer[work], SAMPLE);
      jobs[`${name} ${work}`] = () => cpuTime(layer[work], times);
    }
  }
  await interleave(jobs, 5);
  const all = await interleave(jobs, Number(values.rounds));
  note(`H ${H} done`);
  for (const name of Object.keys(cells)) {
    const [training, tagging] = ['update', 'tag'].map((work) => {
      const times = /** @type {number[]} */ (all[`${name} ${work}`]);
      const beside = /** @type {number[]} */ (all[`lstm ${work}`]);
      // a ratio for each round, because disturbances of the machine affect an entire round
      const ratios = times.map((seconds, i) => seconds / /** @type {number} */ (beside[i]));
      const share =
        /** @type {number} */ (parameters[name]) / /** @type {number} */ (parameters.lstm);
      return { seconds: median(times), ratio: median(ratios) / share, noise: spread(ratios) };
    });
    if (!training || !tagging) continue;
    rows.push([
      name,
      String(H),
      String(parameters[name]),
      ...[training, tagging].flatMap(({ seconds, ratio }) => [
        (seconds * 1e3).toFixed(2),
        ratio.toFixed(2),
      ]),
      plusMinus(training.noise),
    ]);
    if (bound.includes(name))
      verdicts.push(
        `H ${H}: a parameter of ${name} costs ${significant(training.ratio)} of one of the lstm in training, ${significant(tagging.ratio)} in tagging (target at most ${MOST}: ${Math.max(training.ratio, tagging.ratio) <= MOST ? 'reached' : 'missed'})`,
      );
  }
}
const head = [
  `one direction of ${B} x ${T} tokens, ${backend.kind} ${backend.isa}`,
  'H',
  'parameters',
];
console.log(
  table([...head, 'training ms', 'per parameter', 'tagging ms', 'per parameter', 'noise'], rows),
);
console.log(`\n${verdicts.join('\n')}`);
