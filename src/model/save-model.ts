import { packGazetteer } from '../corpus/features/gazetteer.ts';
import { DivergedError, UserError } from '../errors.ts';
import { parameterSpecs } from '../network/network.ts';
import { fitsHalf, floatToHalf } from './half.ts';
import { largest, magnitudeProblem } from './magnitude.ts';
import { type Description, encodeMetadata, tagColumnsJson } from './metadata.ts';
import { findNetworkProblem } from './metadata-checks.ts';
import type { Model } from './model.ts';
import { PHRASES } from './model-file.ts';
import { MAX_HEADER, type Tensor } from './safetensors/format.ts';
import { writeSafetensors } from './safetensors/write.ts';
import { vectorTensors } from './vector-tensors.ts';

/**
 * Writes a model. Embeddings are stored in half precision, unless a value is too large for it. The file appears only
 * when it is complete.
 * @returns the size of the file in bytes
 * @throws DivergedError if a parameter is not finite; UserError if the file cannot be written
 */
export function saveModel(path: string, model: Model): number {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape, init } of parameterSpecs(model.config)) {
    const data = model.parameters.get(name)!;
    const problem = magnitudeProblem(largest(data));
    if (problem !== undefined)
      throw new DivergedError(
        `${path}: not saved, because parameter "${name}" ${problem}. Use a lower learning rate.`,
      );
    tensors.set(
      name,
      init === 'embedding' && fitsHalf(data)
        ? { dtype: 'F16', shape, data: floatToHalf(data) }
        : { dtype: 'F32', shape, data },
    );
  }
  const { tokenFeatures, vectors } = model.vocabulary;
  for (const [name, tensor] of vectors ? vectorTensors(vectors) : []) tensors.set(name, tensor);
  if (tokenFeatures?.gazetteer) {
    const data = packGazetteer(tokenFeatures.gazetteer);
    tensors.set(PHRASES, { dtype: 'U8', shape: [data.length], data });
  }
  return writeSafetensors(path, tensors, encodeMetadata(model));
}

/**
 * Checks before training that the saved model can be loaded.
 * @throws UserError
 */
export function checkSavable(model: Omit<Description, 'record'>): void {
  const { config, vocabulary, tagColumns } = model;
  const problem = findNetworkProblem({ config, vocabulary, tasks: tagColumnsJson(tagColumns) });
  if (problem !== undefined)
    throw new UserError(`the model could not be loaded again: ${problem}. Choose another value.`, {
      code: 'SEQTAG_OPTION',
    });
  // for each word: two quotes, escaped because the vocabulary is a string in the header, and a comma
  const bytes = vocabulary.words.reduce((sum, word) => sum + Buffer.byteLength(word) + 5, 0);
  if (bytes > 0.9 * MAX_HEADER)
    throw new UserError(
      `the vocabulary of ${vocabulary.words.length} words is too large for a model file. Keep fewer words.`,
      { code: 'SEQTAG_MEMORY' },
    );
}
