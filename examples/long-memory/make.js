// @ts-check
// Writes a corpus whose only task is to remember: `node make.js SENTENCES SEED DISTANCE > corpus.conll`.
//
// A sentence begins with `red` or `blue`; DISTANCE - 1 words follow that say nothing; then comes `which`, whose tag is the
// colour. All other tags are `-`.
import { argv, stdout } from 'node:process';

const [sentences = 500, seed = 1, distance = 200] = argv.slice(2).map(Number);
let state = seed;
/** A whole number below n (Lehmer's generator). @param {number} n */
const random = (n) => {
  state = (state * 48271) % 2147483647;
  return state % n;
};
const noise = ['ah', 'er', 'hm', 'oh', 'so', 'um', 'uh', 'well'];
for (let i = 0; i < 20; i++) random(2); // small seeds begin alike
for (let s = 0; s < sentences; s++) {
  const colour = random(2) === 0 ? 'red' : 'blue';
  const words = Array.from({ length: distance - 1 }, () => `${noise[random(8)]}\t-\n`).join('');
  stdout.write(`${colour}\t-\n${words}which\t${colour.toUpperCase()}\n\n`);
}
