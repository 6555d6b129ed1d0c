// @ts-check
// Trains a bundled model by its recipe and scores it.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { evaluate, loadTagger } from '../dist/index.js';
import { checkSettings } from '../dist/training/settings.js';
import { train } from '../dist/training/train.js';
import { recipes } from './recipes.js';

/** @typedef {import('../dist/index.js').Report} Report */

const VECTORS = 'glove.6B.100d.txt';

/** @param {number | null | undefined} fraction */
export const percent = (fraction) =>
  fraction === null || fraction === undefined ? '-' : (100 * fraction).toFixed(2);

/** F1 and that of each type, or the accuracy. @param {Report} report */
function scoreText({ spans, accuracy }) {
  if (!spans) return percent(accuracy);
  const types = Object.entries(spans.types).map(([type, { f1 }]) => `${type} ${percent(f1)}`);
  return `F1 ${percent(spans.f1)} (${types.join(', ')})`;
}

/**
 * Trains a model, prints its epochs, its size and its scores, and returns the test reports of the parts.
 * @param {string} name
 * @param {object} options
 * @param {string} options.corpora the folder of the corpora
 * @param {string} [options.vectors] the file of word vectors
 * @param {string} [options.threads] default: one for each core; the bytes of the model do not depend on it
 * @param {string} options.output the model file
 * @param {string} [options.without] a corpus that is left out of training and development
 * @returns {Promise<Map<string, Report>>}
 */
export async function makeModel(name, { corpora, vectors, threads, output, without }) {
  const scratch = mkdtempSync(join(tmpdir(), 'seqtag-models-'));
  const folder = process.cwd();
  try {
    const recipe = recipes[name]?.({ corpora: resolve(corpora), scratch }, { without });
    if (!recipe) throw new Error(`${name}: no such recipe`);
    const { hasVectors, hyperparameters, tagColumn, parts = [], ...files } = recipe;
    if (hasVectors && !vectors) throw new Error(`${name} needs --vectors GLOVE`);
    if (vectors) symlinkSync(resolve(vectors), join(scratch, VECTORS));
    process.chdir(scratch);
    for await (const event of train({
      ...files,
      output,
      ...(threads && { threads: Number(threads) }),
      ...(hasVectors && { embeddings: VECTORS }),
      ...(tagColumn && { read: { tagColumn } }),
      hyperparameters: checkSettings(hyperparameters),
    })) {
      if (event.type === 'epoch')
        console.log(
          `${name} epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, dev ${percent(event.score)}${event.best ? ' *' : ''}`,
        );
      if (event.type === 'end') {
        console.log(
          `${name}: ${(event.bytes / 1e6).toFixed(1)} MB, ${event.parameters} parameters`,
        );
        console.log(`  dev: ${event.dev.map(scoreText).join(' / ')}`);
        console.log(`  test: ${event.test?.map(scoreText).join(' / ')}`);
      }
    }
    return await scoreParts(output, parts);
  } finally {
    process.chdir(folder);
    rmSync(scratch, { recursive: true });
  }
}

/** Prints the scores of each corpus. @param {string} model @param {string[]} parts @returns the test reports */
async function scoreParts(model, parts) {
  /** @type {Map<string, Report>} */
  const reports = new Map();
  const tagger = await loadTagger(model);
  for (const corpus of parts)
    for (const part of ['dev', 'test']) {
      const report = await evaluate({ gold: `${corpus}.${part}.conll`, predicted: tagger });
      console.log(`  ${corpus} ${part}: ${scoreText(report)}`);
      if (part === 'test') reports.set(corpus, report);
    }
  await tagger.close();
  return reports;
}
