// @ts-check
// The bundled models: corpora, hyperparameters, licences.
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entities, nameCorpora, toText, trainingEntities } from './entities.js';

/**
 * What differs from the defaults of `train`. Files are named relative to the scratch folder, because the training record
 * must not contain paths of this machine.
 * @typedef {object} Recipe
 * @property {import('../dist/model/model.js').About} about
 * @property {string[]} corpora
 * @property {string} dev
 * @property {string} test
 * @property {string} [tagColumn]
 * @property {boolean} [hasVectors]
 * @property {Record<string, unknown>} hyperparameters
 * @property {string[]} [parts] corpora that are scored separately: NAME.dev.conll and NAME.test.conll
 */

/** Where the corpora are, and where files may be written. @typedef {{corpora: string, scratch: string}} Folders */

const glove =
  'Jeffrey Pennington, Richard Socher and Christopher D. Manning: GloVe: Global Vectors for Word Representation, EMNLP 2014 (public domain)';
const ewt =
  'Natalia Silveira, Timothy Dozat, Marie-Catherine de Marneffe, Samuel Bowman, Miriam Connor, John Bauer and Christopher D. Manning: A Gold Standard Dependency Corpus for English, LREC 2014, and the contributors of Universal Dependencies (CC BY-SA 4.0)';
const names = [
  'Stephen Mayhew et al.: Universal NER, NAACL 2024, on UD English-EWT (CC BY-SA 4.0)',
  'Leon Derczynski, Kalina Bontcheva and Ian Roberts: Broad Twitter Corpus, COLING 2016 (CC BY 4.0)',
  'Leon Derczynski, Eric Nichols, Marieke van Erp and Nut Limsopatham: Results of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition, W-NUT 2017 (CC BY 4.0)',
  'Dominic Balasuriya, Nicky Ringland, Joel Nothman, Tara Murphy and James R. Curran: Named Entity Recognition in Wikipedia, 2009 (CC BY 4.0)',
];

/** Links the parts of English-EWT into the scratch folder. @param {Folders} folders */
function treebank({ corpora, scratch }) {
  const [train, dev, test] = ['train', 'dev', 'test'].map((part) => {
    const name = `en_ewt.${part}.conllu`;
    symlinkSync(join(corpora, `en_ewt/${part}.conllu`), join(scratch, name));
    return name;
  });
  return { corpora: [train ?? ''], dev: dev ?? '', test: test ?? '' };
}

/**
 * Writes the corpora of names into the scratch folder.
 * @param {Folders} folders
 * @param {{without?: string | undefined}} [options] a corpus that is left out of training and development
 */
function namedEntities({ corpora, scratch }, { without } = {}) {
  const training = trainingEntities(corpora, { without });
  for (const [name, sentences] of training)
    writeFileSync(join(scratch, `${name}.train.conll`), toText(sentences));
  for (const part of /** @type {const} */ (['dev', 'test'])) {
    const texts = nameCorpora.map((name) => {
      const text = toText(entities(corpora, name, part));
      writeFileSync(join(scratch, `${name}.${part}.conll`), text);
      return part === 'dev' && name === without ? '' : text;
    });
    writeFileSync(join(scratch, `${part}.conll`), texts.join(''));
  }
  return {
    corpora: [...training.keys()].map((name) => `${name}.train.conll`),
    dev: 'dev.conll',
    test: 'test.conll',
  };
}

/** @type {Record<string, (folders: Folders, options?: {without?: string | undefined}) => Recipe>} */
export const recipes = {
  'en-upos': (folders) => ({
    about: {
      description: 'English parts of speech (UPOS), small and fast',
      licence: 'CC-BY-SA-4.0',
      attribution: [ewt],
    },
    ...treebank(folders),
    hyperparameters: {
      features: 'all',
      hidden: 100, // tags at twice the speed of the recipe's 200
      schedule: 'cosine',
      averageEpochs: 3,
      epochs: 10,
      patience: 10,
    },
  }),
  en: (folders) => ({
    about: {
      description: 'English parts of speech (UPOS, XPOS), morphological features and lemmas',
      licence: 'CC-BY-SA-4.0',
      attribution: [ewt, glove],
    },
    ...treebank(folders),
    tagColumn: 'upos,xpos,feats,lemma',
    hasVectors: true,
    hyperparameters: {
      features: 'all',
      hidden: 200,
      wordDim: 50,
      minCount: 2,
      keepVectors: 50_000,
      featureBuckets: 2048,
      schedule: 'cosine',
      averageEpochs: 3,
      epochs: 20,
      patience: 20,
    },
  }),
  'en-ner': (folders, options) => ({
    about: {
      description: 'English names: people, places and organisations (PER, LOC, ORG)',
      licence: 'CC-BY-SA-4.0',
      attribution: [...names, glove],
    },
    ...namedEntities(folders, options),
    parts: nameCorpora,
    hasVectors: true,
    hyperparameters: {
      decoder: 'crf',
      biasRecall: 'auto',
      labelSmoothing: 0,
      features: 'shape,case',
      charFilters: 100,
      charWidth: 5,
      learningRate: 0.002,
      hidden: 150, // more would tag at less than 60 % of the speed of 100
      // learned embeddings are small and only of frequent words: the pretrained vectors carry over better
      wordDim: 30,
      minCount: 3,
      keepVectors: 100_000,
      featureBuckets: 1024,
      schedule: 'cosine',
      averageEpochs: 3,
      epochs: 10,
      patience: 10,
    },
  }),
};
