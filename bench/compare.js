// @ts-check Trains settings on corpora with several seeds by the command line, on one thread, two trainings at a time.
// Every finished training run is a line of a file. Runs in the file are not repeated.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openModel } from '../dist/model/model-file.js';
import { parameterSpecs } from '../dist/network/network.js';
import { sizeOf } from '../dist/network/parameters.js';

const seqtag = fileURLToPath(new URL('../bin/seqtag.js', import.meta.url));

/**
 * Scores are of each column, in percent: accuracy of plain tags, F1 of whole spans (as conlleval).
 * @typedef {{setting: string, corpus: string, seed: number, dev: number[], test?: number[], tokensPerSecond: number, seconds: number, parameters: number, recurrent: number}} Run
 * @typedef {{extension: string, folder?: string, whole?: boolean, flags?: string[]}} Corpus a folder with
 * {train,dev,test}.EXTENSION, called as the corpus is; whole: train and dev are learned as one corpus
 */

/**
 * @param {object} plan
 * @param {string} plan.folder of the corpora
 * @param {string} plan.results the file of finished trainings
 * @param {Record<string, string[]>} plan.settings flags by name
 * @param {Record<string, Corpus>} plan.corpora
 * @param {number[]} [plan.seeds]
 * @param {string[]} [plan.flags] of all trainings
 * @param {('dev' | 'test')[]} [plan.parts] that are scored; components are compared by dev alone
 * @returns {Promise<Run[]>}
 */
export async function compare({
  folder,
  results,
  settings,
  corpora,
  seeds = [1, 2, 3],
  flags = [],
  parts = ['dev', 'test'],
}) {
  const scratch = mkdtempSync(join(tmpdir(), 'seqtag-compare-'));
  /** @typedef {Pick<Run, 'setting' | 'corpus' | 'seed'>} Key */
  const keyOf = (/** @type {Key} */ { setting, corpus, seed }) => `${setting} ${corpus} ${seed}`;
  /** @returns {Run[]} */
  const finished = () =>
    existsSync(results)
      ? readFileSync(results, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [];

  /** @param {Key} run @param {number} slot */
  async function train({ setting, corpus, seed }, slot) {
    const { extension, whole, ...own } = /** @type {Corpus} */ (corpora[corpus]);
    const file = (/** @type {string} */ part) =>
      join(folder, own.folder ?? corpus, `${part}.${extension}`);
    const path = join(scratch, `${slot}.safetensors`);
    const flagged = parts.flatMap((part) => [
      ...(whole && part === 'dev' ? [] : [`--${part}`]),
      file(part),
    ]);
    const files = [file('train'), ...flagged];
    const common = ['-o', path, '--threads=1', '--json', '--seed', String(seed), ...flags];
    const args = [
      seqtag,
      'train',
      ...files,
      ...common,
      ...(own.flags ?? []),
      ...(settings[setting] ?? []),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    for await (const chunk of child.stdout) out += chunk;
    const end = JSON.parse(out.trim().split('\n').at(-1) ?? '');
    /** @param {any[]} reports */
    const scores = (reports) =>
      reports.map(({ spans, accuracy }) => 100 * (spans ? spans.f1 : accuracy));
    const model = openModel(path);
    model.close();
    const recurrent = parameterSpecs(model.config)
      .filter(({ name }) => name.startsWith(`${model.config.cell}.`))
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const { tokensPerSecond, seconds, parameters } = end;
    const figures = { tokensPerSecond, seconds, parameters, recurrent };
    const scored = Object.fromEntries(parts.map((part) => [part, scores(end[part])]));
    const done = { setting, corpus, seed, ...scored, ...figures };
    appendFileSync(results, `${JSON.stringify(done)}\n`);
  }

  const done = new Set(finished().map(keyOf));
  const waiting = seeds
    .flatMap((seed) =>
      Object.keys(settings).flatMap((setting) =>
        Object.keys(corpora).map((corpus) => ({ setting, corpus, seed })),
      ),
    )
    .filter((run) => !done.has(keyOf(run)));
  try {
    await Promise.all(
      [1, 2].map(async (slot) => {
        for (let run = waiting.shift(); run; run = waiting.shift()) await train(run, slot);
      }),
    );
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return finished();
}

/** Mean and sample standard deviation. @param {number[]} values */
export function spread(values) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, values.length - 1));
  return { mean, text: `${mean.toFixed(2)} ± ${deviation.toFixed(2)}` };
}

/**
 * For each tag column of a corpus the scores of the runs of a setting, on the parts that were scored, and the mean
 * seconds of a run.
 * @param {Run[]} runs @param {Pick<Run, 'setting' | 'corpus'>} of
 */
export function scoresOf(runs, { setting, corpus }) {
  const own = runs.filter((run) => run.setting === setting && run.corpus === corpus);
  const spreadOf = (/** @type {'dev' | 'test'} */ part, /** @type {number} */ c) =>
    own[0]?.[part] && spread(own.map((run) => run[part]?.[c] ?? 0));
  return {
    columns: (own[0]?.dev ?? []).map((_, c) => ({
      dev: spreadOf('dev', c),
      test: spreadOf('test', c),
    })),
    seconds: own.reduce((sum, run) => sum + run.seconds, 0) / own.length,
  };
}
