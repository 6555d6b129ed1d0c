#!/usr/bin/env node
// @ts-check
// Makes the bundled models from the corpora: `node models/build.js CORPORA [NAME]`.
//
// CORPORA is a folder with en_ewt/{train,dev,test}.conllu, btc/{train,dev,test}.conll and wnut17/{train,dev,test}.conll,
// as their owners publish them; models/README.md says where. Without NAME both models are made.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSettings } from '../dist/training/settings.js';
import { train } from '../dist/training/train.js';

/**
 * The three types that all three corpora have. WNUT-17's corporations and groups become ORG. Its products and creative
 * works, and our MISC, become O: the Broad Twitter Corpus, the largest of the three, does not mark them, and
 * inconsistent marking cannot be learned (MISC F1 was 4 %).
 */
const threeTypes = /** @type {Record<string, string>} */ ({
  PER: 'PER',
  LOC: 'LOC',
  ORG: 'ORG',
  person: 'PER',
  location: 'LOC',
  corporation: 'ORG',
  group: 'ORG',
});

/** Token TAB tag, whatever other columns there were, in the three types. @param {string} file */
function entities(file) {
  return `${readFileSync(file, 'utf8')
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => {
      if (!line.trim()) return '';
      const cells = line.split('\t');
      const tag = cells[cells.length - 1] ?? 'O';
      const type = threeTypes[tag.slice(2)];
      return `${cells[0]}\t${type ? tag.slice(0, 2) + type : 'O'}`;
    })
    .join('\n')}\n\n`;
}

const [folderOfCorpora, only] = process.argv.slice(2);
if (!folderOfCorpora) {
  console.error('usage: node models/build.js CORPORA [en-upos|en-ner]');
  process.exit(2);
}
const corpora = resolve(folderOfCorpora);
const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'seqtag-models-'));

/**
 * A folder with {train,dev,test} files, the ending of these, and what differs from the defaults.
 * @type {Record<string, () => {folder: string, ending: string, hyperparameters: Record<string, unknown>}>}
 */
const recipes = {
  'en-upos': () => ({
    folder: resolve(corpora, 'en_ewt'),
    ending: 'conllu',
    hyperparameters: { hidden: 100 }, // tags at twice the speed of the recipe's 200
  }),
  'en-ner': () => {
    for (const part of ['train', 'dev', 'test']) {
      const posts = [join(corpora, `btc/${part}.conll`), join(corpora, `wnut17/${part}.conll`)];
      // edited text is rare compared with 10,000 posts, so it is repeated three times in training
      const edited = entities(join(root, `corpora/english.${part}.conll`)).repeat(
        part === 'train' ? 3 : 1,
      );
      writeFileSync(join(scratch, `${part}.conll`), posts.map(entities).join('') + edited);
    }
    // words of count 1 are treated as unknown, which keeps the file below 10 MB
    return { folder: scratch, ending: 'conll', hyperparameters: { minCount: 2 } };
  },
};

/** @param {import('../dist/index.js').Report | undefined} report */
const scores = (report) =>
  JSON.stringify(
    report?.spans ? { f1: report.spans.f1, types: report.spans.types } : report?.accuracy,
  );

try {
  for (const [name, recipe] of Object.entries(recipes)) {
    if (only && only !== name) continue;
    const { folder, ending, hyperparameters } = recipe();
    process.chdir(folder); // the training record has file names as given; models must not contain paths of this machine
    for await (const event of train({
      corpora: [`train.${ending}`],
      dev: `dev.${ending}`,
      test: `test.${ending}`,
      output: join(root, `models/${name}.safetensors`),
      hyperparameters: checkSettings(hyperparameters, name),
    })) {
      if (event.type === 'epoch')
        console.log(
          `${name} epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, dev ${event.score.toFixed(4)}${event.best ? ' *' : ''}`,
        );
      if (event.type === 'end')
        console.log(
          `${name}: ${event.bytes} bytes\n  dev ${scores(event.dev[0])}\n  test ${scores(event.test?.[0])}`,
        );
    }
  }
} finally {
  rmSync(scratch, { recursive: true });
}
