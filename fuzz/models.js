// Damages model files, and loads and tags with them. Each must tag as the original does, or be refused in one line. A model
// whose damage has the right checksums is another model: it may tag otherwise.
//
// npm run fuzz:models -- [--count N] [--seed S] [--from I]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../dist/errors.js';
import { saveModel } from '../dist/model/save-model.js';
import { loadTagger } from '../dist/tagging/tagger.js';
import { campaignCommand } from './harness.js';
import { damage, damageTensors } from './model-mutations.js';
import { featureValues, sentences, smallModels } from './small-models.js';

const folder = mkdtempSync(join(tmpdir(), 'seqtag-models-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'x.safetensors');

/** Milliseconds that loading and tagging may take; a slow machine takes a hundredth. */
const LIMIT = 20_000;

/** The tags that the model in the file gives. */
async function tagsNow() {
  const tagger = loadTagger(file, { threads: 1 });
  const { tokenFeatures } = tagger.model.vocabulary;
  const values =
    tokenFeatures && featureValues.map(([column = []]) => tokenFeatures.columns.map(() => column));
  const tags = JSON.stringify(tagger.tagColumns(sentences, values));
  await tagger.close();
  return tags;
}

/** Small models, as bytes, with the tags that they give. */
export const originals = await Promise.all(
  Object.values(smallModels).map(async (model) => {
    saveModel(file, model);
    return { bytes: readFileSync(file), tags: '' };
  }),
);
for (const original of originals) {
  writeFileSync(file, original.bytes);
  original.tags = await tagsNow();
}

/** @param {Buffer} bytes @returns {Promise<{ tags: string } | { refusal: UserError }>} */
async function outcomeOf(bytes) {
  writeFileSync(file, bytes);
  try {
    return { tags: await tagsNow() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!/^[^\n\r]{20,1000}$/.test(error.message))
      throw new Error(`not one line: ${error.message}`);
    return { refusal: error };
  }
}

/** @param {() => number} random @param {number} index */
export async function attempt(random, index) {
  const original = /** @type {typeof originals[0]} */ (originals[index % originals.length]);
  const ofTensors = index % 10 === 9;
  const { bytes, isSealed } = ofTensors
    ? { bytes: damageTensors(original.bytes, random), isSealed: false }
    : damage(original.bytes, random);
  const isSame = bytes.equals(original.bytes);
  const began = performance.now();
  const outcome = await outcomeOf(bytes);
  if (performance.now() - began > LIMIT) throw new Error('it took too long');
  if ('refusal' in outcome) {
    if (isSame) throw outcome.refusal;
    return ofTensors ? 'damage to tensors noticed' : `refused (${outcome.refusal.code})`;
  }
  if (isSame || isSealed) return outcome.tags === original.tags ? 'as before' : 'another model';
  if (ofTensors) throw new Error('damage to tensors was not noticed');
  if (outcome.tags !== original.tags)
    throw new Error('tags otherwise, although the checksums are wrong');
  return 'as before';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await campaignCommand(attempt, { count: 2000 });
