// Trains and tags with the kernels of an addon that sanitizers watch. sanitizers.js starts it:
// node fuzz/sanitized.js KERNELS REDZONES all|overrun
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kernelsFile = '', redzonesFile = '', what] = process.argv.slice(2);
const { mark } = createRequire(import.meta.url)(redzonesFile);

// seqtag loads the watched addon in place of its own
const loader = /** @type {{ _load: Function }} */ (/** @type {unknown} */ (module));
const load = loader._load;
loader._load = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) =>
  load(request.endsWith('kernels.node') ? kernelsFile : request, ...rest);

const { Arena, Layout } = await import('../dist/backend/arena.js');
const { openBackend } = await import('../dist/backend/backend.js');

const REDZONE = 64; // bytes
/** The memory of the arena that was opened last. @type {Uint8Array | undefined} */
let memory;
/** The arena's own blocks are divided into buffers before they are taken. */
let isWhole = false;
/** In training, kernels pass over all parameters at once. */
let isTraining = false;

/** Where layouts begin. Those that begin at 0 only find out sizes. @type {WeakMap<object, number>} */
const begins = new WeakMap();

Layout.prototype.take = function take(count) {
  const at = this.end;
  if (!begins.has(this)) begins.set(this, at);
  const bytes = 4 * count;
  this.end = 64 * Math.ceil((at + bytes + REDZONE) / 64);
  const isOpen = isTraining && /placeWeights/.test(new Error('where').stack ?? '');
  if (memory && !isWhole && begins.get(this) !== 0) {
    mark(memory, at, at + bytes, false);
    mark(memory, at + bytes, this.end, !isOpen);
  }
  return at;
};
const { take } = Arena.prototype;
/** @type {WeakSet<object>} */
const known = new WeakSet();
Arena.prototype.take = function takeWhole(count) {
  memory = new Uint8Array(this.memory.buffer);
  // redzones of an earlier arena may have been at the same addresses
  if (!known.has(this)) mark(memory, 0, 2 ** 28, false);
  known.add(this);
  isWhole = true;
  try {
    return take.call(this, count);
  } finally {
    isWhole = false;
  }
};

if (what === 'overrun') {
  const { arena, kernels } = openBackend({ backend: 'native', threads: 1 });
  const layout = new Layout(arena.layout.end);
  const [x, y] = [layout.take(10), layout.take(10)];
  arena.reserve(layout.end);
  kernels.add(x, y, 10);
  console.log('ten numbers are added');
  kernels.add(x, y, 11);
  process.exit(0);
}

const { train } = await import('../dist/training/train.js');
const { checkSettings } = await import('../dist/training/settings.js');
const { loadTagger } = await import('../dist/tagging/tagger.js');
const { embed } = await import('../dist/embedding/embed.js');
const { checkEmbedding } = await import('../dist/embedding/options.js');

const folder = mkdtempSync(join(tmpdir(), 'seqtag-sanitized-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
/** The first sentences of an included corpus. @param {string} name @param {number} sentences */
function part(name, sentences) {
  const all = readFileSync(fileURLToPath(new URL(`../corpora/${name}`, import.meta.url)), 'utf8');
  const file = join(folder, name);
  writeFileSync(file, `${all.split(/\n\n/).slice(0, sentences).join('\n\n')}\n\n`);
  return file;
}
const spans = part('english.train.conll', 30);
const trees = part('english.train.conllu', 20);
const vectors = join(folder, 'vectors.txt');
const cities = join(folder, 'cities.txt');
writeFileSync(vectors, 'the 1 2 3 4 5\nin 3 4 5 6 7\nof 1 0 1 0 1\n');
writeFileSync(cities, 'London\nNew York\nParis\n');

const odd = {
  hidden: 7,
  wordDim: 5,
  charDim: 3,
  charFilters: 5,
  charHidden: 3,
  batchSize: 5,
  epochs: 1,
};
/** @type {Record<string, unknown>[]} */
const settings = [
  ...['lstm', 'peephole', 'coupled', 'gru', 'rnn', 'depth-gated', 'clockwork'].flatMap((cell) => [
    { cell, layers: 2, decoder: 'softmax' },
    {
      cell,
      layers: 2,
      decoder: 'crf',
      recurrentDropout: 0.2,
      direction: 'forward',
      bptt: 'regular:3',
    },
  ]),
  { cell: 'rnn', activation: 'relu', decoder: 'constrained', merge: 'product' },
  { decoder: 'constrained', merge: 'sum', dense: 2, highway: true, layers: 2, bptt: 'random:0.3' },
  { merge: 'mean', layers: 2, residual: true, optimizer: 'sgd', momentum: 0.9, clip: 'value:0.1' },
  { charEncoder: 'lstm', optimizer: 'adamw', weightDecay: 0.01, lmWeight: 0.1 },
  { charEncoder: 'none', direction: 'backward', features: 'all', ensemble: 2 },
  {
    hidden: 33,
    wordDim: 17,
    charFilters: 19,
    decoder: 'crf',
    features: 'shape,suffix3',
    accumulate: 2,
  },
  {
    hidden: 64,
    wordDim: 64,
    charFilters: 50,
    charDropout: 0.1,
    wordDropout: 0.1,
    labelSmoothing: 0.1,
  },
];

/** @param {Record<string, unknown>} chosen @param {object} inputs */
async function trainAndTag(chosen, inputs) {
  const output = join(folder, 'model.safetensors');
  isTraining = true;
  const options = {
    ...{
      corpora: [spans],
      output,
      backend: /** @type {const} */ ('native'),
      threads: 1,
      force: true,
    },
    hyperparameters: checkSettings({ ...odd, ...chosen }),
    ...inputs,
  };
  for await (const event of train(options)) void event;
  isTraining = false;
  const tagger = loadTagger(output, { backend: 'native', threads: 1 });
  if (!tagger.model.vocabulary.tokenFeatures)
    tagger.annotate([['London', 'is', 'old', '.'], ['x'.repeat(60)], []], { confidence: true });
  await tagger.close();
}

let count = 0;
for (const chosen of settings) {
  await trainAndTag(chosen, {});
  count++;
}
await trainAndTag({}, { embeddings: vectors, gazetteers: [cities] });
await trainAndTag(
  { decoder: 'softmax' },
  { corpora: [trees], read: { tagColumn: 'upos,feats,lemma' } },
);
for (const maxNgram of [0, 4])
  for await (const event of embed({
    ...{
      texts: [{ source: trees, read: {} }],
      output: join(folder, 'out.vec'),
      minCount: 1,
    },
    ...{ backend: 'native', threads: 1 },
    numbers: checkEmbedding({ dim: 7, epochs: 1, buckets: 100, maxNgram }),
  }))
    void event;
console.log(`${process.env['SEQTAG_ISA']}: ${count + 4} settings`);
